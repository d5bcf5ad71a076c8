//! Verdicts of items, the decision over them, and how both merge.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Outcome, Severity};

/// What is said of one item. In the order in which they win over each other when items or the reports of several nodes are
/// merged: the greatest stands. So merging is associative, commutative and idempotent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The item asks for nothing here.
    NotApplicable,
    /// What must hold holds.
    Go,
    /// Somebody accepted a no-go.
    Waived,
    /// Holds, with something to look at.
    Warn,
    /// Nobody has answered yet.
    Open,
    /// Could not be told.
    Unknown,
    /// Does not hold.
    NoGo,
}

impl Verdict {
    /// All of them, in rising order.
    pub const ALL: [Self; 7] =
        [Self::NotApplicable, Self::Go, Self::Waived, Self::Warn, Self::Open, Self::Unknown, Self::NoGo];

    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Go => "go",
            Self::Waived => "waived",
            Self::Warn => "warn",
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::NoGo => "no-go",
        }
    }

    /// Of two statements on one thing, the one that stands.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.max(other)
    }

    /// Whether an item that needs this one may be asked at all.
    pub const fn satisfies_need(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Go | Self::Waived | Self::Warn)
    }

    /// What one item with this verdict does to the whole.
    pub const fn decision(self, required: bool) -> Decision {
        match self {
            Self::NoGo if required => Decision::NoGo,
            Self::Open | Self::Unknown if required => Decision::Incomplete,
            _ => Decision::Go,
        }
    }
}

impl From<&Outcome> for Verdict {
    fn from(outcome: &Outcome) -> Self {
        let of = |severity| match severity {
            None | Some(Severity::Note) => Self::Go,
            Some(Severity::Warn) => Self::Warn,
            Some(Severity::Unknown) => Self::Unknown,
            Some(Severity::NoGo) => Self::NoGo,
        };
        match outcome {
            Outcome::NotApplicable(_) => Self::NotApplicable,
            Outcome::Judged(report) => of(report.worst()),
            // A no-go that was found before the job broke is still one.
            Outcome::Unknown { report, .. } => Self::Unknown.merge(of(report.worst())),
        }
    }
}

/// The whole: the greatest of what the items do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Decision {
    /// Every required item holds.
    #[serde(rename = "GO")]
    Go,
    /// No required item is known to fail, but some could not be told.
    #[serde(rename = "INCOMPLETE")]
    Incomplete,
    /// A required item fails.
    #[serde(rename = "NO-GO")]
    NoGo,
}

impl Decision {
    /// As reports write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Go => "GO",
            Self::Incomplete => "INCOMPLETE",
            Self::NoGo => "NO-GO",
        }
    }

    /// Of two decisions on parts, the one on the whole.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        self.max(other)
    }
}
