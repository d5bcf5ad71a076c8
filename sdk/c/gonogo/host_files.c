// host_files.c: files, walks, searches and contents.
#include "internal.h"

#define ASK(call)                                       \
    do {                                                \
        gonogo_plugin_types_error_t error;              \
        if (!(call)) return gonogo_failed(&error);      \
    } while (0)

gonogo_result gonogo_files_stat(const char *path, bool follow, gonogo_attributes *answer) {
    plugin_string_t file = gonogo_to_host(path);
    gonogo_plugin_files_attributes_t given;
    ASK(gonogo_plugin_files_stat(&file, follow, &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}

gonogo_result gonogo_files_read(const char *path, uint64_t offset, uint32_t length, gonogo_bytes *bytes) {
    plugin_string_t file = gonogo_to_host(path);
    plugin_list_u8_t given;
    ASK(gonogo_plugin_files_read(&file, offset, length, &given, &error));
    *bytes = (gonogo_bytes){given.len ? given.ptr : (const uint8_t *)"", given.len};
    return GONOGO_DONE;
}

gonogo_result gonogo_files_read_text(const char *path, const char **text) {
    gonogo_bytes bytes;
    GONOGO_TRY(gonogo_files_read(path, 0, GONOGO_MOST_BYTES, &bytes));
    if (bytes.length == GONOGO_MOST_BYTES) return gonogo_fail(GONOGO_LIMIT, "%s is larger than %u bytes", path, GONOGO_MOST_BYTES);
    if (gonogo_characters((const char *)bytes.data, bytes.length) < 0) return gonogo_fail(GONOGO_IO, "%s is not UTF-8", path);
    *text = gonogo_from_host((plugin_string_t){(uint8_t *)bytes.data, bytes.length});
    return GONOGO_DONE;
}

gonogo_result gonogo_files_list(const char *path, gonogo_names *names) {
    plugin_string_t folder = gonogo_to_host(path);
    gonogo_plugin_files_list_tuple2_string_kind_t given;
    ASK(gonogo_plugin_files_list(&folder, &given, &error));
    *names = (gonogo_names){gonogo_allocate((given.len + 1) * sizeof(gonogo_name)), given.len};
    for (size_t at = 0; at < given.len; at++) names->items[at] = (gonogo_name){gonogo_from_host(given.ptr[at].f0), (gonogo_file_kind)given.ptr[at].f1};
    return GONOGO_DONE;
}

gonogo_result gonogo_files_find(const char *path, const char *pattern, uint64_t *line, bool *found) {
    plugin_string_t file = gonogo_to_host(path), expression = gonogo_to_host(pattern);
    plugin_option_u64_t given;
    ASK(gonogo_plugin_files_find(&file, &expression, &given, &error));
    *found = given.is_some;
    *line = given.is_some ? given.val : 0;
    return GONOGO_DONE;
}

gonogo_result gonogo_files_digest(const char *path, gonogo_algorithm algorithm, const char **hex) {
    plugin_string_t file = gonogo_to_host(path), given;
    ASK(gonogo_plugin_files_digest(&file, (gonogo_plugin_files_algorithm_t)algorithm, &given, &error));
    *hex = gonogo_from_host(given);
    return GONOGO_DONE;
}

gonogo_result gonogo_files_digests(gonogo_texts paths, gonogo_algorithm algorithm, gonogo_digest *digests) {
    plugin_list_string_t files = gonogo_texts_to_host(paths);
    gonogo_plugin_files_list_result_string_error_t given;
    ASK(gonogo_plugin_files_digests(&files, (gonogo_plugin_files_algorithm_t)algorithm, &given, &error));
    if (given.len != paths.count) return gonogo_fail(GONOGO_UNSUPPORTED, "the host gives %zu digests of %zu files", given.len, paths.count);
    for (size_t at = 0; at < given.len; at++) {
        digests[at] = (gonogo_digest){0};
        if (given.ptr[at].is_err) {
            digests[at].error = gonogo_failed(&given.ptr[at].val.err);
        } else {
            digests[at].hex = gonogo_from_host(given.ptr[at].val.ok);
        }
    }
    return GONOGO_DONE;
}

gonogo_result gonogo_files_space(const char *path, gonogo_attributes *answer) {
    plugin_string_t file = gonogo_to_host(path);
    gonogo_plugin_files_attributes_t given;
    ASK(gonogo_plugin_files_space(&file, &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}

gonogo_result gonogo_files_scratch(const char *path) {
    plugin_string_t folder = gonogo_to_host(path);
    ASK(gonogo_plugin_files_scratch(&folder, &error));
    return GONOGO_DONE;
}

gonogo_result gonogo_files_probe(const char *directory, uint64_t size, gonogo_attributes *answer) {
    plugin_string_t folder = gonogo_to_host(directory);
    gonogo_plugin_files_attributes_t given;
    ASK(gonogo_plugin_files_probe(&folder, size, &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}

// Batches come into an arena of their own, which the next one empties: a walk over a million files keeps 4,096 of them.
typedef struct batches {
    gonogo_arena arena;
    size_t next, count;
    bool ended;
} batches;

static gonogo_arena *into_batch(batches *batches) {
    gonogo_arena *before = gonogo_into;
    gonogo_arena_clear(&batches->arena);
    batches->next = batches->count = 0;
    gonogo_into = &batches->arena;
    return before;
}

// The error outlives the batch.
static gonogo_result broken_off(batches *batches, gonogo_arena *before, const gonogo_plugin_types_error_t *error) {
    gonogo_error failed = gonogo_error_of(error);
    gonogo_into = before;
    batches->ended = true;
    return gonogo_fail(failed.kind, "%s", failed.text);
}

struct gonogo_walk {
    gonogo_plugin_files_own_entries_t handle;
    batches batches;
    gonogo_entry *entries;
};

gonogo_result gonogo_files_walk(const char *path, gonogo_attributes options, gonogo_walk **walk) {
    plugin_string_t folder = gonogo_to_host(path);
    gonogo_plugin_files_attributes_t given = gonogo_attributes_to_host(options);
    gonogo_walk *started = gonogo_allocate(sizeof *started);
    ASK(gonogo_plugin_files_walk(&folder, &given, &started->handle, &error));
    *walk = started;
    return GONOGO_DONE;
}

static gonogo_entry entry(const gonogo_plugin_files_entry_t *given) {
    return (gonogo_entry){
        .path = gonogo_from_host(given->path),
        .kind = (gonogo_file_kind)given->kind,
        .size = given->size,
        .mode = given->mode,
        .owner = given->owner,
        .group = given->group,
        .modified = given->modified,
        .links = given->links,
        .device = given->device,
        .target = given->target.is_some ? gonogo_from_host(given->target.val) : NULL,
        .failed = given->failed.is_some ? gonogo_failed(&given->failed.val) : GONOGO_DONE,
    };
}

gonogo_result gonogo_walk_next(gonogo_walk *walk, const gonogo_entry **next) {
    batches *batches = &walk->batches;
    *next = NULL;
    if (batches->ended) return GONOGO_DONE;
    if (batches->next == batches->count) {
        gonogo_arena *before = into_batch(batches);
        gonogo_plugin_files_list_entry_t given;
        gonogo_plugin_types_error_t error;
        if (!gonogo_plugin_files_method_entries_next(gonogo_plugin_files_borrow_entries(walk->handle), &given, &error)) return broken_off(batches, before, &error);
        walk->entries = gonogo_allocate((given.len + 1) * sizeof *walk->entries);
        for (size_t at = 0; at < given.len; at++) walk->entries[at] = entry(&given.ptr[at]);
        batches->count = given.len;
        batches->ended = given.len == 0;
        gonogo_into = before;
        if (batches->ended) return GONOGO_DONE;
    }
    *next = &walk->entries[batches->next++];
    return GONOGO_DONE;
}

void gonogo_walk_close(gonogo_walk *walk) {
    gonogo_plugin_files_entries_drop_own(walk->handle);
    gonogo_arena_clear(&walk->batches.arena);
    walk->batches.ended = true;
}

struct gonogo_search {
    gonogo_plugin_files_own_matches_t handle;
    batches batches;
    gonogo_list matches;
};

static gonogo_plugin_files_list_attributes_t lists(gonogo_list patterns) {
    gonogo_plugin_files_attributes_t *items = gonogo_allocate((patterns.count + 1) * sizeof *items);
    for (size_t at = 0; at < patterns.count; at++) items[at] = gonogo_attributes_to_host(patterns.items[at]);
    return (gonogo_plugin_files_list_attributes_t){items, patterns.count};
}

gonogo_result gonogo_files_search(const char *path, const char *name, gonogo_list patterns, gonogo_attributes options, gonogo_search **search) {
    plugin_string_t place = gonogo_to_host(path);
    gonogo_set_text(&options, "name", name);
    gonogo_plugin_files_list_attributes_t wanted = lists(patterns);
    gonogo_plugin_files_attributes_t given = gonogo_attributes_to_host(options);
    gonogo_search *started = gonogo_allocate(sizeof *started);
    ASK(gonogo_plugin_files_search(&place, &wanted, &given, &started->handle, &error));
    *search = started;
    return GONOGO_DONE;
}

gonogo_result gonogo_files_search_processes(gonogo_list patterns, gonogo_search **search) {
    gonogo_plugin_files_list_attributes_t wanted = lists(patterns);
    gonogo_search *started = gonogo_allocate(sizeof *started);
    ASK(gonogo_plugin_files_search_processes(&wanted, &started->handle, &error));
    *search = started;
    return GONOGO_DONE;
}

static gonogo_plugin_files_borrow_matches_t searched(const gonogo_search *search) { return gonogo_plugin_files_borrow_matches(search->handle); }

gonogo_result gonogo_search_next(gonogo_search *search, const gonogo_attributes **match) {
    batches *batches = &search->batches;
    *match = NULL;
    if (batches->ended) return GONOGO_DONE;
    if (batches->next == batches->count) {
        gonogo_arena *before = into_batch(batches);
        gonogo_plugin_files_list_attributes_t given;
        gonogo_plugin_types_error_t error;
        if (!gonogo_plugin_files_method_matches_next(searched(search), &given, &error)) return broken_off(batches, before, &error);
        search->matches = gonogo_list_from_host(given.ptr, given.len);
        batches->count = given.len;
        batches->ended = given.len == 0;
        gonogo_into = before;
        if (batches->ended) return GONOGO_DONE;
    }
    *match = &search->matches.items[batches->next++];
    return GONOGO_DONE;
}

gonogo_result gonogo_search_totals(gonogo_search *search, gonogo_attributes *answer) {
    gonogo_plugin_files_attributes_t given;
    ASK(gonogo_plugin_files_method_matches_totals(searched(search), &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}

gonogo_result gonogo_search_counts(gonogo_search *search, gonogo_list *answer) {
    gonogo_plugin_files_list_attributes_t given;
    ASK(gonogo_plugin_files_method_matches_counts(searched(search), &given, &error));
    *answer = gonogo_list_from_host(given.ptr, given.len);
    return GONOGO_DONE;
}

void gonogo_search_close(gonogo_search *search) {
    gonogo_plugin_files_matches_drop_own(search->handle);
    gonogo_arena_clear(&search->batches.arena);
    search->batches.ended = true;
}

struct gonogo_content {
    gonogo_plugin_files_own_content_t handle;
};

static gonogo_plugin_files_borrow_content_t opened(const gonogo_content *content) { return gonogo_plugin_files_borrow_content(content->handle); }

gonogo_result gonogo_files_open(const char *path, gonogo_content **content) {
    plugin_string_t file = gonogo_to_host(path);
    gonogo_content *made = gonogo_allocate(sizeof *made);
    ASK(gonogo_plugin_files_open(&file, &made->handle, &error));
    *content = made;
    return GONOGO_DONE;
}

gonogo_result gonogo_content_format(gonogo_content *content, const char **format) {
    plugin_string_t given;
    ASK(gonogo_plugin_files_method_content_format(opened(content), &given, &error));
    *format = gonogo_from_host(given);
    return GONOGO_DONE;
}

gonogo_result gonogo_content_size(gonogo_content *content, uint64_t *size) {
    ASK(gonogo_plugin_files_method_content_size(opened(content), size, &error));
    return GONOGO_DONE;
}

gonogo_result gonogo_content_read(gonogo_content *content, uint64_t offset, uint32_t length, gonogo_bytes *bytes) {
    plugin_list_u8_t given;
    ASK(gonogo_plugin_files_method_content_read(opened(content), offset, length, &given, &error));
    *bytes = (gonogo_bytes){given.len ? given.ptr : (const uint8_t *)"", given.len};
    return GONOGO_DONE;
}

gonogo_result gonogo_content_members(gonogo_content *content, gonogo_list *members) {
    gonogo_plugin_files_list_attributes_t given;
    ASK(gonogo_plugin_files_method_content_members(opened(content), &given, &error));
    *members = gonogo_list_from_host(given.ptr, given.len);
    return GONOGO_DONE;
}

gonogo_result gonogo_content_member(gonogo_content *content, uint32_t index, gonogo_content **member) {
    gonogo_content *made = gonogo_allocate(sizeof *made);
    ASK(gonogo_plugin_files_method_content_member(opened(content), index, &made->handle, &error));
    *member = made;
    return GONOGO_DONE;
}

void gonogo_content_close(gonogo_content *content) { gonogo_plugin_files_content_drop_own(content->handle); }
