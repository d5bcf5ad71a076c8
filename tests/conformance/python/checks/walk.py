from typing import Annotated

from gonogo import Readable, Report, Size, check, files
from gonogo.files import Kind


@check
def walk(
    report: Report,
    root: Annotated[Readable, "The directory."],
    maximum: Annotated[Size, "Most bytes of all files together."] = Size("1 GiB"),
) -> None:
    """A directory is not too large, and nobody else may write into it"""
    count, size = 0, Size(0)
    for entry in files.walk(root, exclude=[".git/"]):
        if entry.kind is Kind.FILE:
            count, size = count + 1, Size(size + entry.size)
        if entry.failed is not None:
            report.unknown(f"cannot look at {entry.path}: {entry.failed}").at(entry.path)
        if entry.kind in (Kind.FILE, Kind.DIRECTORY) and entry.mode & 0o002:
            report.warn(f"{entry.path} has mode {entry.mode:04o}: everybody may write to it").at(
                entry.path
            ).hint(f"chmod o-w {entry.path}")
    report.fact("files", count).unit("1")
    report.fact("size", size).unit("B").bound(f"<= {maximum.bytes}")
    if size > maximum:
        report.no_go(f"{size} in {count} files, at most {maximum} wanted")
    report.summary(f"{count} files, {size}")
