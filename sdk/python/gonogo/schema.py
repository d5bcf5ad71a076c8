"""From type hints to JSON Schema, and from JSON to what the type hints promise."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union

from .parameters import Command, Dataset, Processes, _Named
from .units import Size, _Measured

Schema = dict[str, Any]

MISSING = object()
"""Stands for a default that is not there."""


@dataclass(frozen=True)
class AtLeast:
    """The least that a number may be."""

    least: float

    def keywords(self) -> Schema:
        """As JSON Schema says it."""
        return {"minimum": self.least}


@dataclass(frozen=True)
class AtMost:
    """The most that a number may be."""

    most: float

    def keywords(self) -> Schema:
        """As JSON Schema says it."""
        return {"maximum": self.most}


@dataclass(frozen=True)
class Matching:
    """A regular expression (of Rust's `regex` crate) that must match somewhere in a text."""

    pattern: str

    def keywords(self) -> Schema:
        """As JSON Schema says it."""
        return {"pattern": self.pattern}


@dataclass(frozen=True)
class NotEmpty:
    """A text or a list that has something in it."""

    def keywords(self) -> Schema:
        """As JSON Schema says it."""
        return {}


_BOUNDS = (AtLeast, AtMost, Matching, NotEmpty)


@dataclass(frozen=True)
class Kind:
    """What a type hint means for a parameter."""

    schema: Schema
    """The schema of its values."""
    read: Callable[[Any], Any]
    """From JSON that satisfies the schema; `ValueError` or `TypeError` where it does not."""
    write: Callable[[Any], Any] = lambda value: value
    """To JSON: of a default."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a check, or one part of a parameter that is a dataclass."""

    name: str
    """As gonogo.toml has it: `used-maximum`."""
    python: str
    """As Python has it: `used_maximum`."""
    kind: Kind
    default: Any = MISSING

    @staticmethod
    def of(python: str, hint: Any, default: Any) -> Parameter:
        """What a name with that hint and that default is."""
        name = python.rstrip("_").replace("_", "-")
        return Parameter(name, python, kind_of(hint), default)

    def schema(self) -> Schema:
        """Its schema, with its default."""
        if self.default is MISSING:
            return self.kind.schema
        return {**self.kind.schema, "default": self.kind.write(self.default)}


def object_schema(parameters: list[Parameter]) -> Schema:
    """The schema of an object that has these parts and no others."""
    schema: Schema = {"type": "object", "additionalProperties": False}
    if parameters:
        schema["properties"] = {parameter.name: parameter.schema() for parameter in parameters}
    required = [parameter.name for parameter in parameters if parameter.default is MISSING]
    if required:
        schema["required"] = required
    return schema


def read_object(parameters: list[Parameter], given: Any) -> dict[str, Any]:
    """The parts by their names in Python; `ValueError` says what does not fit."""
    if not isinstance(given, dict):
        raise ValueError("they are no object")
    unknown = given.keys() - {parameter.name for parameter in parameters}
    if unknown:
        raise ValueError(f"there is no '{min(unknown)}'")
    found = {}
    for parameter in parameters:
        if parameter.name in given:
            try:
                found[parameter.python] = parameter.kind.read(given[parameter.name])
            except (ValueError, TypeError) as error:
                raise ValueError(f"{parameter.name}: {error}") from error
        elif parameter.default is MISSING:
            raise ValueError(f"'{parameter.name}' is missing")
    return found


def _of_type(expected: type, called: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            raise ValueError(f"{value!r} is not {called}")
        return value

    return read


_integer = _of_type(int, "an integer")
_text = _of_type(str, "a text")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


_PLAIN = {
    bool: Kind({"type": "boolean"}, _of_type(bool, "a boolean")),
    int: Kind({"type": "integer"}, _integer),
    float: Kind({"type": "number"}, _number, float),
    str: Kind({"type": "string"}, _text),
    Dataset: Kind(Dataset.schema, Dataset.from_json, Dataset.to_json),
    Processes: Kind(
        {"type": "boolean", "x-gonogo-grant": "processes"},
        lambda value: Processes(_of_type(bool, "a boolean")(value)),
        bool,
    ),
    Command: Kind(
        {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "x-gonogo-grant": "command",
        },
        Command,
        list,
    ),
}


def kind_of(hint: Any) -> Kind:
    """What a type hint means; `TypeError` where it means nothing to a user of gonogo.toml."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:])
    if hint in _PLAIN:
        return _PLAIN[hint]
    if origin is Literal:
        return _one_of({value: value for value in arguments})
    if origin is list and len(arguments) == 1:
        return _list(kind_of(arguments[0]))
    if origin is dict and len(arguments) == 2 and arguments[0] is str:
        return _table(kind_of(arguments[1]))
    if origin in (Union, types.UnionType) and len(arguments) == 2 and type(None) in arguments:
        return _optional(kind_of(arguments[1 if arguments[0] is type(None) else 0]))
    if isinstance(hint, type):
        if issubclass(hint, (Size, _Measured)):
            schema = {"type": "string", "pattern": hint.pattern, "x-gonogo-expected": hint.expected}
            return Kind(schema, lambda text: hint(_text(text)), lambda value: hint(value).written())
        if issubclass(hint, _Named):
            named: Schema = {"type": "string", "minLength": 1, "x-gonogo-grant": hint.grant}
            return Kind(named, lambda text: hint(_text(text)), str)
        if issubclass(hint, enum.Enum):
            return _one_of({member.value: member for member in hint})
        if dataclasses.is_dataclass(hint):
            return _dataclass(hint)
    raise TypeError(
        f"{hint!r} is no type of a parameter: take bool, int, float, str, Literal, an Enum of texts, "
        "a type of gonogo such as Size or Readable, a dataclass, or list[…], dict[str, …] and "
        "… | None of these"
    )


def _annotated(hint: Any, notes: tuple[Any, ...]) -> Kind:
    kind = kind_of(hint)
    schema = dict(kind.schema)
    for note in notes:
        if isinstance(note, str):
            schema["description"] = note
        elif isinstance(note, NotEmpty):
            schema["minItems" if schema.get("type") == "array" else "minLength"] = 1
        elif isinstance(note, _BOUNDS):
            schema.update(note.keywords())
    return dataclasses.replace(kind, schema=schema)


def _one_of(choices: dict[Any, Any]) -> Kind:
    if not all(isinstance(name, str) for name in choices):
        raise TypeError(f"choices must be texts, and {list(choices)} are not")

    def read(name: Any) -> Any:
        if not isinstance(name, str) or name not in choices:
            raise ValueError(f"{name!r} is none of {', '.join(choices)}")
        return choices[name]

    def write(value: Any) -> Any:
        return value.value if isinstance(value, enum.Enum) else value

    return Kind({"type": "string", "enum": list(choices)}, read, write)


def _list(kind: Kind) -> Kind:
    def read(values: Any) -> Any:
        return [kind.read(value) for value in _of_type(list, "a list")(values)]

    def write(values: Any) -> Any:
        return [kind.write(value) for value in values]

    return Kind({"type": "array", "items": kind.schema}, read, write)


def _table(kind: Kind) -> Kind:
    def read(values: Any) -> Any:
        table = _of_type(dict, "a table")(values)
        return {name: kind.read(value) for name, value in table.items()}

    def write(values: Any) -> Any:
        return {name: kind.write(value) for name, value in values.items()}

    return Kind({"type": "object", "additionalProperties": kind.schema}, read, write)


def _optional(kind: Kind) -> Kind:
    schema = dict(kind.schema)
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    else:
        schema = {"anyOf": [kind.schema, {"type": "null"}]}
    return Kind(
        schema,
        lambda value: None if value is None else kind.read(value),
        lambda value: None if value is None else kind.write(value),
    )


def _dataclass(hint: Any) -> Kind:
    hints = typing.get_type_hints(hint, include_extras=True)
    parameters = []
    for field in dataclasses.fields(hint):
        default = field.default if field.default is not dataclasses.MISSING else MISSING
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        parameters.append(Parameter.of(field.name, hints[field.name], default))

    def write(value: Any) -> Any:
        return {
            parameter.name: parameter.kind.write(getattr(value, parameter.python))
            for parameter in parameters
        }

    return Kind(
        object_schema(parameters), lambda given: hint(**read_object(parameters, given)), write
    )
