"""Reading what `Readable` parameters name, probing where `Writable` ones allow it.

Paths are written as in the parameter, with further names after it. See `wit/files.wit` for what
each function answers.
"""

from __future__ import annotations

import builtins
import enum
from collections.abc import Sequence
from typing import Any

from .. import _host as host
from ..attributes import Attributes, Error, Io, Limit
from ._content import Content, open
from ._search import Matches, pattern, search, search_processes
from ._walk import Entries, Entry, Kind, walk

__all__ = [
    "MOST_BYTES",
    "Algorithm",
    "Content",
    "Entries",
    "Entry",
    "Kind",
    "Matches",
    "digest",
    "digests",
    "find",
    "list",
    "open",
    "pattern",
    "probe",
    "read",
    "read_text",
    "scratch",
    "search",
    "search_processes",
    "space",
    "stat",
    "walk",
]

_wit = host.interface("files")

MOST_BYTES = 4 << 20
"""Most bytes that one `read` gives."""


class Algorithm(enum.Enum):
    """How to digest."""

    SHA256 = "sha256"
    BLAKE3 = "blake3"


def stat(path: str, *, follow: bool = False) -> Attributes:
    """What a path is; with `follow`, what a link leads to."""
    asked = {"path": path, "follow": follow}
    return host.ask("files.stat", asked, host.ATTRIBUTES, lambda: _wit.stat(path, follow))


def read(path: str, offset: int = 0, length: int = MOST_BYTES) -> bytes:
    """Part of a file: fewer bytes than `length` only at its end."""
    asked = {
        "path": path,
        "offset": host.unsigned("offset", offset, 64),
        "length": host.unsigned("length", length, 32),
    }
    return host.ask("files.read", asked, host.BYTES, lambda: _wit.read(path, offset, length))


def read_text(path: str) -> str:
    """A whole text file of less than `MOST_BYTES`."""
    content = read(path, 0, MOST_BYTES)
    if len(content) == MOST_BYTES:
        raise Limit(f"{path} is larger than {MOST_BYTES} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Io(f"{path} is not UTF-8: byte {error.start} starts no character") from error


def _listed(found: Any) -> builtins.list[tuple[str, Kind]]:
    return [(name, Kind[kind.name]) for name, kind in found]


def _listed_from_json(recorded: Any) -> builtins.list[tuple[str, Kind]]:
    return [(name, Kind(kind)) for name, kind in recorded]


def list(path: str) -> builtins.list[tuple[str, Kind]]:
    """Names in a directory with their kinds, sorted."""
    form = host.Form(_listed, _listed_from_json)
    return host.ask("files.list", {"path": path}, form, lambda: _wit.list(path))


def find(path: str, pattern: str) -> int | None:
    """The first line, from 1, on which a regular expression matches."""
    asked = {"path": path, "pattern": pattern}
    return host.ask("files.find", asked, host.MAYBE_INTEGER, lambda: _wit.find(path, pattern))


def digest(path: str, algorithm: Algorithm = Algorithm.SHA256) -> str:
    """A file's digest in lower-case hex."""
    asked = {"path": path, "algorithm": algorithm.value}
    return host.ask(
        "files.digest", asked, host.TEXT, lambda: _wit.digest(path, _wit.Algorithm[algorithm.name])
    )


def _digested(found: Any) -> builtins.list[str | Error]:
    return [item if isinstance(item, str) else _one_digested(item) for item in found]


def _one_digested(item: Any) -> str | Error:
    if type(item).__name__ == "Err":
        return Error.from_wit(item.value)
    digest: str = item.value
    return digest


def _digested_from_json(recorded: Any) -> builtins.list[str | Error]:
    return [item if isinstance(item, str) else Error.from_json(item["failed"]) for item in recorded]


def digests(
    paths: Sequence[str], algorithm: Algorithm = Algorithm.SHA256
) -> builtins.list[str | Error]:
    """The digests of many files (at most 10,000), in their order. A file that cannot be read has an
    error in the place of its digest."""
    names = [*paths]
    asked = {"paths": names, "algorithm": algorithm.value}
    form = host.Form(_digested, _digested_from_json)
    return host.ask(
        "files.digests", asked, form, lambda: _wit.digests(names, _wit.Algorithm[algorithm.name])
    )


def scratch(path: str) -> None:
    """Makes the directory that a `Scratch` parameter names, for the job's commands to fill. The
    host removes it when the job ends."""
    host.ask("files.scratch", {"path": path}, host.NOTHING, lambda: _wit.scratch(path))


def space(path: str) -> Attributes:
    """The filesystem that holds a path."""
    return host.ask("files.space", {"path": path}, host.ATTRIBUTES, lambda: _wit.space(path))


def probe(directory: str, size: int) -> Attributes:
    """Writes, syncs, reads back and removes a file of `size` bytes in a directory."""
    asked = {"directory": directory, "size": host.unsigned("size", size, 64)}
    return host.ask("files.probe", asked, host.ATTRIBUTES, lambda: _wit.probe(directory, int(size)))
