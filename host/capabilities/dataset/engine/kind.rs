//! What cells of text spell: the types of columns that have none of their own.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, TimeUnit};

/// A type that cells can spell, or the JSON of a value can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing but nulls so far.
    Null,
    Boolean,
    Integer,
    Number,
    Date,
    /// Without a zone.
    Timestamp,
    /// With one: turned into UTC.
    Instant,
    Text,
    /// Lists and objects.
    Json,
}

impl Kind {
    /// The narrowest type that has room for both.
    pub fn join(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Self::Number,
            (Self::Date, Self::Timestamp) | (Self::Timestamp, Self::Date) => Self::Timestamp,
            _ => Self::Text,
        }
    }

    /// As the engine has it.
    pub fn arrow(self) -> DataType {
        match self {
            Self::Null => DataType::Null,
            Self::Boolean => DataType::Boolean,
            Self::Integer => DataType::Int64,
            Self::Number => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some(Arc::from("UTC"))),
            Self::Text | Self::Json => DataType::Utf8View,
        }
    }
}

/// The narrowest type whose values a cell spells exactly.
pub fn spelled(cell: &[u8]) -> Kind {
    let first = match cell {
        [b'-', rest @ ..] => rest.first(),
        cell => cell.first(),
    };
    match first {
        Some(b't' | b'T' | b'f' | b'F') if boolean(cell).is_some() => Kind::Boolean,
        Some(b'0'..=b'9' | b'.') => {
            if integer(cell).is_some() {
                Kind::Integer
            } else if number(cell).is_some() {
                Kind::Number
            } else if date(cell).is_some() {
                Kind::Date
            } else {
                match instant(cell) {
                    Some((_, false)) => Kind::Timestamp,
                    Some((_, true)) => Kind::Instant,
                    None => Kind::Text,
                }
            }
        }
        _ => Kind::Text,
    }
}

/// `true`, `True`, `TRUE` and their opposites.
pub fn boolean(cell: &[u8]) -> Option<bool> {
    match cell {
        b"true" | b"True" | b"TRUE" => Some(true),
        b"false" | b"False" | b"FALSE" => Some(false),
        _ => None,
    }
}

/// An integer as one writes it: what else it could be written as would not come back the same.
pub fn integer(cell: &[u8]) -> Option<i64> {
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        cell => (false, cell),
    };
    match digits {
        [b'0'] => return (!negative).then_some(0),
        [] | [b'0', ..] => return None,
        _ => {}
    }
    // Nineteen digits are the most, and the nineteenth may be too many.
    if digits.len() > 19 {
        return None;
    }
    let mut value: u64 = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
    }
    match negative {
        false => i64::try_from(value).ok(),
        true => 0_i64.checked_sub_unsigned(value),
    }
}

/// A number with a point or an exponent, or an integer that is none of [`integer`]'s only for its sign (`-0`).
pub fn number(cell: &[u8]) -> Option<f64> {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let whole = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // What begins with zeros is a code more often than a number.
    if whole > 1 && digits[0] == b'0' {
        return None;
    }
    let marks = digits[whole..].iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
    let only_digits = whole == digits.len();
    // Beyond 64 bits digits would be lost.
    if !marks && !(only_digits && (whole <= 18 || integer(cell).is_some())) {
        return None;
    }
    if !digits.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    let number = std::str::from_utf8(cell).ok()?.parse::<f64>().ok()?;
    number.is_finite().then_some(number)
}

fn digits(cell: &[u8], from: usize, count: usize) -> Option<i16> {
    let mut value = 0;
    for byte in cell.get(from..from + count)? {
        value = value * 10 + i16::from(byte.is_ascii_digit().then_some(byte - b'0')?);
    }
    Some(value)
}

