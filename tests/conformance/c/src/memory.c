#include "checks.h"

const gonogo_parameter MEMORY[] = {
    {"minimum", GONOGO_SIZE, "Least memory that this run may use.", .preset = "16 GiB"},
    {0},
};

gonogo_result memory(const gonogo_parameters *with, gonogo_report *report) {
    uint64_t minimum = gonogo_size(with, "minimum"), usable;
    gonogo_attributes machine;
    GONOGO_TRY(gonogo_system_memory(&machine));
    GONOGO_TRY(gonogo_need_unsigned(machine, "usable", &usable));
    const char *size = gonogo_show_size(usable);
    gonogo_fact *fact = gonogo_unit(gonogo_fact_unsigned(report, "usable memory", usable), "B");
    gonogo_bound(fact, ">= %" PRIu64, minimum);
    if (usable < minimum) {
        gonogo_finding *finding = gonogo_no_go(report, "%s of memory, at least %s wanted", size, gonogo_show_size(minimum));
        gonogo_hint(finding, "raise the memory limit of its cgroup, or run it on a larger machine");
    }
    gonogo_summary(report, "%s of memory", size);
    return GONOGO_DONE;
}
