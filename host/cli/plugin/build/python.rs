//! Python: a package -> component, by componentize-py.
//!
//! `[tool.gonogo]` in pyproject.toml says where the plugin is. The component imports of the contract what the plugin imports of the SDK, and no WASI: what Python's
//! library would ask of an operating system ends in stubs. Everything that is generated lies in a directory that is removed.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{Built, Error, Language, Part, ask, io};

/// The row of the table.
pub const LANGUAGE: Language = Language {
    name: "python",
    title: "Python",
    marker: "pyproject.toml with [tool.gonogo]",
    is_in: |folder| text_of(folder).is_some_and(|text| is_ours(&text)),
    build,
    template: &TEMPLATE,
    sdk: &[
        ("sdk/python/README.md", Part::File(include_str!("../../../../sdk/python/README.md"))),
        ("sdk/python/pyproject.toml", Part::File(include_str!("../../../../sdk/python/pyproject.toml"))),
        ("sdk/python/gonogo", Part::Folder(&SDK)),
    ],
};

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/python/template");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/python/gonogo");

/// How to get the toolchain, in the version that the SDK is tried with.
const HOW: &str = "run `python3 -m venv .venv && .venv/bin/pip install componentize-py==0.25.1` in the plugin's folder (on Debian python3-venv first)";

/// How to get an interpreter.
const HOW_PYTHON: &str = "install Python 3.11 or newer, so that `python3` is on the PATH";

/// Imports the plugin, and prints of which modules of the SDK it made use.
const ASK_USED: &str = r"
import importlib, sys
if sys.version_info < (3, 11):
    sys.exit(f'Python 3.11 or newer is needed, and {sys.executable} is {sys.version.split()[0]}')
sys.path[:0] = sys.argv[2:]
sys.stdout, out = sys.stderr, sys.stdout
plugin = getattr(importlib.import_module(sys.argv[1]), 'plugin', None)
import gonogo
if not isinstance(plugin, gonogo.Plugin):
    sys.exit(f'{sys.argv[1]} needs a variable `plugin` that is a gonogo.Plugin, and it is {plugin!r}')
print(*(name[7:] for name in sys.modules if name.startswith('gonogo.')), file=out)
";

/// What stands in pyproject.toml for us.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    #[serde(default)]
    project: Project,
    tool: Tool,
}

