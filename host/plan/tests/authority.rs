//! What gives a job authority, and what must not.

use super::*;
use crate::domain::{Grant, Origin};

fn path_list() -> Value {
    json!({ "type": "array", "items": { "type": "string", "x-gonogo-grant": "read" } })
}

fn reads() -> Vec<Check> {
    let table = object(
        &[],
        json!({
            "path": { "type": "string", "x-gonogo-grant": "read" },
            "note": { "type": "string" },
            "scratch": { "type": "string", "x-gonogo-grant": "write", "default": "/var/tmp" },
        }),
    );
    let option = json!({ "anyOf": [{ "type": "string", "x-gonogo-grant": "read" }, { "type": "null" }], "default": null });
    vec![check(
        "reads",
        object(&[], json!({ "one": { "$ref": "#/$defs/path" }, "list": path_list(), "option": option, "tables": { "type": "array", "items": table } }))
            .as_object()
            .cloned()
            .map(|mut schema| {
                schema.insert("$defs".to_owned(), json!({ "path": { "type": "string", "x-gonogo-grant": "read" } }));
                Value::Object(schema)
            })
            .unwrap(),
        &[],
    )]
}

/// Each grant with its parameter and origin.
fn granted(job: &Job) -> Vec<String> {
    let origin = |origin: &Origin| match origin {
        Origin::Config { line } => format!("line {line}"),
        Origin::Profile => "profile".to_owned(),
        Origin::Default => "default".to_owned(),
        Origin::Consent { line } => format!("consent, line {line}"),
    };
    let show = |authority: &Authority| {
        format!("{} by {} of {}", authority.grant, authority.parameter, origin(&authority.origin))
    };
    job.authorities.iter().map(show).collect()
}

fn with(check: &str, parameters: &str) -> String {
    format!("[items.\"a.b\"]\ncheck = \"{check}\"\n[items.\"a.b\".with]\n{parameters}\n")
}

