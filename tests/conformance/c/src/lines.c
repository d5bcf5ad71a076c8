#include "checks.h"

// Bytes that are read at a time.
enum { PART = 65536 };

const gonogo_parameter LINES[] = {
    {"path", GONOGO_READABLE, "The file."},
    {"minimum", GONOGO_INTEGER, "Fewest lines.", .preset = "1", .minimum = "0"},
    {"length", GONOGO_INTEGER, "Most characters of a line.", .preset = "120", .minimum = "1"},
    {0},
};

// The whole file, part by part.
static gonogo_result whole(const char *path, gonogo_bytes *bytes) {
    uint8_t *data = NULL;
    size_t length = 0;
    for (;;) {
        gonogo_bytes part;
        GONOGO_TRY(gonogo_files_read(path, length, PART, &part));
        uint8_t *grown = gonogo_allocate(length + part.length + 1);
        if (length) memcpy(grown, data, length);
        memcpy(grown + length, part.data, part.length);
        data = grown;
        length += part.length;
        if (part.length < PART) break;
    }
    *bytes = (gonogo_bytes){data, length};
    return GONOGO_DONE;
}

gonogo_result lines(const gonogo_parameters *with, gonogo_report *report) {
    const char *path = gonogo_text(with, "path");
    int64_t minimum = gonogo_integer(with, "minimum"), longest = gonogo_integer(with, "length");
    gonogo_bytes bytes;
    GONOGO_TRY(whole(path, &bytes));
    const char *text = (const char *)bytes.data, *end = text + bytes.length;
    if (gonogo_characters(text, bytes.length) < 0) return gonogo_untold("%s is not UTF-8", path);

    int64_t found = 0;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        int64_t characters = gonogo_characters(text, (size_t)(stop - text));
        found++;
        if (characters > longest) {
            gonogo_finding *finding = gonogo_warn(report, "line of %" PRId64 " characters, at most %" PRId64 " wanted", characters, longest);
            gonogo_column(gonogo_at_line(finding, path, (uint32_t)found), (uint32_t)(longest + 1));
        }
        text = newline ? newline + 1 : end;
    }
    gonogo_bound(gonogo_unit(gonogo_fact_integer(report, "lines", found), "1"), ">= %" PRId64, minimum);
    if (found < minimum) {
        gonogo_at(gonogo_no_go(report, "%s has %" PRId64 " lines, at least %" PRId64 " wanted", path, found, minimum), path);
    }
    gonogo_summary(report, "%" PRId64 " lines", found);
    return GONOGO_DONE;
}
