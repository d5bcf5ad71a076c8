from typing import Annotated

from gonogo import Report, Size, check, system


@check
def memory(
    report: Report,
    minimum: Annotated[Size, "Least memory that this run may use."] = Size("16 GiB"),
) -> None:
    """Memory is as large as asked for

    Usable memory is the least of the board's and the cgroup's.
    """
    usable = Size(system.memory().need("usable", int))
    report.fact("usable memory", usable).unit("B").bound(f">= {minimum.bytes}")
    report.summary(f"{usable} of memory")
    if usable < minimum:
        report.no_go(f"{usable} of memory, at least {minimum} wanted").hint(
            "raise the memory limit of its cgroup, or run it on a larger machine"
        )
