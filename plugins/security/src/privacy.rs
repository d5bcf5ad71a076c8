mod columns;
mod recognisers;
mod tables;

use std::collections::BTreeMap;

use gonogo_sdk::{
    Check, Error, JsonSchema, Readable, Report, Severity, Size, Stop, counted,
    files::{self, Pattern},
};
use serde::Deserialize;

use self::{
    recognisers::{RECOGNISERS, Recogniser},
    tables::Columns,
};

/// No personal data lies where none is declared
///
/// Tables (CSV, TSV, JSON Lines, Parquet) are judged by their columns: by the values, with check digits where the sort of value has them, and by the names. A column of which at least `threshold` of the values are personal data, or
/// that is named for it (`first_name`, `date_of_birth`, `passport`, …), and that is not `declared`, is a no-go; fewer values, names that may mean something else (`name`, `age`), and columns named for addresses that hold something else (hashes) are
/// warnings. In other text files, matches are warnings with their number and the first place. Values never leave the host.
///
/// Recognised are e-mail addresses, phone numbers, payment cards (Luhn), IBAN (mod 97), public IP addresses, MAC addresses, wallets of Bitcoin and Ethereum, and the numbers that states give to people: SSN (USA), NINO and NHS (UK), Steuer-ID
/// (Germany, mod 11,10), NIR (France), DNI, NIF and NIE (Spain), codice fiscale (Italy), BSN (Netherlands), PESEL (Poland), Aadhaar (India, Verhoeff) and PAN (India), SIN (Canada, Luhn). Plain numbers that could be anything count only where the column's name or
/// a word on the line says what they are, or where more than half of those of the right form have right check digits (by chance a tenth has). Names of people in free text are not recognised: that takes a language model.
///
/// Where only a share of the rows is looked at (`sample`, `rows-maximum`), a column may be missed. Of n rows looked at, all miss a column of which the share x is personal data with the probability (1 − x)^n, x being the threshold. Where that is above
/// 1 − `confidence` for a table, the verdict is unknown.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Privacy {
    /// The data: files, and directories with all below them.
    #[schemars(length(min = 1))]
    paths: Vec<Readable>,
    /// Columns that may hold personal data: `email`, or `train.csv:email`.
    #[serde(default)]
    declared: Vec<String>,
    /// What is left out: patterns of .gitignore, relative to each path.
    #[serde(default)]
    exclude: Vec<String>,
    /// The sorts of personal data that are looked for: all, if none is named.
    #[serde(default)]
    recognisers: Vec<String>,
    /// The share of the rows of each table that is looked at.
    #[serde(default = "sample")]
    #[schemars(range(min = 0.000_001, max = 1.0))]
    sample: f64,
    /// Most rows of a table that are looked at: of the sample, which is spread evenly, the first. What comes later in a larger table is only seen with a smaller `sample`.
    #[serde(default = "rows_maximum")]
    #[schemars(range(min = 1))]
    rows_maximum: u32,
    /// The share of a column's values from which on the column holds personal data.
    #[serde(default = "threshold")]
    #[schemars(range(min = 0.000_001, max = 1.0))]
    threshold: f64,
    /// The probability with which a column above the threshold is to be found.
    #[serde(default = "confidence")]
    #[schemars(range(min = 0.0, max = 0.999_999))]
    confidence: f64,
    /// Files that are larger are not looked into, and the verdict is unknown.
    #[serde(default = "size_maximum")]
    size_maximum: Size,
    /// The record of consent, or of another ground for using personal data. It must be there and not be empty.
    consent: Option<Readable>,
    /// The licence of the data. It must be there and not be empty.
    licence: Option<Readable>,
}

fn sample() -> f64 {
    1.0
}

fn rows_maximum() -> u32 {
    100_000
}

fn threshold() -> f64 {
    0.01
}

fn confidence() -> f64 {
    0.95
}

fn size_maximum() -> Size {
    Size::gib(64)
}

/// Most matches of a sort in one file that the host hands over: the rest it counts.
const MATCHES: u32 = 20;

/// What was found in files that are no tables.
#[derive(Default)]
struct Stray {
    count: u64,
    files: u64,
    /// The first place.
    path: String,
    line: u32,
}

/// What was searched, over all paths.
#[derive(Default)]
struct Searched {
    columns: Columns,
    stray: BTreeMap<&'static str, Stray>,
    files: u64,
    bytes: u64,
    rows: u64,
    rows_total: u64,
    binary: u64,
    more: u64,
}

