//! One job's conversation with the host: its deadline, its budget, its last call, and every answer recorded or replayed.
//!
//! Host calls run on the job's own thread: handing each to another would cost more than most of them take. A call that blocks for ever
//! (a dead network mount, a broken driver) takes its thread along; whoever started the job sees by its [`Trace`] where it stands, and abandons it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value as Json;

use crate::domain::{
    Error,
    limits::{CALLS, RANDOM_BYTES, RECORDED_BYTES},
    text,
};

/// One host call with its answer, as recordings and cases keep it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The function: `files.stat`.
    pub call: String,
    /// Its arguments by name; absent, or null, where it has none.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub ask: Json,
    /// What the host said.
    pub answer: Answer,
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
    /// Too many random bytes.
    #[error("asks for {0} random bytes at once, more than the {RANDOM_BYTES} that are given")]
    Random(u64),
    /// A replayed job asks for something that was not recorded.
    #[error("the recording has no answer to {0} {1}")]
    NotRecorded(&'static str, String),
    /// A recorded answer is not of its function's form.
    #[error("the recorded answer to {0} is not of its form: {1}")]
    Misrecorded(&'static str, String),
}

/// What can be seen of a job from outside, also while it is in a host call.
#[derive(Clone, Debug, Default)]
pub struct Trace(Arc<Mutex<Seen>>);

#[derive(Debug, Default)]
struct Seen {
    last: Option<(&'static str, String)>,
    calls: Vec<Call>,
}

impl Trace {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last host call, as a report names it: `files.read data/x`.
    pub fn last_call(&self) -> Option<String> {
        self.seen().last.as_ref().map(|(call, subject)| format!("{call} {subject}").trim_end().to_owned())
    }

    /// Takes what was recorded.
    pub fn take_calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.seen().calls)
    }
}

/// One job's conversation.
#[derive(Debug)]
pub struct Session {
    mode: Mode,
    trace: Trace,
    /// About how many bytes are recorded.
    recorded: usize,
    started: Instant,
    deadline: Instant,
    left: u32,
    denied: Option<String>,
}

/// Bytes of a call's subject that are kept for the report.
const SUBJECT_BYTES: usize = 200;

/// What a recording says of a call that the job did not outlive.
const OUTLASTED: &str = "the job's deadline passed during this call";

impl Session {
    /// A conversation that starts now and can be followed by `trace`.
    pub fn new(mode: Mode, timeout: Duration, trace: Trace) -> Self {
        let started = Instant::now();
        Self { mode, trace, recorded: 0, started, deadline: started + timeout, left: CALLS, denied: None }
    }

    /// Whether answers come from a recording: what it reveals is no secret any more.
    pub fn replays(&self) -> bool {
        matches!(self.mode, Mode::Replay(_))
    }

    /// Whether a plugin describes itself, which must give the same on every machine.
    pub fn describes(&self) -> bool {
        matches!(self.mode, Mode::Closed)
    }

    /// Whether chance must be the same every time: a case that sometimes fails tells nobody anything.
    pub fn repeats(&self) -> bool {
        matches!(self.mode, Mode::Closed | Mode::Replay(_))
    }

    /// When the job must have ended.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// When the job started.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What can be seen of it from outside.
    pub fn trace(&self) -> &Trace {
        &self.trace
    }

    /// The first denial, if there was one: a check that met it cannot say go.
    pub fn denied(&self) -> Option<&str> {
        self.denied.as_deref()
    }

    /// Answers one call: from the recording, or from this machine.
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
        work: impl FnOnce(&Self) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, Broken>
    where
        T: Serialize + DeserializeOwned,
    {
        self.ask_secret(call, subject, ask, work, |value| serde_json::to_value(value).unwrap_or(Json::Null))
    }

    /// Answers one call whose answer a recording keeps as `recorded`.
    ///
    /// # Errors
    /// As [`Session::ask`].
    pub fn ask_secret<T>(
        &mut self,
        call: &'static str,
        subject: &str,
        ask: impl FnOnce() -> Json,
        work: impl FnOnce(&Self) -> Result<T, Error>,
        recorded: impl FnOnce(&T) -> Json,
    ) -> Result<Result<T, Error>, Broken>
    where
        T: DeserializeOwned,
    {
        self.begin(call, subject)?;
        let answer = match &mut self.mode {
            Mode::Live => work(self),
            Mode::Record => {
                // Should the call never come back, this is what the recording says of it.
                let unanswered = Call { call: call.to_owned(), ask: ask(), answer: outlasted() };
                self.trace.seen().calls.push(unanswered);
                let answer = work(self);
                if Instant::now() <= self.deadline
                    && let Some(kept) = self.trace.seen().calls.last_mut()
                {
                    kept.answer = match &answer {
                        Ok(value) => Answer::Ok(recorded(value)),
                        Err(error) => Answer::Error(error.clone()),
                    };
                    self.recorded += size(&kept.ask)
                        + match &kept.answer {
                            Answer::Ok(value) => size(value),
                            Answer::Error(error) => error.to_string().len(),
                        };
                }
                if self.recorded > RECORDED_BYTES {
                    return Err(Broken::Recording);
                }
                answer
            }
            Mode::Closed => return Err(Broken::Closed(call)),
            Mode::Replay(calls) => replayed(calls, call, &ask())?,
        };
        if Instant::now() > self.deadline {
            return Err(Broken::Deadline);
        }
        if let Err(error) = &answer {
            self.remember(error);
        }
        Ok(answer)
    }

