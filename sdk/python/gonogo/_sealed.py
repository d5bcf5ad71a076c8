"""What Python's own library finds in a component: nothing, and it says so.

A component has no operating system: no files, clock, network, processes. Its calls of one are
stubs that end the whole job where they are met, without a word. So what would get there is replaced
by functions that raise an `OSError` which names what to use, `print` and `logging` go to the host's
log, and modules that were not imported when the component was built are said to be missing.
"""

from __future__ import annotations

import builtins
import errno
import importlib
import io
import os
import random
import socket
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from . import log

# Modules that Python's library imports only when it first needs them. There is nothing to import
# them from later.
for _name in (
    "_strptime",
    "bisect",
    "calendar",
    "datetime",
    "decimal",
    "encodings.ascii",
    "encodings.cp1252",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_32",
    "encodings.utf_8_sig",
    "fractions",
    "linecache",
    "statistics",
    "string",
    "tokenize",
    "traceback",
    "unicodedata",
    "zoneinfo",
):
    try:
        importlib.import_module(_name)
    except ImportError:
        pass  # this Python has none

_SAFE = frozenset(
    [
        "DirEntry",
        "WCOREDUMP",
        "WEXITSTATUS",
        "WIFCONTINUED",
        "WIFEXITED",
        "WIFSIGNALED",
        "WIFSTOPPED",
        "WSTOPSIG",
        "WTERMSIG",
        "_path_normpath",
        "_path_splitroot_ex",
        "_path_splitroot",
        "fspath",
        "getcwd",
        "getcwdb",
        "getpid",
        "device_encoding",
        "_inputhook",
        "_is_inputhook_installed",
        "register_at_fork",
        "stat_result",
        "statvfs_result",
        "terminal_size",
        "times_result",
        "uname_result",
        "waitstatus_to_exitcode",
        "sched_param",
        "error",
        "strerror",
    ]
)
"""What of `posix` asks nobody."""

_INSTEAD = "a component has no operating system: use the host modules of gonogo"


def _refusing(name: str, instead: str) -> Any:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(errno.EPERM, f"{name}: {instead}")

    return refuse


class _Refused:
    """Stands for a class whose objects would reach the operating system."""

    def __init__(self, *_: Any, **__: Any) -> None:
        raise PermissionError(errno.EPERM, f"{type(self).__name__}: {_INSTEAD}")


class _Logged(io.TextIOBase):
    """A stream whose lines go to the host's log."""

    def __init__(self, level: log.Level) -> None:
        self._level = level
        self._line = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return "utf-8"

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            log.log(self._level, line)
        return len(text)

    def flush(self) -> None:
        if self._line:
            log.log(self._level, self._line)
            self._line = ""


class _Missing:
    """The last finder of modules: what nobody found was not there when the component was built."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        raise ModuleNotFoundError(
            f"No module named {name!r} in this component: import it at the top of a module, so "
            "that it is there when the component is built",
            name=name,
        )


def seal() -> None:
    """Replaces what would reach the operating system. Nothing can be imported from now on."""
    posix: Any = sys.modules["posix"]
    for name, function in vars(posix).copy().items():
        if callable(function) and not isinstance(function, type) and name not in _SAFE:
            refuse = _refusing(f"os.{name}", _INSTEAD)
            setattr(posix, name, refuse)
            if getattr(os, name, None) is function:
                setattr(os, name, refuse)

    files = "a component has no files of its own: use gonogo.files"
    library: list[Any] = [io, sys.modules["_io"]]
    for module in (builtins, *library):
        module.open = _refusing("open", files)
        module.open_code = _refusing("open_code", files)
    for module in library:
        module.FileIO = type("FileIO", (_Refused,), {})

    for name in ("SocketType", "socket"):
        refused = type(name, (_Refused,), {})
        setattr(socket, name, refused)
        setattr(sys.modules["_socket"], name, refused)
    for name in (
        "create_connection",
        "create_server",
        "getaddrinfo",
        "gethostbyname",
        "socketpair",
    ):
        setattr(socket, name, _refusing(f"socket.{name}", "a component has no network"))

    for name in dir(time):
        asks = ("time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_get")
        if (name.startswith(asks) or name == "sleep") and callable(getattr(time, name)):
            setattr(time, name, _refusing(f"time.{name}", "use gonogo.clock"))
    for name in ("ctime", "gmtime", "localtime", "strftime"):
        setattr(time, name, _with_time_given(name, getattr(time, name)))

    chance = "a component has no chance: each run of it is like the others"
    setattr(random, "SystemRandom", type("SystemRandom", (_Refused,), {}))  # noqa: B010
    random.seed = _with_seed_given(random.seed, chance)
    random.seed(0)

    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = _Logged(log.Level.INFO), _Logged(log.Level.WARN)
    sys.path[:] = []
    sys.path_importer_cache.clear()
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"
    ]
    sys.meta_path.append(_Missing)
    os.environ.clear()


def _with_time_given(name: str, function: Any) -> Any:
    """`time.gmtime(seconds)` calculates; without seconds it asks for the time."""
    needed = 2 if name == "strftime" else 1

    def given(*arguments: Any) -> Any:
        if len(arguments) < needed or arguments[-1] is None:
            raise PermissionError(errno.EPERM, f"time.{name}: give it a time from gonogo.clock")
        return function(*arguments)

    return given


def _with_seed_given(seed: Any, why: str) -> Any:
    def given(a: Any = None, version: int = 2) -> None:
        if a is None:
            raise PermissionError(errno.EPERM, f"random.seed: {why}")
        seed(a, version)

    return given