impl Check for Privacy {
    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.paths.is_empty() {
            return Err(Stop::not_applicable("no data declared (paths = [])"));
        }
        let patterns = self.patterns()?;
        recorded(report, self.consent.as_ref(), "consent");
        recorded(report, self.licence.as_ref(), "licence");
        let mut searched = Searched::default();
        for path in &self.paths {
            self.search(report, path, &patterns, &mut searched)?;
        }
        report.fact("files", searched.files).unit("1");
        report.fact("bytes", searched.bytes).unit("B");
        report.fact("binary files passed over", searched.binary).unit("1");
        self.sampled(report, &searched);
        let bad = searched.columns.judge(report, &self.declared, self.threshold);
        let stray = say(report, &searched);
        if !self.declared.is_empty() && self.consent.is_none() {
            report
                .note("personal data is declared, and no record of consent")
                .hint("consent = \"CONSENT.md\"");
        }
        if searched.files == 0 && report.worst() != Some(Severity::NoGo) {
            let message =
                format!("no file was looked into ({} binary ones were passed over)", searched.binary);
            report.unknown(message).hint("name the data with 'paths'");
        }
        let looked = format!(
            "{} and {}",
            counted(searched.columns.count() as u64, "column"),
            counted(searched.files, "file")
        );
        report.summary(match (bad, stray) {
            (0, 0) => format!("no undeclared personal data in {looked}"),
            (0, stray) => {
                format!("{} with what may be personal data in {looked}", counted(stray, "place"))
            }
            (bad, _) => format!("{bad} undeclared columns with personal data, in {looked}"),
        });
        Ok(())
    }
}

impl Privacy {
    fn patterns(&self) -> Result<Vec<Pattern>, Stop> {
        let known = || RECOGNISERS.iter().map(|recogniser| recogniser.id).collect::<Vec<_>>().join(", ");
        let mut patterns = vec![recognisers::any()];
        for id in &self.recognisers {
            if Recogniser::named(id).is_none() {
                return Err(Stop::unknown(format!("there is no recogniser '{id}'; there are {}", known())));
            }
        }
        let is_chosen = |recogniser: &&Recogniser| {
            self.recognisers.is_empty() || self.recognisers.iter().any(|id| id == recogniser.id)
        };
        patterns.extend(RECOGNISERS.iter().filter(is_chosen).flat_map(Recogniser::patterns));
        Ok(patterns)
    }

    fn search(
        &self,
        report: &mut Report,
        path: &Readable,
        patterns: &[Pattern],
        searched: &mut Searched,
    ) -> Result<(), Stop> {
        match files::stat(path, true) {
            Ok(_) => {}
            Err(Error::NotFound(_)) => {
                report
                    .no_go(format!("{path} does not exist"))
                    .at(&*path.0)
                    .hint("put it there, or take it out of 'paths'");
                return Ok(());
            }
            Err(error) => {
                report.unknown(format!("cannot look at {path}: {error}")).at(&*path.0);
                return Ok(());
            }
        }
        let mut search = files::search(path, "personal-data")
            .with("table", true)
            .with("sample", self.sample)
            .with("rows-maximum", self.rows_maximum)
            .with("size-maximum", self.size_maximum.bytes())
            .with("matches-maximum", MATCHES);
        if !self.exclude.is_empty() {
            search = search.with("exclude", self.exclude.clone());
        }
        let mut matches = search.start(patterns)?;
        let mut last = BTreeMap::<&'static str, String>::new();
        for found in matches.by_ref() {
            let found = match found {
                Ok(found) => found,
                Err(error) => {
                    report.unknown(format!("{path} cannot be searched to its end: {error}")).at(&*path.0);
                    break;
                }
            };
            // What is in tables is counted by the host.
            if found.get::<String>("field")?.is_some() {
                continue;
            }
            let pattern: String = found.need("pattern")?;
            let id = pattern.strip_suffix("-text").unwrap_or(&pattern);
            let Some(recogniser) = Recogniser::named(id) else { continue };
            let file: String = found.need("path")?;
            let stray = searched.stray.entry(recogniser.what).or_default();
            if stray.count == 0 {
                stray.path.clone_from(&file);
                stray.line = found.get::<u32>("line")?.unwrap_or(1);
            }
            stray.count += 1;
            if last.get(recogniser.what) != Some(&file) {
                stray.files += 1;
                last.insert(recogniser.what, file);
            }
        }
        searched.columns.add(&matches.counts()?)?;
        let totals = matches.totals()?;
        let total = |name: &str| Ok::<_, Error>(totals.get::<u64>(name)?.unwrap_or(0));
        searched.files += total("files")?;
        searched.bytes += total("bytes")?;
        searched.rows += total("rows")?;
        searched.rows_total += total("rows-total")?;
        searched.binary += total("skipped-binary")?;
        searched.more += total("suppressed")?;
        let unread = total("unreadable-count")?;
        if unread > 0 {
            let first = totals.get::<Vec<String>>("unreadable")?.unwrap_or_default();
            let message = format!(
                "{} below {path} cannot be read: {}",
                counted(unread, "file"),
                first.first().map_or("", String::as_str)
            );
            report.unknown(message).at(&*path.0).hint("make them readable, or leave them out with 'exclude'");
        }
        let large = total("skipped-large")?;
        if large > 0 {
            let message = format!(
                "{} below {path} not looked into, larger than {}",
                counted(large, "file"),
                self.size_maximum
            );
            report
                .unknown(message)
                .at(&*path.0)
                .hint("raise 'size-maximum', or leave them out with 'exclude'");
        }
        Ok(())
    }

