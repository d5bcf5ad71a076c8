//! Packages that lock files name. Lock files are written by programs: each is read line by line in the form that its program writes, and one that has another form is not understood rather than empty.

use serde_json::Value as Json;

use super::{
    packages::{self, Packages, Place, Source},
    version::Ecosystem,
};

/// Adds what a lock file names. One that is not there is passed over.
pub fn add(packages: &mut Packages, path: &str) {
    let text = match packages::read(path) {
        Ok(Some(text)) => text,
        Ok(None) => return,
        Err(error) => return packages.unread.push((path.to_owned(), error.to_string())),
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_pylock = name.starts_with("pylock.") && name.ends_with("toml") || name == "pdm.lock";
    let read = match name {
        "uv.lock" => toml(packages, path, &text, Source::Uv),
        "poetry.lock" => toml(packages, path, &text, Source::Poetry),
        "Cargo.lock" => toml(packages, path, &text, Source::Cargo),
        "package-lock.json" | "npm-shrinkwrap.json" | ".package-lock.json" => npm(packages, path, &text),
        "pnpm-lock.yaml" => pnpm(packages, path, &text),
        _ if is_pylock => toml(packages, path, &text, Source::Pylock),
        _ => requirements(packages, path, &text),
    };
    match read {
        Ok(()) => packages.read.push(path.to_owned()),
        Err(why) => packages.unread.push((path.to_owned(), why)),
    }
}

/// One package of a lock in TOML, as far as it was read.
#[derive(Default)]
struct Table {
    name: Option<String>,
    version: Option<String>,
    source: Option<String>,
    line: u32,
}

/// Blocks that begin with `[[package]]` and have `name = "…"` and `version = "…"` on lines of their own.
fn toml(packages: &mut Packages, path: &str, text: &str, kind: Source) -> Result<(), String> {
    let mut table: Option<Table> = None;
    let mut within_text = false;
    for (line, content) in (1_u32..).zip(text.lines()) {
        let ends = content.matches("\"\"\"").count() % 2 == 1;
        let was_within = within_text;
        within_text ^= ends;
        if was_within {
            continue;
        }
        if content.starts_with('[') {
            let begins = matches!(content.trim_end(), "[[package]]" | "[[packages]]");
            if let Some(done) = table.take() {
                finish(packages, path, done, kind)?;
            }
            if begins {
                table = Some(Table { line, ..Table::default() });
            }
        } else if let (Some(table), Some((key, value))) = (&mut table, content.split_once(" = ")) {
            let value = value.trim();
            let text = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            match key {
                "name" => {
                    table.name = text.map(str::to_owned);
                    table.line = line;
                }
                "version" => table.version = text.map(str::to_owned),
                "source" => table.source = Some(value.to_owned()),
                _ => {}
            }
        }
    }
    if let Some(done) = table.take() {
        finish(packages, path, done, kind)?;
    }
    let (headers, package) = (text.matches("[[package").count(), text.contains("package"));
    if headers == 0 && package && !text.contains("package = []") && !text.contains("packages = []") {
        return Err("has no [[package]]: it is not as its program writes it".to_owned());
    }
    Ok(())
}

fn finish(packages: &mut Packages, path: &str, table: Table, kind: Source) -> Result<(), String> {
    let Table { name, version, source, line } = table;
    let name = name.ok_or_else(|| format!("line {line}: a package has no name"))?;
    let source = source.unwrap_or_default();
    // What the project itself is, and what lies beside it, is in no database.
    let is_own = match kind {
        Source::Cargo => !source.contains("registry+") && !source.contains("sparse+"),
        _ => ["virtual =", "editable =", "directory ="].iter().any(|key| source.contains(key)),
    };
    if is_own {
        return Ok(());
    }
    let ecosystem = if kind == Source::Cargo { Ecosystem::Crates } else { Ecosystem::PyPi };
    match version {
        Some(version) => {
            packages.add(
                ecosystem,
                &name,
                &version,
                Place { path: path.to_owned(), line: Some(line), source: kind },
            );
            Ok(())
        }
        // Sources whose version is only known when they are built.
        None if kind == Source::Uv || kind == Source::Pylock => {
            packages.unpinned += 1;
            Ok(())
        }
        None => Err(format!("line {line}: {name} has no version")),
    }
}

/// `name==version` with extras, markers and hashes around it.
fn requirements(packages: &mut Packages, path: &str, text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err("is no list of requirements".to_owned());
    }
    let mut continued = false;
    for (line, content) in (1_u32..).zip(text.lines()) {
        let is_continuation = continued;
        continued = content.trim_end().ends_with('\\');
        let content = content.split(" #").next().unwrap_or_default().trim().trim_end_matches('\\').trim();
        // Options, among them -r: what else is to be held against the database is named in 'locks'.
        if is_continuation || content.is_empty() || content.starts_with(['#', '-']) {
            continue;
        }
        let requirement = content.split([';', ' ']).next().unwrap_or_default();
        let spaced = content.split(';').next().unwrap_or_default().replace(' ', "");
        let requirement = if spaced.contains("==") {
            spaced.split("--").next().unwrap_or(requirement)
        } else {
            requirement
        };
        let end = requirement.find(['[', '=', '<', '>', '!', '~', '@']).unwrap_or(requirement.len());
        let (name, rest) = requirement.split_at_checked(end).unwrap_or((requirement, ""));
        let rest = rest.split_once(']').map_or(rest, |(_, rest)| rest);
        let version = rest.strip_prefix("===").or_else(|| rest.strip_prefix("=="));
        match version.filter(|version| !version.is_empty() && !version.contains([',', '*'])) {
            Some(version) if !name.is_empty() => {
                let place = Place { path: path.to_owned(), line: Some(line), source: Source::Requirements };
                packages.add(Ecosystem::PyPi, name, version, place);
            }
            _ => packages.unpinned += 1,
        }
    }
    Ok(())
}

