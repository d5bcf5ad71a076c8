#include "checks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

extern char **environ;

static void tried(gonogo_report *report, const char *what, bool had, const char *error, int *refused) {
    if (had) {
        gonogo_no_go(report, "%s could be had", what);
        return;
    }
    gonogo_debug("%s: %s", what, error);
    gonogo_fact_text(report, what, "refused");
    ++*refused;
}

gonogo_result escape(const gonogo_parameters *with, gonogo_report *report) {
    (void)with;
    int refused = 0;
    errno = 0;
    FILE *file = fopen("/etc/hostname", "r");
    tried(report, "file", file != NULL, strerror(errno), &refused);
    if (file) fclose(file);
    tried(report, "variable", getenv("PATH") != NULL || (environ && *environ), "no variable is set", &refused);
    // wasi-libc for WASI preview 1 has no function that connects or that starts a program.
    tried(report, "socket", false, "the C library has no connect", &refused);
    tried(report, "process", false, "the C library has neither system nor exec", &refused);
    gonogo_summary(report, "%d of 4 refused", refused);
    return GONOGO_DONE;
}
