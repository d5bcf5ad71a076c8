// unit.c: what of the SDK needs no host, tried natively with the compiler's sanitizers. tests/suite/c.rs compiles and runs it.
#include "internal.h"

#include <math.h>
#include <stdio.h>

static int wrong;

#define EXPECT(condition)                                                       \
    do {                                                                        \
        if (!(condition)) {                                                     \
            wrong++;                                                            \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
        }                                                                       \
    } while (0)

static bool same(const char *one, const char *other) {
    if (strcmp(one, other) == 0) return true;
    fprintf(stderr, "expected %s\nbut was  %s\n", other, one);
    return false;
}

// In a component the host ends the job.
void gonogo_panic(const char *format, ...) {
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    abort();
}

static void json_is_read_strictly(void) {
    gonogo_json json;
    EXPECT(gonogo_json_read(" {\"a\": [1, -2.5e1, true, null, \"x\"], \"b\": {}} ", &json));
    const gonogo_json *list = gonogo_json_at(&json, "a");
    EXPECT(list && list->count == 5 && list->items[0].whole && list->items[0].integer == 1);
    EXPECT(!list->items[1].whole && list->items[1].number == -25 && list->items[2].boolean && list->items[3].type == GONOGO_JSON_NULL);
    EXPECT(gonogo_json_at(&json, "b")->count == 0 && gonogo_json_at(&json, "c") == NULL);
    EXPECT(gonogo_json_read("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\udc4b\\u0000\"", &json));
    EXPECT(same(json.text, "\"\\/\b\f\n\r\té👋\xef\xbf\xbd"));
    EXPECT(gonogo_json_read("9223372036854775807", &json) && json.whole && json.integer == INT64_MAX);
    EXPECT(gonogo_json_read("9223372036854775808", &json) && !json.whole);
    static const char *const WRONG[] = {"",      "{",      "[1,]",     "{\"a\"}",  "{\"a\":1,}", "tru",   "01",      "1.",         "1e",       "-",          "\"",
                                        "\"\\",  "\"\\x\"", "\"\\u12\"", "\"\\ud83d\"", "\"\\udc4b\"", "\"\n\"", "[1] 2",   "nul",        "\"\\ud83d\\u0041\"", "{1:2}"};
    for (size_t at = 0; at < sizeof WRONG / sizeof *WRONG; at++) {
        if (gonogo_json_read(WRONG[at], &json)) fprintf(stderr, "'%s' is no JSON\n", WRONG[at]), wrong++;
    }
    // Nested more deeply than anybody's parameters, and so deeply that a reader without bounds has no stack left.
    size_t deep = 1 << 20;
    char *text = malloc(deep + 1);
    memset(text, '[', deep);
    text[deep] = 0;
    EXPECT(!gonogo_json_read(text, &json));
    free(text);
}

static const gonogo_parameter TABLE[] = {
    {"path", GONOGO_READABLE, "A \"path\"."},
    {"limit", GONOGO_SIZE, "How large.", .preset = "1 GiB"},
    {"count", GONOGO_INTEGER, .preset = "3", .minimum = "0", .maximum = "9"},
    {"age", GONOGO_DURATION, .optional = true},
    {"mode", GONOGO_TEXT, .preset = "fast", .choices = "fast,slow"},
    {"names", GONOGO_TEXTS_LIST, .preset = "[\"a\", \"b\"]"},
    {"all", GONOGO_PROCESSES, .preset = "false"},
    {"data", GONOGO_DATASET, .optional = true},
    {"server", GONOGO_ENDPOINT, .preset = "https://data.example"},
    {0},
};

