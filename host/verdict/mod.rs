//! Outcomes -> verdicts -> decision. Pure.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use crate::{
    domain::{Decision, ItemId, Outcome, Report, Verdict},
    plan::{Item, Plan, Task},
};

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
    /// Why it is open, unknown or not applicable; of a rollup which items it has its verdict from.
    pub reason: Option<String>,
    /// The item whose failure keeps this one from being asked; of a rollup the first of the worst items that it merges. What
    /// has one is no root: mending that item mends this one.
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

/// Judges every item of a plan by what its run gave, and decides.
///
/// An item that was to run and has no outcome was blocked by one it needs, or the run was interrupted before it. Either way
/// it is unknown: nothing that was not asked passes. A plan without items is `INCOMPLETE` for the same reason.
pub fn assess(plan: &Plan, ran: &BTreeMap<ItemId, Ran>) -> Assessment {
    let items = plan.items.iter().map(|item| (&item.id, item)).collect::<BTreeMap<_, _>>();
    let mut judged = BTreeMap::new();
    for item in &plan.items {
        if let Some(found) = judge(item, &items, ran) {
            judged.insert(&item.id, found);
        }
    }
    // Rollups merge other items, never each other, so they come second.
    for item in &plan.items {
        if let Task::Rollup { of } = &item.task {
            let merged =
                of.iter().filter_map(|id| Some((*items.get(id)?, judged.get(id)?))).collect::<Vec<_>>();
            let rollup = roll_up(&item.id, &merged);
            judged.insert(&item.id, rollup);
        }
    }
    let nothing = if plan.items.is_empty() { Decision::Incomplete } else { Decision::Go };
    let mut assessment = Assessment { decision: nothing, items: Vec::new(), counts: BTreeMap::new() };
    for item in &plan.items {
        if let Some(found) = judged.remove(&item.id) {
            assessment.decision = assessment.decision.merge(found.verdict.decision(item.required));
            *assessment.counts.entry(found.verdict).or_default() += 1;
            assessment.items.push(found);
        }
    }
    assessment
}

/// The verdict of an item that is no rollup, by what is known of it alone; none where it was to run and did not.
pub fn verdict(item: &Item, ran: &BTreeMap<ItemId, Ran>) -> Option<Verdict> {
    match &item.task {
        Task::NotApplicable { .. } => Some(Verdict::NotApplicable),
        Task::Open { .. } => Some(Verdict::Open),
        Task::Job(_) => ran.get(&item.id).map(|ran| Verdict::from(&ran.outcome)),
        Task::Rollup { .. } => None,
    }
}

fn judge(item: &Item, items: &BTreeMap<&ItemId, &Item>, ran: &BTreeMap<ItemId, Ran>) -> Option<Judged> {
    let mut judged = Judged {
        id: item.id.clone(),
        verdict: verdict(item, ran).unwrap_or(Verdict::Unknown),
        report: Report::default(),
        reason: None,
        blocked_by: None,
        duration: Duration::ZERO,
    };
    match &item.task {
        Task::Rollup { .. } => return None,
        Task::NotApplicable { reason } | Task::Open { reason, .. } => judged.reason = Some(reason.clone()),
        Task::Job(_) => match ran.get(&item.id) {
            Some(Ran { outcome, duration }) => {
                judged.duration = *duration;
                (judged.report, judged.reason) = match outcome.clone() {
                    Outcome::Judged(report) => (report, None),
                    Outcome::NotApplicable(reason) => (Report::default(), Some(reason)),
                    Outcome::Unknown { reason, report } => (report, Some(reason)),
                };
            }
            None => match root(item, items, ran, items.len()) {
                Some((root, verdict)) => {
                    judged.reason = Some(format!("needs {root}, which is {}", verdict.name()));
                    judged.blocked_by = Some(root.clone());
                }
                None => judged.reason = Some("interrupted before it ran".to_owned()),
            },
        },
    }
    Some(judged)
}

/// The item at the root of why another did not run: the first need, or need of a need, that was judged and does not hold.
/// None where every need that is in its way was itself never asked. `steps` bounds the way, so that a plan with a circle,
/// which `plan` never makes, ends too.
fn root<'p>(
    item: &'p Item,
    items: &BTreeMap<&ItemId, &'p Item>,
    ran: &BTreeMap<ItemId, Ran>,
    steps: usize,
) -> Option<(&'p ItemId, Verdict)> {
    item.needs.iter().filter_map(|need| items.get(need)).find_map(|need| match verdict(need, ran) {
        Some(verdict) => (!verdict.satisfies_need()).then_some((&need.id, verdict)),
        None => root(need, items, ran, steps.checked_sub(1)?),
    })
}

/// Merges items. What does not apply does not count beside what does. An item that the decision does not depend on can make a
/// rollup `warn` and no worse: else `required = false` would come back through it.
fn roll_up(id: &ItemId, merged: &[(&Item, &Judged)]) -> Judged {
    let counted = |item: &Item, judged: &Judged| match item.required {
        true => judged.verdict,
        false => judged.verdict.min(Verdict::Warn),
    };
    let worst = merged.iter().map(|(item, judged)| counted(item, judged)).reduce(Verdict::merge);
    let verdict = worst.unwrap_or(Verdict::Unknown);
    let at_worst =
        merged.iter().filter(|(item, judged)| counted(item, judged) == verdict).map(|(_, judged)| judged);
    let at_worst = at_worst.collect::<Vec<_>>();
    let holds = verdict <= Verdict::Go;
    let names = at_worst.iter().map(|judged| judged.id.as_str()).collect::<Vec<_>>().join(", ");
    let applies = |(_, judged): &&(&Item, &Judged)| judged.verdict != Verdict::NotApplicable;
    let of = merged.iter().filter(applies).count();
    let summary = match verdict {
        Verdict::NotApplicable => "none of its items applies".to_owned(),
        _ => format!("{} of {of} {}", at_worst.len(), verdict.name()),
    };
    Judged {
        id: id.clone(),
        verdict,
        reason: match (merged.len(), verdict) {
            (0, _) => Some("none of its items is known".to_owned()),
            (_, Verdict::NotApplicable) => Some(summary.clone()),
            _ => (!holds).then(|| format!("{} of {of} {}: {names}", at_worst.len(), verdict.name())),
        },
        report: Report { summary, ..Report::default() },
        blocked_by: at_worst
            .first()
            .filter(|_| !verdict.satisfies_need())
            .map(|judged| judged.blocked_by.clone().unwrap_or_else(|| judged.id.clone())),
        duration: Duration::ZERO,
    }
}
