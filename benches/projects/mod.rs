//! Projects that the benches check, each with a profile of its own, so that nothing else is measured.

use std::{fmt::Write, fs, path::Path};

/// Assertions of the large projects.
pub const MANY: usize = 500;

/// How a profile begins.
const NAME: &str = "name = \"bench\"\n\n";

/// The 20 node checks that the peers are given too.
pub const NODE: &str = include_str!("../peers/node.toml");

/// Writes the profile and a configuration that names it.
pub fn write(folder: &Path, profile: &str) {
    fs::write(folder.join("profile.toml"), profile).unwrap();
    fs::write(folder.join("gonogo.toml"), "profile = \"./profile.toml\"\n").unwrap();
}

/// Makes so many files to assert something of.
pub fn files(folder: &Path) {
    for number in 0..MANY {
        fs::write(folder.join(format!("{number:03}.txt")), format!("value = {number}\n")).unwrap();
    }
}

fn assertion(number: usize) -> String {
    format!("{{ path = \"{number:03}.txt\", kind = \"file\", minimum = \"3 B\", mode-maximum = \"0664\" }}")
}

/// All assertions in one job.
pub fn one_job() -> String {
    let assertions = (0..MANY).map(assertion).collect::<Vec<_>>().join(",\n");
    NAME.to_owned() + &item("files.all", "system/paths", &format!("assertions = [\n{assertions}\n]"))
}

/// A job for each assertion.
pub fn many_jobs() -> String {
    let one = |number| {
        item(&format!("files.{number:03}"), "system/paths", &format!("assertions = [{}]", assertion(number)))
    };
    NAME.to_owned() + &(0..MANY).map(one).collect::<String>()
}

/// Ten jobs that each wait half a second for a child.
pub fn waiting() -> String {
    let one =
        |number| item(&format!("wait.{number}"), "toolchain/smoke", r#"command = ["/bin/sleep", "0.5"]"#);
    NAME.to_owned() + &(0..10).map(one).collect::<String>()
}

/// One item of a profile.
fn item(id: &str, check: &str, with: &str) -> String {
    format!(
        "[[items]]\nid = \"{id}\"\ntitle = \"{id}\"\nhow = \"auto\"\ncheck = \"{check}\"\n[items.with]\n{with}\n\n"
    )
}

/// A gonogo.toml with items of its own.
pub fn configuration() -> String {
    (0..MANY).fold(String::new(), |mut text, number| {
        let _ = writeln!(
            text,
            "[items.\"site.files.{number:03}\"]\ntitle = \"File {number}\"\ncheck = \"system/paths\"\n\
             with.assertions = [{}]\n",
            assertion(number)
        );
        text
    })
}
