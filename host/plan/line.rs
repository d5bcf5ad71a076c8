//! The lines of the checklist: the profile's items with the user's word over them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
    time::Duration,
};

use serde_json::Value;

use super::How;
use crate::{
    catalog::Catalog,
    config::{self, Config},
    domain::{
        CheckId, ItemId, Mark, Parameters, Problem, Written, document::key_path, problem::did_you_mean,
    },
    profile::{self, Pattern, Profile},
};

/// One line.
pub(super) struct Line<'a> {
    pub id: ItemId,
    /// Where it is named: in gonogo.toml if it is, else in the profile.
    pub mark: Mark,
    pub title: String,
    pub how: How,
    pub check: Option<CheckId>,
    pub profile_with: Parameters,
    pub config_with: &'a Parameters,
    pub not_applicable: Option<String>,
    pub required: bool,
    pub needs: Vec<Written<ItemId>>,
    pub owner: Option<String>,
    pub timeout: Option<Duration>,
    pub rollup: &'a [Pattern],
    pub overridden: Vec<String>,
}

/// No parameters.
static NONE: LazyLock<Parameters> = LazyLock::new(Parameters::default);

/// All lines: the profile's in its order, then the user's own.
pub(super) fn merge<'a>(
    config: &'a Config,
    profile: &'a Profile,
    catalog: &Catalog,
    problems: &mut Vec<Problem>,
) -> Vec<Line<'a>> {
    let said = config.items.iter().map(|item| (&item.id.value, item)).collect::<BTreeMap<_, _>>();
    let mut lines = Vec::with_capacity(profile.items.len() + config.items.len());
    for item in &profile.items {
        let mut line = from_profile(item);
        if let Some(said) = said.get(&item.id.value) {
            line.overridden = overridden(item, said);
            say(&mut line, said);
        }
        lines.push(line);
    }
    let known = profile.items.iter().map(|item| &item.id.value).collect::<BTreeSet<_>>();
    for item in config.items.iter().filter(|item| !known.contains(&item.id.value)) {
        let Some(check) = &item.check else {
            let id = &item.id.value;
            let message = format!("the profile '{}' has no item '{id}'", profile.name);
            let hint = did_you_mean(id.as_str(), known.iter().map(|id| id.as_str())).unwrap_or_else(|| {
                "an item of one's own says which check decides it: check = \"…\"".to_owned()
            });
            problems.push(Problem::new(message).at(Some(item.id.mark.place())).hint(Some(hint)));
            continue;
        };
        let summary = catalog.check(&check.value).map_or("", |(_, check)| &check.summary);
        let mut line = Line {
            id: item.id.value.clone(),
            mark: item.id.mark.clone(),
            title: summary.to_owned(),
            how: How::Auto,
            check: None,
            profile_with: Parameters::default(),
            config_with: &NONE,
            not_applicable: None,
            required: true,
            needs: Vec::new(),
            owner: None,
            timeout: None,
            rollup: &[],
            overridden: Vec::new(),
        };
        say(&mut line, item);
        lines.push(line);
    }
    for line in lines.iter().filter(|line| line.check.is_none() && !line.config_with.values.is_empty()) {
        let message = format!("'{}' runs no check, so it takes no parameters", line.id);
        problems.push(Problem::new(message).at(Some(line.mark.place())));
    }
    relate(&lines, problems);
    lines
}

fn from_profile(item: &profile::Item) -> Line<'_> {
    let need = |need: &ItemId| Written { value: need.clone(), mark: item.id.mark.clone() };
    Line {
        id: item.id.value.clone(),
        mark: item.id.mark.clone(),
        title: item.title.clone(),
        how: item.how,
        check: item.check.clone(),
        profile_with: item.with.clone(),
        config_with: &NONE,
        not_applicable: None,
        required: item.required,
        needs: item.needs.iter().map(need).collect(),
        owner: item.owner.clone(),
        timeout: None,
        rollup: &item.rollup,
        overridden: Vec::new(),
    }
}

