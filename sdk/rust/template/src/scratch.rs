use gonogo_sdk::{Check, Error, JsonSchema, Report, Size, Stop, Writable, files};
use serde::Deserialize;

/// Bytes that are written and read back to see that it can be done.
const PROBE: u64 = 1 << 20;

/// The scratch directory has room and can be written to
///
/// Free space is what ordinary users may still use. A file of 1 MiB is written, synced, read back and removed: a directory that looks
/// writable and is not (a quota, a full journal, a mount that went read-only) is found before the run, not by its first checkpoint.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Scratch {
    /// The directory. Whoever writes it into gonogo.toml allows the probe file in it.
    directory: Writable,
    /// Least free space.
    #[serde(default = "minimum")]
    minimum: Size,
}

fn minimum() -> Size {
    Size::gib(10)
}

impl Check for Scratch {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let space = files::space(&self.directory)?;
        let free = Size::from(space.need::<u64>("available")?);
        report.fact("free", free.bytes()).unit("B").bound(format!(">= {}", self.minimum.bytes()));
        report.summary(format!("{free} free in {}", self.directory));
        if free < self.minimum {
            report
                .no_go(format!("{} has {free} free, at least {} wanted", self.directory, self.minimum))
                .at(self.directory.to_string())
                .hint(format!("see what fills it: du -xh --max-depth=1 {} | sort -h", self.directory));
        }
        if space.get("read-only")?.unwrap_or(false) {
            report.no_go(format!("{} is mounted read-only", self.directory)).at(self.directory.to_string());
            return Ok(());
        }
        match files::probe(&self.directory, PROBE) {
            Ok(probe) => {
                if let Some(rate) = probe.get::<f64>("write-rate")? {
                    report.fact("write rate", rate).unit("B/s");
                }
            }
            // The system said no: that is what the check is about. All other errors mean that it cannot be told.
            Err(Error::Io(why)) => {
                report
                    .no_go(format!("cannot write into {}: {why}", self.directory))
                    .at(self.directory.to_string())
                    .hint(format!("touch {}/x", self.directory));
            }
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }
}
