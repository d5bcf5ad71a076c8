//! Plain data that all stages share. Nothing here reads, runs or prints.

pub mod duration;
pub mod grant;
pub mod id;
pub mod limits;
pub mod outcome;
pub mod text;
pub mod value;
pub mod verdict;

pub use grant::{Authority, Grant, Origin};
pub use id::{CheckId, ItemId};
pub use outcome::{Fact, Finding, Location, Outcome, Report, Severity};
pub use value::{Attributes, Error, Value};
pub use verdict::{Decision, Verdict};
