// parameters.c: the parameters of a job, held to the check's table, defaults filled in.
#include "internal.h"

static bool is_text(gonogo_parameter_kind kind) {
    switch (kind) {
    case GONOGO_TEXTS_LIST:
    case GONOGO_INTEGER:
    case GONOGO_NUMBER:
    case GONOGO_BOOLEAN:
    case GONOGO_COMMAND:
    case GONOGO_PROCESSES:
    case GONOGO_DATASET:
        return false;
    default:
        return true;
    }
}

static bool are_texts(const gonogo_json *json, size_t least) {
    if (json->type != GONOGO_JSON_LIST || json->count < least) return false;
    for (size_t at = 0; at < json->count; at++) {
        if (json->items[at].type != GONOGO_JSON_TEXT) return false;
    }
    return true;
}

static bool is_measure(gonogo_parameter_kind kind) {
    return kind == GONOGO_SIZE || kind == GONOGO_RATE || kind == GONOGO_DURATION || kind == GONOGO_FREQUENCY;
}

// Whether a value is one of that kind.
static bool fits(gonogo_parameter_kind kind, const gonogo_json *json) {
    double value;
    switch (kind) {
    case GONOGO_INTEGER:
        return json->type == GONOGO_JSON_NUMBER && json->whole;
    case GONOGO_NUMBER:
        return json->type == GONOGO_JSON_NUMBER;
    case GONOGO_BOOLEAN:
    case GONOGO_PROCESSES:
        return json->type == GONOGO_JSON_BOOLEAN;
    case GONOGO_TEXTS_LIST:
        return are_texts(json, 0);
    case GONOGO_COMMAND:
        return are_texts(json, 1);
    case GONOGO_DATASET: {
        const gonogo_json *files = json->type == GONOGO_JSON_OBJECT ? gonogo_json_at(json, "files") : json;
        return files && (files->type == GONOGO_JSON_TEXT || are_texts(files, 1));
    }
    default:
        return json->type == GONOGO_JSON_TEXT && (!is_measure(kind) || gonogo_measure(kind, json->text, &value));
    }
}

static const gonogo_json *preset(const gonogo_parameter *parameter) {
    gonogo_json *json = gonogo_allocate(sizeof *json);
    // A table's default is the name of its file, or JSON like everything else that is no text.
    bool as_it_is = is_text(parameter->kind) || (parameter->kind == GONOGO_DATASET && !gonogo_json_read(parameter->preset, json));
    if (as_it_is) {
        *json = (gonogo_json){.type = GONOGO_JSON_TEXT, .text = parameter->preset};
    } else if (!gonogo_json_read(parameter->preset, json)) {
        return NULL;
    }
    return fits(parameter->kind, json) ? json : NULL;
}

static gonogo_result wrong(const char *name, const char *why) {
    return gonogo_untold("the parameters do not fit the check: '%s' %s", name, why);
}

gonogo_result gonogo_parameters_read(const gonogo_parameter *table, const char *text, gonogo_parameters *into) {
    gonogo_json given;
    if (!gonogo_json_read(text, &given) || given.type != GONOGO_JSON_OBJECT) return gonogo_untold("the parameters do not fit the check: they are no JSON object");
    size_t count = 0;
    while (table && table[count].name) count++;
    *into = (gonogo_parameters){.table = table, .values = gonogo_allocate((count + 1) * sizeof(gonogo_json *))};
    size_t known = 0;
    for (size_t at = 0; at < count; at++) {
        const gonogo_parameter *parameter = &table[at];
        const gonogo_json *value = gonogo_json_at(&given, parameter->name);
        if (value) {
            known++;
            if (!fits(parameter->kind, value)) return wrong(parameter->name, "is of another kind");
        } else if (parameter->preset) {
            value = preset(parameter);
            if (!value) return wrong(parameter->name, "has a default that is of another kind");
        } else if (!parameter->optional) {
            return wrong(parameter->name, "is missing");
        }
        into->values[at] = value;
    }
    if (known == given.count) return GONOGO_DONE;
    for (size_t at = 0; at < given.count; at++) {
        bool declared = false;
        for (size_t row = 0; row < count; row++) declared = declared || strcmp(table[row].name, given.names[at]) == 0;
        if (!declared) return wrong(given.names[at], "is no parameter of it");
    }
    return wrong("a parameter", "is given twice");
}

// The value of a parameter that the table has with one of these kinds; NULL where it is not given.
static const gonogo_json *find(const gonogo_parameters *with, const char *name, bool (*of_kind)(gonogo_parameter_kind kind)) {
    for (size_t at = 0; with->table && with->table[at].name; at++) {
        if (strcmp(with->table[at].name, name) != 0) continue;
        if (of_kind(with->table[at].kind)) return with->values[at];
        break;
    }
    // The job's own, whatever the check was given a pointer to: it is not read-only.
    ((gonogo_parameters *)with)->fault = gonogo_format("the check asks for a parameter '%s' that its table does not have, or has with another kind", name);
    return NULL;
}

