//! Checklists as data: the built-in `training` and those of users.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use globset::{Glob, GlobMatcher};

use crate::domain::{
    CheckId, How, ItemId, Mark, Parameters, Problem, Written,
    problem::{self, closest},
    reader::{Entry, Reader},
};

/// The built-in profiles.
const BUILT_IN: &[(&str, &str)] = &[("training", include_str!("training.toml"))];

/// A checklist.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its lines, in order, each id once.
    pub items: Vec<Item>,
}

/// One line of a checklist.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, where the profile has it.
    pub id: Written<ItemId>,
    /// What must hold, for a person.
    pub title: String,
    /// How it is decided.
    pub how: How,
    /// The check that decides it; none for rollups and attestations.
    pub check: Option<CheckId>,
    /// The check's parameters.
    pub with: Parameters,
    /// Whether the decision depends on it.
    pub required: bool,
    /// Items that must hold before this one is asked.
    pub needs: Vec<ItemId>,
    /// Who sees to it.
    pub owner: Option<String>,
    /// What it merges, if it is a rollup: patterns of ids.
    pub rollup: Vec<Pattern>,
}

/// A pattern of names: `system.hardware.*`.
#[derive(Clone, Debug)]
pub struct Pattern {
    glob: Glob,
    /// Made when a name is first held against it: of the patterns of a profile a run needs few.
    matcher: OnceLock<GlobMatcher>,
}

impl Pattern {
    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        self.glob.glob()
    }

    /// Whether a name is meant.
    pub fn matches(&self, name: &str) -> bool {
        let text = self.as_str();
        let (start, open) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        match (start.contains(['*', '?', '[', ']', '{', '}', '\\']), open) {
            (true, _) => self.matcher.get_or_init(|| self.glob.compile_matcher()).is_match(name),
            (false, true) => name.starts_with(start),
            (false, false) => name == start,
        }
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let glob = Glob::new(&text).map_err(|error| format!("'{text}' is no pattern: {}", error.kind()))?;
        Ok(Self { glob, matcher: OnceLock::new() })
    }
}

/// `did you mean 'x'?` for a pattern that matches none of these names: one of them, or all below a part of one.
pub fn did_you_mean(pattern: &str, names: impl IntoIterator<Item = String>) -> Option<String> {
    let mut known = Vec::new();
    for name in names {
        known.extend(name.match_indices(['.', '/']).map(|(at, end)| format!("{}{end}*", &name[..at])));
        known.push(name);
    }
    let whole =
        [format!("{pattern}.*"), format!("{pattern}/*")].into_iter().find(|whole| known.contains(whole));
    let meant = whole.or_else(|| closest(pattern, known.iter().map(String::as_str)).map(str::to_owned));
    meant.map(|meant| format!("did you mean '{meant}'?"))
}

/// What the setting `profile` means.
#[derive(Clone, Debug)]
pub enum Choice {
    /// A profile of gonogo's own.
    BuiltIn(Profile),
    /// A profile file, to be read and given to [`parse`].
    File(PathBuf),
}

/// What the setting `profile` means: text with a slash or with the ending `.toml` is a file, all other the name of a built-in
/// profile.
///
/// # Errors
/// No profile has that name.
pub fn choose(setting: &str) -> Result<Choice, Vec<Problem>> {
    if setting.contains('/') || Path::new(setting).extension().is_some_and(|ending| ending == "toml") {
        return Ok(Choice::File(setting.into()));
    }
    let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == setting) else {
        let names = BUILT_IN.iter().map(|(name, _)| *name);
        let hint = problem::did_you_mean(setting, names.clone()).unwrap_or_else(|| {
            format!(
                "there are {}; a file is named with its ending .toml",
                names.collect::<Vec<_>>().join(", ")
            )
        });
        return Err(vec![
            Problem::new(format!("no built-in profile is called '{setting}'")).hint(Some(hint)),
        ]);
    };
    parse(Path::new(&format!("built-in profile {name}")), text, None).map(Choice::BuiltIn)
}

/// The built-in profile `training`.
///
/// # Errors
/// None that a user can meet: a test reads it.
pub fn training() -> Result<Profile, Vec<Problem>> {
    match choose("training")? {
        Choice::BuiltIn(profile) => Ok(profile),
        Choice::File(_) => Err(vec![Problem::new("the profile 'training' is not built in")]),
    }
}

