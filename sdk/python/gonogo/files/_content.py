"""Files and the members of archives as sequences of bytes."""

from __future__ import annotations

from typing import Any

from .. import _host as host
from ..attributes import Attributes

_wit = host.interface("files")

_MANY = host.each(host.ATTRIBUTES)


class Content:
    """A file, or a member of an archive in it."""

    def __init__(self, path: str, members: list[int], handle: Any) -> None:
        self._path = path
        # The places of the members that lead here, from the file inwards.
        self._members = members
        self._handle = handle

    def format(self) -> str:
        """By its first bytes: `zip`, `tar`, `gzip`, `zlib`, `zstd`, `bzip2`, `xz`, `7z`, or
        `bytes`."""
        return host.ask(
            "files.content.format", self._asked(), host.TEXT, lambda: self._handle.format()
        )

    def size(self) -> int:
        """Length in bytes."""
        return host.ask(
            "files.content.size", self._asked(), host.INTEGER, lambda: self._handle.size()
        )

    def read(self, offset: int, length: int) -> bytes:
        """Fewer bytes than `length` only at the end."""
        asked = self._asked(
            offset=host.unsigned("offset", offset, 64), length=host.unsigned("length", length, 32)
        )
        return host.ask(
            "files.content.read", asked, host.BYTES, lambda: self._handle.read(offset, length)
        )

    def members(self) -> list[Attributes]:
        """What an archive holds."""
        return host.ask(
            "files.content.members", self._asked(), _MANY, lambda: self._handle.members()
        )

    def member(self, index: int) -> Content:
        """One member, by its place in `members`."""
        index = host.unsigned("index", index, 32)
        members = [*self._members, index]
        form = host.Form(
            lambda handle: Content(self._path, members, handle),
            lambda _: Content(self._path, members, None),
        )
        asked = self._asked(index=index)
        return host.ask("files.content.member", asked, form, lambda: self._handle.member(index))

    def _asked(self, **more: int) -> dict[str, Any]:
        return {"path": self._path, "members": self._members, **more}


def open(path: str) -> Content:
    """Opens a regular file, to read it in parts or to look into it."""
    form = host.Form(
        lambda handle: Content(path, [], handle),
        lambda _: Content(path, [], None),
    )
    return host.ask("files.open", {"path": path}, form, lambda: _wit.open(path))
