// host_machine.c: clock, log, environment, process and system.
#include "internal.h"

double gonogo_now(void) { return gonogo_plugin_clock_now(); }
double gonogo_elapsed(void) { return gonogo_plugin_clock_elapsed(); }

#define LEVEL(name, level)                                                          \
    void name(const char *format, ...) {                                            \
        va_list values;                                                             \
        va_start(values, format);                                                   \
        plugin_string_t message = gonogo_to_host(gonogo_vformat(format, values));   \
        va_end(values);                                                             \
        gonogo_plugin_log_log(level, &message);                                     \
    }

LEVEL(gonogo_trace, GONOGO_PLUGIN_LOG_LEVEL_TRACE)
LEVEL(gonogo_debug, GONOGO_PLUGIN_LOG_LEVEL_DEBUG)
LEVEL(gonogo_info, GONOGO_PLUGIN_LOG_LEVEL_INFO)
LEVEL(gonogo_log_warn, GONOGO_PLUGIN_LOG_LEVEL_WARN)

void gonogo_panic(const char *format, ...) {
    static bool panicking;
    // A panic for want of memory has none to write its message with.
    if (!panicking) {
        panicking = true;
        va_list values;
        va_start(values, format);
        plugin_string_t message = gonogo_to_host(gonogo_vformat(format, values));
        va_end(values);
        gonogo_plugin_log_log(GONOGO_PLUGIN_LOG_LEVEL_WARN, &message);
    }
    __builtin_trap();
}

// The host's functions give false where they fail, with `error` filled in.
#define ASK(call)                                       \
    do {                                                \
        gonogo_plugin_types_error_t error;              \
        if (!(call)) return gonogo_failed(&error);      \
    } while (0)

gonogo_result gonogo_environment_length(const char *name, uint32_t *length, bool *set) {
    plugin_string_t named = gonogo_to_host(name);
    plugin_option_u32_t answer;
    ASK(gonogo_plugin_environment_length(&named, &answer, &error));
    *set = answer.is_some;
    *length = answer.is_some ? answer.val : 0;
    return GONOGO_DONE;
}

gonogo_result gonogo_environment_matches(const char *name, const char *pattern, bool *matches) {
    plugin_string_t named = gonogo_to_host(name), expression = gonogo_to_host(pattern);
    ASK(gonogo_plugin_environment_matches(&named, &expression, matches, &error));
    return GONOGO_DONE;
}

gonogo_result gonogo_environment_reveal(const char *name, const char **value, bool *set) {
    plugin_string_t named = gonogo_to_host(name);
    plugin_option_string_t answer;
    ASK(gonogo_plugin_environment_reveal(&named, &answer, &error));
    *set = answer.is_some;
    *value = answer.is_some ? gonogo_from_host(answer.val) : "";
    return GONOGO_DONE;
}

gonogo_result gonogo_environment_load(const char *path, gonogo_texts *names) {
    plugin_string_t file = gonogo_to_host(path);
    plugin_list_string_t answer;
    ASK(gonogo_plugin_environment_load(&file, &answer, &error));
    *names = gonogo_texts_from_host(answer);
    return GONOGO_DONE;
}

gonogo_result gonogo_environment_number(const char *name, gonogo_texts decode, const char *pattern, int64_t *number, bool *matched) {
    plugin_string_t named = gonogo_to_host(name), expression = gonogo_to_host(pattern);
    plugin_list_string_t steps = gonogo_texts_to_host(decode);
    plugin_option_s64_t answer;
    ASK(gonogo_plugin_environment_number(&named, &steps, &expression, &answer, &error));
    *matched = answer.is_some;
    *number = answer.is_some ? answer.val : 0;
    return GONOGO_DONE;
}

gonogo_result gonogo_process_find(const char *program, const char **path) {
    plugin_string_t named = gonogo_to_host(program), answer;
    ASK(gonogo_plugin_process_find(&named, &answer, &error));
    *path = gonogo_from_host(answer);
    return GONOGO_DONE;
}

gonogo_result gonogo_process_run(gonogo_texts command, gonogo_output *output) {
    plugin_list_string_t words = gonogo_texts_to_host(command);
    gonogo_plugin_process_output_t answer;
    ASK(gonogo_plugin_process_run(&words, &answer, &error));
    *output = (gonogo_output){
        .exited = answer.code.is_some,
        .code = answer.code.is_some ? answer.code.val : 0,
        .signal = answer.signal.is_some ? answer.signal.val : 0,
        .standard_output = gonogo_from_host(answer.stdout_),
        .standard_error = gonogo_from_host(answer.stderr_),
        .truncated = answer.truncated,
    };
    return GONOGO_DONE;
}

const char *gonogo_show_ending(const gonogo_output *output) {
    if (output->exited) return gonogo_format("code %" PRId32, output->code);
    return output->signal ? gonogo_format("signal %" PRId32, output->signal) : "no code";
}

#define ONE(name)                                                           \
    gonogo_result gonogo_system_##name(gonogo_attributes *answer) {         \
        gonogo_plugin_system_attributes_t given;                            \
        ASK(gonogo_plugin_system_##name(&given, &error));                   \
        *answer = gonogo_attributes_from_host(&given);                      \
        return GONOGO_DONE;                                                 \
    }

#define MANY(name)                                                          \
    gonogo_result gonogo_system_##name(gonogo_list *answer) {               \
        gonogo_plugin_system_list_attributes_t given;                       \
        ASK(gonogo_plugin_system_##name(&given, &error));                   \
        *answer = gonogo_list_from_host(given.ptr, given.len);              \
        return GONOGO_DONE;                                                 \
    }

ONE(os)
ONE(cpu)
ONE(memory)
ONE(limits)
MANY(mounts)
MANY(interfaces)
MANY(troubled_processes)
MANY(gpu_drivers)
MANY(gpus)

gonogo_result gonogo_system_kernel_events(uint64_t seconds, gonogo_list *answer) {
    gonogo_plugin_system_list_attributes_t given;
    ASK(gonogo_plugin_system_kernel_events(seconds, &given, &error));
    *answer = gonogo_list_from_host(given.ptr, given.len);
    return GONOGO_DONE;
}

gonogo_result gonogo_system_probe_cpu(double seconds, gonogo_attributes *answer) {
    gonogo_plugin_system_attributes_t given;
    ASK(gonogo_plugin_system_probe_cpu(seconds, &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}

gonogo_result gonogo_system_probe_memory(uint64_t size, gonogo_attributes *answer) {
    gonogo_plugin_system_attributes_t given;
    ASK(gonogo_plugin_system_probe_memory(size, &given, &error));
    *answer = gonogo_attributes_from_host(&given);
    return GONOGO_DONE;
}
