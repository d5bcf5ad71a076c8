//! A report of thirty items and every verdict, in every format; and texts that try to pass for something else.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use super::*;
use crate::{
    catalog::{Catalog, Description, Plugin, Source, Trust},
    domain::{Decision, Error, Fact, Finding, ItemId, Location, Report, Severity, Value, Verdict},
    plan::{How, Item, Job, Plan, Task},
    verdict::{Assessment, Judged},
};

struct Row {
    id: &'static str,
    title: &'static str,
    verdict: Verdict,
    text: &'static str,
    micros: u64,
}

type Text = &'static str;

const fn row(id: Text, title: Text, verdict: Verdict, text: Text, micros: u64) -> Row {
    Row { id, title, verdict, text, micros }
}

const ROWS: &[Row] = {
    use Verdict::{Go, NoGo, NotApplicable, Open, Unknown, Waived, Warn};
    &[
        row("system.hardware.cpu", "Enough logical cores are usable", Go, "8 usable cores", 412),
        row("system.hardware.memory", "Enough memory is usable", NoGo, "12.3 GiB usable", 380),
        row("system.hardware.storage", "Enough space is free", Go, "312 GiB free on ext4", 521),
        row("system.hardware.gpu", "The GPUs asked for are there", NotApplicable, "no GPU asked for", 0),
        row("system.software.python", "Python is recent enough", Go, "Python 3.11.2", 12_300),
        row("system.software.node", "Node.js is recent enough", Warn, "Node.js 16.20.2", 31_800),
        row("system.software.pnpm", "pnpm is there", Waived, "accepted by Ada until 2026-12-31", 0),
        row("system.software.git", "The repository is clean", Warn, "2 files are changed", 18_900),
        row("system.software.dependencies", "Listed programs are there", Go, "4 programs", 44_100),
        row("system.development.venv", "A virtual environment is there and runs", NoGo, "", 9_100),
        row("system.development.requirements", "Every requirement is installed", Unknown, "", 0),
        row("system.development.dev_requirements", "The same for development", Unknown, "", 0),
        row("system.development.packages", "What is installed is consistent", Unknown, "", 0),
        row("system.development.smoke", "The smoke command succeeds", Open, "", 0),
        row(
            "data.training.collected",
            "The files of the dataset are there",
            Go,
            "1,204 files, 418 GiB",
            88_000,
        ),
        row("data.storage.integrity", "Every file has the digest of the manifest", Open, "", 0),
        row("model.selection.dependencies", "The frameworks fit the model", Unknown, "", 0),
        row("model.environment.limits", "Resource limits are wide enough", Unknown, "", 10_000_000),
        row("model.environment.licence", "The licence of the base model was read", Go, "", 90),
        row(
            "infrastructure.compute.allocation",
            "The allocation is the one asked for",
            Go,
            "8 cores, 64 GiB",
            700,
        ),
        row(
            "infrastructure.compute.gpu",
            "GPU settings are as declared",
            NotApplicable,
            "no GPU asked for",
            0,
        ),
        row(
            "infrastructure.compute.performance",
            "The machine is as fast as declared",
            Unknown,
            "",
            60_000_000,
        ),
        row("infrastructure.storage.paths", "Paths are on the file system declared", Go, "3 paths", 630),
        row("infrastructure.storage.results", "Result directories are writable", Go, "2 directories", 1_450),
        row(
            "infrastructure.storage.performance",
            "The disk is as fast as declared",
            Go,
            "2.1 GB/s read, 1.2 GB/s written",
            3_200_000,
        ),
        row("execution.progress.resources", "Utilisation is within bounds", Go, "load 0.4", 800),
        row("site.scratch", "Scratch is mounted and fast", Go, "/scratch: 模型 on nvme0n1", 2_400),
        row("site.quota", "The quota is far away", Go, "41 % used", 950),
        row("site.node_health", "The node has no known fault", Go, "12 rules hold", 5_800),
        row("site.licences", "Licence server answers", Go, "3 licences", 130_000),
    ]
};

/// Items that do not decide.
const OPTIONAL: &[&str] = &["infrastructure.compute.performance"];

/// Items that wait for the virtual environment.
const BLOCKED: &[&str] = &[
    "system.development.requirements",
    "system.development.dev_requirements",
    "system.development.packages",
    "model.selection.dependencies",
];

fn id(text: &str) -> ItemId {
    ItemId::try_from(text.to_owned()).unwrap()
}

fn finding(severity: Severity, message: &str, place: Option<(&str, u32)>, hint: Option<&str>) -> Finding {
    Finding {
        severity,
        message: message.to_owned(),
        location: place.map(|(path, line)| Location {
            path: path.to_owned(),
            line: Some(line),
            column: None,
        }),
        hint: hint.map(str::to_owned),
    }
}

