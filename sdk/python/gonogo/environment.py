"""The environment variables that `Variable` and `Revealed` parameters name."""

from __future__ import annotations

from collections.abc import Sequence

from . import _host as host

_wit = host.interface("environment")


def length(name: str) -> int | None:
    """Length of the value in bytes; None when the variable is not set."""
    return host.ask(
        "environment.length", {"name": name}, host.MAYBE_INTEGER, lambda: _wit.length(name)
    )


def matches(name: str, pattern: str) -> bool:
    """Whether the whole value matches a regular expression; `NotFound` when it is not set."""
    asked = {"name": name, "pattern": pattern}
    return host.ask("environment.matches", asked, host.BOOLEAN, lambda: _wit.matches(name, pattern))


def reveal(name: str) -> str | None:
    """The value, for a `Revealed` parameter; None when the variable is not set."""
    return host.ask(
        "environment.reveal", {"name": name}, host.MAYBE_TEXT, lambda: _wit.reveal(name)
    )


def load(path: str) -> list[str]:
    """Takes in a `.env` file; for the rest of the job, variables that are not set have its values.
    Gives the names in it."""
    return host.ask("environment.load", {"path": path}, host.TEXTS, lambda: _wit.load(path))


def number(name: str, decode: Sequence[str], pattern: str) -> int | None:
    """The whole number that a pattern's first group captures in the value, or in a part of it.

    Each step of `decode` is one of `jwt-header`, `jwt-claims`, `base64`, `json:NAME`.
    """
    steps = list(decode)
    asked = {"name": name, "decode": steps, "pattern": pattern}
    return host.ask(
        "environment.number", asked, host.MAYBE_INTEGER, lambda: _wit.number(name, steps, pattern)
    )
