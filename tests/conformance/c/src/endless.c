#include "checks.h"

gonogo_result endless(const gonogo_parameters *with, gonogo_report *report) {
    (void)with;
    (void)report;
    // What is volatile no compiler takes away.
    for (volatile unsigned at = 0;; at++) {
    }
}
