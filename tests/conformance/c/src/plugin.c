// The conformance plugin in C: the same checks as in every other language.
#include "checks.h"

static const gonogo_check CHECKS[] = {
    {"memory", "Memory is as large as asked for", "Usable memory is the least of the board's and the cgroup's.", .parameters = MEMORY, .run = memory},
    {"lines", "A text file has enough lines, none too long", "A line is what ends with a newline, or with the file.", .parameters = LINES, .run = lines},
    {"large", "A large text comes back as it went", "", .parameters = LARGE, .run = large},
    {"unicode", "Text keeps its characters: Größe, 世界, 👋🏽", "Characters are Unicode scalar values.", .parameters = UNICODE, .run = unicode},
    {"version", "A program is new enough", "", .parameters = VERSION, .run = version, .commands = VERSION_COMMANDS},
    {"variable", "A variable is set to something of the right form", "The value never reaches the check.", .parameters = VARIABLE, .run = variable},
    {"walk", "A directory is not too large, and nobody else may write into it", "", .parameters = WALK, .run = walk},
    {"table", "A column of a table has no nulls", "", .parameters = TABLE, .run = table},
    {"failure", "This check breaks", "To see what a panic or an exception becomes.", .run = failure},
    {"endless", "This check never ends", "To see what a deadline becomes.", .run = endless, .timeout = 1},
    {"escape", "The language's own library reaches nothing", "", .run = escape},
    {0},
};

GONOGO_PLUGIN("1.0.0", "Checks that every SDK writes the same way", CHECKS)
