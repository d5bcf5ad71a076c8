//! `gonogo plan`: what would run, with everything that each job may touch and who said so.

use crate::{
    domain::{Authority, Grant, Origin, grant::command_words, text},
    plan::{Item, Job, Plan, Task},
    report::{
        Style,
        layout::{FAINT, STRONG, table, wrap},
        units,
    },
};

/// Most bytes of a text of one line.
const LINE: usize = 1_000;

/// The plan, for people.
pub fn as_text(plan: &Plan, style: &Style) -> String {
    let mut out = String::new();
    let jobs = plan.jobs();
    let head = match (plan.items.len(), jobs) {
        (1, 1) => "1 item, which is a job".to_owned(),
        (items, jobs) => format!("{}, {jobs} of them jobs", units::counted(items, "item")),
    };
    out += &format!("{}\n", style.paint(STRONG, &head));
    let about = format!("profile {} · project {}", plan.profile, plan.project.display());
    for line in wrap(&text::line(&about, LINE), style.width) {
        out += &format!("{}\n", style.paint(FAINT, &line));
    }
    for item in &plan.items {
        out.push('\n');
        self::item(item, style, &mut out);
    }
    out
}

fn item(item: &Item, style: &Style, out: &mut String) {
    let optional = if item.required { "" } else { "  (not required)" };
    let title = style.paint(FAINT, &format!("{}{optional}", text::line(&item.title, LINE)));
    *out += &format!("{}  {title}\n", style.paint(STRONG, item.id.as_str()));
    let mut rows = Vec::new();
    match &item.task {
        Task::Job(job) => self::job(job, &mut rows),
        Task::NotApplicable { reason } => rows.push(row("not applicable", reason)),
        Task::Open { reason, lines, check } => {
            let check = check.as_ref().map(|check| format!(" for {check}")).unwrap_or_default();
            rows.push(row(&format!("open{check}"), reason));
            rows.extend(lines.lines().map(|line| row("", line)));
        }
        Task::Rollup { of } => {
            let of = of.iter().map(ToString::to_string).collect::<Vec<_>>();
            rows.push(row("merges", &of.join(", ")));
        }
    }
    if !item.needs.is_empty() {
        let needs = item.needs.iter().map(ToString::to_string).collect::<Vec<_>>();
        rows.push(row("needs", &needs.join(", ")));
    }
    rows.extend(item.overridden.iter().map(|setting| row("overridden", setting)));
    for line in table(&rows, [Some(FAINT), None], style) {
        *out += &format!("{line}\n");
    }
}

fn job(job: &Job, rows: &mut Vec<[String; 2]>) {
    let alone = if job.exclusive { ", alone" } else { "" };
    rows.push(row("run", &format!("{}, at most {}{alone}", job.check, units::duration(job.timeout))));
    if let Some(parameters) = job.parameters.as_object() {
        rows.extend(parameters.iter().map(|(name, value)| row(&format!("  {name}"), &value.to_string())));
    }
    if job.authorities.is_empty() {
        rows.push(row("may touch", "no file, program or variable"));
    }
    for (at, authority) in job.authorities.iter().enumerate() {
        rows.push(row(if at == 0 { "may touch" } else { "" }, &granted(authority)));
    }
}

/// One grant with the parameter and the author: `read /srv/data  root, gonogo.toml line 7`.
fn granted(authority: &Authority) -> String {
    let what = match &authority.grant {
        Grant::Read { path, .. } => format!("read     {}", path.display()),
        Grant::Dataset { path, .. } => format!("tables   {}", path.display()),
        Grant::Write { path, .. } => format!("probe    {}", path.display()),
        Grant::Scratch { path, .. } => format!("make     {}", path.display()),
        Grant::Processes => "search   the arguments of processes".to_owned(),
        Grant::Endpoint { server } => {
            format!("ask      {}, host {}, port {}", server.scheme.name(), server.host, server.port)
        }
        Grant::Program { name } => format!("find     {name}"),
        Grant::Command { arguments } => format!("command  {}", command_words(arguments)),
        Grant::Variable { name, reveal: false } => format!("test     ${name}"),
        Grant::Variable { name, reveal: true } => format!("see      ${name}"),
    };
    let origin = match authority.origin {
        Origin::Config { line } => format!("gonogo.toml line {line}"),
        Origin::Profile => "profile".to_owned(),
        Origin::Default => "default".to_owned(),
        Origin::Consent { line } => format!("consent, gonogo.lock line {line}"),
    };
    // A command without parameters is named by itself.
    let by_parameter = match &authority.grant {
        Grant::Command { arguments } => authority.parameter != command_words(arguments),
        _ => true,
    };
    match by_parameter {
        true => format!("{what}   [{}, {origin}]", authority.parameter),
        false => format!("{what}   [{origin}]"),
    }
}

