// gonogo.h: write gonogo checks in C or C++.
//
// A check is a table of parameters and a function that measures through the host and says what it found in a report. A plugin is a table of
// checks:
//
//     #include "gonogo.h"
//
//     static gonogo_result swap(const gonogo_parameters *with, gonogo_report *report) {
//         uint64_t maximum = gonogo_size(with, "maximum"), used;
//         gonogo_attributes memory;
//         GONOGO_TRY(gonogo_system_memory(&memory));
//         GONOGO_TRY(gonogo_need_unsigned(memory, "swap-total", &used));
//         gonogo_fact *fact = gonogo_unit(gonogo_fact_unsigned(report, "swap", used), "B");
//         gonogo_bound(fact, "<= %" PRIu64, maximum);
//         gonogo_summary(report, "%s of swap", gonogo_show_size(used));
//         if (used > maximum)
//             gonogo_hint(gonogo_no_go(report, "%s of swap, at most %s wanted", gonogo_show_size(used), gonogo_show_size(maximum)), "swapoff -a");
//         return GONOGO_DONE;
//     }
//
//     static const gonogo_parameter SWAP[] = {
//         {"maximum", GONOGO_SIZE, "Most swap space that there may be.", .preset = "0 B"},
//         {0},
//     };
//
//     static const gonogo_check CHECKS[] = {
//         {"swap", "Swap is off, or small", "A training process that swaps is as good as dead.", .parameters = SWAP, .run = swap},
//         {0},
//     };
//
//     GONOGO_PLUGIN("1.0.0", "Checks of our site", CHECKS)
//
// Memory: everything that these functions give lasts until the check ends, unless it says otherwise. There is nothing to free.
// Texts are UTF-8 that ends with a NUL; a NUL inside of a text of the host is given as U+FFFD. Formats are those of printf.
#ifndef GONOGO_H
#define GONOGO_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GONOGO_PRINTF(at, values) __attribute__((__format__(__printf__, at, values)))

// Results

// Why the host could not answer, or why a check ends without a report.
typedef enum gonogo_kind {
    GONOGO_DENIED,         // no parameter of this job names the thing
    GONOGO_NOT_FOUND,      // the named thing is not there
    GONOGO_LIMIT,          // the answer is larger than the host gives out
    GONOGO_TIMEOUT,        // the answer did not come in time
    GONOGO_IO,             // the operating system refused or failed
    GONOGO_UNSUPPORTED,    // this machine, platform or host cannot tell, ever
    GONOGO_NOT_APPLICABLE, // the item asks for nothing here
    GONOGO_UNTOLD,         // the check could not tell
} gonogo_kind;

typedef struct gonogo_error {
    gonogo_kind kind;
    const char *text; // what was tried, on what, why it failed and what to do
} gonogo_error;

// What functions of the host and checks give: GONOGO_DONE, or why not.
typedef const gonogo_error *gonogo_result;
#define GONOGO_DONE ((gonogo_result)0)

// Ends the check as unknown, with the error's text, where the host does not answer. What the report holds by then is kept.
#define GONOGO_TRY(call)                        \
    do {                                        \
        gonogo_result gonogo_tried_ = (call);   \
        if (gonogo_tried_) return gonogo_tried_; \
    } while (0)

bool gonogo_is(gonogo_result result, gonogo_kind kind);
// The text for people: `denied: …`.
const char *gonogo_show_error(gonogo_result result);
// Ends a check whose item asks for nothing here: `return gonogo_not_applicable("the table has no rows");`
gonogo_result gonogo_not_applicable(const char *format, ...) GONOGO_PRINTF(1, 2);
// Ends a check that could not tell: say what was tried, on what, and why it failed.
gonogo_result gonogo_untold(const char *format, ...) GONOGO_PRINTF(1, 2);
// Ends the job at once, for what cannot be. The verdict is unknown, with this message.
void gonogo_panic(const char *format, ...) GONOGO_PRINTF(1, 2) __attribute__((noreturn));

// Text and memory