static void parameters_are_held_to_the_table(void) {
    gonogo_parameters with;
    EXPECT(gonogo_parameters_read(TABLE, "{\"path\": \"a\", \"count\": 7, \"data\": {\"files\": [\"x\", \"y\"], \"header\": false, \"nulls\": [\"NA\"], \"columns\": []}}", &with) == GONOGO_DONE);
    EXPECT(same(gonogo_text(&with, "path"), "a") && gonogo_size(&with, "limit") == 1u << 30 && gonogo_integer(&with, "count") == 7);
    EXPECT(!gonogo_given(&with, "age") && gonogo_duration(&with, "age") == 0 && same(gonogo_text(&with, "mode"), "fast"));
    gonogo_texts names = gonogo_texts_of(&with, "names");
    EXPECT(names.count == 2 && same(names.items[1], "b") && !gonogo_boolean(&with, "all"));
    gonogo_dataset data = gonogo_dataset_of(&with, "data");
    bool header = true, there;
    EXPECT(data.files.count == 2 && data.options.count == 2);
    EXPECT(gonogo_get_boolean(data.options, "header", &header, &there) == GONOGO_DONE && there && !header);
    EXPECT(same(gonogo_text(&with, "server"), "https://data.example"));
    EXPECT(with.fault == NULL);
    gonogo_rate(&with, "limit");
    EXPECT(with.fault && strstr(with.fault, "'limit'"));
    static const char *const WRONG[][2] = {
        {"{}", "'path' is missing"},
        {"{\"path\": 1}", "'path' is of another kind"},
        {"{\"path\": \"a\", \"limit\": \"1\"}", "'limit' is of another kind"},
        {"{\"path\": \"a\", \"count\": 1.5}", "'count' is of another kind"},
        {"{\"path\": \"a\", \"names\": [1]}", "'names' is of another kind"},
        {"{\"path\": \"a\", \"data\": {\"format\": \"csv\"}}", "'data' is of another kind"},
        {"{\"path\": \"a\", \"other\": 1}", "'other' is no parameter of it"},
        {"[]", "they are no JSON object"},
    };
    for (size_t at = 0; at < sizeof WRONG / sizeof *WRONG; at++) {
        gonogo_result result = gonogo_parameters_read(TABLE, WRONG[at][0], &with);
        EXPECT(gonogo_is(result, GONOGO_UNTOLD) && strstr(result->text, WRONG[at][1]));
    }
    static const gonogo_parameter PRESET[] = {{"limit", GONOGO_SIZE, .preset = "a lot"}, {0}};
    EXPECT(strstr(gonogo_parameters_read(PRESET, "{}", &with)->text, "'limit' has a default that is of another kind"));
}

static void the_schema_says_what_the_table_says(void) {
    gonogo_json schema;
    EXPECT(gonogo_json_read(gonogo_schema(TABLE), &schema));
    const gonogo_json *properties = gonogo_json_at(&schema, "properties"), *required = gonogo_json_at(&schema, "required");
    EXPECT(properties && properties->count == 9 && required->count == 1 && same(required->items[0].text, "path"));
    EXPECT(!gonogo_json_at(&schema, "additionalProperties")->boolean);
    const gonogo_json *path = gonogo_json_at(properties, "path"), *count = gonogo_json_at(properties, "count");
    EXPECT(same(gonogo_json_at(path, "x-gonogo-grant")->text, "read") && same(gonogo_json_at(path, "description")->text, "A \"path\"."));
    EXPECT(gonogo_json_at(count, "default")->integer == 3 && gonogo_json_at(count, "maximum")->integer == 9);
    EXPECT(gonogo_json_at(gonogo_json_at(properties, "mode"), "enum")->count == 2);
    EXPECT(same(gonogo_json_at(gonogo_json_at(properties, "server"), "x-gonogo-grant")->text, "endpoint"));
    const gonogo_json *data = gonogo_json_at(gonogo_json_at(properties, "data"), "anyOf");
    EXPECT(data && data->count == 2);
    const gonogo_json *options = gonogo_json_at(&data->items[1], "properties");
    static const char *const GRANTS[][2] = {{"endpoint", "endpoint"}, {"access-key-id", "variable"}, {"secret-access-key", "variable"}, {"session-token", "variable"}};
    for (size_t at = 0; at < sizeof GRANTS / sizeof *GRANTS; at++) {
        EXPECT(same(gonogo_json_at(gonogo_json_at(options, GRANTS[at][0]), "x-gonogo-grant")->text, GRANTS[at][1]));
    }
    EXPECT(same(gonogo_schema(NULL), "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}"));
}

