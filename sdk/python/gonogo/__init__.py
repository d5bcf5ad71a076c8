"""Write gonogo checks in Python.

A check is a function with type hints: its parameters are what a user writes into gonogo.toml, its
docstring is what `gonogo explain` prints. It measures through the host modules of this package
(`files`, `dataset`, `process`, `environment`, `system`, `clock`, `log`) and says what it found in
a `Report`. A plugin is a table of checks:

    from typing import Annotated

    from gonogo import Plugin, Report, Size, check, system


    @check
    def swap(
        report: Report,
        maximum: Annotated[Size, "Most swap space that there may be."] = Size(0),
    ) -> None:
        \"\"\"Swap is off, or small

        A training process that swaps is as good as dead.
        \"\"\"
        found = Size(system.memory().need("swap-total", int))
        report.fact("swap", found).unit("B").bound(f"<= {maximum.bytes}")
        report.summary(f"{found} of swap")
        if found > maximum:
            report.no_go(f"{found} of swap, at most {maximum} wanted").hint("swapoff -a")


    plugin = Plugin(version="1.0.0", summary="Checks of our site", checks=[swap])

`gonogo plugin build` makes a component of it. Natively the host functions answer from a case, so
that `python -m unittest` runs a plugin's cases: see `gonogo.testing`.

The host modules are imported where they are used and not here: a component imports from the host
only what its checks import from this package, and so cannot reach anything else.
"""

from .attributes import (
    Attributes,
    Denied,
    Error,
    Io,
    Limit,
    NotFound,
    Timeout,
    Unsupported,
    Value,
)
from .check import Check, NotApplicable, Plugin, Stop, Unknown, check
from .parameters import (
    Command,
    Dataset,
    Endpoint,
    Processes,
    Program,
    Readable,
    Revealed,
    Scratch,
    Variable,
    Writable,
)
from .report import Fact, Finding, Location, Report, Severity
from .schema import AtLeast, AtMost, Matching, NotEmpty
from .units import Duration, Frequency, Rate, Size, counted

__all__ = [
    "AtLeast",
    "AtMost",
    "Attributes",
    "Check",
    "Command",
    "Dataset",
    "Denied",
    "Duration",
    "Endpoint",
    "Error",
    "Fact",
    "Finding",
    "Frequency",
    "Io",
    "Limit",
    "Location",
    "Matching",
    "NotApplicable",
    "NotEmpty",
    "NotFound",
    "Plugin",
    "Processes",
    "Program",
    "Rate",
    "Readable",
    "Report",
    "Revealed",
    "Scratch",
    "Severity",
    "Size",
    "Stop",
    "Timeout",
    "Unknown",
    "Unsupported",
    "Value",
    "Variable",
    "Writable",
    "check",
    "counted",
]