/// package-lock.json in its versions 1 to 3.
fn npm(packages: &mut Packages, path: &str, text: &str) -> Result<(), String> {
    let json: Json = serde_json::from_str(text).map_err(|error| format!("is not JSON: {error}"))?;
    let place = || Place { path: path.to_owned(), line: None, source: Source::Npm };
    let get = |package: &Json, key: &str| package.get(key).and_then(Json::as_str).map(str::to_owned);
    if let Some(all) = json.get("packages").and_then(Json::as_object) {
        for (directory, package) in all {
            let Some((_, name)) = directory.rsplit_once("node_modules/") else { continue };
            // An alias names the package that it stands for.
            let name = get(package, "name").unwrap_or_else(|| name.to_owned());
            if let Some(version) = get(package, "version") {
                packages.add(Ecosystem::Npm, &name, &version, place());
            }
        }
        return Ok(());
    }
    let Some(all) = json.get("dependencies").and_then(Json::as_object) else {
        return match json.get("lockfileVersion") {
            Some(_) => Ok(()),
            None => Err("has neither 'packages' nor 'dependencies'".to_owned()),
        };
    };
    // serde_json has bounded how deep this can be.
    let mut open = all.iter().collect::<Vec<_>>();
    while let Some((name, package)) = open.pop() {
        if let Some(version) = get(package, "version") {
            let alias = version.strip_prefix("npm:").and_then(|rest| rest.rsplit_once('@'));
            match alias {
                Some((name, version)) => packages.add(Ecosystem::Npm, name, version, place()),
                None if version.starts_with(|c: char| c.is_ascii_digit()) => {
                    packages.add(Ecosystem::Npm, name, &version, place());
                }
                None => packages.unpinned += 1,
            }
        }
        open.extend(package.get("dependencies").and_then(Json::as_object).into_iter().flatten());
    }
    Ok(())
}