static void measures_are_read_and_shown_as_people_write_them(void) {
    double value;
    EXPECT(gonogo_measure(GONOGO_SIZE, "64 GiB", &value) && value == 68719476736.0);
    EXPECT(gonogo_measure(GONOGO_SIZE, "1.5kB", &value) && value == 1500);
    EXPECT(gonogo_measure(GONOGO_RATE, "2 GB/s", &value) && value == 2e9);
    EXPECT(gonogo_measure(GONOGO_DURATION, "2 h", &value) && value == 7200);
    EXPECT(gonogo_measure(GONOGO_FREQUENCY, "3 GHz", &value) && value == 3e9);
    static const char *const WRONG[] = {"64", "GiB", "-1 GiB", "64 gib", "1e3 B", "99999999999 PiB", "", "1..2 B", "1. B", ".5 B", "/s"};
    for (size_t at = 0; at < sizeof WRONG / sizeof *WRONG; at++) {
        EXPECT(!gonogo_measure(GONOGO_SIZE, WRONG[at], &value) && !gonogo_measure(GONOGO_RATE, WRONG[at], &value));
    }
    EXPECT(same(gonogo_show_size(64ull << 30), "64 GiB") && same(gonogo_show_size(3ull << 29), "1.5 GiB") && same(gonogo_show_size(512), "512 B"));
    EXPECT(same(gonogo_show_size(UINT64_MAX), "16384 PiB") && same(gonogo_show_rate(2.5e9), "2.5 GB/s") && same(gonogo_show_frequency(1.98e9), "1980 MHz"));
    EXPECT(same(gonogo_show_duration(90), "90 s") && same(gonogo_show_duration(90.25), "90.3 s") && same(gonogo_show_duration(0.25), "250 ms"));
    EXPECT(same(gonogo_counted(1, "file"), "1 file") && same(gonogo_counted(2, "directory"), "2 directories") && same(gonogo_counted(0, "match"), "0 matches"));
}

static void attributes_say_what_is_missing(void) {
    gonogo_attribute items[] = {
        {"size", {GONOGO_VALUE_INTEGER, {.integer = -1}}},
        {"name", {GONOGO_VALUE_TEXT, {.text = "x\"y"}}},
        {"lost", {GONOGO_VALUE_FAILED, {.failed = {GONOGO_IO, "cannot read"}}}},
        {"texts", {GONOGO_VALUE_TEXTS, {.texts = GONOGO_TEXTS("a")}}},
        {"series", {GONOGO_VALUE_NUMBERS, {.numbers = GONOGO_NUMBERS(1, 0.5)}}},
        {"empty", {GONOGO_VALUE_TEXTS, {.texts = {0}}}},
    };
    gonogo_attributes given = {items, sizeof items / sizeof *items};
    uint64_t size = 5;
    bool there = true;
    EXPECT(gonogo_get_unsigned(given, "none", &size, &there) == GONOGO_DONE && !there && size == 5);
    EXPECT(same(gonogo_need_unsigned(given, "none", &size)->text, "this machine does not tell 'none'"));
    EXPECT(same(gonogo_need_unsigned(given, "size", &size)->text, "the host gives 'size' as Integer(-1), which is not an integer from 0"));
    EXPECT(same(gonogo_need_unsigned(given, "name", &size)->text, "the host gives 'name' as Text(\"x\\\"y\"), which is not an integer from 0"));
    EXPECT(gonogo_is(gonogo_need_unsigned(given, "lost", &size), GONOGO_IO));
    gonogo_texts texts;
    gonogo_numbers series;
    EXPECT(gonogo_need_numbers(given, "series", &series) == GONOGO_DONE && series.count == 2 && series.items[1] == 0.5);
    EXPECT(gonogo_need_numbers(given, "empty", &series) == GONOGO_DONE && series.count == 0);
    EXPECT(same(gonogo_need_numbers(given, "texts", &series)->text, "the host gives 'texts' as Texts([\"a\"]), which is not a list of numbers"));
    EXPECT(same(gonogo_need_texts(given, "series", &texts)->text, "the host gives 'series' as Numbers([1, 0.5]), which is not a list of texts"));
    gonogo_error denied = {GONOGO_DENIED, "no"};
    EXPECT(same(gonogo_show_error(&denied), "denied: no"));
}

