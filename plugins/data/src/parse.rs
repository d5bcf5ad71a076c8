mod archives;
mod headers;
mod text;

use gonogo_sdk::{
    Check, Dataset, Error, JsonSchema, Readable, Report, Severity, Stop, dataset,
    files::{self, Kind},
};
use serde::Deserialize;

use crate::damage;

/// Each file parses to its end: CSV, JSON, JSONL, Parquet, Arrow, text, images, audio, tar/WebDataset shards
///
/// Every file below `paths` is read by what its extension says that it is, and the first bad place of each is named:
///
/// - tables (`.csv`, `.tsv`, `.jsonl`, `.ndjson`, `.parquet`, `.arrow`, `.feather`, with `.gz` or `.zst`): every byte, with the checksums of pages and of compressed files. Tables that need options to be read are named in `tables`;
/// - text and JSON (`.txt`, `.md`, `.json`, `.xml`, `.yaml`, …): valid UTF-8 without a NUL, and JSON to its last bracket;
/// - images (PNG, JPEG, GIF, BMP, WebP): a header with a size, and the end that the format has, so that a truncated file is found;
/// - audio (WAV, FLAC): a header with rate, channels and a length that the file has;
/// - archives (`.tar`, `.tar.gz`, `.zip`, `.npz`): every member to its end. The members of WebDataset's shards are pairs: each sample has the same extensions.
///
/// A file that is not what its extension says is a no-go. Files of other kinds are counted and not read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Parse {
    /// Files and directories.
    #[schemars(length(min = 1))]
    paths: Vec<Readable>,
    /// Tables that need options to be read.
    #[serde(default)]
    tables: Vec<Dataset>,
    /// What is left out: patterns of .gitignore, relative to each path.
    #[serde(default)]
    exclude: Vec<String>,
    /// Least width and height of an image, in pixels.
    #[serde(default = "one")]
    minimum_pixels: u32,
    /// Most width and height of an image, in pixels.
    #[serde(default = "maximum_pixels")]
    maximum_pixels: u32,
}

fn one() -> u32 {
    1
}

/// What PIL takes for a decompression bomb begins at 13,400 on a side.
fn maximum_pixels() -> u32 {
    65_535
}

/// Most findings that are shown.
const SHOWN: usize = 50;

/// What a file is by its extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Table,
    Json,
    Text,
    Image,
    Audio,
    Archive,
}

impl Sort {
    fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let inner = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
        let packed = inner.is_some();
        let (_, extension) = inner.unwrap_or(&name).rsplit_once('.')?;
        Some(match extension {
            "csv" | "tsv" | "jsonl" | "ndjson" | "parquet" | "arrow" | "feather" => Self::Table,
            "tar" | "zip" | "npz" | "tgz" => Self::Archive,
            _ if packed => return None,
            "json" | "geojson" | "ipynb" => Self::Json,
            "txt" | "md" | "rst" | "xml" | "html" | "htm" | "yaml" | "yml" | "toml" | "tex" | "srt"
            | "vtt" | "conll" => Self::Text,
            "png" | "jpg" | "jpeg" | "gif" | "bmp" | "webp" => Self::Image,
            "wav" | "flac" => Self::Audio,
            _ => return None,
        })
    }
}

/// What files of each sort are called, in the order of [`Sort`].
const SORTS: [&str; 6] = ["tables", "JSON files", "text files", "images", "audio files", "archives"];

/// What is wrong with a file.
pub(crate) enum Fault {
    /// What, and on which line.
    Broken(String, Option<u32>),
    /// It could not be told.
    Unknown(Error),
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            // The host says so of what is damaged: a member that does not unpack, a table that breaks off.
            Error::Io(text) => Self::Broken(text, None),
            error => Self::Unknown(error),
        }
    }
}

