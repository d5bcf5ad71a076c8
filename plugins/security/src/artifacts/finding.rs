//! What a scan found, before it becomes a report.

use gonogo_sdk::Severity;

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Advice {
    /// A pickle that does more than hold data.
    Pickle,
    /// A global that nobody knows.
    Global,
    /// A Keras layer made of code.
    Keras,
    /// A TensorFlow operation that reaches outside.
    TensorFlow,
    /// A template that reaches outside.
    Template,
    /// A path that leads outside.
    External,
    /// Broken or contradictory: fetch it again.
    Again,
    /// A link that leads elsewhere.
    Link,
    /// Something this check could not look into.
    Look,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Found {
    /// How bad.
    pub severity: Severity,
    /// The file, and the members that lead to it: `model.pt!/archive/data.pkl`.
    pub path: String,
    /// What, with the place in bytes where there is one.
    pub message: String,
    /// What to do.
    pub advice: Advice,
    /// `module.name`, where it is about a global.
    pub global: Option<String>,
}

/// What all files together gave.
#[derive(Debug, Default)]
pub struct Tally {
    /// Files looked at.
    pub files: u64,
    /// Bytes of those.
    pub bytes: u64,
    /// Members of archives looked at.
    pub members: u64,
    /// Pickles walked.
    pub pickles: u64,
    /// Opcodes of those.
    pub opcodes: u64,
    /// Other model files recognised and walked.
    pub models: u64,
    /// Imports: harmless, not known, dangerous.
    pub safe: u64,
    /// Imports that are not known.
    pub unknown: u64,
    /// Imports that are dangerous.
    pub dangerous: u64,
    /// Imports that the team accepts by name.
    pub allowed: u64,
    /// The findings that are kept.
    pub found: Vec<Found>,
    /// How many were not kept.
    pub dropped: u64,
}

/// Findings that are kept: more of them tell nothing more.
const KEPT: usize = 500;

impl Tally {
    /// Keeps a finding. Where there is no room, the worst stay.
    pub fn add(&mut self, found: Found) {
        if self.found.len() < KEPT {
            self.found.push(found);
            return;
        }
        self.dropped += 1;
        if let Some(milder) = self.found.iter_mut().find(|kept| kept.severity < found.severity) {
            *milder = found;
        }
    }
}