fn fact(name: &str, value: impl Into<Value>, unit: Option<&str>, bound: Option<&str>) -> Fact {
    Fact {
        name: name.into(),
        value: value.into(),
        unit: unit.map(str::to_owned),
        bound: bound.map(str::to_owned),
    }
}

fn report(row: &Row) -> Report {
    let (findings, facts) = match row.id {
        "system.hardware.cpu" => (
            vec![],
            vec![
                fact("usable", 8u64, Some("1"), Some(">= 4")),
                fact("model", "AMD EPYC 9654 96-Core Processor", None, None),
                fact("frequency", 2_400_000_000u64, Some("Hz"), None),
                fact("load from 0 to 1", vec![0.0, 4.0, 2.0, 1.0], Some("1"), None),
            ],
        ),
        "system.hardware.memory" => (
            vec![finding(
                Severity::NoGo,
                "12.3 GiB of memory are usable, at least 16 GiB wanted",
                None,
                Some(
                    "raise memory.max of the cgroup /user.slice, or lower items.\"system.hardware.memory\".with.minimum in gonogo.toml",
                ),
            )],
            vec![
                fact("usable", 13_207_024_435u64, Some("B"), Some(">= 17179869184")),
                fact("total", 68_719_476_736u64, Some("B"), None),
                fact(
                    "swap used",
                    Value::Failed { failed: Error::Io("cannot read /proc/swaps: permission denied".into()) },
                    Some("B"),
                    None,
                ),
            ],
        ),
        "system.software.node" => (
            vec![finding(
                Severity::Warn,
                "Node.js 16 gets no security fixes since 2023-09-11",
                Some(("package.json", 12)),
                Some("nvm install 22"),
            )],
            vec![],
        ),
        "system.software.git" => (
            vec![
                finding(Severity::Warn, "train.py is changed", Some(("train.py", 40)), Some("git commit")),
                finding(Severity::Warn, "notes.txt is not tracked", None, None),
                finding(Severity::Note, "the branch is 3 commits ahead", None, None),
            ],
            vec![fact("changed", vec!["train.py".to_owned(), "notes.txt".to_owned()], None, Some("none"))],
        ),
        "system.development.venv" => (
            vec![
                finding(
                    Severity::NoGo,
                    "the interpreter .venv/bin/python links to /usr/bin/python3.10, which is not there",
                    Some((".venv/pyvenv.cfg", 1)),
                    Some("python3 -m venv --clear .venv && .venv/bin/pip install -r requirements.txt"),
                ),
                finding(Severity::Warn, "the environment was made by another user", None, None),
            ],
            vec![],
        ),
        _ => (vec![], vec![]),
    };
    let summary = if row.verdict == Verdict::Waived { "" } else { row.text };
    Report { summary: summary.to_owned(), facts, findings }
}

fn reason(row: &Row) -> Option<String> {
    let text = match row.id {
        "system.development.smoke" => "the parameter 'command' is missing",
        "data.storage.integrity" => "the parameters 'root' and 'manifest' are missing",
        "model.environment.limits" => {
            "the job did not end within 10 s; its last host call was files.read-range on /mnt/nfs/data"
        }
        "infrastructure.compute.performance" => "the job did not end within 60 s",
        _ if row.verdict == Verdict::Waived || row.verdict == Verdict::NotApplicable => row.text,
        _ if BLOCKED.contains(&row.id) => "system.development.venv is no-go",
        _ => return None,
    };
    Some(text.to_owned())
}

fn lines(row: &Row) -> &'static str {
    match row.id {
        "system.development.smoke" => {
            "[items.\"system.development.smoke\".with]\ncommand = [\"python\", \"-c\", \"import torch\"]"
        }
        _ => {
            "[items.\"data.storage.integrity\".with]\nroot = \"data/train\"\nmanifest = \"data/train.sha256\""
        }
    }
}

fn task(row: &Row) -> Task {
    match row.verdict {
        Verdict::NotApplicable => Task::NotApplicable { reason: row.text.to_owned() },
        Verdict::Open => {
            Task::Open { check: None, reason: reason(row).unwrap_or_default(), lines: lines(row).to_owned() }
        }
        _ => Task::Job(Job {
            check: "system/cpu".to_owned().try_into().unwrap(),
            parameters: serde_json::json!({}),
            authorities: Vec::new(),
            timeout: Duration::from_secs(10),
            exclusive: false,
        }),
    }
}

fn plan() -> Plan {
    let item = |row: &Row| Item {
        id: id(row.id),
        title: row.title.to_owned(),
        how: How::Auto,
        required: !OPTIONAL.contains(&row.id),
        needs: Vec::new(),
        owner: None,
        overridden: Vec::new(),
        task: task(row),
    };
    Plan {
        project: PathBuf::from("/srv/project"),
        profile: "training".to_owned(),
        items: ROWS.iter().map(item).collect(),
    }
}

