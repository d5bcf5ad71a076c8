//! Prompts and answers in columns of their own: instruction tuning, and preferences.

use gonogo_sdk::{
    Error, Report,
    dataset::{Type, quoted},
};

use crate::{
    frame::Frame,
    words::{self, Example, class, of},
};

/// Columns of what is asked, and of what is answered, as the usual formats call them.
const ASKED: [&str; 4] = ["prompt", "instruction", "question", "query"];
const ANSWERED: [&str; 7] = ["completion", "output", "response", "answer", "chosen", "rejected", "target"];

/// Judges them, where there are both. What to say of them.
pub fn judge(frame: &Frame, report: &mut Report) -> Result<Option<String>, Error> {
    let of_texts = |names: &[&str]| {
        let found = frame
            .columns
            .iter()
            .filter(|column| column.kind == Type::Text && names.contains(&column.name.as_str()));
        found.map(|column| column.name.clone()).collect::<Vec<_>>()
    };
    let (asked, answered) = (of_texts(&ASKED), of_texts(&ANSWERED));
    // A preference may have its question in both answers.
    let both = answered.iter().any(|name| name == "chosen") && answered.iter().any(|name| name == "rejected");
    if answered.is_empty() || asked.is_empty() && !both {
        return Ok(None);
    }
    let mut rules = asked.iter().chain(&answered).map(|name| {
        let column = quoted(name);
        (
            format!("empty texts in {name}"),
            format!("({column} IS NULL OR btrim({column}) = '')"),
            format!("column {} is empty on", class(name)),
        )
    });
    let mut rules = rules.by_ref().collect::<Vec<_>>();
    if both {
        rules.push((
            "chosen answers that are the rejected ones".to_owned(),
            "\"chosen\" = \"rejected\"".to_owned(),
            "the chosen answer is the rejected one on".to_owned(),
        ));
    }
    let counted = rules
        .iter()
        .enumerate()
        .map(|(at, (_, condition, _))| format!("count(*) FILTER (WHERE {condition}) AS a{at}"));
    let sql = format!("SELECT count(*) AS total, {} FROM data", counted.collect::<Vec<_>>().join(", "));
    let answer = frame.ask(&sql)?;
    let total: u64 = answer.need(0, "total")?;
    for (at, (fact, condition, what)) in rules.iter().enumerate() {
        let found: u64 = answer.need(0, &format!("a{at}"))?;
        report.fact(fact, found).unit("1").bound("= 0");
        if found > 0 {
            let examples = Example::rows(frame, condition, None)?;
            let message = format!("{what} {}{}", of(found, total, "rows"), words::rows(&examples));
            words::locate(report.no_go(message), &examples).hint("mend these rows, or take them out");
        }
    }
    Ok(Some(format!("{total} pairs of {} and {}", asked.join(", "), answered.join(", "))))
}
