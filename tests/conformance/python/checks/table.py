from typing import Annotated

from gonogo import Dataset, NotApplicable, Report, check, dataset


@check
def table(
    report: Report,
    data: Annotated[Dataset, "The table."],
    column: Annotated[str, "The column."] = "label",
) -> None:
    """A column of a table has no nulls"""
    opened = dataset.open(data)
    filled = f'count({dataset.quoted(column)}) AS "filled"'
    answer = dataset.query({"data": opened}, f'SELECT count(*) AS "rows", {filled} FROM data')
    rows = answer.need(0, "rows", int)
    nulls = rows - answer.need(0, "filled", int)
    report.fact("rows", rows).unit("1")
    report.fact("nulls", nulls).unit("1").bound("= 0")
    if rows == 0:
        raise NotApplicable("the table has no rows")
    if nulls > 0:
        report.no_go(f"{column} is null in {nulls} of {rows} rows")
    report.summary(f"{rows} rows, {nulls} without {column}")
