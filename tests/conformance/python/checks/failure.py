from gonogo import Report, check


@check
def failure(report: Report) -> None:
    """This check breaks

    To see what a panic or an exception becomes.
    """
    report.fact("before", True)
    raise RuntimeError("broken by design")