fn day(cell: &[u8]) -> Option<jiff::civil::Date> {
    if cell.get(4) != Some(&b'-') || cell.get(7) != Some(&b'-') {
        return None;
    }
    let (month, day) = (digits(cell, 5, 2)?, digits(cell, 8, 2)?);
    jiff::civil::Date::new(digits(cell, 0, 4)?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Days from 1970-01-01 to `2026-01-31`.
pub fn date(cell: &[u8]) -> Option<i32> {
    if cell.len() != 10 {
        return None;
    }
    days(day(cell)?)
}

fn days(date: jiff::civil::Date) -> Option<i32> {
    let epoch = jiff::civil::Date::constant(1970, 1, 1);
    epoch.until(date).ok().map(|span| span.get_days())
}

/// Microseconds from 1970 to `2026-01-31T09:30:00.5+01:00`, and whether there is a zone.
pub fn instant(cell: &[u8]) -> Option<(i64, bool)> {
    if cell.len() < 16 || !matches!(cell[10], b'T' | b' ') || cell[13] != b':' {
        return None;
    }
    let days = i64::from(days(day(&cell[..10])?)?);
    let (hour, minute) = (digits(cell, 11, 2)?, digits(cell, 14, 2)?);
    let (mut second, mut micros, mut at) = (0, 0_i64, 16);
    if cell.get(at) == Some(&b':') {
        second = digits(cell, at + 1, 2)?;
        at += 3;
        if cell.get(at) == Some(&b'.') {
            let fraction = cell[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            // Finer than microseconds would be lost.
            if !(1..=6).contains(&fraction) {
                return None;
            }
            for place in 0..6 {
                let digit = if place < fraction { i64::from(cell[at + 1 + place] - b'0') } else { 0 };
                micros = micros * 10 + digit;
            }
            at += 1 + fraction;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let (zone, minutes_east) = match &cell[at..] {
        [] => (false, 0),
        b"Z" | b"z" => (true, 0),
        [sign @ (b'+' | b'-'), rest @ ..] => {
            let (hours, minutes) = match rest.len() {
                2 => (digits(rest, 0, 2)?, 0),
                4 => (digits(rest, 0, 2)?, digits(rest, 2, 2)?),
                5 if rest[2] == b':' => (digits(rest, 0, 2)?, digits(rest, 3, 2)?),
                _ => return None,
            };
            if hours > 18 || minutes > 59 {
                return None;
            }
            let east = i64::from(hours * 60 + minutes);
            (true, if *sign == b'-' { -east } else { east })
        }
        _ => return None,
    };
    let seconds = days * 86_400 + i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second)
        - minutes_east * 60;
    Some((seconds * 1_000_000 + micros, zone))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_of_the_narrowest_type_that_spells_them_exactly() {
        let table = [
            (Kind::Boolean, "true True TRUE false"),
            (Kind::Integer, "0 7 -7 9223372036854775807 -9223372036854775808"),
            (Kind::Number, "1.5 -0 -0.0 1e9 1E-9 .5 5. 0.1 9223372036854775808.0"),
            (Kind::Date, "2026-01-31 0001-01-01"),
            (Kind::Timestamp, "2026-01-31T09:30 2026-01-31T09:30:00 2026-01-31T09:30:00.5"),
            (Kind::Instant, "2026-01-31T09:30Z 2026-01-31T09:30:00+01:00 2026-01-31T09:30:00.123456-0130"),
            (
                Kind::Text,
                "a - . 007 +5 1_000 1,5 0x1 tRue nan inf 1e999 9223372036854775808 2026-02-30 2026-1-1 1e 1-2 -e5 \
                 2026-01-31T24:00:00 2026-01-31T09:30:00.1234567 00.5 T F",
            ),
        ];
        for (kind, cells) in table {
            for cell in cells.split(' ') {
                assert_eq!(spelled(cell.as_bytes()), kind, "{cell}");
            }
        }
        assert_eq!(spelled(b"2026-01-31 09:30:00"), Kind::Timestamp);
        assert_eq!(spelled("é".as_bytes()), Kind::Text);
    }

    #[test]
    fn points_in_time_are_counted_from_1970_in_utc() {
        assert_eq!(date(b"1970-01-02"), Some(1));
        assert_eq!(date(b"1969-12-31"), Some(-1));
        assert_eq!(instant(b"1970-01-01T01:00:00.25+01:00"), Some((250_000, true)));
        assert_eq!(instant(b"1969-12-31 23:59:59"), Some((-1_000_000, false)));
    }

    #[test]
    fn joined_types_have_room_for_both() {
        let kinds = [
            Kind::Null,
            Kind::Boolean,
            Kind::Integer,
            Kind::Number,
            Kind::Date,
            Kind::Timestamp,
            Kind::Instant,
            Kind::Text,
            Kind::Json,
        ];
        for one in kinds {
            for other in kinds {
                let joined = one.join(other);
                assert_eq!(joined, other.join(one));
                assert_eq!(joined.join(other), joined, "{one:?} {other:?}");
                for third in kinds {
                    assert_eq!(
                        joined.join(third),
                        one.join(other.join(third)),
                        "{one:?} {other:?} {third:?}"
                    );
                }
            }
        }
        assert_eq!(Kind::Integer.join(Kind::Number), Kind::Number);
    }
}
