// internal.h: what the SDK's files share. Plugins include gonogo.h alone.
#ifndef GONOGO_INTERNAL_H
#define GONOGO_INTERNAL_H

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bindings/plugin.h"
#include "gonogo.h"

// arena.c: memory that is given back all at once

typedef struct gonogo_chunk gonogo_chunk;
typedef struct gonogo_arena {
    gonogo_chunk *last;
} gonogo_arena;

// Where memory comes from now: the job's arena, or that of the stream whose next batch is fetched.
extern gonogo_arena *gonogo_into;
void gonogo_arena_clear(gonogo_arena *arena);
// Gives back all that the job took.
void gonogo_arena_end(void);
// Space for one item more in a list of `count`, which doubles as it fills.
void *gonogo_grow(void *items, size_t count, size_t size);
// What the host asks for memory with.
#ifdef __wasm__
__attribute__((export_name("cabi_realloc")))
#endif
void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size);
const char *gonogo_vformat(const char *format, va_list values);
const char *gonogo_copy(const char *text, size_t length);

// json.c: parameters as the host writes them

typedef enum gonogo_json_type {
    GONOGO_JSON_NULL,
    GONOGO_JSON_BOOLEAN,
    GONOGO_JSON_NUMBER,
    GONOGO_JSON_TEXT,
    GONOGO_JSON_LIST,
    GONOGO_JSON_OBJECT,
} gonogo_json_type;

typedef struct gonogo_json {
    gonogo_json_type type;
    bool boolean;
    bool whole;      // a number without fraction and exponent that an int64_t holds
    int64_t integer; // that
    double number;
    const char *text;
    struct gonogo_json *items; // of a list, and the values of an object
    const char **names;        // of an object
    size_t count;
} gonogo_json;

// Gives false where the text is no JSON, or nested too deeply.
bool gonogo_json_read(const char *text, gonogo_json *json);
const gonogo_json *gonogo_json_at(const gonogo_json *object, const char *name);

typedef struct gonogo_writer {
    char *text;
    size_t length, room;
} gonogo_writer;
void gonogo_write(gonogo_writer *writer, const char *text);
// As a JSON string.
void gonogo_write_text(gonogo_writer *writer, const char *text);

// parameters.c

struct gonogo_parameters {
    const gonogo_parameter *table;
    const gonogo_json **values; // in the table's order; NULL where an optional one is not given
    const char *fault;          // what the check asked for and cannot be had; NULL where there is nothing
};

// The parameters of a check, defaults filled in. Gives what does not fit, or GONOGO_DONE.
gonogo_result gonogo_parameters_read(const gonogo_parameter *table, const char *text, gonogo_parameters *into);
// The value of a measure as people write it.
bool gonogo_measure(gonogo_parameter_kind kind, const char *text, double *value);

// describe.c

// The JSON Schema of a table of parameters.
const char *gonogo_schema(const gonogo_parameter *table);

// values.c: the contract's types and ours

const char *gonogo_from_host(plugin_string_t text);
plugin_string_t gonogo_to_host(const char *text);
gonogo_texts gonogo_texts_from_host(plugin_list_string_t texts);
plugin_list_string_t gonogo_texts_to_host(gonogo_texts texts);
gonogo_error gonogo_error_of(const gonogo_plugin_types_error_t *error);
gonogo_result gonogo_failed(const gonogo_plugin_types_error_t *error);
gonogo_result gonogo_fail(gonogo_kind kind, const char *format, ...) GONOGO_PRINTF(2, 3);
gonogo_attributes gonogo_attributes_from_host(const gonogo_plugin_types_attributes_t *given);
gonogo_list gonogo_list_from_host(const gonogo_plugin_types_attributes_t *given, size_t count);
gonogo_plugin_types_attributes_t gonogo_attributes_to_host(gonogo_attributes options);
gonogo_plugin_types_value_t gonogo_value_to_host(const gonogo_value *value);

// report.c

struct gonogo_fact {
    const char *name, *unit, *bound;
    gonogo_value value;
    gonogo_fact *next;
};

struct gonogo_finding {
    uint8_t severity;
    const char *message, *path, *hint;
    uint32_t line, column; // 0 where there is none
    gonogo_finding *next;
};

struct gonogo_report {
    const char *summary;
    gonogo_fact *first_fact, *last_fact;
    gonogo_finding *first_finding, *last_finding;
    size_t facts, findings;
};

void gonogo_report_to_host(const gonogo_report *report, exports_gonogo_plugin_checks_report_t *into);

#endif