/// What a profile extends, so that [`parse`] can be given it as `base`.
pub fn extends(text: &str) -> Option<String> {
    // Most profiles do not, and need not be read twice to know it: a key's name cannot be written otherwise, but for escapes.
    if !text.contains("extends") && !text.contains('\\') {
        return None;
    }
    let (mut reader, table) = Reader::parse(Path::new(""), text);
    let extended = reader.text("extends", table.get("extends")?)?;
    Some(extended.value)
}

/// Reads a profile. `path` is how messages name the file; `base` is what it extends, if it does.
///
/// # Errors
/// Everything that is wrong with it, in the file's order.
pub fn parse(path: &Path, text: &str, base: Option<Profile>) -> Result<Profile, Vec<Problem>> {
    let (mut reader, table) = Reader::parse(path, text);
    let mut name = None;
    let mut extended = None;
    let mut drop = Vec::new();
    let mut rows = Vec::new();
    for (key, value) in &table {
        match key.get_ref().as_ref() {
            "name" => name = reader.text("name", value),
            "extends" => extended = reader.text("extends", value),
            "drop" => {
                drop = reader.all_parsed::<Pattern>("drop", value).map_or_else(Vec::new, |list| list.value);
            }
            "items" => {
                for row in reader.list("items", value).unwrap_or_default() {
                    rows.extend(read_row(&mut reader, row));
                }
            }
            _ => reader.unknown(key, KEYS),
        }
    }
    if name.is_none() && !table.contains_key("name") {
        reader.problem(&(0..0), "the profile has no name", Some("write name = \"…\" at its top".to_owned()));
    }
    let base = match (base, &extended) {
        (Some(base), Some(_)) => Some(base),
        (None, Some(extended)) => {
            let message = format!("the profile '{}' that this one extends is not at hand", extended.value);
            reader.problem_at(&extended.mark, message, None);
            None
        }
        (_, None) => None,
    };
    let mut items = base.map_or_else(Vec::new, |base| base.items);
    remove(&mut reader, &mut items, &drop);
    add(&mut reader, &mut items, rows);
    relate(&mut reader, &items);
    reader.finish(Profile { name: name.map_or_else(String::new, |name| name.value), items })
}

/// Keys at the top.
const KEYS: &[&str] = &["name", "extends", "drop", "items"];
/// Keys of `[[items]]`.
const ROW_KEYS: &[&str] = &["id", "title", "how", "check", "with", "required", "needs", "owner", "rollup"];

/// A row as written.
struct Row {
    id: Written<ItemId>,
    title: Option<Written<String>>,
    how: Option<Written<How>>,
    check: Option<Written<CheckId>>,
    with: Parameters,
    required: Option<Written<bool>>,
    needs: Option<Written<Vec<Written<ItemId>>>>,
    owner: Option<Written<String>>,
    rollup: Option<Written<Vec<Written<Pattern>>>>,
}

fn read_row(reader: &mut Reader, row: &Entry<'_>) -> Option<Row> {
    let table = reader.table("items", row)?;
    let Some(id) = table.get("id") else {
        reader.problem(&row.span(), "an item has no id", None);
        return None;
    };
    let mut row = Row {
        id: reader.parsed("id", id)?,
        title: None,
        how: None,
        check: None,
        with: Parameters::default(),
        required: None,
        needs: None,
        owner: None,
        rollup: None,
    };
    for (key, value) in table {
        match key.get_ref().as_ref() {
            "id" => {}
            "title" => row.title = reader.text("title", value),
            "how" => row.how = reader.parsed("how", value),
            "check" => row.check = reader.parsed("check", value),
            "with" => row.with = reader.parameters("with", value).unwrap_or_default(),
            "required" => row.required = reader.boolean("required", value),
            "needs" => row.needs = reader.all_parsed("needs", value),
            "owner" => row.owner = reader.text("owner", value),
            "rollup" => row.rollup = reader.all_parsed("rollup", value),
            _ => reader.unknown(key, ROW_KEYS),
        }
    }
    Some(row)
}

fn remove(reader: &mut Reader, items: &mut Vec<Item>, drop: &[Written<Pattern>]) {
    for pattern in drop {
        let before = items.len();
        let all = items.iter().map(|item| item.id.value.clone()).collect::<Vec<_>>();
        items.retain(|item| !pattern.value.matches(item.id.value.as_str()));
        if items.len() == before {
            let text = pattern.value.as_str();
            let hint = did_you_mean(text, all.iter().map(ToString::to_string));
            reader.problem_at(&pattern.mark, format!("'{text}' drops no item"), hint);
        }
    }
}

