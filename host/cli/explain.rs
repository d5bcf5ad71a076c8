//! `gonogo explain`: all there is to say of one item or one check, from the plan and from what the plugin says of itself.

use super::{failure::Failure, list::check_of, parameters};
use crate::{
    catalog::{Catalog, Check, Plugin},
    domain::{CheckId, grant::shell_words, text},
    plan::{Item, Plan, Task},
    report::{
        Style,
        layout::{ACTION, FAINT, STRONG, table, wrap},
        units,
    },
};

/// Most bytes of a text of one line.
const LINE: usize = 600;

/// Most bytes of a check's documentation.
const DOCUMENTATION: usize = 40_000;

/// How alike a name must be to be suggested, between 0 and 1.
const ALIKE: f64 = 0.75;

/// How many names are suggested.
const SUGGESTED: usize = 3;

/// What there is to say of the item or check of that name.
///
/// # Errors
/// Where there is neither, with the names that come near.
pub fn explain(name: &str, plan: &Plan, catalog: &Catalog, style: &Style) -> Result<String, Failure> {
    let mut page = Page { out: String::new(), style };
    if let Some(item) = plan.items.iter().find(|item| item.id.as_str() == name) {
        page.item(item);
        match check_of(item) {
            Some(id) => page.check(id, catalog, item.id.as_str())?,
            None => page.task(item),
        }
        return Ok(page.out);
    }
    let id = CheckId::try_from(name.to_owned()).ok().filter(|id| catalog.check(id).is_some());
    let Some(id) = id else { return Err(unknown(name, plan, catalog)) };
    let used = plan.items.iter().filter(|item| check_of(item) == Some(&id)).collect::<Vec<_>>();
    let item = used.first().map_or("site.example", |item| item.id.as_str());
    page.title(&id.to_string(), "");
    page.check(&id, catalog, item)?;
    if !used.is_empty() {
        let names = used.iter().map(|item| item.id.as_str()).collect::<Vec<_>>();
        page.section("Items", &names.join("\n"));
    }
    Ok(page.out)
}

fn unknown(name: &str, plan: &Plan, catalog: &Catalog) -> Failure {
    let known = plan.items.iter().map(|item| item.id.to_string());
    let known = known.chain(catalog.checks().map(|(id, ..)| id.to_string())).collect::<Vec<_>>();
    let near = near(name, &known);
    let failure = Failure::usage(format!("there is no item and no check '{}'", text::line(name, LINE)));
    match near.is_empty() {
        true => failure.hint("'gonogo list' names the items, 'gonogo list --checks' the checks"),
        false => failure.hint(format!("did you mean {}?", near.join(" or "))),
    }
}

/// The known names that come near, the nearest first: misspelt ones, and those that end in the name.
fn near<'a>(name: &str, known: &'a [String]) -> Vec<&'a str> {
    let score = |known: &str| {
        let last = known.rsplit(['.', '/']).next().unwrap_or(known);
        // The last part alone is how many people remember an id.
        strsim::jaro_winkler(name, known).max(strsim::jaro_winkler(name, last))
    };
    let mut near = known.iter().map(|known| (score(known), known.as_str())).collect::<Vec<_>>();
    near.retain(|(score, _)| *score >= ALIKE);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    // Of names that only begin alike, the best are enough.
    let best = near.first().map_or(0.0, |(score, _)| *score);
    near.into_iter()
        .take_while(|(score, _)| *score > best - 0.05)
        .take(SUGGESTED)
        .map(|(_, name)| name)
        .collect()
}

struct Page<'a> {
    out: String,
    style: &'a Style,
}

