//! Which parts of a file are there.

use std::ops::Range;

/// Ranges that do not touch one another, in order.
#[derive(Debug, Default)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// Bytes of all of them.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// Adds one, and joins what touches.
    pub fn add(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let from = self.0.partition_point(|known| known.end < range.start);
        let to = self.0.partition_point(|known| known.start <= range.end);
        let joined = self.0[from..to]
            .iter()
            .fold(range, |joined, known| joined.start.min(known.start)..joined.end.max(known.end));
        self.0.splice(from..to, [joined]);
    }

    /// What of `wanted` is not there, within `size`. Parts that lie no further apart than `gap` are joined, unless what is between is there.
    pub fn missing(&self, wanted: &[Range<u64>], size: u64, gap: u64) -> Vec<Range<u64>> {
        let mut wanted =
            wanted.iter().map(|range| range.start.min(size)..range.end.min(size)).collect::<Vec<_>>();
        wanted.sort_by_key(|range| range.start);
        let mut missing = Vec::<Range<u64>>::new();
        for range in wanted {
            let mut at = range.start;
            let first = self.0.partition_point(|known| known.end <= at);
            for known in self.0[first..].iter().take_while(|known| known.start < range.end) {
                join(&mut missing, at..known.start, 0);
                at = at.max(known.end);
            }
            let is_between =
                |last: &Range<u64>| self.0.iter().any(|known| known.start < at && known.end > last.end);
            let gap = if missing.last().is_some_and(is_between) { 0 } else { gap };
            join(&mut missing, at..range.end, gap);
        }
        missing
    }
}

fn join(missing: &mut Vec<Range<u64>>, range: Range<u64>, gap: u64) {
    if range.start >= range.end {
        return;
    }
    match missing.last_mut() {
        Some(last) if range.start <= last.end.saturating_add(gap) => last.end = last.end.max(range.end),
        _ => missing.push(range),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn near_parts_are_fetched_together() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.missing(&[0..10, 12..20, 40..50], 45, 5), [0..20, 40..45]);
        ranges.add(0..20);
        assert_eq!(ranges.missing(&[0..10, 12..20, 15..50], 45, 5), std::slice::from_ref(&(20..45)));
        ranges.add(30..40);
        assert_eq!(ranges.missing(std::slice::from_ref(&(0..100)), 45, 5), [20..30, 40..45]);
        assert_eq!(ranges.bytes(), 30);
    }

    proptest! {
        #[test]
        fn what_is_missing_is_all_that_was_not_there(
            there in prop::collection::vec((0_u64..60, 0_u64..9), 0..9), wanted in prop::collection::vec((0_u64..60, 0_u64..9), 0..9), gap in 0_u64..4
        ) {
            let size = 50;
            let mut ranges = Ranges::default();
            let mut known = [false; 80];
            for (start, length) in there {
                ranges.add(start..start + length);
                known[start as usize..(start + length) as usize].fill(true);
            }
            prop_assert_eq!(ranges.bytes(), known.iter().filter(|known| **known).count() as u64);
            prop_assert!(ranges.0.windows(2).all(|pair| pair[0].end < pair[1].start));
            let wanted = wanted.into_iter().map(|(start, length)| start..start + length).collect::<Vec<_>>();
            let missing = ranges.missing(&wanted, size, gap);
            prop_assert!(missing.windows(2).all(|pair| pair[0].end < pair[1].start) && missing.iter().all(|range| range.end <= size));
            for byte in wanted.into_iter().flatten().filter(|byte| *byte < size) {
                prop_assert!(known[byte as usize] || missing.iter().any(|range| range.contains(&byte)), "{}", byte);
            }
            for range in missing {
                ranges.add(range);
            }
        }
    }
}
