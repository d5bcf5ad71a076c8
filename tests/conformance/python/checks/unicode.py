from typing import Annotated

from gonogo import Report, check, log


@check
def unicode(
    report: Report,
    text: Annotated[str, "Any text: ½, ß, e\u0301."] = "Grüße, 世界 👋🏽",
) -> None:
    """Text keeps its characters: Größe, 世界, 👋🏽

    Characters are Unicode scalar values.
    """
    report.fact("characters", len(text)).unit("1")
    report.fact("bytes", len(text.encode())).unit("B")
    widths = [len(character.encode()) for character in text]
    report.fact("widths", [widths.count(width) for width in range(1, 5)]).unit("1")
    report.fact("reversed", text[::-1])
    report.note(text).at(text).hint(text)
    log.info(text)
    report.summary(text)
