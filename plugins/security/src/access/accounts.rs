//! Accounts: /etc/passwd by its lines, /etc/shadow by what the host finds in it.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Error, Report,
    files::{self, Pattern},
};

use super::modes;

/// Most accounts of one sort that a report names one by one.
const SHOWN: usize = 20;

/// Shells that let nobody in.
const NO_SHELLS: &[&str] = &["nologin", "false", "sync", "shutdown", "halt", "null", "true"];

/// One line of /etc/passwd.
#[derive(Debug, PartialEq, Eq)]
struct Account<'t> {
    name: &'t str,
    password: &'t str,
    user: u32,
    shell: &'t str,
    line: u32,
}

impl Account<'_> {
    /// An empty shell is /bin/sh.
    fn logs_in(&self) -> bool {
        !NO_SHELLS.contains(&self.shell.rsplit('/').next().unwrap_or_default())
    }
}

/// The accounts, and the lines that make no sense.
fn parse(text: &str) -> (Vec<Account<'_>>, Vec<u32>) {
    let mut accounts = Vec::new();
    let mut odd = Vec::new();
    for (line, entry) in (1_u32..).zip(text.lines()) {
        // What NIS adds is not in this file.
        if entry.trim().is_empty() || entry.starts_with(['#', '+', '-']) {
            continue;
        }
        let fields = entry.split(':').collect::<Vec<_>>();
        match fields[..] {
            [name, password, user, _, _, _, shell] if !name.is_empty() => match user.parse() {
                Ok(user) => accounts.push(Account { name, password, user, shell, line }),
                Err(_) => odd.push(line),
            },
            _ => odd.push(line),
        }
    }
    (accounts, odd)
}

/// Judges the accounts. What was judged, in words.
pub fn judge(report: &mut Report, file: &str, shared: &[String]) -> String {
    let text = match files::read_text(file) {
        Ok(text) => text,
        Err(error) => {
            report.unknown(format!("the accounts cannot be read: {error}")).at(file);
            return "accounts not told".to_owned();
        }
    };
    if let Ok(stat) = files::stat(file, true) {
        modes::system_file(report, file, &stat, 0o022);
    }
    let (accounts, odd) = parse(&text);
    let logging_in = accounts.iter().filter(|account| account.logs_in()).count();
    report.fact("accounts", accounts.len()).unit("1");
    report.fact("accounts with a login shell", logging_in).unit("1");
    if let Some(line) = odd.first() {
        let message = format!("{} lines are no account, the first is line {line}", odd.len());
        report.warn(message).at_line(file, *line).hint("sudo pwck");
    }
    let mut by_user = BTreeMap::<u32, Vec<&Account<'_>>>::new();
    for account in &accounts {
        by_user.entry(account.user).or_default().push(account);
        if account.password.is_empty() {
            let message = format!("account {} has no password", account.name);
            let finding = if account.logs_in() { report.no_go(message) } else { report.warn(message) };
            finding.at_line(file, account.line).hint(format!("sudo passwd --lock {}", account.name));
        } else if account.password.len() > 2 && !account.password.starts_with(['!', '*']) {
            let message = format!("the password hash of {} is where everybody can read it", account.name);
            report.no_go(message).at_line(file, account.line).hint("sudo pwconv");
        }
        if account.user == 0 && account.name != "root" {
            let message = format!("account {} has user id 0: it is another root", account.name);
            report.no_go(message).at_line(file, account.line).hint(format!("sudo userdel {}", account.name));
        }
        if account.logs_in() && shared.iter().any(|name| name == account.name) {
            let message = format!("{} is a shared or default account, and has a login shell", account.name);
            let hint = format!(
                "sudo usermod --shell /usr/sbin/nologin {}, or take it out of 'shared'",
                account.name
            );
            report.warn(message).at_line(file, account.line).hint(hint);
        }
    }
    let twice = by_user.iter().filter(|(user, accounts)| **user != 0 && accounts.len() > 1).take(SHOWN);
    for (user, accounts) in twice {
        let names = accounts.iter().take(SHOWN).map(|account| account.name).collect::<Vec<_>>().join(", ");
        let line = accounts.last().map_or(1, |account| account.line);
        let message = format!("user id {user} belongs to {} accounts: {names}", accounts.len());
        report.warn(message).at_line(file, line).hint("give each a user id of its own: sudo usermod --uid");
    }
    format!("{} accounts", accounts.len())
}

/// Has /etc/shadow searched. The hashes stay with the host.
pub fn judge_shadow(report: &mut Report, file: &str, privileged: bool) -> String {
    let cannot = |report: &mut Report, why: String| {
        report.fact("passwords looked at", false);
        if privileged {
            report
                .unknown(format!("the passwords cannot be looked at: {why}"))
                .at(file)
                .hint("run gonogo as root");
        }
        "passwords not looked at".to_owned()
    };
    match files::stat(file, true) {
        Ok(stat) => {
            modes::system_file(report, file, &stat, 0o027);
            if stat.get::<bool>("readable") == Ok(Some(false)) {
                return cannot(report, format!("{file} is not readable by this user"));
            }
        }
        Err(error) => return cannot(report, error.to_string()),
    }
    let patterns = [
        Pattern::new("empty", r"^(?P<account>[^:]+)::"),
        Pattern::new("weak", r"^(?P<account>[^:]+):(?P<hash>\$1\$[^:]*|[./0-9A-Za-z]{13}):").secret("hash"),
    ];
    let found = match files::search(file, "shadow").with("matches-maximum", 1_000_u32).start(&patterns) {
        Ok(matches) => matches.collect::<Result<Vec<_>, _>>(),
        Err(error) => Err(error),
    };
    let found = match found {
        Ok(found) => found,
        Err(Error::Unsupported(why) | Error::Io(why) | Error::Denied(why)) => return cannot(report, why),
        Err(error) => return cannot(report, error.to_string()),
    };
    report.fact("passwords looked at", true);
    for found in found.iter().take(2 * SHOWN) {
        let groups = found.get::<Vec<String>>("groups").ok().flatten().unwrap_or_default();
        let account = groups.iter().find_map(|group| group.strip_prefix("account=")).unwrap_or("an account");
        let is_empty = found.get::<String>("pattern") == Ok(Some("empty".to_owned()));
        let finding = match is_empty {
            true => report.no_go(format!("account {account} has no password")),
            false => report.warn(format!(
                "the password of {account} has an old hash (DES or MD5), which is soon guessed"
            )),
        };
        let hint = match is_empty {
            true => format!("sudo passwd --lock {account}"),
            false => format!("sudo passwd {account}"),
        };
        finding.at_line(file, found.get::<u32>("line").ok().flatten().unwrap_or(1)).hint(hint);
    }
    "their passwords".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_accounts() {
        let text = "root:x:0:0:root:/root:/bin/bash\n\n# c\n+::::::\nbad\nml::1000:1000::/srv/ml:\nx:x:many:0::/:/bin/sh\nd:*:1:1:d:/:/usr/sbin/nologin\n";
        let (accounts, odd) = parse(text);
        assert_eq!(
            accounts.iter().map(|it| (it.name, it.logs_in(), it.line)).collect::<Vec<_>>(),
            [("root", true, 1), ("ml", true, 6), ("d", false, 8)]
        );
        assert_eq!(odd, [5, 7]);
        assert_eq!(parse(""), (Vec::new(), Vec::new()));
    }
}
