"""Time."""

from __future__ import annotations

from . import _host as host

_wit = host.interface("clock")


def now() -> float:
    """Seconds since the Unix epoch."""
    return host.ask("clock.now", None, host.NUMBER, lambda: _wit.now())


def elapsed() -> float:
    """Seconds since the job started."""
    return host.ask("clock.elapsed", None, host.NUMBER, lambda: _wit.elapsed())
