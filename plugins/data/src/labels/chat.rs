//! Chats: lists of turns, one to a row, as OpenAI's format (`messages` of `role` and `content`) and ShareGPT's (`conversations` of `from` and `value`) have them.

use std::borrow::Cow;

use gonogo_sdk::{
    Error, Report, Stop,
    dataset::{Column, Type, literal, quoted},
};
use serde::Deserialize;
use serde_json::Value as Json;

use super::Labels;
use crate::{
    frame::Frame,
    words::{self, Example, class, of},
};

/// Columns that hold chats, where none is named.
const COLUMNS: [&str; 4] = ["messages", "conversations", "conversation", "turns"];

/// Bytes of chats that one answer should have: a fourth of what it may.
const BATCH_BYTES: f64 = 4e6;

/// Fewest and most rows of one answer.
const BATCH: (u64, u64) = (1, 10_000);

/// A column of chats.
pub struct Chat<'c> {
    frame: &'c Frame,
    column: &'c Column,
    roles: &'c [String],
}

/// A turn in either format.
#[derive(Deserialize)]
struct Turn<'t> {
    #[serde(borrow, default)]
    role: Option<Cow<'t, str>>,
    #[serde(borrow, default)]
    from: Option<Cow<'t, str>>,
    #[serde(default)]
    content: Json,
    #[serde(default)]
    value: Json,
    #[serde(default)]
    tool_calls: Json,
    #[serde(default)]
    function_call: Json,
}

/// Rows that are wrong in one way.
#[derive(Default)]
struct Wrong {
    count: u64,
    first: Vec<Example>,
}

impl<'c> Chat<'c> {
    /// The column that is named, or is called as such columns are.
    pub fn find(labels: &'c Labels, frame: &'c Frame, report: &mut Report) -> Option<Self> {
        let column = match &labels.chat {
            Some(name) => {
                let column = frame.column(name);
                if column.is_none() {
                    report
                        .no_go(format!("{} has no column {}, which 'chat' names", frame.name, class(name)))
                        .hint(frame.lacks(name));
                }
                column?
            }
            None => frame
                .columns
                .iter()
                .find(|column| column.kind == Type::Json && COLUMNS.contains(&column.name.as_str()))?,
        };
        Some(Self { frame, column, roles: &labels.roles })
    }

    /// Reads all of them.
    pub fn judge(&self, report: &mut Report) -> Result<String, Stop> {
        let name = quoted(&self.column.name);
        let sql = format!(
            "SELECT __file AS file, count(*) AS n, max(__row) AS last, sum(CAST(octet_length(CAST({name} AS VARCHAR)) AS DOUBLE)) AS bytes FROM data GROUP BY 1 ORDER BY 1"
        );
        let files = self.frame.ask(&sql)?;
        let (mut chats, mut turns) = (0_u64, 0_u64);
        let mut wrong = FAULTS.map(|_| Wrong::default());
        for at in 0..files.rows() {
            let (file, rows, last): (String, u64, u64) =
                (files.need(at, "file")?, files.need(at, "n")?, files.need(at, "last")?);
            let bytes = files.get::<f64>(at, "bytes")?.unwrap_or_default();
            let mut size =
                ((BATCH_BYTES / (bytes / rows.max(1) as f64 + 50.0)) as u64).clamp(BATCH.0, BATCH.1);
            let mut done = 0;
            while done < last {
                let sql = format!(
                    "SELECT __row, __line, CAST({name} AS VARCHAR) AS chat FROM data WHERE __file = {} AND __row > {done} AND __row <= {} ORDER BY __row",
                    literal(&file),
                    done + size
                );
                let answer = match self.frame.ask(&sql) {
                    // Some chats are much longer than others.
                    Err(Error::Limit(_)) if size > 1 => {
                        size = (size / 4).max(1);
                        continue;
                    }
                    answer => answer?,
                };
                for row in 0..answer.rows() {
                    chats += 1;
                    let chat: Option<String> = answer.get(row, "chat")?;
                    let (length, faults) = faults(chat.as_deref(), self.roles);
                    turns += length;
                    for fault in faults {
                        let Some(at) = FAULTS.iter().position(|(known, _)| *known == fault) else { continue };
                        let wrong = &mut wrong[at];
                        wrong.count += 1;
                        if wrong.first.len() < words::EXAMPLES {
                            let line = answer
                                .column("__line")?
                                .value(row)
                                .map(|_| answer.need::<u32>(row, "__line"))
                                .transpose()?;
                            wrong.first.push(Example {
                                file: file.clone(),
                                row: answer.need(row, "__row")?,
                                line,
                                value: None,
                            });
                        }
                    }
                }
                done += size;
            }
        }
        report.fact("chats", chats).unit("1").bound(">= 1");
        report.fact("turns", turns).unit("1");
        for ((what, hint), Wrong { count, first }) in FAULTS.into_iter().zip(wrong) {
            report.fact(what, count).unit("1").bound("= 0");
            if count > 0 {
                let message = format!("{what}: {}{}", of(count, chats, "chats"), words::rows(&first));
                words::locate(report.no_go(message), &first).hint(hint);
            }
        }
        if chats == 0 {
            report.no_go(format!("{} has no chats", self.frame.name));
        }
        Ok(format!("{chats} chats of {turns} turns"))
    }
}

