mod chat;
mod coco;
mod pairs;
mod power;
mod table;
mod yolo;

use gonogo_sdk::{Check, Dataset, JsonSchema, Readable, Report, Severity, Stop};
use serde::Deserialize;

use self::{chat::Chat, coco::Coco, yolo::Yolo};
use crate::frame::Frame;

/// Labels and annotations are in the label set, complete, and not in conflict on equal inputs
///
/// **Tables** (`data` with `label`): every row has a label, and one of `classes`, where these are declared; no label is spelled in two ways; no two rows are equal in their features and differ in their label. Keys
/// (`ids`, and columns called `id`, `index` or the like) are no features. The order of keys and dates must not predict the label, and no single feature may predict it nearly alone (`power-maximum`): both are learnt on half of the rows and
/// tried on the rest, as the share of the errors of always guessing the commonest label that goes away; both are warnings. A label that is a quantity has neither set nor conflicts.
///
/// **Chats** (`data` with a column `messages` or `conversations`, or the one that `chat` names): each is a list of turns with a role among `roles`; a system turn comes first or not at all, then user and assistant take turns, and
/// the assistant has the last word; a tool answers an assistant that called it; no turn is empty. Columns `prompt`, `instruction`, `input` with `completion`, `output`, `response`, `chosen`, `rejected` are filled, and the chosen answer is not the rejected one.
///
/// **Boxes**: `coco` names COCO's annotation files, `yolo` directories of YOLO's text files. Every annotation has a category that is declared and an image that is there, and lies within it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(crate = "gonogo_sdk::schemars")]
pub struct Labels {
    /// The table.
    data: Option<Dataset>,
    /// The column of the label.
    label: Option<String>,
    /// The labels that there may be; of YOLO the names of the classes in their order.
    #[serde(default)]
    classes: Vec<String>,
    /// Columns of row numbers and keys: they are no features.
    #[serde(default)]
    ids: Vec<String>,
    /// Columns that are not looked at.
    #[serde(default)]
    exclude: Vec<String>,
    /// Most rows without a label, as a share of all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    missing_maximum: f64,
    /// Most rows in conflict, as a share of all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    conflicts_maximum: f64,
    /// How much of the label a single feature may predict.
    #[serde(default = "power_maximum")]
    #[schemars(range(min = 0.0, max = 1.0))]
    power_maximum: f64,
    /// The column of chats.
    chat: Option<String>,
    /// The roles that a turn may have.
    #[serde(default = "roles")]
    roles: Vec<String>,
    /// COCO's annotation files.
    #[serde(default)]
    coco: Vec<Coco>,
    /// YOLO's annotations.
    #[serde(default)]
    yolo: Vec<Yolo>,
}

fn power_maximum() -> f64 {
    0.8
}

fn roles() -> Vec<String> {
    ["system", "developer", "user", "assistant", "tool"].map(str::to_owned).to_vec()
}

impl Check for Labels {
    const TIMEOUT: Option<f64> = Some(600.0);

    fn run(&self, report: &mut Report) -> Result<(), Stop> {
        if self.data.is_none() && self.coco.is_empty() && self.yolo.is_empty() {
            return Err(Stop::unknown(
                "no labels are named: declare data = \"train.csv\" and label = \"…\", or coco = [{ annotations = \"…\" }], or yolo = [{ labels = \"…\" }]",
            ));
        }
        let mut said = Vec::new();
        if let Some(data) = &self.data {
            let frame = Frame::need(data)?;
            let mut known = false;
            if let Some(label) = &self.label {
                known = true;
                said.push(self.table(&frame, label, report)?);
            }
            if let Some(chat) = Chat::find(self, &frame, report) {
                known = true;
                said.push(chat.judge(report)?);
            }
            if let Some(summary) = pairs::judge(&frame, report)? {
                known = true;
                said.push(summary);
            }
            if !known && report.worst().is_none() {
                return Err(Stop::unknown(format!(
                    "which column of {data} has the labels is not declared: write label = \"…\"; {}",
                    frame.lacks("label")
                )));
            }
        }
        for coco in &self.coco {
            said.push(coco.judge(report)?);
        }
        for yolo in &self.yolo {
            said.push(yolo.judge(&self.classes, report)?);
        }
        said.retain(|text| !text.is_empty());
        let bad = match report.worst() {
            None | Some(Severity::Note) => "",
            _ => "not all is well: ",
        };
        report.summary(format!("{bad}{}", said.join("; ")));
        Ok(())
    }
}

/// A directory's name and the files below it with their sizes; nothing where none is declared.
type Images = Option<(String, std::collections::BTreeMap<String, u64>)>;

/// The images that annotations are about.
fn images(below: Option<&Readable>) -> Result<Images, Stop> {
    let Some(below) = below else { return Ok(None) };
    let there = crate::missing::there(below)
        .map_err(|error| Stop::unknown(format!("cannot walk {below}: {error}")))?;
    Ok(Some((below.to_string(), there)))
}
