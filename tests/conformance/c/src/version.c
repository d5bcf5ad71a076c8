#include "checks.h"

const gonogo_parameter VERSION[] = {
    {"program", GONOGO_PROGRAM, "The program.", .preset = "git"},
    {"minimum", GONOGO_TEXT, "Oldest version that will do.", .preset = "2.30"},
    {0},
};

const char *const *const VERSION_COMMANDS[] = {GONOGO_COMMAND_LINE("{program}", "--version"), NULL};

static const char DIGITS[] = "0123456789";

// The first numbers with points between them; NULL where there are none.
static const char *find(const char *text) {
    while (*(text += strcspn(text, DIGITS))) {
        size_t length = strspn(text, DIGITS);
        while (text[length] == '.' && strspn(text + length + 1, DIGITS) > 0) length += 1 + strspn(text + length + 1, DIGITS);
        if (memchr(text, '.', length)) return gonogo_format("%.*s", (int)length, text);
        text += length;
    }
    return NULL;
}

// The next number without its leading zeros: numbers may be of any length. Missing ones are 0.
static size_t number(const char **version, const char **digits) {
    *version += strspn(*version, "0");
    size_t length = strspn(*version, DIGITS);
    *digits = *version;
    *version += length;
    if (**version == '.') ++*version;
    return length;
}

static bool older(const char *version, const char *than) {
    while (*version || *than) {
        const char *one, *other;
        size_t length = number(&version, &one), wanted = number(&than, &other);
        if (length != wanted) return length < wanted;
        int order = memcmp(one, other, length);
        if (order) return order < 0;
        // What is no number ends the comparison.
        if ((*version && !strchr(DIGITS, *version)) || (*than && !strchr(DIGITS, *than))) break;
    }
    return false;
}

gonogo_result version(const gonogo_parameters *with, gonogo_report *report) {
    const char *program = gonogo_text(with, "program"), *minimum = gonogo_text(with, "minimum");
    gonogo_output output;
    gonogo_result result = gonogo_process_run(GONOGO_TEXTS(program, "--version"), &output);
    if (gonogo_is(result, GONOGO_NOT_FOUND)) {
        gonogo_hint(gonogo_no_go(report, "%s is not there", program), "install %s", program);
        gonogo_summary(report, "%s is not there", program);
        return GONOGO_DONE;
    }
    GONOGO_TRY(result);
    if (!output.exited || output.code != 0) return gonogo_untold("%s --version ended with %s", program, gonogo_show_ending(&output));
    const char *found = find(output.standard_output);
    if (!found) return gonogo_untold("%s --version prints no version", program);
    gonogo_bound(gonogo_fact_text(report, "version", found), ">= %s", minimum);
    if (older(found, minimum)) gonogo_no_go(report, "%s is %s, at least %s wanted", program, found, minimum);
    gonogo_summary(report, "%s %s", program, found);
    return GONOGO_DONE;
}
