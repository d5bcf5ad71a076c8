use gonogo_sdk::{
    Check, Error, JsonSchema, Rate, Readable, Report, Severity, Size, Stop, clock,
    files::{self, MOST_BYTES},
};
use serde::Deserialize;

/// The data is where the config says, readable now by the user who trains, at the throughput declared
///
/// Each of `paths` is looked up and everything below it walked. Of the files, as many as `files` says, spread evenly over all, are opened and read at their beginning and at their end: so a stale mount, a missing right or a broken disk shows
/// now and not after an hour of training. A path that is not there, and a file that cannot be read, are a no-go.
///
/// With `rate`, the largest of them are read one after the other, `sample` bytes altogether, and the bytes per second are held against it. What is in the page cache is read faster than from the disk: the fact says nothing of a
/// cold start, and a rate below the one declared is bad even so.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Accessible {
    /// Files and directories of the dataset, as the training's configuration has them.
    #[schemars(length(min = 1))]
    paths: Vec<Readable>,
    /// Most files of each path that are opened.
    #[serde(default = "most")]
    #[schemars(range(min = 1, max = 10_000))]
    files: usize,
    /// Least bytes per second.
    rate: Option<Rate>,
    /// Bytes that are read to measure it.
    #[serde(default = "sample")]
    sample: Size,
}

fn most() -> usize {
    1_000
}

fn sample() -> Size {
    Size::mib(256)
}

/// Bytes that are read at the beginning and the end of a file.
const ENDS: u32 = 4096;

/// Fewest bytes that tell a rate: less is read in the time that a call takes.
const LEAST: u64 = 1 << 20;

/// Most findings that are shown.
const SHOWN: usize = 20;

impl Check for Accessible {
    const TIMEOUT: Option<f64> = Some(120.0);
    const EXCLUSIVE: bool = true;

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let mut found = Vec::new();
        let (mut opened, mut failed) = (0_u64, 0_usize);
        for path in &self.paths {
            let listed = match list(path) {
                Ok(listed) => listed,
                Err(Error::NotFound(_)) => {
                    report
                        .no_go(format!("{path} does not exist"))
                        .at(&**path)
                        .hint("put or mount the data there, or mend 'paths'");
                    continue;
                }
                Err(error) => {
                    report
                        .unknown(format!("cannot look at all of {path}: {error}"))
                        .at(&**path)
                        .hint("make it readable for the user who trains");
                    continue;
                }
            };
            if listed.is_empty() {
                report.no_go(format!("{path} has no files")).at(&**path).hint("put or mount the data there");
            }
            for (file, size) in spread(&listed, self.files) {
                opened += 1;
                if let Err(error) = ends(file, *size) {
                    failed += 1;
                    if failed <= SHOWN {
                        judge(file, &error, report);
                    }
                }
            }
            found.extend(listed);
        }
        if failed > SHOWN {
            report.no_go(format!("{} more files cannot be read", failed - SHOWN));
        }
        let bytes = found.iter().map(|(_, size)| size).sum::<u64>();
        report.fact("files", found.len()).unit("1").bound(">= 1");
        report.fact("size", bytes).unit("B");
        report.fact("files opened", opened).unit("1");
        report.fact("files that cannot be read", failed).unit("1").bound("= 0");
        let speed = match self.rate {
            Some(rate) if failed == 0 => self.measure(rate, found, report)?,
            _ => String::new(),
        };
        report.summary(match report.worst() {
            None | Some(Severity::Note) => format!("{opened} files of {} are readable{speed}", Size::from(bytes)),
            Some(Severity::Unknown) => format!("whether all of the data is readable cannot be told; {opened} files were tried"),
            _ => format!("not all of the data is there and can be read as wanted: {failed} of {opened} files that were tried fail{speed}"),
        });
        Ok(())
    }
}

impl Accessible {
    fn measure(
        &self,
        wanted: Rate,
        mut found: Vec<(String, u64)>,
        report: &mut Report,
    ) -> Result<String, Stop> {
        found.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        let start = clock::elapsed()?;
        let mut bytes = 0;
        'files: for (path, _) in &found {
            let mut offset = 0;
            loop {
                if bytes >= self.sample.bytes() {
                    break 'files;
                }
                let part = files::read(path, offset, MOST_BYTES)?.len() as u64;
                bytes += part;
                offset += part;
                if part < u64::from(MOST_BYTES) {
                    break;
                }
            }
        }
        let seconds = clock::elapsed()? - start;
        if bytes < LEAST || seconds <= 0.0 {
            report.note(format!("{} are too few to tell a rate: it is not judged", Size::from(bytes)));
            return Ok(String::new());
        }
        let rate = bytes as f64 / seconds;
        report.fact("read rate", rate.round()).unit("B/s").bound(format!(">= {}", wanted.per_second()));
        if rate < wanted.per_second() {
            report
                .no_go(format!("the data is read at {}, at least {wanted} wanted", Rate::from(rate)))
                .hint("see what else uses the disk or the network, or copy the data to a faster one");
        }
        Ok(format!(", at {}", Rate::from(rate)))
    }
}

/// The files that a path names, with their sizes.
fn list(path: &str) -> Result<Vec<(String, u64)>, Error> {
    let stat = files::stat(path, true)?;
    if stat.need::<String>("kind")? != "directory" {
        return Ok(vec![(path.to_owned(), stat.need("size")?)]);
    }
    let there = crate::missing::there(path)?;
    Ok(there
        .into_iter()
        .map(|(name, size)| (format!("{}/{name}", path.trim_end_matches('/')), size))
        .collect())
}

/// So many of them, evenly.
fn spread<T>(all: &[T], most: usize) -> impl Iterator<Item = &T> {
    let step = all.len().div_ceil(most.max(1)).max(1);
    all.iter().step_by(step)
}

fn ends(path: &str, size: u64) -> Result<(), Error> {
    let begin = files::read(path, 0, ENDS)?.len() as u64;
    let from = size.saturating_sub(u64::from(ENDS));
    let end = if from > 0 { files::read(path, from, ENDS)?.len() as u64 } else { begin };
    if end < size.min(u64::from(ENDS)) {
        return Err(Error::Io(format!("it has {size} bytes, and {end} of its last {ENDS} can be read")));
    }
    Ok(())
}

fn judge(path: &str, error: &Error, report: &mut Report) {
    let severity = match error {
        Error::Timeout(_) | Error::Limit(_) | Error::Unsupported(_) => Severity::Unknown,
        _ => Severity::NoGo,
    };
    report
        .finding(severity, format!("{path} cannot be read: {error}"))
        .at(path)
        .hint("make it readable for the user who trains; see dmesg where the disk fails");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_tried_all_over() {
        let all = (0..10).collect::<Vec<_>>();
        assert_eq!(spread(&all, 3).copied().collect::<Vec<_>>(), [0, 4, 8]);
        assert_eq!(spread(&all, 100).count(), 10);
        assert_eq!(spread::<u8>(&[], 3).count(), 0);
    }
}
