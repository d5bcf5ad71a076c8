//! C and C++: sources -> core module -> component. Also modules that were built by other means, in whatever language.
//!
//! Two compilers make the core module: Zig's, which brings its C library along, and clang with Debian's wasi-libc. Whichever is there is used. A plugin that
//! uses nothing of an operating system imports no WASI.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{
    Built, Error, Language, Part, ask, io,
    module::{Scratch, componentize, places},
};

/// The row of the table.
pub const LANGUAGE: Language = Language {
    name: "c",
    title: "C",
    marker: MANIFEST,
    is_in: |folder| folder.join(MANIFEST).is_file(),
    build,
    template: &TEMPLATE,
    sdk: &[
        ("sdk/c/README.md", Part::File(include_str!("../../../../sdk/c/README.md"))),
        ("sdk/c", Part::Folder(&SDK)),
    ],
};

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/c/template");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/c/gonogo");

const MANIFEST: &str = "gonogo-plugin.toml";

/// How to get a toolchain, in versions that the SDK is tried with.
const HOW: &str = "run `python3 -m venv .venv && .venv/bin/pip install ziglang==0.17.1` in the plugin's folder (on Debian python3-venv first), or on Debian `apt-get install clang-22 lld-22 wasi-libc libclang-rt-22-dev-wasm32`";

/// Both compilers: small, as the standard says, with warnings. Nothing of this machine's paths gets into the module.
const FLAGS: &[&str] = &[
    "-Os",
    "-g0",
    "-Wall",
    "-Wextra",
    // Rows of the SDK's tables end where nothing more is to be said.
    "-Wno-missing-field-initializers",
];

/// What C is compiled as.
const C: &[&str] = &["-std=c11"];

/// What C++ is compiled as: exceptions need parts of WebAssembly that the sandbox has off.
const CPP: &[&str] = &["-std=c++20", "-fno-exceptions", "-fno-rtti"];

/// Nested parameters and printf need little stack.
const LINKED: &[&str] = &["-mexec-model=reactor", "-s", "-Wl,-z,stack-size=262144"];

/// The manifest. An empty one will do.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// The folder with the sources, `.c`, `.cc` and `.cpp`.
    #[serde(default = "source")]
    source: PathBuf,
    /// The folder with the SDK.
    #[serde(default = "sdk")]
    sdk: PathBuf,
    /// A core module that is built by other means: there is nothing to compile.
    module: Option<PathBuf>,
}

fn source() -> PathBuf {
    "src".into()
}

fn sdk() -> PathBuf {
    "sdk/c".into()
}

/// Builds the plugin in `folder`, an absolute path. What the compiler says goes to standard error.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<Built, Error> {
    let file = folder.join(MANIFEST);
    let text = fs::read_to_string(&file).map_err(io("read", file.display()))?;
    let manifest =
        toml::from_str::<Manifest>(&text).map_err(|error| Error::Manifest(file, error.to_string()))?;
    let scratch = Scratch::new()?;
    let (core, toolchain) = match &manifest.module {
        Some(module) => (folder.join(module), format!("what built {}", module.display())),
        None => compile(folder, &manifest, &scratch)?,
    };
    let component = componentize(folder, &core, &scratch)?;
    Ok(Built { component, toolchain })
}

/// A compiler for WASI.
#[derive(Debug)]
struct Toolchain {
    /// `zig 0.17.1`.
    name: String,
    /// The program, and what stands before each of its arguments.
    c: Vec<String>,
    cpp: Vec<String>,
    /// What its linker is told besides: the stack must lie below the data, so that what runs over its end ends there, and writes over nothing.
    linked: Vec<String>,
}

impl Toolchain {
    fn zig(program: &[&str], version: &str) -> Self {
        let with = |compiler: &str| {
            let words = program.iter().chain([&compiler, &"--target=wasm32-wasi"]);
            words.map(|&word| word.to_owned()).collect()
        };
        Self { name: format!("zig {version}"), c: with("cc"), cpp: with("c++"), linked: Vec::new() }
    }

    fn clang(program: &str, linker: &str, name: String) -> Self {
        // Debian's library goes by the target's old name, against which clang warns.
        let words = ["--target=wasm32-wasi", "-Wno-deprecated", "-Wdeprecated-declarations"];
        let with =
            |program: String| [program].into_iter().chain(words.map(str::to_owned)).collect::<Vec<_>>();
        Self {
            name,
            c: with(program.to_owned()),
            cpp: with(program.replace("clang", "clang++")),
            linked: vec![format!("-fuse-ld={linker}"), "-Wl,--stack-first".to_owned()],
        }
    }
}

