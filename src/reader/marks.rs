//! The secrets of a text as a person looks through them.

use std::collections::BTreeMap;

use crate::redact::{Choices, Confidence, Kind, Mask, find_with, secret_of};

use super::protocol::{KindCount, Mark, Marks};

/// Most single secrets that are told; the others are masked all the same.
const LISTED: usize = 60;
/// How much of the line stands around a mask, characters.
const AROUND: usize = 24;
/// Longest piece of a secret that is shown, characters.
const SECRET_SHOWN: usize = 40;

/// What would be masked in `text` where the words in `hidden` are as well.
pub(super) fn marks(text: &str, hidden: Vec<String>, after: &str) -> Marks {
    let masks = find_with(text, &Choices { hidden, ..Choices::default() }, after);
    let mut rows = rows(text, &masks);
    let all = rows.len();
    rows.truncate(LISTED);
    Marks { kinds: counts(&masks), rows, all }
}

fn counts(masks: &[Mask]) -> Vec<KindCount> {
    let mut counts = BTreeMap::new();
    for mask in masks {
        let (count, fixed) = counts.entry(mask.kind).or_insert((0, true));
        *count += 1;
        *fixed &= is_fixed(mask);
    }
    let told = counts.into_iter().map(|(kind, (count, fixed))| KindCount { kind, count, fixed });
    told.collect()
}

fn is_fixed(mask: &Mask) -> bool {
    mask.confidence == Confidence::High
}

/// Each secret once, where it stands first.
fn rows(text: &str, masks: &[Mask]) -> Vec<Mark> {
    let mut rows: Vec<Mark> = Vec::new();
    let mut known: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
    let (mut line, mut counted) = (1, 0);
    for mask in masks {
        line += text.get(counted..mask.start).unwrap_or("").matches('\n').count();
        counted = mask.start;
        let secret = secret_of(text, mask);
        if let Some(row) = known.get(&(mask.kind, secret)).and_then(|at| rows.get_mut(*at)) {
            row.count += 1;
            continue;
        }
        known.insert((mask.kind, secret), rows.len());
        let before = text.get(..mask.start).unwrap_or("");
        let before = before.rsplit('\n').next().unwrap_or("");
        let after = text.get(mask.end..).unwrap_or("").split('\n').next().unwrap_or("");
        rows.push(Mark {
            kind: mask.kind,
            secret: secret.to_owned(),
            placeholder: mask.placeholder.clone(),
            line,
            count: 1,
            before: tail(before),
            shown: head(text.get(mask.start..mask.end).unwrap_or(""), SECRET_SHOWN),
            after: head(after, AROUND),
            fixed: is_fixed(mask),
        });
    }
    rows
}

fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn tail(text: &str) -> String {
    match text.char_indices().rev().nth(AROUND) {
        Some((start, _)) => format!("…{}", text.get(start..).unwrap_or("")),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_listed_once_with_its_line_and_its_neighbours() {
        let text = "one\npassword=Hunter42xyz from 203.0.113.9\nagain Hunter42xyz";
        let Marks { rows, all, .. } = marks(text, Vec::new(), "");
        let brief: Vec<_> =
            rows.iter().map(|row| (row.secret.as_str(), row.line, row.count)).collect();
        assert_eq!(brief, [("Hunter42xyz", 2, 2), ("203.0.113.9", 2, 1)]);
        assert_eq!(all, 2);
        let [first, second] = rows.as_slice() else { panic!("{rows:?}") };
        assert_eq!(first.before, "password=");
        assert_eq!(second.shown, "9");
    }

    #[test]
    fn long_neighbours_are_cut_between_characters() {
        assert_eq!(tail(&"断".repeat(100)).chars().count(), AROUND + 2);
        assert_eq!(head(&"断".repeat(100), 5).chars().count(), 6);
    }
}
