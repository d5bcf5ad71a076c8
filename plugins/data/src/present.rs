use std::collections::BTreeMap;

use gonogo_sdk::{
    Check, Error, JsonSchema, Readable, Report, Severity, Size, Stop,
    files::{self, Kind},
};
use serde::Deserialize;

use crate::{pattern::Pattern, words::class};

/// The dataset's files are there, in the layout declared, none empty, in the numbers and sizes declared
///
/// Everything below `paths` is walked. No file may be empty, but those that mark a place (`.gitkeep`, `_SUCCESS`, `__init__.py`), and none a link that leads nowhere. `layout` declares which files there are: a pattern relative to the
/// path (`train/*.parquet`, `**/*.jpg`), and how many files it names at least and at most, and how large they are together; with `exact`, files that no pattern names are a no-go. `minimum-files`, `minimum-size` and the like
/// are for all together.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Present {
    /// Files and directories of the dataset.
    #[schemars(length(min = 1))]
    paths: Vec<Readable>,
    /// Which files there are.
    #[serde(default)]
    layout: Vec<Layout>,
    /// Whether there may be no others.
    #[serde(default)]
    exact: bool,
    /// Least files.
    #[serde(default = "one")]
    minimum_files: u64,
    /// Most files.
    maximum_files: Option<u64>,
    /// Least bytes of all files.
    #[serde(default)]
    minimum_size: Size,
    /// Most bytes of all files.
    maximum_size: Option<Size>,
    /// Patterns of files that may be empty.
    #[serde(default = "markers")]
    empty: Vec<String>,
    /// What is left out: patterns of .gitignore, relative to each path.
    #[serde(default)]
    exclude: Vec<String>,
}

/// Files that belong together.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars", inline)]
struct Layout {
    /// Names relative to the path: `*` stands for anything but `/`, `**` for directories, `?` for a character, `{a,b}` for either.
    files: String,
    /// Least files.
    #[serde(default = "one")]
    minimum: u64,
    /// Most files.
    maximum: Option<u64>,
    /// Least bytes of them together.
    #[serde(default)]
    minimum_size: Size,
}

fn one() -> u64 {
    1
}

fn markers() -> Vec<String> {
    ["**/.gitkeep", "**/.keep", "**/_SUCCESS", "**/__init__.py", "**/.complete"].map(str::to_owned).to_vec()
}

/// Most files of one sort that are shown.
const SHOWN: usize = 20;

/// What a walk met.
#[derive(Default)]
struct Met {
    files: u64,
    bytes: u64,
    empty: Vec<String>,
    broken: Vec<(String, String)>,
    unread: Vec<(String, Error)>,
    others: Vec<String>,
    kinds: BTreeMap<String, u64>,
    layout: Vec<(u64, u64)>,
}

impl Check for Present {
    const TIMEOUT: Option<f64> = Some(120.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let patterns = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| Pattern::new(text)).collect::<Vec<_>>()
        };
        let layout = patterns(&mut self.layout.iter().map(|layout| &layout.files));
        let empty = patterns(&mut self.empty.iter());
        let mut met = Met { layout: vec![(0, 0); self.layout.len()], ..Met::default() };
        for path in &self.paths {
            match self.walk(path, &layout, &empty, &mut met) {
                Ok(()) => {}
                Err(Error::NotFound(_)) => {
                    report
                        .no_go(format!("{path} does not exist"))
                        .at(&**path)
                        .hint("put the data there, or mend 'paths'");
                }
                Err(error) => {
                    report
                        .unknown(format!("cannot look at all of {path}: {error}"))
                        .at(&**path)
                        .hint("make it readable for the user who trains");
                }
            }
        }
        self.report(&met, report);
        let size = Size::from(met.bytes);
        let mut kinds = met.kinds.iter().collect::<Vec<_>>();
        kinds.sort_by(|one, other| other.1.cmp(one.1).then_with(|| one.0.cmp(other.0)));
        let kinds =
            kinds.iter().take(5).map(|(kind, n)| format!("{n} {kind}")).collect::<Vec<_>>().join(", ");
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{} files of {size} are there: {kinds}", met.files),
            _ => format!("not all is there, among {} files of {size}", met.files),
        });
        Ok(())
    }
}

impl Present {
    fn walk(&self, path: &str, layout: &[Pattern], empty: &[Pattern], met: &mut Met) -> Result<(), Error> {
        let stat = files::stat(path, true)?;
        if stat.need::<String>("kind")? != "directory" {
            let name = path.rsplit('/').next().unwrap_or(path);
            met.file(path, name, stat.need("size")?, layout, empty);
            return Ok(());
        }
        let mut walk = files::walk(path);
        if !self.exclude.is_empty() {
            walk = walk.exclude(&self.exclude.iter().map(String::as_str).collect::<Vec<_>>());
        }
        for entry in walk.start()? {
            let entry = entry?;
            let name =
                entry.path.strip_prefix(path).unwrap_or(&entry.path).trim_start_matches('/').to_owned();
            if let Some(error) = entry.failed {
                met.unread.push((entry.path, error));
                continue;
            }
            match entry.kind {
                Kind::File => met.file(&entry.path, &name, entry.size, layout, empty),
                Kind::Link => match files::stat(&entry.path, true) {
                    Ok(stat) if stat.need::<String>("kind")? == "file" => {
                        met.file(&entry.path, &name, stat.need("size")?, layout, empty);
                    }
                    Ok(_) => {}
                    Err(error @ (Error::NotFound(_) | Error::Denied(_))) => {
                        met.broken.push((entry.path, error.to_string()));
                    }
                    Err(error) => met.unread.push((entry.path, error)),
                },
                Kind::Directory | Kind::Other => {}
            }
        }
        Ok(())
    }

