"""The one way to the host: the contract's imports in WebAssembly, a case's answers natively."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .attributes import Attributes, Error

T = TypeVar("T")

IN_COMPONENT = sys.platform == "wasi"
"""Whether this is a component, which has a host."""


@dataclass(frozen=True)
class Form(Generic[T]):
    """What an answer is, in the two ways in which it comes."""

    from_wit: Callable[[Any], T]
    """From what the contract's bindings give."""
    from_json: Callable[[Any], T]
    """From what a recording keeps."""


def _same(value: Any) -> Any:
    return value


def _nothing(_: Any) -> None:
    return None


def _bytes(recorded: Any) -> bytes:
    """Text where they are UTF-8, else hex."""
    return recorded.encode() if isinstance(recorded, str) else bytes.fromhex(recorded["hex"])


def each(form: Form[T]) -> Form[list[T]]:
    """A list of such."""
    return Form(
        lambda values: [form.from_wit(value) for value in values],
        lambda values: [form.from_json(value) for value in values],
    )


NOTHING: Form[None] = Form(_nothing, _nothing)
BOOLEAN: Form[bool] = Form(_same, _same)
INTEGER: Form[int] = Form(_same, _same)
MAYBE_INTEGER: Form[int | None] = Form(_same, _same)
NUMBER: Form[float] = Form(_same, float)
TEXT: Form[str] = Form(_same, _same)
MAYBE_TEXT: Form[str | None] = Form(_same, _same)
TEXTS: Form[list[str]] = Form(_same, _same)
BYTES: Form[bytes] = Form(bytes, _bytes)
ATTRIBUTES: Form[Attributes] = Form(Attributes.from_wit, Attributes.from_json)


def interface(name: str) -> Any:
    """The functions of one interface of the contract: None where there is no host."""
    return importlib.import_module(f"wit_world.imports.{name}") if IN_COMPONENT else None


def ask(call: str, asked: dict[str, Any] | None, form: Form[T], imported: Callable[[], Any]) -> T:
    """Asks the host; raises its `Error`.

    `call` and `asked` are what a recording keeps, `imported` is the contract's function.
    """
    if not IN_COMPONENT:
        from . import testing

        return testing.answer(call, asked, form)
    try:
        answer = imported()
    except _REFUSED as refused:
        raise Error.from_wit(refused.value) from None
    return form.from_wit(answer)


if IN_COMPONENT:
    _REFUSED: Any = importlib.import_module("componentize_py_types").Err
    _TYPES: Any = interface("types")
    _VALUES: Any = {
        bool: _TYPES.Value_Boolean,
        int: _TYPES.Value_Integer,
        float: _TYPES.Value_Number,
        str: _TYPES.Value_Text,
        list: _TYPES.Value_Texts,
    }
else:
    _REFUSED, _TYPES, _VALUES = Error, None, {}


def value_to_wit(value: Any) -> Any:
    """A value as the contract's bindings take it. Text is made valid: Python's may hold halves of
    surrogate pairs, which are no characters."""
    if isinstance(value, str):
        value = text(value)
    elif isinstance(value, list):
        if value and isinstance(value[0], float):
            return _TYPES.Value_Numbers(value)
        value = [text(item) for item in value]
    return _VALUES[type(value)](value)


def options_to_wit(options: Attributes) -> Any:
    """Attributes as the contract's bindings take them."""
    return [(name, value_to_wit(value)) for name, value in options.items()]


def error_to_wit(error: Error) -> Any:
    """An error of the host among the values of a check."""
    case = getattr(_TYPES, f"Error_{type(error).__name__}")
    return _TYPES.Value_Failed(case(text(error.text)))


def refusal(why: Any) -> Exception:
    """What the contract's bindings take for the error of a result."""
    refused: Exception = _REFUSED(why)
    return refused


def text(value: str) -> str:
    """A text of characters: whatever is none becomes `?`."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "replace").decode()
    return str.__str__(value)


def unsigned(what: str, number: int, bits: int) -> int:
    """A number that the contract's function can take; `ValueError` where it cannot."""
    if not 0 <= number < 1 << bits:
        raise ValueError(f"{what} must be from 0 to {(1 << bits) - 1}, not {number}")
    return int(number)


def canonical(value: Any) -> str:
    """JSON that is equal where the values are: 1, 1.0 and true are three values."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