#[derive(Debug, Default, Deserialize)]
struct Project {
    #[serde(default)]
    dependencies: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Tool {
    gonogo: Gonogo,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gonogo {
    /// The module that holds `plugin`.
    module: String,
    /// Folders besides the plugin's own in which modules are looked for: that of the SDK.
    #[serde(default = "sdk")]
    path: Vec<PathBuf>,
    /// The folder with the contract.
    #[serde(default = "wit")]
    wit: PathBuf,
}

fn sdk() -> Vec<PathBuf> {
    vec!["sdk/python".into()]
}

fn wit() -> PathBuf {
    "wit".into()
}

fn text_of(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join("pyproject.toml")).ok()
}

/// Whether a pyproject.toml is that of a plugin. One that is no TOML may be, and says so when it is built.
fn is_ours(text: &str) -> bool {
    match text.parse::<toml::Table>() {
        Ok(table) => table.get("tool").is_some_and(|tool| tool.get("gonogo").is_some()),
        Err(_) => text.contains("[tool.gonogo]"),
    }
}

fn manifest(text: &str) -> Result<Manifest, String> {
    let manifest = toml::from_str::<Manifest>(text).map_err(|error| error.to_string())?;
    let module = &manifest.tool.gonogo.module;
    let is_name = |name: &str| {
        name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    if !module.split('.').all(is_name) {
        return Err(format!("module = \"{module}\" names no module: write it as `import` takes it"));
    }
    Ok(manifest)
}

/// Builds the plugin in `folder`, an absolute path. What Python and componentize-py say goes to standard error.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<Built, Error> {
    let file = folder.join("pyproject.toml");
    let text = fs::read_to_string(&file).map_err(io("read", file.display()))?;
    let manifest = manifest(&text).map_err(|why| Error::Manifest(file, why))?;
    let toolchain = toolchain(folder)?;
    let path = path(folder, &manifest);
    let used = used(folder, &toolchain, &manifest.tool.gonogo.module, &path)?;
    let scratch = Scratch::new()?;
    let contract = folder.join(&manifest.tool.gonogo.wit);
    lay_out(&scratch.0, &contract, &manifest.tool.gonogo.module, &used)?;
    componentize(folder, &toolchain, &path, &scratch.0)?;
    let component = scratch.0.join("plugin.wasm");
    let component = fs::read(&component).map_err(io("read", component.display()))?;
    Ok(Built { component, toolchain: toolchain.name })
}

struct Toolchain {
    /// `componentize-py 0.25.1`.
    name: String,
    componentize: PathBuf,
    python: PathBuf,
}

/// The toolchain of the folder's own virtual environment, else that on the PATH.
fn toolchain(folder: &Path) -> Result<Toolchain, Error> {
    let own = folder.join(".venv/bin");
    let found = |program: &str, arguments: &[&str]| {
        [own.join(program), program.into()].into_iter().find_map(|path| {
            let line = ask(path.to_str()?, arguments, folder)?;
            Some((path, line))
        })
    };
    let Some((componentize, name)) = found("componentize-py", &["--version"]) else {
        return Err(Error::Missing { what: "componentize-py".to_owned(), how: HOW });
    };
    let Some((python, _)) = found("python3", &["--version"]) else {
        return Err(Error::Missing { what: "python3".to_owned(), how: HOW_PYTHON });
    };
    Ok(Toolchain { name, componentize, python })
}

/// Where modules are looked for: in the folder, where the manifest says, and where it has dependencies, in its virtual environment.
fn path(folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
    let mut path = vec![folder.to_owned()];
    path.extend(manifest.tool.gonogo.path.iter().map(|below| folder.join(below)));
    if !manifest.project.dependencies.is_empty() {
        let versions = fs::read_dir(folder.join(".venv/lib")).into_iter().flatten();
        let packages = versions.filter_map(|entry| Some(entry.ok()?.path().join("site-packages")));
        path.extend(packages.filter(|packages| packages.is_dir()));
    }
    path
}

/// The modules of the SDK that the plugin imports. So a mistake in it shows before it is built, which takes much longer.
fn used(folder: &Path, toolchain: &Toolchain, module: &str, path: &[PathBuf]) -> Result<Vec<String>, Error> {
    let output = Command::new(&toolchain.python)
        // Isolated: what the user has set up for Python elsewhere does not count. Nothing is written beside the sources.
        .args(["-I", "-B", "-c", ASK_USED, module])
        .args(path)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(io("start", toolchain.python.display()))?;
    if !output.status.success() {
        return Err(Error::Failed { program: "python3".to_owned(), folder: folder.to_owned() });
    }
    let words = String::from_utf8_lossy(&output.stdout);
    Ok(words.split_whitespace().map(str::to_owned).collect())
}

/// Writes what componentize-py reads: the contract as far as it is used, and the one module that it makes the exports of.
fn lay_out(scratch: &Path, contract: &Path, module: &str, used: &[String]) -> Result<(), Error> {
    let make = |path: &Path| fs::create_dir_all(path).map_err(io("make", path.display()));
    let wit = scratch.join("wit");
    make(&wit)?;
    for entry in fs::read_dir(contract).map_err(io("read", contract.display()))? {
        let path = entry.map_err(io("read", contract.display()))?.path();
        if path.extension().is_none_or(|end| end != "wit") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(io("read", path.display()))?;
        let to = wit.join(path.file_name().unwrap_or_default());
        fs::write(&to, narrowed(&text, used)).map_err(io("write", to.display()))?;
    }
    make(&scratch.join("entry"))?;
    let entry = scratch.join("entry/gonogo_entry.py");
    let text = format!(
        "import {module} as module\nfrom gonogo import _component\n\nChecks = _component.exported(getattr(module, 'plugin', None), '{module}')\n"
    );
    fs::write(&entry, text).map_err(io("write", entry.display()))?;
    // Stands for a virtual environment, so that what is installed on this machine does not get into the component.
    make(&scratch.join("environment/lib/python3/site-packages"))
}

/// The contract without the imports of its world that are not used. Other imports stand in interfaces and begin with `use`.
fn narrowed(text: &str, used: &[String]) -> String {
    let unused = |line: &str| {
        let name = line.trim().strip_prefix("import ").and_then(|rest| rest.strip_suffix(';'));
        name.is_some_and(|name| !used.iter().any(|used| used == name))
    };
    text.lines().filter(|line| !unused(line)).flat_map(|line| [line, "\n"]).collect()
}

fn componentize(folder: &Path, toolchain: &Toolchain, path: &[PathBuf], scratch: &Path) -> Result<(), Error> {
    let mut command = Command::new(&toolchain.componentize);
    command
        .args(["--quiet", "--wit-path", "wit", "--world", "plugin", "componentize", "gonogo_entry"])
        .args(["--stub-wasi", "--output", "plugin.wasm", "--python-path", "entry"]);
    for folder in path {
        command.arg("--python-path").arg(folder);
    }
    let status = command
        .current_dir(scratch)
        .env("VIRTUAL_ENV", scratch.join("environment"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Its errors are Python's tracebacks; its own would bury them.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status()
        .map_err(io("start", toolchain.componentize.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(Error::Failed { program: "componentize-py".to_owned(), folder: folder.to_owned() })
    }
}

/// A directory of this build alone, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Self, Error> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gonogo-python-{}-{number}", std::process::id()));
        // Not `create_dir_all`: what somebody else has put there is not ours.
        fs::create_dir(&path).map_err(io("make", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is left to whoever cleans temporary directories.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_ours_by_its_table() {
        assert!(is_ours("[tool.gonogo]\nmodule = 'checks'\n"));
        assert!(is_ours("tool = { gonogo = { module = 'checks' } }"));
        assert!(is_ours("[tool.gonogo]\nmodule = \n"), "one that is broken is said to be, by the build");
        assert!(!is_ours("[project]\nname = 'gonogo'\n"));
    }

    #[test]
    fn a_manifest_says_where_everything_is() {
        let short = manifest("[tool.gonogo]\nmodule = 'checks'\n").unwrap();
        let folder = Path::new("/x");
        assert_eq!(path(folder, &short), [Path::new("/x"), Path::new("/x/sdk/python")]);
        assert_eq!(short.tool.gonogo.wit, Path::new("wit"));
        for (wrong, why) in [
            ("[tool.gonogo]\n", "module"),
            ("[tool.gonogo]\nmodule = 'a-b'\n", "names no module"),
            ("[tool.gonogo]\nmodule = 'a; import os'\n", "names no module"),
            ("[tool.gonogo]\nmodule = 'a'\npaths = []\n", "paths"),
        ] {
            let said = manifest(wrong).unwrap_err();
            assert!(said.contains(why), "{wrong}: {said}");
        }
    }

    #[test]
    fn a_plugin_imports_of_the_contract_what_it_imports_of_the_sdk() {
        let world = include_str!("../../../../wit/world.wit");
        let narrow = narrowed(world, &["files".to_owned(), "log".to_owned(), "units".to_owned()]);
        let imports = narrow.lines().filter(|line| line.trim().starts_with("import ")).collect::<Vec<_>>();
        assert_eq!(imports, ["    import files;", "    import log;"]);
        assert!(narrow.contains("export checks;"));
        let interface = include_str!("../../../../wit/files.wit");
        assert_eq!(narrowed(interface, &[]), interface, "interfaces stay as they are");
    }

    #[test]
    fn a_build_leaves_nothing_behind() {
        let scratch = Scratch::new().unwrap();
        let path = scratch.0.clone();
        lay_out(&path, &Path::new(env!("CARGO_MANIFEST_DIR")).join("wit"), "checks", &[]).unwrap();
        assert!(path.join("wit/world.wit").is_file());
        drop(scratch);
        assert!(!path.exists());
    }
}
