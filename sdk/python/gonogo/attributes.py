"""Named values, as the host answers them, and why it may not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeAlias, TypeVar, overload


class Error(Exception):
    """Why the host could not answer.

    A check that does not catch it ends as unknown, with this text.
    """

    kind: ClassVar[str] = ""
    """The contract's name: `not-found`."""

    _prefix: ClassVar[str] = ""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        """What was tried, on what, why it failed and what to do about it."""

    def __str__(self) -> str:
        return self._prefix + self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Error) and (self.kind, self.text) == (other.kind, other.text)

    def __hash__(self) -> int:
        return hash((self.kind, self.text))

    def to_json(self) -> dict[str, str]:
        """As recordings keep it: `{"not-found": "…"}`."""
        return {self.kind: self.text}

    @staticmethod
    def from_json(recorded: Any) -> Error:
        """The error that a recording keeps."""
        if isinstance(recorded, dict) and len(recorded) == 1:
            ((kind, text),) = recorded.items()
            if kind in _KINDS and isinstance(text, str):
                return _KINDS[kind](text)
        raise ValueError(f"{json.dumps(recorded)} is no error of the host")

    @staticmethod
    def from_wit(error: Any) -> Error:
        """The error that the contract's bindings give."""
        return _BY_CASE[type(error).__name__](error.value)


class Denied(Error):
    """No parameter of this job names the thing."""

    kind = "denied"
    _prefix = "denied: "


class NotFound(Error):
    """The named thing is not there."""

    kind = "not-found"


class Limit(Error):
    """The answer is larger than the host gives out."""

    kind = "limit"
    _prefix = "limit: "


class Timeout(Error):
    """The answer did not come in time."""

    kind = "timeout"
    _prefix = "timeout: "


class Io(Error):
    """The operating system refused or failed."""

    kind = "io"


class Unsupported(Error):
    """This machine, platform or host cannot tell, ever."""

    kind = "unsupported"


_KINDS: dict[str, type[Error]] = {
    error.kind: error for error in (Denied, NotFound, Limit, Timeout, Io, Unsupported)
}
_BY_CASE = {f"Error_{error.__name__}": error for error in _KINDS.values()}

Value: TypeAlias = bool | int | float | str | list[str] | list[float] | Error
"""One value: sizes in bytes, times in seconds, and so on as the contract says.

A list of numbers is a series, in its order. An empty list is one of texts and a series alike. An `Error` among values says that the host asked and got no answer.
"""

Plain: TypeAlias = bool | int | float | str | list[str] | list[float]
"""A value that is there."""

T = TypeVar("T", bool, int, float, str)

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1

_NAMES: dict[Any, str] = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a text",
    list: "a list of texts",
    list[str]: "a list of texts",
    list[float]: "a list of numbers",
}

_ITEMS: dict[Any, type] = {list: str, list[str]: str, list[float]: float}
"""What lists hold; without a word about it, texts."""


def plain(value: Any) -> Value:
    """A value without the type that a check may have given it: a `Size` is an integer."""
    if isinstance(value, (bool, Error)):
        return value
    if isinstance(value, int):
        return min(max(int(value), _LEAST), _MOST)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, (list, tuple)):
        if all(isinstance(item, str) for item in value):
            return [str.__str__(item) for item in value]
        if all(is_of(item, float) for item in value):
            return [float(item) for item in value]
    raise TypeError(
        f"{value!r} is no value: give a bool, an int, a float, a str, or a list of str or of numbers"
    )


def value_from_json(recorded: Any) -> Value:
    """The value that a recording keeps."""
    if isinstance(recorded, dict) and recorded.keys() == {"failed"}:
        return Error.from_json(recorded["failed"])
    if recorded is None or isinstance(recorded, dict):
        raise ValueError(f"{json.dumps(recorded)} is no value")
    return plain(recorded)


def value_to_json(value: Value) -> Any:
    """As recordings keep a value."""
    return {"failed": value.to_json()} if isinstance(value, Error) else value


def value_from_wit(value: Any) -> Value:
    """The value that the contract's bindings give."""
    found: Value = value.value
    return Error.from_wit(found) if type(value).__name__ == "Value_Failed" else found


def shown(value: Value) -> str:
    """A value with its kind, for messages about what the host gave."""
    match value:
        case bool():
            return f"Boolean({str(value).lower()})"
        case int():
            return f"Integer({value})"
        case float():
            return f"Number({value})"
        case str():
            return f"Text({json.dumps(value, ensure_ascii=False)})"
        case Error():
            return f"Failed({value})"
        case [float(), *_]:
            return f"Numbers({value})"
        case _:
            return f"Texts({json.dumps(value, ensure_ascii=False)})"


def is_of(value: Any, kind: Any) -> bool:
    """Whether a value can be read as that type. An integer is a number; a boolean is neither."""
    if kind is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in _ITEMS:
        return isinstance(value, list) and all(isinstance(item, _ITEMS[kind]) for item in value)
    return isinstance(value, kind)


def name_of(kind: Any) -> str:
    """What a type is called in a message."""
    if kind not in _NAMES:
        raise TypeError(
            f"{kind!r} is no type of values: "
            "ask for bool, int, float, str, list (of texts) or list[float]"
        )
    return _NAMES[kind]


class Attributes(Mapping[str, Value]):
    """Named values. A name that is absent is unknown to the machine: never zero.

    As a mapping it gives each value as it came, an `Error` where the host asked and got no answer.
    `get` and `need` raise that error instead.
    """

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self._values = {name: plain(value) for name, value in (values or {}).items()}

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Attributes({self._values!r})"

    @overload  # type: ignore[override]
    def get(self, name: str) -> Plain | None: ...
    @overload
    def get(self, name: str, kind: type[list[str]]) -> list[str] | None: ...
    @overload
    def get(self, name: str, kind: type[list[float]]) -> list[float] | None: ...
    @overload
    def get(self, name: str, kind: type[T]) -> T | None: ...

    def get(self, name: str, kind: Any = None) -> Any:
        """The value of that name, of type `kind` where one is given; None where this machine has none.

        Raises the host's error where it asked and got no answer, `Unsupported` where the value is
        of another type.
        """
        value = self._values.get(name)
        if isinstance(value, Error):
            raise value
        if value is None or kind is None:
            return value
        called = name_of(kind)
        if not is_of(value, kind):
            raise Unsupported(f"the host gives '{name}' as {shown(value)}, which is not {called}")
        return float(value) if kind is float and not isinstance(value, (str, list)) else value

    @overload
    def need(self, name: str) -> Plain: ...
    @overload
    def need(self, name: str, kind: type[list[str]]) -> list[str]: ...
    @overload
    def need(self, name: str, kind: type[list[float]]) -> list[float]: ...
    @overload
    def need(self, name: str, kind: type[T]) -> T: ...

    def need(self, name: str, kind: Any = None) -> Any:
        """The value of that name, which the check cannot do without: as `get`, but never None."""
        value = self.get(name, kind)
        if value is None:
            raise Unsupported(f"this machine does not tell '{name}'")
        return value

    def to_json(self) -> dict[str, Any]:
        """As recordings keep them."""
        return {name: value_to_json(value) for name, value in self._values.items()}

    @staticmethod
    def from_json(recorded: Any) -> Attributes:
        """The attributes that a recording keeps."""
        return Attributes({name: value_from_json(value) for name, value in recorded.items()})

    @staticmethod
    def from_wit(values: Any) -> Attributes:
        """The attributes that the contract's bindings give."""
        found = Attributes()
        found._values = {name: value_from_wit(value) for name, value in values}
        return found
