//! A copy of a sample project, its environment, and the program run on it.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::OnceLock,
};

use serde_json::Value;
use tempfile::TempDir;

/// Verdicts by item.
pub type Verdicts = BTreeMap<String, String>;

/// Makes `python` of this machine the sample's environment.
const MAKE: &str = r#"
set -eu
python3 -m venv "$1"
"$1"/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
# Which some versions of Python bring along: files to be copied for nothing.
"$1"/bin/python -m pip uninstall --quiet --yes setuptools
"#;

/// Everything that the environment depends on.
const KEY: &str = "python3 -c 'import sys; print(sys.version, sys.executable)'; cat requirements*.txt";

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the tests share, and copies that hard links reach: they lie on one filesystem.
pub fn shared() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

/// A fresh folder on the filesystem of what the tests share.
pub fn folder() -> TempDir {
    tempfile::Builder::new().prefix("scratch-").tempdir_in(shared()).unwrap()
}

/// The program, in an environment of its own: what is active in the shell of whoever runs the tests is not.
pub fn gonogo() -> Command {
    in_clean_environment(Command::new(env!("CARGO_BIN_EXE_gonogo")))
}

/// A command without what is set for whoever runs the tests.
pub fn in_clean_environment(mut command: Command) -> Command {
    let kept = ["PATH", "HOME", "LANG"].map(|name| (name, std::env::var_os(name)));
    command.env_clear().envs(kept.into_iter().filter_map(|(name, value)| Some((name, value?))));
    command.env("XDG_CACHE_HOME", shared().join("cache")).env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.stdin(Stdio::null());
    command
}

