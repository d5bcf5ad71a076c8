//! Consent: what a plugin can do is shown, word for word, and a person says yes to just that.
//!
//! On a terminal gonogo asks. Elsewhere it prints the command that consents, which names what was shown by its digest: for other bytes, another
//! source, or more that the plugin can do, it is another one.

use std::io::{BufRead, IsTerminal, Write};

use crate::{
    cli::{failure::Failure, output::style_of_errors},
    domain::{Signer, grant::shell_words, text},
    lock::{Ability, Difference, Entry},
    report::{
        Style,
        layout::{BAD, CAUTION, FAINT, GOOD, STRONG},
    },
};

/// Most bytes of a text that is not part of what is consented to.
const MOST: usize = 1_000;

/// A plugin that was found, and what is locked of it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its name in this project.
    pub name: &'a str,
    /// What gonogo.lock would say of it.
    pub found: &'a Entry,
    /// What it says now.
    pub locked: Option<&'a Entry>,
}

/// What consents to requests.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The digests that `--accept` names.
    pub accept: &'a [String],
    /// Whether an older version may replace a newer one without being asked about.
    pub allow_downgrade: bool,
}

impl Request<'_> {
    /// Whether a person has to say yes. What can do less, or the same, needs nobody.
    pub fn is_open(&self) -> bool {
        self.locked.is_none_or(|locked| Difference::between(locked, self.found).needs_consent())
    }

    fn is_downgrade(&self) -> bool {
        self.locked.is_some_and(|locked| Difference::between(locked, self.found).downgrade.is_some())
    }

    /// All that a person should know, or, beside what is locked, what is new.
    pub fn shown(&self, style: &Style) -> String {
        let found = self.found;
        let line = |text: &str| text::line(text, MOST);
        let head = format!("{} {}", self.name, line(&found.version));
        let mut out = format!("{}  from {}\n", style.paint(STRONG, &head), line(&found.source.to_string()));
        let mut row = |name: &str, value: &str| {
            out += &format!("  {}{}\n", style.paint(FAINT, &format!("{name:<10}")), line(value));
        };
        row("sha256", &found.sha256);
        found.manifest.iter().for_each(|manifest| row("manifest", manifest));
        row("signed", &found.signer.as_ref().map_or_else(|| "by nobody".to_owned(), by));
        row("contract", &format!("gonogo:plugin@{}", found.contract));
        match self.locked {
            None => {
                out += "It could, once you consent:\n";
                if found.abilities.is_empty() {
                    out += "  nothing at all\n";
                }
                found.abilities.iter().for_each(|ability| out += &signed(GOOD, '+', ability, style));
                out +=
                    "Files, programs, variables and tables beyond that are what gonogo.toml names for it.\n";
            }
            Some(locked) => out += &difference(&Difference::between(locked, found), style),
        }
        out
    }
}

/// What is new about a plugin, line by line.
pub fn difference(difference: &Difference, style: &Style) -> String {
    let line = |text: &str| text::line(text, MOST);
    let mut out = String::new();
    let mut note = |text: &str| out += &format!("  {} {}\n", style.paint(CAUTION, "!"), line(text));
    if let Some((old, new)) = &difference.downgrade {
        note(&format!("older than what is locked: {new} in place of {old}"));
    }
    if let Some((old, new)) = &difference.moved {
        note(&format!("from another place: {new} in place of {old}"));
    }
    if let Some((old, new)) = &difference.signer {
        let new =
            new.as_ref().map_or_else(|| "signed by nobody".to_owned(), |new| format!("signed {}", by(new)));
        note(&format!("{new}, where it was signed {}", by(old)));
    }
    if !difference.more.is_empty() {
        out += "It could do more than you consented to:\n";
    }
    difference.more.iter().for_each(|ability| out += &signed(GOOD, '+', ability, style));
    difference.fewer.iter().for_each(|ability| out += &signed(BAD, '-', ability, style));
    out
}

fn by(signer: &Signer) -> String {
    format!("by {signer}")
}

fn signed(colour: anstyle::Style, sign: char, ability: &Ability, style: &Style) -> String {
    format!("  {} {ability}\n", style.paint(colour, &sign.to_string()))
}