impl Page<'_> {
    fn title(&mut self, name: &str, title: &str) {
        let name = self.style.paint(STRONG, name);
        self.out += format!("{name}  {}", text::line(title, LINE)).trim_end();
        self.out.push('\n');
    }

    fn section(&mut self, heading: &str, text: &str) {
        self.out += &format!("\n{}\n", self.style.paint(STRONG, heading));
        for line in wrap(text, self.style.width.saturating_sub(2)) {
            self.out += format!("  {line}").trim_end();
            self.out.push('\n');
        }
    }

    fn code(&mut self, heading: &str, code: &str) {
        self.out += &format!("\n{}\n", self.style.paint(STRONG, heading));
        for line in code.lines() {
            self.out += &format!("  {}\n", self.style.paint(ACTION, line));
        }
    }

    fn item(&mut self, item: &Item) {
        self.title(item.id.as_str(), &item.title);
        let mut parts = vec![if item.required { "required" } else { "not required" }.to_owned()];
        parts.extend(check_of(item).map(|check| format!("decided by {check}")));
        parts.extend(item.owner.iter().map(|owner| format!("owner: {}", text::line(owner, LINE))));
        if !item.needs.is_empty() {
            let needs = item.needs.iter().map(ToString::to_string).collect::<Vec<_>>();
            parts.push(format!("asked once {} holds", needs.join(", ")));
        }
        for line in wrap(&parts.join(" · "), self.style.width) {
            self.out += &format!("{}\n", self.style.paint(FAINT, &line));
        }
    }

    fn task(&mut self, item: &Item) {
        match &item.task {
            Task::NotApplicable { reason } => self.section("Not applicable", &text::lines(reason, LINE)),
            Task::Rollup { of } => {
                let names = of.iter().map(ToString::to_string).collect::<Vec<_>>();
                self.section("Merges", &names.join("\n"));
            }
            Task::Open { reason, lines, .. } => {
                self.section("Open", &text::lines(reason, LINE));
                self.code("To decide it, in gonogo.toml", &text::lines(lines, DOCUMENTATION));
            }
            Task::Job(_) => {}
        }
    }

    fn check(&mut self, id: &CheckId, catalog: &Catalog, item: &str) -> Result<(), Failure> {
        let Some((plugin, check)) = catalog.check(id) else {
            return Err(Failure::invalid(format!("no plugin offers the check {id}")));
        };
        self.documentation(check);
        self.parameters(check);
        self.limits(plugin, check);
        self.code("In gonogo.toml", &parameters::example(item, &check.parameters));
        Ok(())
    }

    /// Markdown, with its paragraphs wrapped anew; lists, tables and code stay as they are.
    fn documentation(&mut self, check: &Check) {
        self.section("What must hold", &text::line(&check.summary, LINE));
        let documentation = text::lines(&check.documentation, DOCUMENTATION);
        let paragraphs = documentation.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
        let paragraphs = paragraphs.map(|paragraph| {
            let kept = paragraph.lines().any(|line| {
                line.starts_with(['-', '*', '|', '#', '>', ' ', '`', '1']) || line.starts_with('\t')
            });
            if kept { paragraph.to_owned() } else { paragraph.lines().collect::<Vec<_>>().join(" ") }
        });
        let paragraphs = paragraphs.collect::<Vec<_>>();
        if !paragraphs.is_empty() {
            self.section("How it is judged", &paragraphs.join("\n\n"));
        }
    }

    fn parameters(&mut self, check: &Check) {
        let parameters = parameters::parameters(&check.parameters);
        if parameters.is_empty() {
            return self.section("Parameters", "none");
        }
        let rows = parameters.into_iter().map(|parameter| {
            let grant = parameter.grant.map(|grant| granted(&grant)).unwrap_or_default();
            let description = [parameter.description, grant].into_iter().filter(|text| !text.is_empty());
            let description = description.collect::<Vec<_>>().join(" ");
            [format!("  {}", parameter.name), parameter.kind, parameter.default, description]
        });
        let rows = rows.collect::<Vec<_>>();
        self.out += &format!("\n{}\n", self.style.paint(STRONG, "Parameters"));
        for line in table(&rows, [Some(ACTION), None, None, Some(FAINT)], self.style) {
            self.out += &format!("{line}\n");
        }
    }

    fn limits(&mut self, plugin: &Plugin, check: &Check) {
        if !check.commands.is_empty() {
            let commands = check.commands.iter().map(|command| shell_words(command)).collect::<Vec<_>>();
            // Braces are placeholders here, which nobody types.
            let commands = commands.join("\n").replace('\'', "");
            self.section("Commands it may run", &text::lines(&commands, DOCUMENTATION));
        }
        let mut limits = Vec::new();
        limits.extend(check.timeout.map(|timeout| format!("at most {}", units::duration(timeout))));
        limits.extend(check.exclusive.then(|| "runs alone, as it measures speed".to_owned()));
        let version = text::line(&plugin.description.version, LINE);
        limits.push(format!("plugin {} {version}", text::line(&plugin.name, LINE)));
        self.section("Limits", &limits.join("\n"));
    }
}

