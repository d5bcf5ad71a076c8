"""The host modules: each function of the contract, what it asks, and what becomes of the answer."""

import inspect
import re
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gonogo import (
    Attributes,
    Dataset,
    Denied,
    Error,
    Io,
    Limit,
    NotFound,
    Timeout,
    Unsupported,
    clock,
    dataset,
    environment,
    files,
    log,
    process,
    system,
    testing,
)
from gonogo.files import Algorithm, Kind

WIT = Path(__file__).parents[3] / "wit"

TABLE = {"files": ["a.csv"], "options": {"nulls": ["NA"]}}
WALK = {"path": "data", "options": {"exclude": [".git/"], "depth": 2, "kinds": ["file"]}}
SEARCH = {"path": ".", "options": {"name": "tokens", "ignore-files": True}}
ENTRY = {"path": "data/a", "kind": "file", "size": 3, "mode": 420, "failed": {"io": "x"}}


def table() -> dataset.Table:
    return dataset.open(Dataset("a.csv", nulls=["NA"]))


def content() -> files.Content:
    return files.open("a.zip")


def calls(*more: tuple[str, Any, Any]) -> list[dict[str, Any]]:
    return [{"call": call, "ask": ask, "answer": {"ok": ok}} for call, ask, ok in more]


# What is called, the call, what it asks, what a case answers, what comes back.
ASKED: list[tuple[Callable[[], Any], str, Any, Any, Any]] = [
    (clock.now, "clock.now", None, 1.5, 1.5),
    (clock.elapsed, "clock.elapsed", None, 2, 2.0),
    (lambda: environment.length("A"), "environment.length", {"name": "A"}, None, None),
    (
        lambda: environment.matches("A", "x+"),
        "environment.matches",
        {"name": "A", "pattern": "x+"},
        True,
        True,
    ),
    (lambda: environment.reveal("A"), "environment.reveal", {"name": "A"}, "v", "v"),
    (lambda: environment.load(".env"), "environment.load", {"path": ".env"}, ["A"], ["A"]),
    (
        lambda: environment.number("A", ["jwt-claims"], "([0-9]+)"),
        "environment.number",
        {"name": "A", "decode": ["jwt-claims"], "pattern": "([0-9]+)"},
        7,
        7,
    ),
    (
        lambda: files.stat("a", follow=True),
        "files.stat",
        {"path": "a", "follow": True},
        {"size": 1},
        Attributes({"size": 1}),
    ),
    (
        lambda: files.read("a", 1, 2),
        "files.read",
        {"path": "a", "offset": 1, "length": 2},
        "é",
        "é".encode(),
    ),
    (
        lambda: files.read("a", 0, 2),
        "files.read",
        {"path": "a", "offset": 0, "length": 2},
        {"hex": "ff00"},
        b"\xff\0",
    ),
    (
        lambda: files.list("a"),
        "files.list",
        {"path": "a"},
        [["b", "directory"]],
        [("b", Kind.DIRECTORY)],
    ),
    (lambda: files.find("a", "x"), "files.find", {"path": "a", "pattern": "x"}, None, None),
    (
        lambda: files.digest("a", Algorithm.BLAKE3),
        "files.digest",
        {"path": "a", "algorithm": "blake3"},
        "00",
        "00",
    ),
    (
        lambda: files.digests(["a", "b"]),
        "files.digests",
        {"paths": ["a", "b"], "algorithm": "sha256"},
        ["00", {"failed": {"not-found": "no b"}}],
        ["00", NotFound("no b")],
    ),
    (lambda: files.space("a"), "files.space", {"path": "a"}, {}, Attributes()),
    (lambda: files.scratch("a"), "files.scratch", {"path": "a"}, None, None),
    (
        lambda: files.probe("a", 5),
        "files.probe",
        {"directory": "a", "size": 5},
        {"direct": True},
        Attributes({"direct": True}),
    ),
    (lambda: process.find("git"), "process.find", {"program": "git"}, "/bin/git", "/bin/git"),
    (
        lambda: process.run(["git", "--version"]).ending,
        "process.run",
        {"command": ["git", "--version"]},
        {"code": None, "signal": 9},
        "signal 9",
    ),
    (system.os, "system.os", None, {}, Attributes()),
    (system.cpu, "system.cpu", None, {"logical": 2}, Attributes({"logical": 2})),
    (system.memory, "system.memory", None, {}, Attributes()),
    (system.limits, "system.limits", None, {}, Attributes()),
    (system.mounts, "system.mounts", None, [{}], [Attributes()]),
    (system.interfaces, "system.interfaces", None, [], []),
    (system.troubled_processes, "system.troubled-processes", None, [], []),
    (system.gpu_drivers, "system.gpu-drivers", None, [], []),
    (system.gpus, "system.gpus", None, [], []),
    (lambda: system.kernel_events(60), "system.kernel-events", {"seconds": 60}, [], []),
    (lambda: system.probe_cpu(1), "system.probe-cpu", {"seconds": 1.0}, {}, Attributes()),
    (lambda: system.probe_memory(4), "system.probe-memory", {"size": 4}, {}, Attributes()),
    (lambda: table().files(), "dataset.files", TABLE, [], []),
    (
        lambda: [(column.name, column.kind.is_numeric) for column in table().columns()],
        "dataset.columns",
        TABLE,
        [{"name": "n", "type": "integer"}],
        [("n", True)],
    ),
    (lambda: table().rows(), "dataset.rows", TABLE, 3, 3),
    (lambda: table().damage(), "dataset.damage", TABLE, [], []),
    (
        lambda: dataset.query({"t": table()}, "SELECT 1 AS n", rows=5).need(0, "n", int),
        "dataset.query",
        {"tables": {"t": TABLE}, "sql": "SELECT 1 AS n", "options": {"rows-maximum": 5}},
        [{"name": "n", "integers": [1]}],
        1,
    ),
    (
        lambda: content().format(),
        "files.content.format",
        {"path": "a.zip", "members": []},
        "zip",
        "zip",
    ),
    (lambda: content().size(), "files.content.size", {"path": "a.zip", "members": []}, 9, 9),
    (
        lambda: content().read(1, 2),
        "files.content.read",
        {"path": "a.zip", "members": [], "offset": 1, "length": 2},
        "ab",
        b"ab",
    ),
    (
        lambda: content().members(),
        "files.content.members",
        {"path": "a.zip", "members": []},
        [],
        [],
    ),
    (
        lambda: content().member(0).member(2)._members,
        "files.content.member",
        {"path": "a.zip", "members": [0], "index": 2},
        None,
        [0, 2],
    ),
    (
        lambda: [
            (entry.path, str(entry.failed))
            for entry in files.walk("data", exclude=[".git/"], depth=2, kinds=[Kind.FILE])
        ],
        "files.walk.next",
        WALK,
        [ENTRY],
        [("data/a", "x")],
    ),
    (
        lambda: [match.need("line", int) for match in search()],
        "files.search.next",
        SEARCH,
        [{"line": 4}],
        [4],
    ),
    (lambda: search().totals(), "files.search.totals", SEARCH, {}, Attributes()),
    (lambda: search().counts(), "files.search.counts", SEARCH, [], []),
    (
        lambda: list(files.search_processes([])),
        "files.search.next",
        {"processes": True},
        [],
        [],
    ),
]