/// Has each open request shown, and answered: by `--accept`, or by a person at a terminal. `command` is what was typed, without what consents;
/// `undone` says what was not done, where nobody consents.
pub fn ask(
    requests: &[Request<'_>],
    given: Given<'_>,
    command: &[String],
    undone: &str,
) -> Result<(), Failure> {
    let open = requests.iter().filter(|request| request.is_open()).collect::<Vec<_>>();
    let accepted = |request: &Request<'_>| given.accept.contains(&request.found.consent(request.name));
    let settled =
        |request: &Request<'_>| accepted(request) && (given.allow_downgrade || !request.is_downgrade());
    let unsettled = open.iter().filter(|request| !settled(request)).collect::<Vec<_>>();
    if unsettled.is_empty() {
        return Ok(());
    }
    let style = style_of_errors();
    for request in &unsettled {
        say(&request.shown(&style));
    }
    let stale = !given.accept.is_empty() && unsettled.iter().any(|request| !accepted(request));
    if stale {
        say(
            "What --accept names is something else: the bytes, their source or what they can do are others now.\n",
        );
    }
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        say("Consent? [y/N] ");
        let mut answer = String::new();
        let read = std::io::stdin().lock().read_line(&mut answer);
        return match (read, answer.trim().to_lowercase().as_str()) {
            (Ok(_), "y" | "yes") => Ok(()),
            _ => Err(Failure::usage(format!("{undone}: you did not consent"))),
        };
    }
    let mut command = command.to_vec();
    if open.iter().any(|request| request.is_downgrade()) {
        command.push("--allow-downgrade".to_owned());
    }
    for request in &open {
        command.extend(["--accept".to_owned(), request.found.consent(request.name)]);
    }
    // Not as a hint, which is wrapped: it is to be copied.
    say(&format!("To consent to just that:\n\n  {}\n\n", shell_words(&command)));
    Err(Failure::usage(format!("{undone}: it needs consent, and there is no terminal to ask at")))
}

fn say(text: &str) {
    // Nothing is left to do where standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(commands: &[&str]) -> Entry {
        let command = |words: &&str| Ability::Command {
            check: "x".to_owned(),
            words: words.split(' ').map(str::to_owned).collect(),
        };
        Entry {
            source: "path:acme.wasm".parse().unwrap(),
            version: "1.0.0".to_owned(),
            manifest: None,
            sha256: "a".repeat(64),
            signer: None,
            contract: "0.1.0".to_owned(),
            abilities: commands.iter().map(command).collect(),
            line: 0,
        }
    }

    #[test]
    fn a_new_plugin_is_shown_whole() {
        let found = entry(&["git status", "sh -c {script}"]);
        let request = Request { name: "acme", found: &found, locked: None };
        let shown = request.shown(&Style::PLAIN);
        for part in [
            "acme 1.0.0  from path:acme.wasm\n",
            "  sha256    aaaa",
            "  signed    by nobody\n",
            "  contract  gonogo:plugin@0.1.0\n",
            "  + run git status   [x]\n",
            "  + run sh -c {script}   [x]\n",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(request.is_open());
    }

    #[test]
    fn of_a_new_version_the_difference_is_shown() {
        let (locked, mut found) = (entry(&["git status", "git log"]), entry(&["git status", "rm -r {path}"]));
        found.version = "0.9.0".to_owned();
        let shown = Request { name: "acme", found: &found, locked: Some(&locked) }.shown(&Style::PLAIN);
        assert!(shown.contains("  + run rm -r {path}   [x]\n  - run git log   [x]\n"), "{shown}");
        assert!(shown.contains("  ! older than what is locked: 0.9.0 in place of 1.0.0\n"), "{shown}");
        assert!(!shown.contains("git status"), "{shown}");
    }

    #[test]
    fn only_the_digest_of_what_was_found_consents() {
        let (found, other) = (entry(&["git status"]), entry(&["git log"]));
        let consents = |accept: &[String], allow_downgrade, locked: Option<&Entry>| {
            let request = Request { name: "acme", found: &found, locked };
<<<<<<< HEAD
            ask(&[request], Given { accept, allow_downgrade }, &["gonogo".to_owned()], "not added")
                .is_ok()
=======
            ask(&[request], Given { accept, allow_downgrade }, &["gonogo".to_owned()], "not added").is_ok()
>>>>>>> oci
        };
        assert!(consents(&[other.consent("acme"), found.consent("acme")], false, None));
        for wrong in
            [vec![], vec![other.consent("acme")], vec![found.consent("other")], vec!["sha256:".to_owned()]]
        {
            assert!(!consents(&wrong, true, None), "{wrong:?}");
        }
        let newer = Entry { version: "2.0.0".to_owned(), ..found.clone() };
        assert!(!consents(&[found.consent("acme")], false, Some(&newer)), "a downgrade");
        assert!(consents(&[found.consent("acme")], true, Some(&newer)));
        assert!(consents(&[], false, Some(&Entry { version: "0.1.0".to_owned(), ..found.clone() })));
    }
}
