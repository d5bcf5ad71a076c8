//! Plain data that all stages share. Nothing here reads, runs or prints.

pub mod document;
pub mod duration;
pub mod endpoint;
pub mod grant;
pub mod id;
pub mod item;
pub mod limits;
pub mod outcome;
pub mod problem;
pub mod reader;
pub mod remote;
pub mod source;
pub mod text;
pub mod value;
pub mod verdict;

pub use document::{Mark, Parameters, Written};
pub use endpoint::Endpoint;
pub use grant::{Authority, Grant, Origin};
pub use id::{CheckId, ItemId};
pub use item::How;
pub use outcome::{Fact, Finding, Location, Outcome, Report, Severity};
pub use problem::{Place, Problem};
pub use source::{PluginSource, SignaturePolicy, Signer};
pub use value::{Attributes, Error, Value};
pub use verdict::{Decision, Verdict};
