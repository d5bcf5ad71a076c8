"""Questions in SQL about tables, for `Dataset` parameters.

    def duplicates(train: Dataset) -> int:
        table = dataset.open(train)
        columns = ", ".join(dataset.quoted(column.name) for column in table.columns())
        sql = f"SELECT count(*) - count(DISTINCT row_digest({columns})) AS duplicates FROM train"
        return dataset.query({"train": table}, sql).need(0, "duplicates", int)

`wit/dataset.wit` says how tables are read, what SQL may say, and which functions the host adds. In
a case, `ask` of a query is `{"tables": {"train": {"files": ["train.csv"], "options": {}}},
"sql": "…", "options": {}}`, and its answer a list of columns:
`[{"name": "duplicates", "integers": [3]}]`; of the functions of a table `ask` is
`{"files": […], "options": {…}}`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

from . import _host as host
from .attributes import Attributes, Plain, Unsupported, is_of, name_of, shown
from .parameters import Dataset

T = TypeVar("T", bool, int, float, str)

_wit = host.interface("dataset")


class Type(enum.Enum):
    """What the cells of a column are."""

    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIME = "time"
    DECIMAL = "decimal"
    BINARY = "binary"
    JSON = "json"
    """A list or a struct, as JSON."""
    NULL = "null"
    """Nothing but nulls."""

    @property
    def is_numeric(self) -> bool:
        """Whether the cells have an order and a distance."""
        return self in (Type.INTEGER, Type.NUMBER, Type.DECIMAL)


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    """As the files have it: in SQL, `quoted`."""
    kind: Type
    """What its cells are."""
    nullable: bool
    """Whether it may hold nulls (Parquet, Arrow), or does (CSV, JSON)."""
    stored: str
    """The type as the file has it, in Arrow's words: `Int32`."""
    partition: bool
    """Whether the value comes from the path."""

    @staticmethod
    def of(attributes: Attributes) -> Column:
        """The column that the host describes so."""
        kind = attributes.need("type", str)
        if kind not in [known.value for known in Type]:
            raise Unsupported(f"the host gives a column the type '{kind}'")
        return Column(
            name=attributes.need("name", str),
            kind=Type(kind),
            nullable=attributes.get("nullable", bool) is not False,
            stored=attributes.get("stored", str) or "",
            partition=attributes.get("partition", bool) is True,
        )


_MANY = host.each(host.ATTRIBUTES)


class Table:
    """A table: the rows of all its files, one after the other."""

    def __init__(self, asked: dict[str, Any], handle: Any) -> None:
        self._asked = asked
        self._handle = handle

    def files(self) -> list[Attributes]:
        """What it is read from: `path`, `size`, `format`, `compression`, `rows`, `partitions`."""
        return self._many("dataset.files", lambda: self._handle.files())

    def columns(self) -> list[Column]:
        """Its columns. Of CSV and JSON this reads the whole table."""
        found = self._many("dataset.columns", lambda: self._handle.columns())
        return [Column.of(attributes) for attributes in found]

    def rows(self) -> int:
        """The number of rows."""
        return host.ask("dataset.rows", self._asked, host.INTEGER, lambda: self._handle.rows())

    def damage(self) -> list[Attributes]:
        """What keeps files from being read to their end: `path`, `reason`, and where the format
        tells `line`, `row`, `column`, `byte`."""
        return self._many("dataset.damage", lambda: self._handle.damage())

    def _many(self, call: str, imported: Callable[[], Any]) -> list[Attributes]:
        return host.ask(call, self._asked, _MANY, imported)


Cells = list[bool | None] | list[int | None] | list[float | None] | list[str | None]
"""The cells of a column, from the first row to the last. None is null."""


class Answer:
    """The answer to a query."""

    def __init__(self, columns: Mapping[str, Cells]) -> None:
        self._columns = dict(columns)

    @property
    def columns(self) -> list[str]:
        """The names of its columns, as the query calls them."""
        return list(self._columns)

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(next(iter(self._columns.values()), []))

    def column(self, name: str) -> Cells:
        """The cells of a column; `Unsupported` where the answer has none of that name."""
        if name not in self._columns:
            raise Unsupported(f"the host's answer has no column '{name}'")
        return self._columns[name]

    @overload
    def get(self, row: int, name: str) -> Plain | None: ...
    @overload
    def get(self, row: int, name: str, kind: type[T]) -> T | None: ...

    def get(self, row: int, name: str, kind: Any = None) -> Any:
        """One cell, of type `kind` where one is given; None where it is null.

        Raises `Unsupported` where there is no such cell, or it is of another type.
        """
        cells = self.column(name)
        if not 0 <= row < len(cells):
            raise Unsupported(f"the host's answer has {len(cells)} rows, not {row + 1}")
        value = cells[row]
        if value is None or kind is None:
            return value
        called = name_of(kind)
        if not is_of(value, kind):
            raise Unsupported(
                f"the host answers '{name}' with {shown(value)}, which is not {called}"
            )
        return float(value) if kind is float else value

    @overload
    def need(self, row: int, name: str) -> Plain: ...
    @overload
    def need(self, row: int, name: str, kind: type[T]) -> T: ...

    def need(self, row: int, name: str, kind: Any = None) -> Any:
        """One cell that cannot be null: as `get`, but never None."""
        value = self.get(row, name, kind)
        if value is None:
            raise Unsupported(f"the host answers '{name}' of row {row + 1} with null")
        return value

    @staticmethod
    def from_wit(columns: Any) -> Answer:
        """The answer that the contract's bindings give."""
        return Answer({name: cells.value for name, cells in columns})

    @staticmethod
    def from_json(recorded: Any) -> Answer:
        """The answer that a recording keeps. It writes numbers that are none as texts: `"NaN"`."""
        columns: dict[str, Cells] = {}
        for column in recorded:
            kind = next(kind for kind in column if kind != "name")
            cells = column[kind]
            if kind == "numbers":
                cells = [None if cell is None else float(cell) for cell in cells]
            columns[column["name"]] = cells
        return Answer(columns)


_ANSWER = host.Form(Answer.from_wit, Answer.from_json)


def open(dataset: Dataset) -> Table:
    """Names a table. Nothing is read yet but directories and the first bytes of files."""
    files, options = dataset.files, dataset.options
    asked = {"files": files, "options": options.to_json()}
    form = host.Form(
        lambda handle: Table(asked, handle),
        lambda _: Table(asked, None),
    )
    return host.ask(
        "dataset.open", asked, form, lambda: _wit.open(files, host.options_to_wit(options))
    )


def query(tables: Mapping[str, Table], sql: str, *, rows: int | None = None) -> Answer:
    """Answers one query over tables, each under its name in SQL.

    An answer of more than `rows` rows is `Limit`: 10,000 without it, 100,000 are the most.
    """
    options = Attributes() if rows is None else Attributes({"rows-maximum": rows})
    asked = {
        "tables": {name: table._asked for name, table in tables.items()},
        "sql": sql,
        "options": options.to_json(),
    }

    def imported() -> Any:
        handles = [(name, table._handle) for name, table in tables.items()]
        return _wit.query(handles, sql, host.options_to_wit(options))

    return host.ask("dataset.query", asked, _ANSWER, imported)


def quoted(name: str) -> str:
    """A name as SQL takes it whatever is in it: `"Label"`."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it: `'it''s'`."""
    return "'" + text.replace("'", "''") + "'"
