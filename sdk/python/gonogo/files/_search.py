"""Where patterns match: secrets are found by the host and never shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .. import _host as host
from ..attributes import Attributes

_wit = host.interface("files")

_MANY = host.each(host.ATTRIBUTES)


def _named(options: dict[str, Any]) -> dict[str, Any]:
    """By the contract's names: `ignore_files` is `ignore-files`."""
    return {name.replace("_", "-"): value for name, value in options.items()}


def pattern(
    id: str,
    pattern: str,
    *,
    keywords: Sequence[str] = (),
    secret: str | None = None,
    entropy: float | None = None,
    **more: Any,
) -> Attributes:
    """One pattern of a search: a regular expression, and what its matches call it.

    - `keywords`: only near one of these words, in lower case, is the expression tried.
    - `secret`: the group that holds a secret; `0` for the whole match.
    - `entropy`: least Shannon entropy of the secret, in bits per character.
    - any other part, by the contract's name: `exclude`, `exclude_match`, `stop_words`,
      `exclude_paths`, `paths`, `checksum`.
    """
    given: dict[str, Any] = {"id": id, "pattern": pattern}
    if keywords:
        given["keywords"] = list(keywords)
    if secret is not None:
        given["secret"] = secret
    if entropy is not None:
        given["entropy"] = float(entropy)
    return Attributes({**given, **_named(more)})


class Matches:
    """The matches of a search. After an error it is at its end."""

    def __init__(self, asked: dict[str, Any], handle: Any) -> None:
        self._asked = asked
        self._handle = handle

    def __iter__(self) -> Iterator[Attributes]:
        while batch := host.ask(
            "files.search.next", self._asked, _MANY, lambda: self._handle.next()
        ):
            yield from batch

    def totals(self) -> Attributes:
        """What was searched so far."""
        return host.ask(
            "files.search.totals", self._asked, host.ATTRIBUTES, lambda: self._handle.totals()
        )

    def counts(self) -> list[Attributes]:
        """For tables: how many rows of each field matched each pattern."""
        return host.ask("files.search.counts", self._asked, _MANY, lambda: self._handle.counts())


def _matches(asked: dict[str, Any]) -> host.Form[Matches]:
    return host.Form(
        lambda handle: Matches(asked, handle),
        lambda _: Matches(asked, None),
    )


def _to_wit(patterns: Sequence[Attributes]) -> Any:
    return [host.options_to_wit(pattern) for pattern in patterns]


def search(path: str, name: str, patterns: Sequence[Attributes], **options: Any) -> Matches:
    """Searches a file, or all files below a directory. Recordings and cases know it by `name`.

    Options go by the contract's names: `exclude`, `ignore_files`, `size_maximum`, `base64`,
    `history`, `table`, …
    """
    given = Attributes({"name": name, **_named(options)})
    asked = {"path": path, "options": given.to_json()}
    return host.ask(
        "files.search",
        asked,
        _matches(asked),
        lambda: _wit.search(path, _to_wit(patterns), host.options_to_wit(given)),
    )


def search_processes(patterns: Sequence[Attributes]) -> Matches:
    """Searches the arguments of all processes that this user may see, for a `Processes`
    parameter."""
    asked = {"processes": True}
    return host.ask(
        "files.search-processes",
        asked,
        _matches(asked),
        lambda: _wit.search_processes(_to_wit(patterns)),
    )
