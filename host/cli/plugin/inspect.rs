//! `gonogo plugin inspect`: what a component is, before anybody trusts it.

use crate::{
    catalog::Plugin,
    cli::parameters,
    domain::{Value, grant::shell_words, text},
    report::{
        Style,
        layout::{ACTION, FAINT, STRONG, table},
        units,
    },
};

/// Most bytes of one cell.
const MOST: usize = 2_000;

/// What the component is. `contract` is the version of the contract that it needs.
pub fn inspect(plugin: &Plugin, contract: &str, style: &Style) -> String {
    let description = &plugin.description;
    let mut out = format!(
        "{}  {}\n",
        style.paint(STRONG, &clean(&format!("{} {}", plugin.name, description.version))),
        style.paint(FAINT, &clean(&description.summary)),
    );
    let mut rows = vec![
        ["  source".to_owned(), plugin.source.to_string()],
        ["  sha256".to_owned(), plugin.sha256.clone()],
        ["  size".to_owned(), units::value(&Value::from(plugin.bytes.len()), Some("B"))],
        ["  contract".to_owned(), contract.to_owned()],
    ];
    let (wasi, mut imports) =
        description.imports.iter().cloned().partition::<Vec<_>, _>(|import| import.starts_with("wasi:"));
    if imports.is_empty() {
        imports.push("nothing: it can reach nothing".to_owned());
    }
    // However many there are, they are one thing to know: the runtime of the language wants them, and they give nothing.
    imports.extend((!wasi.is_empty()).then(|| "wasi (inert)".to_owned()));
    for (at, import) in imports.into_iter().enumerate() {
        rows.push([if at == 0 { "  imports" } else { "" }.to_owned(), import]);
    }
    section(&rows, style, &mut out);
    for check in &description.checks {
        let name = format!("{}/{}", plugin.name, check.name);
        out += &format!(
            "\n{}  {}\n",
            style.paint(STRONG, &clean(&name)),
            style.paint(FAINT, &clean(&check.summary))
        );
        let mut rows = Vec::new();
        for parameter in parameters::parameters(&check.parameters) {
            let default = match parameter.default.as_str() {
                "" => String::new(),
                "required" => ", required".to_owned(),
                value => format!(" = {value}"),
            };
            let grant = parameter.grant.map(|grant| format!(", grants {grant}")).unwrap_or_default();
            rows.push([format!("  {}", parameter.name), format!("{}{default}{grant}", parameter.kind)]);
        }
        rows.extend(
            check
                .commands
                .iter()
                .map(|command| ["  runs".to_owned(), shell_words(command).replace('\'', "")]),
        );
        rows.extend(check.timeout.map(|timeout| ["  at most".to_owned(), units::duration(timeout)]));
        rows.extend(check.exclusive.then(|| ["  runs".to_owned(), "alone".to_owned()]));
        section(&rows, style, &mut out);
    }
    out
}

fn clean(text: &str) -> String {
    text::line(text, MOST)
}

fn section(rows: &[[String; 2]], style: &Style, out: &mut String) {
    let rows = rows.iter().map(|[name, value]| [clean(name), clean(value)]).collect::<Vec<_>>();
    for line in table(&rows, [Some(ACTION), None], style) {
        *out += &format!("{line}\n");
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::catalog::{Check, Description, Source, Trust};

    #[test]
    fn all_that_a_component_asks_for_is_shown_and_nothing_acts() {
        let check = Check {
            name: "scratch".to_owned(),
            summary: "Scratch\u{1b}[2J is fast".to_owned(),
            documentation: String::new(),
            parameters: serde_json::json!({
                "properties": { "mount": { "type": "string", "x-gonogo-grant": "write" } }, "required": ["mount"],
            })
            .into(),
            commands: vec![vec!["fio".to_owned(), "--name={name}".to_owned()]],
            timeout: Some(Duration::from_secs(90)),
            exclusive: true,
        };
        let plugin = Plugin {
            name: "acme".to_owned(),
            source: Source::File("checks/acme.wasm".into()),
            bytes: vec![0; 400 << 10].into(),
            sha256: "ab".repeat(32),
            description: Description {
                version: "1.2.0".to_owned(),
                summary: "Site checks\nGO".to_owned(),
                imports: ["gonogo:plugin/process", "wasi:cli/environment", "wasi:io/streams"]
                    .map(|name| format!("{name}@0.1.0"))
                    .to_vec(),
                checks: vec![check],
            },
            trust: Trust::NotAsked,
        };
        let text = inspect(&plugin, "gonogo:plugin@0.1.0", &Style::PLAIN);
        for part in [
            "400 KiB",
            "gonogo:plugin/process@0.1.0",
            "path, required, grants write",
            "fio --name={name}",
            "90 s",
            "alone",
            "checks/acme.wasm",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert_eq!(text.matches("wasi").count(), 1, "{text}");
        assert!(text.contains("  wasi (inert)\n"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && text::acts(c)) && !text.contains("\nGO"));
    }
}
