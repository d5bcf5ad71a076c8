"""Messages for whoever runs the host with `-v`; no part of the report.

In a component, `print` and Python's own `logging` end up here too. Natively messages go to
standard error, which test runners show of failing tests.
"""

from __future__ import annotations

import enum
import sys

from . import _host as host

_wit = host.interface("log")


class Level(enum.Enum):
    """How loud."""

    TRACE = "trace"
    """Everything."""
    DEBUG = "debug"
    """For the check's author."""
    INFO = "info"
    """For its user."""
    WARN = "warn"
    """Something odd."""


def log(level: Level, message: str) -> None:
    """Logs a message."""
    if host.IN_COMPONENT:
        _wit.log(_wit.Level[level.name], host.text(str(message)))
    else:
        print(f"{level.value}: {message}", file=sys.stderr)


def trace(message: str) -> None:
    """Everything."""
    log(Level.TRACE, message)


def debug(message: str) -> None:
    """For the check's author."""
    log(Level.DEBUG, message)


def info(message: str) -> None:
    """For its user."""
    log(Level.INFO, message)


def warn(message: str) -> None:
    """Something odd."""
    log(Level.WARN, message)
