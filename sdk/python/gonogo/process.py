"""Running the commands that the plan lists: those of `check(commands=…)` and of `Command`
parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import _host as host

_wit = host.interface("process")


@dataclass(frozen=True)
class Output:
    """What a command that ran to its end left."""

    code: int | None = None
    """The exit code; None when a signal ended it."""
    signal: int | None = None
    """The signal that ended it."""
    stdout: str = ""
    """At most 1 MiB."""
    stderr: str = ""
    """At most 64 KiB."""
    truncated: bool = False
    """Whether either was longer."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended with code 0."""
        return self.code == 0

    @property
    def ending(self) -> str:
        """How it ended: `code 1`, `signal 9`."""
        if self.code is not None:
            return f"code {self.code}"
        return "no code" if self.signal is None else f"signal {self.signal}"


def _from_wit(output: Any) -> Output:
    return Output(output.code, output.signal, output.stdout, output.stderr, output.truncated)


_OUTPUT = host.Form(_from_wit, lambda recorded: Output(**recorded))


def find(program: str) -> str:
    """Where a program that a parameter or a command names is."""
    return host.ask("process.find", {"program": program}, host.TEXT, lambda: _wit.find(program))


def run(command: Iterable[str]) -> Output:
    """Runs a command that the plan lists, argument for argument."""
    words = list(command)
    return host.ask("process.run", {"command": words}, _OUTPUT, lambda: _wit.run(words))
