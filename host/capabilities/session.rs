//! One job's conversation with the host: its deadline, its budget, its last call, and every answer recorded or replayed.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use super::blocking;
use crate::domain::{
    Error,
    limits::{CALLS, GRACE, RECORDED_BYTES},
};

/// One host call with its answer, as recordings and cases keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The function: `files.stat`.
    pub call: String,
    /// Its arguments by name; absent where it has none.
    #[serde(default = "no_arguments")]
    pub ask: Json,
    /// What the host said.
    pub answer: Answer,
}

fn no_arguments() -> Json {
    Json::Object(serde_json::Map::new())
}

/// What the host said: `{"ok": …}` or `{"error": {"not-found": "…"}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The answer.
    Ok(Json),
    /// Why there is none.
    Error(Error),
}

/// Where a session's answers come from and go to.
#[derive(Debug)]
pub enum Mode {
    /// From nowhere: `describe` must give the same answer on every machine, so it can ask for nothing.
    Closed,
    /// From this machine.
    Live,
    /// From this machine, and kept.
    Record,
    /// From a recording. A call made again gets the next answer to it, the last one for ever.
    Replay(Vec<Call>),
}

/// Why the host ends a guest in the middle of a call.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The job's time is over.
    #[error("the deadline has passed")]
    Deadline,
    /// `describe` asks the host for something.
    #[error("asks for {0} while it describes itself, which must not depend on the machine")]
    Closed(&'static str),
    /// Too many host calls.
    #[error("more than {CALLS} host calls")]
    Calls,
    /// Too long a recording.
    #[error("host answers of more than {} MiB, which no recording keeps", RECORDED_BYTES >> 20)]
    Recording,
    /// A replayed job asks for something that was not recorded.
    #[error("the recording has no answer to {0} {1}")]
    NotRecorded(&'static str, String),
    /// A recorded answer is not of its function's form.
    #[error("the recorded answer to {0} is not of its form: {1}")]
    Misrecorded(&'static str, String),
}

/// One job's conversation.
#[derive(Debug)]
pub struct Session {
    mode: Mode,
    calls: Vec<Call>,
    /// About how many bytes `calls` has.
    recorded: usize,
    started: Instant,
    deadline: Instant,
    left: u32,
    last: Option<(&'static str, String)>,
    denied: Option<String>,
}

/// Bytes of a call's subject that are kept for the report.
const SUBJECT_BYTES: usize = 200;

/// What a recording says of a call that the job did not outlive.
const OUTLASTED: &str = "the job's deadline passed during this call";

impl Session {
    /// A conversation that starts now.
    pub fn new(mode: Mode, timeout: Duration) -> Self {
        let started = Instant::now();
        Self {
            mode,
            calls: Vec::new(),
            recorded: 0,
            started,
            deadline: started + timeout,
            left: CALLS,
            last: None,
            denied: None,
        }
    }

    /// When the job must have ended.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// When the job started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// The last host call, as a report names it: `files.read data/x`.
    pub fn last_call(&self) -> Option<String> {
        self.last.as_ref().map(|(call, subject)| format!("{call} {subject}").trim_end().to_owned())
    }

    /// The first denial, if there was one: a check that met it cannot say go.
    pub fn denied(&self) -> Option<&str> {
        self.denied.as_deref()
    }

    /// What was recorded.
    pub fn into_calls(self) -> Vec<Call> {
        self.calls
    }

    /// Answers one call: from the recording, or by doing `work` on a thread that may be abandoned at the deadline.
    ///
    /// `subject` is what a person would call the thing asked about; `ask` are the arguments as recorded.
    ///
    /// # Errors
    /// [`Broken`] ends the guest. What the guest gets to see is the inner result.
    pub fn ask<T>(
        &mut self,
        call: &'static str,
        subject: &str,
        ask: impl FnOnce() -> Json,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<Result<T, Error>, Broken>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
    {
        self.begin(call, subject)?;
        if let Mode::Replay(calls) = &mut self.mode {
            let answer = replayed(calls, call, &ask());
            return self.replay(call, answer);
        }
        let answer = match blocking::within(self.deadline + GRACE, work) {
            Ok(Some(answer)) => answer,
            Ok(None) => {
                self.record(call, ask, || Answer::Error(Error::Timeout(OUTLASTED.to_owned())))?;
                return Err(Broken::Deadline);
            }
            Err(error) => Err(error),
        };
        if Instant::now() > self.deadline {
            self.record(call, ask, || Answer::Error(Error::Timeout(OUTLASTED.to_owned())))?;
            return Err(Broken::Deadline);
        }
        self.record(call, ask, || match &answer {
            Ok(value) => Answer::Ok(serde_json::to_value(value).unwrap_or(Json::Null)),
            Err(error) => Answer::Error(error.clone()),
        })?;
        self.note(&answer);
        Ok(answer)
    }

    /// Answers one call that cannot block, and whose live answer a recording keeps as `recorded`.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub fn ask_at_once<T>(
        &mut self,
        call: &'static str,
        subject: &str,
        ask: impl FnOnce() -> Json,
        answer: impl FnOnce(&Self) -> Result<T, Error>,
        recorded: impl FnOnce(&T) -> Json,
    ) -> Result<Result<T, Error>, Broken>
    where
        T: DeserializeOwned,
    {
        self.begin(call, subject)?;
        if let Mode::Replay(calls) = &mut self.mode {
            let answer = replayed(calls, call, &ask());
            return self.replay(call, answer);
        }
        let answer = answer(self);
        self.record(call, ask, || match &answer {
            Ok(value) => Answer::Ok(recorded(value)),
            Err(error) => Answer::Error(error.clone()),
        })?;
        self.note(&answer);
        Ok(answer)
    }

    fn begin(&mut self, call: &'static str, subject: &str) -> Result<(), Broken> {
        self.last = Some((call, crate::domain::text::line(subject, SUBJECT_BYTES)));
        if matches!(self.mode, Mode::Closed) {
            return Err(Broken::Closed(call));
        }
        self.left = self.left.checked_sub(1).ok_or(Broken::Calls)?;
        if Instant::now() > self.deadline { Err(Broken::Deadline) } else { Ok(()) }
    }

    fn note<T>(&mut self, answer: &Result<T, Error>) {
        if let Err(Error::Denied(text)) = answer {
            self.denied.get_or_insert_with(|| text.clone());
        }
    }

    fn record(
        &mut self,
        call: &'static str,
        ask: impl FnOnce() -> Json,
        answer: impl FnOnce() -> Answer,
    ) -> Result<(), Broken> {
        if !matches!(self.mode, Mode::Record) {
            return Ok(());
        }
        let call = Call { call: call.to_owned(), ask: ask(), answer: answer() };
        self.recorded += size(&call.ask)
            + match &call.answer {
                Answer::Ok(value) => size(value),
                Answer::Error(error) => error.to_string().len(),
            };
        if self.recorded > RECORDED_BYTES {
            return Err(Broken::Recording);
        }
        self.calls.push(call);
        Ok(())
    }

    fn replay<T: DeserializeOwned>(
        &mut self,
        call: &'static str,
        answer: Result<Answer, Json>,
    ) -> Result<Result<T, Error>, Broken> {
        let answer = match answer.map_err(|ask| Broken::NotRecorded(call, ask.to_string()))? {
            Answer::Ok(value) => {
                let shape = |error: serde_json::Error| Broken::Misrecorded(call, error.to_string());
                Ok(serde_json::from_value(value).map_err(shape)?)
            }
            Answer::Error(Error::Timeout(text)) if text == OUTLASTED => return Err(Broken::Deadline),
            Answer::Error(error) => Err(error),
        };
        self.note(&answer);
        Ok(answer)
    }
}

/// About how many bytes a value takes.
fn size(value: &Json) -> usize {
    16 + match value {
        Json::String(text) => text.len(),
        Json::Array(values) => values.iter().map(size).sum(),
        Json::Object(values) => values.iter().map(|(name, value)| name.len() + size(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
    }
}

/// The next answer to a call, which is used up unless it is the last.
fn replayed(calls: &mut Vec<Call>, call: &'static str, ask: &Json) -> Result<Answer, Json> {
    let same = |other: &Call| other.call == call && other.ask == *ask;
    let Some(at) = calls.iter().position(same) else { return Err(ask.clone()) };
    if calls[at + 1..].iter().any(same) { Ok(calls.remove(at).answer) } else { Ok(calls[at].answer.clone()) }
}

/// Bytes as a recording keeps them: text where they are UTF-8, else hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Recorded {
    Text(String),
    Hex { hex: String },
}

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) => serializer.serialize_str(text),
            Err(_) => Recorded::Hex {
                hex: self.0.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
            }
            .serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Recorded::deserialize(deserializer)? {
            Recorded::Text(text) => Ok(Self(text.into_bytes())),
            Recorded::Hex { hex } => {
                let byte = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
                let bytes = (0..hex.len()).step_by(2).map(byte).collect::<Option<Vec<_>>>();
                bytes.map(Self).ok_or_else(|| serde::de::Error::custom("'hex' is no sequence of hex pairs"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live(mode: Mode) -> Session {
        Session::new(mode, Duration::from_secs(5))
    }

    #[test]
    fn what_is_recorded_is_replayed_in_order_and_the_last_answer_stays() {
        let mut session = live(Mode::Record);
        for number in [1, 2] {
            session.ask("system.cpu", "", || json!({}), move || Ok(number)).unwrap().unwrap();
        }
        session
            .ask::<u64>(
                "files.find",
                "x",
                || json!({"path": "x"}),
                || Err(Error::NotFound("no x".to_owned())),
            )
            .unwrap()
            .unwrap_err();
        let mut session = live(Mode::Replay(session.into_calls()));
        let mut ask = || session.ask("system.cpu", "", || json!({}), || Ok(0)).unwrap().unwrap();
        assert_eq!([ask(), ask(), ask()], [1, 2, 2]);
        let error =
            session.ask::<u64>("files.find", "x", || json!({"path": "x"}), || Ok(7)).unwrap().unwrap_err();
        assert_eq!(error, Error::NotFound("no x".to_owned()));
        let unasked = session.ask::<u64>("files.find", "y", || json!({"path": "y"}), || Ok(7));
        assert!(matches!(unasked, Err(Broken::NotRecorded("files.find", _))));
    }

    #[test]
    fn a_call_that_outlasts_the_job_breaks_it_live_and_replayed() {
        let mut session = Session::new(Mode::Record, Duration::from_millis(20));
        let slow = || {
            std::thread::sleep(Duration::from_secs(2));
            Ok(1)
        };
        assert!(matches!(session.ask("process.run", "sleep 2", || json!({}), slow), Err(Broken::Deadline)));
        assert_eq!(session.last_call().unwrap(), "process.run sleep 2");
        let mut session = live(Mode::Replay(session.into_calls()));
        assert!(matches!(
            session.ask("process.run", "sleep 2", || json!({}), || Ok(1)),
            Err(Broken::Deadline)
        ));
    }

    #[test]
    fn a_recording_is_bounded() {
        let mut session = live(Mode::Record);
        let mut read = || session.ask("files.read", "x", || json!({}), || Ok("x".repeat(4 << 20)));
        let kept = (0..100).take_while(|_| read().is_ok()).count();
        assert_eq!(kept, (RECORDED_BYTES >> 22) - 1);
        assert!(matches!(read(), Err(Broken::Recording)));
        assert_eq!(session.into_calls().len(), kept);
    }

    #[test]
    fn bytes_survive_the_recording() {
        for bytes in [b"text".to_vec(), vec![0xff, 0x00, 0x41], Vec::new()] {
            let recorded = serde_json::to_string(&Bytes(bytes.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&recorded).unwrap().0, bytes);
        }
    }
}
