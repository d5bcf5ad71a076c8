import sys
import unittest
from contextlib import redirect_stderr
from io import StringIO
from typing import Annotated, Any

from gonogo import (
    Denied,
    Duration,
    NotApplicable,
    Plugin,
    Report,
    Severity,
    Size,
    Unknown,
    check,
    testing,
)


@check(name="odd-name", commands=[["{program}", "--version"]], timeout=2, exclusive=True)
def named(report: Report, how: str = "well") -> None:
    """What must hold,
    on two lines.

    Documentation

        indented
    """
    report.fact("before", 1)
    match how:
        case "well":
            report.summary("well")
        case "not-applicable":
            raise NotApplicable("nothing here")
        case "unknown":
            raise Unknown("no idea")
        case "host":
            raise Denied("no parameter names it")
        case "general":
            raise RuntimeError("broken by design")
        case "special":
            raise KeyError("x")
        case "exit":
            sys.exit(3)


@check
def at_once(report: Report) -> None:
    """It breaks before it finds anything out"""
    raise ZeroDivisionError("division by zero")


PLUGIN = Plugin(version="1.0.0", summary="Tests", checks=[named, at_once])


def seen(how: str) -> dict[str, Any]:
    with redirect_stderr(StringIO()):
        return testing.run(PLUGIN, "odd-name", {"parameters": {"how": how}})


class Checks(unittest.TestCase):
    def test_a_function_describes_itself(self) -> None:
        self.assertEqual(named.name, "odd-name")
        self.assertEqual(named.summary, "What must hold, on two lines")
        self.assertEqual(named.documentation, "Documentation\n\n    indented")
        self.assertEqual(named.commands, [["{program}", "--version"]])
        self.assertEqual(named.traits(), {"timeout": 2.0, "exclusive": True})
        self.assertEqual((at_once.name, at_once.traits()), ("at-once", {}))
        self.assertEqual(at_once.schema(), {"type": "object", "additionalProperties": False})

    def test_what_is_found_out_before_a_stop_is_kept(self) -> None:
        self.assertEqual(seen("well")["verdict"], "go")
        self.assertEqual(
            seen("not-applicable"), {"verdict": "not-applicable", "reason": "nothing here"}
        )
        for how, message in [
            ("unknown", "no idea"),
            ("host", "denied: no parameter names it"),
            ("general", "broken by design"),
            ("special", "KeyError: 'x'"),
            ("exit", "SystemExit: 3"),
        ]:
            with self.subTest(how):
                report = seen(how)
                self.assertEqual(report["verdict"], "unknown")
                self.assertEqual([fact["name"] for fact in report["facts"]], ["before"])
                self.assertEqual(report["findings"], [{"severity": "unknown", "message": message}])

    def test_where_nothing_was_found_out_there_is_a_reason_alone(self) -> None:
        log = StringIO()
        with redirect_stderr(log):
            report = testing.run(PLUGIN, "at-once", {})
        self.assertEqual(
            report, {"verdict": "unknown", "reason": "ZeroDivisionError: division by zero"}
        )
        self.assertIn("Traceback", log.getvalue(), "whoever runs it with -v sees where")

    def test_a_check_can_be_called(self) -> None:
        report = Report()
        named(report, how="well")
        self.assertEqual(report.to_json()["summary"], "well")

    def test_a_function_that_is_no_check_says_why(self) -> None:
        def without_words(report: Report) -> None:
            pass

        def without_report(size: Size) -> None:
            """It has no report"""

        def without_hint(report: Report, size=1) -> None:  # type: ignore[no-untyped-def]
            """A parameter has no type hint"""

        def with_more(report: Report, *sizes: Size) -> None:
            """Any number of sizes"""

        def with_bytes(report: Report, data: Annotated[bytes, "Data."]) -> None:
            """Bytes"""

        for function, why in [
            (without_words, "needs a docstring"),
            (without_report, "must be `report: Report`"),
            (without_hint, "'size' of the check 'without-hint' needs a type hint"),
            (with_more, "cannot give 'sizes' by its name"),
            (with_bytes, "'data' of the check 'with-bytes': .* is no type of a parameter"),
        ]:
            wrong: Any = function
            with self.assertRaisesRegex(TypeError, why):
                check(wrong)

    def test_a_plugin_has_each_check_once(self) -> None:
        with self.assertRaisesRegex(ValueError, "two checks named 'at-once'"):
            Plugin(version="1", summary="", checks=[at_once, named, at_once])
        with self.assertRaisesRegex(Unknown, "this plugin has no check 'x'"):
            PLUGIN.run("x", "{}")


class Reports(unittest.TestCase):
    def test_a_column_is_one_of_a_line(self) -> None:
        report = Report()
        report.note("x").at_line("a.toml", 3).column(7).hint("y")
        report.note("x").column(7)
        first, second = report.to_json()["findings"]
        self.assertEqual(first["location"], {"path": "a.toml", "line": 3, "column": 7})
        self.assertEqual((first["hint"], "location" in second), ("y", False))
        with self.assertRaises(ValueError):
            report.note("x").at_line("a", -1)

    def test_the_worst_finding_makes_the_verdict(self) -> None:
        report = Report()
        self.assertIsNone(report.worst())
        for add in (report.note, report.no_go, report.warn, report.unknown):
            add("x")
        self.assertIs(report.worst(), Severity.NO_GO)
        self.assertEqual(report.findings(), 4)

    def test_facts_are_values(self) -> None:
        report = Report()
        values = [True, 1, 1 << 70, 0.5, "a", ["a"], Size("1 KiB"), ("a", "b")]
        for value in values:
            report.fact("f", value)
        seen = [fact["value"] for fact in report.to_json()["facts"]]
        self.assertEqual(seen, [True, 1, (1 << 63) - 1, 0.5, "a", ["a"], 1024, ["a", "b"]])
        self.assertIs(type(seen[6]), int)
        for wrong in [None, {"a": 1}, [True], ["a", 1], [1, "a"], [1, None], [[1]], b"x"]:
            with self.assertRaises(TypeError):
                report.fact("f", wrong)

    def test_a_list_of_numbers_is_a_series(self) -> None:
        report = Report()
        for value in [[1, 0.5], (Size("1 KiB"), Duration("2 s")), []]:
            report.fact("f", value)
        seen = [fact["value"] for fact in report.to_json()["facts"]]
        self.assertEqual(seen, [[1.0, 0.5], [1024.0, 2.0], []])
        self.assertEqual({type(item) for series in seen for item in series}, {float})
        report.fact("f", [1, float("nan")])
        self.assertEqual(
            repr(report.to_json()["facts"][-1]["value"]), "[1.0, nan]", "as a number is"
        )
