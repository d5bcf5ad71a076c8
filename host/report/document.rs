//! The report as data: what every format writes, in the shape that the JSON report has.
//!
//! What comes from plugins, files or the user is bounded and cleaned here, once, for all formats.

use std::{collections::BTreeMap, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    catalog::{Catalog, Plugin},
    domain::{CheckId, Decision, Fact, Finding, ItemId, Location, Value, Verdict, text},
    plan::{self, How, Plan, Task},
    verdict::{Assessment, Judged},
};

/// The shape's name; a change that breaks readers changes the number.
pub const SCHEMA: &str = "gonogo/report@1";

/// Most bytes of a text of one line: longer than any terminal is wide, short enough that a thousand of them are read.
const LINE: usize = 1_000;

/// Most bytes of a text of several lines: about one screen.
const LINES: usize = 8_000;

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    /// `gonogo/report@1`.
    pub schema: String,
    /// The whole.
    pub decision: Decision,
    /// The profile's name.
    pub profile: String,
    /// When the run started: RFC 3339, UTC.
    pub started: String,
    /// How long the run took, in milliseconds.
    pub duration_ms: u64,
    /// The machine that was asked.
    pub host: Host,
    /// How many items have each verdict. Every verdict is named.
    pub counts: BTreeMap<Verdict, usize>,
    /// The plugins at hand.
    pub plugins: Vec<PluginUsed>,
    /// In the profile's order.
    pub items: Vec<Item>,
}

/// The machine that was asked, and the program that asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Host {
    /// Its name on the network.
    pub name: String,
    /// The operating system and the release of its kernel: `Linux 6.12.0`.
    pub system: String,
    /// `x86_64`, `aarch64`.
    pub architecture: String,
    /// The version of gonogo.
    pub gonogo: String,
}

/// A plugin, told apart by its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginUsed {
    /// `system` in `system/cpu`.
    pub name: String,
    /// Semver.
    pub version: String,
    /// Of the component, lower-case hex.
    pub sha256: String,
    /// Interfaces that the component imports.
    pub imports: Vec<String>,
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// `system.hardware.cpu`.
    pub id: ItemId,
    /// What must hold, for a person.
    pub title: String,
    /// The id's first part.
    pub phase: String,
    /// The id's second part; empty where the id has but two.
    pub section: String,
    /// How it is decided.
    pub how: How,
    /// The check behind it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<CheckId>,
    /// Whether the decision depends on it.
    pub required: bool,
    /// What is said of it.
    pub verdict: Verdict,
    /// The result in one line, with the figures that matter.
    pub summary: String,
    /// What to act on.
    pub findings: Vec<Finding>,
    /// What was measured.
    pub facts: Vec<Fact>,
    /// How long its job took, in microseconds.
    pub duration_us: u64,
    /// Why it is open, unknown or not applicable.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The item whose failure keeps this one from being asked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blocked_by: Option<ItemId>,
    /// The lines to write into gonogo.toml, so that the item can be decided.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines: Option<String>,
}

/// What is known of the run as a whole.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// The machine that was asked.
    pub host: Host,
    /// When it started: RFC 3339, UTC.
    pub started: String,
    /// How long it took.
    pub duration: Duration,
}

impl Document {
    /// The report of an assessed plan.
    pub fn new(plan: &Plan, assessment: &Assessment, catalog: &Catalog, when: &Circumstances) -> Self {
        let mut counts = Verdict::ALL.map(|verdict| (verdict, 0)).into_iter().collect::<BTreeMap<_, _>>();
        counts.extend(&assessment.counts);
        Self {
            schema: SCHEMA.to_owned(),
            decision: assessment.decision,
            profile: one_line(&plan.profile),
            started: one_line(&when.started),
            duration_ms: u64::try_from(when.duration.as_millis()).unwrap_or(u64::MAX),
            host: Host {
                name: one_line(&when.host.name),
                system: one_line(&when.host.system),
                architecture: one_line(&when.host.architecture),
                gonogo: one_line(&when.host.gonogo),
            },
            counts,
            plugins: catalog.plugins.values().map(PluginUsed::from).collect(),
            // The assessment is in the plan's order.
            items: plan
                .items
                .iter()
                .zip(&assessment.items)
                .map(|(planned, judged)| item(planned, judged))
                .collect(),
        }
    }
}

impl From<&Plugin> for PluginUsed {
    fn from(plugin: &Plugin) -> Self {
        Self {
            name: one_line(&plugin.name),
            version: one_line(&plugin.description.version),
            sha256: one_line(&plugin.sha256),
            imports: plugin.description.imports.iter().map(|import| one_line(import)).collect(),
        }
    }
}

fn item(planned: &plan::Item, judged: &Judged) -> Item {
    let (check, lines) = match &planned.task {
        Task::Job(job) => (Some(job.check.clone()), None),
        Task::Open { check, lines, .. } => (check.clone(), Some(text::lines(lines, LINES))),
        Task::NotApplicable { .. } | Task::Rollup { .. } => (None, None),
    };
    Item {
        id: judged.id.clone(),
        title: one_line(&planned.title),
        phase: judged.id.phase().to_owned(),
        section: judged.id.section().to_owned(),
        how: planned.how,
        check,
        required: planned.required,
        verdict: judged.verdict,
        summary: one_line(&judged.report.summary),
        findings: judged.report.findings.iter().map(finding).collect(),
        facts: judged.report.facts.iter().map(fact).collect(),
        duration_us: u64::try_from(judged.duration.as_micros()).unwrap_or(u64::MAX),
        reason: judged.reason.as_deref().map(|reason| text::lines(reason, LINES)),
        blocked_by: judged.blocked_by.clone(),
        lines: lines.filter(|lines| !lines.trim().is_empty()),
    }
}

fn finding(finding: &Finding) -> Finding {
    Finding {
        severity: finding.severity,
        message: text::lines(&finding.message, LINES),
        location: finding.location.as_ref().map(|place| Location { path: one_line(&place.path), ..*place }),
        hint: finding.hint.as_deref().map(|hint| text::lines(hint, LINES)),
    }
}

fn fact(fact: &Fact) -> Fact {
    let value = match &fact.value {
        // JSON has no such numbers.
        Value::Number(number) if !number.is_finite() => Value::Text(number.to_string()),
        Value::Numbers(numbers) if numbers.iter().any(|number| !number.is_finite()) => {
            Value::Texts(numbers.iter().map(f64::to_string).collect())
        }
        Value::Text(text) => Value::Text(one_line(text)),
        Value::Texts(texts) => Value::Texts(texts.iter().map(|text| one_line(text)).collect()),
        Value::Failed { failed } => Value::Failed { failed: failed.clone().map_text(|text| one_line(&text)) },
        value => value.clone(),
    };
    Fact {
        name: one_line(&fact.name),
        value,
        unit: fact.unit.as_deref().map(one_line),
        bound: fact.bound.as_deref().map(one_line),
    }
}

fn one_line(text: &str) -> String {
    text::line(text, LINE)
}