const char *gonogo_format(const char *format, ...) GONOGO_PRINTF(1, 2);
// Memory for the rest of the check, zeroed.
void *gonogo_allocate(size_t size);
// The number of Unicode scalar values in a text; -1 where it is not UTF-8.
int64_t gonogo_characters(const char *text, size_t length);
// `64 GiB`, `2.0 GB/s`, `90 s`, `1980 MHz`.
const char *gonogo_show_size(uint64_t bytes);
const char *gonogo_show_rate(double bytes_per_second);
const char *gonogo_show_duration(double seconds);
const char *gonogo_show_frequency(double hertz);
// `1 file`, `3 files`, `2 directories`.
const char *gonogo_counted(uint64_t number, const char *thing);

typedef struct gonogo_texts {
    const char *const *items;
    size_t count;
} gonogo_texts;

// A series of numbers, in its order.
typedef struct gonogo_numbers {
    const double *items;
    size_t count;
} gonogo_numbers;

typedef struct gonogo_bytes {
    const uint8_t *data;
    size_t length;
} gonogo_bytes;

#ifndef __cplusplus
// Several texts in place: GONOGO_TEXTS("git", "--version").
#define GONOGO_TEXTS(...)                                                   \
    ((gonogo_texts){(const char *const[]){__VA_ARGS__},                     \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)})
// Several numbers in place: GONOGO_NUMBERS(1, 0.5).
#define GONOGO_NUMBERS(...)                                                 \
    ((gonogo_numbers){(const double[]){__VA_ARGS__},                        \
                      sizeof((const double[]){__VA_ARGS__}) / sizeof(double)})
#endif

// Named values

typedef enum gonogo_value_type {
    GONOGO_VALUE_BOOLEAN,
    GONOGO_VALUE_INTEGER,
    GONOGO_VALUE_NUMBER,
    GONOGO_VALUE_TEXT,
    GONOGO_VALUE_TEXTS,
    GONOGO_VALUE_NUMBERS,
    GONOGO_VALUE_FAILED, // the host asked and got no answer
} gonogo_value_type;

// Sizes in bytes, times in seconds, and so on as the contract says.
typedef struct gonogo_value {
    gonogo_value_type type;
    union {
        bool boolean;
        int64_t integer;
        double number;
        const char *text;
        gonogo_texts texts;
        gonogo_numbers numbers;
        gonogo_error failed;
    } as;
} gonogo_value;

typedef struct gonogo_attribute {
    const char *name;
    gonogo_value value;
} gonogo_attribute;

// Named values. A name that is absent is unknown to the machine: never zero.
typedef struct gonogo_attributes {
    gonogo_attribute *items;
    size_t count;
} gonogo_attributes;

typedef struct gonogo_list {
    gonogo_attributes *items;
    size_t count;
} gonogo_list;

// The value of that name, which the check cannot do without. Fails where this machine has none, the host got no answer, or it is of another type.
gonogo_result gonogo_need_boolean(gonogo_attributes from, const char *name, bool *value);
gonogo_result gonogo_need_integer(gonogo_attributes from, const char *name, int64_t *value);
gonogo_result gonogo_need_unsigned(gonogo_attributes from, const char *name, uint64_t *value);
gonogo_result gonogo_need_number(gonogo_attributes from, const char *name, double *value);
gonogo_result gonogo_need_text(gonogo_attributes from, const char *name, const char **value);
gonogo_result gonogo_need_texts(gonogo_attributes from, const char *name, gonogo_texts *value);
gonogo_result gonogo_need_numbers(gonogo_attributes from, const char *name, gonogo_numbers *value);
// The same where it may be absent: then `there` is false, and `value` is left as it was.
gonogo_result gonogo_get_boolean(gonogo_attributes from, const char *name, bool *value, bool *there);
gonogo_result gonogo_get_integer(gonogo_attributes from, const char *name, int64_t *value, bool *there);
gonogo_result gonogo_get_unsigned(gonogo_attributes from, const char *name, uint64_t *value, bool *there);
gonogo_result gonogo_get_number(gonogo_attributes from, const char *name, double *value, bool *there);
gonogo_result gonogo_get_text(gonogo_attributes from, const char *name, const char **value, bool *there);
gonogo_result gonogo_get_texts(gonogo_attributes from, const char *name, gonogo_texts *value, bool *there);
gonogo_result gonogo_get_numbers(gonogo_attributes from, const char *name, gonogo_numbers *value, bool *there);
// Options of host functions: begin with `gonogo_attributes options = {0};`.
void gonogo_set_boolean(gonogo_attributes *options, const char *name, bool value);
void gonogo_set_integer(gonogo_attributes *options, const char *name, int64_t value);
void gonogo_set_number(gonogo_attributes *options, const char *name, double value);
void gonogo_set_text(gonogo_attributes *options, const char *name, const char *value);
void gonogo_set_texts(gonogo_attributes *options, const char *name, gonogo_texts value);
void gonogo_set_numbers(gonogo_attributes *options, const char *name, gonogo_numbers value);

