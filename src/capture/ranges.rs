//! Which bytes of a stream were seen: ranges of sequence space, in bounded memory.

/// The most separate ranges that are kept of one direction. Beyond that the oldest two become one,
/// and what would have filled the gap between them counts as seen.
const MAX_RANGES: usize = 64;

/// Ranges of offsets, sorted, apart from each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Ranges {
    /// Where the last range ends and begins; the others, if any, lie below it.
    ///
    /// Empty where nothing was seen. Almost every conversation has one range alone, and there are many
    /// conversations, hence the box.
    last: (i64, i64),
    #[expect(clippy::box_collection, reason = "8 bytes instead of 24 where there is none")]
    below: Option<Box<Vec<(i64, i64)>>>,
}

impl Ranges {
    /// Adds `start..end`; how many of its bytes are new.
    pub(super) fn add(&mut self, start: i64, end: i64) -> u64 {
        if start >= end {
            return 0;
        }
        let (first, last) = self.last;
        if first == last {
            self.last = (start, end);
            length(start, end)
        } else if start == last {
            // The usual case: the next bytes in order.
            self.last.1 = end;
            length(start, end)
        } else if start > last {
            self.below.get_or_insert_default().push(self.last);
            self.last = (start, end);
            self.trim();
            length(start, end)
        } else if start >= first {
            self.last.1 = last.max(end);
            length(last, end)
        } else {
            self.insert(start, end)
        }
    }

    /// Bytes that are missing between the first and the last that were seen.
    pub(super) fn missing(&self) -> u64 {
        let starts = self.iter().skip(1).map(|range| range.0);
        self.iter().zip(starts).map(|(range, next)| length(range.1, next)).sum()
    }

    /// Bytes that are missing from `at` on, up to the next that was seen; 0 where none was.
    pub(super) fn gap_at(&self, at: i64) -> u64 {
        let next = self.iter().find(|range| range.1 > at);
        next.map_or(0, |range| length(at, range.0))
    }

    /// Bytes that were seen and are kept apart.
    pub(super) fn total(&self) -> u64 {
        self.iter().map(|(start, end)| length(start, end)).sum()
    }

    /// Bytes of these ranges, moved by `shift`, that `other` lacks: those before the last that it has,
    /// and those behind. What lies before its first byte does not count: it began later.
    pub(super) fn missing_in(&self, other: &Self, shift: i64) -> (u64, u64) {
        let (begin, last) = other.last;
        if begin == last {
            return (0, self.total());
        }
        let first = other.iter().next().map_or(0, |range| range.0);
        let (mut holes, mut tail) = (0, 0);
        for (start, end) in self.iter() {
            let (start, end) = (start.saturating_add(shift), end.saturating_add(shift));
            tail += length(start.max(last), end);
            let (start, end) = (start.max(first), end.min(last));
            let shared = other.iter().map(|range| length(range.0.max(start), range.1.min(end)));
            holes += length(start, end).saturating_sub(shared.sum());
        }
        (holes, tail)
    }

    fn iter(&self) -> impl Iterator<Item = (i64, i64)> {
        let below = self.below.as_deref().map(Vec::as_slice).unwrap_or_default();
        let last = (self.last.0 != self.last.1).then_some(self.last);
        below.iter().copied().chain(last)
    }

    fn insert(&mut self, mut start: i64, mut end: i64) -> u64 {
        let all: Vec<(i64, i64)> = self.iter().collect();
        let before: u64 = all.iter().map(|range| length(range.0, range.1)).sum();
        let mut kept = Vec::with_capacity(all.len() + 1);
        let mut placed = false;
        for range in all {
            if range.1 < start {
                kept.push(range);
            } else if range.0 > end {
                if !placed {
                    kept.push((start, end));
                    placed = true;
                }
                kept.push(range);
            } else {
                start = start.min(range.0);
                end = end.max(range.1);
            }
        }
        if !placed {
            kept.push((start, end));
        }
        let after: u64 = kept.iter().map(|range| length(range.0, range.1)).sum();
        self.last = kept.pop().unwrap_or_default();
        self.below = (!kept.is_empty()).then(|| Box::new(kept));
        self.trim();
        after.saturating_sub(before)
    }

    fn trim(&mut self) {
        if let Some(below) = &mut self.below
            && below.len() > MAX_RANGES
        {
            let oldest = below.remove(0);
            if let Some(next) = below.first_mut() {
                next.0 = oldest.0;
            }
        }
    }
}

fn length(start: i64, end: i64) -> u64 {
    u64::try_from(end.saturating_sub(start)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repeats_count_once_and_gaps_are_known() {
        let mut ranges = Ranges::default();
        assert_eq!(ranges.add(1, 11), 10);
        assert_eq!(ranges.add(5, 11), 0);
        assert_eq!(ranges.add(21, 31), 10);
        assert_eq!(ranges.missing(), 10);
        assert_eq!([0, 11, 15, 25, 31].map(|at| ranges.gap_at(at)), [1, 10, 6, 0, 0]);
        assert_eq!(ranges.add(8, 23), 10);
        assert_eq!(ranges.missing(), 0);
    }

    #[test]
    fn what_another_lacks_is_counted_by_place() {
        let [mut ours, mut theirs] = [Ranges::default(), Ranges::default()];
        ours.add(0, 100);
        for (start, end) in [(1010, 1040), (1050, 1090)] {
            theirs.add(start, end);
        }
        assert_eq!(ours.missing_in(&theirs, 1000), (10, 10));
        assert_eq!(ours.missing_in(&Ranges::default(), 0), (0, 100));
    }

    #[test]
    fn memory_is_bounded() {
        let mut ranges = Ranges::default();
        for at in 0..10_000 {
            ranges.add(at * 2, at * 2 + 1);
        }
        assert!(ranges.iter().count() <= MAX_RANGES + 1);
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_set_of_bytes(pieces in prop::collection::vec((0_i64..80, 0_i64..30), 0..40)) {
            let mut ranges = Ranges::default();
            let mut bytes = std::collections::BTreeSet::new();
            for (start, length) in pieces {
                let fresh = (start..start + length).filter(|byte| bytes.insert(*byte)).count();
                prop_assert_eq!(ranges.add(start, start + length), fresh as u64);
            }
            let spread = bytes.last().map_or(0, |last| last - bytes.first().unwrap() + 1);
            prop_assert_eq!(ranges.missing(), u64::try_from(spread).unwrap() - bytes.len() as u64);
        }
    }
}
