"""Builders for what a check says."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any, Self

from .attributes import Value, plain, value_to_json

_MOST = (1 << 32) - 1


class Severity(enum.IntEnum):
    """How bad a finding is, in rising order."""

    NOTE = 0
    """Worth knowing; the verdict stays go."""
    WARN = 1
    """Needs attention, does not stop the run."""
    UNKNOWN = 2
    """Could not be told."""
    NO_GO = 3
    """Must not start like this."""

    def to_json(self) -> str:
        """The contract's name: `no-go`."""
        return self.name.lower().replace("_", "-")


@dataclass
class Location:
    """A place in a file, both counted from 1."""

    path: str
    """The file, as the parameter named it."""
    line: int | None = None
    column: int | None = None


class Finding:
    """Something to act on."""

    def __init__(self, severity: Severity, message: str) -> None:
        self._severity = severity
        self._message = str(message)
        self._location: Location | None = None
        self._hint: str | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self._severity

    @property
    def message(self) -> str:
        """What is wrong."""
        return self._message

    @property
    def location(self) -> Location | None:
        """Where."""
        return self._location

    def at(self, path: str) -> Self:
        """In which file."""
        self._location = Location(str(path))
        return self

    def at_line(self, path: str, line: int) -> Self:
        """On which line of which file."""
        self._location = Location(str(path), line=_place("line", line))
        return self

    def column(self, column: int) -> Self:
        """In which column of the line that `at_line` named."""
        if self._location is not None:
            self._location.column = _place("column", column)
        return self

    def hint(self, text: str) -> Self:
        """What to do: best the exact command or line of configuration."""
        self._hint = str(text)
        return self

    def to_json(self) -> dict[str, Any]:
        """As cases expect it."""
        found: dict[str, Any] = {"severity": self._severity.to_json(), "message": self._message}
        if self._location is not None:
            parts = vars(self._location).items()
            found["location"] = {name: part for name, part in parts if part is not None}
        if self._hint is not None:
            found["hint"] = self._hint
        return found


class Fact:
    """Something measured."""

    def __init__(self, name: str, value: Any) -> None:
        self._name = str(name)
        self._value: Value = plain(value)
        self._unit: str | None = None
        self._bound: str | None = None

    def unit(self, unit: str) -> Self:
        """`B`, `s`, `B/s`, `Hz`, `°C`, `W`, or `1` for a count or a share."""
        self._unit = str(unit)
        return self

    def bound(self, bound: str) -> Self:
        """What the value is held against, in the fact's unit: `>= 4`."""
        self._bound = str(bound)
        return self

    def to_json(self) -> dict[str, Any]:
        """As cases expect it."""
        found = {"name": self._name, "value": value_to_json(self._value)}
        if self._unit is not None:
            found["unit"] = self._unit
        if self._bound is not None:
            found["bound"] = self._bound
        return found


class Report:
    """What a check found out. The worst finding makes the verdict; none makes it go."""

    def __init__(self) -> None:
        self._summary = ""
        self._facts: list[Fact] = []
        self._findings: list[Finding] = []

    def summary(self, text: str) -> None:
        """The result in one line, with the figures that matter. The last call counts."""
        self._summary = str(text)

    def fact(self, name: str, value: Any) -> Fact:
        """Something measured: a bool, an int, a float, a str, a list of str, or a list of numbers,
        which is a series that a report draws; a `Size`, `Rate`, `Duration` or `Frequency` counts in
        its plain unit. Give it its unit and its bound."""
        self._facts.append(Fact(name, value))
        return self._facts[-1]

    def note(self, message: str) -> Finding:
        """Worth knowing; the verdict stays go."""
        return self.finding(Severity.NOTE, message)

    def warn(self, message: str) -> Finding:
        """Needs attention, does not stop the run."""
        return self.finding(Severity.WARN, message)

    def unknown(self, message: str) -> Finding:
        """A part of it could not be told."""
        return self.finding(Severity.UNKNOWN, message)

    def no_go(self, message: str) -> Finding:
        """Must not start like this."""
        return self.finding(Severity.NO_GO, message)

    def finding(self, severity: Severity, message: str) -> Finding:
        """A finding whose severity is computed."""
        self._findings.append(Finding(severity, message))
        return self._findings[-1]

    def worst(self) -> Severity | None:
        """The worst severity so far."""
        return max((finding.severity for finding in self._findings), default=None)

    def findings(self) -> int:
        """How many findings there are."""
        return len(self._findings)

    def is_empty(self) -> bool:
        """Whether nothing was found out yet."""
        return not self._facts and not self._findings

    def to_json(self) -> dict[str, Any]:
        """As cases expect it."""
        return {
            "summary": self._summary,
            "facts": [fact.to_json() for fact in self._facts],
            "findings": [finding.to_json() for finding in self._findings],
        }


def _place(what: str, number: int) -> int:
    if not 0 <= number <= _MOST:
        raise ValueError(f"{number} is no {what}: they count from 1 to {_MOST}")
    return int(number)
