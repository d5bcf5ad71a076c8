//! Permission bits of system files, homes and training directories.

use gonogo_sdk::{
    Attributes, Error, Report,
    files::{self, Kind},
    system,
};

use crate::shell::word;

const STICKY: u32 = 0o1000;

/// A file of the system, of which nobody may have `forbidden` rights.
pub fn system_file(report: &mut Report, path: &str, stat: &Attributes, forbidden: u32) {
    let Some(mode) = mode(report, path, stat) else { return };
    let more = mode & forbidden;
    if more != 0 {
        let right = if more & 0o022 != 0 { "changed" } else { "read" };
        let message =
            format!("{path} can be {right} by others (mode {mode:04o}, {:04o} wanted)", mode & !forbidden);
        report.no_go(message).at(path).hint(format!("sudo chmod {:04o} {path}", mode & !forbidden));
    }
}

/// The daemon's own keys.
pub fn host_keys(report: &mut Report, directory: &str) {
    let names = match files::list(directory) {
        Ok(names) => names,
        Err(error) => {
            report.unknown(format!("the host keys in {directory} cannot be listed: {error}")).at(directory);
            return;
        }
    };
    for (name, _) in names.iter().filter(|(name, _)| name.starts_with("ssh_host_") && name.ends_with("_key"))
    {
        let path = format!("{directory}/{name}");
        match files::stat(&path, true) {
            // A group of the system may read it: Fedora does it so.
            Ok(stat) => system_file(report, &path, &stat, 0o037),
            Err(error) => _ = report.unknown(format!("cannot look at {path}: {error}")).at(path),
        }
    }
}

/// A home directory, and what SSH keeps in it.
pub fn home(report: &mut Report, home: &str) {
    let stat = match files::stat(home, true) {
        Ok(stat) => stat,
        Err(Error::NotFound(_)) => {
            report.note(format!("there is no home {home}")).at(home);
            return;
        }
        Err(error) => {
            report.unknown(format!("cannot look at {home}: {error}")).at(home);
            return;
        }
    };
    if let Some(mode) = mode(report, home, &stat) {
        report.fact(format!("mode of {home}"), format!("{mode:04o}")).bound("no more than 0755");
        let hint = format!("chmod go-w {}", word(home));
        if mode & 0o002 != 0 {
            report.no_go(format!("everybody may write to {home} (mode {mode:04o})")).at(home).hint(hint);
        } else if mode & 0o020 != 0 {
            let message =
                format!("the group may write to {home} (mode {mode:04o}): SSH then refuses its keys");
            report.warn(message).at(home).hint(hint);
        }
    }
    let directory = format!("{}/.ssh", home.trim_end_matches('/'));
    let names = match files::list(&directory) {
        Ok(names) => names,
        Err(Error::NotFound(_)) => {
            report.fact(format!("{directory} is there"), false);
            return;
        }
        Err(error) => {
            report.unknown(format!("cannot look into {directory}: {error}")).at(directory);
            return;
        }
    };
    ssh(report, &directory, 0o022, "0700");
    for (name, kind) in names {
        if kind == Kind::Directory {
            continue;
        }
        let path = format!("{directory}/{name}");
        if name == "authorized_keys" || name == "authorized_keys2" || name == "config" {
            ssh(report, &path, 0o022, "0600");
        } else if name.starts_with("id_") && name.strip_suffix(".pub").is_none() {
            ssh(report, &path, 0o077, "0600");
        }
    }
}

/// Something of SSH's, which nobody else may have `forbidden` rights to, and which its home's user owns.
fn ssh(report: &mut Report, path: &str, forbidden: u32, wanted: &str) {
    let stat = match files::stat(path, true) {
        Ok(stat) => stat,
        // A link that leads nowhere.
        Err(Error::NotFound(_)) => return,
        Err(error) => {
            report.unknown(format!("cannot look at {path}: {error}")).at(path);
            return;
        }
    };
    let Some(mode) = mode(report, path, &stat) else { return };
    if mode & forbidden != 0 {
        let right = if mode & 0o022 != 0 { "change" } else { "read" };
        let message = format!("others can {right} {path} (mode {mode:04o}, {wanted} wanted)");
        report.no_go(message).at(path).hint(format!("chmod {wanted} {}", word(path)));
    }
    owner(report, path, &stat, "who owns it can change what it says");
}

/// A directory that training runs from, or one above it.
pub fn directory(report: &mut Report, path: &str) {
    let stat = match files::stat(path, true) {
        Ok(stat) => stat,
        Err(Error::NotFound(_)) => {
            report
                .no_go(format!("there is no {path}"))
                .at(path)
                .hint("take it out of 'directories', or make it");
            return;
        }
        Err(error) => {
            report.unknown(format!("cannot look at {path}: {error}")).at(path);
            return;
        }
    };
    let Some(mode) = mode(report, path, &stat) else { return };
    report.fact(format!("mode of {path}"), format!("{mode:04o}")).bound("not writable by others");
    match (mode & 0o002 != 0, mode & STICKY != 0) {
        (true, false) => {
            let message = format!("everybody may replace what is in {path} (mode {mode:04o})");
            report.no_go(message).at(path).hint(format!("chmod o-w {}", word(path)));
        }
        (true, true) => {
            report.note(format!("everybody may put files into {path} (mode {mode:04o}, sticky)")).at(path);
        }
        (false, _) => {}
    }
    owner(report, path, &stat, "who owns it can replace what is in it");
}

/// Warns of an owner who is neither root nor the user who runs this.
fn owner(report: &mut Report, path: &str, stat: &Attributes, why: &str) {
    let owner = match stat.need::<i64>("owner") {
        Ok(0) => return,
        Ok(owner) => owner,
        Err(error) => {
            report.unknown(format!("cannot tell who owns {path}: {error}")).at(path);
            return;
        }
    };
    match system::os().and_then(|os| os.need::<i64>("user")) {
        Ok(user) if user == owner => {}
        Ok(user) => {
            let message = format!("{path} belongs to user {owner}, and gonogo runs as user {user}: {why}");
            report.warn(message).at(path).hint(format!("sudo chown {user} {}", word(path)));
        }
        Err(error) => {
            report.unknown(format!("cannot tell whether {path} belongs to this user: {error}")).at(path);
        }
    }
}

fn mode(report: &mut Report, path: &str, stat: &Attributes) -> Option<u32> {
    match stat.need("mode") {
        Ok(mode) => Some(mode),
        Err(error) => {
            report.unknown(format!("cannot tell the mode of {path}: {error}")).at(path);
            None
        }
    }
}
