#include "checks.h"

const gonogo_parameter UNICODE[] = {
    {"text", GONOGO_TEXT, "Any text: ½, ß, e\u0301.", .preset = "Grüße, 世界 👋🏽"},
    {0},
};

// The characters in reverse order.
static const char *reversed(const char *text) {
    size_t length = strlen(text);
    char *reversed = gonogo_allocate(length + 1);
    for (size_t at = 0; at < length;) {
        size_t width = 1;
        while (((uint8_t)text[at + width] & 0xc0) == 0x80) width++;
        memcpy(reversed + length - at - width, text + at, width);
        at += width;
    }
    return reversed;
}

gonogo_result unicode(const gonogo_parameters *with, gonogo_report *report) {
    const char *text = gonogo_text(with, "text");
    gonogo_unit(gonogo_fact_integer(report, "characters", gonogo_characters(text, strlen(text))), "1");
    gonogo_unit(gonogo_fact_unsigned(report, "bytes", strlen(text)), "B");
    gonogo_fact_text(report, "reversed", reversed(text));
    gonogo_hint(gonogo_at(gonogo_note(report, "%s", text), text), "%s", text);
    gonogo_info("%s", text);
    gonogo_summary(report, "%s", text);
    return GONOGO_DONE;
}
