//! `gonogo list`: the items of the plan, or the checks of the plugins.

use serde::Serialize;

use crate::{
    catalog::Catalog,
    domain::{CheckId, ItemId, text},
    plan::{Item, Plan, Task},
    report::{
        Style,
        layout::{ACTION, FAINT, STRONG, table},
        units,
    },
};

/// Most bytes of one cell.
const MOST: usize = 300;

/// One item as `list --format json` writes it.
#[derive(Debug, Serialize)]
pub struct ListedItem<'a> {
    id: &'a ItemId,
    check: Option<&'a CheckId>,
    required: bool,
    title: &'a str,
}

/// One check as `list --checks --format json` writes it.
#[derive(Debug, Serialize)]
pub struct ListedCheck {
    check: CheckId,
    summary: String,
    version: String,
}

/// The check behind an item, whether or not it can run.
pub fn check_of(item: &Item) -> Option<&CheckId> {
    match &item.task {
        Task::Job(job) => Some(&job.check),
        Task::Open { check, .. } => check.as_ref(),
        Task::NotApplicable { .. } | Task::Rollup { .. } => None,
    }
}

/// The items, for programs.
pub fn items(plan: &Plan) -> Vec<ListedItem<'_>> {
    let listed = plan.items.iter().map(|item| ListedItem {
        id: &item.id,
        check: check_of(item),
        required: item.required,
        title: &item.title,
    });
    listed.collect()
}

/// The checks, for programs.
pub fn checks(catalog: &Catalog) -> Vec<ListedCheck> {
    let listed = catalog.checks().map(|(check, plugin, described)| ListedCheck {
        check,
        summary: text::line(&described.summary, MOST),
        version: text::line(&plugin.description.version, MOST),
    });
    listed.collect()
}

/// The items, for people.
pub fn items_as_text(plan: &Plan, style: &Style) -> String {
    let rows = plan.items.iter().map(|item| {
        let check = match &item.task {
            Task::NotApplicable { .. } => "not applicable".to_owned(),
            Task::Rollup { of } => format!("merges {}", units::counted(of.len(), "item")),
            Task::Job(_) | Task::Open { .. } => {
                check_of(item).map_or_else(|| "by a person".to_owned(), ToString::to_string)
            }
        };
        let optional = if item.required { "" } else { " (not required)" };
        [item.id.to_string(), check, format!("{}{optional}", text::line(&item.title, MOST))]
    });
    aligned(&rows.collect::<Vec<_>>(), [None, Some(ACTION), Some(FAINT)], style)
}

/// The checks, for people, below the plugins that they are of.
pub fn checks_as_text(catalog: &Catalog, style: &Style) -> String {
    let mut out = String::new();
    for plugin in catalog.plugins.values() {
        if !out.is_empty() {
            out.push('\n');
        }
        let version =
            format!("{} {}", text::line(&plugin.name, MOST), text::line(&plugin.description.version, MOST));
        let summary = text::line(&plugin.description.summary, MOST);
        out += &format!("{}  {}\n", style.paint(STRONG, &version), style.paint(FAINT, &summary));
        let name = |name: &str| format!("  {}/{}", text::line(&plugin.name, MOST), text::line(name, MOST));
        let rows = plugin
            .description
            .checks
            .iter()
            .map(|check| [name(&check.name), text::line(&check.summary, MOST)]);
        out += &aligned(&rows.collect::<Vec<_>>(), [Some(ACTION), None], style);
    }
    out
}

fn aligned<const N: usize>(
    rows: &[[String; N]],
    colours: [Option<anstyle::Style>; N],
    style: &Style,
) -> String {
    table(rows, colours, style).join("\n") + "\n"
}
