"""Sizes, rates, durations and frequencies as people write them.

Each is a number of its plain unit (bytes, bytes per second, seconds, hertz) that compares and
calculates like one, and shows itself as people write it: `f"{Size(1 << 30)}"` is `1 GiB`.
"""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar, Self

_SIZES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "PB": 10**15,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "TiB": 1 << 40,
    "PiB": 1 << 50,
}
_RATES = {f"{unit}/s": factor for unit, factor in _SIZES.items()}
_TIMES = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_FREQUENCIES = {"Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}

_MEASURE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z/]+)")
_MOST = 9e18


def _measure(text: str, units: dict[str, Any], expected: str) -> float:
    """A number and one of the units, in the plain unit."""
    found = _MEASURE.fullmatch(text.strip())
    if found and found[2] in units:
        value = float(found[1]) * float(units[found[2]])
        if value < _MOST:
            return value
    raise ValueError(f"'{text}' is not {expected}")


def _binary(size: int) -> str:
    shown = f"{size} B"
    for unit in ("KiB", "MiB", "GiB", "TiB", "PiB"):
        value = size / _SIZES[unit]
        if value >= 1:
            whole = value >= 100 or abs(value - round(value)) < 0.05
            shown = f"{value:.0f} {unit}" if whole else f"{value:.1f} {unit}"
    return shown


def _decimal(size: float) -> str:
    shown = f"{size:.0f} B"
    for unit in ("kB", "MB", "GB", "TB", "PB"):
        if size >= _SIZES[unit]:
            shown = f"{size / _SIZES[unit]:.1f} {unit}"
    return shown


class Size(int):
    """A number of bytes: `Size("64 GiB")`, `Size(4096)`."""

    expected: ClassVar[str] = "a size: write a number and a unit, such as '64 GiB' or '500 MB'"
    """What a user should write."""
    pattern: ClassVar[str] = r"^[0-9]+(\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)$"
    """What of that the schema lets through."""

    def __new__(cls, size: int | str = 0) -> Self:
        """So many bytes, or what the text says; `ValueError` where it says no size."""
        return super().__new__(
            cls, int(_measure(size, _SIZES, cls.expected)) if isinstance(size, str) else size
        )

    @property
    def bytes(self) -> int:
        """In bytes."""
        return int(self)

    def __str__(self) -> str:
        return _binary(int(self))

    def __repr__(self) -> str:
        return f"Size({int(self)})"

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    def written(self) -> str:
        """As a text that means exactly this size."""
        return str(self) if Size(str(self)) == self else f"{int(self)} B"


class _Measured(float):
    """What rates, durations and frequencies have in common."""

    expected: ClassVar[str]
    pattern: ClassVar[str]
    _units: ClassVar[dict[str, Any]]
    _plain: ClassVar[str]

    def __new__(cls, value: float | str = 0.0) -> Self:
        """So many of the plain unit, or what the text says; `ValueError` where it says none."""
        return super().__new__(
            cls, _measure(value, cls._units, cls.expected) if isinstance(value, str) else value
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({float(self)!r})"

    def __format__(self, form: str) -> str:
        return format(str(self), form)

    def written(self) -> str:
        """As a text that means exactly this value."""
        try:
            exact = type(self)(str(self)) == self
        except ValueError:
            exact = False
        return str(self) if exact else f"{float(self):f} {self._plain}"


class Rate(_Measured):
    """Bytes per second: `Rate("2 GB/s")`."""

    expected = "a rate: write a number and a unit, such as '2 GB/s'"
    pattern = r"^[0-9]+(\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)/s$"
    _units = _RATES
    _plain = "B/s"

    @property
    def per_second(self) -> float:
        """In bytes per second."""
        return float(self)

    def __str__(self) -> str:
        return f"{_decimal(float(self))}/s"


class Duration(_Measured):
    """A span of time: `Duration("30 s")`, `Duration("2 h")`, `Duration("7 d")`."""

    expected = "a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'"
    pattern = r"^[0-9]+(\.[0-9]+)? ?(ms|s|min|h|d|w)$"
    _units = _TIMES
    _plain = "s"

    @property
    def seconds(self) -> float:
        """In seconds."""
        return float(self)

    def __str__(self) -> str:
        seconds = float(self)
        if seconds == 0:
            return "0 s"
        if seconds < 0.001:
            return f"{seconds * 1e6:.0f} µs"
        if seconds < 1:
            return f"{seconds * 1e3:.0f} ms"
        if seconds < 120:
            return f"{math.floor(seconds * 10 + 0.5) / 10:g} s"
        if seconds < 7200:
            return f"{seconds / 60:.0f} min"
        if seconds < 172_800:
            return f"{seconds / 3600:.0f} h"
        return f"{seconds / 86_400:.0f} d"


class Frequency(_Measured):
    """A clock: `Frequency("1980 MHz")`."""

    expected = "a frequency: write a number and a unit, such as '1980 MHz' or '3 GHz'"
    pattern = r"^[0-9]+(\.[0-9]+)? ?[kMG]?Hz$"
    _units = _FREQUENCIES
    _plain = "Hz"

    @property
    def hertz(self) -> float:
        """In hertz."""
        return float(self)

    def __str__(self) -> str:
        return f"{float(self) / 1e6:.0f} MHz"


def counted(number: int, thing: str) -> str:
    """A number of things, for a sentence: `1 file`, `3 files`, `2 directories`."""
    if number == 1:
        return f"1 {thing}"
    if re.search(r"[^aeiou]y$", thing):
        return f"{number} {thing[:-1]}ies"
    if re.search(r"(s|x|ch|sh)$", thing):
        return f"{number} {thing}es"
    return f"{number} {thing}s"
