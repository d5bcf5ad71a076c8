#include "checks.h"

const gonogo_parameter UNICODE[] = {
    {"text", GONOGO_TEXT, "Any text: ½, ß, e\u0301.", .preset = "Grüße, 世界 👋🏽"},
    {0},
};

// How many bytes the character takes that a text begins with.
static size_t width(const char *text) {
    size_t width = 1;
    while (((uint8_t)text[width] & 0xc0) == 0x80) width++;
    return width;
}

// How many characters take 1, 2, 3 and 4 bytes.
static gonogo_numbers widths(const char *text) {
    double *counts = gonogo_allocate(4 * sizeof *counts);
    for (; *text; text += width(text)) counts[width(text) - 1]++;
    return (gonogo_numbers){counts, 4};
}

// The characters in reverse order.
static const char *reversed(const char *text) {
    size_t length = strlen(text);
    char *reversed = gonogo_allocate(length + 1);
    for (size_t at = 0; at < length;) {
        size_t taken = width(text + at);
        memcpy(reversed + length - at - taken, text + at, taken);
        at += taken;
    }
    return reversed;
}

gonogo_result unicode(const gonogo_parameters *with, gonogo_report *report) {
    const char *text = gonogo_text(with, "text");
    gonogo_unit(gonogo_fact_integer(report, "characters", gonogo_characters(text, strlen(text))), "1");
    gonogo_unit(gonogo_fact_unsigned(report, "bytes", strlen(text)), "B");
    gonogo_unit(gonogo_fact_numbers(report, "widths", widths(text)), "1");
    gonogo_fact_text(report, "reversed", reversed(text));
    gonogo_hint(gonogo_at(gonogo_note(report, "%s", text), text), "%s", text);
    gonogo_info("%s", text);
    gonogo_summary(report, "%s", text);
    return GONOGO_DONE;
}
