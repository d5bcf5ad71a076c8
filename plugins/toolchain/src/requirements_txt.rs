//! pip's requirements files: lines with continuations, comments and options, and the files that they include.

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// A PEP 508 requirement.
    Requirement(String),
    /// A directory or file of the project, or a URL without a name, perhaps to be installed editable.
    Place(String),
    /// Another requirements file.
    Include(String),
    /// A file of constraints.
    Constraints(String),
    /// pip would refuse it.
    Unreadable(String),
}

/// A line with what it asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1; the first of those joined by `\`.
    pub number: u32,
    /// What it asks for.
    pub entry: Entry,
}

/// Options that say how to install, with whether a value follows.
const OPTIONS: &[(&str, bool)] = &[
    ("-i", true),
    ("--index-url", true),
    ("--pypi-url", true),
    ("--extra-index-url", true),
    ("--no-index", false),
    ("-f", true),
    ("--find-links", true),
    ("--no-binary", true),
    ("--only-binary", true),
    ("--prefer-binary", false),
    ("--require-hashes", false),
    ("--pre", false),
    ("--trusted-host", true),
    ("--use-feature", true),
];

/// Reads a requirements file.
pub fn parse(text: &str) -> Vec<Line> {
    joined(text)
        .into_iter()
        .filter_map(|(number, line)| Some(Line { number, entry: entry(&line)? }))
        .collect()
}

/// Lines without comments, those that end in `\` joined with the next.
fn joined(text: &str) -> Vec<(u32, String)> {
    let mut lines: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (number, line) in (1..).zip(text.lines()) {
        let is_comment = line.trim_start().starts_with('#');
        let (content, continues) = match line.strip_suffix('\\') {
            Some(content) if !is_comment => (content, true),
            _ => (line, false),
        };
        match lines.last_mut().filter(|_| open) {
            Some((_, before)) if !is_comment => before.push_str(content),
            Some(_) => {}
            None => lines.push((number, content.to_owned())),
        }
        open = continues;
    }
    for (_, line) in &mut lines {
        let comment = match line.starts_with('#') {
            true => Some(0),
            false => line.find(" #").or_else(|| line.find("\t#")),
        };
        line.truncate(comment.unwrap_or(line.len()));
    }
    lines
}

fn entry(line: &str) -> Option<Entry> {
    let line = line.trim();
    if line.is_empty() {
        return None;
    }
    if line.starts_with('-') {
        return option(line);
    }
    let text = without_options(line);
    Some(if is_place(text) { Entry::Place(text.to_owned()) } else { Entry::Requirement(text.to_owned()) })
}

fn option(line: &str) -> Option<Entry> {
    let (name, value) = line.split_once([' ', '=', '\t']).unwrap_or((line, ""));
    // `-rbase.txt` is `-r base.txt`.
    let (name, value) = match name.get(..2) {
        Some(short @ ("-r" | "-c" | "-e" | "-i" | "-f")) if name.len() > 2 => (short, &line[2..]),
        _ => (name, value),
    };
    let value = value.trim().trim_matches(['"', '\'']);
    let with = |make: fn(String) -> Entry| match value {
        "" => Entry::Unreadable(format!("{name} names nothing")),
        value => make(value.to_owned()),
    };
    match name {
        "-r" | "--requirement" => Some(with(Entry::Include)),
        "-c" | "--constraint" => Some(with(Entry::Constraints)),
        "-e" | "--editable" => Some(with(|value| Entry::Place(without_options(&value).to_owned()))),
        name => match OPTIONS.iter().find(|(known, _)| *known == name) {
            Some((_, takes)) if !takes || !value.is_empty() => None,
            Some(_) => Some(Entry::Unreadable(format!("{name} needs a value"))),
            None => Some(Entry::Unreadable(format!("requirements files know no option {name}"))),
        },
    }
}

/// A requirement without `--hash=…` and the like behind it.
fn without_options(line: &str) -> &str {
    let end = line
        .match_indices([' ', '\t'])
        .map(|(at, _)| at)
        .find(|at| line[at + 1..].trim_start().starts_with("--"));
    line[..end.unwrap_or(line.len())].trim_end()
}

/// Whether this is a path or a URL and not a requirement.
fn is_place(text: &str) -> bool {
    let head = text.split([';', '@', ' ']).next().unwrap_or(text);
    let archive = [".whl", ".tar.gz", ".zip"].iter().any(|end| head.ends_with(end));
    head.contains("://")
        || head.contains('/')
        || head.starts_with('.')
        || head.starts_with("file:")
        || archive
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: &str) -> Vec<(u32, Entry)> {
        parse(text).into_iter().map(|line| (line.number, line.entry)).collect()
    }

    fn requirement(text: &str) -> Entry {
        Entry::Requirement(text.to_owned())
    }

    #[test]
    fn comments_continuations_and_hashes() {
        let text = "# base\nnumpy==1.26.4 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n\nrich>=13 # pretty\nhttpx ; python_version > '3.8' --hash=sha256:cc\n";
        assert_eq!(
            entries(text),
            [
                (2, requirement("numpy==1.26.4")),
                (6, requirement("rich>=13")),
                (7, requirement("httpx ; python_version > '3.8'"))
            ]
        );
    }

    #[test]
    fn includes_places_and_options() {
        let text = "-r base.txt\n--requirement=more.txt\n-c constraints.txt\n-rclose.txt\n--index-url https://example.org/simple\n--pre\n-e .\n-e ./lib[extra]\nhttps://example.org/a-1.0-py3-none-any.whl\npkg @ https://example.org/pkg.zip\n--no-such-thing\n-r\n";
        let entries = parse(text).into_iter().map(|line| line.entry).collect::<Vec<_>>();
        assert_eq!(
            entries,
            [
                Entry::Include("base.txt".into()),
                Entry::Include("more.txt".into()),
                Entry::Constraints("constraints.txt".into()),
                Entry::Include("close.txt".into()),
                Entry::Place(".".into()),
                Entry::Place("./lib[extra]".into()),
                Entry::Place("https://example.org/a-1.0-py3-none-any.whl".into()),
                requirement("pkg @ https://example.org/pkg.zip"),
                Entry::Unreadable("requirements files know no option --no-such-thing".into()),
                Entry::Unreadable("-r names nothing".into()),
            ]
        );
    }

    #[test]
    fn a_comment_ends_a_continuation() {
        assert_eq!(entries("a \\\n# no\nb\n"), [(1, requirement("a")), (3, requirement("b"))]);
    }
}
