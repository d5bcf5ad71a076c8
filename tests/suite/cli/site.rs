//! A project that takes plugins in, and the plugins: guests made by hand, each with bytes of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use super::scratch::{Ran, folder, gonogo, shared};
use crate::guest::Guest;

/// What people wrote before any plugin came: comments included.
pub const CONFIG: &str = "# What this site asks for.\nprofile = \"training\"  # the usual\n\n[items.\"site.status\"]\ntitle = \"The site is well\"\ncheck = \"acme/check\"  # ours\n";

/// A project with one item, which the check `acme/check` decides.
pub struct Site {
    folder: TempDir,
}

/// A plugin of this version that runs these commands, given as words between spaces. `mark` makes its bytes its own.
pub fn plugin(mark: &str, version: &str, commands: &[&str]) -> Vec<u8> {
    let words = |line: &&str| line.split(' ').map(str::to_owned).collect();
    Guest::new()
        .describes(|said| {
            version.clone_into(&mut said.version);
            said.summary = format!("A guest of {mark}");
            said.checks[0].commands = commands.iter().map(words).collect();
        })
        .build()
}

/// SHA-256, lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    gonogo::registry::digest(bytes)
}

/// Where a fetched component is kept for the user that the tests run as.
pub fn kept(bytes: &[u8]) -> PathBuf {
    shared().join("cache/gonogo/plugins").join(format!("{}.wasm", sha256(bytes)))
}

impl Site {
    /// A project without any plugin.
    pub fn new() -> Self {
        let site = Self { folder: folder() };
        site.write("gonogo.toml", CONFIG.as_bytes());
        site
    }

    /// A project whose plugin `acme` is in acme.wasm, with a person's consent to just that.
    pub fn with(component: &[u8]) -> Self {
        let site = Self::new();
        site.write("acme.wasm", component);
        site.consent(&["plugin", "add", "acme", "path:acme.wasm"]);
        site
    }

    /// The project's directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the project.
    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// Makes a file of the project anew.
    pub fn write(&self, path: &str, bytes: &[u8]) {
        fs::write(self.at(path), bytes).unwrap();
    }

    /// What a file of the project says.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// Puts another text into a file; it must be there.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}:\n{text}");
        self.write(path, text.replace(from, to).as_bytes());
    }

    /// Runs the program in the project, without a terminal.
    pub fn run(&self, words: &[&str]) -> Ran {
        gonogo().args(words).current_dir(self.path()).output().unwrap().into()
    }

    /// Runs the program, which must do what it should.
    pub fn done(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.code, Some(0), "{words:?}\n{}\n{}", ran.out, ran.err);
        ran
    }

    /// Runs the program, which must ask for consent, and types the command that it prints.
    pub fn consent(&self, words: &[&str]) -> Ran {
        let refused = self.run(words);
        assert_eq!(refused.code, Some(2), "{words:?}\n{}\n{}", refused.out, refused.err);
        let ran = self.typed(&printed(&refused));
        assert_eq!(ran.code, Some(0), "{}\n{}\n{}", refused.err, ran.out, ran.err);
        ran
    }

    /// Types a command that the program printed.
    pub fn typed(&self, command: &str) -> Ran {
        let words = command.split(' ').skip(1).map(|word| word.trim_matches('\'')).collect::<Vec<_>>();
        self.run(&words)
    }

    /// The one item, checked.
    pub fn check(&self, words: &[&str]) -> Ran {
        let usual = ["check", "--only", "site.status", "--format", "json"];
        self.run(&usual.into_iter().chain(words.iter().copied()).collect::<Vec<_>>())
    }

    /// The verdict on the one item and all that is said about it.
    pub fn verdict(&self) -> (String, String) {
        let item = self.check(&[]).item("site.status");
        (item["verdict"].as_str().unwrap().to_owned(), item.to_string())
    }
}

/// The command that consents, as the program prints it.
pub fn printed(ran: &Ran) -> String {
    let line = ran.err.lines().find(|line| line.starts_with("  gonogo plugin "));
    line.unwrap_or_else(|| panic!("no command in\n{}", ran.err)).trim().to_owned()
}