static void text_of_the_host_ends_and_is_counted(void) {
    char *given = cabi_realloc(NULL, 0, 1, 3);
    memcpy(given, "a\0b", 3);
    EXPECT(same(gonogo_from_host((plugin_string_t){(uint8_t *)given, 3}), "a\xef\xbf\xbd" "b"));
    given = cabi_realloc(NULL, 0, 1, 2);
    memcpy(given, "ab", 2);
    const char *text = gonogo_from_host((plugin_string_t){(uint8_t *)given, 2});
    EXPECT(text == given && same(text, "ab") && same(gonogo_from_host((plugin_string_t){0}), ""));
    EXPECT(gonogo_characters("Grüße 👋🏽", strlen("Grüße 👋🏽")) == 8 && gonogo_characters("", 0) == 0);
    static const char *const WRONG[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "a\x80", "\xf0\x80\x80\x80"};
    for (size_t at = 0; at < sizeof WRONG / sizeof *WRONG; at++) EXPECT(gonogo_characters(WRONG[at], strlen(WRONG[at])) == -1);
}

static void a_report_is_handed_over_whole(void) {
    gonogo_report report = {0};
    for (int at = 0; at < 10; at++) gonogo_unit(gonogo_fact_integer(&report, gonogo_format("fact %d", at), at), "1");
    gonogo_hint(gonogo_column(gonogo_at_line(gonogo_warn(&report, "%d %%", 5), "a", 3), 7), "mend %s", "it");
    gonogo_fact_numbers(&report, "series", GONOGO_NUMBERS(1, 0.5, NAN));
    gonogo_fact_numbers(&report, "none", (gonogo_numbers){0});
    gonogo_summary(&report, "done");
    exports_gonogo_plugin_checks_report_t given;
    gonogo_report_to_host(&report, &given);
    EXPECT(given.facts.len == 12 && given.facts.ptr[9].value.val.integer == 9 && given.findings.len == 1 && given.summary.len == 4);
    EXPECT(given.findings.ptr[0].location.val.column.val == 7 && !memcmp(given.findings.ptr[0].message.ptr, "5 %", 3));
    const gonogo_plugin_types_value_t *series = &given.facts.ptr[10].value, *none = &given.facts.ptr[11].value;
    EXPECT(series->tag == GONOGO_PLUGIN_TYPES_VALUE_NUMBERS && series->val.numbers.len == 3 && series->val.numbers.ptr[1] == 0.5);
    EXPECT(isnan(series->val.numbers.ptr[2]) && none->tag == GONOGO_PLUGIN_TYPES_VALUE_NUMBERS && none->val.numbers.len == 0);
}

int main(void) {
    json_is_read_strictly();
    parameters_are_held_to_the_table();
    the_schema_says_what_the_table_says();
    measures_are_read_and_shown_as_people_write_them();
    attributes_say_what_is_missing();
    text_of_the_host_ends_and_is_counted();
    a_report_is_handed_over_whole();
    gonogo_arena_end();
    if (!wrong) puts("all as expected");
    return wrong != 0;
}
