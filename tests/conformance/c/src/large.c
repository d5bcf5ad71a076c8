#include "checks.h"

const gonogo_parameter LARGE[] = {
    {"text", GONOGO_TEXT, "The text.", .preset = ""},
    {0},
};

gonogo_result large(const gonogo_parameters *with, gonogo_report *report) {
    const char *text = gonogo_text(with, "text");
    size_t bytes = strlen(text);
    int64_t characters = gonogo_characters(text, bytes);
    gonogo_unit(gonogo_fact_unsigned(report, "bytes", bytes), "B");
    gonogo_unit(gonogo_fact_integer(report, "characters", characters), "1");
    gonogo_note(report, "%s", text);
    gonogo_summary(report, "%zu B, %" PRId64 " characters", bytes, characters);
    return GONOGO_DONE;
}
