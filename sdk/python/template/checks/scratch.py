from typing import Annotated

from gonogo import Io, Report, Size, Writable, check, files

PROBE = 1 << 20
"""Bytes that are written and read back to see that it can be done."""


@check
def scratch(
    report: Report,
    directory: Annotated[
        Writable,
        "The directory. Whoever writes it into gonogo.toml allows the probe file in it.",
    ],
    minimum: Annotated[Size, "Least free space."] = Size("10 GiB"),
) -> None:
    """The scratch directory has room and can be written to

    Free space is what ordinary users may still use. A file of 1 MiB is written, synced, read back
    and removed: a directory that looks writable and is not (a quota, a full journal, a mount that
    went read-only) is found before the run, not by its first checkpoint.
    """
    space = files.space(directory)
    free = Size(space.need("available", int))
    report.fact("free", free).unit("B").bound(f">= {minimum.bytes}")
    report.summary(f"{free} free in {directory}")
    if free < minimum:
        report.no_go(f"{directory} has {free} free, at least {minimum} wanted").at(directory).hint(
            f"see what fills it: du -xh --max-depth=1 {directory} | sort -h"
        )
    if space.get("read-only", bool):
        report.no_go(f"{directory} is mounted read-only").at(directory)
        return
    try:
        probe = files.probe(directory, PROBE)
    except Io as error:
        # The system said no: that is what the check is about. All other errors mean that it cannot
        # be told: whoever does not catch them leaves the check unknown.
        report.no_go(f"cannot write into {directory}: {error}").at(directory).hint(
            f"touch {directory}/x"
        )
        return
    rate = probe.get("write-rate", float)
    if rate is not None:
        report.fact("write rate", rate).unit("B/s")
