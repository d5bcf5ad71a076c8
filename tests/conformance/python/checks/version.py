import re
from itertools import zip_longest
from typing import Annotated

from gonogo import NotFound, Program, Report, Unknown, check, process


@check(commands=[["{program}", "--version"]])
def version(
    report: Report,
    program: Annotated[Program, "The program."] = Program("git"),
    minimum: Annotated[str, "Oldest version that will do."] = "2.30",
) -> None:
    """A program is new enough"""
    try:
        output = process.run([program, "--version"])
    except NotFound:
        report.no_go(f"{program} is not there").hint(f"install {program}")
        report.summary(f"{program} is not there")
        return
    if not output.succeeded:
        raise Unknown(f"{program} --version ended with {output.ending}")
    found = re.search(r"[0-9]+(\.[0-9]+)+", output.stdout)
    if not found:
        raise Unknown(f"{program} --version prints no version")
    report.fact("version", found[0]).bound(f">= {minimum}")
    if is_older(found[0], minimum):
        report.no_go(f"{program} is {found[0]}, at least {minimum} wanted")
    report.summary(f"{program} {found[0]}")


def is_older(version: str, minimum: str) -> bool:
    """Compares number by number; missing ones are 0."""
    pairs = zip_longest(numbers(version), numbers(minimum), fillvalue=0)
    return next((have < want for have, want in pairs if have != want), False)


def numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", version)]
