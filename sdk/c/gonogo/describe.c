// describe.c: a table of parameters -> JSON Schema.
#include "internal.h"

// The three forms of a table, the same in every SDK.
static const char DATASET[] =
#include "dataset.inc"
    ;

#define BYTES "^[0-9]+(\\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)"

static void member(gonogo_writer *writer, const char *name, const char *value) {
    gonogo_write(writer, ",");
    gonogo_write_text(writer, name);
    gonogo_write(writer, ":");
    gonogo_write_text(writer, value);
}

static void measure(gonogo_writer *writer, const char *pattern, const char *expected) {
    gonogo_write(writer, "\"type\":\"string\"");
    member(writer, "pattern", pattern);
    member(writer, "x-gonogo-expected", expected);
}

static void grant(gonogo_writer *writer, const char *kind) {
    gonogo_write(writer, "\"type\":\"string\",\"minLength\":1");
    member(writer, "x-gonogo-grant", kind);
}

static void kind(gonogo_writer *writer, gonogo_parameter_kind kind) {
    switch (kind) {
    case GONOGO_TEXT:
        gonogo_write(writer, "\"type\":\"string\"");
        break;
    case GONOGO_TEXTS_LIST:
        gonogo_write(writer, "\"type\":\"array\",\"items\":{\"type\":\"string\"}");
        break;
    case GONOGO_INTEGER:
        gonogo_write(writer, "\"type\":\"integer\"");
        break;
    case GONOGO_NUMBER:
        gonogo_write(writer, "\"type\":\"number\"");
        break;
    case GONOGO_BOOLEAN:
        gonogo_write(writer, "\"type\":\"boolean\"");
        break;
    case GONOGO_SIZE:
        measure(writer, BYTES "$", "a size: write a number and a unit, such as '64 GiB' or '500 MB'");
        break;
    case GONOGO_RATE:
        measure(writer, BYTES "/s$", "a rate: write a number and a unit, such as '2 GB/s'");
        break;
    case GONOGO_DURATION:
        measure(writer, "^[0-9]+(\\.[0-9]+)? ?(ms|s|min|h|d|w)$", "a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'");
        break;
    case GONOGO_FREQUENCY:
        measure(writer, "^[0-9]+(\\.[0-9]+)? ?[kMG]?Hz$", "a frequency: write a number and a unit, such as '1980 MHz' or '3 GHz'");
        break;
    case GONOGO_READABLE:
        grant(writer, "read");
        break;
    case GONOGO_WRITABLE:
        grant(writer, "write");
        break;
    case GONOGO_SCRATCH:
        grant(writer, "scratch");
        break;
    case GONOGO_PROGRAM:
        grant(writer, "program");
        break;
    case GONOGO_VARIABLE:
        grant(writer, "variable");
        break;
    case GONOGO_REVEALED:
        grant(writer, "reveal");
        break;
    case GONOGO_ENDPOINT:
        grant(writer, "endpoint");
        break;
    case GONOGO_COMMAND:
        gonogo_write(writer, "\"type\":\"array\",\"items\":{\"type\":\"string\"},\"minItems\":1,\"x-gonogo-grant\":\"command\"");
        break;
    case GONOGO_PROCESSES:
        gonogo_write(writer, "\"type\":\"boolean\",\"x-gonogo-grant\":\"processes\"");
        break;
    case GONOGO_DATASET:
        gonogo_write(writer, DATASET);
        break;
    }
}

static void choices(gonogo_writer *writer, const char *text) {
    gonogo_write(writer, ",\"enum\":[");
    for (;;) {
        size_t length = strcspn(text, ",");
        gonogo_write_text(writer, gonogo_copy(text, length));
        if (!text[length]) break;
        gonogo_write(writer, ",");
        text += length + 1;
    }
    gonogo_write(writer, "]");
}

static void preset(gonogo_writer *writer, const gonogo_parameter *parameter) {
    bool as_json = false;
    switch (parameter->kind) {
    case GONOGO_TEXTS_LIST:
    case GONOGO_INTEGER:
    case GONOGO_NUMBER:
    case GONOGO_BOOLEAN:
    case GONOGO_COMMAND:
    case GONOGO_PROCESSES:
        as_json = true;
        break;
    case GONOGO_DATASET: {
        gonogo_json json;
        as_json = gonogo_json_read(parameter->preset, &json);
        break;
    }
    default:
        break;
    }
    gonogo_write(writer, ",\"default\":");
    if (as_json) {
        gonogo_write(writer, parameter->preset);
    } else {
        gonogo_write_text(writer, parameter->preset);
    }
}

static void limit(gonogo_writer *writer, const char *name, const char *value) {
    if (value) gonogo_write(writer, gonogo_format(",\"%s\":%s", name, value));
}

const char *gonogo_schema(const gonogo_parameter *table) {
    gonogo_writer writer = {0}, required = {0};
    gonogo_write(&writer, "{\"type\":\"object\",\"properties\":{");
    for (const gonogo_parameter *parameter = table; parameter && parameter->name; parameter++) {
        if (parameter != table) gonogo_write(&writer, ",");
        gonogo_write_text(&writer, parameter->name);
        gonogo_write(&writer, ":{");
        kind(&writer, parameter->kind);
        limit(&writer, "minimum", parameter->minimum);
        limit(&writer, "maximum", parameter->maximum);
        if (parameter->pattern) member(&writer, "pattern", parameter->pattern);
        if (parameter->choices) choices(&writer, parameter->choices);
        if (parameter->about) member(&writer, "description", parameter->about);
        if (parameter->preset) preset(&writer, parameter);
        gonogo_write(&writer, "}");
        if (!parameter->preset && !parameter->optional) {
            if (required.length) gonogo_write(&required, ",");
            gonogo_write_text(&required, parameter->name);
        }
    }
    gonogo_write(&writer, "},\"additionalProperties\":false");
    if (required.length) gonogo_write(&writer, gonogo_format(",\"required\":[%s]", required.text));
    gonogo_write(&writer, "}");
    return writer.text;
}
