//! What a guest writes: log messages, and what its language's runtime prints. Bounded, tagged, and without the secrets that it was shown.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{
    bindings::log::Level,
    domain::{
        limits::{LINE_BYTES, LOG_BYTES, TEXT_BYTES},
        text,
    },
};

/// The output of a program that a guest takes itself for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// What it has to say.
    Standard,
    /// What went wrong: tracebacks and panics of language runtimes come here.
    Error,
}

/// What one job writes. Its copies write to the same.
#[derive(Clone)]
pub struct Journal(Arc<Mutex<Written>>);

struct Written {
    /// `system.hardware.cpu`, for log messages.
    name: String,
    /// Values of variables that no text may show.
    secrets: Vec<String>,
    /// Bytes so far.
    bytes: usize,
    /// The last message that was logged as a warning.
    warning: Option<String>,
    /// Lines that have not ended yet: standard output, standard error.
    open: [Vec<u8>; 2],
    /// The last bytes of standard error since the last warning.
    tail: Vec<u8>,
}

impl Journal {
    /// Of the job of that name.
    pub fn new(name: String) -> Self {
        Self(Arc::new(Mutex::new(Written {
            name,
            secrets: Vec::new(),
            bytes: 0,
            warning: None,
            open: [Vec::new(), Vec::new()],
            tail: Vec::new(),
        })))
    }

    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on no text shows this.
    pub fn hide(&self, secret: String) {
        let mut written = self.written();
        if !written.secrets.contains(&secret) {
            written.secrets.push(secret);
        }
    }

    /// A text that the guest wrote, without the secrets that it was shown.
    pub fn redact(&self, text: String) -> String {
        self.written().redact(text)
    }

    /// A message.
    pub fn log(&self, level: Level, message: &str) {
        let mut written = self.written();
        let left = LOG_BYTES.saturating_sub(written.bytes);
        let message = written.redact(text::lines(message, left));
        written.bytes += message.len();
        if message.is_empty() {
            return;
        }
        written.emit(level, &message);
        if level == Level::Warn {
            written.warning = Some(message);
            written.tail.clear();
        }
    }

    /// What the guest prints, each line a message. What is too much is left out: a program that prints must not fail by it.
    pub fn print(&self, output: Output, bytes: &[u8]) {
        let mut written = self.written();
        if output == Output::Error {
            // Why it ended is at the end, however much it printed before.
            written.tail.extend(&bytes[bytes.len().saturating_sub(TEXT_BYTES)..]);
            let surplus = written.tail.len().saturating_sub(TEXT_BYTES);
            written.tail.drain(..surplus);
        }
        let left = LOG_BYTES.saturating_sub(written.bytes);
        let taken = &bytes[..bytes.len().min(left)];
        if taken.is_empty() {
            return;
        }
        written.bytes += taken.len();
        let mut text = std::mem::take(written.open(output));
        text.extend_from_slice(taken);
        let mut rest = text.as_slice();
        while let Some(end) = memchr::memchr(b'\n', rest) {
            written.line(output, &rest[..end]);
            rest = &rest[end + 1..];
        }
        if rest.len() > TEXT_BYTES {
            written.line(output, rest);
            rest = &[];
        }
        *written.open(output) = rest.to_vec();
    }

    /// Writes the lines that have no end.
    pub fn finish(&self) {
        let mut written = self.written();
        for output in [Output::Standard, Output::Error] {
            let line = std::mem::take(written.open(output));
            written.line(output, &line);
        }
    }

    /// What the guest wrote last to say that something is wrong: often why it ended.
    pub fn last_words(&self) -> Option<String> {
        let written = self.written();
        let tail = String::from_utf8_lossy(&written.tail);
        let lines = tail.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>();
        let words = match lines.as_slice() {
            [] => return written.warning.clone(),
            // A trace begins with what happened, or ends with it, by language.
            [first, second, .., last] => {
                let middle = if lines.len() > 3 { " …" } else { "" };
                format!("{first} {second}{middle} {last}")
            }
            few => few.join(" "),
        };
        Some(written.redact(text::line(&words, 3 * LINE_BYTES)))
    }
}

impl Written {
    fn open(&mut self, output: Output) -> &mut Vec<u8> {
        &mut self.open[usize::from(output == Output::Error)]
    }

    fn line(&self, output: Output, line: &[u8]) {
        let line = self.redact(text::line(&String::from_utf8_lossy(line), TEXT_BYTES));
        if !line.trim().is_empty() {
            self.emit(if output == Output::Error { Level::Warn } else { Level::Info }, &line);
        }
    }

    fn redact(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, secret| match text.contains(secret.as_str()) {
            true => text.replace(secret.as_str(), "[redacted]"),
            false => text,
        })
    }

    fn emit(&self, level: Level, message: &str) {
        let name = self.name.as_str();
        match level {
            Level::Trace => tracing::trace!(target: "plugin", name, "{message}"),
            Level::Debug => tracing::debug!(target: "plugin", name, "{message}"),
            Level::Info => tracing::info!(target: "plugin", name, "{message}"),
            Level::Warn => tracing::warn!(target: "plugin", name, "{message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> Journal {
        Journal::new("item".to_owned())
    }

    #[test]
    fn what_was_written_last_says_why_it_ended() {
        let journal = journal();
        assert_eq!(journal.last_words(), None);
        journal.print(Output::Standard, b"hello\n");
        assert_eq!(journal.last_words(), None, "what it has to say is not what went wrong");
        journal.log(Level::Warn, "careful");
        assert_eq!(journal.last_words().unwrap(), "careful");
        journal.print(Output::Error, b"Traceback:\n  File \"app.py\"\n    run()\nValueError: bo");
        journal.print(Output::Error, b"om\n");
        assert_eq!(journal.last_words().unwrap(), "Traceback: File \"app.py\" … ValueError: boom");
        journal.log(Level::Warn, "after all");
        assert_eq!(journal.last_words().unwrap(), "after all");
    }

    #[test]
    fn the_end_is_kept_of_whatever_was_printed() {
        let journal = journal();
        for _ in 0..100 {
            journal.print(Output::Error, &vec![b'x'; LOG_BYTES]);
        }
        journal.print(Output::Error, b"\npanic: boom\n");
        let words = journal.last_words().unwrap();
        assert!(words.ends_with("panic: boom") || words.ends_with('…'), "{words}");
        let written = journal.written();
        assert_eq!(written.bytes, LOG_BYTES);
        assert!(written.tail.len() <= TEXT_BYTES && written.open[1].len() <= TEXT_BYTES);
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_is_written() {
        let journal = journal();
        journal.hide("hunter22".to_owned());
        assert_eq!(journal.redact("it is hunter22".to_owned()), "it is [redacted]");
        journal.print(Output::Error, b"KeyError: hunter22\n");
        assert_eq!(journal.last_words().unwrap(), "KeyError: [redacted]");
    }
}
