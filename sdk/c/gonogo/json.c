// json.c: JSON, as far as parameters and schemas need it.
#include "internal.h"

#include <errno.h>

// Deeper nesting is no parameter of anybody's, and would use up the stack.
enum { DEEPEST = 64 };

typedef struct reader {
    const char *at;
    int depth;
} reader;

static bool value(reader *from, gonogo_json *json);

static void blanks(reader *from) {
    from->at += strspn(from->at, " \t\r\n");
}

static bool word(reader *from, const char *text) {
    size_t length = strlen(text);
    if (strncmp(from->at, text, length) != 0) return false;
    from->at += length;
    return true;
}

// Four hexadecimal digits.
static bool hex(reader *from, uint32_t *code) {
    *code = 0;
    for (int digit = 0; digit < 4; digit++) {
        char c = *from->at;
        uint32_t value = c >= '0' && c <= '9' ? (uint32_t)(c - '0') : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) : 16;
        if (value == 16) return false;
        *code = *code << 4 | value;
        from->at++;
    }
    return true;
}

static char *utf8(char *to, uint32_t code) {
    if (code < 0x80) {
        *to++ = (char)code;
        return to;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    static const uint8_t LEAD[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(LEAD[more] | code >> (6 * more));
    while (more-- > 0) *to++ = (char)(0x80 | ((code >> (6 * more)) & 0x3f));
    return to;
}

// What follows a backslash.
static bool escape(reader *from, char **to) {
    static const char NAMES[] = "\"\\/bfnrt", VALUES[] = "\"\\/\b\f\n\r\t";
    char name = *from->at++;
    const char *known = name ? strchr(NAMES, name) : NULL;
    if (known) {
        *(*to)++ = VALUES[known - NAMES];
        return true;
    }
    uint32_t code;
    if (name != 'u' || !hex(from, &code)) return false;
    if (code >= 0xd800 && code < 0xdc00) {
        uint32_t low;
        if (!word(from, "\\u") || !hex(from, &low) || low < 0xdc00 || low > 0xdfff) return false;
        code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
    } else if (code >= 0xdc00 && code < 0xe000) {
        return false;
    }
    // A NUL would end the text.
    *to = utf8(*to, code ? code : 0xfffd);
    return true;
}

static bool text(reader *from, const char **into) {
    if (*from->at++ != '"') return false;
    // No escape is longer than what it stands for, but that of NUL: 6 bytes for 3.
    size_t length = 0;
    while (from->at[length] && from->at[length] != '"') length += from->at[length] == '\\' && from->at[length + 1] ? 2 : 1;
    char *read = gonogo_allocate(length + 1), *to = read;
    while (*from->at != '"') {
        if ((uint8_t)*from->at < 0x20) return false;
        if (*from->at != '\\') {
            *to++ = *from->at++;
            continue;
        }
        from->at++;
        if (!escape(from, &to)) return false;
    }
    from->at++;
    *into = read;
    return true;
}

static bool number(reader *from, gonogo_json *json) {
    const char *start = from->at, *digits = start + (*start == '-');
    size_t whole = strspn(digits, "0123456789");
    if (whole == 0 || (whole > 1 && *digits == '0')) return false;
    const char *end = digits + whole;
    json->whole = true;
    if (*end == '.') {
        size_t fraction = strspn(end + 1, "0123456789");
        if (fraction == 0) return false;
        end += 1 + fraction;
        json->whole = false;
    }
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1 + (end[1] == '+' || end[1] == '-');
        size_t length = strspn(exponent, "0123456789");
        if (length == 0) return false;
        end = exponent + length;
        json->whole = false;
    }
    json->type = GONOGO_JSON_NUMBER;
    json->number = strtod(start, NULL);
    errno = 0;
    json->integer = strtoll(start, NULL, 10);
    json->whole = json->whole && errno != ERANGE;
    from->at = end;
    return true;
}

// The items of a list, or the names and values of an object.
static bool items(reader *from, gonogo_json *json, char close) {
    from->at++;
    blanks(from);
    if (*from->at == close) return from->at++, true;
    for (;;) {
        json->items = gonogo_grow(json->items, json->count, sizeof(gonogo_json));
        if (close == '}') {
            json->names = gonogo_grow(json->names, json->count, sizeof(char *));
            blanks(from);
            if (!text(from, &json->names[json->count])) return false;
            blanks(from);
            if (*from->at++ != ':') return false;
        }
        if (!value(from, &json->items[json->count])) return false;
        json->count++;
        blanks(from);
        char next = *from->at++;
        if (next == close) return true;
        if (next != ',') return false;
    }
}

static bool value(reader *from, gonogo_json *json) {
    *json = (gonogo_json){.type = GONOGO_JSON_NULL};
    blanks(from);
    switch (*from->at) {
    case '{':
    case '[': {
        if (from->depth == DEEPEST) return false;
        bool object = *from->at == '{';
        json->type = object ? GONOGO_JSON_OBJECT : GONOGO_JSON_LIST;
        from->depth++;
        bool read = items(from, json, object ? '}' : ']');
        from->depth--;
        return read;
    }
    case '"':
        json->type = GONOGO_JSON_TEXT;
        return text(from, &json->text);
    case 't':
        json->type = GONOGO_JSON_BOOLEAN;
        json->boolean = true;
        return word(from, "true");
    case 'f':
        json->type = GONOGO_JSON_BOOLEAN;
        return word(from, "false");
    case 'n':
        return word(from, "null");
    default:
        return number(from, json);
    }
}

bool gonogo_json_read(const char *text, gonogo_json *json) {
    reader from = {.at = text};
    if (!value(&from, json)) return false;
    blanks(&from);
    return *from.at == 0;
}

const gonogo_json *gonogo_json_at(const gonogo_json *object, const char *name) {
    if (object->type != GONOGO_JSON_OBJECT) return NULL;
    for (size_t at = 0; at < object->count; at++) {
        if (strcmp(object->names[at], name) == 0) return &object->items[at];
    }
    return NULL;
}

static void append(gonogo_writer *writer, const char *text, size_t length) {
    if (writer->room - writer->length <= length) {
        size_t room = 2 * (writer->length + length) + 256;
        char *grown = gonogo_allocate(room);
        if (writer->length) memcpy(grown, writer->text, writer->length);
        writer->text = grown;
        writer->room = room;
    }
    memcpy(writer->text + writer->length, text, length);
    writer->length += length;
    writer->text[writer->length] = 0;
}

void gonogo_write(gonogo_writer *writer, const char *text) {
    append(writer, text, strlen(text));
}

void gonogo_write_text(gonogo_writer *writer, const char *text) {
    gonogo_write(writer, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') {
            append(writer, "\\", 1);
            append(writer, text, 1);
        } else if ((uint8_t)*text < 0x20) {
            gonogo_write(writer, gonogo_format("\\u%04x", (unsigned)(uint8_t)*text));
        } else {
            append(writer, text, 1);
        }
    }
    gonogo_write(writer, "\"");
}
