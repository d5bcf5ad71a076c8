//! Turns `rules/*.toml` into the table that `src/secrets/rules.rs` includes, so that the component parses no TOML; packed, because it is a quarter
//! of the component else.
//!
//! `rules/README.md` says what a rule is made of. The examples go into a table of their own, which only the tests include.

use std::{env, error::Error, fmt::Write, fs, path::Path};

use toml::{Table, Value};

/// What may stand before the value of a `near` rule, after the words: the rest of a name, quotes, brackets, `=`, `:`, `=>`, `:=` or `,`.
const ASSIGNED: &str = r#"[0-9a-z_.\- ]{0,16}["'`\])]{0,3}[ \t]*(?:=>|:=|={1,2}|:|,)[ \t]*\\?["'`]{0,2}"#;

/// What must follow a token or value: a character that could not be one more of it.
const ENDED: &str = r"(?:[^0-9A-Za-z_\-]|$)";

/// ASCII's own separators, which no rule has a use for.
const BETWEEN_ELEMENTS: &str = "\u{1d}";
const END_OF_FIELD: char = '\u{1f}';
const END_OF_RULE: char = '\u{1e}';

const LISTS: [&str; 5] = ["keywords", "exclude-match", "stop-words", "exclude-paths", "paths"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=rules");
    println!("cargo::rerun-if-changed=build.rs");
    let mut files =
        fs::read_dir("rules")?.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|end| end == "toml"));
    files.sort();
    let (mut rules, mut examples) = (String::new(), String::from("&[\n"));
    for file in files {
        let wrong = |error: String| format!("{}: {error}", file.display());
        let file_of =
            fs::read_to_string(&file)?.parse::<Table>().map_err(|error| wrong(error.to_string()))?;
        for rule in
            file_of.get("rule").and_then(Value::as_array).ok_or_else(|| wrong("no [[rule]]".to_owned()))?
        {
            let rule = rule.as_table().ok_or_else(|| wrong("a rule is no table".to_owned()))?;
            rules += &written(&file_of, rule).map_err(wrong)?;
            writeln!(
                examples,
                "({:?}, &{:?}, &{:?}),",
                text(rule, "id").unwrap_or_default(),
                texts(rule, "examples"),
                texts(rule, "counter-examples")
            )?;
        }
    }
    let out = env::var("OUT_DIR")?;
    let packed = miniz_oxide::deflate::compress_to_vec(rules.as_bytes(), 10);
    fs::write(Path::new(&out).join("rules.deflate"), packed)?;
    fs::write(Path::new(&out).join("examples.rs"), examples + "]\n")?;
    Ok(())
}

/// One rule as the component reads it: each field with its end, then the end of the rule.
fn written(file: &Table, rule: &Table) -> Result<String, String> {
    let id = text(rule, "id").ok_or("a rule has no id")?;
    let known = [
        "id",
        "description",
        "category",
        "token",
        "near",
        "value",
        "regex",
        "entropy",
        "checksum",
        "exclude",
        "multi-line",
        "severity",
        "revoke",
    ];
    let examples = ["examples", "counter-examples"];
    if let Some(name) =
        rule.keys().find(|name| ![&known[..], &LISTS, &examples].concat().contains(&name.as_str()))
    {
        return Err(format!("{id}: a rule has no '{name}'"));
    }
    let inherited = |name| text(rule, name).or_else(|| text(file, name));
    let needed = |name| inherited(name).ok_or_else(|| format!("{id}: no {name}"));
    let category = needed("category")?;
    if !["provider", "private-key", "url-password", "generic"].contains(&category) {
        return Err(format!("{id}: no category '{category}'"));
    }
    let mut fields = vec![
        id.to_owned(),
        needed("description")?.to_owned(),
        category.to_owned(),
        pattern(file, rule).ok_or_else(|| format!("{id}: needs regex, token, or near with value"))?,
        needed("revoke")?.to_owned(),
        rule.get("entropy").and_then(Value::as_float).unwrap_or_default().to_string(),
        text(rule, "checksum").unwrap_or_default().to_owned(),
        if rule.get("multi-line").and_then(Value::as_bool) == Some(true) { "yes" } else { "" }.to_owned(),
        text(rule, "severity").unwrap_or_default().to_owned(),
    ];
    // The file's for all its rules apart, so that the host reads and compiles it once.
    let exclude = [file, rule].map(|of| any(&Both(texts(of, "exclude")).map(|part| parts(file, part))));
    fields.push(exclude.into_iter().filter(|one| !one.is_empty()).collect::<Vec<_>>().join(BETWEEN_ELEMENTS));
    fields.extend(
        LISTS.iter().map(|name| both(file, rule, name).map(|part| parts(file, part)).join(BETWEEN_ELEMENTS)),
    );
    if fields.iter().any(|field| field.contains([END_OF_FIELD, END_OF_RULE])) {
        return Err(format!("{id}: holds a control character"));
    }
    Ok(fields.iter().fold(String::new(), |line, field| line + field + &END_OF_FIELD.to_string())
        + &END_OF_RULE.to_string())
}

/// One expression instead of many: the host then tries each value once. Flags such as `(?i)` hold in their own part only.
fn any(expressions: &[String]) -> String {
    expressions.iter().map(|one| format!("(?:{one})")).collect::<Vec<_>>().join("|")
}

/// The expression of a rule: written out, or made from a token, or from words and the value assigned near them.
fn pattern(file: &Table, rule: &Table) -> Option<String> {
    if let Some(regex) = text(rule, "regex") {
        return Some(parts(file, regex));
    }
    if let Some(token) = text(rule, "token") {
        return Some(format!(r"\b(?<secret>{token}){ENDED}"));
    }
    let (near, value) = (text(rule, "near")?, text(rule, "value")?);
    Some(format!("(?i:{near}{ASSIGNED})(?<secret>{value}){ENDED}"))
}

/// Puts the file's `[parts]` in where an expression names them: `<<name>>`.
fn parts(file: &Table, expression: &str) -> String {
    let parts = file.get("parts").and_then(Value::as_table).into_iter().flatten();
    // Sorted by name, and each may name those before it: so from the last to the first.
    parts.rev().fold(expression.to_owned(), |expression, (name, part)| {
        expression.replace(&format!("<<{name}>>"), part.as_str().unwrap_or_default())
    })
}

fn text<'t>(table: &'t Table, name: &str) -> Option<&'t str> {
    table.get(name).and_then(Value::as_str)
}

fn texts<'t>(table: &'t Table, name: &str) -> Vec<&'t str> {
    table.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What the file says for all its rules, and the rule for itself.
fn both<'t>(file: &'t Table, rule: &'t Table, name: &str) -> Both<'t> {
    Both([texts(file, name), texts(rule, name)].concat())
}

struct Both<'t>(Vec<&'t str>);

impl Both<'_> {
    fn map(&self, change: impl Fn(&str) -> String) -> Vec<String> {
        self.0.iter().map(|part| change(part)).collect()
    }
}
