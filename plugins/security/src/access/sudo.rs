//! Who may become root without a password, by sudoers(5).

use gonogo_sdk::{
    Error, Readable, Report,
    files::{self, Kind},
};

/// Most files of a directory that are read.
const MOST_FILES: usize = 200;

/// Notes who may run anything without a password. What was judged, in words.
pub fn judge(report: &mut Report, places: &[Readable], privileged: bool) -> String {
    let mut read = 0_usize;
    let mut unread = Vec::new();
    for file in all(places, &mut unread) {
        match files::read_text(&file) {
            Ok(text) => {
                read += 1;
                for (line, who) in without_password(&text) {
                    let message = format!("{who} may run anything as root without a password");
                    report
                        .note(message)
                        .at_line(&*file, line)
                        .hint("sudo visudo: name the commands that are needed");
                }
            }
            Err(Error::NotFound(_)) => {}
            Err(error) => unread.push(error.to_string()),
        }
    }
    report.fact("sudoers files read", read).unit("1");
    report.fact("sudoers files not read", unread.len()).unit("1");
    if let (true, Some(why)) = (privileged, unread.first()) {
        report.unknown(format!("who may become root cannot be told: {why}")).hint("run gonogo as root");
    }
    match read {
        0 => "sudo not looked at".to_owned(),
        _ => "sudo".to_owned(),
    }
}

fn all(places: &[Readable], unread: &mut Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for place in places {
        match files::list(place) {
            // sudo passes over what editors and packages leave behind.
            Ok(names) => found.extend(
                names
                    .into_iter()
                    .filter(|(name, kind)| {
                        *kind != Kind::Directory && !name.ends_with('~') && !name.contains('.')
                    })
                    .take(MOST_FILES)
                    .map(|(name, _)| format!("{}/{name}", place.trim_end_matches('/'))),
            ),
            Err(Error::NotFound(_)) => {}
            Err(error) => match files::stat(place, true).and_then(|stat| stat.need::<String>("kind")) {
                Ok(kind) if kind != "directory" => found.push(place.0.clone()),
                _ => unread.push(error.to_string()),
            },
        }
    }
    found
}

/// Lines that let somebody run all commands without a password, and whom.
fn without_password(text: &str) -> Vec<(u32, String)> {
    let mut found = Vec::new();
    let mut joined = String::new();
    let mut first = 1;
    for (number, line) in (1_u32..).zip(text.lines()) {
        if joined.is_empty() {
            first = number;
        }
        if let Some(part) = line.strip_suffix('\\') {
            joined.push_str(part);
            continue;
        }
        joined.push_str(line);
        let whole = std::mem::take(&mut joined);
        // `#1000` is a user id, but at the start of a line it is so rare that comments win.
        let rule = whole.split('#').next().unwrap_or_default().trim();
        let Some((who, rest)) = rule.split_once(char::is_whitespace) else { continue };
        let Some((_, commands)) = rest.split_once("NOPASSWD:") else { continue };
        let may_all = commands
            .split(',')
            .any(|command| command.trim().rsplit(':').next().is_some_and(|it| it.trim() == "ALL"));
        if may_all && !who.starts_with("Defaults") && !who.ends_with("_Alias") {
            found.push((first, who.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_found() {
        let text = "Defaults env_reset\nroot ALL=(ALL:ALL) ALL\n%wheel ALL=(ALL) NOPASSWD: ALL\nci ALL = \\\n  NOPASSWD: /bin/ls, ALL\nops ALL=NOPASSWD: /bin/systemctl\n# x ALL=NOPASSWD: ALL\nub ALL=(ALL) NOPASSWD:ALL # all\nz ALL=NOPASSWD:SETENV: ALL\n";
        let found = without_password(text);
        let names = found.iter().map(|(line, who)| (*line, who.as_str())).collect::<Vec<_>>();
        assert_eq!(names, [(3, "%wheel"), (4, "ci"), (8, "ub"), (9, "z")]);
        assert!(without_password("\\\n\\\n").is_empty());
    }
}
