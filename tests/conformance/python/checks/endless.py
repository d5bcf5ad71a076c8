from gonogo import Report, check


@check(timeout=1)
def endless(report: Report) -> None:
    """This check never ends

    To see what a deadline becomes.
    """
    while True:
        pass
