//! What a file is.

use std::path::Path;

use super::source::Source;
use crate::capabilities::dataset::options::Format;

/// What a file is, by its first bytes, then by its name.
pub fn format_of(source: &Source) -> Format {
    if source.head.starts_with(b"PAR1") {
        return Format::Parquet;
    }
    if super::arrow::begins(&source.head) {
        return Format::Arrow;
    }
    let name = Path::new(&source.file.path);
    let packed =
        name.extension().is_some_and(|end| end == "gz" || end == "zst" || end == "gzip" || end == "zstd");
    let name = if packed { name.file_stem().map_or(name, Path::new) } else { name };
    let end = name.extension().map(|end| end.to_string_lossy().to_lowercase()).unwrap_or_default();
    let first = source.head_text().into_iter().find(|byte| !byte.is_ascii_whitespace());
    match (end.as_str(), first) {
        ("csv" | "tsv" | "tab" | "psv", _) => Format::Csv,
        ("parquet" | "pq", _) => Format::Parquet,
        ("arrow" | "feather" | "ipc", _) => Format::Arrow,
        ("jsonl" | "ndjson", _) | (_, Some(b'{')) => Format::JsonLines,
        ("json", _) | (_, Some(b'[')) => Format::Json,
        _ => Format::Csv,
    }
}
