//! ONNX: where its external data lies, and operators of other domains.

use std::collections::BTreeSet;

use gonogo_sdk::{Error, Severity};

use super::{
    super::{
        finding::Advice,
        scan::Scan,
        source::{Source, Window},
    },
    protobuf::{self, Field},
};

/// How deep graphs nest in operators.
const DEPTH: u8 = 32;

/// The messages that are walked, by the fields in them.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Function,
    Training,
}

impl Message {
    /// The message in a field of this one.
    fn inner(self, field: u64) -> Option<Self> {
        Some(match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6 | 11) | (Self::Training, 1 | 2) => Self::Graph,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5 | 10) | (Self::Sparse, 1 | 2) => Self::Tensor,
            (Self::Graph, 15) | (Self::Attribute, 22 | 23) => Self::Sparse,
            (Self::Node, 5) => Self::Attribute,
            _ => return None,
        })
    }
}

/// What the walk met.
#[derive(Default)]
struct Met {
    /// Of external data, those outside of the model's folder.
    locations: BTreeSet<String>,
    domains: BTreeSet<String>,
    graphs: bool,
    broken: Option<u64>,
}

/// Whether these are the first bytes of a model: its version, then one of the fields that writers put next.
pub fn starts(head: &[u8]) -> bool {
    matches!(head, [0x08, 1..=20, 0x12 | 0x1a | 0x22 | 0x3a | 0x42, ..])
}

/// Walks a model; whether it was one.
pub fn look(scan: &mut Scan<'_>, source: &dyn Source, path: &str, named: bool) -> Result<bool, Error> {
    let size = source.size()?;
    let mut met = Met::default();
    message(&mut Window::new(source, 0), Message::Model, size, DEPTH, &mut met)?;
    if !named && (met.broken.is_some() || !met.graphs) {
        return Ok(false);
    }
    if let Some(at) = met.broken {
        let message = format!("is no ONNX model from byte {at} on: what is there was not looked at");
        scan.say(Severity::Unknown, path, message, Advice::Again);
    }
    for location in &met.locations {
        let message = format!("takes its external data from {location:?}, outside of its folder");
        scan.say(Severity::NoGo, path, message, Advice::External);
    }
    let known = |domain: &&String| {
        let known = [
            "ai.onnx",
            "com.microsoft",
            "pkg.onnxscript",
            "pkg.torch",
            "org.pytorch",
            "local_functions",
            "onnx_local",
        ];
        !known.iter().any(|known| domain.starts_with(known)) || domain.starts_with("ai.onnx.contrib")
    };
    let domains = met.domains.iter().filter(known).map(String::as_str).collect::<Vec<_>>();
    if !domains.is_empty() {
        let message = format!(
            "needs operators of other domains, which are libraries of their own: {}",
            domains.join(", ")
        );
        scan.say(Severity::Note, path, message, Advice::Look);
    }
    Ok(true)
}

/// Whether a path leads out of the folder of its model.
fn outside(location: &str) -> bool {
    location.starts_with(['/', '\\', '~'])
        || location.split(['/', '\\']).any(|part| part == "..")
        || location.chars().nth(1) == Some(':')
        || location.contains("://")
}

fn message(window: &mut Window<'_>, kind: Message, end: u64, depth: u8, met: &mut Met) -> Result<(), Error> {
    while let Some((number, field)) = protobuf::next(window, end)? {
        let Field::Bytes(to) = field else { continue };
        if let Some(inner) = kind.inner(number) {
            met.graphs |= matches!(inner, Message::Graph);
            if depth == 0 {
                met.broken.get_or_insert(window.offset());
            } else {
                message(window, inner, to, depth - 1, met)?;
            }
        } else {
            match (kind, number) {
                (Message::Tensor, 13) => external(window, to, met)?,
                (Message::Node, 7) if met.domains.len() < 100 => {
                    met.domains.insert(protobuf::text(window, to, 256)?);
                }
                _ => {}
            }
        }
        window.seek(to);
    }
    if window.offset() < end {
        met.broken.get_or_insert(window.offset());
    }
    Ok(())
}

/// A key and a value of where a tensor lies.
fn external(window: &mut Window<'_>, end: u64, met: &mut Met) -> Result<(), Error> {
    let (mut key, mut value) = (String::new(), String::new());
    while let Some((number, field)) = protobuf::next(window, end)? {
        let Field::Bytes(to) = field else { continue };
        let text = protobuf::text(window, to, 4_096)?;
        if number == 1 { key = text } else { value = text }
    }
    if key == "location" && outside(&value) && met.locations.len() < 1_000 {
        met.locations.insert(value);
    }
    Ok(())
}
