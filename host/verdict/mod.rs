//! Outcomes -> verdicts -> decision. Pure.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::{Decision, ItemId, Outcome, Report, Verdict};

/// What the run of one item gave.
#[derive(Clone, Debug)]
pub struct Ran {
    /// What the job gave.
    pub outcome: Outcome,
    /// How long it took, from start of the job to its outcome.
    pub duration: Duration,
}

/// Everything that is known of one item.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Its id.
    pub id: ItemId,
    /// Its verdict.
    pub verdict: Verdict,
    /// Summary, facts and findings.
    pub report: Report,
    /// Why it is open, unknown or not applicable.
    pub reason: Option<String>,
    /// The item whose failure keeps this one from being asked.
    pub blocked_by: Option<ItemId>,
    /// How long its job took.
    pub duration: Duration,
}

/// The decision and what it rests on.
#[derive(Clone, Debug)]
pub struct Assessment {
    /// The whole.
    pub decision: Decision,
    /// In the plan's order.
    pub items: Vec<Judged>,
    /// How many items have each verdict.
    pub counts: BTreeMap<Verdict, usize>,
}
