from typing import Annotated

from gonogo import AtLeast, Readable, Report, Unknown, check, files

PART = 65536
"""Bytes that are read at once."""


@check
def lines(
    report: Report,
    path: Annotated[Readable, "The file."],
    minimum: Annotated[int, AtLeast(0), "Fewest lines."] = 1,
    length: Annotated[int, AtLeast(1), "Most characters of a line."] = 120,
) -> None:
    """A text file has enough lines, none too long

    A line is what ends with a newline, or with the file.
    """
    found = text(path).split("\n")
    if not found[-1]:
        found.pop()
    report.fact("lines", len(found)).unit("1").bound(f">= {minimum}")
    report.summary(f"{len(found)} lines")
    for number, line in enumerate(found, start=1):
        if len(line) > length:
            report.warn(f"line of {len(line)} characters, at most {length} wanted").at_line(
                path, number
            ).column(length + 1)
    if len(found) < minimum:
        report.no_go(f"{path} has {len(found)} lines, at least {minimum} wanted").at(path)


def text(path: Readable) -> str:
    """The whole file, part by part."""
    content = bytearray()
    while True:
        part = files.read(path, len(content), PART)
        content += part
        if len(part) < PART:
            break
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Unknown(f"{path} is not UTF-8") from None
