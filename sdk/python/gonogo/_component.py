"""A plugin as the contract's bindings want it. `gonogo plugin build` writes the one module that
uses this; nothing here is for checks."""

from __future__ import annotations

import gc
import importlib
import json
from typing import Any

from . import _host as host
from ._sealed import Seal, redirect
from .attributes import Error, Value
from .check import Check, NotApplicable, Plugin, Stop, Unknown
from .report import Fact, Finding, Report


def exported(plugin: Any, module: str) -> Any:
    """The class that the component exports, for the plugin that `module` holds.

    All of this runs when the component is built: what is made here is there when a job starts.
    """
    if not isinstance(plugin, Plugin):
        raise TypeError(f"'plugin' in {module} must be a gonogo.Plugin, and is {plugin!r}")
    wit = importlib.import_module("wit_world.exports.checks")
    described = wit.Description(
        host.text(plugin.version),
        host.text(plugin.summary),
        [_check(wit, check) for check in plugin.checks.values()],
    )

    class Checks(importlib.import_module("wit_world.exports").Checks):  # type: ignore[misc]
        def describe(self) -> Any:
            return described

        def run(self, name: str, parameters: str) -> Any:
            redirect()
            try:
                return _report(wit, plugin.run(name, parameters))
            except Stop as stop:
                raise host.refusal(_stop(wit, stop)) from None

    Seal().put()
    # A job is short, and starts from a copy of this memory: what is here is never looked through
    # for garbage, so that fewer of its pages must be copied.
    gc.collect()
    gc.freeze()
    return Checks


def _check(wit: Any, check: Check[...]) -> Any:
    return wit.Check(
        check.name,
        host.text(check.summary),
        host.text(check.documentation),
        json.dumps(check.schema(), ensure_ascii=False),
        [[host.text(word) for word in words] for words in check.commands],
        [(name, host.value_to_wit(value)) for name, value in check.traits().items()],
    )


def _stop(wit: Any, stop: Stop) -> Any:
    if isinstance(stop, NotApplicable):
        return wit.Stop_NotApplicable(host.text(stop.why))
    assert isinstance(stop, Unknown)
    return wit.Stop_Unknown(host.text(stop.why))


def _report(wit: Any, report: Report) -> Any:
    return wit.Report(
        host.text(report._summary),
        [_fact(wit, fact) for fact in report._facts],
        [_finding(wit, finding) for finding in report._findings],
    )


def _fact(wit: Any, fact: Fact) -> Any:
    value = _value(fact._value)
    return wit.Fact(host.text(fact._name), value, _maybe(fact._unit), _maybe(fact._bound))


def _value(value: Value) -> Any:
    return host.error_to_wit(value) if isinstance(value, Error) else host.value_to_wit(value)


def _finding(wit: Any, finding: Finding) -> Any:
    place = finding._location
    location = place and wit.Location(host.text(place.path), place.line, place.column)
    return wit.Finding(
        wit.Severity[finding._severity.name],
        host.text(finding._message),
        location,
        _maybe(finding._hint),
    )


def _maybe(text: str | None) -> str | None:
    return None if text is None else host.text(text)