/// Puts the user's word over a line.
fn say<'a>(line: &mut Line<'a>, item: &'a config::Item) {
    line.mark = item.id.mark.clone();
    if let Some(check) = &item.check {
        // Parameters belong to the check that they were written for.
        if line.check.as_ref() != Some(&check.value) {
            line.profile_with = Parameters::default();
        }
        line.check = Some(check.value.clone());
        line.rollup = &[];
    }
    line.config_with = &item.with;
    line.not_applicable = item.not_applicable.as_ref().map(|reason| reason.value.clone());
    line.timeout = item.timeout.as_ref().map(|timeout| timeout.value);
    let owned = |text: &Option<Written<String>>| text.as_ref().map(|text| text.value.clone());
    line.title = owned(&item.title).unwrap_or_else(|| std::mem::take(&mut line.title));
    line.owner = owned(&item.owner).or_else(|| line.owner.take());
    line.how = item.how.as_ref().map_or(line.how, |how| how.value);
    line.required = item.required.as_ref().map_or(line.required, |required| required.value);
    if let Some(needs) = &item.needs {
        line.needs.clone_from(&needs.value);
    }
}

/// What of the user's word differs from the profile's.
fn overridden(item: &profile::Item, said: &config::Item) -> Vec<String> {
    let mut found = Vec::new();
    let mut note = |name: &str, mark: &Mark| found.push(format!("{name} (line {})", mark.line()));
    let differs = |name: &String, value: &Value| item.with.values.get(name) != Some(value);
    for (name, _) in said.with.values.iter().filter(|(name, value)| differs(name, value)) {
        let path = key_path("", name);
        if let Some(mark) = said.with.marks.get(&path) {
            note(&format!("with.{path}"), mark);
        }
    }
    if let Some(written) = said.required.as_ref().filter(|written| written.value != item.required) {
        note("required", &written.mark);
    }
    if let Some(written) = &said.not_applicable {
        note("not-applicable", &written.mark);
    }
    if let Some(written) = said.title.as_ref().filter(|written| written.value != item.title) {
        note("title", &written.mark);
    }
    if let Some(written) = said.check.as_ref().filter(|written| Some(&written.value) != item.check.as_ref()) {
        note("check", &written.mark);
    }
    if let Some(written) = said.how.as_ref().filter(|written| written.value != item.how) {
        note("how", &written.mark);
    }
    if let Some(written) = &said.needs
        && !written.value.iter().map(|need| &need.value).eq(&item.needs)
    {
        note("needs", &written.mark);
    }
    if let Some(written) = said.owner.as_ref().filter(|written| Some(&written.value) != item.owner.as_ref()) {
        note("owner", &written.mark);
    }
    if let Some(written) = &said.timeout {
        note("timeout", &written.mark);
    }
    found
}

/// Finds needs that cannot be: of what is not there, of rollups, and in circles.
fn relate(lines: &[Line<'_>], problems: &mut Vec<Problem>) {
    let by_id = lines.iter().map(|line| (&line.id, line)).collect::<BTreeMap<_, _>>();
    for line in lines {
        for need in &line.needs {
            let message = match by_id.get(&need.value) {
                None => format!("'{}' needs '{}', which is no item", line.id, need.value),
                Some(needed) if !needed.rollup.is_empty() => {
                    format!("'{}' needs '{}', which merges other items: name those", line.id, need.value)
                }
                Some(_) if line.check.is_none() => {
                    format!("'{}' runs no check, so it needs no other item", line.id)
                }
                Some(_) => continue,
            };
            let hint = match by_id.contains_key(&need.value) {
                true => None,
                false => did_you_mean(need.value.as_str(), lines.iter().map(|line| line.id.as_str())),
            };
            problems.push(Problem::new(message).at(Some(need.mark.place())).hint(hint));
        }
    }
    let mut done = BTreeSet::new();
    for line in lines {
        if let Some(circle) = circle(line, &by_id, &mut Vec::new(), &mut done) {
            let message = format!("items need each other in a circle: {circle}");
            problems.push(Problem::new(message).at(Some(line.mark.place())));
        }
    }
}

/// A circle of needs that can be reached from a line. Lines from which none can be reached are `done`.
fn circle<'l>(
    line: &'l Line<'_>,
    by_id: &BTreeMap<&ItemId, &'l Line<'_>>,
    way: &mut Vec<&'l ItemId>,
    done: &mut BTreeSet<&'l ItemId>,
) -> Option<String> {
    if let Some(start) = way.iter().position(|id| **id == line.id) {
        let circle = way[start..].iter().chain(&way[start..=start]).map(|id| id.as_str());
        return Some(circle.collect::<Vec<_>>().join(" -> "));
    }
    if !done.insert(&line.id) {
        return None;
    }
    way.push(&line.id);
    let needed = line.needs.iter().filter_map(|need| by_id.get(&need.value));
    let found = needed.into_iter().find_map(|needed| circle(needed, by_id, way, done));
    way.pop();
    found
}