    fn report(&self, met: &Met, report: &mut Report) {
        let mut bound = format!(">= {}", self.minimum_files);
        if let Some(most) = self.maximum_files {
            bound = format!("{} to {most}", self.minimum_files);
        }
        report.fact("files", met.files).unit("1").bound(bound);
        let least = self.minimum_size.bytes();
        let bound = self
            .maximum_size
            .map_or_else(|| format!(">= {least}"), |most| format!("{least} to {}", most.bytes()));
        report.fact("size", met.bytes).unit("B").bound(bound);
        report.fact("empty files", met.empty.len()).unit("1").bound("= 0");
        report.fact("links that lead nowhere", met.broken.len()).unit("1").bound("= 0");
        if met.files < self.minimum_files {
            report
                .no_go(format!("{} files, at least {} wanted", met.files, self.minimum_files))
                .hint("get the rest of the data, or declare what suffices: minimum-files");
        }
        if let Some(most) = self.maximum_files.filter(|most| met.files > *most) {
            report
                .no_go(format!("{} files, at most {most} wanted", met.files))
                .hint("take out what does not belong there");
        }
        if met.bytes < least {
            report
                .no_go(format!("{} together, at least {} wanted", Size::from(met.bytes), self.minimum_size))
                .hint("get the rest of the data");
        }
        if let Some(most) = self.maximum_size.filter(|most| met.bytes > most.bytes()) {
            report
                .no_go(format!("{} together, at most {most} wanted", Size::from(met.bytes)))
                .hint("take out what does not belong there");
        }
        for (layout, (count, bytes)) in self.layout.iter().zip(&met.layout) {
            let most = layout.maximum.unwrap_or(u64::MAX);
            let wanted = match layout.maximum {
                Some(most) if most == layout.minimum => format!("= {most}"),
                Some(most) => format!("{} to {most}", layout.minimum),
                None => format!(">= {}", layout.minimum),
            };
            report.fact(format!("files {}", layout.files), *count).unit("1").bound(&wanted);
            if !(layout.minimum..=most).contains(count) {
                report
                    .no_go(format!("{count} files are named {}, {wanted} wanted", class(&layout.files)))
                    .hint("see that the data is complete, or mend 'layout'");
            } else if *bytes < layout.minimum_size.bytes() {
                report
                    .no_go(format!(
                        "the files named {} have {}, at least {} wanted",
                        class(&layout.files),
                        Size::from(*bytes),
                        layout.minimum_size
                    ))
                    .hint("see that the data is complete, or mend 'layout'");
            }
        }
        if self.exact {
            report.fact("files that the layout does not name", met.others.len()).unit("1").bound("= 0");
            list(&met.others, "is not named by the layout", "take it out, or add it to 'layout'", report);
        }
        list(&met.empty, "is empty", "get it again, or name it in 'empty' if it may be", report);
        for (path, error) in met.broken.iter().take(SHOWN) {
            report
                .no_go(format!("{path} is a link that leads nowhere, or out of the data: {error}"))
                .at(path)
                .hint("put the file itself there");
        }
        for (path, error) in met.unread.iter().take(SHOWN) {
            report
                .unknown(format!("cannot look at {path}: {error}"))
                .at(path)
                .hint("make it readable for the user who trains");
        }
        for (count, what) in
            [(met.broken.len(), "links lead nowhere"), (met.unread.len(), "cannot be looked at")]
        {
            if count > SHOWN {
                report.unknown(format!("{} more {what}", count - SHOWN));
            }
        }
    }
}

fn list(paths: &[String], what: &str, hint: &str, report: &mut Report) {
    for path in paths.iter().take(SHOWN) {
        report.no_go(format!("{path} {what}")).at(path).hint(hint);
    }
    if paths.len() > SHOWN {
        report.no_go(format!("{} more like these: each {what}", paths.len() - SHOWN)).hint(hint);
    }
}

impl Met {
    fn file(&mut self, path: &str, name: &str, size: u64, layout: &[Pattern], empty: &[Pattern]) {
        self.files += 1;
        self.bytes += size;
        let last = name.rsplit('/').next().unwrap_or(name);
        let kind = last
            .rsplit_once('.')
            .filter(|(stem, _)| !stem.is_empty())
            .map_or("without extension", |(_, kind)| kind);
        *self.kinds.entry(kind.to_ascii_lowercase()).or_default() += 1;
        if size == 0 && !empty.iter().any(|pattern| pattern.matches(name)) {
            self.empty.push(path.to_owned());
        }
        let mut is_named = false;
        for (pattern, (count, bytes)) in layout.iter().zip(&mut self.layout) {
            if pattern.matches(name) {
                *count += 1;
                *bytes += size;
                is_named = true;
            }
        }
        if !is_named {
            self.others.push(path.to_owned());
        }
    }
}
