// checks.h: the checks, one file each.
#ifndef CHECKS_H
#define CHECKS_H

#include "gonogo.h"

extern const gonogo_parameter SCRATCH[];
gonogo_result scratch(const gonogo_parameters *with, gonogo_report *report);

#define SCRATCH_ABOUT                                                                                                                         \
    "Free space is what ordinary users may still use. A file of 1 MiB is written, synced, read back and removed: a directory that looks\n" \
    "writable and is not (a quota, a full journal, a mount that went read-only) is found before the run, not by its first checkpoint."

#endif
