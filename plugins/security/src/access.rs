mod accounts;
mod modes;
mod sshd;
mod sudo;

use gonogo_sdk::{Check, Error, JsonSchema, Readable, Report, Stop, counted, files};
use serde::Deserialize;

/// Nobody gets in who should not: SSH daemon, accounts, home and training directories
///
/// Five parts, each judged by what the system's own files say:
///
/// - `ssh`: the daemon's settings as OpenSSH 9 reads them, with `Include`, the first value of a keyword counting, its defaults where none is set, and `Match` blocks. Root logging in with a password and empty passwords are no-go;
///   passwords at all (also through PAM's keyboard-interactive), host-based logins, `StrictModes no`, `IgnoreRhosts no` and `PermitUserEnvironment yes` warnings; X11 forwarding a note. What a `Match` block allows for some is a warning, for all counts fully. Host
///   keys that others can read are no-go. Without a sshd_config this part is not applicable.
/// - `accounts`: an account that logs in without a password, or one with user id 0 besides root, is a no-go; a user id used twice, a shared or default account with a login shell, an old hash a warning.
/// - `homes`: a home that others may write to, an `.ssh` directory, `authorized_keys` or `config` that group or others may write to, and private keys that anybody else can read are no-go.
/// - `sudo`: who may become root without a password is a note.
/// - `directories`: the training directories, and those above them that are named, can be replaced by nobody else.
///
/// /etc/shadow and /etc/sudoers can only be read by root: where they cannot be, /etc/passwd alone is judged, and a fact says so; with `privileged` that is unknown instead. The host searches them and gives out names of accounts, never a hash.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Access {
    /// Which parts are judged.
    #[serde(default = "parts")]
    parts: Vec<Part>,
    /// The directory with `sshd_config`.
    #[serde(default = "ssh")]
    ssh: Readable,
    /// The accounts, in the form of /etc/passwd.
    #[serde(default = "passwd")]
    passwd: Readable,
    /// Their passwords' hashes, in the form of /etc/shadow.
    #[serde(default = "shadow")]
    shadow: Readable,
    /// Who may become root: files, and directories of files.
    #[serde(default = "sudoers")]
    sudoers: Vec<Readable>,
    /// Whether what only root can read must be read.
    #[serde(default)]
    privileged: bool,
    /// Accounts that nobody owns, or that images come with.
    #[serde(default = "shared")]
    shared: Vec<String>,
    /// Home directories of those who train.
    #[serde(default = "homes")]
    homes: Vec<Readable>,
    /// Directories that training runs from, and those above them as far as they are to be looked at. All below what is named here may be read, although only the directory itself is looked at.
    #[serde(default = "directories")]
    directories: Vec<Readable>,
}

/// What can be judged by itself.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
enum Part {
    Ssh,
    Accounts,
    Homes,
    Sudo,
    Directories,
}

fn parts() -> Vec<Part> {
    vec![Part::Ssh, Part::Accounts, Part::Homes, Part::Sudo, Part::Directories]
}

fn ssh() -> Readable {
    "/etc/ssh".into()
}

fn passwd() -> Readable {
    "/etc/passwd".into()
}

fn shadow() -> Readable {
    "/etc/shadow".into()
}

fn sudoers() -> Vec<Readable> {
    vec!["/etc/sudoers".into(), "/etc/sudoers.d".into()]
}

fn shared() -> Vec<String> {
    [
        "admin",
        "administrator",
        "centos",
        "debian",
        "demo",
        "ec2-user",
        "fedora",
        "guest",
        "opc",
        "pi",
        "shared",
        "student",
        "temp",
        "test",
        "tester",
        "training",
        "ubuntu",
        "user",
        "vagrant",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn homes() -> Vec<Readable> {
    vec!["${HOME}".into()]
}

fn directories() -> Vec<Readable> {
    vec![".".into()]
}

impl Check for Access {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.parts.is_empty() {
            return Err(Stop::not_applicable("no part is asked for (parts = [])"));
        }
        let mut said = Vec::new();
        let has = |part| self.parts.contains(&part);
        if has(Part::Ssh) {
            said.push(self.sshd(report));
        }
        if has(Part::Accounts) {
            said.push(accounts::judge(report, &self.passwd, &self.shared));
            said.push(accounts::judge_shadow(report, &self.shadow, self.privileged));
        }
        if has(Part::Sudo) {
            said.push(sudo::judge(report, &self.sudoers, self.privileged));
        }
        if has(Part::Homes) {
            for home in &self.homes {
                modes::home(report, home);
            }
            said.push(counted(self.homes.len() as u64, "home"));
        }
        if has(Part::Directories) {
            for directory in &self.directories {
                modes::directory(report, directory);
            }
            said.push(counted(self.directories.len() as u64, "directory"));
        }
        report.summary(said.join(", "));
        Ok(())
    }
}

impl Access {
    fn sshd(&self, report: &mut Report) -> String {
        let directory = self.ssh.trim_end_matches('/');
        let file = format!("{directory}/sshd_config");
        match files::stat(&file, true) {
            Ok(stat) => modes::system_file(report, &file, &stat, 0o022),
            Err(Error::NotFound(_)) => {
                report.fact("ssh daemon", "none").bound("any");
                return "no SSH daemon".to_owned();
            }
            Err(error) => {
                report.unknown(format!("cannot look at {file}: {error}")).at(file);
                return "SSH daemon not told".to_owned();
            }
        }
        report.fact("ssh daemon", file.clone()).bound("any");
        modes::host_keys(report, directory);
        match sshd::Settings::read(&file, directory) {
            Ok(settings) => {
                settings.judge(report);
                "SSH daemon".to_owned()
            }
            Err(error) => {
                report
                    .unknown(format!("the settings of the SSH daemon cannot be read: {}", error.why))
                    .at(error.file)
                    .hint("run gonogo as a user who may read it, or leave `ssh` out of 'parts'");
                "SSH daemon not told".to_owned()
            }
        }
    }
}
