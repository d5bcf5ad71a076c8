//! What a job may touch is what the plan says, and what comes of it when a project leads further.

use std::{fs, os::unix::fs::symlink};

use super::scratch::{Scratch, folder};

#[test]
fn the_plan_spells_out_every_directory_command_and_variable() {
    let bare = Scratch::copy_of("ready");
    // Long grants go over several lines.
    let text = bare.run(&["plan"]).out.split_whitespace().collect::<Vec<_>>().join(" ");
    let project = fs::canonicalize(bare.path()).unwrap().display().to_string();
    for line in [
        format!("read     {project}   [path, default]"),
        format!("probe    {project}/runs   [directories[0], gonogo.toml line "),
        format!("read     {project}/data/penguins.csv   [assertions[0].path, gonogo.toml line "),
        "command  .venv/bin/python -c 'import numpy, tqdm; print(numpy.ones(2).sum())'   [command, gonogo.toml line "
            .to_owned(),
        "command  git --version   [commands, default]".to_owned(),
        "find     git   [programs[0].name, gonogo.toml line ".to_owned(),
        "see      $SLURM_JOB_ID   [variables[0], default]".to_owned(),
        "toolchain/smoke, at most 30 s".to_owned(),
    ] {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&line), "{line}\n{text}");
    }
}

#[test]
fn the_plan_as_json_has_no_grant_that_no_parameter_names() {
    let bare = Scratch::copy_of("ready");
    let project = fs::canonicalize(bare.path()).unwrap();
    let plan = bare.run(&["plan", "--format", "json"]).json();
    let items = plan["items"].as_array().unwrap();
    let mut grants = 0;
    for authority in items.iter().filter_map(|item| item["task"]["authorities"].as_array()).flatten() {
        grants += 1;
        assert!(!authority["parameter"].as_str().unwrap().is_empty(), "{authority:#}");
        // Outside of the project only what a check's documented defaults name.
        if let Some(path) = authority["path"].as_str() {
            assert!(
                path.starts_with(project.to_str().unwrap()) || authority["origin"] == "default",
                "{authority:#}"
            );
        }
    }
    assert!(grants > 20, "{plan:#}");
}

const SECRET: &str = "swordfish-4711";

/// The sample with its environment, and a file outside of it that is nobody's business.
fn beside_a_secret(name: &str) -> (Scratch, tempfile::TempDir) {
    let (ready, outside) = (Scratch::ready(), folder());
    fs::write(outside.path().join("secret"), format!("{SECRET}==1.0\n")).unwrap();
    let link = ready.at(name);
    if link.exists() {
        fs::remove_file(&link).unwrap();
    }
    symlink(outside.path().join("secret"), link).unwrap();
    (ready, outside)
}

#[test]
fn a_link_out_of_a_granted_directory_is_told_and_not_followed() {
    let (ready, _outside) = beside_a_secret("requirements.txt");
    let ran = ready.run(&["check", "--format", "json", "--record", "run.rec"]);
    let item = ran.item("system.development.requirements");
    assert_eq!(item["verdict"], "unknown", "{item:#}");
    let said = format!("{}{}", item["reason"], item["findings"]);
    assert!(said.contains("denied") && said.contains("requirements.txt is a link that leads out"), "{said}");
    assert_eq!(ran.code, Some(3));
    for text in [&ran.out, &ran.err, &ready.read("run.rec")] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn a_relative_link_out_and_one_through_a_directory_are_no_way_out_either() {
    let (ready, outside) = beside_a_secret("unused");
    let name = outside.path().file_name().unwrap().to_str().unwrap().to_owned();
    symlink(format!("../{name}"), ready.at("linked")).unwrap();
    for (file, to) in
        [("requirements.txt", format!("../{name}/secret")), ("requirements-dev.txt", "linked/secret".into())]
    {
        fs::remove_file(ready.at(file)).unwrap();
        symlink(to, ready.at(file)).unwrap();
    }
    let ran = ready.check();
    for id in ["system.development.requirements", "system.development.dev_requirements"] {
        assert_eq!(ran.item(id)["verdict"], "unknown", "{}", ran.out);
    }
    assert!(!ran.out.contains(SECRET), "{}", ran.out);
}

#[test]
fn a_file_that_another_includes_is_not_read_outside_of_the_project() {
    let (ready, outside) = beside_a_secret("unused");
    let path = outside.path().join("secret");
    ready.write("requirements.txt", &format!("-r {}\nnumpy\n", path.display()));
    let ran = ready.check();
    assert_eq!(ran.item("system.development.requirements")["verdict"], "unknown", "{}", ran.out);
    assert!(!ran.out.contains(SECRET), "{}", ran.out);
}
