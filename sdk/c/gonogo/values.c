// values.c: between the contract's types and ours.
#include "internal.h"

const char *gonogo_from_host(plugin_string_t given) {
    if (given.len == 0) return "";
    const char *text = (const char *)given.ptr;
    size_t zeros = 0;
    for (size_t at = 0; at < given.len; at++) zeros += text[at] == 0;
    // A zero follows what the host hands over: see cabi_realloc.
    if (zeros == 0) return text;
    char *copy = gonogo_allocate(given.len + 2 * zeros + 1), *to = copy;
    for (size_t at = 0; at < given.len; at++) {
        if (text[at]) {
            *to++ = text[at];
        } else {
            memcpy(to, "\xef\xbf\xbd", 3);
            to += 3;
        }
    }
    return copy;
}

plugin_string_t gonogo_to_host(const char *text) { return (plugin_string_t){(uint8_t *)text, strlen(text)}; }

gonogo_texts gonogo_texts_from_host(plugin_list_string_t given) {
    const char **items = gonogo_allocate((given.len + 1) * sizeof(char *));
    for (size_t at = 0; at < given.len; at++) items[at] = gonogo_from_host(given.ptr[at]);
    return (gonogo_texts){items, given.len};
}

plugin_list_string_t gonogo_texts_to_host(gonogo_texts texts) {
    plugin_string_t *items = gonogo_allocate((texts.count + 1) * sizeof *items);
    for (size_t at = 0; at < texts.count; at++) items[at] = gonogo_to_host(texts.items[at]);
    return (plugin_list_string_t){items, texts.count};
}

gonogo_error gonogo_error_of(const gonogo_plugin_types_error_t *error) {
    // All cases of the union are a text.
    return (gonogo_error){(gonogo_kind)error->tag, gonogo_from_host(error->val.denied)};
}

gonogo_result gonogo_failed(const gonogo_plugin_types_error_t *error) {
    gonogo_error *failed = gonogo_allocate(sizeof *failed);
    *failed = gonogo_error_of(error);
    return failed;
}

static gonogo_result vfail(gonogo_kind kind, const char *format, va_list values) {
    gonogo_error *error = gonogo_allocate(sizeof *error);
    *error = (gonogo_error){kind, gonogo_vformat(format, values)};
    return error;
}

gonogo_result gonogo_fail(gonogo_kind kind, const char *format, ...) {
    va_list values;
    va_start(values, format);
    gonogo_result error = vfail(kind, format, values);
    va_end(values);
    return error;
}

gonogo_result gonogo_not_applicable(const char *format, ...) {
    va_list values;
    va_start(values, format);
    gonogo_result error = vfail(GONOGO_NOT_APPLICABLE, format, values);
    va_end(values);
    return error;
}

gonogo_result gonogo_untold(const char *format, ...) {
    va_list values;
    va_start(values, format);
    gonogo_result error = vfail(GONOGO_UNTOLD, format, values);
    va_end(values);
    return error;
}

bool gonogo_is(gonogo_result result, gonogo_kind kind) { return result && result->kind == kind; }

const char *gonogo_show_error(gonogo_result result) {
    if (!result) return "";
    switch (result->kind) {
    case GONOGO_DENIED:
        return gonogo_format("denied: %s", result->text);
    case GONOGO_LIMIT:
        return gonogo_format("limit: %s", result->text);
    case GONOGO_TIMEOUT:
        return gonogo_format("timeout: %s", result->text);
    default:
        return result->text;
    }
}

static gonogo_value value_from_host(const gonogo_plugin_types_value_t *given) {
    gonogo_value value = {.type = (gonogo_value_type)given->tag, .as = {0}};
    switch (value.type) {
    case GONOGO_VALUE_BOOLEAN:
        value.as.boolean = given->val.boolean;
        break;
    case GONOGO_VALUE_INTEGER:
        value.as.integer = given->val.integer;
        break;
    case GONOGO_VALUE_NUMBER:
        value.as.number = given->val.number;
        break;
    case GONOGO_VALUE_TEXT:
        value.as.text = gonogo_from_host(given->val.text);
        break;
    case GONOGO_VALUE_TEXTS:
        value.as.texts = gonogo_texts_from_host(given->val.texts);
        break;
    case GONOGO_VALUE_NUMBERS:
        value.as.numbers = (gonogo_numbers){given->val.numbers.ptr, given->val.numbers.len};
        break;
    case GONOGO_VALUE_FAILED:
        value.as.failed = gonogo_error_of(&given->val.failed);
        break;
    }
    return value;
}

gonogo_attributes gonogo_attributes_from_host(const gonogo_plugin_types_attributes_t *given) {
    gonogo_attribute *items = gonogo_allocate((given->len + 1) * sizeof *items);
    for (size_t at = 0; at < given->len; at++) items[at] = (gonogo_attribute){gonogo_from_host(given->ptr[at].f0), value_from_host(&given->ptr[at].f1)};
    return (gonogo_attributes){items, given->len};
}

gonogo_list gonogo_list_from_host(const gonogo_plugin_types_attributes_t *given, size_t count) {
    gonogo_attributes *items = gonogo_allocate((count + 1) * sizeof *items);
    for (size_t at = 0; at < count; at++) items[at] = gonogo_attributes_from_host(&given[at]);
    return (gonogo_list){items, count};
}

gonogo_plugin_types_value_t gonogo_value_to_host(const gonogo_value *value) {
    gonogo_plugin_types_value_t given = {.tag = (uint8_t)value->type, .val = {0}};
    switch (value->type) {
    case GONOGO_VALUE_BOOLEAN:
        given.val.boolean = value->as.boolean;
        break;
    case GONOGO_VALUE_INTEGER:
        given.val.integer = value->as.integer;
        break;
    case GONOGO_VALUE_NUMBER:
        given.val.number = value->as.number;
        break;
    case GONOGO_VALUE_TEXT:
        given.val.text = gonogo_to_host(value->as.text);
        break;
    case GONOGO_VALUE_TEXTS:
        given.val.texts = gonogo_texts_to_host(value->as.texts);
        break;
    case GONOGO_VALUE_NUMBERS:
        given.val.numbers = (plugin_list_f64_t){(double *)value->as.numbers.items, value->as.numbers.count};
        break;
    case GONOGO_VALUE_FAILED:
        given.val.failed.tag = (uint8_t)value->as.failed.kind;
        given.val.failed.val.denied = gonogo_to_host(value->as.failed.text);
        break;
    }
    return given;
}

gonogo_plugin_types_attributes_t gonogo_attributes_to_host(gonogo_attributes options) {
    gonogo_plugin_types_tuple2_string_value_t *items = gonogo_allocate((options.count + 1) * sizeof *items);
    for (size_t at = 0; at < options.count; at++) {
        items[at].f0 = gonogo_to_host(options.items[at].name);
        items[at].f1 = gonogo_value_to_host(&options.items[at].value);
    }
    return (gonogo_plugin_types_attributes_t){items, options.count};
}