/// The first compiler that there is.
fn toolchain(folder: &Path) -> Result<Toolchain, Error> {
    let zig = |program: &[&str]| {
        let arguments = [&program[1..], &["version"]].concat();
        ask(program[0], &arguments, folder).map(|version| Toolchain::zig(program, &version))
    };
    // `python-zig` is what the package from PyPI calls it.
    let mut programs = ["python-zig", "zig"].into_iter().flat_map(|name| places(folder, name));
    let found = programs.find_map(|path| zig(&[path.to_str()?]));
    let found = found.or_else(|| zig(&["python3", "-m", "ziglang"])).or_else(|| debian(folder));
    found.ok_or_else(|| Error::Missing { what: "a C compiler for WASI".to_owned(), how: HOW })
}

/// Debian's newest clang for which there is a linker, where wasi-libc is.
fn debian(folder: &Path) -> Option<Toolchain> {
    let library = Path::new("/usr/lib/wasm32-wasi/libc.a").is_file();
    let programs = fs::read_dir("/usr/bin").ok().filter(|_| library)?;
    let version = |name: &OsStr| name.to_str()?.strip_prefix("clang-")?.parse::<u32>().ok();
    let mut versions = programs.filter_map(|entry| version(&entry.ok()?.file_name())).collect::<Vec<_>>();
    versions.sort_unstable();
    versions.into_iter().rev().find_map(|version| {
        let (clang, linker) = (format!("/usr/bin/clang-{version}"), format!("/usr/bin/wasm-ld-{version}"));
        let said = ask(&clang, &["--version"], folder).filter(|_| Path::new(&linker).is_file())?;
        Some(Toolchain::clang(&clang, &linker, said.lines().next()?.to_owned()))
    })
}

/// Compiles and links; gives the module's path and the compiler's name.
fn compile(folder: &Path, manifest: &Manifest, scratch: &Scratch) -> Result<(PathBuf, String), Error> {
    let toolchain = toolchain(folder)?;
    let sdk = folder.join(&manifest.sdk);
    let own = sources(&folder.join(&manifest.source))?;
    if own.is_empty() {
        let what = folder.join(&manifest.source);
        return Err(Error::NoModule(format!("there is no .c, .cc or .cpp file in {}", what.display())));
    }
    let mut objects = Vec::new();
    let mut linker = &toolchain.c;
    for source in own.iter().chain(&sources(&sdk)?) {
        let object = scratch.join(format!("{}.o", objects.len()));
        let (compiler, standard) = if is_cpp(source) { (&toolchain.cpp, CPP) } else { (&toolchain.c, C) };
        if is_cpp(source) {
            linker = compiler;
        }
        let mut command = begin(compiler, folder, scratch);
        command.args(FLAGS).args(standard).arg("-c").arg(source).arg("-I").arg(&sdk).arg("-o").arg(&object);
        for (from, to) in [(folder, "/plugin"), (&*sdk, "/sdk")] {
            command.arg(format!("-ffile-prefix-map={}={to}", from.display()));
        }
        finish(command, folder)?;
        objects.push(object);
    }
    let core = scratch.join("core.wasm");
    let mut command = begin(linker, folder, scratch);
    command.args(LINKED).args(&toolchain.linked).args(&objects).arg("-o").arg(&core);
    finish(command, folder)?;
    Ok((core, toolchain.name))
}

/// A call of the compiler. What Zig keeps of the plugin goes with the build; its C library it keeps where the user's caches are.
fn begin(compiler: &[String], folder: &Path, scratch: &Scratch) -> Command {
    let mut command = Command::new(&compiler[0]);
    command
        .args(&compiler[1..])
        .current_dir(folder)
        .env("ZIG_LOCAL_CACHE_DIR", scratch.join("zig"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit());
    command
}

fn finish(mut command: Command, folder: &Path) -> Result<(), Error> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(io("start", &program))?;
    if status.success() { Ok(()) } else { Err(Error::Failed { program, folder: folder.to_owned() }) }
}

/// The sources in a folder and all below it, in the order of their names, so that the module is always the same.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).map_err(io("read", folder.display()))? {
            let path = entry.map_err(io("read", folder.display()))?.path();
            let is_source = path.extension().is_some_and(|end| end == "c") || is_cpp(&path);
            if path.is_dir() {
                left.push(path);
            } else if is_source {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn is_cpp(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "cc" || end == "cpp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_manifest_will_do_and_a_wrong_one_is_shown() {
        let manifest = toml::from_str::<Manifest>("").unwrap();
        assert_eq!((manifest.source, manifest.sdk, manifest.module), ("src".into(), "sdk/c".into(), None));
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(MANIFEST), "sources = \"src\"\n").unwrap();
        let error = build(folder.path()).unwrap_err().to_string();
        assert!(error.contains(MANIFEST) && error.contains("sources"), "{error}");
    }

    #[test]
    fn sources_are_found_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        fs::create_dir(file("inner")).unwrap();
        for name in ["b.c", "a.cpp", "a.h", "inner/c.cc", "notes.md"] {
            fs::write(file(name), "").unwrap();
        }
        assert_eq!(sources(folder.path()).unwrap(), [file("a.cpp"), file("b.c"), file("inner/c.cc")]);
        assert!(matches!(sources(&file("none")), Err(Error::Io { .. })));
    }
}