/// Runs a script of `sh` in a folder; it must succeed. Its words are `$1`, `$2` and so on.
pub fn sh(folder: &Path, script: &str, words: &[&OsStr]) -> String {
    let mut command = in_clean_environment(Command::new("sh"));
    let output = command.arg("-c").arg(script).arg("sh").args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n{}\n{said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// Each item with its verdict.
    pub fn verdicts(&self) -> Verdicts {
        let report = self.json();
        let items = report["items"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        items.map(|item| (text(&item["id"]), text(&item["verdict"]))).collect()
    }

    /// One item of the JSON report.
    pub fn item(&self, id: &str) -> Value {
        let report = self.json();
        let found = report["items"].as_array().unwrap().iter().find(|item| item["id"] == id);
        found.unwrap_or_else(|| panic!("no {id} in {report:#}")).clone()
    }
}

/// The items whose verdicts differ, with what they have become.
pub fn turned<'a>(before: &'a Verdicts, after: &'a Verdicts) -> Vec<(&'a str, &'a str)> {
    assert!(before.keys().eq(after.keys()), "{before:?}\n{after:?}");
    let both = before.iter().zip(after.values());
    both.filter(|((_, was), is)| was != is).map(|((id, _), is)| (id.as_str(), is.as_str())).collect()
}

/// A copy of a sample project.
pub struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// A copy of `tests/projects/NAME`, a Git repository of its own without a commit, and no Python environment in it.
    pub fn copy_of(sample: &str) -> Self {
        let folder = folder();
        let from = root().join("tests/projects").join(sample);
        let script = r#"(cd "$1" && tar --exclude=.venv --exclude=__pycache__ -cf - .) | tar -xf - && git init -q -b main"#;
        sh(folder.path(), script, &[from.as_os_str()]);
        let scratch = Self { folder };
        // The machine is as busy as the tests make it.
        scratch.configure(
            "[items.\"execution.progress.resources\"]\nnot-applicable = \"the tests are the load\"\n",
        );
        #[cfg(not(feature = "dataset"))]
        scratch.leave_out_tables();
        scratch
    }

    /// Without the engine of datasets the items that ask it are `unknown`, and nothing would be GO.
    #[cfg(not(feature = "dataset"))]
    fn leave_out_tables(&self) {
        let ids = [
            "data.training.quality",
            "data.training.clean",
            "data.training.split",
            "data.training.format",
            "data.validation.format",
            "data.validation.missing",
            "data.validation.labels",
            "data.validation.balance",
        ];
        let (mut kept, mut is_left_out) = (String::new(), false);
        for line in self.read("gonogo.toml").lines() {
            if line.starts_with('[') {
                is_left_out = ids.iter().any(|id| line.starts_with(&format!("[items.\"{id}\"")));
            }
            if !is_left_out {
                kept.push_str(&format!("{line}\n"));
            }
        }
        for id in ids {
            kept.push_str(&format!("[items.\"{id}\"]\nnot-applicable = \"there is no engine for tables\"\n"));
        }
        self.write("gonogo.toml", &kept);
    }

    /// The sample that is ready, with its environment: GO.
    pub fn ready() -> Self {
        let scratch = Self::copy_of("ready");
        scratch.add_environment();
        scratch
    }

    /// Puts the sample's environment into the project.
    ///
    /// Files are hard links to those that all tests share: replace them by [`Scratch::write`], never write into them.
    pub fn add_environment(&self) {
        sh(self.path(), r#"cp -al "$1" .venv"#, &[environment().as_os_str()]);
    }

    /// The project's directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the project.
    pub fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    /// What a file of the project says.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// Makes a file of the project anew.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        if path.exists() {
            fs::remove_file(&path).unwrap();
        }
        fs::write(path, text).unwrap();
    }

    /// Puts another text into a file; it must be there.
    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from}:\n{text}");
        self.write(path, &text.replace(from, to));
    }

    /// Adds lines to gonogo.toml.
    pub fn configure(&self, lines: &str) {
        self.write("gonogo.toml", &format!("{}\n{lines}", self.read("gonogo.toml")));
    }

    /// Runs a script of `sh` in the project; it must succeed.
    pub fn sh(&self, script: &str) -> String {
        sh(self.path(), script, &[])
    }

    /// Runs the program in the project.
    pub fn run(&self, words: &[&str]) -> Ran {
        gonogo().args(words).current_dir(self.path()).output().unwrap().into()
    }

    /// Runs the program in the project by a script of `sh` that has its command line in `"$@"`.
    pub fn run_by(&self, script: &str, words: &[&str]) -> Ran {
        let mut command = in_clean_environment(Command::new("sh"));
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_gonogo")]).args(words);
        command.current_dir(self.path()).output().unwrap().into()
    }

    /// `check --format json`.
    pub fn check(&self) -> Ran {
        self.run(&["check", "--format", "json"])
    }

    /// `check --format json` by a script that has the command line in `"$@"`.
    pub fn check_by(&self, script: &str) -> Ran {
        self.run_by(script, &["check", "--format", "json"])
    }
}

/// The verdicts of the sample that is ready, before any fault.
pub fn before() -> &'static Verdicts {
    static BEFORE: OnceLock<Verdicts> = OnceLock::new();
    BEFORE.get_or_init(|| {
        let ran = Scratch::ready().check();
        assert_eq!(ran.code, Some(0), "{}\n{}", ran.out, ran.err);
        ran.verdicts()
    })
}

/// The environment of the sample that is ready, made once and kept as long as its Python and its requirements are the same.
fn environment() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let sample = root().join("tests/projects/ready");
        let key = blake3::hash(sh(&sample, KEY, &[]).as_bytes()).to_hex();
        let made = shared().join(format!("environment-{}", &key[..16]));
        if !made.exists() {
            // Made beside and renamed: what a killed run leaves behind is never taken for an environment.
            let making = folder();
            let environment = making.path().join("environment");
            sh(&sample, MAKE, &[environment.as_os_str()]);
            if let Err(error) = fs::rename(&environment, &made) {
                assert!(made.exists(), "cannot keep {}: {error}", made.display());
            }
        }
        made
    })
}
