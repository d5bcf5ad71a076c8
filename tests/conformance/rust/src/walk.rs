use gonogo_sdk::{
    Check, JsonSchema, Readable, Report, Size, Stop,
    files::{self, Kind},
};
use serde::Deserialize;

/// The permission bit that lets everybody write.
const OTHERS_WRITE: u32 = 0o002;

/// A directory is not too large, and nobody else may write into it
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Walk {
    /// The directory.
    root: Readable,
    /// Most bytes of all files together.
    #[serde(default = "maximum")]
    maximum: Size,
}

fn maximum() -> Size {
    Size::gib(1)
}

impl Check for Walk {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let (mut count, mut bytes) = (0_u64, 0_u64);
        for entry in files::walk(&self.root).exclude(&[".git/"]).start()? {
            let entry = entry?;
            let path = entry.path.as_str();
            if entry.kind == Kind::File {
                count += 1;
                bytes += entry.size;
            }
            if let Some(error) = &entry.failed {
                report.unknown(format!("cannot look at {path}: {error}")).at(path);
            }
            if matches!(entry.kind, Kind::File | Kind::Directory) && entry.mode & OTHERS_WRITE != 0 {
                report
                    .warn(format!("{path} has mode {:04o}: everybody may write to it", entry.mode))
                    .at(path)
                    .hint(format!("chmod o-w {path}"));
            }
        }
        let size = Size::from(bytes);
        report.fact("files", count).unit("1");
        report.fact("size", bytes).unit("B").bound(format!("<= {}", self.maximum.bytes()));
        if size > self.maximum {
            report.no_go(format!("{size} in {count} files, at most {} wanted", self.maximum));
        }
        report.summary(format!("{count} files, {size}"));
        Ok(())
    }
}
