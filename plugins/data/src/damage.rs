//! Files of tables that cannot be read to their end.

use gonogo_sdk::{Attributes, Dataset, Error, Finding, Report, Stop, dataset};

use crate::frame::Frame;

/// Most damaged files that are shown.
const SHOWN: usize = 50;

/// Opens a table for a check that damage concerns: where a file cannot be read, says which one and where, and gives none.
pub fn frame(data: &Dataset, report: &mut Report) -> Result<Option<Frame>, Stop> {
    match Frame::open(data) {
        Ok(frame) if frame.columns.is_empty() => Err(Stop::unknown(format!("{data} has no columns"))),
        Ok(frame) => Ok(Some(frame)),
        Err(Error::Io(reason)) => {
            let damage = dataset::open(data).and_then(|table| table.damage())?;
            if damage.is_empty() {
                return Err(Stop::unknown(format!("cannot read {data}: {reason}")));
            }
            report_all(&damage, report)?;
            report.summary(format!("{} files of {data} cannot be read to their end", damage.len()));
            Ok(None)
        }
        Err(error) => Err(Stop::unknown(format!("cannot read {data}: {error}"))),
    }
}

/// A finding for each file.
pub fn report_all(damage: &[Attributes], report: &mut Report) -> Result<(), Error> {
    for file in damage.iter().take(SHOWN) {
        let (path, reason): (String, String) = (file.need("path")?, file.need("reason")?);
        let mut place = Vec::new();
        for (name, what) in [("line", "line"), ("row", "row"), ("byte", "byte")] {
            if let Some(at) = file.get::<u64>(name)? {
                place.push(format!("{what} {at}"));
            }
        }
        if let Some(column) = file.get::<String>("column")? {
            place.push(format!("column {}", crate::words::class(&column)));
        }
        let place = if place.is_empty() { String::new() } else { format!(" at {}", place.join(", ")) };
        let line = file.get::<u32>("line")?;
        let finding = report.no_go(format!("{path} cannot be read to its end{place}: {reason}"));
        locate(finding, path, line).hint("get the file again from where it comes, or mend the place named");
    }
    if damage.len() > SHOWN {
        report.no_go(format!("{} more files cannot be read to their end", damage.len() - SHOWN));
    }
    Ok(())
}

fn locate(finding: &mut Finding, path: String, line: Option<u32>) -> &mut Finding {
    match line {
        Some(line) => finding.at_line(path, line),
        None => finding.at(path),
    }
}
