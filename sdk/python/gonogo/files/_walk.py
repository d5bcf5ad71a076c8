"""Everything below a directory, as the host meets it."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .. import _host as host
from ..attributes import Attributes, Error

_wit = host.interface("files")


class Kind(enum.Enum):
    """What a name in a directory is."""

    FILE = "file"
    """A regular file."""
    DIRECTORY = "directory"
    LINK = "link"
    """A symbolic link."""
    OTHER = "other"
    """A FIFO, socket or device."""


@dataclass(frozen=True)
class Entry:
    """One thing that a walk met. Links are not followed."""

    path: str
    """As the walk's path, with further names after it."""
    kind: Kind
    size: int = 0
    """Bytes."""
    mode: int = 0
    """The permission bits."""
    owner: int = 0
    group: int = 0
    modified: float = 0.0
    """Seconds since the Unix epoch."""
    links: int = 0
    device: int = 0
    """The device that holds it."""
    target: str | None = None
    """Where a link leads to, as it is written."""
    failed: Error | None = None
    """What could not be found out."""


def _from_wit(entry: Any) -> Entry:
    failed = None if entry.failed is None else Error.from_wit(entry.failed)
    return Entry(
        entry.path,
        Kind[entry.kind.name],
        entry.size,
        entry.mode,
        entry.owner,
        entry.group,
        entry.modified,
        entry.links,
        entry.device,
        entry.target,
        failed,
    )


def _from_json(recorded: Any) -> Entry:
    parts = {**recorded, "kind": Kind(recorded["kind"])}
    if parts.get("failed") is not None:
        parts["failed"] = Error.from_json(parts["failed"])
    return Entry(**parts)


_BATCH = host.each(host.Form(_from_wit, _from_json))


class Entries:
    """What a walk meets, parents before children. After an error it is at its end."""

    def __init__(self, asked: dict[str, Any], handle: Any) -> None:
        self._asked = asked
        self._handle = handle

    def __iter__(self) -> Iterator[Entry]:
        while batch := host.ask(
            "files.walk.next", self._asked, _BATCH, lambda: self._handle.next()
        ):
            yield from batch


def walk(
    path: str,
    *,
    exclude: Sequence[str] = (),
    ignore_files: bool = False,
    same_device: bool = False,
    depth: int | None = None,
    mode_any: int | None = None,
    kinds: Sequence[Kind] = (),
) -> Entries:
    """A walk of a directory and all below it.

    - `exclude`: leaves out what these patterns of .gitignore name, relative to the path.
    - `ignore_files`: leaves out what .gitignore and .ignore files name.
    - `same_device`: stays on one device.
    - `depth`: goes no deeper; 1 is what lies directly in the directory.
    - `mode_any`: gives only what has one of these permission bits.
    - `kinds`: gives only these kinds.
    """
    given: dict[str, Any] = {}
    if exclude:
        given["exclude"] = list(exclude)
    if ignore_files:
        given["ignore-files"] = True
    if same_device:
        given["same-device"] = True
    if depth is not None:
        given["depth"] = depth
    if mode_any is not None:
        given["mode-any"] = mode_any
    if kinds:
        given["kinds"] = [kind.value for kind in kinds]
    options = Attributes(given)
    asked = {"path": path, "options": options.to_json()}
    form = host.Form(
        lambda handle: Entries(asked, handle),
        lambda _: Entries(asked, None),
    )
    return host.ask(
        "files.walk", asked, form, lambda: _wit.walk(path, host.options_to_wit(options))
    )