// Parameters

typedef enum gonogo_parameter_kind {
    GONOGO_TEXT,
    GONOGO_TEXTS_LIST,
    GONOGO_INTEGER,
    GONOGO_NUMBER,
    GONOGO_BOOLEAN,
    GONOGO_SIZE,      // "64 GiB"
    GONOGO_RATE,      // "2 GB/s"
    GONOGO_DURATION,  // "30 s"
    GONOGO_FREQUENCY, // "1980 MHz"
    // These carry authority: whoever writes one into gonogo.toml grants it to that job.
    GONOGO_READABLE,  // a file, or a directory and all below it, that the check may read
    GONOGO_WRITABLE,  // a directory in which the check may have a probe file written
    GONOGO_SCRATCH,   // a directory that the host makes for this job and removes after it
    GONOGO_PROGRAM,   // a program that the check may look up
    GONOGO_VARIABLE,  // an environment variable whose length the check may see, and whose value it may match
    GONOGO_REVEALED,  // an environment variable whose value the check may see
    GONOGO_COMMAND,   // a command that the check may run, word for word
    GONOGO_PROCESSES, // whether the arguments of running processes may be searched
    GONOGO_DATASET,   // files that may be read as a table
    GONOGO_ENDPOINT,  // a server that remote tables may be read from: "https://data.example"
} gonogo_parameter_kind;

typedef struct gonogo_parameter {
    const char *name;
    gonogo_parameter_kind kind;
    const char *about; // what it is, one sentence
    // The default: a text as it is, all else as JSON. Without one the parameter must be given, unless it is optional.
    const char *preset;
    bool optional;
    const char *minimum, *maximum; // of integers and numbers, as JSON
    const char *pattern;           // of texts
    const char *choices;           // of texts, with commas between them
} gonogo_parameter;

typedef struct gonogo_parameters gonogo_parameters;

// The value of a parameter. One that the table does not have, or has with another kind, ends the check as unknown.
uint64_t gonogo_size(const gonogo_parameters *with, const char *name);    // bytes
double gonogo_rate(const gonogo_parameters *with, const char *name);      // bytes per second
double gonogo_duration(const gonogo_parameters *with, const char *name);  // seconds
double gonogo_frequency(const gonogo_parameters *with, const char *name); // hertz
int64_t gonogo_integer(const gonogo_parameters *with, const char *name);
double gonogo_number(const gonogo_parameters *with, const char *name);
bool gonogo_boolean(const gonogo_parameters *with, const char *name);
const char *gonogo_text(const gonogo_parameters *with, const char *name);  // also paths, programs, variables
gonogo_texts gonogo_texts_of(const gonogo_parameters *with, const char *name); // also commands
// Whether an optional parameter is given. The value of one that is not is 0, false, "" or empty.
bool gonogo_given(const gonogo_parameters *with, const char *name);

typedef struct gonogo_dataset {
    gonogo_texts files;        // as they were written
    gonogo_attributes options; // how they are read
} gonogo_dataset;
gonogo_dataset gonogo_dataset_of(const gonogo_parameters *with, const char *name);

// Report

typedef struct gonogo_report gonogo_report;
typedef struct gonogo_fact gonogo_fact;
typedef struct gonogo_finding gonogo_finding;

