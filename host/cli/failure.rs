//! What a command could not do, as its user reads it.

use std::{error::Error, fmt::Display, io::Write, panic};

use super::exit::Exit;
use crate::{
    domain::text,
    report::{
        Style,
        layout::{ACTION, BAD, wrap},
    },
};

/// Most bytes of one message: configurations may have many problems, and each shows its line.
const MOST: usize = 60_000;

/// Why a command did not do what it should.
#[derive(Debug)]
pub struct Failure {
    /// The code that the process ends with.
    pub exit: Exit,
    /// What was tried, on what, and why it failed: a lower-case fragment.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What it comes from.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure with neither cause nor hint.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None, cause: None }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// A configuration, a profile or a plugin that is invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exit::Invalid, message)
    }

    /// Everything that is wrong with what people wrote, each problem as it writes itself.
    pub fn problems(problems: &[impl Display]) -> Self {
        let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n\n");
        Self::invalid(text)
    }

    /// The same failure with what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same failure with what it comes from.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// As it stands on standard error.
    pub fn render(&self, style: &Style) -> String {
        let mut out = String::new();
        for (at, message) in self.message.split("\n\n").enumerate() {
            if at > 0 {
                out.push('\n');
            }
            out += &format!("{} {}\n", style.paint(BAD.bold(), "error:"), text::lines(message, MOST));
        }
        let mut cause = self.cause.as_deref().map(|cause| cause as &dyn Error);
        while let Some(error) = cause {
            out += &format!("  because {}\n", text::lines(&error.to_string(), MOST).replace('\n', "\n  "));
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            let lines = wrap(&text::lines(hint, MOST), style.width.saturating_sub(6));
            out += &format!("{} {}\n", style.paint(ACTION.bold(), "hint:"), lines.join("\n      "));
        }
        out
    }
}

/// Makes every panic one sentence with what to report. Who catches it decides what it means: unknown for a job, [`Exit::Bug`] for
/// the program.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let place =
            info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
        let sentence = format!(
            "gonogo {} has a bug{place}: {}; please report this line with the command that you typed\n",
            env!("CARGO_PKG_VERSION"),
            text::line(info.payload_as_str().unwrap_or("no message"), 2_000),
        );
        // Nothing is left to do where standard error is closed too.
        let _ = std::io::stderr().write_all(sentence.as_bytes());
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_why_and_what_to_do() {
        let cause = std::io::Error::other("permission denied");
        let failure = Failure::usage("cannot read a\u{1b}b").cause(cause).hint("chmod +r a");
        assert_eq!(
            failure.render(&Style::PLAIN),
            "error: cannot read a b\n  because permission denied\nhint: chmod +r a\n"
        );
    }

    #[test]
    fn every_problem_is_an_error_of_its_own() {
        let failure = Failure::problems(&["one\n  --> gonogo.toml:1:1", "two"]);
        assert_eq!(failure.exit, Exit::Invalid);
        assert_eq!(failure.render(&Style::PLAIN), "error: one\n  --> gonogo.toml:1:1\n\nerror: two\n");
    }
}
