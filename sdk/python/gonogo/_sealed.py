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
import types
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
    "encodings.base64_codec",
    "encodings.cp1252",
    "encodings.hex_codec",
    "encodings.iso8859_1",
    "encodings.iso8859_15",
    "encodings.latin_1",
    "encodings.utf_16",
    "encodings.utf_16_be",
    "encodings.utf_16_le",
    "encodings.utf_32",
    "encodings.utf_32_be",
    "encodings.utf_32_le",
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
        "putenv",
        "unsetenv",
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


def redirect() -> None:
    """Sends what is printed to the host's log. For when there is a host: a build has none."""
    sys.stdin = io.StringIO()
    sys.stdout, sys.stderr = _Logged(log.Level.INFO), _Logged(log.Level.WARN)


class Seal:
    """All that is replaced."""

    def __init__(self) -> None:
        self._replaced: list[tuple[Any, str, Any]] = []
        self._files()
        self._processes()
        self._network()
        self._time()
        self._chance()

    def put(self) -> None:
        """Puts everything in its place. Nothing can be imported from now on."""
        for module, name, replacement in self._replaced:
            setattr(module, name, replacement)
        self._replaced.clear()

    def _replace(self, module: Any, name: str, replacement: Any) -> None:
        self._replaced.append((module, name, replacement))

    def _files(self) -> None:
        instead = "a component has no files of its own: use gonogo.files"
        for module in (builtins, io, sys.modules["_io"]):
            self._replace(module, "open", _refusing("open", instead))
            self._replace(module, "open_code", _refusing("open_code", instead))
        for module in (io, sys.modules["_io"]):
            self._replace(module, "FileIO", type("FileIO", (_Refused,), {}))
        finders = [
            finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"
        ]
        self._replace(sys, "meta_path", [*finders, _Missing])
        self._replace(sys, "path", [])

    def _processes(self) -> None:
        posix: Any = sys.modules["posix"]
        for name, function in vars(posix).items():
            if callable(function) and not isinstance(function, type) and name not in _SAFE:
                refuse = _refusing(f"os.{name}", _INSTEAD)
                self._replace(posix, name, refuse)
                if getattr(os, name, None) is function:
                    self._replace(os, name, refuse)

    def _network(self) -> None:
        for name in ("SocketType", "socket"):
            refused = type(name, (_Refused,), {})
            self._replace(socket, name, refused)
            self._replace(sys.modules["_socket"], name, refused)
        functions = (
            "create_connection",
            "create_server",
            "getaddrinfo",
            "gethostbyname",
            "socketpair",
        )
        for name in functions:
            refuse = _refusing(f"socket.{name}", "a component has no network")
            self._replace(socket, name, refuse)

    def _time(self) -> None:
        asks = (
            "time",
            "monotonic",
            "perf_counter",
            "process_time",
            "thread_time",
            "clock_",
            "sleep",
        )
        for name, function in vars(time).items():
            if name.startswith(asks) and callable(function):
                self._replace(time, name, _refusing(f"time.{name}", "use gonogo.clock"))
        self._replace(time, "sleep", _refusing("time.sleep", "a check cannot wait"))
        for name in ("ctime", "gmtime", "localtime", "strftime"):
            self._replace(time, name, _with_time_given(name, getattr(time, name)))

        if logging := sys.modules.get("logging"):
            # Its records carry a time that nobody sees: the host's log has its own.
            asked = types.SimpleNamespace(**{**vars(time), "time_ns": lambda: 0})
            self._replace(logging, "time", asked)

    def _chance(self) -> None:
        refused = type("SystemRandom", (_Refused,), {})
        self._replace(random, "SystemRandom", refused)
        self._replace(random.Random, "seed", _with_seed_given(random.Random.seed))
        self._replace(random, "seed", _with_seed_given(random.seed))


def _with_time_given(name: str, function: Any) -> Any:
    """`time.gmtime(seconds)` calculates; without seconds it asks for the time."""
    needed = 2 if name == "strftime" else 1

    def given(*arguments: Any) -> Any:
        if len(arguments) < needed or arguments[-1] is None:
            raise PermissionError(errno.EPERM, f"time.{name}: give it a time from gonogo.clock")
        return function(*arguments)

    return given


def _with_seed_given(seed: Any) -> Any:
    """`random.Random(7)` calculates; without a seed it asks for one."""

    def given(*arguments: Any, **more: Any) -> Any:
        # As a method it is given its object first.
        seeds = [given for given in arguments if not isinstance(given, random.Random)]
        if (seeds[0] if seeds else more.get("a")) is None:
            raise PermissionError(
                errno.EPERM, "random: each job is like the others: give it a seed of your own"
            )
        return seed(*arguments, **more)

    return given
