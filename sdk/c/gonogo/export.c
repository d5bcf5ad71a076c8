// export.c: the component's exports, over the plugin's table.
#include "internal.h"

static plugin_string_t text(const char *text) { return gonogo_to_host(text ? text : ""); }

static void describe(const gonogo_check *check, exports_gonogo_plugin_checks_check_t *into) {
    into->name = text(check->name);
    into->summary = text(check->summary);
    into->documentation = text(check->documentation);
    into->parameters = text(gonogo_schema(check->parameters));
    size_t commands = 0;
    while (check->commands && check->commands[commands]) commands++;
    into->commands.len = commands;
    into->commands.ptr = gonogo_allocate((commands + 1) * sizeof *into->commands.ptr);
    for (size_t at = 0; at < commands; at++) {
        gonogo_texts words = {check->commands[at], 0};
        while (words.items[words.count]) words.count++;
        into->commands.ptr[at] = gonogo_texts_to_host(words);
    }
    gonogo_attributes traits = {0};
    if (check->timeout > 0) gonogo_set_number(&traits, "timeout", check->timeout);
    if (check->exclusive) gonogo_set_boolean(&traits, "exclusive", true);
    into->traits = gonogo_attributes_to_host(traits);
}

void exports_gonogo_plugin_checks_describe(exports_gonogo_plugin_checks_description_t *into) {
    const gonogo_check *checks = gonogo_exported.checks;
    size_t count = 0;
    while (checks[count].name) count++;
    into->version = text(gonogo_exported.version);
    into->summary = text(gonogo_exported.summary);
    into->checks.len = count;
    into->checks.ptr = gonogo_allocate((count + 1) * sizeof *into->checks.ptr);
    for (size_t at = 0; at < count; at++) describe(&checks[at], &into->checks.ptr[at]);
}

static gonogo_result run(const char *name, const char *given, gonogo_report *report) {
    for (const gonogo_check *check = gonogo_exported.checks; check->name; check++) {
        if (strcmp(check->name, name) != 0) continue;
        gonogo_parameters with;
        GONOGO_TRY(gonogo_parameters_read(check->parameters, given, &with));
        gonogo_result result = check->run(&with, report);
        return with.fault ? gonogo_untold("%s", with.fault) : result;
    }
    return gonogo_untold("this plugin has no check '%s'", name);
}

bool exports_gonogo_plugin_checks_run(plugin_string_t *name, plugin_string_t *parameters, exports_gonogo_plugin_checks_report_t *into, exports_gonogo_plugin_checks_stop_t *stop) {
    gonogo_report report = {0};
    gonogo_result result = run(gonogo_from_host(*name), gonogo_from_host(*parameters), &report);
    bool not_applicable = gonogo_is(result, GONOGO_NOT_APPLICABLE);
    bool said_something = report.facts || report.findings;
    if (result && (not_applicable || !said_something)) {
        // Both cases of the union are a text.
        stop->tag = not_applicable ? EXPORTS_GONOGO_PLUGIN_CHECKS_STOP_NOT_APPLICABLE : EXPORTS_GONOGO_PLUGIN_CHECKS_STOP_UNKNOWN;
        stop->val.unknown = text(gonogo_show_error(result));
        return false;
    }
    // What was found out before stays: a no-go among it is a no-go.
    if (result) gonogo_unknown(&report, "%s", gonogo_show_error(result));
    gonogo_report_to_host(&report, into);
    return true;
}

// The generated functions would free one text after the other. These are the strong definitions beside their weak ones.
__attribute__((export_name("cabi_post_gonogo:plugin/checks@0.1.0#describe"))) void __wasm_export_exports_gonogo_plugin_checks_describe_post_return(uint8_t *answer) {
    (void)answer;
    gonogo_arena_end();
}

__attribute__((export_name("cabi_post_gonogo:plugin/checks@0.1.0#run"))) void __wasm_export_exports_gonogo_plugin_checks_run_post_return(uint8_t *answer) {
    (void)answer;
    gonogo_arena_end();
}
