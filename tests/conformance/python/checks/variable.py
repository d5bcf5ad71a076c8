from typing import Annotated

from gonogo import Report, Variable, check, environment


@check
def variable(
    report: Report,
    name: Annotated[Variable, "The variable."],
    pattern: Annotated[str, "What the whole value must match."] = ".+",
) -> None:
    """A variable is set to something of the right form

    The value never reaches the check.
    """
    length = environment.length(name)
    if length is None:
        report.no_go(f"{name} is not set").hint(f"export {name}=…")
        report.summary(f"{name} is not set")
        return
    report.fact("length", length).unit("B")
    if not environment.matches(name, pattern):
        report.no_go(f"{name} does not match {pattern}")
    report.summary(f"{name} is set")
