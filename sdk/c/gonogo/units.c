// units.c: sizes, rates, durations and frequencies as people write them.
#include "internal.h"

#include <math.h>

typedef struct unit {
    const char *name;
    double factor;
} unit;

static const unit DECIMAL[] = {{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}, {0}};
static const unit BINARY[] = {{"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {"TiB", 1099511627776}, {"PiB", 1125899906842624}, {0}};
static const unit BYTES[] = {{"B", 1}, {"KB", 1e3}, {0}};
static const unit TIMES[] = {{"ms", 0.001}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}, {0}};
static const unit FREQUENCIES[] = {{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}, {0}};

// Larger values are no size of anything.
static const double LARGEST = 9e18;

static const unit *named(const unit *units, const char *name, size_t length) {
    for (; units->name; units++) {
        if (strlen(units->name) == length && memcmp(units->name, name, length) == 0) return units;
    }
    return NULL;
}

bool gonogo_measure(gonogo_parameter_kind kind, const char *text, double *value) {
    text += strspn(text, " ");
    size_t digits = strspn(text, "0123456789."), length = strlen(text);
    while (length > 0 && text[length - 1] == ' ') length--;
    const char *point = memchr(text, '.', digits);
    if (digits == 0 || *text == '.' || (point && (point == text + digits - 1 || memchr(point + 1, '.', (size_t)(text + digits - point) - 1)))) return false;
    const char *name = text + digits;
    name += strspn(name, " ");
    size_t left = length - (size_t)(name - text);
    if (kind == GONOGO_RATE) {
        if (left < 2 || memcmp(name + left - 2, "/s", 2) != 0) return false;
        left -= 2;
    }
    const unit *found;
    switch (kind) {
    case GONOGO_DURATION:
        found = named(TIMES, name, left);
        break;
    case GONOGO_FREQUENCY:
        found = named(FREQUENCIES, name, left);
        break;
    default:
        found = named(BYTES, name, left);
        if (!found) found = named(DECIMAL, name, left);
        if (!found) found = named(BINARY, name, left);
    }
    if (!found) return false;
    *value = strtod(text, NULL) * found->factor;
    return *value < LARGEST;
}

const char *gonogo_show_size(uint64_t bytes) {
    double value = (double)bytes;
    const char *shown = gonogo_format("%.0f B", value);
    for (const unit *unit = BINARY; unit->name; unit++) {
        if (value < unit->factor) break;
        double many = value / unit->factor;
        int digits = many >= 100 || fabs(many - round(many)) < 0.05 ? 0 : 1;
        shown = gonogo_format("%.*f %s", digits, many, unit->name);
    }
    return shown;
}

const char *gonogo_show_rate(double bytes_per_second) {
    const char *shown = gonogo_format("%.0f B/s", bytes_per_second);
    for (const unit *unit = DECIMAL; unit->name; unit++) {
        if (bytes_per_second >= unit->factor) shown = gonogo_format("%.1f %s/s", bytes_per_second / unit->factor, unit->name);
    }
    return shown;
}

const char *gonogo_show_duration(double seconds) {
    if (seconds == 0) return "0 s";
    if (seconds < 0.001) return gonogo_format("%.0f µs", seconds * 1e6);
    if (seconds < 1) return gonogo_format("%.0f ms", seconds * 1e3);
    if (seconds < 120) {
        double tenths = round(seconds * 10);
        return fmod(tenths, 10) == 0 ? gonogo_format("%.0f s", tenths / 10) : gonogo_format("%.1f s", tenths / 10);
    }
    if (seconds < 7200) return gonogo_format("%.0f min", seconds / 60);
    if (seconds < 172800) return gonogo_format("%.0f h", seconds / 3600);
    return gonogo_format("%.0f d", seconds / 86400);
}

const char *gonogo_show_frequency(double hertz) {
    return gonogo_format("%.0f MHz", hertz / 1e6);
}

const char *gonogo_counted(uint64_t number, const char *thing) {
    size_t length = strlen(thing);
    if (number == 1 || length == 0) return gonogo_format("%" PRIu64 " %s", number, thing);
    char last = thing[length - 1], before = length > 1 ? thing[length - 2] : 'a';
    if (last == 'y' && !strchr("aeiou", before)) return gonogo_format("%" PRIu64 " %.*sies", number, (int)length - 1, thing);
    bool hisses = last == 's' || last == 'x' || (last == 'h' && (before == 'c' || before == 's'));
    return gonogo_format("%" PRIu64 " %s%s", number, thing, hisses ? "es" : "s");
}