const NO_LIST: &str = "chats that are no list of turns";
const EMPTY_CHAT: &str = "chats without a turn";
const NO_ROLE: &str = "chats with a turn whose role is none of those declared";
const EMPTY: &str = "chats with an empty turn";
const SYSTEM: &str = "chats with a system turn that is not the first";
const ORDER: &str = "chats whose turns are out of order";
const LAST: &str = "chats in which the assistant has not the last word";

/// What can be wrong, and what to do about it.
const FAULTS: [(&str, &str); 7] = [
    (NO_LIST, "write each chat as a list of objects with 'role' and 'content'"),
    (EMPTY_CHAT, "take these rows out"),
    (NO_ROLE, "mend the roles, or declare them: roles = […]"),
    (EMPTY, "take these chats out, or see what cut them"),
    (SYSTEM, "put the system's turn first"),
    (ORDER, "let user and assistant take turns: join turns of one, or take the chat out"),
    (LAST, "cut what follows the assistant's last turn: there is nothing to learn from it"),
];

/// What a role is, whatever the format calls it.
fn meaning(role: &str) -> &str {
    match role {
        "human" => "user",
        "gpt" | "bot" | "model" | "chatgpt" => "assistant",
        "function" | "ipython" | "observation" => "tool",
        "developer" => "system",
        other => other,
    }
}

fn is_blank(content: &Json) -> bool {
    match content {
        Json::Null => true,
        Json::String(text) => text.trim().is_empty(),
        Json::Array(parts) => parts.is_empty(),
        _ => false,
    }
}

/// How many turns a chat has, and all that is wrong with it.
fn faults(chat: Option<&str>, roles: &[String]) -> (u64, Vec<&'static str>) {
    let Some(turns) = chat.and_then(|chat| serde_json::from_str::<Vec<Turn<'_>>>(chat).ok()) else {
        return (0, vec![NO_LIST]);
    };
    let mut faults = Vec::new();
    let mut add = |fault| {
        if !faults.contains(&fault) {
            faults.push(fault);
        }
    };
    if turns.is_empty() {
        add(EMPTY_CHAT);
    }
    let mut before = None;
    for (at, turn) in turns.iter().enumerate() {
        let role = turn.role.as_deref().or(turn.from.as_deref()).unwrap_or_default();
        let means = meaning(role);
        // Another format's word for a role that is declared is that role.
        if !roles.iter().any(|known| known == role || known == means) {
            add(NO_ROLE);
        }
        let calls = means == "assistant" && !(is_blank(&turn.tool_calls) && is_blank(&turn.function_call));
        if is_blank(&turn.content) && is_blank(&turn.value) && !calls {
            add(EMPTY);
        }
        match means {
            "system" if at > 0 => add(SYSTEM),
            "user" if !matches!(before, None | Some("system" | "assistant")) => add(ORDER),
            "assistant" if !matches!(before, Some("user" | "tool")) => add(ORDER),
            "tool" if !matches!(before, Some("assistant" | "tool")) => add(ORDER),
            _ => {}
        }
        before = Some(means);
    }
    if before.is_some_and(|last| last != "assistant") {
        add(LAST);
    }
    (turns.len() as u64, faults)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seen(chat: &str) -> Vec<&'static str> {
        faults(Some(chat), &super::super::roles()).1
    }

    #[test]
    fn chats_that_are_as_they_should_be() {
        for chat in [
            r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#,
            r#"[{"role": "system", "content": "s"}, {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#,
            r#"[{"from": "human", "value": "a"}, {"from": "gpt", "value": "b\u00e9"}]"#,
            r#"[{"role": "user", "content": [{"type": "text", "text": "a"}]}, {"role": "assistant", "content": null, "tool_calls": [{}]},
               {"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}, {"role": "assistant", "content": "b", "weight": 1}]"#,
        ] {
            assert!(seen(chat).is_empty(), "{chat}: {:?}", seen(chat));
        }
    }

    #[test]
    fn chats_that_are_not() {
        for (chat, fault) in [
            ("{}", NO_LIST),
            ("not json", NO_LIST),
            ("[]", EMPTY_CHAT),
            (r#"[{"role": "user", "content": "a"}, {"role": "robot", "content": "b"}]"#, NO_ROLE),
            (r#"[{"content": "a"}]"#, NO_ROLE),
            (r#"[{"role": "user", "content": " "}, {"role": "assistant", "content": "b"}]"#, EMPTY),
            (r#"[{"role": "user", "content": "a"}, {"role": "system", "content": "s"}]"#, SYSTEM),
            (
                r#"[{"role": "user", "content": "a"}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}]"#,
                ORDER,
            ),
            (r#"[{"role": "assistant", "content": "a"}]"#, ORDER),
            (r#"[{"role": "user", "content": "a"}]"#, LAST),
        ] {
            assert!(seen(chat).contains(&fault), "{chat}: {:?}", seen(chat));
        }
        assert_eq!(faults(None, &[]).1, [NO_LIST]);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"(\[|\]|\{|\}|,|"role": ?|"user"|"content": ?|""|null|[\PC]){0,30}"#) {
            seen(&text);
        }
    }
}
