//! Which bytes are pickles, and what is said of them.

use gonogo_sdk::{Error, Severity};

use super::{
    finding::{Advice, Found},
    globals::Judgement,
    pickle::{self, Budget, Called, End, Event, Import, Walked},
    scan::Scan,
    source::Source,
};

/// Most pickles one after another in one file.
const PICKLES: usize = 100_000;

/// Bytes behind which, or before which, a pickle between other bytes is looked for.
const SEARCHED: u32 = 64 << 10;

/// Endings under which pickles are stored.
const ENDINGS: &[&str] = &[
    "pkl",
    "pickle",
    "p",
    "pk",
    "pt",
    "pt2",
    "pth",
    "bin",
    "ckpt",
    "joblib",
    "dat",
    "data",
    "model",
    "npy",
    "sav",
    "dill",
    "cloudpickle",
    "mdl",
    "pck",
    "pcl",
    "obj",
    "weights",
    "chkpt",
    "checkpoint",
    "tar",
    "dump",
    "cache",
];

/// Whether a path ends as pickles do.
pub fn is_named(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(_, end)| ENDINGS.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

/// Where the bytes come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A file or a member of an archive.
    File,
    /// A constant in a pickle.
    Constant,
    /// Behind the header of an array of objects: it must be a pickle.
    Array(u64),
}

/// Walks the pickles that bytes hold, if they are any.
pub fn look(
    scan: &mut Scan<'_>,
    source: &dyn Source,
    head: &[u8],
    path: &str,
    held: Held,
    depth: u8,
) -> Result<(), Error> {
    let start = if let Held::Array(start) = held { start } else { 0 };
    let magic = start > 0 || matches!(head, [0x80, 0..=5, ..]);
    let named = held == Held::File && is_named(path);
    let walked = walk(scan, source, start, !magic);
    let counts = match walked.end {
        End::Unreadable(_, error) => return Err(error),
        _ if magic => worth(&walked) || named || start > 0,
        End::Stop(_) => matters(&walked) || named && walked.opcodes > 2,
        // Nothing but a pickle is so many opcodes.
        End::Limit(..) => true,
        // Text that happens to begin like a pickle is none, unless it has already done something.
        End::Broken(..) => acts(&walked) || named && means_harm(&walked),
    };
    if counts {
        return follow(scan, source, walked, path, Whole { held, named, magic }, depth);
    }
    if named || held == Held::Constant {
        hidden(scan, source, 0, path, depth)?;
    }
    Ok(())
}

/// What is known of a stream from outside.
#[derive(Clone, Copy)]
struct Whole {
    held: Held,
    named: bool,
    magic: bool,
}

fn walk(scan: &Scan<'_>, source: &dyn Source, offset: u64, strict: bool) -> Walked {
    pickle::walk(source, offset, strict, Budget::default(), scan.allowed)
}

/// Says what one pickle does, then goes on to the next ones in the same bytes.
fn follow(
    scan: &mut Scan<'_>,
    source: &dyn Source,
    first: Walked,
    path: &str,
    whole: Whole,
    depth: u8,
) -> Result<(), Error> {
    let mut walked = first;
    for _ in 0..PICKLES {
        let end = walked.end.clone();
        say(scan, &walked, path);
        for (at, bytes) in std::mem::take(&mut walked.constants) {
            scan.constant(bytes, path, at, depth + 1);
        }
        match end {
            End::Stop(next) => {
                let head = source.read(next, 64)?;
                if head.is_empty() {
                    return Ok(());
                }
                let magic = matches!(head[..], [0x80, 0..=5, ..]);
                walked = walk(scan, source, next, !magic);
                let more = matches!(walked.end, End::Stop(_)) && walked.opcodes > 1
                    || acts(&walked)
                    || magic && worth(&walked);
                if !more {
                    return hidden(scan, source, next, path, depth);
                }
            }
            End::Broken(at, why) => {
                // What was done before the break was done. What comes after is never run, but it may be read by another way.
                if whole.held == Held::File && (whole.named || whole.magic)
                    || matches!(whole.held, Held::Array(_))
                {
                    let message = format!("is a pickle that breaks in byte {at}: {why}");
                    scan.say(Severity::Unknown, path, message, Advice::Again);
                }
                return hidden(scan, source, at, path, depth);
            }
            End::Limit(at, which) => {
                let message = format!(
                    "is a pickle with more {which} than are walked, at byte {at}: the rest was not looked at"
                );
                scan.say(Severity::Unknown, path, message, Advice::Look);
                return Ok(());
            }
            End::Unreadable(at, error) => {
                scan.unreadable(path, &format!("is a pickle that cannot be read behind byte {at}"), &error);
                return Ok(());
            }
        }
    }
    let message = format!("has more than {PICKLES} pickles one after another: the rest was not looked at");
    scan.say(Severity::Unknown, path, message, Advice::Look);
    Ok(())
}