static bool textual(gonogo_parameter_kind kind) { return is_text(kind) && !is_measure(kind); }
static bool list(gonogo_parameter_kind kind) { return kind == GONOGO_TEXTS_LIST || kind == GONOGO_COMMAND; }
static bool boolean(gonogo_parameter_kind kind) { return kind == GONOGO_BOOLEAN || kind == GONOGO_PROCESSES; }
static bool size(gonogo_parameter_kind kind) { return kind == GONOGO_SIZE; }
static bool rate(gonogo_parameter_kind kind) { return kind == GONOGO_RATE; }
static bool duration(gonogo_parameter_kind kind) { return kind == GONOGO_DURATION; }
static bool frequency(gonogo_parameter_kind kind) { return kind == GONOGO_FREQUENCY; }
static bool integer(gonogo_parameter_kind kind) { return kind == GONOGO_INTEGER; }
static bool number(gonogo_parameter_kind kind) { return kind == GONOGO_NUMBER; }
static bool dataset(gonogo_parameter_kind kind) { return kind == GONOGO_DATASET; }

static bool any(gonogo_parameter_kind kind) {
    (void)kind;
    return true;
}

static double measured(const gonogo_parameters *with, const char *name, gonogo_parameter_kind kind, bool (*of_kind)(gonogo_parameter_kind)) {
    const gonogo_json *json = find(with, name, of_kind);
    double value = 0;
    if (json) gonogo_measure(kind, json->text, &value);
    return value;
}

uint64_t gonogo_size(const gonogo_parameters *with, const char *name) { return (uint64_t)measured(with, name, GONOGO_SIZE, size); }
double gonogo_rate(const gonogo_parameters *with, const char *name) { return measured(with, name, GONOGO_RATE, rate); }
double gonogo_duration(const gonogo_parameters *with, const char *name) { return measured(with, name, GONOGO_DURATION, duration); }
double gonogo_frequency(const gonogo_parameters *with, const char *name) { return measured(with, name, GONOGO_FREQUENCY, frequency); }

int64_t gonogo_integer(const gonogo_parameters *with, const char *name) {
    const gonogo_json *json = find(with, name, integer);
    return json ? json->integer : 0;
}

double gonogo_number(const gonogo_parameters *with, const char *name) {
    const gonogo_json *json = find(with, name, number);
    return json ? json->number : 0;
}

bool gonogo_boolean(const gonogo_parameters *with, const char *name) {
    const gonogo_json *json = find(with, name, boolean);
    return json && json->boolean;
}

const char *gonogo_text(const gonogo_parameters *with, const char *name) {
    const gonogo_json *json = find(with, name, textual);
    return json ? json->text : "";
}

bool gonogo_given(const gonogo_parameters *with, const char *name) { return find(with, name, any) != NULL; }

static gonogo_texts texts(const gonogo_json *json) {
    if (!json) return (gonogo_texts){0};
    bool one = json->type == GONOGO_JSON_TEXT;
    size_t count = one ? 1 : json->count;
    const char **items = gonogo_allocate((count + 1) * sizeof(char *));
    for (size_t at = 0; at < count; at++) items[at] = one ? json->text : json->items[at].text;
    return (gonogo_texts){items, count};
}

gonogo_texts gonogo_texts_of(const gonogo_parameters *with, const char *name) { return texts(find(with, name, list)); }

static void option(gonogo_attributes *options, const char *name, const gonogo_json *json) {
    switch (json->type) {
    case GONOGO_JSON_BOOLEAN:
        gonogo_set_boolean(options, name, json->boolean);
        break;
    case GONOGO_JSON_NUMBER:
        if (json->whole) {
            gonogo_set_integer(options, name, json->integer);
        } else {
            gonogo_set_number(options, name, json->number);
        }
        break;
    case GONOGO_JSON_TEXT:
        gonogo_set_text(options, name, json->text);
        break;
    case GONOGO_JSON_LIST:
        if (are_texts(json, 1)) gonogo_set_texts(options, name, texts(json));
        break;
    default: // null stands for nothing, like no names; and no option is an object: the schema sees to that
        break;
    }
}

gonogo_dataset gonogo_dataset_of(const gonogo_parameters *with, const char *name) {
    const gonogo_json *json = find(with, name, dataset);
    gonogo_dataset data = {0};
    if (!json || json->type != GONOGO_JSON_OBJECT) {
        data.files = texts(json);
        return data;
    }
    for (size_t at = 0; at < json->count; at++) {
        if (strcmp(json->names[at], "files") == 0) {
            data.files = texts(&json->items[at]);
        } else {
            option(&data.options, json->names[at], &json->items[at]);
        }
    }
    return data;
}