OPENED = calls(
    ("dataset.open", TABLE, None),
    ("files.open", {"path": "a.zip"}, None),
    ("files.content.member", {"path": "a.zip", "members": [], "index": 0}, None),
    ("files.walk", WALK, None),
    ("files.search", SEARCH, None),
    ("files.search-processes", {"processes": True}, None),
)
AT_THE_END = calls(
    ("files.walk.next", WALK, []),
    ("files.search.next", SEARCH, []),
)


def search() -> files.Matches:
    pattern = files.pattern("t", "x+", keywords=["x"], secret="0", entropy=3, stop_words=["y"])
    return files.search(".", "tokens", [pattern], ignore_files=True)


class Host(unittest.TestCase):
    def test_functions_ask_what_recordings_keep(self) -> None:
        for function, call, ask, ok, expected in ASKED:
            with self.subTest(call), testing.answers(OPENED + calls((call, ask, ok)) + AT_THE_END):
                self.assertEqual(function(), expected)

    def test_an_error_of_the_host_is_raised(self) -> None:
        kinds = (Denied, NotFound, Limit, Timeout, Io, Unsupported)
        for kind in kinds:
            answer = {
                "call": "files.space",
                "ask": {"path": "a"},
                "answer": {"error": {kind.kind: "x"}},
            }
            with testing.answers([answer]), self.assertRaises(kind) as raised:
                files.space("a")
            prefix = {"denied": "denied: ", "limit": "limit: ", "timeout": "timeout: "}
            self.assertEqual(str(raised.exception), prefix.get(kind.kind, "") + "x")

    def test_numbers_that_the_contract_has_no_room_for_are_refused(self) -> None:
        for offset, length in [(-1, 1), (0, 1 << 32)]:
            with self.assertRaisesRegex(ValueError, "must be from 0 to"):
                files.read("a", offset, length)

    def test_every_function_of_the_contract_is_there(self) -> None:
        modules = [clock, dataset, environment, files, log, process, system]
        for module in modules:
            name = module.__name__.rpartition(".")[2]
            text = re.sub(r"//.*", "", (WIT / f"{name}.wit").read_text(encoding="utf-8"))
            classes = {
                kind.__name__.lower(): kind
                for kind in vars(module).values()
                if inspect.isclass(kind)
            }
            place: Any = module
            for line in text.splitlines():
                if resource := re.match(r"\s*resource ([a-z-]+)", line):
                    place = classes[resource[1].replace("-", "")]
                elif re.fullmatch(r"    }", line):
                    place = module
                elif function := re.match(r"\s*%?([a-z-]+): func\(", line):
                    python = function[1].replace("-", "_")
                    # Batches are what iterating a resource is made of.
                    python = "__iter__" if python == "next" else python
                    self.assertTrue(
                        callable(getattr(place, python, None)), f"{place.__name__}.{python}"
                    )


