use gonogo_sdk::{Check, Command, Error, JsonSchema, Report, Stop, process};
use serde::Deserialize;

/// The declared smoke command succeeds in its time
///
/// Name the shortest command that would fail if the stack were broken: an import, a look for CUDA, one tensor operation. It runs word for word,
/// without a shell, in the project directory. Its time is the item's `timeout`.
///
/// ```toml
/// [items."system.development.smoke"]
/// timeout = "60 s"
/// with = { command = [".venv/bin/python", "-c", "import torch; print(torch.ones(1).cuda())"], expect = "cuda" }
/// ```
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Smoke {
    /// The command, word for word.
    #[serde(default)]
    command: Option<Command>,
    /// Text that it must print.
    #[serde(default)]
    expect: Option<String>,
}

/// Lines of standard error that a message quotes.
const QUOTED: usize = 5;

impl Check for Smoke {
    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        let Some(Command(command)) = &self.command else {
            return Err(Stop::not_applicable("no smoke command is declared"));
        };
        let words = command.iter().map(String::as_str).collect::<Vec<_>>();
        let shown = typed(&words);
        let output = match process::run(&words) {
            Ok(output) => output,
            Err(Error::NotFound(why)) => {
                report.summary("the smoke command cannot start");
                report.no_go(format!("{shown} cannot start: {why}"));
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        report.fact("ending", output.ending()).bound("code 0");
        // The command comes last: it may be long, and the summary is cut at its end.
        report.summary(format!("{} from {shown}", output.ending()));
        if !output.succeeded() {
            let said = if output.stderr.trim().is_empty() { &output.stdout } else { &output.stderr };
            let lines = said.trim_end().lines().collect::<Vec<_>>();
            let last = lines[lines.len().saturating_sub(QUOTED)..]
                .iter()
                .map(|line| line.trim())
                .collect::<Vec<_>>()
                .join(" / ");
            let said = if last.is_empty() { last } else { format!(": {last}") };
            report.no_go(format!("{shown} ended with {}{said}", output.ending()));
        } else if let Some(text) = self.expect.as_ref().filter(|text| !output.stdout.contains(text.as_str()))
        {
            let first = output.stdout.lines().next().unwrap_or("nothing");
            match output.truncated {
                true => report.unknown(format!("'{text}' is not in the first MiB that {shown} printed")),
                false => report.no_go(format!("{shown} printed '{first}', and nowhere '{text}'")),
            };
        }
        Ok(())
    }
}

/// A command as one would type it.
fn typed(words: &[&str]) -> String {
    let plain =
        |word: &str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./=:,+@%".contains(&byte));
    let quoted = |word: &&str| match plain(word) && !word.is_empty() {
        true => (*word).to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}