    /// Remembers a denial: also one that is a part of an answer.
    pub fn remember(&mut self, error: &Error) {
        if let Error::Denied(text) = error {
            self.denied.get_or_insert_with(|| text.clone());
        }
    }

    /// Begins a call that has no answer worth recording.
    ///
    /// # Errors
    /// Where the job's time or its number of calls is over.
    pub fn begin(&mut self, call: &'static str, subject: &str) -> Result<(), Broken> {
        self.trace.seen().last = Some((call, text::line(subject, SUBJECT_BYTES)));
        self.left = self.left.checked_sub(1).ok_or(Broken::Calls)?;
        if Instant::now() > self.deadline { Err(Broken::Deadline) } else { Ok(()) }
    }
}

fn outlasted() -> Answer {
    Answer::Error(Error::Timeout(OUTLASTED.to_owned()))
}

/// The next recorded answer to a call, which is used up unless it is the last.
fn replayed<T: DeserializeOwned>(
    calls: &mut Vec<Call>,
    call: &'static str,
    ask: &Json,
) -> Result<Result<T, Error>, Broken> {
    // Who writes a case by hand says `null` where there are no arguments.
    let none = |ask: &Json| ask.is_null() || ask.as_object().is_some_and(serde_json::Map::is_empty);
    let same = |other: &Call| other.call == call && (other.ask == *ask || none(&other.ask) && none(ask));
    let at = calls.iter().position(same).ok_or_else(|| Broken::NotRecorded(call, ask.to_string()))?;
    let again = calls[at + 1..].iter().any(same);
    let answer = if again { calls.remove(at).answer } else { calls[at].answer.clone() };
    match answer {
        answer if answer == outlasted() => Err(Broken::Deadline),
        Answer::Ok(value) => serde_json::from_value(value)
            .map(Ok)
            .map_err(|error| Broken::Misrecorded(call, error.to_string())),
        Answer::Error(error) => Ok(Err(error)),
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

    fn session(mode: Mode) -> Session {
        Session::new(mode, Duration::from_secs(5), Trace::default())
    }

    #[test]
    fn what_is_recorded_is_replayed_in_order_and_the_last_answer_stays() {
        let mut live = session(Mode::Record);
        for number in [1, 2] {
            live.ask("system.cpu", "", || Json::Null, |_| Ok(number)).unwrap().unwrap();
        }
        let missing = |_: &Session| Err::<u64, _>(Error::NotFound("no x".to_owned()));
        live.ask("files.find", "x", || json!({"path": "x"}), missing).unwrap().unwrap_err();
        let mut replayed = session(Mode::Replay(live.trace().take_calls()));
        let mut ask = || replayed.ask("system.cpu", "", || Json::Null, |_| Ok(0)).unwrap().unwrap();
        assert_eq!([ask(), ask(), ask()], [1, 2, 2]);
        let error =
            replayed.ask::<u64>("files.find", "x", || json!({"path": "x"}), |_| Ok(7)).unwrap().unwrap_err();
        assert_eq!(error, Error::NotFound("no x".to_owned()));
        let unasked = replayed.ask::<u64>("files.find", "y", || json!({"path": "y"}), |_| Ok(7));
        assert!(matches!(unasked, Err(Broken::NotRecorded("files.find", _))));
    }

    #[test]
    fn a_call_that_outlasts_the_job_breaks_it_live_and_replayed() {
        let mut live = Session::new(Mode::Record, Duration::from_millis(20), Trace::default());
        let slow = |_: &Session| {
            std::thread::sleep(Duration::from_millis(40));
            Ok(1)
        };
        assert!(matches!(live.ask("process.run", "sleep 2", || Json::Null, slow), Err(Broken::Deadline)));
        assert_eq!(live.trace().last_call().unwrap(), "process.run sleep 2");
        let mut replayed = session(Mode::Replay(live.trace().take_calls()));
        assert!(matches!(
            replayed.ask("process.run", "sleep 2", || Json::Null, |_| Ok(1)),
            Err(Broken::Deadline)
        ));
    }

    #[test]
    fn who_describes_itself_gets_nothing() {
        let mut closed = session(Mode::Closed);
        let answer = closed.ask("system.cpu", "", || Json::Null, |_| Ok(1));
        assert!(matches!(answer, Err(Broken::Closed("system.cpu"))));
    }

    #[test]
    fn bytes_survive_the_recording() {
        for bytes in [b"text".to_vec(), vec![0xff, 0x00, 0x41], Vec::new()] {
            let recorded = serde_json::to_string(&Bytes(bytes.clone())).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&recorded).unwrap().0, bytes);
        }
    }
}