fn reason(task: Task) -> (String, String) {
    match task {
        Task::Open { reason, lines, .. } => (reason, lines),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_user_writes_is_granted_with_its_line() {
    let text = "one = \"./a//b/\"\nlist = [\n \"/abs/x\",\n \"${HOME}/y\",\n]\noption = \"c\"\ntables = [{ path = \"t\", note = \"/etc/shadow\" }]";
    for name in ["own/reads", "acme/reads"] {
        let text =
            if name == "own/reads" { text.to_owned() } else { text.replace("note", "scratch = \"s\", note") };
        let job = only_job(reads(), &with(name, &text));
        let mut expected = vec![
            "read /srv/p/a/b by one of line 4",
            "read /abs/x by list[0] of line 6",
            "read /srv/x/y by list[1] of line 7",
            "read /srv/p/c by option of line 9",
            "read /srv/p/t by tables[0].path of line 10",
        ];
        expected.push(match name {
            "own/reads" => "probe /var/tmp by tables[0].scratch of default",
            _ => "probe /srv/p/s by tables[0].scratch of line 10",
        });
        let mut found = granted(&job);
        // Tables keep no order between what is written and what is filled in.
        found.sort_by_key(|text| expected.iter().position(|known| known == text));
        assert_eq!(found, expected);
        assert_eq!(job.parameters["one"], "a/b");
        assert_eq!(job.parameters["list"], json!(["/abs/x", "/srv/x/y"]));
    }
}

#[test]
fn plain_data_grants_nothing_whatever_it_looks_like() {
    let checks = vec![check("x", object(&[], json!({ "a": { "type": "string" }, "b": {} })), &[])];
    let job = only_job(checks, &with("acme/x", "a = \"/etc\"\nb = { path = \"/etc\", run = [\"rm\"] }"));
    assert!(job.authorities.is_empty());
}

#[test]
fn the_default_of_a_foreign_plugin_grants_nothing() {
    let (reason, lines) = reason(only_task(reads(), &with("acme/reads", "tables = [{ path = \"t\" }]")));
    assert_eq!(
        reason,
        "plugin 'acme' wants '/var/tmp' by the default of 'tables[0].scratch', which counts once you write it (there is no consent yet: see what it asks for by `gonogo plugin update acme`)"
    );
    assert_eq!(lines, "[items.\"a.b\".with]\n# in tables[0]: scratch = \"/var/tmp\"\n");
}

#[test]
fn a_foreign_default_at_the_top_becomes_lines_that_can_be_written() {
    let kinds = [
        ("read", "/etc"),
        ("write", "/tmp"),
        ("scratch", "/tmp/x"),
        ("program", "sh"),
        ("variable", "HOME"),
        ("reveal", "TOKEN"),
    ];
    for (kind, value) in kinds {
        let schema =
            object(&[], json!({ "it": { "type": "string", "x-gonogo-grant": kind, "default": value } }));
        let checks = || vec![check("x", schema.clone(), &[])];
        let (reason, lines) = reason(only_task(checks(), "items.\"a.b\".check = \"acme/x\""));
        assert!(reason.contains(value), "{reason}");
        assert_eq!(lines, format!("[items.\"a.b\".with]\nit = \"{value}\"\n"));
        let written = only_job(checks(), &format!("items.\"a.b\".check = \"acme/x\"\n{lines}"));
        assert_eq!(written.authorities.len(), 1);
        let own = only_job(checks(), "items.\"a.b\".check = \"own/x\"");
        assert_eq!(own.authorities[0].origin, Origin::Default);
    }
}

#[test]
fn a_foreign_default_hidden_in_any_corner_of_a_schema_grants_nothing() {
    let secret = json!({ "type": "string", "x-gonogo-grant": "read", "default": "/etc/shadow" });
    let nested = object(&[], json!({ "p": secret }));
    for schema in [
        json!({ "type": "object", "properties": { "a": { "default": {}, "properties": { "p": secret } } } }),
        json!({ "type": "object", "allOf": [{ "properties": { "p": secret } }] }),
        json!({ "type": "object", "anyOf": [{ "properties": { "p": secret } }] }),
        json!({ "type": "object", "properties": { "a": { "default": [{}], "items": nested } } }),
        json!({ "type": "object", "properties": { "a": { "default": [{}], "prefixItems": [nested] } } }),
        json!({ "type": "object", "properties": { "a": { "default": ["/etc/shadow"], "items": secret } } }),
        json!({ "type": "object", "properties": { "a": { "default": { "k": "/etc/shadow" }, "additionalProperties": secret } } }),
        json!({ "type": "object", "$ref": "#/$defs/n", "$defs": { "n": { "properties": { "p": secret } } } }),
        json!({ "type": "object", "properties": { "a": { "x-gonogo-grant": "command", "default": ["cat", "/etc/shadow"] } } }),
    ] {
        let task = only_task(vec![check("x", schema.clone(), &[])], "items.\"a.b\".check = \"acme/x\"");
        assert!(
            matches!(&task, Task::Open { reason, .. } if reason.contains("/etc/shadow")),
            "{schema}: {task:?}"
        );
    }
}

#[test]
fn an_alternative_that_does_not_hold_grants_nothing() {
    let kinds = json!([
        object(
            &["kind", "value"],
            json!({ "kind": { "const": "file" }, "value": { "type": "string", "x-gonogo-grant": "read" } })
        ),
        object(&["kind", "value"], json!({ "kind": { "const": "text" }, "value": { "type": "string" } })),
    ]);
    let checks = || vec![check("x", object(&[], json!({ "a": { "oneOf": kinds } })), &[])];
    let job = |kind: &str| {
        only_job(checks(), &with("own/x", &format!("a = {{ kind = \"{kind}\", value = \"/etc\" }}")))
    };
    assert_eq!(granted(&job("file")), ["read /etc by a.value of line 4"]);
    assert!(job("text").authorities.is_empty());
}

#[test]
fn paths_cannot_climb_out() {
    for (path, why) in [
        ("../x", "leads out of the project"),
        ("a/../../x", "leads out of the project"),
        ("${UP}/passwd", "leads out of the project"),
        ("/a/../../x", "climbs above"),
        ("${HOME}/../../../x", "climbs above"),
        ("${HOME", "without its '}'"),
    ] {
        let found = shown(try_plan(reads(), &with("own/reads", &format!("one = \"{path}\""))).unwrap_err());
        assert!(found[0].starts_with("gonogo.toml:4:1 ") && found[0].contains(why), "{found:?}");
    }
    // What a variable holds is a value, not a text to look for variables in.
    let job = only_job(reads(), &with("own/reads", "one = \"${BRACES}/x\""));
    assert_eq!(granted(&job), ["read /srv/p/${HOME}/x by one of line 4"]);
}

#[test]
fn defaults_with_a_variable_that_is_not_set_fall_away() {
    let read = |default: &str| json!({ "type": "string", "x-gonogo-grant": "read", "default": default });
    let optional = json!({ "type": ["string", "null"], "x-gonogo-grant": "read", "default": "${EMPTY}/bin" });
    let mut list = path_list();
    list["default"] = json!(["${NONE}/a", "b", "${HOME}/c"]);
    let schema = object(&[], json!({ "list": list, "option": optional }));
    let template: &[&str] = &["{list[]}/bin/python"];
    let job = only_job(vec![check("x", schema, &[template])], "items.\"a.b\".check = \"own/x\"");
    assert_eq!(job.parameters, json!({ "list": ["b", "/srv/x/c"], "option": null }));
    let commands =
        job.authorities.iter().filter(|authority| matches!(authority.grant, Grant::Command { .. }));
    assert_eq!(commands.count(), 2);

    let schema = object(&[], json!({ "one": read("${NONE}/a") }));
    let (reason, _) = reason(only_task(vec![check("x", schema, &[])], "items.\"a.b\".check = \"own/x\""));
    assert_eq!(reason, "'one' names ${NONE}, which is not set");
}

#[test]
fn what_a_person_asked_for_does_not_fall_away() {
    for parameters in ["list = [\"a\", \"${NONE}/b\"]", "option = \"${NONE}\"", "one = \"${EMPTY}/b\""] {
        let (reason, _) = reason(only_task(reads(), &with("own/reads", parameters)));
        assert!(reason.contains("which is not set"), "{reason}");
    }
}

#[test]
fn commands_are_exactly_what_templates_and_parameters_say() {
    let schema = object(
        &[],
        json!({
            "program": { "type": "string", "x-gonogo-grant": "program" },
            "argument": { "type": "string" },
            "line": { "type": "array", "items": { "type": "string" }, "x-gonogo-grant": "command" },
        }),
    );
    let templates: &[&[&str]] = &[&["git", "--version"], &["{program}", "-x", "{argument}"]];
    let checks = || vec![check("x", schema.clone(), templates)];
    let job = only_job(
        checks(),
        &with("own/x", "program = \"cc\"\nargument = \"{line...} $(id)\"\nline = [\"-rf\", \"{program}\"]"),
    );
    assert_eq!(
        granted(&job),
        [
            "find cc by program of line 4",
            "run -rf '{program}' by line of line 6",
            "run git --version by commands of default",
            "run cc -x '{line...} $(id)' by commands of line 4",
        ]
    );
    // A value that looks like an option is the user's own word, and one argument.
    let job = only_job(checks(), &with("own/x", "program = \"cc\"\nargument = \"--output=x y\""));
    let Grant::Command { arguments } = &job.authorities[2].grant else { panic!("{:?}", job.authorities) };
    assert_eq!(Grant::Command { arguments: arguments.clone() }, Grant::command(["cc", "-x", "--output=x y"]));
}

#[test]
fn the_commands_of_a_foreign_plugin_need_consent() {
    let schema = object(
        &[],
        json!({
            "program": { "type": "string", "default": "sh" },
            "script": { "type": "string" },
            "tools": { "type": "array", "items": object(&[], json!({ "program": { "type": "string", "default": "sh" } })) },
        }),
    );
    let task = |template: &[&str], parameters: &str| {
        only_task(vec![check("x", schema.clone(), &[template])], &with("acme/x", parameters))
    };
    let refused = |template: &[&str], parameters: &str| {
        let (reason, lines) = reason(task(template, parameters));
        assert!(reason.contains("there is no consent yet") && lines.is_empty(), "{reason}");
    };
    refused(&["git", "status"], "");
    refused(&["sh", "-c", "{script}"], "script = \"id\"");
    refused(&["/bin/{script}"], "script = \"id\"");
    refused(&["{program}", "-c", "{script}"], "script = \"id\"");
    refused(&["{tools[].program}", "--version"], "tools = [{}]");
    // A program that the user wrote is no consent to the words behind it.
    refused(&["{program}", "-c", "id"], "program = \"sh\"");
    refused(&["{tools[].program}", "--version"], "tools = [{ program = \"cc\" }]");
    // A command that is left out needs no consent.
    assert!(matches!(task(&["sh", "-c", "{script}"], ""), Task::Job(_)));
}

#[test]
fn consent_makes_defaults_and_commands_of_a_plugin_count() {
    let schema = object(
        &[],
        json!({
            "home": { "type": "string", "x-gonogo-grant": "reveal", "default": "TOKEN" },
            "own": { "type": "string", "x-gonogo-grant": "read" },
            "gone": { "type": ["string", "null"], "x-gonogo-grant": "read", "default": "${NONE}/x" },
        }),
    );
    let template: &[&str] = &["cat", "{own}"];
    let job = only_job(vec![check("x", schema, &[template])], &with("friend/x", "own = \"a\""));
    let mut found = granted(&job);
    found.sort();
    assert_eq!(
        found,
        [
            "read /srv/p/a by own of line 4",
            "run cat a by commands of consent, line 7",
            "see $TOKEN by home of consent, line 7",
        ]
    );
}

#[test]
fn consent_to_less_is_none() {
    let mut catalog = catalog(reads());
    catalog.plugins.get_mut("friend").unwrap().trust = Trust::AsksForMore;
    let config = read_config(&with("friend/reads", "tables = [{ path = \"t\" }]"));
    let plan = plan(&surroundings(), &config, &read_profile(""), &catalog, &Selection::default()).unwrap();
    let (reason, _) = reason(plan.items.into_iter().next().unwrap().task);
    assert!(
        reason.contains("consent was given to less than it asks for now: see what it asks for by `gonogo plugin update friend`"),
        "{reason}"
    );
}

#[test]
fn the_profile_may_give_authority_to_any_plugin() {
    let profile = read_profile(
        "[[items]]\nid = \"a.b\"\ntitle = \"t\"\nhow = \"auto\"\ncheck = \"acme/reads\"\nwith = { one = \"x\" }\n",
    );
    let plan = plan(&surroundings(), &Config::default(), &profile, &catalog(reads()), &Selection::default())
        .unwrap();
    let Task::Job(job) = &plan.items[0].task else { panic!("{:?}", plan.items[0].task) };
    assert_eq!(granted(job), ["read /srv/p/x by one of profile"]);
}

#[test]
fn processes_are_opened_by_a_yes_alone() {
    let schema = |default: bool| {
        object(&[], json!({ "it": { "type": "boolean", "x-gonogo-grant": "processes", "default": default } }))
    };
    let checks = |default| vec![check("x", schema(default), &[])];
    let job = only_job(checks(false), &with("acme/x", "it = true"));
    assert_eq!(granted(&job), ["search the arguments of processes by it of line 4"]);
    assert!(only_job(checks(true), &with("acme/x", "it = false")).authorities.is_empty());
    let (reason, lines) = reason(only_task(checks(true), "items.\"a.b\".check = \"acme/x\""));
    assert!(reason.contains("wants 'the arguments of processes'"), "{reason}");
    assert_eq!(lines, "[items.\"a.b\".with]\nit = true\n");
}

#[test]
fn a_scratch_directory_stands_alone() {
    let path = |kind: &str| json!({ "type": "string", "x-gonogo-grant": kind });
    let schema = object(&[], json!({ "it": path("scratch"), "read": path("read"), "probe": path("write") }));
    let checks = || vec![check("x", schema.clone(), &[])];
    let job = only_job(checks(), &with("own/x", "it = \"${HOME}/drill\"\nread = \"drill\""));
    assert_eq!(granted(&job)[0], "make /srv/x/drill by it of line 4");
    for (parameters, why) in [
        ("it = \".\"", "it is the project directory"),
        ("it = \"/srv\"", "it is the project directory"),
        ("it = \"a/../../x\"", "leads out of the project"),
        ("it = \"a\"\nread = \"a\"", "it overlaps /srv/p/a, which 'read' names"),
        ("it = \"a\"\nread = \"a/b\"", "it overlaps /srv/p/a/b"),
        ("it = \"a/b\"\nread = \"a\"", "it overlaps /srv/p/a"),
        ("it = \"a/b\"\nread = \".\"", "it overlaps /srv/p,"),
        ("it = \"a/b\"\nprobe = \"a\"", "it overlaps /srv/p/a"),
    ] {
        let found = shown(try_plan(checks(), &with("own/x", parameters)).unwrap_err());
        assert!(
            found[0].starts_with("gonogo.toml:4:1 ") && found[0].contains(why),
            "{parameters}: {found:?}"
        );
    }
    let beside = only_job(checks(), &with("own/x", "it = \"ab\"\nread = \"a\""));
    assert_eq!(beside.authorities.len(), 2, "a name that begins alike is another name");
}

#[test]
fn a_table_is_named_in_each_of_its_forms() {
    let name = json!({ "type": "string", "x-gonogo-grant": "dataset" });
    let files = json!({ "anyOf": [name, { "type": "array", "items": name }] });
    let read = json!({ "type": "object", "properties": { "files": files, "delimiter": { "type": "string" } }, "required": ["files"], "additionalProperties": false });
    let schema = object(&[], json!({ "it": { "anyOf": [files, read] } }));
    let checks = || vec![check("x", schema.clone(), &[])];
    for (parameters, wanted) in [
        ("it = \"./d/*.csv\"", "read tables /srv/p/d/*.csv by it of line 4"),
        ("it = [\"d\"]", "read tables /srv/p/d by it[0] of line 4"),
        (
            "it = { files = \"/data/a.csv\", delimiter = \"/etc/passwd\" }",
            "read tables /data/a.csv by it.files of line 4",
        ),
    ] {
        assert_eq!(granted(&only_job(checks(), &with("acme/x", parameters))), [wanted]);
    }
    let remote =
        only_job(checks(), &with("acme/x", "it = [\"s3://bucket/x/*.csv\", \"https://h.example/x.csv\"]"));
    let wanted = [
        "read tables s3://bucket/x/*.csv by it[0] of line 4",
        "read tables https://h.example/x.csv by it[1] of line 4",
    ];
    assert_eq!(granted(&remote), wanted);
    for (name, why) in [
        ("gs://bucket/x.csv", "begin with s3:// or https://"),
        ("http://h.example/x.csv", "without TLS"),
        ("https://h.example/x.csv?X-Amz-Signature=1", "could be a secret"),
    ] {
        let found = shown(try_plan(checks(), &with("acme/x", &format!("it = \"{name}\""))).unwrap_err());
        assert!(found[0].contains(why), "{found:?}");
    }
}

#[test]
fn an_endpoint_is_a_server_and_nothing_else() {
    let schema = object(&[], json!({ "it": { "type": "string", "x-gonogo-grant": "endpoint" } }));
    let checks = || vec![check("x", schema.clone(), &[])];
    for (text, wanted) in [
        ("https://Data.Example/", "ask https://data.example by it of line 4"),
        ("http://127.0.0.1:9000", "ask http://127.0.0.1:9000 by it of line 4"),
    ] {
        assert_eq!(granted(&only_job(checks(), &with("acme/x", &format!("it = \"{text}\"")))), [wanted]);
    }
    for (text, why) in [
        ("https://h.example/path", "a server alone"),
        ("http://h.example", "without TLS"),
        ("https://169.254.169.254", "credentials"),
        ("https://u:p@h.example", "user"),
        ("h.example", "https://"),
    ] {
        let found = shown(try_plan(checks(), &with("acme/x", &format!("it = \"{text}\""))).unwrap_err());
        assert!(found[0].contains("cannot be an endpoint") && found[0].contains(why), "{found:?}");
    }
}

#[test]
fn slots_are_planned_as_slots() {
    let schema = object(&[], json!({ "repository": { "type": "string", "x-gonogo-grant": "read" } }));
    let template: &[&str] = &["borg", "extract", "{repository}::{?archive}"];
    let checks = || vec![check("x", schema.clone(), &[template])];
    let job = only_job(checks(), &with("own/x", "repository = \"r {?archive}\""));
    assert_eq!(granted(&job)[1], "run borg extract 'r {?archive}::'{?archive} by commands of line 4");
}
