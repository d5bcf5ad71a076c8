// {{title}}: checks for gonogo.
#include "checks.h"

// The table of the checks: a new one is a file, a line in checks.h and a row here.
static const gonogo_check CHECKS[] = {
    {"scratch", "The scratch directory has room and can be written to", SCRATCH_ABOUT, .parameters = SCRATCH, .run = scratch},
    {0},
};

GONOGO_PLUGIN("0.1.0", "{{title}}", CHECKS)
