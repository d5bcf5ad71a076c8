//! Formats that are text: CSV, JSON Lines, JSON.

pub mod blocks;
pub mod columns;
pub mod csv;
pub mod dialect;
pub mod fields;
pub mod json;
pub mod objects;
pub mod parallel;
