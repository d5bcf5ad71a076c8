// arena.c: memory for a check, given back all at once, and texts made in it.
#include "internal.h"

#include <stdio.h>

struct gonogo_chunk {
    gonogo_chunk *before;
    size_t used, room;
    max_align_t data[];
};

enum { CHUNK = 64 << 10, ALIGNED = sizeof(max_align_t) };

static gonogo_arena job;
gonogo_arena *gonogo_into = &job;

static void *take(size_t size) {
    if (size > SIZE_MAX / 2) gonogo_panic("%zu bytes of memory are more than there can be", size);
    size = (size + ALIGNED - 1) / ALIGNED * ALIGNED;
    gonogo_chunk *chunk = gonogo_into->last;
    if (!chunk || chunk->room - chunk->used < size) {
        size_t room = size > CHUNK ? size : CHUNK;
        chunk = malloc(sizeof(gonogo_chunk) + room);
        if (!chunk) gonogo_panic("out of memory");
        *chunk = (gonogo_chunk){.before = gonogo_into->last, .room = room};
        gonogo_into->last = chunk;
    }
    void *taken = (uint8_t *)chunk->data + chunk->used;
    chunk->used += size;
    return taken;
}

void *gonogo_allocate(size_t size) {
    void *taken = take(size);
    memset(taken, 0, size);
    return taken;
}

void gonogo_arena_clear(gonogo_arena *arena) {
    while (arena->last) {
        gonogo_chunk *before = arena->last->before;
        free(arena->last);
        arena->last = before;
    }
}

void gonogo_arena_end(void) {
    gonogo_into = &job;
    gonogo_arena_clear(&job);
}

void *gonogo_grow(void *items, size_t count, size_t size) {
    // Full at 0, 4, 8, 16, …: then there is room for twice as many.
    bool full = count == 0 || (count >= 4 && (count & (count - 1)) == 0);
    if (!full) return items;
    void *grown = gonogo_allocate((count == 0 ? 4 : 2 * count) * size);
    if (count) memcpy(grown, items, count * size);
    return grown;
}

// What the host hands over goes where memory comes from now. One byte more than asked for, a zero, makes each text of it end with a NUL.
void *cabi_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
    // The host asks for at most 8, and an arena's memory is aligned to that. Of nothing, only the alignment counts.
    if (size == 0) return (void *)alignment;
    uint8_t *taken = take(size + 1);
    taken[size] = 0;
    if (old_size) memcpy(taken, old, old_size < size ? old_size : size);
    return taken;
}

const char *gonogo_copy(const char *text, size_t length) {
    char *copy = take(length + 1);
    memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

const char *gonogo_vformat(const char *format, va_list values) {
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) gonogo_panic("the format '%s' cannot be written", format);
    char *text = take((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, values);
    return text;
}

const char *gonogo_format(const char *format, ...) {
    va_list values;
    va_start(values, format);
    const char *text = gonogo_vformat(format, values);
    va_end(values);
    return text;
}

int64_t gonogo_characters(const char *text, size_t length) {
    const uint8_t *bytes = (const uint8_t *)text;
    int64_t characters = 0;
    for (size_t at = 0; at < length; characters++) {
        uint8_t lead = bytes[at];
        size_t more = lead < 0x80 ? 0 : lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 4;
        if (more == 4 || length - at <= more) return -1;
        uint32_t scalar = more == 0 ? lead : lead & (0x3fu >> more);
        for (size_t next = 1; next <= more; next++) {
            if ((bytes[at + next] & 0xc0) != 0x80) return -1;
            scalar = scalar << 6 | (bytes[at + next] & 0x3f);
        }
        // Longer than need be, a surrogate, or beyond Unicode.
        if ((more == 2 && (scalar < 0x800 || (scalar >= 0xd800 && scalar < 0xe000))) || (more == 3 && (scalar < 0x10000 || scalar > 0x10ffff))) return -1;
        at += more + 1;
    }
    return characters;
}