/// Puts rows over the items of the base that have their ids, and adds the others.
fn add(reader: &mut Reader, items: &mut Vec<Item>, rows: Vec<Row>) {
    let mut seen = BTreeSet::new();
    for row in rows {
        let id = &row.id.value;
        if !seen.insert(id.clone()) {
            reader.problem_at(&row.id.mark, format!("'{id}' is there twice"), None);
        } else if let Some(item) = items.iter_mut().find(|item| item.id.value == *id) {
            change(item, row);
        } else {
            let item = new_item(reader, row, items);
            items.extend(item);
        }
    }
    for item in items {
        let decided = [item.check.is_some(), !item.rollup.is_empty(), item.how == How::Attest];
        if decided.iter().filter(|way| **way).count() != 1 {
            let message =
                format!("'{}' must have one of: a check, a rollup, how = \"attest\"", item.id.value);
            reader.problem_at(&item.id.mark, message, None);
        }
        if item.check.is_none() && !(item.with.values.is_empty() && item.needs.is_empty()) {
            let message =
                format!("'{}' runs no check, so it can have neither parameters nor needs", item.id.value);
            reader.problem_at(&item.id.mark, message, None);
        }
    }
}

fn change(item: &mut Item, row: Row) {
    if let Some(check) = row.check.map(|check| check.value) {
        // Parameters belong to the check that they were written for.
        if item.check.as_ref() != Some(&check) {
            item.with = Parameters::default();
        }
        item.check = Some(check);
        item.rollup.clear();
    }
    item.with.overlay(row.with);
    if let Some(rollup) = row.rollup {
        item.rollup = values(rollup);
    }
    if let Some(needs) = row.needs {
        item.needs = values(needs);
    }
    item.title = row.title.map_or_else(|| std::mem::take(&mut item.title), |title| title.value);
    item.how = row.how.map_or(item.how, |how| how.value);
    item.required = row.required.map_or(item.required, |required| required.value);
    item.owner = row.owner.map(|owner| owner.value).or_else(|| item.owner.take());
    item.id.mark = row.id.mark;
}

fn new_item(reader: &mut Reader, row: Row, items: &[Item]) -> Option<Item> {
    let (Some(title), Some(how)) = (row.title, row.how) else {
        let meant = closest(row.id.value.as_str(), items.iter().map(|item| item.id.value.as_str()));
        let hint = meant.map(|meant| format!("did you mean '{meant}', which this profile extends?"));
        reader.problem_at(
            &row.id.mark,
            format!("the new item '{}' needs a title and how", row.id.value),
            hint,
        );
        return None;
    };
    Some(Item {
        id: row.id,
        title: title.value,
        how: how.value,
        check: row.check.map(|check| check.value),
        with: row.with,
        required: row.required.is_none_or(|required| required.value),
        needs: row.needs.map_or_else(Vec::new, values),
        owner: row.owner.map(|owner| owner.value),
        rollup: row.rollup.map_or_else(Vec::new, values),
    })
}

fn values<T>(written: Written<Vec<Written<T>>>) -> Vec<T> {
    written.value.into_iter().map(|element| element.value).collect()
}

/// Finds what items say of others that are not there.
fn relate(reader: &mut Reader, items: &[Item]) {
    let ids = || items.iter().map(|item| item.id.value.as_str());
    let mut wrong: Vec<(Mark, String, Option<String>)> = Vec::new();
    for item in items {
        for need in item.needs.iter().filter(|need| !ids().any(|id| id == need.as_str())) {
            let message = format!("'{}' needs '{need}', which is no item", item.id.value);
            wrong.push((item.id.mark.clone(), message, problem::did_you_mean(need.as_str(), ids())));
        }
        if !item.rollup.is_empty() && !ids().any(|id| item.rollup.iter().any(|pattern| pattern.matches(id))) {
            let texts = item.rollup.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", ");
            wrong.push((item.id.mark.clone(), format!("'{}' merges {texts}: no item", item.id.value), None));
        }
    }
    for (mark, message, hint) in wrong {
        reader.problem_at(&mark, message, hint);
    }
}
