//! Plans and outcomes made by hand, and the properties that no plan may break.

use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::{
    domain::{CheckId, Finding, Severity},
    plan::{How, Job},
};

fn id(name: &str) -> ItemId {
    ItemId::try_from(name.to_owned()).unwrap()
}

fn item(name: &str, task: Task, needs: &[&str]) -> Item {
    Item {
        id: id(name),
        title: String::new(),
        how: How::Auto,
        required: true,
        needs: needs.iter().map(|need| id(need)).collect(),
        owner: None,
        overridden: Vec::new(),
        task,
    }
}

fn job() -> Task {
    Task::Job(Job {
        check: CheckId::try_from("system/cpu".to_owned()).unwrap(),
        parameters: serde_json::json!({}),
        authorities: Vec::new(),
        timeout: Duration::from_secs(1),
        exclusive: false,
    })
}

fn open() -> Task {
    Task::Open { check: None, reason: "no 'root'".to_owned(), lines: String::new() }
}

fn rollup(of: &[&str]) -> Task {
    Task::Rollup { of: of.iter().map(|of| id(of)).collect() }
}

fn plan(items: Vec<Item>) -> Plan {
    Plan { project: PathBuf::from("/p"), profile: "x".to_owned(), items }
}

/// An outcome with one finding of that severity.
fn found(severity: Option<Severity>) -> Ran {
    let finding = |severity| Finding { severity, message: "m".to_owned(), location: None, hint: None };
    let report = Report { findings: severity.map(finding).into_iter().collect(), ..Report::default() };
    Ran { outcome: Outcome::Judged(report), duration: Duration::from_millis(3) }
}

fn ran<const N: usize>(outcomes: [(&str, Ran); N]) -> BTreeMap<ItemId, Ran> {
    outcomes.map(|(name, ran)| (id(name), ran)).into()
}

/// Verdict, reason and root of each item.
fn shown(assessment: &Assessment) -> Vec<(&str, &str, Option<&str>, Option<&str>)> {
    let show = |judged: &'_ Judged| {
        // Leaked for brevity: a handful of bytes in a test.
        let reason = judged.reason.clone().map(|reason| &*reason.leak());
        let root = judged.blocked_by.as_ref().map(|root| &*root.to_string().leak());
        (&*judged.id.to_string().leak(), judged.verdict.name(), reason, root)
    };
    assessment.items.iter().map(show).collect()
}

#[test]
fn items_are_judged_by_their_outcomes_and_decide_together() {
    let items = ["a.a", "a.b", "a.c", "a.d"].map(|name| item(name, job(), &[])).to_vec();
    let unknown = Ran { outcome: Outcome::unknown("timeout"), duration: Duration::ZERO };
    let outcomes = ran([
        ("a.a", found(None)),
        ("a.b", found(Some(Severity::Warn))),
        ("a.c", unknown),
        ("a.d", found(Some(Severity::NoGo))),
    ]);
    let assessment = assess(&plan(items), &outcomes);
    assert_eq!(assessment.decision, Decision::NoGo);
    assert_eq!(
        shown(&assessment),
        [
            ("a.a", "go", None, None),
            ("a.b", "warn", None, None),
            ("a.c", "unknown", Some("timeout"), None),
            ("a.d", "no-go", None, None),
        ]
    );
    assert_eq!(
        assessment.counts,
        [(Verdict::Go, 1), (Verdict::Warn, 1), (Verdict::Unknown, 1), (Verdict::NoGo, 1)].into()
    );
    assert_eq!(assessment.items[0].duration, Duration::from_millis(3));
}

#[test]
fn what_needs_a_failure_is_blocked_by_its_root() {
    let items = vec![
        item("z.last", job(), &["y.middle"]),
        item("y.middle", job(), &["x.fine", "x.root"]),
        item("x.root", job(), &[]),
        item("x.fine", job(), &[]),
        item("w.open", open(), &[]),
        item("w.after", job(), &["w.open"]),
    ];
    let outcomes = ran([("x.root", found(Some(Severity::NoGo))), ("x.fine", found(None))]);
    let assessment = assess(&plan(items), &outcomes);
    assert_eq!(
        shown(&assessment),
        [
            ("z.last", "unknown", Some("needs x.root, which is no-go"), Some("x.root")),
            ("y.middle", "unknown", Some("needs x.root, which is no-go"), Some("x.root")),
            ("x.root", "no-go", None, None),
            ("x.fine", "go", None, None),
            ("w.open", "open", Some("no 'root'"), None),
            ("w.after", "unknown", Some("needs w.open, which is open"), Some("w.open")),
        ]
    );
}

#[test]
fn what_an_interruption_left_out_is_unknown() {
    let items = vec![item("a.a", job(), &[]), item("a.b", job(), &["a.a"])];
    let assessment = assess(&plan(items), &BTreeMap::new());
    assert_eq!(assessment.decision, Decision::Incomplete);
    let reason = Some("interrupted before it ran");
    assert_eq!(shown(&assessment), [("a.a", "unknown", reason, None), ("a.b", "unknown", reason, None)]);
}

#[test]
fn a_circle_that_no_plan_should_have_still_ends() {
    let items = vec![item("a.a", job(), &["a.b"]), item("a.b", job(), &["a.a"])];
    assert_eq!(assess(&plan(items), &BTreeMap::new()).decision, Decision::Incomplete);
}

