// attributes.c: named values, read and set.
#include "internal.h"

static const char *quoted(const char *text) {
    gonogo_writer writer = {0};
    gonogo_write_text(&writer, text);
    return writer.text;
}

// A value with its type, for a message.
static const char *shown(const gonogo_value *value) {
    switch (value->type) {
    case GONOGO_VALUE_BOOLEAN:
        return value->as.boolean ? "Boolean(true)" : "Boolean(false)";
    case GONOGO_VALUE_INTEGER:
        return gonogo_format("Integer(%" PRId64 ")", value->as.integer);
    case GONOGO_VALUE_NUMBER:
        return gonogo_format("Number(%g)", value->as.number);
    case GONOGO_VALUE_TEXT:
        return gonogo_format("Text(%s)", quoted(value->as.text));
    case GONOGO_VALUE_NUMBERS: {
        gonogo_writer writer = {0};
        gonogo_write(&writer, "Numbers([");
        for (size_t at = 0; at < value->as.numbers.count; at++) {
            if (at) gonogo_write(&writer, ", ");
            gonogo_write(&writer, gonogo_format("%g", value->as.numbers.items[at]));
        }
        gonogo_write(&writer, "])");
        return writer.text;
    }
    default: {
        gonogo_writer writer = {0};
        gonogo_write(&writer, "Texts([");
        for (size_t at = 0; at < value->as.texts.count; at++) {
            if (at) gonogo_write(&writer, ", ");
            gonogo_write_text(&writer, value->as.texts.items[at]);
        }
        gonogo_write(&writer, "])");
        return writer.text;
    }
    }
}

// The value of that name; NULL where there is none. Fails where the host got no answer.
static gonogo_result find(gonogo_attributes from, const char *name, const gonogo_value **value) {
    *value = NULL;
    for (size_t at = 0; at < from.count; at++) {
        if (strcmp(from.items[at].name, name) != 0) continue;
        *value = &from.items[at].value;
        // Copied: what a search gives lasts until its next match.
        if ((*value)->type == GONOGO_VALUE_FAILED) return gonogo_fail((*value)->as.failed.kind, "%s", (*value)->as.failed.text);
    }
    return GONOGO_DONE;
}

static gonogo_result other(const char *name, const gonogo_value *value, const char *wanted) {
    return gonogo_fail(GONOGO_UNSUPPORTED, "the host gives '%s' as %s, which is not %s", name, shown(value), wanted);
}

static gonogo_result absent(const char *name) { return gonogo_fail(GONOGO_UNSUPPORTED, "this machine does not tell '%s'", name); }

// One pair of functions for each type: what is of it, and where its value is.
#define GETTERS(name_, type_, wanted_, is_, value_)                                                                  \
    gonogo_result gonogo_get_##name_(gonogo_attributes from, const char *name, type_ *value, bool *there) {          \
        const gonogo_value *found;                                                                                    \
        *there = false;                                                                                               \
        GONOGO_TRY(find(from, name, &found));                                                                         \
        if (!found) return GONOGO_DONE;                                                                               \
        if (!(is_)) return other(name, found, wanted_);                                                               \
        *there = true;                                                                                                \
        *value = (value_);                                                                                            \
        return GONOGO_DONE;                                                                                           \
    }                                                                                                                 \
    gonogo_result gonogo_need_##name_(gonogo_attributes from, const char *name, type_ *value) {                       \
        bool there;                                                                                                   \
        GONOGO_TRY(gonogo_get_##name_(from, name, value, &there));                                                    \
        return there ? GONOGO_DONE : absent(name);                                                                    \
    }

GETTERS(boolean, bool, "a boolean", found->type == GONOGO_VALUE_BOOLEAN, found->as.boolean)
GETTERS(integer, int64_t, "an integer", found->type == GONOGO_VALUE_INTEGER, found->as.integer)
GETTERS(unsigned, uint64_t, "an integer from 0", found->type == GONOGO_VALUE_INTEGER && found->as.integer >= 0, (uint64_t)found->as.integer)
GETTERS(number, double, "a number", found->type == GONOGO_VALUE_NUMBER || found->type == GONOGO_VALUE_INTEGER,
        found->type == GONOGO_VALUE_NUMBER ? found->as.number : (double)found->as.integer)
GETTERS(text, const char *, "a text", found->type == GONOGO_VALUE_TEXT, found->as.text)
GETTERS(texts, gonogo_texts, "a list of texts", found->type == GONOGO_VALUE_TEXTS, found->as.texts)
// A list without texts is what a recording makes of a series without numbers.
GETTERS(numbers, gonogo_numbers, "a list of numbers", found->type == GONOGO_VALUE_NUMBERS || (found->type == GONOGO_VALUE_TEXTS && found->as.texts.count == 0),
        found->type == GONOGO_VALUE_NUMBERS ? found->as.numbers : (gonogo_numbers){0})

static void set(gonogo_attributes *options, const char *name, gonogo_value value) {
    for (size_t at = 0; at < options->count; at++) {
        if (strcmp(options->items[at].name, name) != 0) continue;
        options->items[at].value = value;
        return;
    }
    // Copied, not grown in place: the caller may have made a copy of the list itself.
    gonogo_attribute *items = gonogo_allocate((options->count + 1) * sizeof *items);
    if (options->count) memcpy(items, options->items, options->count * sizeof *items);
    items[options->count++] = (gonogo_attribute){name, value};
    options->items = items;
}

void gonogo_set_boolean(gonogo_attributes *options, const char *name, bool value) { set(options, name, (gonogo_value){GONOGO_VALUE_BOOLEAN, {.boolean = value}}); }
void gonogo_set_integer(gonogo_attributes *options, const char *name, int64_t value) { set(options, name, (gonogo_value){GONOGO_VALUE_INTEGER, {.integer = value}}); }
void gonogo_set_number(gonogo_attributes *options, const char *name, double value) { set(options, name, (gonogo_value){GONOGO_VALUE_NUMBER, {.number = value}}); }
void gonogo_set_text(gonogo_attributes *options, const char *name, const char *value) { set(options, name, (gonogo_value){GONOGO_VALUE_TEXT, {.text = value}}); }
void gonogo_set_texts(gonogo_attributes *options, const char *name, gonogo_texts value) { set(options, name, (gonogo_value){GONOGO_VALUE_TEXTS, {.texts = value}}); }
void gonogo_set_numbers(gonogo_attributes *options, const char *name, gonogo_numbers value) { set(options, name, (gonogo_value){GONOGO_VALUE_NUMBERS, {.numbers = value}}); }
