from typing import Annotated

from gonogo import Report, check


@check
def large(report: Report, text: Annotated[str, "The text."] = "") -> None:
    """A large text comes back as it went"""
    size = len(text.encode())
    report.fact("bytes", size).unit("B")
    report.fact("characters", len(text)).unit("1")
    report.note(text)
    report.summary(f"{size} B, {len(text)} characters")
