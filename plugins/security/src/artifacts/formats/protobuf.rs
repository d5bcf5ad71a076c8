//! Protocol buffers, field by field, without a schema.

use gonogo_sdk::Error;

use super::super::source::Window;

/// One field.
pub enum Field {
    /// A number.
    Number,
    /// Something with a length: where it ends. The window stands at its start.
    Bytes(u64),
}

/// The next field before `end` with its number; none at the end, or where the bytes are no such message.
pub fn next(window: &mut Window<'_>, end: u64) -> Result<Option<(u64, Field)>, Error> {
    if window.offset() >= end {
        return Ok(None);
    }
    let Some(tag) = number(window)? else { return Ok(None) };
    let field = match tag & 7 {
        0 => number(window)?.map(|_| Field::Number),
        1 => skip(window, 8)?,
        5 => skip(window, 4)?,
        2 => match number(window)? {
            Some(length) => window.offset().checked_add(length).filter(|&to| to <= end).map(Field::Bytes),
            None => None,
        },
        _ => None,
    };
    Ok(field.filter(|_| tag >> 3 > 0).map(|field| (tag >> 3, field)))
}

fn skip(window: &mut Window<'_>, length: usize) -> Result<Option<Field>, Error> {
    let there = window.need(length)?;
    window.pass(length);
    Ok(there.then_some(Field::Number))
}

fn number(window: &mut Window<'_>) -> Result<Option<u64>, Error> {
    let mut value = 0_u64;
    for shift in 0..10 {
        window.need(1)?;
        let Some(&byte) = window.ahead().first() else { return Ok(None) };
        window.pass(1);
        value |= u64::from(byte & 0x7f).checked_shl(7 * shift).unwrap_or_default();
        if byte < 0x80 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// The text of a field that ends there, at most `most` bytes of it; the window goes behind it.
pub fn text(window: &mut Window<'_>, end: u64, most: usize) -> Result<String, Error> {
    let length = usize::try_from(end.saturating_sub(window.offset())).unwrap_or(usize::MAX).min(most);
    window.need(length)?;
    let bytes = window.ahead();
    let text = String::from_utf8_lossy(bytes.get(..length).unwrap_or(bytes)).into_owned();
    window.seek(end);
    Ok(text)
}
