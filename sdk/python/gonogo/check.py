"""What a check is, and the table of them that makes a plugin."""

from __future__ import annotations

import inspect
import json
import traceback
import typing
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, overload

from . import log
from .attributes import Error
from .report import Report
from .schema import MISSING, Parameter, object_schema, read_object

P = ParamSpec("P")
Function = Callable[Concatenate[Report, P], None]


class Stop(Exception):
    """Why a check has no report. What the report holds by then is kept."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class NotApplicable(Stop):
    """The item asks for nothing here: say why."""


class Unknown(Stop):
    """Could not tell: say what was tried, on what, and why it failed."""


class Check(Generic[P]):
    """A check, as `check` makes it of a function. Calling it calls the function."""

    def __init__(
        self,
        function: Function[P],
        name: str | None,
        commands: Sequence[Sequence[str]],
        timeout: float | None,
        exclusive: bool,
    ) -> None:
        self.function = function
        self.name = name or function.__name__.rstrip("_").replace("_", "-")
        """As in `plugin/name`."""
        self.summary, self.documentation = _documentation(self.name, function)
        self.parameters = _parameters(self.name, function)
        self.commands = [list(words) for words in commands]
        self.timeout = timeout
        self.exclusive = exclusive
        self.__doc__ = function.__doc__

    def __call__(self, report: Report, *args: P.args, **kwargs: P.kwargs) -> None:
        self.function(report, *args, **kwargs)

    def __repr__(self) -> str:
        return f"<check {self.name}>"

    def schema(self) -> dict[str, Any]:
        """The JSON Schema of the parameters."""
        return object_schema(self.parameters)

    def traits(self) -> dict[str, bool | float]:
        """What the host must know before it runs the check."""
        traits: dict[str, bool | float] = {}
        if self.timeout is not None:
            traits["timeout"] = float(self.timeout)
        if self.exclusive:
            traits["exclusive"] = True
        return traits

    def run(self, parameters: str) -> Report:
        """Measures and judges. `parameters` is a JSON object.

        Raises `NotApplicable` or `Unknown` where there is no report. Whatever else goes wrong in
        the check, it is unknown: an error of the host that it did not catch, an exception.
        """
        try:
            given = read_object(self.parameters, json.loads(parameters))
        except ValueError as error:
            raise Unknown(f"the parameters do not fit the check: {error}") from error
        report = Report()
        run: Any = self.function
        try:
            run(report, **given)
        except NotApplicable:
            raise
        except (Exception, SystemExit) as error:
            if not isinstance(error, (Stop, Error)):
                log.warn("".join(traceback.format_exception(error)).rstrip())
            # What was found out before stays: a no-go among it is a no-go.
            if report.is_empty():
                raise Unknown(_why(error)) from error
            report.unknown(_why(error))
        return report


@overload
def check(function: Function[P], /) -> Check[P]: ...
@overload
def check(
    *,
    name: str | None = None,
    commands: Sequence[Sequence[str]] = (),
    timeout: float | None = None,
    exclusive: bool = False,
) -> Callable[[Function[P]], Check[P]]: ...


def check(
    function: Function[P] | None = None,
    /,
    *,
    name: str | None = None,
    commands: Sequence[Sequence[str]] = (),
    timeout: float | None = None,
    exclusive: bool = False,
) -> Check[P] | Callable[[Function[P]], Check[P]]:
    """Makes a check of a function.

    Its first parameter is the report. The others are the check's parameters: each has a type hint,
    `Annotated[Size, "What it is for."]` where it needs words, and a default where it has one;
    `used_maximum` is `used-maximum` in gonogo.toml. The docstring's first line is what must hold,
    the rest is the documentation, in Markdown.

    - `name`: in `plugin/name`; without it the function's, with hyphens.
    - `commands`: what the check may run, each a list of words. `{name}` stands for a parameter,
      `{list[].name}` for each element's in turn, `{list[].names...}` for all of them as words of
      their own.
    - `timeout`: seconds that the whole job may take, where the host's default is too few.
    - `exclusive`: the check measures speed, so that nothing may run beside it.
    """

    def make(function: Function[P]) -> Check[P]:
        return Check(function, name, commands, timeout, exclusive)

    return make if function is None else make(function)


class Plugin:
    """A plugin: what it is and the table of its checks."""

    def __init__(self, version: str, summary: str, checks: Sequence[Check[...]]) -> None:
        """`version` is semver; `summary` is one line: what the plugin is for."""
        self.version = version
        self.summary = summary
        self.checks = {check.name: check for check in checks}
        if len(self.checks) < len(checks):
            names = [check.name for check in checks]
            twice = min(name for name in names if names.count(name) > 1)
            raise ValueError(f"the plugin has two checks named '{twice}'")

    def run(self, name: str, parameters: str) -> Report:
        """Runs one check: see `Check.run`."""
        if name not in self.checks:
            raise Unknown(f"this plugin has no check '{name}'")
        return self.checks[name].run(parameters)


def _why(error: BaseException) -> str:
    """What ended a check, in words. The name of a general exception says nothing."""
    text = str(error).strip()
    if isinstance(error, (Stop, Error)) or (text and type(error) in (Exception, RuntimeError)):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _documentation(name: str, function: Callable[..., Any]) -> tuple[str, str]:
    text = inspect.cleandoc(function.__doc__ or "").strip()
    if not text:
        raise TypeError(f"the check '{name}' needs a docstring: its first line is what must hold")
    summary, _, documentation = text.partition("\n\n")
    summary = " ".join(summary.split())
    return summary.removesuffix("."), documentation.strip()


def _parameters(name: str, function: Callable[..., Any]) -> list[Parameter]:
    hints = typing.get_type_hints(function, include_extras=True)
    signature = list(inspect.signature(function).parameters.values())
    if not signature or hints.get(signature[0].name) is not Report:
        raise TypeError(f"the first parameter of the check '{name}' must be `report: Report`")
    parameters = []
    for parameter in signature[1:]:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"the check '{name}' cannot give '{parameter.name}' by its name")
        if parameter.name not in hints:
            raise TypeError(f"'{parameter.name}' of the check '{name}' needs a type hint")
        default = MISSING if parameter.default is parameter.empty else parameter.default
        try:
            parameters.append(Parameter.of(parameter.name, hints[parameter.name], default))
        except TypeError as error:
            raise TypeError(f"'{parameter.name}' of the check '{name}': {error}") from error
    return parameters
