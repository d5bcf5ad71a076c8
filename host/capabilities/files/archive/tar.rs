//! Tar archives: ustar, GNU and pax, as far as they go.

use super::{
    Listing, Member, Place,
    bytes::{Budget, Bytes},
};
use crate::{capabilities::files::Kind, domain::Error};

/// Bytes of a header, and what everything is padded to.
const BLOCK: u64 = 512;

/// Most bytes of a name, or of the records of pax that may hold one.
const MOST_NAME: u64 = 64 << 10;

/// Whether a header's check sum is right: enough also for archives older than ustar.
pub fn is_header(block: &[u8]) -> bool {
    let Some(block) = block.get(..512) else { return false };
    let Some(wanted) = field(block, 148, 8).and_then(number) else { return false };
    let bytes =
        || block.iter().enumerate().map(|(at, &byte)| if (148..156).contains(&at) { b' ' } else { byte });
    let unsigned = bytes().map(u64::from).sum::<u64>();
    let signed = bytes().map(|byte| i64::from(byte.cast_signed())).sum::<i64>();
    block.first().is_some_and(|first| *first != 0)
        && (wanted == unsigned || i64::try_from(wanted) == Ok(signed))
}

fn field(block: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    block.get(at..at + length)
}

/// Octal digits, or the form of GNU tar for what is larger.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, rest @ ..] = field {
        return rest.iter().try_fold(0_u64, |sum, &byte| Some(sum.checked_mul(256)? + u64::from(byte)));
    }
    let digits = field.iter().skip_while(|byte| **byte == b' ').take_while(|byte| !matches!(byte, 0 | b' '));
    digits.into_iter().try_fold(0_u64, |sum, &byte| match byte {
        b'0'..=b'7' => sum.checked_mul(8)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    })
}

fn text(field: &[u8]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    String::from_utf8_lossy(field.get(..end).unwrap_or_default()).into_owned()
}

/// What headers in front of a header say of it.
#[derive(Default)]
struct Ahead {
    name: Option<String>,
    size: Option<u64>,
}

/// The members.
pub fn list(bytes: &Bytes, budget: &Budget) -> Result<Listing, Error> {
    let mut members: Vec<Member> = Vec::new();
    let mut ahead = Ahead::default();
    let mut at = 0;
    let damaged = |members: &mut Vec<Member>, why: String| {
        if let Some(last) = members.last_mut() {
            last.damage.push(why);
        }
    };
    loop {
        let block = match bytes.get(at, 512, budget) {
            Ok(block) => block,
            Err(Error::Io(why)) => {
                damaged(&mut members, format!("the archive breaks off after it: {why}"));
                break;
            }
            Err(error) => return Err(error),
        };
        if block.iter().all(|byte| *byte == 0) {
            if block.len() < 512 {
                damaged(&mut members, format!("the archive ends after it, at byte {at}, without a mark"));
            }
            break;
        }
        if !is_header(&block) {
            damaged(&mut members, format!("what follows it, at byte {at}, is no header"));
            break;
        }
        let said = field(&block, 124, 12).and_then(number);
        let kind = block.get(156).copied().unwrap_or_default();
        let size = match kind {
            b'L' | b'K' | b'x' | b'g' | b'X' => said.unwrap_or(0),
            _ => ahead.size.or(said).unwrap_or(0),
        };
        let data = at + BLOCK;
        let Some(next) = size.checked_next_multiple_of(BLOCK).and_then(|size| data.checked_add(size)) else {
            damaged(&mut members, format!("what follows it, at byte {at}, says that it has {size} bytes"));
            break;
        };
        at = next;
        let extra = |most: u64| bytes.get(data, usize::try_from(size.min(most)).unwrap_or(0), budget);
        match kind {
            b'L' => ahead.name = Some(text(&extra(MOST_NAME)?)),
            b'K' | b'g' => {}
            b'x' | b'X' => read_pax(&extra(MOST_NAME)?, &mut ahead),
            _ => {
                let name = ahead.name.take().unwrap_or_else(|| name(&block));
                let hollow = matches!(kind, b'1' | b'2' | b'3' | b'4' | b'5' | b'6');
                budget.member(name.len())?;
                let member = Member {
                    kind: match kind {
                        b'1' | b'2' => Kind::Link,
                        b'3' | b'4' | b'6' => Kind::Other,
                        b'5' => Kind::Directory,
                        _ if name.ends_with('/') && size == 0 => Kind::Directory,
                        _ => Kind::File,
                    },
                    name,
                    size,
                    packed: size,
                    encrypted: false,
                    damage: Vec::new(),
                    place: if hollow { Place::Nothing } else { Place::Part { offset: data, length: size } },
                };
                members.push(member);
                if hollow {
                    at = data;
                }
                if kind == b'S' {
                    damaged(&mut members, "it is sparse: its parts stand one after another".to_owned());
                }
                if said.is_none() && ahead.size.is_none() {
                    damaged(&mut members, "its size is no number".to_owned());
                }
                ahead = Ahead::default();
                let short = bytes.known_size().is_some_and(|known| data.saturating_add(size) > known);
                if short && !hollow {
                    damaged(&mut members, "the archive ends before it does".to_owned());
                    break;
                }
            }
        }
    }
    Ok(Listing { members })
}

fn name(block: &[u8]) -> String {
    let name = text(field(block, 0, 100).unwrap_or_default());
    let ustar = field(block, 257, 6) == Some(b"ustar\0");
    let prefix = field(block, 345, 155).filter(|_| ustar).map(text).unwrap_or_default();
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// Records of pax: `length key=value\n`.
fn read_pax(mut records: &[u8], ahead: &mut Ahead) {
    while let Some(space) = records.iter().position(|byte| *byte == b' ') {
        let length =
            records.get(..space).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
        let Some(record) = length.and_then(|length| records.get(space + 1..length)) else { return };
        let record = record.strip_suffix(b"\n").unwrap_or(record);
        if let Some(value) = record.strip_prefix(b"path=") {
            ahead.name = Some(String::from_utf8_lossy(value).into_owned());
        } else if let Some(value) = record.strip_prefix(b"size=") {
            ahead.size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
        }
        records = records.get(length.unwrap_or(records.len())..).unwrap_or_default();
    }
}
