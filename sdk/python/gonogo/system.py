"""What the machine has, what of it this process may use, and what its kernel says.

`wit/system.wit` lists each function's names.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _host as host
from .attributes import Attributes

_wit = host.interface("system")

_MANY = host.each(host.ATTRIBUTES)


def _one(call: str, imported: Callable[[], Any]) -> Attributes:
    return host.ask(call, None, host.ATTRIBUTES, imported)


def _many(call: str, imported: Callable[[], Any]) -> list[Attributes]:
    return host.ask(call, None, _MANY, imported)


def os() -> Attributes:
    """Operating system, kernel, distribution, container."""
    return _one("system.os", lambda: _wit.os())


def cpu() -> Attributes:
    """Cores: of the board, in the affinity mask, by cgroup quota."""
    return _one("system.cpu", lambda: _wit.cpu())


def memory() -> Attributes:
    """Memory: of the board, by cgroup, available now."""
    return _one("system.memory", lambda: _wit.memory())


def limits() -> Attributes:
    """Resource limits of this process and of the system."""
    return _one("system.limits", lambda: _wit.limits())


def mounts() -> list[Attributes]:
    """Mounted filesystems."""
    return _many("system.mounts", lambda: _wit.mounts())


def interfaces() -> list[Attributes]:
    """Network interfaces and InfiniBand ports."""
    return _many("system.interfaces", lambda: _wit.interfaces())


def troubled_processes() -> list[Attributes]:
    """Zombies and processes in uninterruptible sleep."""
    return _many("system.troubled-processes", lambda: _wit.troubled_processes())


def gpu_drivers() -> list[Attributes]:
    """GPU drivers and libraries, one for each vendor found."""
    return _many("system.gpu-drivers", lambda: _wit.gpu_drivers())


def gpus() -> list[Attributes]:
    """GPUs."""
    return _many("system.gpus", lambda: _wit.gpus())


def kernel_events(seconds: int) -> list[Attributes]:
    """Kernel messages of the last `seconds` that hint at trouble."""
    seconds = host.unsigned("seconds", seconds, 64)
    return host.ask(
        "system.kernel-events", {"seconds": seconds}, _MANY, lambda: _wit.kernel_events(seconds)
    )


def probe_cpu(seconds: float) -> Attributes:
    """Arithmetic for about `seconds`."""
    seconds = float(seconds)
    return host.ask(
        "system.probe-cpu", {"seconds": seconds}, host.ATTRIBUTES, lambda: _wit.probe_cpu(seconds)
    )


def probe_memory(size: int) -> Attributes:
    """Memory bandwidth over arrays of `size` bytes together."""
    size = host.unsigned("size", size, 64)
    return host.ask(
        "system.probe-memory", {"size": size}, host.ATTRIBUTES, lambda: _wit.probe_memory(size)
    )
