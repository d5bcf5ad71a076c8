//! `gonogo plugin check`: what a registry or a reviewer wants to know of a component, each answer with what to do about it.

mod authority;
mod cases;
mod features;
mod words;

use std::path::Path;

use serde::Serialize;

use crate::{
    bindings::CONTRACT,
    catalog::{Description, Found, Plugin},
    domain::{Value, limits::PLUGIN_BYTES, text},
    report::{
        Style,
        layout::{BAD, CAUTION, FAINT, GOOD, STRONG, table},
        units,
    },
    runtime,
};

/// Most bytes of one answer.
const MOST: usize = 2_000;

/// How good an answer is, in falling order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// As it should be.
    Ok,
    /// It runs, and can be better.
    Warn,
    /// Nobody can use it like this.
    Error,
}

impl Mark {
    fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }

    fn colour(self) -> anstyle::Style {
        match self {
            Self::Ok => GOOD,
            Self::Warn => CAUTION,
            Self::Error => BAD,
        }
    }
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// How good it is.
    pub mark: Mark,
    /// What it is about: `contract`, `imports`, a check.
    pub about: String,
    /// What was found.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Row {
    fn new(mark: Mark, about: &str, message: impl Into<String>) -> Self {
        let clean = |text: &str| text::line(text, MOST);
        Self { mark, about: clean(about), message: clean(&message.into()), hint: None }
    }

    fn ok(about: &str, message: impl Into<String>) -> Self {
        Self::new(Mark::Ok, about, message)
    }

    fn warn(about: &str, message: impl Into<String>) -> Self {
        Self::new(Mark::Warn, about, message)
    }

    fn error(about: &str, message: impl Into<String>) -> Self {
        Self::new(Mark::Error, about, message)
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(text::line(&hint.into(), MOST));
        self
    }
}

/// All answers on one component.
#[derive(Debug, Serialize)]
pub struct Review {
    /// The plugin's name.
    pub plugin: String,
    /// SHA-256 of the component.
    pub sha256: String,
    /// Its bytes.
    pub size: usize,
    /// What it says of itself, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The parts of WebAssembly beyond the first version that it uses.
    pub features: Vec<&'static str>,
    /// The worst mark.
    pub worst: Mark,
    /// The answers.
    pub rows: Vec<Row>,
}

impl Review {
    /// Everything about a plugin that the sandbox takes. Its cases are in `cases`, where anybody knows where they are.
    pub fn of(plugin: &Plugin, cases: Option<&Path>) -> Self {
        let description = &plugin.description;
        let used = features::used(&plugin.bytes);
        let mut rows = vec![
            // The sandbox has linked it: every function that it imports is there, with the very types.
            Row::ok("contract", format!("{CONTRACT}: every import and export has the contract's types")),
            size(plugin.bytes.len()),
            features::row(&used),
        ];
        rows.extend(authority::imports(description));
        rows.extend(words::of_plugin(description));
        for check in &description.checks {
            let before = rows.len();
            rows.extend(words::of_check(check));
            rows.extend(authority::of_check(check, &description.imports));
            rows.extend(cases.into_iter().flat_map(|folder| cases::of_check(check, folder)));
            if rows.len() == before {
                rows.push(Row::ok(
                    &check.name,
                    "described, documented, with a case for each sort of verdict",
                ));
            }
        }
        if cases.is_none() {
            let hint = "name the plugin's folder, or its cases with --cases";
            rows.push(
                Row::ok("cases", "not looked at: there is no folder cases/ beside the component").hint(hint),
            );
        }
        let review = Self::new(&plugin.name, &plugin.sha256, plugin.bytes.len(), rows, used);
        Self { description: Some(description.clone()), ..review }
    }

    /// What can be said of a component that the sandbox refuses.
    pub fn of_refused(found: &Found, error: &runtime::Error) -> Self {
        let used = features::used(&found.bytes);
        let mut why = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            why += &format!(": {cause}");
            source = cause.source();
        }
        let hint = match error {
            runtime::Error::Import { .. } | runtime::Error::Export { .. } | runtime::Error::Contract(_) => {
                "build it against the contract in wit/ that this gonogo has: `gonogo plugin new` makes a folder with it"
            }
            runtime::Error::Describe(_) => {
                "describe must answer without asking the host for anything, each time the same"
            }
            _ => "build it with `gonogo plugin build`",
        };
        let contract = Row::error("contract", why);
        let contract = match error {
            // Which says itself what to do.
            runtime::Error::NotAComponent(_) => contract,
            _ => contract.hint(hint),
        };
        let rows = vec![contract, size(found.bytes.len()), features::row(&used)];
        Self::new(&found.name, &found.sha256, found.bytes.len(), rows, used)
    }

    fn new(
        plugin: &str,
        sha256: &str,
        size: usize,
        rows: Vec<Row>,
        used: Result<Vec<&'static str>, String>,
    ) -> Self {
        let worst = rows.iter().map(|row| row.mark).max().unwrap_or(Mark::Ok);
        let (plugin, sha256) = (text::line(plugin, MOST), sha256.to_owned());
        Self { plugin, sha256, size, description: None, features: used.unwrap_or_default(), worst, rows }
    }

    /// For people.
    pub fn as_text(&self, style: &Style) -> String {
        let version =
            self.description.as_ref().map_or("does not describe itself", |said| said.version.as_str());
        let mut out = format!(
            "{}  {}\n",
            style.paint(STRONG, &text::line(&format!("{} {version}", self.plugin), MOST)),
            style.paint(FAINT, &self.sha256),
        );
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push([format!("  {}", row.mark.name()), row.about.clone(), row.message.clone()]);
            if let (Some(hint), true) = (&row.hint, row.mark != Mark::Ok) {
                rows.push([String::new(), String::new(), format!("→ {hint}")]);
            }
        }
        for line in table(&rows, [None, Some(STRONG), None], style) {
            // Each mark has a colour of its own, which no column has.
            let mark = [Mark::Ok, Mark::Warn, Mark::Error].into_iter().find(|mark| {
                line.strip_prefix("  ").is_some_and(|line| line.starts_with(&format!("{} ", mark.name())))
            });
            out += &match mark
                .and_then(|mark| Some((mark, line.strip_prefix("  ")?.strip_prefix(mark.name())?)))
            {
                Some((mark, rest)) => format!("  {}{rest}\n", style.paint(mark.colour(), mark.name())),
                None => format!("{line}\n"),
            };
        }
        let count = |mark: Mark| self.rows.iter().filter(|row| row.mark == mark).count();
        out + &format!(
            "{}, {}\n",
            units::counted(count(Mark::Error), "error"),
            units::counted(count(Mark::Warn), "warning")
        )
    }
}

fn size(bytes: usize) -> Row {
    let shown = |bytes: usize| units::value(&Value::from(bytes), Some("B"));
    if bytes > PLUGIN_BYTES {
        let message = format!("{}, more than the {} that are taken", shown(bytes), shown(PLUGIN_BYTES));
        return Row::error("size", message)
            .hint("strip it, build for size, leave out what the checks do not use");
    }
    Row::ok("size", shown(bytes))
}

#[cfg(test)]
mod tests;