// The result in one line, with the figures that matter. The last call counts.
void gonogo_summary(gonogo_report *report, const char *format, ...) GONOGO_PRINTF(2, 3);
// Something measured. Give it its unit (`B`, `s`, `B/s`, `Hz`, `°C`, `W`, or `1` for a count or a share) and its bound (`>= 4`).
gonogo_fact *gonogo_fact_boolean(gonogo_report *report, const char *name, bool value);
gonogo_fact *gonogo_fact_integer(gonogo_report *report, const char *name, int64_t value);
gonogo_fact *gonogo_fact_unsigned(gonogo_report *report, const char *name, uint64_t value);
gonogo_fact *gonogo_fact_number(gonogo_report *report, const char *name, double value);
gonogo_fact *gonogo_fact_text(gonogo_report *report, const char *name, const char *value);
gonogo_fact *gonogo_fact_texts(gonogo_report *report, const char *name, gonogo_texts value);
// A series, which a report draws: how many values lie in each step from the least to the greatest, say.
gonogo_fact *gonogo_fact_numbers(gonogo_report *report, const char *name, gonogo_numbers value);
gonogo_fact *gonogo_unit(gonogo_fact *fact, const char *unit);
gonogo_fact *gonogo_bound(gonogo_fact *fact, const char *format, ...) GONOGO_PRINTF(2, 3);
// Something to act on, in rising order: worth knowing; needs attention; could not be told; must not start like this.
gonogo_finding *gonogo_note(gonogo_report *report, const char *format, ...) GONOGO_PRINTF(2, 3);
gonogo_finding *gonogo_warn(gonogo_report *report, const char *format, ...) GONOGO_PRINTF(2, 3);
gonogo_finding *gonogo_unknown(gonogo_report *report, const char *format, ...) GONOGO_PRINTF(2, 3);
gonogo_finding *gonogo_no_go(gonogo_report *report, const char *format, ...) GONOGO_PRINTF(2, 3);
// Where: in which file, on which line of it, in which column of that (from 1).
gonogo_finding *gonogo_at(gonogo_finding *finding, const char *path);
gonogo_finding *gonogo_at_line(gonogo_finding *finding, const char *path, uint32_t line);
gonogo_finding *gonogo_column(gonogo_finding *finding, uint32_t column);
// What to do: best the exact command or line of configuration.
gonogo_finding *gonogo_hint(gonogo_finding *finding, const char *format, ...) GONOGO_PRINTF(2, 3);

// Plugin

typedef struct gonogo_check {
    const char *name;          // `cpu` in `system/cpu`
    const char *summary;       // what must hold, in one line without a full stop
    const char *documentation; // Markdown: what is measured, how it is judged, where the default bounds come from
    const gonogo_parameter *parameters; // ended by {0}; without them the check has none
    gonogo_result (*run)(const gonogo_parameters *with, gonogo_report *report);
    // The commands that the check may run, each ended by NULL, and NULL after the last. `{name}` stands for a parameter.
    const char *const *const *commands;
    double timeout; // seconds that the whole job may take, where the host's default is too few
    bool exclusive; // it measures speed, so that nothing may run beside it
} gonogo_check;

typedef struct gonogo_plugin {
    const char *version, *summary;
    const gonogo_check *checks; // ended by {0}
} gonogo_plugin;

extern const gonogo_plugin gonogo_exported;

// Makes a table of checks the plugin that this component exports.
#ifdef __cplusplus
#define GONOGO_PLUGIN(version, summary, checks) extern "C" const gonogo_plugin gonogo_exported = {version, summary, checks};
#else
#define GONOGO_PLUGIN(version, summary, checks) const gonogo_plugin gonogo_exported = {version, summary, checks};
// One command of a table, and the table itself.
#define GONOGO_COMMAND_LINE(...) ((const char *const[]){__VA_ARGS__, NULL})
#define GONOGO_COMMANDS(...) ((const char *const *const[]){__VA_ARGS__, NULL})
#endif

#ifdef __cplusplus
}
#endif

#include "gonogo_host.h"

#endif
