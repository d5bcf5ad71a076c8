"""Runs checks natively against recorded or hand-written host answers.

A case is a JSON file `cases/<check>/<name>.json`: the parameters, the host's answers in the form
that `gonogo check --record` writes, and what is expected. Only the keys that `expect` has are
compared; `GONOGO_BLESS=1` writes all of them. `gonogo plugin test` runs the same files through the
real runtime.

    # test_cases.py, for `python -m unittest` and for pytest
    from pathlib import Path

    from checks import plugin
    from gonogo import testing

    Cases = testing.cases(plugin, Path(__file__).parent / "cases")
"""

from __future__ import annotations

import copy
import json
import os
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .attributes import Error
from .check import NotApplicable, Plugin, Unknown
from .report import Severity

if TYPE_CHECKING:
    from ._host import Form

T = TypeVar("T")

_VERDICTS = {
    None: "go",
    Severity.NOTE: "go",
    Severity.WARN: "warn",
    Severity.UNKNOWN: "unknown",
    Severity.NO_GO: "no-go",
}

_KEYS = {"about", "parameters", "calls", "expect"}

_SHOWN = 4000
"""Characters of a value that a difference shows."""

_answers: list[dict[str, Any]] | None = None


class Unanswered(BaseException):
    """The case is not whole: no fault of the check, so no check can catch it by accident."""


@contextmanager
def answers(calls: list[dict[str, Any]]) -> Iterator[None]:
    """Answers the host calls that are made inside: each call is
    `{"call": "files.stat", "ask": {…}, "answer": {"ok": …}}`.

    A call made again gets the next answer to it, the last one for ever.
    """
    global _answers
    before, _answers = _answers, copy.deepcopy(calls)
    try:
        yield
    finally:
        _answers = before


def answer(call: str, asked: dict[str, Any] | None, form: Form[T]) -> T:
    """The answer of the case that is being run."""
    from ._host import canonical

    if _answers is None:
        raise Unanswered(
            f"there is no host to answer {call}: this is no component, and no case is being run"
        )
    wanted = canonical(asked)
    same = [
        index
        for index, other in enumerate(_answers)
        if other["call"] == call and canonical(other.get("ask")) == wanted
    ]
    if not same:
        raise Unanswered(f"the case has no answer to {call} {wanted}")
    found = _answers[same[0]]["answer"]
    if len(same) > 1:
        del _answers[same[0]]
    if "error" in found:
        raise Error.from_json(found["error"])
    try:
        return form.from_json(found["ok"])
    except Exception as error:
        raise Unanswered(
            f"the case's answer to {call} {wanted} is not of its form: "
            f"{error!r}: {canonical(found)}"
        ) from error


def run(plugin: Plugin, check: str, case: dict[str, Any]) -> dict[str, Any]:
    """Runs one check on a case and gives `verdict`, `reason`, `summary`, `findings`, `facts`."""
    unknown = case.keys() - _KEYS
    if unknown:
        raise ValueError(f"a case has no '{min(unknown)}'")
    with answers(case.get("calls") or []):
        try:
            report = plugin.run(check, json.dumps(case.get("parameters") or {}))
        except NotApplicable as stop:
            return {"verdict": "not-applicable", "reason": stop.why}
        except Unknown as stop:
            return {"verdict": "unknown", "reason": stop.why}
    return {"verdict": _VERDICTS[report.worst()], **report.to_json()}


def differences(expected: dict[str, Any], seen: dict[str, Any]) -> list[str]:
    """What is not as expected, a text each: only the keys that are expected count."""
    from ._host import canonical

    def shown(value: Any) -> str:
        text = canonical(value)
        return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"

    return [
        f"{key}\n  expected {shown(value)}\n  but was  {shown(seen.get(key))}"
        for key, value in expected.items()
        if canonical(seen.get(key)) != canonical(value)
    ]


def cases(plugin: Plugin, folder: Path | str) -> type[unittest.TestCase]:
    """A test for every `cases/<check>/<name>.json` below `folder`, and one that every check has a
    case."""
    folder = Path(folder)
    files = sorted(folder.glob("*/*.json"))
    tests: dict[str, Any] = {"__module__": __name__, "__doc__": None}
    for file in files:
        name = f"test_{file.parent.name}_{file.stem}".replace("-", "_")
        tests[name] = _test_of(plugin, file)

    def test_every_check_has_a_case(self: unittest.TestCase) -> None:
        tried = {file.parent.name for file in files}
        self.assertEqual(sorted(plugin.checks.keys() - tried), [], f"without a case in {folder}")

    tests["test_every_check_has_a_case"] = test_every_check_has_a_case
    return type("Cases", (unittest.TestCase,), tests)


def _test_of(plugin: Plugin, file: Path) -> Any:
    def test(self: unittest.TestCase) -> None:
        check = file.parent.name
        self.assertIn(check, plugin.checks, f"{file}: the plugin has no check '{check}'")
        case = json.loads(file.read_text(encoding="utf-8"))
        try:
            seen = run(plugin, check, case)
        except Unanswered as error:
            self.fail(f"{file}: {error}")
        if os.environ.get("GONOGO_BLESS"):
            case["expect"] = seen
            text = json.dumps(case, indent=2, ensure_ascii=False) + "\n"
            file.write_text(text, encoding="utf-8")
            return
        self.assertTrue(
            case.get("expect"), f"{file}: expects nothing; run again with GONOGO_BLESS=1"
        )
        wrong = differences(case["expect"], seen)
        if wrong:
            self.fail("\n".join([str(file), *wrong]))

    return test