/// Pickles between bytes that are none: behind garbage, or behind a payload.
fn hidden(scan: &mut Scan<'_>, source: &dyn Source, from: u64, path: &str, depth: u8) -> Result<(), Error> {
    let bytes = source.read(from, SEARCHED)?;
    let mut tries = 0;
    let mut at = 0;
    while tries < 64
        && let Some(next) = bytes.get(at..).and_then(|rest| rest.windows(3).position(candidate))
    {
        at += next;
        tries += 1;
        let mut walked = walk(scan, source, from + at as u64, true);
        if let End::Unreadable(_, error) = walked.end {
            return Err(error);
        }
        if acts(&walked) || matches!(walked.end, End::Stop(_)) && worth(&walked) && dangerous(&walked) {
            say(scan, &walked, path);
            for (at, bytes) in std::mem::take(&mut walked.constants) {
                scan.constant(bytes, path, at, depth + 1);
            }
        }
        at += 1;
    }
    Ok(())
}

fn candidate(three: &[u8]) -> bool {
    match *three {
        [0x80, 2..=3, next] => next.is_ascii_graphic() || next >= 0x80,
        [0x80, 4..=5, 0x95 | 0x8c | b'c' | b'(' | b'}' | b']' | b'h' | b'C' | b'B' | b'K'] => true,
        [b'c', next, after] => {
            next.is_ascii_lowercase() && (after.is_ascii_lowercase() || after == b'_') || next == b'_'
        }
        _ => false,
    }
}

/// Whether a pickle imports, or holds what may be one.
fn matters(walked: &Walked) -> bool {
    !walked.imports.is_empty() || !walked.events.is_empty() || !walked.constants.is_empty()
}

/// Whether bytes with the magic number are a pickle rather than chance.
fn worth(walked: &Walked) -> bool {
    matches!(walked.end, End::Stop(_)) || matters(walked) || walked.opcodes > 64
}

/// Whether it has done harm by the time it ended.
fn acts(walked: &Walked) -> bool {
    walked.imports.iter().any(|import| {
        matches!(import.judgement, Judgement::Dangerous(_))
            && (import.called.is_some() || matches!(walked.end, End::Stop(_)))
            || import.called == Some(Called::Code)
    })
}

/// Whether it imports what is dangerous by a name that a text would hardly have behind such a first letter, and goes on as a pickle.
fn means_harm(walked: &Walked) -> bool {
    let name = |import: &Import| import.name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_');
    let bad = |import: &Import| matches!(import.judgement, Judgement::Dangerous(_)) && name(import);
    walked.opcodes > 1 && !walked.malformed && walked.imports.iter().any(bad)
}

fn dangerous(walked: &Walked) -> bool {
    let bad = |event: &Event| event.severity == Severity::NoGo;
    walked.events.iter().any(bad)
        || walked.imports.iter().any(|import| matches!(import.judgement, Judgement::Dangerous(_)))
}

fn say(scan: &mut Scan<'_>, walked: &Walked, path: &str) {
    scan.tally.pickles += 1;
    scan.tally.opcodes += walked.opcodes;
    for import in &walked.imports {
        import_said(scan, import, path);
    }
    for event in &walked.events {
        let message = format!("{} (byte {}, {})", event.message, event.offset, event.opcode);
        scan.say(event.severity, path, message, Advice::Pickle);
    }
    if walked.malformed {
        let message = "takes values from an empty stack or memo: no pickler writes that";
        scan.say(Severity::Warn, path, message, Advice::Again);
    }
}

fn import_said(scan: &mut Scan<'_>, import: &Import, path: &str) {
    let global = format!("{}.{}", import.module, import.name);
    if import.allowed {
        scan.tally.allowed += 1;
        return;
    }
    let does = if import.called.is_some() { "calls" } else { "imports" };
    let (severity, why) = match (import.judgement, import.called) {
        (Judgement::Safe | Judgement::Argued(_), _) | (Judgement::Reference, None) => {
            scan.tally.safe += 1;
            return;
        }
        (Judgement::Dangerous(why), _) => (Severity::NoGo, why),
        (_, Some(Called::Code)) => (Severity::NoGo, "gets code or a command line to run"),
        (_, Some(Called::Verb)) => {
            (Severity::NoGo, "runs, loads, reads or writes by its name, and gets a text to do it with")
        }
        (Judgement::Reference, Some(Called::Plain)) => {
            (scan.unknown.min(Severity::Warn), "is a function that is not known to be harmless")
        }
        (Judgement::Unknown, _) => (scan.unknown, "is not known to be harmless"),
    };
    match severity {
        Severity::NoGo => scan.tally.dangerous += 1,
        _ => scan.tally.unknown += 1,
    }
    let message = format!("{does} {global} (byte {}, {}), which {why}", import.offset, import.opcode);
    let advice = if severity == Severity::NoGo { Advice::Pickle } else { Advice::Global };
    scan.tally.add(Found { severity, path: path.to_owned(), message, advice, global: Some(global) });
}
