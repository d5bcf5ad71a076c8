//! The report for people: the decision, what blocks it and what to do about that, what is open, what to look at, the rest.
//!
//! Headings stand in the first column, items in the third, and what plugins say never left of the seventh: no text of theirs can
//! pass for a line of ours.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
    time::Duration,
};

use super::{
    document::{Document, Item},
    layout::{ACTION, BAD, CAUTION, FAINT, GOOD, STRONG, Style, UNSURE, columns, cut, pad, table, wrap},
    units,
};
use crate::domain::{Decision, Fact, Finding, ItemId, Severity, Verdict, duration};

/// How many findings of one item are shown without `--verbose`.
const FINDINGS_SHOWN: usize = 8;

/// Where the texts of an item begin.
const INDENT: usize = 6;

/// Where hints and locations begin.
const DEEPER: usize = INDENT + 2;

/// Writes the report as text.
pub fn write(document: &Document, out: &mut dyn Write, style: &Style) -> io::Result<()> {
    let mut page = Page { document, waiting: waiting(document), style, out };
    let groups = page.groups();
    page.decision()?;
    page.blocking(&groups.blocking)?;
    page.open(&groups.open)?;
    page.notable(&groups.notable)?;
    page.rest(&groups.rest)?;
    page.footer()
}

/// The mark of a verdict and its colour.
pub fn symbol(verdict: Verdict) -> (&'static str, anstyle::Style) {
    match verdict {
        Verdict::Go => ("✓", GOOD),
        Verdict::NotApplicable => ("-", FAINT),
        Verdict::Waived => ("~", CAUTION),
        Verdict::Warn => ("!", CAUTION),
        Verdict::Open => ("○", CAUTION),
        Verdict::Unknown => ("?", UNSURE),
        Verdict::NoGo => ("✗", BAD),
    }
}

/// Items by the one that keeps them from being asked: the first failure, where one blocks the next.
fn waiting(document: &Document) -> BTreeMap<&ItemId, Vec<&Item>> {
    let items = document.items.iter().map(|item| (&item.id, item)).collect::<BTreeMap<_, _>>();
    let mut waiting: BTreeMap<&ItemId, Vec<&Item>> = BTreeMap::new();
    for item in &document.items {
        let mut root = None;
        let mut next = item.blocked_by.as_ref();
        // No chain of distinct items is longer than the report, so a circle ends here too.
        for _ in 0..items.len() {
            let Some(blocker) = next.and_then(|id| items.get(id)) else { break };
            root = Some(*blocker);
            next = blocker.blocked_by.as_ref();
        }
        if let Some(root) = root.filter(|root| root.blocked_by.is_none()) {
            waiting.entry(&root.id).or_default().push(item);
        }
    }
    waiting
}

/// The items by what the reader is to do about them, each in the order of the report. Those that wait for another are in none.
#[derive(Default)]
struct Groups<'a> {
    blocking: Vec<&'a Item>,
    open: Vec<&'a Item>,
    notable: Vec<&'a Item>,
    rest: Vec<&'a Item>,
}

struct Page<'a> {
    document: &'a Document,
    waiting: BTreeMap<&'a ItemId, Vec<&'a Item>>,
    style: &'a Style,
    out: &'a mut dyn Write,
}

