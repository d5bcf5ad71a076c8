// host_dataset.c: tables and questions about them.
#include "internal.h"

#define ASK(call)                                       \
    do {                                                \
        gonogo_plugin_types_error_t error;              \
        if (!(call)) return gonogo_failed(&error);      \
    } while (0)

struct gonogo_table {
    gonogo_plugin_dataset_own_table_t handle;
};

static gonogo_plugin_dataset_borrow_table_t opened(const gonogo_table *table) { return gonogo_plugin_dataset_borrow_table(table->handle); }

gonogo_result gonogo_dataset_open(gonogo_dataset data, gonogo_table **table) {
    plugin_list_string_t files = gonogo_texts_to_host(data.files);
    gonogo_plugin_dataset_attributes_t options = gonogo_attributes_to_host(data.options);
    gonogo_table *made = gonogo_allocate(sizeof *made);
    ASK(gonogo_plugin_dataset_open(&files, &options, &made->handle, &error));
    *table = made;
    return GONOGO_DONE;
}

#define MANY(name)                                                              \
    gonogo_result gonogo_table_##name(gonogo_table *table, gonogo_list *answer) { \
        gonogo_plugin_dataset_list_attributes_t given;                          \
        ASK(gonogo_plugin_dataset_method_table_##name(opened(table), &given, &error)); \
        *answer = gonogo_list_from_host(given.ptr, given.len);                  \
        return GONOGO_DONE;                                                     \
    }

MANY(files)
MANY(columns)
MANY(damage)

gonogo_result gonogo_table_rows(gonogo_table *table, uint64_t *rows) {
    ASK(gonogo_plugin_dataset_method_table_rows(opened(table), rows, &error));
    return GONOGO_DONE;
}

void gonogo_table_close(gonogo_table *table) { gonogo_plugin_dataset_table_drop_own(table->handle); }

struct gonogo_answer {
    gonogo_plugin_dataset_list_tuple2_string_cells_t columns;
};

gonogo_result gonogo_dataset_query(const gonogo_named_table *tables, size_t count, const char *sql, uint32_t rows, gonogo_answer **answer) {
    gonogo_plugin_dataset_tuple2_string_borrow_table_t *named = gonogo_allocate((count + 1) * sizeof *named);
    for (size_t at = 0; at < count; at++) {
        named[at].f0 = gonogo_to_host(tables[at].name);
        named[at].f1 = opened(tables[at].table);
    }
    gonogo_plugin_dataset_list_tuple2_string_borrow_table_t given = {named, count};
    gonogo_attributes options = {0};
    if (rows) gonogo_set_integer(&options, "rows-maximum", rows);
    gonogo_plugin_dataset_attributes_t bounded = gonogo_attributes_to_host(options);
    plugin_string_t text = gonogo_to_host(sql);
    gonogo_answer *made = gonogo_allocate(sizeof *made);
    ASK(gonogo_plugin_dataset_query(&given, &text, &bounded, &made->columns, &error));
    *answer = made;
    return GONOGO_DONE;
}

// The four lists of the union have the same form.
static size_t length(const gonogo_plugin_dataset_cells_t *cells) { return cells->val.integers.len; }

size_t gonogo_answer_rows(const gonogo_answer *answer) { return answer->columns.len ? length(&answer->columns.ptr[0].f1) : 0; }

static gonogo_result find(const gonogo_answer *answer, size_t row, const char *column, const gonogo_plugin_dataset_cells_t **cells) {
    for (size_t at = 0; at < answer->columns.len; at++) {
        if (strcmp(gonogo_from_host(answer->columns.ptr[at].f0), column) != 0) continue;
        *cells = &answer->columns.ptr[at].f1;
        if (row < length(*cells)) return GONOGO_DONE;
        return gonogo_fail(GONOGO_UNSUPPORTED, "the host's answer has %zu rows, not %zu", length(*cells), row + 1);
    }
    return gonogo_fail(GONOGO_UNSUPPORTED, "the host's answer has no column '%s'", column);
}

static bool is_null(const gonogo_plugin_dataset_cells_t *cells, size_t row) {
    switch (cells->tag) {
    case GONOGO_PLUGIN_DATASET_CELLS_BOOLEANS:
        return !cells->val.booleans.ptr[row].is_some;
    case GONOGO_PLUGIN_DATASET_CELLS_INTEGERS:
        return !cells->val.integers.ptr[row].is_some;
    case GONOGO_PLUGIN_DATASET_CELLS_NUMBERS:
        return !cells->val.numbers.ptr[row].is_some;
    default:
        return !cells->val.texts.ptr[row].is_some;
    }
}

static gonogo_result other(const char *column, const gonogo_plugin_dataset_cells_t *cells, const char *wanted) {
    static const char *const NAMES[] = {"booleans", "integers", "numbers", "texts"};
    return gonogo_fail(GONOGO_UNSUPPORTED, "the host answers '%s' with %s, which is not %s", column, NAMES[cells->tag & 3], wanted);
}

#define CELL(name_, type_, wanted_, is_, value_)                                                                                        \
    gonogo_result gonogo_cell_##name_(const gonogo_answer *answer, size_t row, const char *column, type_ *value, bool *null) {           \
        const gonogo_plugin_dataset_cells_t *cells;                                                                                      \
        GONOGO_TRY(find(answer, row, column, &cells));                                                                                   \
        bool nothing = is_null(cells, row);                                                                                              \
        if (null) *null = nothing;                                                                                                       \
        if (nothing && null) return GONOGO_DONE;                                                                                         \
        if (nothing) return gonogo_fail(GONOGO_UNSUPPORTED, "the host answers '%s' of row %zu with null", column, row + 1);              \
        if (!(is_)) return other(column, cells, wanted_);                                                                                \
        *value = (value_);                                                                                                               \
        return GONOGO_DONE;                                                                                                              \
    }

#define IS(tag_) (cells->tag == GONOGO_PLUGIN_DATASET_CELLS_##tag_)

CELL(boolean, bool, "a boolean", IS(BOOLEANS), cells->val.booleans.ptr[row].val)
CELL(integer, int64_t, "an integer", IS(INTEGERS), cells->val.integers.ptr[row].val)
CELL(unsigned, uint64_t, "an integer from 0", IS(INTEGERS) && cells->val.integers.ptr[row].val >= 0, (uint64_t)cells->val.integers.ptr[row].val)
CELL(number, double, "a number", IS(NUMBERS) || IS(INTEGERS), IS(NUMBERS) ? cells->val.numbers.ptr[row].val : (double)cells->val.integers.ptr[row].val)
CELL(text, const char *, "a text", IS(TEXTS), gonogo_from_host(cells->val.texts.ptr[row].val))

static const char *doubled(const char *text, char quote) {
    char *quoted = gonogo_allocate(2 * strlen(text) + 3), *to = quoted;
    *to++ = quote;
    for (; *text; text++) {
        if (*text == quote) *to++ = quote;
        *to++ = *text;
    }
    *to = quote;
    return quoted;
}

const char *gonogo_sql_name(const char *name) { return doubled(name, '"'); }
const char *gonogo_sql_text(const char *text) { return doubled(text, '\''); }