/// The keys of `packages` in a pnpm-lock.yaml: `'@scope/name@1.2.3(peer@1)':`, and `/name/1.2.3_peer:` before version 6.
fn pnpm(packages: &mut Packages, path: &str, text: &str) -> Result<(), String> {
    if !text.contains("lockfileVersion") {
        return Err("has no lockfileVersion".to_owned());
    }
    let mut within = false;
    for (line, content) in (1_u32..).zip(text.lines()) {
        if content.starts_with(|c: char| !c.is_whitespace()) {
            within = content.trim_end() == "packages:";
            continue;
        }
        let Some(key) = content.strip_prefix("  ").filter(|rest| within && !rest.starts_with(' ')) else {
            continue;
        };
        let Some(key) = key.trim_end().strip_suffix(':') else { continue };
        let key = key.trim_matches('\'').trim_start_matches('/');
        let key = key.split(['(', '_']).next().filter(|_| !key.starts_with('_')).unwrap_or(key);
        let at = key.rfind('@').filter(|at| *at > 0).or_else(|| key.rfind('/'));
        let Some((name, version)) = at.and_then(|at| key.split_at_checked(at)) else { continue };
        let version = version.get(1..).unwrap_or_default();
        if version.starts_with(|c: char| c.is_ascii_digit()) {
            let place = Place { path: path.to_owned(), line: Some(line), source: Source::Pnpm };
            packages.add(Ecosystem::Npm, name, version, place);
        } else {
            packages.unpinned += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Reader = fn(&mut Packages, &str, &str) -> Result<(), String>;

    fn found(
        read: impl Fn(&mut Packages, &str, &str) -> Result<(), String>,
        text: &str,
    ) -> Vec<(String, Option<u32>)> {
        let mut packages = Packages::default();
        read(&mut packages, "f", text).unwrap();
        let shown = |((_, name, version), places): (&packages::Key, &Vec<Place>)| {
            (format!("{name} {version}"), places.first().and_then(|place| place.line))
        };
        packages.found.iter().map(shown).collect()
    }

    fn texts(found: &[(String, Option<u32>)]) -> Vec<&str> {
        found.iter().map(|(text, _)| text.as_str()).collect()
    }

    #[test]
    fn locks_in_toml() {
        let uv = "version = 1\n\n[[package]]\nname = \"mine\"\nversion = \"0.1.0\"\nsource = { editable = \".\" }\ndependencies = [\n    { name = \"torch\" },\n]\n\n[package.metadata]\nname = \"no\"\n\n[[package]]\nname = \"Torch\"\nversion = \"2.1.0+cu121\"\nsource = { registry = \"https://pypi.org/simple\" }\n\n[[package]]\nname = \"dynamic\"\nsource = { git = \"https://x\" }\n";
        let read = |packages: &mut Packages, path: &str, text: &str| toml(packages, path, text, Source::Uv);
        assert_eq!(found(read, uv), [("torch 2.1.0+cu121".to_owned(), Some(15))]);
        let cargo = "version = 4\n\n[[package]]\nname = \"mine\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"serde\"\nversion = \"1.0.1\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";
        let read =
            |packages: &mut Packages, path: &str, text: &str| toml(packages, path, text, Source::Cargo);
        assert_eq!(texts(&found(read, cargo)), ["serde 1.0.1"]);
        let poetry = "[[package]]\nname = \"a\"\nversion = \"1.0\"\ndescription = \"\"\"\n[[package]]\nname = \"fake\"\n\"\"\"\n\n[metadata]\nlock-version = \"2.0\"\n";
        let read =
            |packages: &mut Packages, path: &str, text: &str| toml(packages, path, text, Source::Poetry);
        assert_eq!(texts(&found(read, poetry)), ["a 1.0"]);
        let mut packages = Packages::default();
        assert!(
            toml(&mut packages, "f", "package = [{name = \"a\", version = \"1\"}]\n", Source::Uv).is_err()
        );
        assert!(toml(&mut packages, "f", "[[package]]\nversion = \"1\"\n", Source::Poetry).is_err());
    }

    #[test]
    fn requirements_with_versions() {
        let text = "# c\n-r base.txt\nnumpy==1.26.4  # why\nTorch[cuda]==2.1.0+cu121 ; python_version >= '3.8'\nflask == 2.0\nrequests>=2\nurllib3===1.26\npillow==9.0.0 --hash=sha256:aa \\\n    --hash=sha256:bb\nx @ https://e/x.whl\na==1.*\n";
        let mut packages = Packages::default();
        requirements(&mut packages, "f", text).unwrap();
        assert_eq!(packages.unpinned, 3);
        assert_eq!(
            texts(&found(requirements, text)),
            ["flask 2.0", "numpy 1.26.4", "pillow 9.0.0", "torch 2.1.0+cu121", "urllib3 1.26"]
        );
    }

    #[test]
    fn locks_of_node() {
        let three = r#"{"lockfileVersion":3,"packages":{"":{"name":"mine","version":"1.0.0"},"node_modules/@s/a":{"version":"1.2.0"},"node_modules/x/node_modules/b":{"version":"2.0.0"},"node_modules/alias":{"name":"real","version":"3.0.0"},"node_modules/lib":{"link":true}}}"#;
        assert_eq!(texts(&found(npm, three)), ["@s/a 1.2.0", "b 2.0.0", "real 3.0.0"]);
        let one = r#"{"lockfileVersion":1,"dependencies":{"a":{"version":"1.2.0","dependencies":{"b":{"version":"2.0.0"}}},"c":{"version":"npm:d@3.0.0"},"g":{"version":"git+https://x"}}}"#;
        assert_eq!(texts(&found(npm, one)), ["a 1.2.0", "b 2.0.0", "d 3.0.0"]);
        let nine = "lockfileVersion: '9.0'\n\npackages:\n\n  '@s/a@1.2.3':\n    resolution: {integrity: x}\n\n  b@2.0.0(react@18.0.0):\n    engines: {node: '>=14'}\n\n  lib@file:x:\n    a: b\nsnapshots:\n  c@1.0.0: {}\n";
        assert_eq!(texts(&found(pnpm, nine)), ["@s/a 1.2.3", "b 2.0.0"]);
        let five = "lockfileVersion: 5.4\npackages:\n\n  /@s/a/1.2.3:\n    x: y\n  /b/2.0.0_react@18.0.0:\n    x: y\n";
        assert_eq!(texts(&found(pnpm, five)), ["@s/a 1.2.3", "b 2.0.0"]);
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_reader(text in "([ -~\\n\"\\[\\]=@/é]{0,12}|\\[\\[package\\]\\]\\n|name = \"|packages:\\n  |==){0,20}") {
            let readers: [Reader; 3] = [requirements, npm, pnpm];
            for read in readers {
                _ = read(&mut Packages::default(), "f", &text);
            }
            _ = toml(&mut Packages::default(), "f", &text, Source::Uv);
        }
    }
}
