#include "checks.h"

// Bytes that are written and read back to see that it can be done.
static const uint64_t PROBE = 1 << 20;

// Whoever writes these into gonogo.toml grants what they name.
const gonogo_parameter SCRATCH[] = {
    {"directory", GONOGO_WRITABLE, "The directory. Whoever writes it into gonogo.toml allows the probe file in it."},
    {"minimum", GONOGO_SIZE, "Least free space.", .preset = "10 GiB"},
    {0},
};

// Tries to write.
static gonogo_result write(const char *directory, gonogo_report *report) {
    gonogo_attributes written;
    gonogo_result result = gonogo_files_probe(directory, PROBE, &written);
    // The system said no: that is what the check is about. All other errors mean that it cannot be told.
    if (gonogo_is(result, GONOGO_IO)) {
        gonogo_finding *finding = gonogo_no_go(report, "cannot write into %s: %s", directory, result->text);
        gonogo_hint(gonogo_at(finding, directory), "touch %s/x", directory);
        return GONOGO_DONE;
    }
    GONOGO_TRY(result);
    double rate;
    bool there;
    GONOGO_TRY(gonogo_get_number(written, "write-rate", &rate, &there));
    if (there) gonogo_unit(gonogo_fact_number(report, "write rate", rate), "B/s");
    return GONOGO_DONE;
}

// Measures and judges. GONOGO_TRY ends the check as unknown where the host does not answer.
gonogo_result scratch(const gonogo_parameters *with, gonogo_report *report) {
    const char *directory = gonogo_text(with, "directory");
    uint64_t minimum = gonogo_size(with, "minimum"), free;
    gonogo_attributes space;
    GONOGO_TRY(gonogo_files_space(directory, &space));
    GONOGO_TRY(gonogo_need_unsigned(space, "available", &free));
    const char *shown = gonogo_show_size(free);
    gonogo_bound(gonogo_unit(gonogo_fact_unsigned(report, "free", free), "B"), ">= %" PRIu64, minimum);
    gonogo_summary(report, "%s free in %s", shown, directory);
    if (free < minimum) {
        gonogo_finding *finding = gonogo_no_go(report, "%s has %s free, at least %s wanted", directory, shown, gonogo_show_size(minimum));
        gonogo_hint(gonogo_at(finding, directory), "see what fills it: du -xh --max-depth=1 %s | sort -h", directory);
    }
    bool read_only = false, there;
    GONOGO_TRY(gonogo_get_boolean(space, "read-only", &read_only, &there));
    if (read_only) {
        gonogo_at(gonogo_no_go(report, "%s is mounted read-only", directory), directory);
        return GONOGO_DONE;
    }
    return write(directory, report);
}
