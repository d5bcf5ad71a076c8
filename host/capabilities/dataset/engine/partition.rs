//! Columns whose values are in the paths: directories named `name=value`, as Hive and Spark write them.

use super::{
    kind::{self, Kind},
    member::Member,
};
use crate::domain::{Error, text};

/// What Hive writes for a null in a directory's name.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// A column whose value is in the paths.
pub struct Partition {
    pub name: String,
    pub kind: Kind,
    /// For each file; absent is null.
    pub values: Vec<Option<String>>,
}

/// The partitions of files: all lie in directories of the same names, or none does.
pub fn partitions(selected: &[Member]) -> Result<Vec<Partition>, Error> {
    let of_each = selected.iter().map(Member::partitions).collect::<Vec<_>>();
    let Some(first) = of_each.first() else { return Ok(Vec::new()) };
    let mut partitions = Vec::new();
    for (at, (name, _)) in first.iter().enumerate() {
        let mut values = Vec::with_capacity(selected.len());
        let mut kind = Kind::Null;
        for (file, of_file) in selected.iter().zip(&of_each) {
            let value = match of_file.get(at) {
                Some((other, value)) if other == name && of_file.len() == first.len() => value,
                _ => {
                    return Err(Error::Io(format!(
                        "{} does not lie in directories named like those of {} ({}=…): they are not one table",
                        file.path,
                        selected[0].path,
                        text::line(name, 100)
                    )));
                }
            };
            let value = (value != HIVE_NULL).then(|| unescaped(value));
            if let Some(value) = &value {
                kind = kind.join(kind::spelled(value.as_bytes()));
            }
            values.push(value);
        }
        // What else can be spelled is told from text by nobody who names directories.
        let kind = if matches!(kind, Kind::Integer | Kind::Date) { kind } else { Kind::Text };
        partitions.push(Partition { name: name.clone(), kind, values });
    }
    Ok(partitions)
}

/// `%2F` as the character that it stands for.
fn unescaped(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        if let Some(byte) = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| *first == b'%')
        {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_with_percent_signs() {
        assert_eq!(unescaped("a%20b%2Fc"), "a b/c");
        assert_eq!(unescaped("100%"), "100%");
        assert_eq!(unescaped("%zz%ff"), "%zz%ff", "no UTF-8 comes of it");
    }
}
