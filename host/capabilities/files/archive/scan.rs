//! Looking for marks in bytes.

use super::bytes::{Budget, Bytes};
use crate::domain::Error;

/// Bytes that are looked through at once.
const BLOCK: usize = 256 << 10;

/// Where a mark begins last.
pub fn last(bytes: &[u8], mark: [u8; 4]) -> Option<usize> {
    bytes.windows(4).rposition(|window| window == mark)
}

/// Where a mark begins first, at `from` or after it and before `to`.
pub fn next(bytes: &Bytes, from: u64, to: u64, mark: [u8; 4], budget: &Budget) -> Result<Option<u64>, Error> {
    next_of(bytes, from, to, &[&mark], budget)
}

/// The same, of several marks of one first byte.
pub fn next_of(
    bytes: &Bytes,
    from: u64,
    to: u64,
    marks: &[&[u8; 4]],
    budget: &Budget,
) -> Result<Option<u64>, Error> {
    let mut at = from;
    while at < to {
        let most = usize::try_from(to - at).unwrap_or(usize::MAX).min(BLOCK);
        // Three bytes more: a mark may begin at the end.
        let block = match bytes.get(at, most.saturating_add(3), budget) {
            Err(Error::Io(_)) => return Ok(None),
            block => block?,
        };
        let is_mark = |window: &[u8]| marks.iter().any(|mark| window == *mark);
        if let Some(place) = block.windows(4).take(most).position(is_mark) {
            return Ok(Some(at + place as u64));
        }
        if block.len() < most {
            return Ok(None);
        }
        at += most as u64;
    }
    Ok(None)
}
