//! The sample projects: what they are there to show.

use super::scratch::{Scratch, before};

/// What the sample that is not ready asks for in vain, each fault at its item.
const FAULTS: &[(&str, &str)] = &[
    ("system.hardware.memory", "at least 10 PiB wanted"),
    ("system.hardware.gpu", "at least 1000 wanted"),
    ("system.software.python", "pyproject.toml requires >=3.99"),
    ("system.software.git", "changed or untracked"),
    ("system.software.dependencies", "there is no program launch-penguins"),
    ("system.development.requirements", "uv.lock was made before pyproject.toml asked for numpy>=1.26,<3"),
    ("system.development.requirements", "tqdm 4.67.1 is installed, ==4.70.1 wanted"),
    ("system.development.requirements", "safetensors==0.5.3 is not installed in .venv"),
    ("system.development.dev_requirements", "safetensors==0.5.3 is not installed in .venv"),
    ("system.development.smoke", "No module named 'safetensors'"),
    ("infrastructure.storage.results", "runs does not exist"),
    ("risk.backup.scheduled", "no crontab and no enabled timer runs any of"),
    ("site.data", "data/holdout.csv does not exist"),
];

#[test]
fn the_project_that_is_ready_is_go_and_trains() {
    assert!(!before().values().any(|verdict| verdict == "no-go" || verdict == "unknown"), "{:?}", before());
    let ready = Scratch::ready();
    let said = ready.sh(".venv/bin/python train.py && .venv/bin/python -m pytest -q test_train.py");
    assert!(said.contains("penguins held out") && said.contains("1 passed"), "{said}");
    let text = ready.run(&["check"]);
    assert!(text.out.starts_with("GO  nothing that is required stands in the way\n"), "{}", text.out);
    assert_eq!((text.code, text.err.as_str()), (Some(0), ""));
}

#[test]
fn without_its_environment_it_is_no_go_with_the_command_that_makes_one() {
    let bare = Scratch::copy_of("ready");
    let text = bare.run(&["check"]);
    assert!(text.out.starts_with("NO-GO  1 required item does not hold\n"), "{}", text.out);
    assert!(text.out.contains("hint: python3 -m venv .venv"), "{}", text.out);
    assert_eq!(text.code, Some(1));
    let blocked = [
        "system.development.requirements",
        "system.development.dev_requirements",
        "system.development.packages",
        "system.development.smoke",
    ];
    let report = bare.check();
    for id in blocked {
        let item = report.item(id);
        assert_eq!(item["verdict"], "unknown", "{item:#}");
        assert_eq!(item["blocked_by"], "system.development.venv", "{item:#}");
    }
    // The hint is the way out.
    bare.add_environment();
    assert_eq!(bare.check().code, Some(0));
}

#[test]
fn every_fault_of_the_project_that_is_not_ready_is_found_by_its_item() {
    let project = Scratch::copy_of("not-ready");
    project.add_environment();
    let ran = project.check();
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    for (id, message) in FAULTS {
        let item = ran.item(id);
        assert_eq!(item["verdict"], "no-go", "{item:#}");
        let findings = item["findings"].as_array().unwrap();
        let found = findings.iter().any(|it| it["message"].as_str().unwrap().contains(message));
        assert!(found, "{message}: {item:#}");
    }
    let faulty = |id: &str| FAULTS.iter().any(|(fault, _)| *fault == id);
    let others = ran.verdicts().into_iter().filter(|(id, verdict)| verdict == "no-go" && !faulty(id));
    let others = others.map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(others, ["verification.pretraining.hardware", "verification.pretraining.software"]);
}