fn assessment() -> Assessment {
    let judged = |row: &Row| Judged {
        id: id(row.id),
        verdict: row.verdict,
        report: report(row),
        reason: reason(row),
        blocked_by: BLOCKED.contains(&row.id).then(|| id("system.development.venv")),
        duration: Duration::from_micros(row.micros),
    };
    let mut counts = BTreeMap::new();
    for row in ROWS {
        *counts.entry(row.verdict).or_default() += 1;
    }
    Assessment { decision: Decision::NoGo, items: ROWS.iter().map(judged).collect(), counts }
}

fn catalog() -> Catalog {
    let plugin = Plugin {
        name: "system".to_owned(),
        source: Source::BuiltIn,
        bytes: Vec::new().into(),
        sha256: "0".repeat(64),
        description: Description {
            version: "0.1.0".to_owned(),
            summary: "The machine".to_owned(),
            imports: vec!["gonogo:plugin/system@0.1.0".to_owned()],
            checks: Vec::new(),
        },
        trust: Trust::BuiltIn,
    };
    Catalog { plugins: BTreeMap::from([("system".to_owned(), plugin)]) }
}

fn circumstances() -> Circumstances {
    Circumstances {
        host: Host {
            name: "node01".to_owned(),
            system: "Linux 6.12.0".to_owned(),
            architecture: "x86_64".to_owned(),
            gonogo: "0.1.0".to_owned(),
        },
        started: "2026-11-23T17:15:50Z".to_owned(),
        duration: Duration::from_millis(60_420),
    }
}

fn document() -> Document {
    Document::new(&plan(), &assessment(), &catalog(), &circumstances())
}

fn written(name: &str, document: &Document, style: &Style) -> String {
    let mut out = Vec::new();
    (format(name).unwrap().write)(document, &mut out, style).unwrap();
    String::from_utf8(out).unwrap()
}

/// Holds a text against a file; `BLESS=1` writes the file.
fn expect(text: &str, file: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("host/report/expected").join(file);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{file} differs; BLESS=1 cargo test writes it anew");
}

#[test]
fn the_text_report_reads_as_expected() {
    expect(&written("text", &document(), &Style::PLAIN), "plain.txt");
    expect(&written("text", &document(), &Style { verbose: true, ..Style::PLAIN }), "verbose.txt");
    expect(&written("text", &document(), &Style { width: 60, ..Style::PLAIN }), "narrow.txt");
}

#[test]
fn colour_changes_nothing_but_colour() {
    let style = Style { verbose: true, ..Style::PLAIN };
    let coloured = written("text", &document(), &Style { colour: true, ..style });
    assert!(coloured.contains("\u{1b}["));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped.replacen(" NO-GO ", "NO-GO", 1), written("text", &document(), &style));
}

#[test]
fn every_item_is_in_the_text_report() {
    let text = written("text", &document(), &Style::PLAIN);
    for item in document().items {
        let label = item.id.as_str().rsplit('.').next().unwrap();
        assert!(text.contains(label), "{}", item.id);
    }
}

#[test]
fn no_line_is_wider_than_asked() {
    for width in [layout::NARROWEST, 60, 100, layout::WIDEST] {
        for verbose in [false, true] {
            for line in written("text", &document(), &Style { width, verbose, colour: false }).lines() {
                assert!(layout::columns(line) <= width, "{line:?}");
            }
        }
    }
}

#[test]
fn an_optional_failure_that_blocks_a_required_item_is_shown_as_blocking() {
    let mut document = document();
    document.items.retain(|item| item.phase == "system");
    let blocking = |document: &Document| {
        let text = written("text", document, &Style::PLAIN);
        let from = text.find("What blocks").unwrap();
        let to = text.find("\nOpen").unwrap();
        text[from..to].contains("system.development.venv")
    };
    for item in &mut document.items {
        item.required = item.id.as_str() != "system.development.venv";
    }
    assert!(blocking(&document));
    for item in &mut document.items {
        item.required &= item.section != "development";
    }
    assert!(!blocking(&document));
}

#[test]
fn items_that_block_each_other_in_a_circle_are_still_shown() {
    let mut document = document();
    document.items.retain(|item| BLOCKED[..2].contains(&item.id.as_str()));
    document.items[0].blocked_by = Some(id(BLOCKED[1]));
    document.items[1].blocked_by = Some(id(BLOCKED[0]));
    let text = written("text", &document, &Style::PLAIN);
    assert!(BLOCKED[..2].iter().all(|id| text.contains(&format!("? {id}"))), "{text}");
}

