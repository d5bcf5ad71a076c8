//! Backups made by the real restic, borg, bagit, tar and git: whole they are GO, and each damage turns the check that is about it.
//!
//! Needs restic, borg, tar, zip and unzip, git; bagit comes from PyPI.

use std::{
    fs,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::scratch::{Ran, folder, gonogo, sh};

/// What is backed up, and a password.
const SOURCE: &str = r"
set -eu
mkdir -p data/train keys
head -c 3000000 /dev/urandom > data/train/weights.bin
seq 20000 > data/train/steps.txt
echo 'learning rate' > data/notes.md
touch -d '2 hours ago' data/notes.md data/train/* data/train data
printf 'correct horse\n' > keys/password
chmod 600 keys/password
";

const RESTIC: &str = r"
set -eu
restic --quiet --no-cache -r restic --password-file keys/password init
restic --quiet --no-cache -r restic --password-file keys/password backup data
";

const BORG: &str = r"
set -eu
export BORG_PASSCOMMAND='cat keys/password'
borg init -e repokey borg 2>/dev/null
borg create --compression none borg::nightly data
";

/// A project with a source and one backup, and one item for each check.
struct Project {
    folder: TempDir,
}

impl Project {
    /// `backup`: the script that makes it; `lines`: what gonogo.toml says of it.
    fn new(backup: &str, lines: &str) -> Self {
        let project = Self { folder: folder() };
        project.sh(SOURCE);
        project.sh(backup);
        let mut text = String::new();
        for check in ["coverage", "integrity", "drill"] {
            let sources = if check == "coverage" { "sources = [\"data\"]\n" } else { "" };
            text.push_str(&format!(
                "[items.\"site.{check}\"]\ntitle = \"{check}\"\ncheck = \"backups/{check}\"\n\
                 [items.\"site.{check}\".with]\n{sources}[[items.\"site.{check}\".with.backups]]\n{lines}\n"
            ));
        }
        fs::write(project.at("gonogo.toml"), text).unwrap();
        project
    }

    fn restic() -> Self {
        Self::new(RESTIC, "path = \"restic\"\npassword-file = \"keys/password\"\nsource = \"data\"")
    }

    fn borg() -> Self {
        Self::new(BORG, "path = \"borg\"\npassword-file = \"keys/password\"\nsource = \"data\"")
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.folder.path().join(path)
    }

    /// borg and restic keep their notes in the project.
    fn sh(&self, script: &str) -> String {
        sh(self.folder.path(), &format!("export HOME=\"$PWD\"\n{script}"), &[])
    }

    fn check(&self, check: &str) -> Value {
        let id = format!("site.{check}");
        let mut command = gonogo();
        command.args(["check", "--format", "json", "--only", &id]).current_dir(self.folder.path());
        let ran: Ran = command.env("HOME", self.folder.path()).output().unwrap().into();
        ran.item(&id)
    }

    #[track_caller]
    fn is(&self, check: &str, verdict: &str, said: &str) {
        let item = self.check(check);
        assert_eq!(item["verdict"], verdict, "{check}\n{item:#}");
        assert!(item.to_string().contains(said), "{check} does not say '{said}'\n{item:#}");
    }

    /// The first file that `find` gives.
    fn found(&self, arguments: &str) -> String {
        let found = self.sh(&format!("find {arguments} -type f | sort | head -1"));
        found.trim().to_owned()
    }

    /// Flips one bit in the middle of a file.
    fn flip(&self, path: &str) {
        let mut bytes = fs::read(self.at(path)).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::remove_file(self.at(path)).unwrap();
        fs::write(self.at(path), bytes).unwrap();
    }

    /// Adds a parameter of one check.
    fn with(&self, check: &str, line: &str) {
        let text = fs::read_to_string(self.at("gonogo.toml")).unwrap();
        let table = format!("[items.\"site.{check}\".with]\n");
        assert!(text.contains(&table), "{text}");
        fs::write(self.at("gonogo.toml"), text.replace(&table, &format!("{table}{line}\n"))).unwrap();
    }

    fn without_password(&self) {
        let text = fs::read_to_string(self.at("gonogo.toml")).unwrap();
        fs::write(self.at("gonogo.toml"), text.replace("password-file = \"keys/password\"\n", "")).unwrap();
    }
}

#[test]
fn a_restic_repository_that_is_whole() {
    let project = Project::restic();
    project.is("integrity", "go", "and restic check");
    project.is("drill", "go", "3 files");
    // Source and backup are on one device here.
    project.is("coverage", "warn", "another device");
    assert!(!project.at(".gonogo-drill").exists());
    project.without_password();
    project.is("integrity", "go", "not verified: that no pack is missing");
    project.is("drill", "unknown", "password-file");
    project.is("coverage", "unknown", "password-file");
}

#[test]
fn a_bit_of_a_restic_pack_index_snapshot_or_key() {
    for folder in ["data", "index", "snapshots", "keys"] {
        let project = Project::restic();
        project.without_password();
        let file = project.found(&format!("restic/{folder}"));
        project.flip(&file);
        project.is("integrity", "no-go", &format!("{file} is damaged"));
    }
}

#[test]
fn a_restic_pack_that_is_cut_off_or_gone() {
    let project = Project::restic();
    let pack = project.found("restic/data -size +100k");
    project.sh(&format!("truncate -s -7 {pack}"));
    project.is("integrity", "no-go", &format!("{pack} is damaged"));
    project.sh(&format!("rm -f {pack}"));
    project.is("integrity", "no-go", "restic check ended with");
    project.is("drill", "no-go", "restic");
}

#[test]
fn a_restic_lock_whose_process_is_dead() {
    let project = Project::restic();
    // Killed in the middle: the lock stays.
    project.sh(
        "(head -c 2000000 /dev/urandom; sleep 30) 2>/dev/null | \
         restic -q --no-cache -r restic --password-file keys/password backup --stdin >/dev/null 2>&1 & \
         killed=$!; for i in $(seq 100); do [ -n \"$(ls restic/locks)\" ] && break; sleep 0.1; done; kill -9 $killed; sleep 0.2",
    );
    project.is("integrity", "no-go", "which is dead");
    project.without_password();
    let lock = project.found("restic/locks");
    project.sh(&format!("touch -d '1 hour ago' {lock}"));
    project.is("integrity", "no-go", "no longer renews it");
    project.is("integrity", "no-go", "restic -r restic unlock");
}

#[test]
fn a_snapshot_that_is_old_and_a_source_that_is_newer() {
    let old = RESTIC.replace("backup data", "backup --time '2024-01-01 00:00:00' data");
    let project =
        Project::new(&old, "path = \"restic\"\npassword-file = \"keys/password\"\nsource = \"data\"");
    project.is("coverage", "no-go", "was last written");
    let project = Project::restic();
    project.sh("sleep 1; echo more >> data/notes.md");
    project.is("coverage", "no-go", "data/notes.md was changed");
    // The drill does not hold the change against the backup.
    project.is("drill", "go", "is older than the source in notes.md");
}

#[test]
fn a_restore_that_differs_in_one_byte() {
    for project in [Project::restic(), Project::borg()] {
        // The same size and time: only the content tells.
        project.sh("cp -p data/train/steps.txt kept; printf X | dd of=data/train/steps.txt bs=1 seek=5000 conv=notrunc 2>/dev/null; touch -r kept data/train/steps.txt");
        project.is("drill", "no-go", "differs in train/steps.txt");
        let item = project.check("drill");
        assert_eq!(item["findings"].as_array().unwrap().len(), 1, "{item:#}");
    }
}

#[test]
fn a_borg_repository_that_is_whole() {
    let project = Project::borg();
    project.is("integrity", "go", "and borg check");
    project.is("drill", "go", "3 files");
    project.is("coverage", "warn", "another device");
    project.without_password();
    project.is("integrity", "go", "not verified: that the archives hang together");
}

#[test]
fn data_that_is_to_be_decrypted() {
    for project in [Project::restic(), Project::borg()] {
        project.with("integrity", "verify-data = true");
        project.is("integrity", "go", "check\"");
        project.without_password();
        project.is("integrity", "unknown", "'verify-data' needs a password-file");
    }
}

#[test]
fn a_bit_of_a_borg_index_its_hints_or_their_digests() {
    for (file, said) in [("index", "index"), ("hints", "hints"), ("integrity", "")] {
        let project = Project::borg();
        let path = project.found(&format!("borg -maxdepth 1 -name '{file}.*'"));
        project.flip(&path);
        let before = project.sh("sha256sum $(find borg -type f) | sort");
        for check in ["coverage", "drill", "integrity"] {
            project.is(check, "no-go", &format!("borg/{said}"));
            project.is(check, "no-go", "is damaged");
        }
        // borg would write a new index, and the damage would be seen once only.
        assert_eq!(project.sh("sha256sum $(find borg -type f) | sort"), before, "{file}");
    }
    let project = Project::borg();
    project.sh("rm borg/integrity.*");
    project.is("integrity", "unknown", "whether the index is whole cannot be told");
}

#[test]
fn a_bit_of_a_borg_segment_and_one_that_is_cut_off_or_gone() {
    let segment = |project: &Project| project.found("borg/data -size +100k");
    let project = Project::borg();
    project.without_password();
    project.flip(&segment(&project));
    project.is("integrity", "no-go", "CRC-32");
    let project = Project::borg();
    project.without_password();
    project.sh(&format!("truncate -s -7 {}", segment(&project)));
    project.is("integrity", "no-go", "is damaged");
    project.sh(&format!("rm -f {}", segment(&project)));
    project.is("integrity", "no-go", "is missing: the index has");
}

#[test]
fn a_borg_lock_whose_process_is_dead() {
    let project = Project::borg();
    project.sh(
        "export BORG_PASSCOMMAND='cat keys/password'; sh -c 'borg with-lock borg sh -c \"echo \\$PPID > holder; sleep 30\" & wait' >/dev/null 2>&1 & \
         for i in $(seq 100); do [ -s holder ] && break; sleep 0.1; done; kill -9 $(cat holder); sleep 0.2",
    );
    project.is("integrity", "no-go", "borg break-lock borg");
}

#[test]
fn a_bag() {
    let script = "set -eu\nmkdir bag && cp -a data/. bag/\ntools=$(mktemp -d)\npython3 -m venv $tools\n$tools/bin/pip install -q bagit\n$tools/bin/python -m bagit --quiet --sha256 --sha512 bag\nrm -r $tools\n";
    let project = Project::new(script, "path = \"bag\"\nsource = \"data\"");
    project.is("integrity", "go", "3 of 3 payload files");
    project.is("drill", "go", "read in place");
    project.is("coverage", "warn", "another device");
    project.sh("cp -a bag whole");
    for (damage, said) in [
        (
            "printf X | dd of=bag/data/train/steps.txt bs=1 seek=9 conv=notrunc 2>/dev/null",
            "bag/data/train/steps.txt is damaged",
        ),
        ("sed -i '1s/^./x/' bag/manifest-sha256.txt", "manifest-sha256.txt"),
        ("sed -i '1s/^./0/;2s/^./0/;3s/^./0/' bag/manifest-sha512.txt", "bag/manifest-sha512.txt is damaged"),
        ("rm bag/data/notes.md", "lacks notes.md"),
        ("echo > bag/data/more", "holds more"),
        (
            "echo \"https://archive.example/notes 14 data/notes.md\" > bag/fetch.txt; rm bag/data/notes.md",
            "have to be fetched: notes.md",
        ),
        ("echo 'https://archive.example/notes' > bag/fetch.txt", "line 1 of bag/fetch.txt"),
    ] {
        project.sh(&format!("rm -rf bag; cp -a whole bag; {damage}"));
        project.is("integrity", "no-go", said);
    }
}

#[test]
fn archives_with_a_manifest() {
    for (make, name) in [("tar -czf", "b.tar.gz"), ("tar -cf", "b.tar"), ("zip -qr", "b.zip")] {
        let script = format!("set -eu\n{make} {name} data\nfind data -type f | xargs sha256sum > b.sha256\n");
        let lines = format!("path = \"{name}\"\nmanifest = \"b.sha256\"\nsource = \"data\"");
        let project = Project::new(&script, &lines);
        project.is("integrity", "go", "3 members");
        project.is("drill", "go", "3 files");
        project.is("coverage", "warn", "another device");
        project.flip(name);
        project.is("integrity", "no-go", name);
    }
}

#[test]
fn a_tar_archive_without_a_manifest() {
    let project = Project::new("tar -czf b.tar.gz data", "path = \"b.tar.gz\"\nsource = \"data\"");
    project.is("integrity", "unknown", "nothing vouches for the bytes of its members");
    // What vouches for a restore is the source.
    project.is("drill", "go", "3 files");
    project.sh("truncate -s -2000 b.tar.gz");
    project.is("drill", "no-go", "cannot be restored");
    assert_ne!(project.check("integrity")["verdict"], "go");
}

/// A DVC remote as `dvc push` leaves one: two files of a directory, with the list of them.
const DVC: &str = r#"
set -eu
put() { sum=$(md5sum < "$1" | cut -d' ' -f1); to="remote/files/md5/$(echo "$sum" | cut -c1-2)"; mkdir -p "$to"; cp "$1" "$to/$(echo "$sum" | cut -c3-)$2"; echo "$sum"; }
one=$(put data/notes.md ""); two=$(put data/train/steps.txt "")
printf '[{"md5": "%s", "relpath": "notes.md"}, {"md5": "%s", "relpath": "train/steps.txt"}]' "$one" "$two" > list
list=$(put list .dir); rm list
mkdir project; printf 'outs:
- md5: %s.dir
  nfiles: 2
  hash: md5
  path: data
' "$list" > project/data.dvc
"#;

#[test]
fn a_dvc_remote() {
    let project = Project::new(DVC, "path = \"remote\"\nsource = \"project\"");
    project.is("integrity", "go", "3 of 3 objects");
    project.is("drill", "go", "not checked out");
    project.sh("cp -a data project/data");
    project.is("drill", "go", "2 files, ");
    project.sh("cp -a remote whole; echo more >> project/data/notes.md");
    project.is("drill", "go", "is older than the source in data/notes.md");
    let list = project.found("remote -name '*.dir'");
    let steps = project.found("remote -size +50k");
    for (damage, verdict, said) in [
        (format!("rm {steps}"), "no-go", "lacks the object"),
        (format!("rm {list}"), "no-go", "lacks the object"),
        (format!("printf x > {list}"), "no-go", "cannot be told"),
        (format!("printf x >> {steps}"), "no-go", "is damaged: its MD5"),
        ("echo 'outs: []' > project/data.dvc".to_owned(), "unknown", "cannot be told"),
    ] {
        project.sh(&format!("rm -rf remote; cp -a whole remote; {damage}"));
        project.is("integrity", verdict, said);
        project.is("drill", verdict, said);
    }
}

#[test]
fn what_dvc_is_told_not_to_push_is_not_missing() {
    let project = Project::new(DVC, "path = \"remote\"\nsource = \"project\"");
    let lock = |path: &str, digit: char| {
        format!("    - path: {path}\\n      hash: md5\\n      md5: {}\\n", digit.to_string().repeat(32))
    };
    let outputs = [lock("metrics.json", '1'), lock("model.pt", '2')].concat();
    project.sh(&format!(
        "printf 'stages:\\n  train:\\n    cmd: train\\n    outs:\\n{outputs}' > project/dvc.lock"
    ));
    project.is("integrity", "no-go", "lacks the object 11111111");
    project.sh(
        "printf 'stages:\\n  train:\\n    cmd: train\\n    outs:\\n    - model.pt: {push: false}\\n    metrics:\\n    - metrics.json:\\n        cache: false\\n' > project/dvc.yaml",
    );
    project.is("integrity", "go", "remote: outputs not cached by choice");
    project.is("integrity", "go", "remote: outputs not pushed by choice");
    project.sh("sed -i 's/push: false/persist: true/' project/dvc.yaml");
    project.is("integrity", "no-go", "lacks the object 22222222");
    project.sh("sed -i 's/persist: true/remote: cold/' project/dvc.yaml");
    project.is("integrity", "unknown", "which goes to the remote 'cold'");
    project.sh("echo 'stages: [' > project/dvc.yaml");
    project.is("integrity", "unknown", "dvc.lock");
}

#[test]
fn a_bundle_that_is_damaged_in_its_header_cut_off_or_partial() {
    let script = "set -eu\ncd data\ngit init -q -b main\ngit add .\ngit -c user.name=a -c user.email=a@b commit -qm one\n\
                  git -c user.name=a -c user.email=a@b commit -qm two --allow-empty\ngit bundle create -q ../b.bundle --all\n";
    let project = Project::new(script, "path = \"b.bundle\"\nsource = \"data\"");
    project.is("integrity", "go", "which commits its references lead to");
    project.sh("cp b.bundle whole");
    for (damage, said) in [
        ("printf x | dd of=b.bundle bs=1 seek=3 conv=notrunc 2>/dev/null", "b.bundle"),
        ("printf x | dd of=b.bundle bs=1 seek=20 conv=notrunc 2>/dev/null", "no reference"),
        ("truncate -s -7 b.bundle", "b.bundle is damaged"),
        ("truncate -s 60 b.bundle", "b.bundle is damaged"),
        ("printf x >> b.bundle", "b.bundle is damaged"),
    ] {
        project.sh(&format!("cp whole b.bundle; {damage}"));
        let item = project.check("integrity");
        assert_ne!(item["verdict"], "go", "{damage}\n{item:#}");
        assert!(item.to_string().contains(said), "{damage}\n{item:#}");
    }
    // Another commit in the header: no digest covers it, and the clone tells.
    project.sh(
        "cp whole b.bundle; LC_ALL=C sed -i '2s/^[0-9a-f]\\{4\\}/0000/;3s/^[0-9a-f]\\{4\\}/0000/' b.bundle",
    );
    project.is("drill", "no-go", "b.bundle");
    project.sh("git -C data bundle create -q ../b.bundle HEAD~1..main");
    project.is("integrity", "warn", "restores only where these commits are already");
    project.is("drill", "no-go", "cannot be restored");
}

#[test]
fn a_drill_that_is_interrupted_leaves_nothing() {
    let project = Project::restic();
    // A restore that waits before its end. Programs below the project are never run.
    let bin = folder();
    let script = r#"real=$(command -v restic); printf '#!/bin/sh\n%s "$@" || exit\ncase "$*" in *restore*) echo $$ > pid; sleep 60;; esac\n' "$real" > restic; chmod 755 restic"#;
    sh(bin.path(), script, &[]);
    let path = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    for signal in [Signal::INT, Signal::TERM] {
        let mut command = gonogo();
        command
            .args(["check", "--format", "json", "--only", "site.drill"])
            .current_dir(project.folder.path());
        command.env("HOME", project.folder.path()).env("PATH", &path);
        let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let restored = project.at(".gonogo-drill/b0");
        let began = Instant::now();
        while !(project.at("pid").exists() && restored.exists()) {
            assert!(began.elapsed() < Duration::from_secs(30), "the restore does not begin");
            sleep(Duration::from_millis(10));
        }
        kill_process(Pid::from_child(&run), signal).unwrap();
        let ran = Ran::from(run.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(3), "{}", ran.err);
        let item = ran.item("site.drill");
        assert_eq!(item["verdict"], "unknown", "{item:#}");
        assert!(item["reason"].as_str().unwrap().contains("interrupted after"), "{item:#}");
        assert!(!project.at(".gonogo-drill").exists(), "the scratch directory is still there");
        fs::remove_file(project.at("pid")).unwrap();
    }
}

#[test]
fn a_schedule_by_its_log() {
    let project = Project { folder: folder() };
    fs::write(
        project.at("gonogo.toml"),
        "[items.\"site.schedule\"]\ntitle = \"schedule\"\ncheck = \"backups/schedule\"\n[items.\"site.schedule\".with]\n\
         crontabs = [\"crontab\"]\nunits = []\nconfigurations = [\"borgmatic.yaml\"]\nlog = \"backup.log\"\n",
    )
    .unwrap();
    project.sh(
        "echo '0 2 * * * root restic backup /srv' > crontab; echo 'snapshot 0123abcd saved' > backup.log",
    );
    project.is("schedule", "go", "a backup at least every");
    for (fault, verdict, said) in [
        ("echo 'Fatal: no space' >> backup.log", "no-go", "the last run failed by line 2"),
        ("printf 'snapshot 0123abcd saved\\n\\0' > backup.log", "unknown", "it is binary"),
        ("rm backup.log; mkdir backup.log", "unknown", "cannot be told from backup.log"),
        (
            "rm -r backup.log; echo 'snapshot 0123abcd saved' > backup.log; mkdir borgmatic.yaml",
            "unknown",
            "borgmatic.yaml",
        ),
        ("rmdir borgmatic.yaml; touch -d '2 days' backup.log", "unknown", "in the future"),
        ("touch -d '9 days ago' backup.log", "no-go", "the last run that backup.log tells of was"),
        ("echo '@every 2h root restic backup /srv' > crontab", "unknown", "cannot be told from 'line 1'"),
    ] {
        project.sh(fault);
        project.is("schedule", verdict, said);
    }
}

#[test]
fn a_mirror_and_a_bundle() {
    let project = Project::new("cp -a data mirror", "path = \"mirror\"\nsource = \"data\"");
    project.is("integrity", "go", "3 files");
    project.is("drill", "go", "read in place");
    project.sh("cp -p mirror/notes.md kept; printf X | dd of=mirror/notes.md bs=1 conv=notrunc 2>/dev/null; touch -r kept mirror/notes.md");
    project.is("integrity", "no-go", "differs in notes.md");
    let script = "set -eu\ncd data\ngit init -q -b main\ngit add .\ngit -c user.name=a -c user.email=a@b commit -qm one\ngit bundle create -q ../b.bundle --all\n";
    let project = Project::new(script, "path = \"b.bundle\"\nsource = \"data\"");
    project.is("integrity", "go", "references");
    project.is("drill", "go", "3 files");
    project.is("coverage", "warn", "another device");
    project.flip("b.bundle");
    project.is("integrity", "no-go", "b.bundle is damaged");
    project.is("drill", "no-go", "cannot be restored");
}
