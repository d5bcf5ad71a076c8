// gonogo_host.h: what the host can be asked. gonogo.h includes it. `wit/` says what each function answers, in which unit, and how it fails.
#ifndef GONOGO_HOST_H
#define GONOGO_HOST_H

#ifdef __cplusplus
extern "C" {
#endif

// Time

double gonogo_now(void);     // seconds since the Unix epoch
double gonogo_elapsed(void); // seconds since the job started

// Log: for whoever runs the host with -v; no part of the report

void gonogo_trace(const char *format, ...) GONOGO_PRINTF(1, 2);
void gonogo_debug(const char *format, ...) GONOGO_PRINTF(1, 2);
void gonogo_info(const char *format, ...) GONOGO_PRINTF(1, 2);
void gonogo_log_warn(const char *format, ...) GONOGO_PRINTF(1, 2);

// Environment variables that parameters of kind GONOGO_VARIABLE and GONOGO_REVEALED name

// Length of the value in bytes; `set` is false where the variable is not.
gonogo_result gonogo_environment_length(const char *name, uint32_t *length, bool *set);
// Whether the whole value matches a regular expression. GONOGO_NOT_FOUND where it is not set; few patterns for each variable.
gonogo_result gonogo_environment_matches(const char *name, const char *pattern, bool *matches);
gonogo_result gonogo_environment_reveal(const char *name, const char **value, bool *set);
// Takes in a `.env` file: for the rest of the job, variables that are not set have its values.
gonogo_result gonogo_environment_load(const char *path, gonogo_texts *names);
// The whole number that a pattern's first group captures in the value. Each step of `decode` is `jwt-header`, `jwt-claims`, `base64` or `json:NAME`.
gonogo_result gonogo_environment_number(const char *name, gonogo_texts decode, const char *pattern, int64_t *number, bool *matched);

// Commands that the plan lists. Never a shell

typedef struct gonogo_output {
    bool exited;  // whether it ended with a code: else a signal ended it
    int32_t code; // where it exited
    int32_t signal;
    const char *standard_output, *standard_error; // at most 1 MiB and 64 KiB
    bool truncated;                               // whether either was longer
} gonogo_output;

gonogo_result gonogo_process_find(const char *program, const char **path);
gonogo_result gonogo_process_run(gonogo_texts command, gonogo_output *output);
// `code 1`, `signal 9`.
const char *gonogo_show_ending(const gonogo_output *output);

// The machine: `wit/system.wit` lists each function's names

gonogo_result gonogo_system_os(gonogo_attributes *answer);
gonogo_result gonogo_system_cpu(gonogo_attributes *answer);
gonogo_result gonogo_system_memory(gonogo_attributes *answer);
gonogo_result gonogo_system_limits(gonogo_attributes *answer);
gonogo_result gonogo_system_mounts(gonogo_list *answer);
gonogo_result gonogo_system_interfaces(gonogo_list *answer);
gonogo_result gonogo_system_troubled_processes(gonogo_list *answer);
gonogo_result gonogo_system_gpu_drivers(gonogo_list *answer);
gonogo_result gonogo_system_gpus(gonogo_list *answer);
gonogo_result gonogo_system_kernel_events(uint64_t seconds, gonogo_list *answer);
gonogo_result gonogo_system_probe_cpu(double seconds, gonogo_attributes *answer);
gonogo_result gonogo_system_probe_memory(uint64_t size, gonogo_attributes *answer);

// Files that parameters of kind GONOGO_READABLE name, with further names after them

typedef enum gonogo_file_kind { GONOGO_FILE, GONOGO_DIRECTORY, GONOGO_LINK, GONOGO_OTHER } gonogo_file_kind;
typedef enum gonogo_algorithm { GONOGO_SHA256, GONOGO_BLAKE3 } gonogo_algorithm;

// Most bytes that one read gives.
#define GONOGO_MOST_BYTES (4u << 20)

typedef struct gonogo_name {
    const char *name;
    gonogo_file_kind kind;
} gonogo_name;

typedef struct gonogo_names {
    gonogo_name *items;
    size_t count;
} gonogo_names;

typedef struct gonogo_digest {
    const char *hex;     // NULL where it failed
    gonogo_result error; // why
} gonogo_digest;

// What a path is; with `follow`, what a link leads to.
gonogo_result gonogo_files_stat(const char *path, bool follow, gonogo_attributes *answer);
// Part of a file: fewer bytes than `length` only at its end. A zero byte follows them.
gonogo_result gonogo_files_read(const char *path, uint64_t offset, uint32_t length, gonogo_bytes *bytes);
// A whole text file of less than GONOGO_MOST_BYTES.
gonogo_result gonogo_files_read_text(const char *path, const char **text);
gonogo_result gonogo_files_list(const char *path, gonogo_names *names);
// The first line, from 1, on which a regular expression matches.
gonogo_result gonogo_files_find(const char *path, const char *pattern, uint64_t *line, bool *found);
gonogo_result gonogo_files_digest(const char *path, gonogo_algorithm algorithm, const char **hex);
// Of many files (at most 10,000): `digests` has room for as many as there are paths.
gonogo_result gonogo_files_digests(gonogo_texts paths, gonogo_algorithm algorithm, gonogo_digest *digests);
gonogo_result gonogo_files_space(const char *path, gonogo_attributes *answer);
gonogo_result gonogo_files_scratch(const char *path);
gonogo_result gonogo_files_probe(const char *directory, uint64_t size, gonogo_attributes *answer);

// One thing that a walk met. Links are not followed.
typedef struct gonogo_entry {
    const char *path; // as the walk's, with further names after it
    gonogo_file_kind kind;
    uint64_t size;
    uint32_t mode, owner, group; // mode: the permission bits
    double modified;             // seconds since the Unix epoch
    uint32_t links;
    uint64_t device;
    const char *target;   // where a link leads to; NULL for others
    gonogo_result failed; // what could not be found out; GONOGO_DONE where all was
} gonogo_entry;

typedef struct gonogo_walk gonogo_walk;
// Everything below a directory, parents before children, names sorted. Options: those of `walk` in wit/files.wit.
gonogo_result gonogo_files_walk(const char *path, gonogo_attributes options, gonogo_walk **walk);
// The next entry, which lasts until the next call; NULL at the end, and after an error.
gonogo_result gonogo_walk_next(gonogo_walk *walk, const gonogo_entry **entry);
void gonogo_walk_close(gonogo_walk *walk);

typedef struct gonogo_search gonogo_search;
// Where patterns match. A pattern is attributes: `id`, `pattern`, `keywords`, `secret`, … Recordings and cases know the search by its name.
gonogo_result gonogo_files_search(const char *path, const char *name, gonogo_list patterns, gonogo_attributes options, gonogo_search **search);
gonogo_result gonogo_files_search_processes(gonogo_list patterns, gonogo_search **search);
// The next match, which lasts until the next call; NULL at the end, and after an error.
gonogo_result gonogo_search_next(gonogo_search *search, const gonogo_attributes **match);
gonogo_result gonogo_search_totals(gonogo_search *search, gonogo_attributes *answer);
gonogo_result gonogo_search_counts(gonogo_search *search, gonogo_list *answer);
void gonogo_search_close(gonogo_search *search);

// A file, or a member of an archive, as a sequence of bytes. Contents, walks, searches and tables that are not closed are when the job ends.
typedef struct gonogo_content gonogo_content;
gonogo_result gonogo_files_open(const char *path, gonogo_content **content);
gonogo_result gonogo_content_format(gonogo_content *content, const char **format);
gonogo_result gonogo_content_size(gonogo_content *content, uint64_t *size);
gonogo_result gonogo_content_read(gonogo_content *content, uint64_t offset, uint32_t length, gonogo_bytes *bytes);
gonogo_result gonogo_content_members(gonogo_content *content, gonogo_list *members);
gonogo_result gonogo_content_member(gonogo_content *content, uint32_t index, gonogo_content **member);
void gonogo_content_close(gonogo_content *content);

// Tables, for parameters of kind GONOGO_DATASET

typedef struct gonogo_table gonogo_table;
gonogo_result gonogo_dataset_open(gonogo_dataset data, gonogo_table **table);
gonogo_result gonogo_table_files(gonogo_table *table, gonogo_list *answer);
gonogo_result gonogo_table_columns(gonogo_table *table, gonogo_list *answer);
gonogo_result gonogo_table_rows(gonogo_table *table, uint64_t *rows);
gonogo_result gonogo_table_damage(gonogo_table *table, gonogo_list *answer);
void gonogo_table_close(gonogo_table *table);

typedef struct gonogo_named_table {
    const char *name;
    gonogo_table *table;
} gonogo_named_table;

typedef struct gonogo_answer gonogo_answer;
// Answers one query over tables. At most `rows` rows come; 0 stands for the host's 10,000, and 100,000 are the most.
gonogo_result gonogo_dataset_query(const gonogo_named_table *tables, size_t count, const char *sql, uint32_t rows, gonogo_answer **answer);
size_t gonogo_answer_rows(const gonogo_answer *answer);
// One cell. `null` says whether it is null, where it may be; where it is NULL itself, a cell that is null is an error.
gonogo_result gonogo_cell_boolean(const gonogo_answer *answer, size_t row, const char *column, bool *value, bool *null);
gonogo_result gonogo_cell_integer(const gonogo_answer *answer, size_t row, const char *column, int64_t *value, bool *null);
gonogo_result gonogo_cell_unsigned(const gonogo_answer *answer, size_t row, const char *column, uint64_t *value, bool *null);
gonogo_result gonogo_cell_number(const gonogo_answer *answer, size_t row, const char *column, double *value, bool *null);
gonogo_result gonogo_cell_text(const gonogo_answer *answer, size_t row, const char *column, const char **value, bool *null);
// A name, and a text, as SQL takes them whatever is in them: `"Label"`, `'text'`.
const char *gonogo_sql_name(const char *name);
const char *gonogo_sql_text(const char *text);

#ifdef __cplusplus
}
#endif

#endif
