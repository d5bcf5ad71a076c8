"""Parameters that carry authority: whoever writes one into gonogo.toml grants it to that job."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from .attributes import Attributes


class _Named(str):
    """A text that names something that the check may touch."""

    grant: ClassVar[str]
    """The contract's word for it: `x-gonogo-grant`."""

    __slots__ = ()


class Readable(_Named):
    """A file, or a directory and all below it, that the check may read.

    Relative to the project; `${VARIABLE}` is put in by the host, and a path with a variable that
    is not set is left out of a list.
    """

    grant = "read"


class Writable(_Named):
    """A directory in which the check may have a probe file written."""

    grant = "write"


class Scratch(_Named):
    """A directory that the host makes for this job and removes after it; commands may fill it."""

    grant = "scratch"


class Program(_Named):
    """A program that the check may look up: a name, or a path."""

    grant = "program"


class Variable(_Named):
    """An environment variable whose presence and length the check may see, and whose value it may
    match."""

    grant = "variable"


class Revealed(_Named):
    """An environment variable whose value the check may see."""

    grant = "reveal"


class Endpoint(_Named):
    """A server that remote tables may be read from: `https://data.example`,
    `http://127.0.0.1:9000`."""

    grant = "endpoint"


class Processes:
    """Whether the arguments of running processes may be searched."""

    __slots__ = ("allowed",)

    def __init__(self, allowed: bool = False) -> None:
        self.allowed = allowed

    def __bool__(self) -> bool:
        return self.allowed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Processes) and self.allowed == other.allowed

    def __hash__(self) -> int:
        return hash(self.allowed)

    def __repr__(self) -> str:
        return f"Processes({self.allowed})"


class Command(tuple[str, ...]):
    """A command that the check may run, word for word: `Command(["git", "--version"])`."""

    __slots__ = ()

    def __new__(cls, words: Iterable[str]) -> Self:
        """The command of these words, the program first."""
        if isinstance(words, str):
            raise TypeError(f"a command is a list of words, not one text: {words!r}")
        return super().__new__(cls, words)


def _choice(description: str, **values: str) -> dict[str, Any]:
    alternatives = [
        {"const": name, "description": text, "type": "string"} for name, text in values.items()
    ]
    return {"description": description, "anyOf": [{"oneOf": alternatives}, {"type": "null"}]}


def _text(description: str) -> dict[str, Any]:
    return {"description": description, "type": ["string", "null"]}


def _texts(description: str) -> dict[str, Any]:
    return {"description": description, "type": "array", "items": {"type": "string"}}


def _named(description: str, kind: type[_Named]) -> dict[str, Any]:
    return {**_text(description), "minLength": 1, "x-gonogo-grant": kind.grant}


def _yes(description: str) -> dict[str, Any]:
    return {"description": description, "type": ["boolean", "null"]}


_OPTIONS: dict[str, Any] = {
    "format": _choice(
        "What the files are. Without it their first bytes and extensions tell.",
        csv="Fields between commas, tabs or the like.",
        jsonl="An object of JSON on each line.",
        json="A list of objects.",
        parquet="Apache Parquet.",
        arrow="Apache Arrow's IPC file or stream (Feather).",
    ),
    "compression": _choice(
        "How they are compressed. Without it their first bytes tell.",
        none="Not at all.",
        gzip="gzip.",
        zstd="Zstandard.",
    ),
    "delimiter": _text(
        "What stands between the fields of a row of CSV. Without it the first lines tell."
    ),
    "quote": _text("What stands around fields of CSV; empty for nothing."),
    "escape": _text(
        "What stands before a quote in a quoted field of CSV; without it quotes are doubled."
    ),
    "comment": _text("What lines of CSV that are skipped begin with."),
    "header": _yes("Whether the first row of CSV has the names of the columns."),
    "columns": _texts("The names of the columns of CSV, in place of the header's."),
    "encoding": _text("The encoding of text, as the web names it: `windows-1252`."),
    "nulls": _texts("Cells of CSV that are null, besides empty ones: `NA`."),
    "types": _choice(
        "Whether the types of columns of CSV are found, or all are text.",
        found="From what the cells spell.",
        text="All is text.",
    ),
    "partitions": _yes(
        "Whether directories named `name=value` are columns. Without it they are where a directory "
        "or a pattern was named."
    ),
    "endpoint": _named(
        "The server of remote files: that of an `https://` name, or the S3 service of `s3://` ones "
        "(`https://s3.eu-central-1.amazonaws.com`).",
        Endpoint,
    ),
    "region": _text("The region of the S3 service; without it `us-east-1`."),
    "access-key-id": _named(
        "The variable that holds the id of a key of S3: `AWS_ACCESS_KEY_ID`. Without one, requests "
        "are not signed.",
        Variable,
    ),
    "secret-access-key": _named(
        "The variable that holds the key itself: `AWS_SECRET_ACCESS_KEY`. Its value stays in the "
        "host.",
        Variable,
    ),
    "session-token": _named(
        "The variable that holds the token of a session: `AWS_SESSION_TOKEN`.", Variable
    ),
}

