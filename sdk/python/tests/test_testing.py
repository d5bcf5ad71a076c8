import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

from gonogo import Plugin, Report, check, environment, testing

SDK = Path(__file__).parents[1]


@check
def variable(report: Report) -> None:
    """A variable is set"""
    try:
        for _ in range(3):
            report.fact("length", environment.length("A"))
    except Exception:  # noqa: BLE001 - to see that a case that is not whole is not caught
        report.summary("caught")


PLUGIN = Plugin(version="1.0.0", summary="Tests", checks=[variable])


def call(length: int) -> dict[str, Any]:
    return {"call": "environment.length", "ask": {"name": "A"}, "answer": {"ok": length}}


class Cases(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, case: dict[str, Any]) -> None:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(case), encoding="utf-8")

    def ran(self) -> dict[str, str]:
        """What each test says, '' where it passed."""
        result = unittest.TestResult()
        suite = unittest.defaultTestLoader.loadTestsFromTestCase(testing.cases(PLUGIN, self.folder))
        names = [
            test.id().rpartition(".")[2] for test in suite if isinstance(test, unittest.TestCase)
        ]
        suite.run(result)
        wrong = {
            test.id().rpartition(".")[2]: text for test, text in result.failures + result.errors
        }
        return {name: wrong.get(name, "") for name in names}

    def test_a_call_made_again_gets_the_next_answer_the_last_one_for_ever(self) -> None:
        seen = testing.run(PLUGIN, "variable", {"calls": [call(1), call(2)]})
        self.assertEqual([fact["value"] for fact in seen["facts"]], [1, 2, 2])

    def test_differences_fail_with_both_sides(self) -> None:
        facts = [{"name": "length", "value": 1}] * 3
        self.write(
            "variable/good.json", {"calls": [call(1)], "expect": {"verdict": "go", "facts": facts}}
        )
        self.write("variable/bad.json", {"calls": [call(1)], "expect": {"verdict": "no-go"}})
        self.write(
            "variable/float.json",
            {"calls": [call(1)], "expect": {"facts": [{"name": "length", "value": 1.0}] * 3}},
        )
        self.write("variable/empty.json", {"calls": [call(1)]})
        self.write("variable/unanswered.json", {"calls": [], "expect": {"verdict": "go"}})
        self.write("other/x.json", {})
        ran = self.ran()
        self.assertEqual((ran["test_variable_good"], ran["test_every_check_has_a_case"]), ("", ""))
        self.assertRegex(ran["test_variable_bad"], 'verdict\n  expected "no-go"\n  but was  "go"')
        self.assertIn("expected", ran["test_variable_float"])
        self.assertIn("expects nothing; run again with GONOGO_BLESS=1", ran["test_variable_empty"])
        self.assertIn(
            'the case has no answer to environment.length {"name": "A"}',
            ran["test_variable_unanswered"],
        )
        self.assertIn("the plugin has no check 'other'", ran["test_other_x"])

    def test_a_check_without_a_case_is_found(self) -> None:
        self.assertIn("variable", self.ran()["test_every_check_has_a_case"])

    def test_blessing_writes_what_came_out(self) -> None:
        self.write("variable/new.json", {"calls": [call(1)]})
        with mock.patch.dict(os.environ, {"GONOGO_BLESS": "1"}):
            self.assertEqual(self.ran()["test_variable_new"], "")
        written = json.loads((self.folder / "variable/new.json").read_text(encoding="utf-8"))
        self.assertEqual(written["expect"]["verdict"], "go")
        self.assertEqual(self.ran()["test_variable_new"], "")


class Imports(unittest.TestCase):
    def test_a_plugin_gets_no_host_module_that_it_does_not_import(self) -> None:
        """`gonogo plugin build` takes from the modules that are there what a component imports."""
        script = (
            "import sys, gonogo; print(*sorted(m for m in sys.modules if m.startswith('gonogo.')))"
        )
        ran = subprocess.run(
            [sys.executable, "-B", "-c", script],
            cwd=SDK,
            capture_output=True,
            text=True,
            check=True,
        )
        loaded = {name.removeprefix("gonogo.") for name in ran.stdout.split()}
        host = {"clock", "dataset", "environment", "files", "process", "system"}
        self.assertEqual(loaded & host, set())
