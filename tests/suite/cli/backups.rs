//! Backups made by the real restic, borg, bagit, tar and git: whole they are GO, and each damage turns the check that is about it.
//!
//! Needs restic, borg, tar, zip and unzip, git; bagit comes from PyPI.

use std::fs;

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
    project.is("integrity", "warn", "that no pack is missing");
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
    project.is("integrity", "warn", "that the archives hang together");
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