_NAME = {
    "description": "A name of files that may be read as a table.",
    "type": "string",
    "minLength": 1,
    "x-gonogo-grant": "dataset",
}


def _files(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "anyOf": [
            {**_NAME, "description": "One name."},
            {
                "description": "Several, whose rows follow one another.",
                "type": "array",
                "minItems": 1,
                "items": _NAME,
            },
        ],
    }


def _known(options: Mapping[str, Any]) -> None:
    unknown = options.keys() - _OPTIONS.keys()
    if unknown:
        raise ValueError(f"a dataset has no option {', '.join(sorted(unknown))}")


class Dataset:
    """A table: files, and how they are read.

    In gonogo.toml one name (`"data/train.csv"`), several, or a table of options with the names as
    `files`. A name is that of a file, of a directory, or a pattern (`data/train/*.parquet`); or of a
    remote object (`s3://bucket/train/*.parquet`, `https://data.example/train.parquet`), which is
    read where the option `endpoint` names its server.
    """

    schema: ClassVar[dict[str, Any]] = {
        "anyOf": [
            _files("Files, read as they look."),
            {
                "description": "Files, and how they are read.",
                "type": "object",
                "properties": {
                    "files": _files("A file, a directory or a pattern, or several."),
                    **_OPTIONS,
                },
                "required": ["files"],
                "additionalProperties": False,
            },
        ],
    }

    def __init__(self, *files: str, **options: Any) -> None:
        """Files by their names, and options by the contract's names, with `_` for `-`:
        `nulls=["NA"]`, `access_key_id="AWS_ACCESS_KEY_ID"`."""
        if not files:
            raise ValueError("a dataset needs the name of a file, a directory or a pattern")
        options = {name.replace("_", "-"): value for name, value in options.items()}
        _known(options)
        self._files = files
        self._options = {
            name: value for name, value in options.items() if value is not None and value != []
        }

    @classmethod
    def from_json(cls, written: Any) -> Dataset:
        """The dataset that a user wrote."""
        match written:
            case str():
                return cls(written)
            case [*files] if all(isinstance(name, str) for name in files):
                return cls(*files)
            case Mapping() if "files" in written:
                files = written["files"]
                options = {name: value for name, value in written.items() if name != "files"}
                _known(options)
                return cls(*([files] if isinstance(files, str) else files), **options)
        raise ValueError("it is no name of files, no list of names and no table with `files`")

    def to_json(self) -> Any:
        """As a user would write it."""
        files: Any = self._files[0] if len(self._files) == 1 else list(self._files)
        return {"files": files, **self._options} if self._options else files

    @property
    def files(self) -> list[str]:
        """The names, as they were written."""
        return list(self._files)

    @property
    def options(self) -> Attributes:
        """How they are read, by the contract's names."""
        return Attributes(self._options)

    def with_options(self, **options: Any) -> Dataset:
        """The same table with an option of its own, by the contract's name: `types="text"`."""
        changed = {name.replace("_", "-"): value for name, value in options.items()}
        return Dataset(*self._files, **{**self._options, **changed})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dataset) and self.to_json() == other.to_json()

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return ", ".join(self._files)

    def __repr__(self) -> str:
        options = "".join(f", {name}={value!r}" for name, value in self._options.items())
        return f"Dataset({', '.join(map(repr, self._files))}{options})"