#[test]
fn the_json_report_fits_its_schema() {
    let schema = json::schema();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let report: serde_json::Value =
        serde_json::from_str(&written("json", &document(), &Style::PLAIN)).unwrap();
    let errors = validator.iter_errors(&report).map(|error| error.to_string()).collect::<Vec<_>>();
    assert!(errors.is_empty(), "{errors:#?}");
    // And the schema says no to what is none.
    for (pointer, wrong) in
        [("/decision", "MAYBE"), ("/items/0/verdict", "GO"), ("/items/0/duration_us", "1 s")]
    {
        let mut report = report.clone();
        *report.pointer_mut(pointer).unwrap() = wrong.into();
        assert!(!validator.is_valid(&report), "{pointer}");
    }
}

#[test]
fn the_json_report_has_its_documented_shape_and_comes_back() {
    let json = written("json", &document(), &Style::PLAIN);
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    let keys =
        |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(keys(&report), "schema decision profile started duration_ms host counts plugins items");
    assert_eq!(
        keys(&report["items"][0]),
        "id title phase section how check required verdict summary findings facts duration_us"
    );
    assert_eq!(keys(&report["items"][5]["findings"][0]), "severity message location hint");
    assert_eq!(keys(&report["items"][1]["facts"][0]), "name value unit bound");
    assert_eq!(report["counts"]["no-go"], 2);
    assert_eq!(serde_json::from_str::<Document>(&json).unwrap(), document());
}

/// A text with everything that acts, and lines that look like ours.
const HOSTILE: &str = "evil\u{1b}[2J\u{1b}[32m\u{9b}1m\u{202e}\u{2066}\u{200b}\0\u{7}\u{8}\r\nGO  nothing that is required\n\nWhat blocks the run\n  ✓ system.hardware.cpu\u{2028}x";

/// The report with that text wherever a plugin, a file or a user could put one.
fn hostile() -> Document {
    let text = || HOSTILE.to_owned();
    let (mut plan, mut assessment, mut catalog, mut when) =
        (plan(), assessment(), catalog(), circumstances());
    plan.profile = text();
    for item in &mut plan.items {
        item.title = text();
        if let Task::Open { reason, lines, .. } = &mut item.task {
            (*reason, *lines) = (text(), text());
        }
    }
    for item in &mut assessment.items {
        item.reason = item.reason.as_ref().map(|_| text());
        let failed = Error::Io(text());
        item.report = Report {
            summary: text(),
            facts: vec![
                Fact { name: text(), value: text().into(), unit: Some(text()), bound: Some(text()) },
                Fact { name: text(), value: vec![text()].into(), unit: None, bound: None },
                Fact { name: text(), value: Value::Failed { failed }, unit: None, bound: None },
                Fact { name: text(), value: f64::NAN.into(), unit: Some("s".into()), bound: None },
            ],
            findings: vec![Finding {
                severity: Severity::Note,
                message: text(),
                location: Some(Location { path: text(), line: Some(1), column: Some(2) }),
                hint: Some(text()),
            }],
        };
    }
    let plugin = catalog.plugins.get_mut("system").unwrap();
    (plugin.name, plugin.description.version) = (text(), text());
    plugin.description.imports = vec![text()];
    when.host = Host { name: text(), system: text(), architecture: text(), gonogo: text() };
    Document::new(&plan, &assessment, &catalog, &when)
}

#[test]
fn no_text_acts_on_the_terminal() {
    for (format, colour) in [("text", false), ("text", true), ("json", false)] {
        let written = written(format, &hostile(), &Style { colour, verbose: true, width: 80 });
        let ours = anstream::adapter::strip_str(&written).to_string();
        let acting = ours.chars().filter(|&c| c != '\n' && crate::domain::text::acts(c)).collect::<Vec<_>>();
        assert!(acting.is_empty(), "{format}: {acting:?}");
        // Every escape sequence sets a colour.
        for sequence in written.split('\u{1b}').skip(1) {
            let end = sequence.find(|c: char| !matches!(c, '[' | ';' | '0'..='9')).unwrap();
            assert!(sequence.starts_with('[') && sequence[end..].starts_with('m'), "{sequence:?}");
        }
    }
}

#[test]
fn no_text_passes_for_a_line_of_ours() {
    let text = written("text", &hostile(), &Style { verbose: true, ..Style::PLAIN });
    let starts = |with: &str| text.lines().filter(|line| line.starts_with(with)).count();
    assert_eq!(starts("GO"), 0);
    assert_eq!(starts("What blocks"), 1);
    assert_eq!(starts("  ✓ system.hardware.cpu"), 0);
    for line in text.lines() {
        assert!(layout::columns(line) <= layout::USUAL_WIDTH, "{line:?}");
    }
}

#[test]
fn formats_have_names_of_their_own() {
    let mut names = FORMATS.iter().map(|format| format.name).collect::<Vec<_>>();
    names.dedup();
    assert_eq!(names.len(), FORMATS.len());
    assert!(format("yaml").is_none());
}
