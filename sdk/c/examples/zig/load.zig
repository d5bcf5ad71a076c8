//! A check in Zig: the machine is not busy with something else.
//!
//! Of gonogo.h it declares what it uses: the layouts of C, and functions of C.

const Kind = enum(c_int) { text, texts_list, integer, number, boolean, size };

const Parameter = extern struct {
    name: ?[*:0]const u8 = null,
    kind: Kind = .text,
    about: ?[*:0]const u8 = null,
    preset: ?[*:0]const u8 = null,
    optional: bool = false,
    minimum: ?[*:0]const u8 = null,
    maximum: ?[*:0]const u8 = null,
    pattern: ?[*:0]const u8 = null,
    choices: ?[*:0]const u8 = null,
};

const Check = extern struct {
    name: ?[*:0]const u8 = null,
    summary: ?[*:0]const u8 = null,
    documentation: ?[*:0]const u8 = null,
    parameters: ?[*]const Parameter = null,
    run: ?*const fn (*const Given, *Report) callconv(.c) Result = null,
    commands: ?*const anyopaque = null,
    timeout: f64 = 0,
    exclusive: bool = false,
};

const Plugin = extern struct { version: [*:0]const u8, summary: [*:0]const u8, checks: [*]const Check };
const Attributes = extern struct { items: ?*anyopaque = null, count: usize = 0 };
const Failure = opaque {};
const Result = ?*const Failure;
const Given = opaque {};
const Report = opaque {};
const Fact = opaque {};
const Finding = opaque {};

extern fn gonogo_number(with: *const Given, name: [*:0]const u8) f64;
extern fn gonogo_system_cpu(answer: *Attributes) Result;
extern fn gonogo_need_number(from: Attributes, name: [*:0]const u8, value: *f64) Result;
extern fn gonogo_untold(format: [*:0]const u8, ...) Result;
extern fn gonogo_format(format: [*:0]const u8, ...) [*:0]const u8;
extern fn gonogo_summary(report: *Report, format: [*:0]const u8, ...) void;
extern fn gonogo_fact_number(report: *Report, name: [*:0]const u8, value: f64) *Fact;
extern fn gonogo_unit(fact: *Fact, unit: [*:0]const u8) *Fact;
extern fn gonogo_bound(fact: *Fact, format: [*:0]const u8, ...) *Fact;
extern fn gonogo_no_go(report: *Report, format: [*:0]const u8, ...) *Finding;
extern fn gonogo_hint(finding: *Finding, format: [*:0]const u8, ...) *Finding;

const parameters = [_]Parameter{
    .{ .name = "maximum", .kind = .number, .about = "Most processes that wait or run for each core.", .preset = "0.5", .minimum = "0" },
    .{},
};

fn load(with: *const Given, report: *Report) callconv(.c) Result {
    const maximum = gonogo_number(with, "maximum");
    var cpu: Attributes = .{};
    if (gonogo_system_cpu(&cpu)) |failed| return failed;
    var waiting: f64 = 0;
    if (gonogo_need_number(cpu, "load-1", &waiting)) |failed| return failed;
    var cores: f64 = 0;
    if (gonogo_need_number(cpu, "usable", &cores)) |failed| return failed;
    if (cores <= 0) return gonogo_untold("this machine says that %g cores are usable", cores);
    const share = waiting / cores;
    _ = gonogo_bound(gonogo_unit(gonogo_fact_number(report, "load for each core", share), "1"), "<= %g", maximum);
    const shown = gonogo_format("%.2f processes wait or run for each core", share);
    gonogo_summary(report, "%s", shown);
    if (share > maximum) {
        const finding = gonogo_no_go(report, "%s, at most %g wanted", shown, maximum);
        _ = gonogo_hint(finding, "see what they are: top -o %%CPU");
    }
    return null;
}

const checks = [_]Check{
    .{
        .name = "load",
        .summary = "The machine is not busy with something else",
        .documentation = "The load average of the last minute, divided by the cores that this run may use.",
        .parameters = &parameters,
        .run = load,
    },
    .{},
};

export const gonogo_exported: Plugin = .{ .version = "0.1.0", .summary = "An example in Zig", .checks = &checks };
