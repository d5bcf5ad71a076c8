//! What a check is, and the table of them that makes a plugin.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;

use crate::{Error, Report, bindings::exports::gonogo::plugin::checks as wit};

/// Why a check has no report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The item asks for nothing here: say why.
    NotApplicable(String),
    /// Could not tell: say what was tried, on what, and why it failed.
    Unknown(String),
}

impl Stop {
    /// The item asks for nothing here.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// Could not tell.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self::Unknown(why.into())
    }
}

/// A host that cannot answer leaves the check unable to tell, wherever `?` is used on its answer.
impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Unknown(error.to_string())
    }
}

impl From<Stop> for wit::Stop {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::NotApplicable(why) => Self::NotApplicable(why),
            Stop::Unknown(why) => Self::Unknown(why),
        }
    }
}

/// A check: its fields are its parameters, its documentation is its documentation.
pub trait Check: DeserializeOwned + JsonSchema {
    /// The commands that the check may run, each a list of arguments. `{name}` stands for a parameter, `{list[].name}` for each
    /// element's in turn, `{list[].names...}` for all of them as arguments of their own.
    const COMMANDS: &'static [&'static [&'static str]] = &[];

    /// Seconds that the whole job may take, where the host's default is too few.
    const TIMEOUT: Option<f64> = None;

    /// Whether the check measures speed, so that nothing may run beside it.
    const EXCLUSIVE: bool = false;

    /// Measures and judges.
    ///
    /// # Errors
    /// [`Stop`] where the item asks for nothing here, or where nothing can be told. What the report holds by then is kept.
    fn run(&self, report: &mut Report) -> Result<(), Stop>;
}

/// One row of a plugin's table.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The check's name: `cpu` in `system/cpu`.
    pub name: &'static str,
    commands: &'static [&'static [&'static str]],
    timeout: Option<f64>,
    exclusive: bool,
    schema: fn() -> schemars::Schema,
    run: fn(&str) -> Result<Report, Stop>,
}

impl Entry {
    /// The row of a check.
    pub const fn new<C: Check>(name: &'static str) -> Self {
        Self {
            name,
            commands: C::COMMANDS,
            timeout: C::TIMEOUT,
            exclusive: C::EXCLUSIVE,
            schema: schema::<C>,
            run: run::<C>,
        }
    }
}

fn schema<C: Check>() -> schemars::Schema {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    settings.into_generator().into_root_schema_for::<C>()
}

fn run<C: Check>(parameters: &str) -> Result<Report, Stop> {
    let check: C = serde_json::from_str(parameters)
        .map_err(|error| Stop::unknown(format!("the parameters do not fit the check: {error}")))?;
    let mut report = Report::default();
    match check.run(&mut report) {
        Ok(()) => Ok(report),
        // What was found out before stays: a no-go among it is a no-go.
        Err(Stop::Unknown(why)) if !report.is_empty() => {
            report.unknown(why);
            Ok(report)
        }
        Err(stop) => Err(stop),
    }
}

/// A plugin: what it is and the table of its checks.
#[derive(Clone, Copy)]
pub struct Plugin {
    /// Semver.
    pub version: &'static str,
    /// What the plugin is for, one line.
    pub summary: &'static str,
    /// The checks.
    pub checks: &'static [Entry],
}

impl Plugin {
    #[doc(hidden)]
    pub fn describe(&self) -> wit::Description {
        wit::Description {
            version: self.version.to_owned(),
            summary: self.summary.to_owned(),
            checks: self.checks.iter().map(describe).collect(),
        }
    }

    #[doc(hidden)]
    pub fn run(&self, name: &str, parameters: &str) -> Result<Report, Stop> {
        #[cfg(target_arch = "wasm32")]
        say_last_words();
        match self.checks.iter().find(|entry| entry.name == name) {
            Some(entry) => (entry.run)(parameters),
            None => Err(Stop::unknown(format!("this plugin has no check '{name}'"))),
        }
    }
}

/// A panic ends the guest without a word: the log is where the host looks for why.
#[cfg(target_arch = "wasm32")]
fn say_last_words() {
    std::panic::set_hook(Box::new(|info| crate::log::log(crate::log::Level::Warn, &info.to_string())));
}

fn describe(entry: &Entry) -> wit::Check {
    use crate::bindings::gonogo::plugin::types::Value;

    let mut schema = (entry.schema)();
    let text =
        schema.remove("description").and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default();
    schema.remove("title");
    let (summary, documentation) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut traits = Vec::new();
    if let Some(seconds) = entry.timeout {
        traits.push(("timeout".to_owned(), Value::Number(seconds)));
    }
    if entry.exclusive {
        traits.push(("exclusive".to_owned(), Value::Boolean(true)));
    }
    wit::Check {
        name: entry.name.to_owned(),
        summary: summary.replace('\n', " "),
        documentation: documentation.to_owned(),
        parameters: serde_json::to_string(&schema).unwrap_or_default(),
        commands: entry
            .commands
            .iter()
            .map(|words| words.iter().map(|&word| word.to_owned()).collect())
            .collect(),
        traits,
    }
}
