//! Accounts: /etc/passwd by its lines, /etc/shadow by what the host finds in it.

use std::collections::BTreeMap;

use gonogo_sdk::{
    Attributes, Error, Report, counted,
    files::{self, Matches, Pattern},
};

use super::modes;

/// Most accounts of one sort that a report names one by one.
const SHOWN: usize = 20;

/// Most accounts without a password, and most with an old hash, that the host gives out.
const MOST_ACCOUNTS: u32 = 1_000;

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
    match files::stat(file, true) {
        Ok(stat) => modes::system_file(report, file, &stat, 0o022),
        Err(error) => _ = report.unknown(format!("cannot look at {file}: {error}")).at(file),
    }
    let (accounts, odd) = parse(&text);
    let logging_in = accounts.iter().filter(|account| account.logs_in()).count();
    report.fact("accounts", accounts.len()).unit("1");
    report.fact("accounts with a login shell", logging_in).unit("1");
    if let Some(line) = odd.first() {
        let message = match odd.len() {
            1 => format!("line {line} is no account"),
            more => format!("{more} lines are no account, the first is line {line}"),
        };
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
    counted(accounts.len() as u64, "account")
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
    let search = files::search(file, "shadow").with("matches-maximum", MOST_ACCOUNTS);
    let (mut found, suppressed) = match search.start(&patterns).and_then(whole) {
        Ok(found) => found,
        Err(Error::Denied(why)) => return cannot(report, why),
        // This user may read it: that it was not read to its end is no matter of rights.
        Err(error) => {
            report.fact("passwords looked at", false);
            report.unknown(format!("the passwords cannot be looked at: {error}")).at(file);
            return "passwords not looked at".to_owned();
        }
    };
    report.fact("passwords looked at", true);
    // The worst first, so that they are among those that are named.
    found.sort_by_key(|found| (!found.is_empty, found.line));
    for found in found.iter().take(2 * SHOWN) {
        let (account, is_empty) = (&found.account, found.is_empty);
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
        finding.at_line(file, found.line).hint(hint);
    }
    let more = found.len().saturating_sub(2 * SHOWN) as u64 + suppressed;
    if more > 0 {
        report.warn(format!("{more} further accounts have no password, or an old hash of one")).at(file);
    }
    "their passwords".to_owned()
}

/// An account that the host found in /etc/shadow.
struct Weak {
    account: String,
    /// It has no password at all.
    is_empty: bool,
    line: u32,
}

/// All that a search found, and how many more there are, or why it did not see the whole file.
fn whole(mut matches: Matches) -> Result<(Vec<Weak>, u64), Error> {
    let weak = |found: Result<Attributes, Error>| {
        let found = found?;
        let groups: Vec<String> = found.need("groups")?;
        let account = groups.iter().find_map(|group| group.strip_prefix("account="));
        Ok(Weak {
            account: account.unwrap_or("an account").to_owned(),
            is_empty: found.need::<String>("pattern")? == "empty",
            line: found.need("line")?,
        })
    };
    let found = matches.by_ref().map(weak).collect::<Result<Vec<_>, Error>>()?;
    let totals = matches.totals()?;
    let count = |name: &str| Ok::<_, Error>(totals.get::<u64>(name)?.unwrap_or(0));
    if count("unreadable-count")? > 0 {
        let why = totals.get::<Vec<String>>("unreadable")?.unwrap_or_default();
        return Err(Error::Io(why.into_iter().next().unwrap_or_else(|| "it cannot be read".to_owned())));
    }
    for (name, why) in [
        ("skipped-large", "the file is larger than any such file is"),
        ("skipped-binary", "the file is no text: there is a NUL in it"),
    ] {
        if count(name)? > 0 {
            return Err(Error::Io(why.to_owned()));
        }
    }
    match count("files")? {
        0 => Err(Error::Io("the host searched no file".to_owned())),
        _ => Ok((found, count("suppressed")?)),
    }
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
