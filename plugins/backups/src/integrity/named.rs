//! Files with a digest that they must have, verified by the host in large batches.

use gonogo_sdk::{Report, Size, Stop, counted, files::Entry};

use crate::{backup::unreadable, digest::Algorithm};

/// Files of one call of the host.
const FILES: usize = 4_096;

/// Bytes of one call of the host: enough for all cores, and a call ends within seconds.
const BYTES: u64 = 2 << 30;

/// Most damaged files that are named.
const NAMED: usize = 50;

/// Verifies files against digests that are known beforehand.
pub struct Named {
    sample: Sample,
    waiting: Vec<(String, String)>,
    waiting_bytes: u64,
    /// Files that were met.
    met: u64,
    /// Files and bytes that were read.
    read: u64,
    bytes: u64,
    damaged: u64,
}

impl Named {
    /// By SHA-256, which the host computes. `sample` is the share of files that is read; which ones changes with the day.
    pub fn sha256(sample: f64, now: f64) -> Self {
        Self {
            sample: Sample::new(sample, now),
            waiting: Vec::new(),
            waiting_bytes: 0,
            met: 0,
            read: 0,
            bytes: 0,
            damaged: 0,
        }
    }

    /// One more file, and the digest that it must have. `always`: whatever the sample.
    pub fn add(
        &mut self,
        entry: &Entry,
        digest: &str,
        always: bool,
        report: &mut Report,
    ) -> Result<(), Stop> {
        self.met += 1;
        if !always && !self.sample.takes(digest) {
            return Ok(());
        }
        self.waiting.push((entry.path.clone(), digest.to_ascii_lowercase()));
        self.waiting_bytes = self.waiting_bytes.saturating_add(entry.size);
        self.bytes = self.bytes.saturating_add(entry.size);
        if self.waiting.len() >= FILES || self.waiting_bytes >= BYTES { self.verify(report) } else { Ok(()) }
    }

    fn verify(&mut self, report: &mut Report) -> Result<(), Stop> {
        let (paths, wanted): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        self.waiting_bytes = 0;
        if paths.is_empty() {
            return Ok(());
        }
        let digests = Algorithm::Sha256.digests(&paths)?;
        for ((path, wanted), found) in paths.iter().zip(wanted).zip(digests) {
            self.read += 1;
            let bad = match found {
                Ok(found) if found == wanted => continue,
                Ok(found) => Some(found),
                Err(error) => {
                    unreadable(report, "a part of the backup,", path, &error);
                    None
                }
            };
            self.damaged += 1;
            if let (Some(found), true) = (bad, self.damaged <= NAMED as u64) {
                let message = format!(
                    "{path} is damaged: its SHA-256 is {}…, {}… wanted",
                    short(&found),
                    short(&wanted)
                );
                report
                    .no_go(message)
                    .at(path)
                    .hint("restore the file from another copy, or make the backup again elsewhere");
            }
        }
        Ok(())
    }

    /// Verifies what is left, and says how much was read.
    pub fn finish(&mut self, report: &mut Report, path: &str) -> Result<(), Stop> {
        self.verify(report)?;
        if self.damaged > NAMED as u64 {
            report
                .no_go(format!("{path}: {} files are damaged or cannot be read in all", self.damaged))
                .at(path);
        }
        report.fact(format!("{path}: files damaged"), self.damaged).unit("1").bound("= 0");
        coverage(report, path, self.met, self.read, self.bytes);
        Ok(())
    }

    /// How much was read, for a summary.
    pub fn shown(&self) -> String {
        format!("{} and {} read", counted(self.read, "file"), Size::from(self.bytes))
    }
}

/// Says which share was read, and what that means.
pub fn coverage(report: &mut Report, path: &str, met: u64, read: u64, bytes: u64) {
    report.fact(format!("{path}: files read"), read).unit("1");
    report.fact(format!("{path}: bytes read"), bytes).unit("B");
    let share = if met == 0 { 1.0 } else { read as f64 / met as f64 };
    report.fact(format!("{path}: share of files read"), share).unit("1");
    report.fact(format!("{path}: probability that one damaged file is missed"), 1.0 - share).unit("1");
    report
        .fact(format!("{path}: probability that ten damaged files are all missed"), (1.0 - share).powi(10))
        .unit("1");
    if read == 0 && met > 0 {
        let message = format!("of the {met} files of {path} none was read: nothing was verified");
        report.unknown(message).at(path).hint("raise 'sample', where it is below 1");
    }
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// Which files are read.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    share: f64,
    turn: u32,
}

impl Sample {
    /// A share of all, another one each day, so that all are read in time.
    pub fn new(share: f64, now: f64) -> Self {
        let day = (now / 86_400.0) as u32;
        // Steps of the golden ratio spread over the circle as evenly as can be, however many days it is.
        Self { share, turn: day.wrapping_mul(0x9E37_79B9) }
    }

    /// Whether a file is read, by its name.
    pub fn takes(self, name: &str) -> bool {
        // FNV-1a: names of segments are as uneven as those of packs are even.
        let hash = name
            .bytes()
            .fold(0x811C_9DC5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        // Its low bits mix well, its high ones hardly.
        let place = (hash ^ hash >> 15).wrapping_mul(0x2C1B_3C6D).wrapping_add(self.turn);
        self.share >= 1.0 || f64::from(place) < self.share * 4_294_967_296.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_about_its_share_and_turns() {
        let names = (0..10_000).map(|number| format!("data/{}/{number}", number / 1000)).collect::<Vec<_>>();
        let taken = |day: f64| {
            let sample = Sample::new(0.1, day * 86_400.0);
            names.iter().filter(|name| sample.takes(name)).collect::<Vec<_>>()
        };
        for day in [0.0, 20_000.0, 20_001.0] {
            assert!((900..1_100).contains(&taken(day).len()), "{}", taken(day).len());
        }
        assert_ne!(taken(20_000.0), taken(20_001.0));
        assert!(names.iter().all(|name| Sample::new(1.0, 5.0).takes(name)));
        assert!(!names.iter().any(|name| Sample::new(0.0, 5.0).takes(name)));
    }
}