class AttributesOfHost(unittest.TestCase):
    def test_values_are_read_by_name_and_type(self) -> None:
        given = {"n": 1, "x": 0.5, "b": True, "t": "a", "l": ["a"], "f": {"failed": {"io": "no"}}}
        given |= {"s": [1.0, 0.5], "e": []}
        found = Attributes.from_json(given)
        self.assertEqual(found.need("n", int), 1)
        self.assertEqual(found.need("n", float), 1.0)
        self.assertEqual(found.need("l", list), ["a"])
        self.assertEqual(found.need("l", list[str]), ["a"])
        self.assertEqual(found.need("s", list[float]), [1.0, 0.5])
        self.assertEqual((found.need("e", list), found.need("e", list[float])), ([], []))
        self.assertIsNone(found.get("absent", int))
        self.assertEqual(found.need("t"), "a")
        self.assertEqual(found.to_json(), given)
        with self.assertRaisesRegex(Unsupported, "^this machine does not tell 'absent'$"):
            found.need("absent", int)
        with self.assertRaisesRegex(Io, "^no$"):
            found.get("f", int)
        self.assertEqual(found["f"], Io("no"), "as a mapping it gives what came")
        for name, kind, shown in [
            ("t", int, 'Text("a"), which is not an integer'),
            ("b", int, "Boolean(true), which is not an integer"),
            ("x", int, "Number(0.5), which is not an integer"),
            ("n", str, "Integer(1), which is not a text"),
            ("l", bool, 'Texts(["a"]), which is not a boolean'),
            ("l", list[float], 'Texts(["a"]), which is not a list of numbers'),
            ("s", list, "Numbers([1.0, 0.5]), which is not a list of texts"),
            ("s", float, "Numbers([1.0, 0.5]), which is not a number"),
        ]:
            wrong: Any = kind
            with self.assertRaises(Unsupported) as raised:
                found.need(name, wrong)
            self.assertEqual(str(raised.exception), f"the host gives '{name}' as {shown}")

    def test_an_error_that_is_none_is_refused(self) -> None:
        for wrong in [{"io": 1}, {"odd": "x"}, {}, "io"]:
            with self.assertRaises(ValueError):
                Error.from_json(wrong)


class Answers(unittest.TestCase):
    answer = dataset.Answer.from_json(
        [
            {"name": "n", "integers": [1, None]},
            {"name": "x", "numbers": [0.5, "NaN"]},
            {"name": "t", "texts": ["a", None]},
        ]
    )

    def test_cells_are_read_by_name_and_type(self) -> None:
        self.assertEqual((self.answer.rows, self.answer.columns), (2, ["n", "x", "t"]))
        self.assertEqual(self.answer.need(0, "n", int), 1)
        self.assertIsNone(self.answer.get(1, "n", int))
        self.assertEqual(self.answer.get(0, "t", str), "a")
        self.assertNotEqual(self.answer.need(1, "x", float), self.answer.need(1, "x", float), "NaN")
        wrongs: list[tuple[int, str, Any]] = [
            (1, "n", int),
            (0, "m", int),
            (2, "n", int),
            (0, "t", int),
        ]
        for row, name, kind in wrongs:
            with self.assertRaises(Unsupported):
                self.answer.need(row, name, kind)

    def test_names_and_texts_cannot_leave_their_quotes(self) -> None:
        self.assertEqual(dataset.quoted('a"b'), '"a""b"')
        self.assertEqual(dataset.literal("it's"), "'it''s'")
