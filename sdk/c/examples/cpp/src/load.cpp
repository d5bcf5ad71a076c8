// A check in C++: the machine is not busy with something else.
#include <optional>

#include "gonogo.h"

namespace {

const gonogo_parameter parameters[] = {
    {.name = "maximum", .kind = GONOGO_NUMBER, .about = "Most processes that wait or run for each core.", .preset = "0.5", .minimum = "0"},
    {},
};

// Processes that wait or run for each core; nothing where the machine names no core.
std::optional<double> share_of(double waiting, double cores) {
    if (cores <= 0) return std::nullopt;
    return waiting / cores;
}

gonogo_result load(const gonogo_parameters *with, gonogo_report *report) {
    const double maximum = gonogo_number(with, "maximum");
    double waiting = 0, cores = 0;
    gonogo_attributes cpu;
    GONOGO_TRY(gonogo_system_cpu(&cpu));
    GONOGO_TRY(gonogo_need_number(cpu, "load-1", &waiting));
    GONOGO_TRY(gonogo_need_number(cpu, "usable", &cores));
    const auto share = share_of(waiting, cores);
    if (!share) return gonogo_untold("this machine says that %g cores are usable", cores);
    gonogo_bound(gonogo_unit(gonogo_fact_number(report, "load for each core", *share), "1"), "<= %g", maximum);
    const char *shown = gonogo_format("%.2f processes wait or run for each core", *share);
    gonogo_summary(report, "%s", shown);
    if (*share > maximum) gonogo_hint(gonogo_no_go(report, "%s, at most %g wanted", shown, maximum), "see what they are: top -o %%CPU");
    return GONOGO_DONE;
}

const gonogo_check checks[] = {
    {
        .name = "load",
        .summary = "The machine is not busy with something else",
        .documentation = "The load average of the last minute, divided by the cores that this run may use.",
        .parameters = parameters,
        .run = load,
    },
    {},
};

} // namespace

GONOGO_PLUGIN("0.1.0", "An example in C++", checks)