/// What a kind of grant lets the check do.
fn granted(kind: &str) -> String {
    match kind {
        "read" => "(grants reading it)",
        "write" => "(grants a probe file in it)",
        "program" => "(grants looking it up)",
        "command" => "(grants running it)",
        "variable" => "(grants testing it)",
        "reveal" => "(grants seeing its value)",
        other => return format!("(grants {other})"),
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use super::*;
    use crate::{
        catalog::{Description, Source, Trust},
        plan::{How, Job},
    };

    fn catalog() -> Catalog {
        let check = Check {
            name: "memory".to_owned(),
            summary: "Enough memory is usable".to_owned(),
            documentation: "Usable is the least of what is there, what the cgroup\nallows and what is free now.\n\n- swap does not count\n- nor do huge pages".to_owned(),
            parameters: serde_json::json!({
                "type": "object",
                "properties": {
                    "minimum": {
                        "type": "string",
                        "default": "16 GiB",
                        "x-gonogo-expected": "a size: write a number and a unit",
                        "description": "Least memory."
                    },
                    "below": {
                        "type": ["string", "null"],
                        "x-gonogo-grant": "read",
                        "description": "A directory of the cgroup tree."
                    },
                },
            })
            .into(),
            commands: vec![vec!["free".to_owned(), "--bytes".to_owned(), "{below}".to_owned()]],
            timeout: Some(Duration::from_secs(5)),
            exclusive: false,
        };
        let description = Description {
            version: "0.1.0".to_owned(),
            summary: "The machine".to_owned(),
            imports: Vec::new(),
            checks: vec![check],
        };
        let plugin = Plugin {
            name: "system".to_owned(),
            source: Source::BuiltIn,
            bytes: Vec::new().into(),
            sha256: String::new(),
            description,
            trust: Trust::BuiltIn,
        };
        Catalog { plugins: BTreeMap::from([("system".to_owned(), plugin)]) }
    }

    fn plan() -> Plan {
        let job = Job {
            check: "system/memory".to_owned().try_into().unwrap(),
            parameters: serde_json::json!({}),
            authorities: Vec::new(),
            timeout: Duration::from_secs(5),
            exclusive: false,
        };
        let item = Item {
            id: "system.hardware.memory".to_owned().try_into().unwrap(),
            title: "Enough memory\u{1b}[2J is usable".to_owned(),
            how: How::Auto,
            required: true,
            needs: Vec::new(),
            owner: Some("platform".to_owned()),
            overridden: Vec::new(),
            task: Task::Job(job),
        };
        Plan { project: "/work".into(), profile: "training".to_owned(), items: vec![item] }
    }

    #[test]
    fn an_item_is_explained_with_all_that_its_check_says() {
        let text = explain("system.hardware.memory", &plan(), &catalog(), &Style::PLAIN).unwrap();
        for part in [
            "required · decided by system/memory · owner: platform",
            "cgroup allows and what is free now.",
            "  - swap does not count\n  - nor do huge pages",
            "minimum  size  \"16 GiB\"  Least memory.",
            "(grants reading it)",
            "free --bytes {below}",
            "at most 5 s",
            "[items.\"system.hardware.memory\".with]\n  # minimum = \"16 GiB\"",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        assert!(!text.chars().any(|c| c != '\n' && text::acts(c)), "{text}");
    }

    #[test]
    fn a_check_is_explained_with_the_items_that_it_decides() {
        let text = explain("system/memory", &plan(), &catalog(), &Style::PLAIN).unwrap();
        assert!(text.starts_with("system/memory\n"), "{text}");
        assert!(text.ends_with("Items\n  system.hardware.memory\n"), "{text}");
    }

    #[test]
    fn an_unknown_name_is_wrong_usage_with_what_may_be_meant() {
        let failure = explain("system.hardware.memroy", &plan(), &catalog(), &Style::PLAIN).unwrap_err();
        assert_eq!(failure.exit.code(), 2);
        assert_eq!(failure.hint.as_deref(), Some("did you mean system.hardware.memory?"));
        assert!(
            explain("zzz", &plan(), &catalog(), &Style::PLAIN).unwrap_err().hint.unwrap().contains("list")
        );
    }

    #[test]
    fn near_names_are_found_by_spelling_and_by_their_last_part() {
        let known = ["system.hardware.memory", "system.hardware.cpu", "system/memory", "toolchain/venv"]
            .map(str::to_owned);
        assert_eq!(near("memory", &known), ["system.hardware.memory", "system/memory"]);
        assert_eq!(near("system.hardwar.memry", &known)[0], "system.hardware.memory");
        assert_eq!(near("toolchain/env", &known)[0], "toolchain/venv");
        assert!(near("zzz", &known).is_empty());
    }
}