#[test]
fn rollups_merge_and_name_the_worst() {
    let gone = Ran { outcome: Outcome::NotApplicable("no GPU".to_owned()), duration: Duration::ZERO };
    let mut optional = item("a.optional", job(), &[]);
    optional.required = false;
    let items = vec![
        item("r.all", rollup(&["a.go", "a.not", "a.root", "a.blocked"]), &[]),
        item("r.good", rollup(&["a.go", "a.not"]), &[]),
        item("r.none", rollup(&["a.not"]), &[]),
        item("r.optional", rollup(&["a.go", "a.optional"]), &[]),
        item("r.blocked", rollup(&["a.blocked"]), &[]),
        item("a.go", job(), &[]),
        item("a.not", job(), &[]),
        item("a.root", job(), &[]),
        item("a.blocked", job(), &["a.root"]),
        optional,
    ];
    let outcomes = ran([
        ("a.go", found(None)),
        ("a.not", gone),
        ("a.root", found(Some(Severity::NoGo))),
        ("a.optional", found(Some(Severity::NoGo))),
    ]);
    let assessment = assess(&plan(items), &outcomes);
    assert_eq!(
        shown(&assessment)[..5],
        [
            ("r.all", "no-go", Some("1 of 3 no-go: a.root"), Some("a.root")),
            ("r.good", "go", None, None),
            ("r.none", "not-applicable", Some("none of its items applies"), None),
            ("r.optional", "warn", Some("1 of 2 warn: a.optional"), None),
            ("r.blocked", "unknown", Some("1 of 1 unknown: a.blocked"), Some("a.root")),
        ]
    );
}

#[test]
fn nothing_asked_is_never_go() {
    assert_eq!(assess(&plan(Vec::new()), &BTreeMap::new()).decision, Decision::Incomplete);
}

fn any_verdict() -> impl Strategy<Value = Verdict> {
    prop::sample::select(Verdict::ALL.to_vec())
}

/// What is known of one item: its task, whether it is required, and its outcome if it has one.
fn any_item() -> impl Strategy<Value = (u8, bool, Option<Severity>, u8)> {
    let severity = prop::option::of(prop::sample::select(vec![
        Severity::Note,
        Severity::Warn,
        Severity::Unknown,
        Severity::NoGo,
    ]));
    (0..4_u8, any::<bool>(), severity, 0..8_u8)
}

/// A plan and its outcomes from what is known of each item. Item n may need an item before it.
fn made(known: &[(u8, bool, Option<Severity>, u8)]) -> (Plan, BTreeMap<ItemId, Ran>) {
    let mut outcomes = BTreeMap::new();
    let mut items = Vec::new();
    for (index, (kind, required, severity, need)) in known.iter().enumerate() {
        let name = format!("i.n{index}");
        let task = match kind {
            0 => Task::NotApplicable { reason: "r".to_owned() },
            1 => open(),
            _ => job(),
        };
        if *kind == 2 {
            outcomes.insert(id(&name), found(*severity));
        }
        let needs = (usize::from(*need) < index).then(|| format!("i.n{need}"));
        let mut item = item(&name, task, &needs.iter().map(String::as_str).collect::<Vec<_>>());
        item.required = *required;
        items.push(item);
    }
    let of = items.iter().map(|item| item.id.clone()).collect();
    items.push(item("r.all", Task::Rollup { of }, &[]));
    (plan(items), outcomes)
}

proptest! {
    #[test]
    fn merging_is_associative_commutative_and_idempotent(a in any_verdict(), b in any_verdict(), c in any_verdict()) {
        prop_assert_eq!(a.merge(b), b.merge(a));
        prop_assert_eq!(a.merge(b).merge(c), a.merge(b.merge(c)));
        prop_assert_eq!(a.merge(a), a);
        // A decision can be made on the merged verdicts or merged from the decisions on each.
        prop_assert_eq!(a.merge(b).decision(true), a.decision(true).merge(b.decision(true)));
        let (x, y, z) = (a.decision(true), b.decision(true), c.decision(true));
        prop_assert_eq!(x.merge(y), y.merge(x));
        prop_assert_eq!(x.merge(y).merge(z), x.merge(y.merge(z)));
        prop_assert_eq!(x.merge(x), x);
    }

    #[test]
    fn the_decision_is_never_better_than_a_required_item(known in prop::collection::vec(any_item(), 1..8)) {
        let (plan, outcomes) = made(&known);
        let assessment = assess(&plan, &outcomes);
        prop_assert_eq!(assessment.items.len(), plan.items.len());
        prop_assert_eq!(assessment.counts.values().sum::<usize>(), plan.items.len());
        for (item, judged) in plan.items.iter().zip(&assessment.items) {
            prop_assert_eq!(&item.id, &judged.id);
            let bad = matches!(judged.verdict, Verdict::NoGo | Verdict::Unknown | Verdict::Open);
            prop_assert!(!(bad && item.required && assessment.decision == Decision::Go));
            // What has no outcome did not pass.
            if matches!(item.task, Task::Job(_)) && !outcomes.contains_key(&item.id) {
                prop_assert_eq!(judged.verdict, Verdict::Unknown);
            }
        }
    }

    #[test]
    fn a_rollup_adds_nothing_to_the_decision(known in prop::collection::vec(any_item(), 1..8)) {
        let (mut plan, outcomes) = made(&known);
        let with = assess(&plan, &outcomes).decision;
        plan.items.pop();
        prop_assert_eq!(with, assess(&plan, &outcomes).decision);
    }

    #[test]
    fn parts_decide_as_the_whole(known in prop::collection::vec(any_item(), 2..8), at in 1..7_usize) {
        // Needs would cross the parts.
        let known = known.into_iter().map(|(kind, required, severity, _)| (kind, required, severity, 8)).collect::<Vec<_>>();
        let (mut whole, outcomes) = made(&known);
        whole.items.pop();
        let at = at.min(whole.items.len() - 1);
        let (left, right) = whole.items.split_at(at);
        let of = |items: &[Item]| assess(&plan(items.to_vec()), &outcomes).decision;
        prop_assert_eq!(of(left).merge(of(right)), of(&whole.items));
    }
}