fn row(name: &str, value: &str) -> [String; 2] {
    [format!("  {}", text::line(name, LINE)), text::line(value, LINE)]
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{domain::grant::Argument, plan::How};

    fn plan() -> Plan {
        let authority =
            |grant, parameter: &str, origin| Authority { grant, parameter: parameter.to_owned(), origin };
        let read = Grant::Read { name: "data/train".into(), path: "/srv/project/data/train".into() };
        let command = Grant::command(["/bin/python", "-c", "import torch"]);
        let git = Grant::command(["git", "--version"]);
        let archive = Argument::Slot { before: "/r::".into(), slot: "archive".into(), after: String::new() };
        let borg = Grant::Command { arguments: vec![Argument::Text("borg".into()), archive] };
        let job = Job {
            check: "toolchain/smoke".to_owned().try_into().unwrap(),
            parameters: serde_json::json!({ "command": ["python"], "root": "data/train" }),
            authorities: vec![
                authority(read, "root", Origin::Config { line: 7 }),
                authority(command, "command", Origin::Profile),
                authority(Grant::Variable { name: "HOME".into(), reveal: false }, "home", Origin::Default),
                authority(git, "git --version", Origin::Default),
                authority(borg, "commands", Origin::Default),
                authority(Grant::command(["fio", "--version"]), "commands", Origin::Consent { line: 5 }),
                authority(Grant::Processes, "arguments", Origin::Profile),
                authority(
                    Grant::Scratch { name: "drill".into(), path: "/srv/project/drill".into() },
                    "scratch",
                    Origin::Profile,
                ),
            ],
            timeout: Duration::from_secs(30),
            exclusive: true,
        };
        let item = |id: &str, task| Item {
            id: id.to_owned().try_into().unwrap(),
            title: "The smoke command succeeds".to_owned(),
            how: How::Auto,
            required: true,
            needs: vec!["system.development.venv".to_owned().try_into().unwrap()],
            owner: None,
            overridden: vec!["with.root (line 7)".to_owned()],
            task,
        };
        Plan {
            project: "/srv/project".into(),
            profile: "training".to_owned(),
            items: vec![
                item("system.development.smoke", Task::Job(job)),
                item("system.hardware.gpu", Task::NotApplicable { reason: "none\n\u{1b}[31mhere".into() }),
            ],
        }
    }

    #[test]
    fn every_grant_stands_with_its_parameter_and_author() {
        let text = as_text(&plan(), &Style::PLAIN);
        for line in [
            "2 items, 1 of them jobs",
            "read     /srv/project/data/train   [root, gonogo.toml line 7]",
            "command  /bin/python -c 'import torch'   [command, profile]",
            "test     $HOME   [home, default]",
            "command  git --version   [default]",
            "command  borg /r::{?archive}   [commands, default]",
            "command  fio --version   [commands, consent, gonogo.lock line 5]",
            "search   the arguments of processes   [arguments, profile]",
            "make     /srv/project/drill   [scratch, profile]",
            "toolchain/smoke, at most 30 s, alone",
            "overridden      with.root (line 7)",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn texts_stay_on_their_line() {
        let text = as_text(&plan(), &Style::PLAIN);
        assert!(text.contains("none  [31mhere"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && text::acts(c)));
    }
}
