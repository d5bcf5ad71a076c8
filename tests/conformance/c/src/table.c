#include "checks.h"

const gonogo_parameter TABLE[] = {
    {"data", GONOGO_DATASET, "The table."},
    {"column", GONOGO_TEXT, "The column.", .preset = "label"},
    {0},
};

gonogo_result table(const gonogo_parameters *with, gonogo_report *report) {
    const char *column = gonogo_text(with, "column");
    gonogo_table *data;
    GONOGO_TRY(gonogo_dataset_open(gonogo_dataset_of(with, "data"), &data));
    const char *sql = gonogo_format("SELECT count(*) AS \"rows\", count(%s) AS \"filled\" FROM data", gonogo_sql_name(column));
    const gonogo_named_table tables[] = {{"data", data}};
    gonogo_answer *answer;
    GONOGO_TRY(gonogo_dataset_query(tables, 1, sql, 0, &answer));
    uint64_t rows, filled;
    GONOGO_TRY(gonogo_cell_unsigned(answer, 0, "rows", &rows, NULL));
    GONOGO_TRY(gonogo_cell_unsigned(answer, 0, "filled", &filled, NULL));
    if (rows == 0) return gonogo_not_applicable("the table has no rows");
    uint64_t nulls = filled < rows ? rows - filled : 0;
    gonogo_unit(gonogo_fact_unsigned(report, "rows", rows), "1");
    gonogo_bound(gonogo_unit(gonogo_fact_unsigned(report, "nulls", nulls), "1"), "= 0");
    if (nulls) gonogo_no_go(report, "%s is null in %" PRIu64 " of %" PRIu64 " rows", column, nulls, rows);
    gonogo_summary(report, "%" PRIu64 " rows, %" PRIu64 " without %s", rows, nulls, column);
    return GONOGO_DONE;
}
