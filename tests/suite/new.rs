//! What `plugin new` makes builds, passes its own cases and a reviewer's look, and runs in a project, in every language.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use super::{
    cli::scratch::{Ran, folder, gonogo, in_clean_environment, root, shared},
    conformance::{each_language, languages},
};

/// The name of the plugin that is made.
const NAME: &str = "site-checks";

/// Runs `gonogo plugin …`.
fn plugin(words: &[&str], at: &Path) -> Result<Ran, String> {
    let mut command = gonogo();
    command.arg("plugin").args(words).current_dir(at).env("CARGO_TARGET_DIR", cargos());
    let ran = Ran::from(command.output().unwrap());
    match ran.code {
        Some(0) => Ok(ran),
        code => {
            Err(format!("`gonogo plugin {}` ended with {code:?}\n{}{}", words.join(" "), ran.out, ran.err))
        }
    }
}

/// What Cargo makes of the template. Kept, and its own: it depends on where the sources lie, and with it the standard library that Debian's compiler builds.
fn cargos() -> PathBuf {
    shared().join("new-target")
}

/// The plugin in Rust, made anew at a place that is always the same, and built.
fn rust() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let into = shared().join("new");
        if into.exists() {
            fs::remove_dir_all(&into).unwrap();
        }
        made("rust", &into).unwrap()
    })
}

/// A plugin, made in a folder and built there.
fn made(language: &str, into: &Path) -> Result<PathBuf, String> {
    fs::create_dir_all(into).unwrap();
    let said = plugin(&["new", NAME, "--lang", language], into)?;
    assert!(said.out.contains("gonogo plugin test"), "{}", said.out);
    let folder = into.join(NAME);
    plugin(&["build"], &folder)?;
    Ok(folder)
}

#[test]
fn every_template_builds_passes_and_runs_in_a_project() {
    each_language(&languages(), |language| {
        let into = folder();
        let made = if language == "rust" { rust().to_owned() } else { made(language, into.path())? };
        let component = format!("{NAME}.wasm");
        let tested = plugin(&["test", ".", "--component", &component], &made)?;
        assert!(tested.out.ends_with(" passed, 0 failed\n"), "{}", tested.out);
        let reviewed = plugin(&["check", &component, "--strict"], &made)?;
        assert!(reviewed.out.ends_with("0 errors, 0 warnings\n"), "{}", reviewed.out);
        in_a_project(&made)
    });
}

#[test]
fn the_cases_of_the_template_in_rust_run_natively() {
    let mut command = in_clean_environment(Command::new("cargo"));
    let ran = Ran::from(
        command.arg("test").env("CARGO_TARGET_DIR", cargos()).current_dir(rust()).output().unwrap(),
    );
    assert!(ran.code == Some(0) && ran.out.contains("test cases ... ok"), "{}\n{}", ran.out, ran.err);
}

/// The lines of the template's README, as they stand there but for places and sizes, in a project with room in `scratch`.
fn in_a_project(made: &Path) -> Result<(), String> {
    let readme = fs::read_to_string(made.join("README.md")).unwrap();
    let lines = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let lines = lines.ok_or("README.md shows no lines for gonogo.toml")?;
    let project = folder();
    fs::create_dir(project.path().join("scratch")).unwrap();
    let at = format!("path:{}/", made.display());
    let config = lines
        .replace("path:PATH/TO/", &at)
        .replace("\"/scratch\"", "\"scratch\"")
        .replace("500 GiB", "1 MiB");
    assert!(config.contains(&at) && config.contains("\"scratch\""), "{config}");
    fs::write(project.path().join("gonogo.toml"), config).unwrap();
    let mut command = gonogo();
    command.args(["check", "--only", "site.*", "--format", "json"]).current_dir(project.path());
    let ran = Ran::from(command.output().unwrap());
    match ran.code == Some(0) && ran.item("site.scratch")["verdict"] == "go" {
        true => Ok(()),
        false => Err(format!("`gonogo check` ended with {:?}\n{}{}", ran.code, ran.out, ran.err)),
    }
}