impl<'a> Page<'a> {
    fn groups(&self) -> Groups<'a> {
        let folded = self.waiting.values().flatten().map(|item| &item.id).collect::<BTreeSet<_>>();
        let mut groups = Groups::default();
        for item in &self.document.items {
            if folded.contains(&item.id) {
                continue;
            }
            let own = item.verdict.decision(item.required);
            let blocked = self.waiting(item).iter().map(|item| item.verdict.decision(item.required));
            let blocks = blocked.fold(own, Decision::merge) != Decision::Go;
            let group = match item.verdict {
                Verdict::Open => &mut groups.open,
                Verdict::NoGo | Verdict::Unknown if blocks => &mut groups.blocking,
                Verdict::NoGo | Verdict::Unknown | Verdict::Warn => &mut groups.notable,
                Verdict::Go | Verdict::Waived | Verdict::NotApplicable => &mut groups.rest,
            };
            group.push(item);
        }
        // What fails before what could not be told.
        groups.blocking.sort_by_key(|item| std::cmp::Reverse(item.verdict));
        groups
    }

    fn waiting(&self, item: &Item) -> &[&'a Item] {
        self.waiting.get(&item.id).map_or(&[], Vec::as_slice)
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    fn heading(&mut self, text: &str) -> io::Result<()> {
        let text = self.style.paint(STRONG, text);
        writeln!(self.out, "\n{text}\n")
    }

    /// A text of a plugin: wrapped, and every line of it indented. `first` stands before the first line.
    fn text(
        &mut self,
        indent: usize,
        first: &str,
        text: &str,
        colour: Option<anstyle::Style>,
    ) -> io::Result<()> {
        let hanging = indent + columns(first);
        let space = " ".repeat(indent);
        for (at, line) in wrap(text, self.style.width.saturating_sub(hanging)).iter().enumerate() {
            let before = match at {
                0 => self.style.paint(ACTION, first),
                _ => " ".repeat(columns(first)),
            };
            let line = match colour {
                Some(colour) => self.style.paint(colour, line),
                None => line.clone(),
            };
            self.line(&format!("{space}{before}{line}"))?;
        }
        Ok(())
    }

    fn decision(&mut self) -> io::Result<()> {
        let decision = self.document.decision;
        let colour = match decision {
            Decision::Go => GOOD,
            Decision::Incomplete => CAUTION,
            Decision::NoGo => BAD,
        };
        let name = match self.style.colour {
            true => self.style.paint(colour.bold().invert(), &format!(" {} ", decision.name())),
            false => decision.name().to_owned(),
        };
        let required = |verdicts: &[Verdict]| {
            let items = self.document.items.iter();
            let items = items.filter(|item| item.required && verdicts.contains(&item.verdict));
            let (waiting, roots) = items.partition::<Vec<_>, _>(|item| item.blocked_by.is_some());
            // What waits for another is mended with it. It counts where what it waits for is not required.
            if roots.is_empty() { waiting.len() } else { roots.len() }
        };
        let (failing, untold) = (required(&[Verdict::NoGo]), required(&[Verdict::Unknown, Verdict::Open]));
        let why = match (decision, failing, untold) {
            (Decision::Go, ..) => "nothing that is required stands in the way".to_owned(),
            (Decision::NoGo, 1, _) => "1 required item does not hold".to_owned(),
            (Decision::NoGo, failing, _) => format!("{failing} required items do not hold"),
            (Decision::Incomplete, _, 1) => "1 required item is not decided".to_owned(),
            (Decision::Incomplete, _, untold) => format!("{untold} required items are not decided"),
        };
        self.line(&format!("{name}  {}", self.style.paint(STRONG, &why)))?;
        let counts = Verdict::ALL.iter().rev().filter_map(|verdict| {
            let count = *self.document.counts.get(verdict)?;
            (count > 0).then(|| (format!("{count} {}", verdict.name()), symbol(*verdict).1))
        });
        let mut line = format!("{}: ", units::counted(self.document.items.len(), "item"));
        let mut used = columns(&line);
        for (at, (count, colour)) in counts.enumerate() {
            let dot = if at > 0 { " · " } else { "" };
            used += columns(dot) + columns(&count);
            if used > self.style.width {
                self.line(&line)?;
                line.clear();
                used = columns(&count);
            } else {
                line += dot;
            }
            line += &self.style.paint(colour, &count);
        }
        self.line(&line)
    }

    fn blocking(&mut self, items: &[&Item]) -> io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.heading("What blocks the run")?;
        self.details(items)
    }

    fn notable(&mut self, items: &[&Item]) -> io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.heading("Worth a look")?;
        self.details(items)
    }

    fn open(&mut self, items: &[&Item]) -> io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        self.heading("Open: nobody has answered yet")?;
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.line("")?;
            }
            self.title(item)?;
            if let Some(reason) = &item.reason {
                self.text(INDENT, "", reason, None)?;
            }
            if let Some(lines) = &item.lines {
                self.line(&format!(
                    "{}{}",
                    " ".repeat(INDENT),
                    self.style.paint(FAINT, "write into gonogo.toml:")
                ))?;
                self.text(DEEPER, "", lines, Some(ACTION))?;
            }
            self.waiters(item)?;
        }
        Ok(())
    }

    fn details(&mut self, items: &[&Item]) -> io::Result<()> {
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                self.line("")?;
            }
            self.title(item)?;
            if let Some(reason) = &item.reason {
                self.text(INDENT, "", reason, None)?;
            }
            let silent = item.findings.is_empty() && item.reason.is_none();
            if silent || self.style.verbose {
                self.text(INDENT, "", &item.summary, None)?;
            }
            self.findings(item)?;
            self.facts(item)?;
            self.waiters(item)?;
        }
        Ok(())
    }

    /// Mark, id and title; the title below where both do not fit.
    fn title(&mut self, item: &Item) -> io::Result<()> {
        let (mark, colour) = symbol(item.verdict);
        let id = cut(item.id.as_str(), self.style.width - 4);
        let head = format!("  {} {}", self.style.paint(colour, mark), self.style.paint(colour.bold(), &id));
        let optional = if item.required { "" } else { " (not required)" };
        let title = format!("{}{optional}", item.title);
        let left = self.style.width.saturating_sub(columns(&id) + 6);
        if columns(&title) <= left {
            return self.line(&format!("{head}  {}", self.style.paint(FAINT, &title)));
        }
        self.line(&head)?;
        self.text(INDENT, "", &title, Some(FAINT))
    }

    fn findings(&mut self, item: &Item) -> io::Result<()> {
        let verbose = self.style.verbose;
        let shown = |finding: &&Finding| verbose || finding.severity > Severity::Note;
        let mut findings = item.findings.iter().filter(shown).collect::<Vec<_>>();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        let most = if verbose { findings.len() } else { FINDINGS_SHOWN };
        for finding in findings.iter().take(most) {
            let severity = match finding.severity {
                Severity::NoGo => "",
                Severity::Unknown if item.verdict == Verdict::Unknown => "",
                Severity::Warn if item.verdict == Verdict::Warn => "",
                Severity::Unknown => "could not tell: ",
                Severity::Warn => "warning: ",
                Severity::Note => "note: ",
            };
            self.text(INDENT, severity, &finding.message, None)?;
            if let Some(place) = &finding.location {
                let line = place.line.map(|line| format!(":{line}")).unwrap_or_default();
                let column = place.column.filter(|_| place.line.is_some());
                let column = column.map(|column| format!(":{column}")).unwrap_or_default();
                self.text(DEEPER, "at ", &format!("{}{line}{column}", place.path), Some(FAINT))?;
            }
            if let Some(hint) = &finding.hint {
                self.text(DEEPER, "hint: ", hint, None)?;
            }
        }
        match findings.len().saturating_sub(most) {
            0 => Ok(()),
            more => self.text(INDENT, "", &format!("… {more} more; --verbose shows all"), Some(FAINT)),
        }
    }

    fn facts(&mut self, item: &Item) -> io::Result<()> {
        if !self.style.verbose || item.facts.is_empty() {
            return Ok(());
        }
        let inner = Style { width: self.style.width.saturating_sub(INDENT), ..*self.style };
        let shown = |fact: &Fact| units::value(&fact.value, fact.unit.as_deref());
        let bounded = item.facts.iter().filter(|fact| fact.bound.is_some());
        let values = bounded.map(|fact| columns(&shown(fact))).max().unwrap_or(0).min(inner.width / 3);
        // Value and bound are one column, so that a long value may take the room of a bound that is not there.
        let rows = item.facts.iter().map(|fact| {
            let value = match &fact.bound {
                Some(bound) => {
                    format!(
                        "{}  wanted {}",
                        pad(&shown(fact), values),
                        units::bound(bound, fact.unit.as_deref())
                    )
                }
                None => shown(fact),
            };
            [fact.name.clone(), value]
        });
        for line in table(&rows.collect::<Vec<_>>(), [Some(FAINT), None], &inner) {
            self.line(&format!("{}{line}", " ".repeat(INDENT)))?;
        }
        Ok(())
    }

    fn waiters(&mut self, item: &Item) -> io::Result<()> {
        let waiting = self.waiting(item);
        if waiting.is_empty() {
            return Ok(());
        }
        let near = |other: &Item| other.phase == item.phase && other.section == item.section;
        let names = waiting.iter().map(|other| if near(other) { label(other) } else { other.id.as_str() });
        let verb = if waiting.len() == 1 { "waits" } else { "wait" };
        let names = names.collect::<Vec<_>>().join(", ");
        let text = format!("{} {verb} for this: {names}", units::counted(waiting.len(), "item"));
        match self.style.verbose {
            true => self.text(INDENT, "", &text, Some(FAINT)),
            false => self.text(INDENT, "", &cut(&text, self.style.width - INDENT), Some(FAINT)),
        }
    }

    fn rest(&mut self, items: &[&Item]) -> io::Result<()> {
        let widest = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or(0);
        let names = widest(&mut items.iter().map(|item| columns(label(item)))).min(self.style.width / 3);
        let times = widest(&mut items.iter().map(|item| columns(&took(item))));
        // Margin, mark, name, text and time, with their spaces.
        let room = self.style.width.saturating_sub(4 + names + 2 + 2 + times);
        let texts = widest(&mut items.iter().map(|item| columns(said(item)))).min(room);
        let mut section = None;
        for item in items {
            if section != Some((&item.phase, &item.section)) {
                section = Some((&item.phase, &item.section));
                let dot = if item.section.is_empty() { "" } else { "." };
                self.heading_of_section(&format!("{}{dot}{}", item.phase, item.section))?;
            }
            let (mark, colour) = symbol(item.verdict);
            let time = took(item);
            let line = format!(
                "  {} {}  {}  {}{}",
                self.style.paint(colour, mark),
                pad(&cut(label(item), names), names),
                pad(&cut(said(item), texts), texts),
                " ".repeat(times - columns(&time)),
                self.style.paint(FAINT, &time),
            );
            self.line(&line)?;
            if self.style.verbose {
                self.findings(item)?;
            }
            self.facts(item)?;
        }
        Ok(())
    }

    fn heading_of_section(&mut self, name: &str) -> io::Result<()> {
        let name = self.style.paint(STRONG, name);
        writeln!(self.out, "\n{name}")
    }

    fn footer(&mut self) -> io::Result<()> {
        let Document { profile, host, started, duration_ms, .. } = self.document;
        let parts = [
            format!("profile {profile}"),
            format!("{} ({}, {})", host.name, host.system, host.architecture),
            format!("{started}, {}", duration::show(Duration::from_millis(*duration_ms))),
            format!("gonogo {}", host.gonogo),
        ];
        self.line("")?;
        for line in wrap(&parts.join(" · "), self.style.width) {
            let line = self.style.paint(FAINT, &line);
            self.line(&line)?;
        }
        Ok(())
    }
}

/// What comes after phase and section: `cpu`.
fn label(item: &Item) -> &str {
    let id = item.id.as_str();
    let parts = if item.section.is_empty() { 1 } else { 2 };
    id.splitn(parts + 1, '.').last().unwrap_or(id)
}

/// What the table shows of an item.
fn said(item: &Item) -> &str {
    let reason = item.reason.as_deref().and_then(|reason| reason.lines().next());
    match (item.verdict, reason, item.summary.as_str()) {
        (Verdict::NotApplicable | Verdict::Waived, Some(reason), _) => reason,
        (_, _, "") => &item.title,
        (_, _, summary) => summary,
    }
}

fn took(item: &Item) -> String {
    match item.duration_us {
        0 => String::new(),
        micros => duration::show(Duration::from_micros(micros)),
    }
}
