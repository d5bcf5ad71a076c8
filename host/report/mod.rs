//! Assessment -> bytes. One file per format; [`FORMATS`] is the table of them. Pure: who calls decides where the bytes go.

pub mod document;
pub mod json;
pub mod layout;
pub mod text;
pub mod units;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

pub use document::{Circumstances, Document, Host};
pub use layout::Style;

/// One way to write a report.
#[derive(Clone, Copy)]
pub struct Format {
    /// As `--format` names it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub summary: &'static str,
    /// Writes the report.
    pub write: fn(&Document, &mut dyn Write, &Style) -> io::Result<()>,
}

/// Every format. The first is what is written where nobody asks for another.
pub const FORMATS: &[Format] = &[
    Format { name: "text", summary: "for people", write: text::write },
    Format { name: "json", summary: "for programs, described by `gonogo schema report`", write: json::write },
];

/// The format of that name.
pub fn format(name: &str) -> Option<Format> {
    FORMATS.iter().copied().find(|format| format.name == name)
}
