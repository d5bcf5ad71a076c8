#include "checks.h"

const gonogo_parameter VARIABLE[] = {
    {"name", GONOGO_VARIABLE, "The variable."},
    {"pattern", GONOGO_TEXT, "What the whole value must match.", .preset = ".+"},
    {0},
};

gonogo_result variable(const gonogo_parameters *with, gonogo_report *report) {
    const char *name = gonogo_text(with, "name"), *pattern = gonogo_text(with, "pattern");
    uint32_t length;
    bool set, matches;
    GONOGO_TRY(gonogo_environment_length(name, &length, &set));
    if (!set) {
        gonogo_hint(gonogo_no_go(report, "%s is not set", name), "export %s=…", name);
        gonogo_summary(report, "%s is not set", name);
        return GONOGO_DONE;
    }
    gonogo_unit(gonogo_fact_unsigned(report, "length", length), "B");
    GONOGO_TRY(gonogo_environment_matches(name, pattern, &matches));
    if (!matches) gonogo_no_go(report, "%s does not match %s", name, pattern);
    gonogo_summary(report, "%s is set", name);
    return GONOGO_DONE;
}
