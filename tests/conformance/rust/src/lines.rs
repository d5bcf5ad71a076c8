use gonogo_sdk::{Check, JsonSchema, Readable, Report, Stop, files};
use serde::Deserialize;

/// Bytes that are read at a time.
const PART: u32 = 65_536;

/// A text file has enough lines, none too long
///
/// A line is what ends with a newline, or with the file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Lines {
    /// The file.
    path: Readable,
    /// Fewest lines.
    #[serde(default = "minimum")]
    minimum: u64,
    /// Most characters of a line.
    #[serde(default = "length")]
    #[schemars(range(min = 1))]
    length: u32,
}

fn minimum() -> u64 {
    1
}

fn length() -> u32 {
    120
}

impl Check for Lines {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let bytes = self.bytes()?;
        let text =
            String::from_utf8(bytes).map_err(|_| Stop::unknown(format!("{} is not UTF-8", self.path)))?;
        // Not `lines`, which takes a carriage return for a part of the end.
        let lines = text.split_terminator('\n').collect::<Vec<_>>();
        report.fact("lines", lines.len()).unit("1").bound(format!(">= {}", self.minimum));
        for (line, number) in lines.iter().zip(1..) {
            let characters = line.chars().count();
            if characters > self.length as usize {
                report
                    .warn(format!("line of {characters} characters, at most {} wanted", self.length))
                    .at_line(self.path.to_string(), number)
                    .column(self.length + 1);
            }
        }
        if (lines.len() as u64) < self.minimum {
            let message =
                format!("{} has {} lines, at least {} wanted", self.path, lines.len(), self.minimum);
            report.no_go(message).at(self.path.to_string());
        }
        report.summary(format!("{} lines", lines.len()));
        Ok(())
    }
}

impl Lines {
    /// The whole file, part by part.
    fn bytes(&self) -> Result<Vec<u8>, Stop> {
        let mut bytes = Vec::new();
        loop {
            let part = files::read(&self.path, bytes.len() as u64, PART)?;
            bytes.extend_from_slice(&part);
            if part.len() < PART as usize {
                return Ok(bytes);
            }
        }
    }
}
