#include "checks.h"

// The permission bit that lets everybody write.
enum { OTHERS_WRITE = 02 };

const gonogo_parameter WALK[] = {
    {"root", GONOGO_READABLE, "The directory."},
    {"maximum", GONOGO_SIZE, "Most bytes of all files together.", .preset = "1 GiB"},
    {0},
};

gonogo_result walk(const gonogo_parameters *with, gonogo_report *report) {
    uint64_t maximum = gonogo_size(with, "maximum"), count = 0, bytes = 0;
    gonogo_attributes options = {0};
    gonogo_set_texts(&options, "exclude", GONOGO_TEXTS(".git/"));
    gonogo_walk *walk;
    GONOGO_TRY(gonogo_files_walk(gonogo_text(with, "root"), options, &walk));
    for (;;) {
        const gonogo_entry *entry;
        GONOGO_TRY(gonogo_walk_next(walk, &entry));
        if (!entry) break;
        if (entry->kind == GONOGO_FILE) {
            count++;
            bytes += entry->size;
        }
        if (entry->failed) {
            gonogo_at(gonogo_unknown(report, "cannot look at %s: %s", entry->path, gonogo_show_error(entry->failed)), entry->path);
        }
        if ((entry->kind == GONOGO_FILE || entry->kind == GONOGO_DIRECTORY) && (entry->mode & OTHERS_WRITE)) {
            gonogo_finding *finding = gonogo_warn(report, "%s has mode %04" PRIo32 ": everybody may write to it", entry->path, entry->mode);
            gonogo_hint(gonogo_at(finding, entry->path), "chmod o-w %s", entry->path);
        }
    }
    gonogo_walk_close(walk);
    const char *size = gonogo_show_size(bytes);
    gonogo_unit(gonogo_fact_unsigned(report, "files", count), "1");
    gonogo_bound(gonogo_unit(gonogo_fact_unsigned(report, "size", bytes), "B"), "<= %" PRIu64, maximum);
    if (bytes > maximum) gonogo_no_go(report, "%s in %" PRIu64 " files, at most %s wanted", size, count, gonogo_show_size(maximum));
    gonogo_summary(report, "%" PRIu64 " files, %s", count, size);
    return GONOGO_DONE;
}