    /// With what probability a column is missed.
    fn sampled(&self, report: &mut Report, searched: &Searched) {
        let rows = searched.columns.rows();
        report.fact("rows looked at", searched.rows).unit("1");
        report.fact("rows in all", searched.rows_total).unit("1");
        report.fact("sample", self.sample).unit("1");
        if rows.is_empty() {
            return;
        }
        let missed = |looked: u64| {
            let is_whole = self.sample >= 1.0 && looked < u64::from(self.rows_maximum);
            if is_whole || searched.rows == searched.rows_total {
                return 0.0;
            }
            (1.0 - self.threshold).powf(looked as f64)
        };
        let worst = rows.iter().map(|(path, looked)| (missed(*looked), *path, *looked));
        let worst = worst.max_by(|(one, ..), (other, ..)| one.total_cmp(other));
        let Some((probability, path, looked)) = worst else { return };
        let bound = 1.0 - self.confidence;
        report
            .fact("probability of missing a column", probability)
            .unit("1")
            .bound(format!("<= {bound:.6} ((1 - {})^rows)", self.threshold));
        // Estimated by the host where it did not read to the end.
        let whole = self.sample >= 1.0 && searched.rows_total > searched.rows;
        if whole && rows.values().any(|looked| *looked >= u64::from(self.rows_maximum)) {
            let share = searched.rows as f64 / searched.rows_total as f64;
            let message = format!(
                "of the larger tables the first {} rows were looked at, of all {} of {} rows",
                self.rows_maximum, searched.rows, searched.rows_total
            );
            report.note(message).hint(format!("sample = {share:.4} looks at as many, spread evenly"));
        }
        if probability > bound {
            let message = format!(
                "only {looked} rows of {path} were looked at: with them a column of which {} is personal data is missed with a probability of {:.0} %",
                self.threshold,
                probability * 100.0
            );
            report.unknown(message).at(path).hint("sample = 1.0");
        }
    }
}

/// A document that must be there.
fn recorded(report: &mut Report, path: Option<&Readable>, what: &str) {
    let Some(path) = path else { return };
    let hint = format!("write it to {path}");
    let size = files::stat(path, true).and_then(|stat| stat.need::<u64>("size"));
    let finding = match size {
        Ok(size) if size > 0 => {
            report.fact(what, size).unit("B").bound("> 0");
            return;
        }
        Ok(_) => report.no_go(format!("the {what} {path} is empty")).hint(hint),
        Err(Error::NotFound(_)) => report.no_go(format!("there is no {what} at {path}")).hint(hint),
        Err(error) => report.unknown(format!("the {what} {path} cannot be looked at: {error}")),
    };
    finding.at(&*path.0);
}

/// Says what is in files that are no tables. How many places there are.
fn say(report: &mut Report, searched: &Searched) -> u64 {
    let mut all = 0;
    for (what, stray) in &searched.stray {
        all += stray.count;
        let files = if stray.files == 1 { "1 file".to_owned() } else { format!("{} files", stray.files) };
        report
            .warn(format!("{} {what} in text, in {files}", stray.count))
            .at_line(&stray.path, stray.line)
            .hint("take them out, put something else in their place, or leave the file out with 'exclude'");
    }
    report.fact("places in text", all).unit("1");
    if searched.more > 0 {
        report.fact("further matches counted only", searched.more).unit("1");
    }
    all
}