#[test]
fn a_case_is_recorded_and_reported() {
    let into = folder();
    plugin(&["new", NAME, "--lang", "rust"], into.path()).unwrap();
    let made = into.path().join(NAME);
    fs::create_dir(made.join("here")).unwrap();
    let component = format!("{NAME}.wasm");
    fs::copy(rust().join(&component), made.join(&component)).unwrap();
    let test = |words: &[&str]| plugin(&[&["test", ".", "--component", &component], words].concat(), &made);

    let record =
        ["--record", "scratch/recorded", "--with", "directory = \"here\"", "--with", "minimum = \"1 MiB\""];
    let recorded = test(&record).unwrap();
    assert!(recorded.out.contains("cases/scratch/recorded.json  go, from 2 answers"), "{}", recorded.out);
    let case: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(made.join("cases/scratch/recorded.json")).unwrap()).unwrap();
    assert_eq!(case["parameters"], serde_json::json!({"directory": "here", "minimum": "1 MiB"}));
    assert_eq!(case["calls"][0]["call"], "files.space");
    assert_eq!(case["expect"]["verdict"], "go");
    assert!(test(&record).unwrap_err().contains("--bless"), "what is there is not overwritten");
    let missing = test(&["--record", "scratch/other"]).unwrap_err();
    assert!(missing.contains("'directory' is not given") && missing.contains("--with"), "{missing}");

    assert!(test(&["--junit", "results.xml"]).unwrap().out.ends_with("5 passed, 0 failed\n"));
    let xml = fs::read_to_string(made.join("results.xml")).unwrap();
    assert!(xml.contains("site-checks/scratch") && xml.contains("tests=\"5\""), "{xml}");

    let file = made.join("cases/scratch/full.json");
    let wrong = fs::read_to_string(&file).unwrap().replace("at least 1 TiB", "at least 2 TiB");
    fs::write(&file, wrong).unwrap();
    let failed = test(&["scratch", "--junit", "results.xml"]).unwrap_err();
    for part in [
        "-     \"message\": \"/scratch has 500 GiB free, at least 2 TiB wanted\"",
        "+     \"message\"",
        "4 passed, 1 failed",
    ] {
        assert!(failed.contains(part), "{part}\n{failed}");
    }
    let xml = fs::read_to_string(made.join("results.xml")).unwrap();
    assert!(xml.contains("failures=\"1\"") && xml.contains("findings differs"), "{xml}");
}

/// A program that runs until the test is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What is said up to the line that says that it waits.
fn until_waiting(lines: &Receiver<String>) -> String {
    let end = Instant::now() + Duration::from_mins(2);
    let mut said = String::new();
    while !said.ends_with("Ctrl-C ends this\n") {
        let left = end.saturating_duration_since(Instant::now());
        said += &lines.recv_timeout(left).unwrap_or_else(|error| panic!("{error} after\n{said}"));
        said.push('\n');
    }
    said
}

#[test]
fn what_is_watched_runs_again_when_a_case_or_the_component_changes() {
    let into = folder();
    plugin(&["new", NAME, "--lang", "rust"], into.path()).unwrap();
    let made = into.path().join(NAME);
    let component = made.join("given.wasm");
    let systems = root().join("plugins/dist/system.wasm");
    fs::copy(&systems, &component).unwrap();
    let mut command = gonogo();
    command.args(["plugin", "test", ".", "--watch", "--component", "given.wasm"]).current_dir(&made);
    let mut running = Running(command.stdout(Stdio::piped()).spawn().unwrap());
    let (tell, lines) = channel();
    let out = BufReader::new(running.0.stdout.take().unwrap());
    thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));

    let first = until_waiting(&lines);
    assert!(first.contains("the plugin has no check 'scratch'"), "{first}");
    fs::rename(made.join("cases/scratch"), made.join("cases/cpu")).unwrap();
    let second = until_waiting(&lines);
    assert!(second.contains("cpu/go.json") && !second.contains("no check 'scratch'"), "{second}");
    fs::write(&component, "no component").unwrap();
    assert!(until_waiting(&lines).contains("not WebAssembly"));
}
