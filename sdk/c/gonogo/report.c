// report.c: what a check says.
#include "internal.h"

void gonogo_summary(gonogo_report *report, const char *format, ...) {
    va_list values;
    va_start(values, format);
    report->summary = gonogo_vformat(format, values);
    va_end(values);
}

static gonogo_fact *fact(gonogo_report *report, const char *name, gonogo_value value) {
    gonogo_fact *added = gonogo_allocate(sizeof *added);
    *added = (gonogo_fact){.name = gonogo_copy(name, strlen(name)), .value = value};
    if (report->last_fact) {
        report->last_fact->next = added;
    } else {
        report->first_fact = added;
    }
    report->last_fact = added;
    report->facts++;
    return added;
}

gonogo_fact *gonogo_fact_boolean(gonogo_report *report, const char *name, bool value) {
    return fact(report, name, (gonogo_value){GONOGO_VALUE_BOOLEAN, {.boolean = value}});
}

gonogo_fact *gonogo_fact_integer(gonogo_report *report, const char *name, int64_t value) {
    return fact(report, name, (gonogo_value){GONOGO_VALUE_INTEGER, {.integer = value}});
}

gonogo_fact *gonogo_fact_unsigned(gonogo_report *report, const char *name, uint64_t value) {
    // The largest integer of the contract stands for all that are larger.
    return gonogo_fact_integer(report, name, value > INT64_MAX ? INT64_MAX : (int64_t)value);
}

gonogo_fact *gonogo_fact_number(gonogo_report *report, const char *name, double value) {
    return fact(report, name, (gonogo_value){GONOGO_VALUE_NUMBER, {.number = value}});
}

gonogo_fact *gonogo_fact_text(gonogo_report *report, const char *name, const char *value) {
    return fact(report, name, (gonogo_value){GONOGO_VALUE_TEXT, {.text = gonogo_copy(value, strlen(value))}});
}

gonogo_fact *gonogo_fact_texts(gonogo_report *report, const char *name, gonogo_texts value) {
    const char **items = gonogo_allocate((value.count + 1) * sizeof *items);
    for (size_t at = 0; at < value.count; at++) items[at] = gonogo_copy(value.items[at], strlen(value.items[at]));
    return fact(report, name, (gonogo_value){GONOGO_VALUE_TEXTS, {.texts = {items, value.count}}});
}

gonogo_fact *gonogo_fact_numbers(gonogo_report *report, const char *name, gonogo_numbers value) {
    double *items = gonogo_allocate((value.count + 1) * sizeof *items);
    for (size_t at = 0; at < value.count; at++) items[at] = value.items[at];
    return fact(report, name, (gonogo_value){GONOGO_VALUE_NUMBERS, {.numbers = {items, value.count}}});
}

gonogo_fact *gonogo_unit(gonogo_fact *fact, const char *unit) {
    fact->unit = gonogo_copy(unit, strlen(unit));
    return fact;
}

gonogo_fact *gonogo_bound(gonogo_fact *fact, const char *format, ...) {
    va_list values;
    va_start(values, format);
    fact->bound = gonogo_vformat(format, values);
    va_end(values);
    return fact;
}

static gonogo_finding *finding(gonogo_report *report, uint8_t severity, const char *format, va_list values) {
    gonogo_finding *added = gonogo_allocate(sizeof *added);
    *added = (gonogo_finding){.severity = severity, .message = gonogo_vformat(format, values)};
    if (report->last_finding) {
        report->last_finding->next = added;
    } else {
        report->first_finding = added;
    }
    report->last_finding = added;
    report->findings++;
    return added;
}

#define SEVERITY(name, severity)                                                    \
    gonogo_finding *name(gonogo_report *report, const char *format, ...) {          \
        va_list values;                                                             \
        va_start(values, format);                                                   \
        gonogo_finding *added = finding(report, severity, format, values);          \
        va_end(values);                                                             \
        return added;                                                               \
    }

SEVERITY(gonogo_note, EXPORTS_GONOGO_PLUGIN_CHECKS_SEVERITY_NOTE)
SEVERITY(gonogo_warn, EXPORTS_GONOGO_PLUGIN_CHECKS_SEVERITY_WARN)
SEVERITY(gonogo_unknown, EXPORTS_GONOGO_PLUGIN_CHECKS_SEVERITY_UNKNOWN)
SEVERITY(gonogo_no_go, EXPORTS_GONOGO_PLUGIN_CHECKS_SEVERITY_NO_GO)

gonogo_finding *gonogo_at(gonogo_finding *finding, const char *path) { return gonogo_at_line(finding, path, 0); }

gonogo_finding *gonogo_at_line(gonogo_finding *finding, const char *path, uint32_t line) {
    // Copied: a walk's path lasts until its next entry.
    finding->path = gonogo_copy(path, strlen(path));
    finding->line = line;
    finding->column = 0;
    return finding;
}

gonogo_finding *gonogo_column(gonogo_finding *finding, uint32_t column) {
    finding->column = column;
    return finding;
}

gonogo_finding *gonogo_hint(gonogo_finding *finding, const char *format, ...) {
    va_list values;
    va_start(values, format);
    finding->hint = gonogo_vformat(format, values);
    va_end(values);
    return finding;
}

static plugin_option_string_t optional(const char *text) {
    plugin_option_string_t option = {.is_some = text != NULL, .val = {0}};
    if (text) option.val = gonogo_to_host(text);
    return option;
}

static plugin_option_u32_t counted(uint32_t number) { return (plugin_option_u32_t){.is_some = number != 0, .val = number}; }

void gonogo_report_to_host(const gonogo_report *report, exports_gonogo_plugin_checks_report_t *into) {
    exports_gonogo_plugin_checks_fact_t *facts = gonogo_allocate((report->facts + 1) * sizeof *facts);
    size_t at = 0;
    for (const gonogo_fact *fact = report->first_fact; fact; fact = fact->next, at++) {
        facts[at].name = gonogo_to_host(fact->name);
        facts[at].value = gonogo_value_to_host(&fact->value);
        facts[at].unit = optional(fact->unit);
        facts[at].bound = optional(fact->bound);
    }
    exports_gonogo_plugin_checks_finding_t *findings = gonogo_allocate((report->findings + 1) * sizeof *findings);
    at = 0;
    for (const gonogo_finding *finding = report->first_finding; finding; finding = finding->next, at++) {
        findings[at].severity = finding->severity;
        findings[at].message = gonogo_to_host(finding->message);
        findings[at].hint = optional(finding->hint);
        findings[at].location.is_some = finding->path != NULL;
        if (finding->path) {
            findings[at].location.val.path = gonogo_to_host(finding->path);
            findings[at].location.val.line = counted(finding->line);
            findings[at].location.val.column = counted(finding->column);
        }
    }
    into->summary = gonogo_to_host(report->summary ? report->summary : "");
    into->facts.ptr = facts;
    into->facts.len = report->facts;
    into->findings.ptr = findings;
    into->findings.len = report->findings;
}
