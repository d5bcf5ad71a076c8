// checks.h: the checks, one file each.
#ifndef CHECKS_H
#define CHECKS_H

#include <string.h>

#include "gonogo.h"

extern const gonogo_parameter MEMORY[], LINES[], LARGE[], UNICODE[], VERSION[], VARIABLE[], WALK[], TABLE[];
extern const char *const *const VERSION_COMMANDS[];

gonogo_result memory(const gonogo_parameters *with, gonogo_report *report);
gonogo_result lines(const gonogo_parameters *with, gonogo_report *report);
gonogo_result large(const gonogo_parameters *with, gonogo_report *report);
gonogo_result unicode(const gonogo_parameters *with, gonogo_report *report);
gonogo_result version(const gonogo_parameters *with, gonogo_report *report);
gonogo_result variable(const gonogo_parameters *with, gonogo_report *report);
gonogo_result walk(const gonogo_parameters *with, gonogo_report *report);
gonogo_result table(const gonogo_parameters *with, gonogo_report *report);
gonogo_result failure(const gonogo_parameters *with, gonogo_report *report);
gonogo_result endless(const gonogo_parameters *with, gonogo_report *report);
gonogo_result escape(const gonogo_parameters *with, gonogo_report *report);

#endif