impl Check for Parse {
    const TIMEOUT: Option<f64> = Some(1800.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let mut found = Vec::new();
        for path in &self.paths {
            match self.list(path) {
                Ok(files) => found.extend(files),
                Err(Error::NotFound(_)) => {
                    report
                        .no_go(format!("{path} does not exist"))
                        .at(&**path)
                        .hint("put the data there, or mend 'paths'");
                }
                Err(error) => {
                    _ = report.unknown(format!("cannot look at all of {path}: {error}")).at(&**path);
                }
            }
        }
        let mut counts = SORTS.map(|_| (0_u64, 0_u64));
        let (mut others, mut shown, mut bad) = (0_u64, 0, 0_u64);
        for table in &self.tables {
            let damage = dataset::open(table)?.damage()?;
            bad += damage.len() as u64;
            let count = &mut counts[Sort::Table as usize];
            count.0 += 1;
            count.1 += damage.len() as u64;
            damage::report_all(&damage, report)?;
        }
        let named = self.tables.iter().flat_map(Dataset::files).collect::<Vec<_>>();
        for path in &found {
            let Some(sort) = Sort::of(path) else {
                others += 1;
                continue;
            };
            if sort == Sort::Table && named.contains(path) {
                continue;
            }
            let count = &mut counts[sort as usize];
            count.0 += 1;
            let Err(fault) = self.read(path, sort) else { continue };
            count.1 += 1;
            bad += 1;
            shown += 1;
            if shown > SHOWN {
                continue;
            }
            match fault {
                Fault::Broken(what, line) => {
                    let finding = report.no_go(format!("{path} does not parse: {what}"));
                    let finding = match line {
                        Some(line) => finding.at_line(path, line),
                        None => finding.at(path),
                    };
                    finding.hint("get the file again from where it comes, or take it out");
                }
                Fault::Unknown(error) => {
                    _ = report.unknown(format!("cannot tell whether {path} parses: {error}")).at(path);
                }
            }
        }
        if shown > SHOWN {
            report.no_go(format!("{} more files do not parse, or it cannot be told", shown - SHOWN));
        }
        let mut all = 0;
        for (name, (count, broken)) in SORTS.into_iter().zip(counts).filter(|(_, (count, _))| *count > 0) {
            all += count;
            report.fact(name, count).unit("1");
            report.fact(format!("{name} that do not parse"), broken).unit("1").bound("= 0");
        }
        report.fact("files of other kinds, not read", others).unit("1");
        if all == 0 && report.worst().is_none_or(|worst| worst <= Severity::Warn) {
            return Err(Stop::unknown(format!("none of {others} files is of a kind that this check reads")));
        }
        report.summary(match bad {
            0 if report.worst().is_some_and(|worst| worst > Severity::Warn) => {
                format!("{all} files parse to their end, and not all can be looked at")
            }
            0 => format!("{all} files parse to their end"),
            _ => format!("{bad} of {all} files do not parse to their end"),
        });
        Ok(())
    }
}

impl Parse {
    /// The files that a path names, links to files included.
    fn list(&self, path: &str) -> Result<Vec<String>, Error> {
        if files::stat(path, true)?.need::<String>("kind")? != "directory" {
            return Ok(vec![path.to_owned()]);
        }
        let mut walk = files::walk(path).kinds(&["file", "link"]);
        if !self.exclude.is_empty() {
            walk = walk.exclude(&self.exclude.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let mut found = Vec::new();
        for entry in walk.start()? {
            let entry = entry?;
            if let Some(error) = entry.failed {
                return Err(error);
            }
            let is_file = match entry.kind {
                Kind::Link => files::stat(&entry.path, true)?.need::<String>("kind")? == "file",
                _ => true,
            };
            if is_file {
                found.push(entry.path);
            }
        }
        Ok(found)
    }

    fn read(&self, path: &str, sort: Sort) -> Result<(), Fault> {
        match sort {
            Sort::Table => {
                let damage = dataset::open(&Dataset::named([path]))?.damage()?;
                match damage.first() {
                    None => Ok(()),
                    Some(first) => {
                        let mut what: String = first.need("reason")?;
                        for place in ["row", "byte"] {
                            if let Some(at) = first.get::<u64>(place)? {
                                what = format!("{what} ({place} {at})");
                            }
                        }
                        Err(Fault::Broken(what, first.get("line")?))
                    }
                }
            }
            Sort::Json => text::json(path),
            Sort::Text => text::text(path),
            Sort::Image => {
                let (width, height) = headers::image(&files::open(path)?)?;
                let range = self.minimum_pixels..=self.maximum_pixels;
                if range.contains(&width) && range.contains(&height) {
                    return Ok(());
                }
                Err(Fault::Broken(
                    format!(
                        "it is {width} × {height} pixels, {} to {} wanted",
                        self.minimum_pixels, self.maximum_pixels
                    ),
                    None,
                ))
            }
            Sort::Audio => headers::audio(&files::open(path)?),
            Sort::Archive => archives::read(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_say_what_files_are() {
        for (path, sort) in [
            ("a/B.CSV", Some(Sort::Table)),
            ("a.csv.gz", Some(Sort::Table)),
            ("a.tar.gz", Some(Sort::Archive)),
            ("a.txt.gz", None),
            ("a.jpg", Some(Sort::Image)),
            ("README", None),
            ("a.b/c", None),
        ] {
            assert_eq!(Sort::of(path), sort, "{path}");
        }
    }
}
