//! Finding: all rules over all lines, until nothing more is found.
//!
//! What is found is blanked with line breaks in a copy of the same length, and the lines around it
//! are read again: a blank is as good as the end of a line. So what is left after the last round is
//! what a second redaction would read, and it finds nothing there.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::LazyLock,
};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::Regex;

use super::{
    checks,
    kind::{Confidence, Kind},
    mask::Mask,
    rules::{self, Find},
};

/// So many times the text is read, and [`SPARE`] bytes beside; then what is left is left. Two rounds are
/// the rule; where each secret hides the next there are as many as secrets, which only a short text affords.
const READINGS: usize = 14;

/// See [`READINGS`].
const SPARE: usize = 4 * 1024 * 1024;

/// Secrets shorter than this are not looked for elsewhere in the text, bytes.
const MIN_SPREAD: usize = 8;

/// Numbers of existing placeholders beyond this are somebody's joke.
const MAX_NUMBER: u64 = 1_000_000_000;

/// A placeholder of an earlier redaction.
static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.slug()).collect();
    Regex::new(&format!("<(?P<kind>{})-(?P<number>[0-9]{{1,12}})>", words.join("|"))).ok()
});

/// Every secret in `text`, in the order of the text, none over another. Never fails.
///
/// Masks of [`Kind::Unknown`] are suggestions; the others are meant to be applied.
pub fn find(text: &str) -> Vec<Mask> {
    let mut view = View::new(text);
    for range in view.placeholders.clone() {
        view.blank(&range);
    }
    let mut found: Vec<Find> = Vec::new();
    let mut lines: Vec<Range<usize>> = std::iter::once(0..text.len()).collect();
    let mut left = text.len().saturating_mul(READINGS).saturating_add(SPARE);
    loop {
        // All of it for keys, and the lines around what was found.
        let round = text.len() + lines.iter().map(Range::len).sum::<usize>();
        let Some(rest) = left.checked_sub(round) else { break };
        left = rest;
        let mut fresh = rules::private_keys(&view.text);
        for key in &fresh {
            found.retain(|find| {
                find.range.end <= key.range.start || key.range.end <= find.range.start
            });
            view.blank(&key.range);
        }
        for range in &lines {
            fresh.extend(separate(rules::scan(&view.text, range.clone())));
        }
        if fresh.is_empty() {
            fresh = spread(text, &view, &found);
            if fresh.is_empty() {
                break;
            }
        }
        for find in &fresh {
            view.blank(&find.range);
        }
        lines = view.lines_around(&fresh);
        found.extend(fresh);
    }
    found.extend(rules::random_strings(&view.text));
    found.sort_by_key(|find| find.range.start);
    name(text, found, &view.numbers)
}

/// Kind and number of each placeholder in `text`.
fn placeholders(text: &str) -> impl Iterator<Item = (Kind, u64)> + '_ {
    let found = PLACEHOLDER.iter().flat_map(move |regex| regex.captures_iter(text));
    found.filter_map(|found| {
        let kind = Kind::parse(found.name("kind")?.as_str())?;
        let number: u64 = found.name("number")?.as_str().parse().ok()?;
        (number <= MAX_NUMBER).then_some((kind, number))
    })
}

/// `text` with the words of its placeholders made unreadable, byte for byte as long: `<vpn-key-1>` must
/// not be taken for somebody who speaks of a VPN.
pub fn blind(text: &str) -> Cow<'_, str> {
    let mut blinded = Cow::Borrowed(text);
    for found in PLACEHOLDER.iter().flat_map(|regex| regex.captures_iter(text)) {
        if let Some(word) = found.name("kind") {
            blinded.to_mut().replace_range(word.range(), &"*".repeat(word.len()));
        }
    }
    blinded
}

/// The highest number of each kind among the placeholders in `text`.
pub(super) fn highest_numbers(text: &str) -> BTreeMap<Kind, u64> {
    let mut numbers = BTreeMap::new();
    for (kind, number) in placeholders(text) {
        let highest = numbers.entry(kind).or_insert(0);
        *highest = number.max(*highest);
    }
    numbers
}

/// How many different placeholders of each kind `text` holds.
pub(super) fn placeholder_counts(text: &str) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for (kind, _) in placeholders(text).collect::<BTreeSet<_>>() {
        *counts.entry(kind).or_insert(0) += 1;
    }
    counts
}

/// A copy of the text in which what was found is blanked.
struct View {
    text: String,
    placeholders: Vec<Range<usize>>,
    /// The highest number of each kind in the placeholders that were there before.
    numbers: BTreeMap<Kind, u64>,
}

impl View {
    fn new(text: &str) -> Self {
        let mut placeholders = Vec::new();
        for found in PLACEHOLDER.iter().flat_map(|regex| regex.find_iter(text)) {
            placeholders.push(found.range());
        }
        Self { text: text.to_owned(), placeholders, numbers: highest_numbers(text) }
    }

    /// Overwrites `range` with line breaks; its ends are character boundaries.
    fn blank(&mut self, range: &Range<usize>) {
        if self.text.get(range.clone()).is_some() {
            self.text.replace_range(range.clone(), &"\n".repeat(range.len()));
        }
    }

    /// The stretches between line breaks that touch `finds`, with those before and after (names and
    /// values may stand on two lines), each once.
    fn lines_around(&self, finds: &[Find]) -> Vec<Range<usize>> {
        let mut lines: Vec<Range<usize>> = Vec::new();
        let bytes = self.text.as_bytes();
        let mut starts: Vec<&Range<usize>> = finds.iter().map(|find| &find.range).collect();
        starts.sort_by_key(|range| range.start);
        // Up to here there are blanks behind the last find: whoever ends within them sees the same lines.
        let mut next_line = 0;
        for range in starts {
            let is_within = lines.last().is_some_and(|last| range.start <= last.end);
            if is_within && range.end <= next_line {
                continue;
            }
            let mut to = range.end;
            for turn in 0..2 {
                let rest = self.text.get(to..).unwrap_or_default();
                let line = rest.trim_start();
                to += rest.len() - line.len();
                if turn == 0 {
                    next_line = to;
                }
                to += line.find('\n').unwrap_or(line.len());
            }
            // What stands above a find within the last stretch is in it already.
            if let Some(last) = lines.last_mut().filter(|_| is_within) {
                last.end = last.end.max(to);
                continue;
            }
            let mut from = line_start(bytes, range.start);
            // A line of blanks parts no name from its value.
            let above = self.text.get(..from).unwrap_or_default().trim_end();
            if !above.is_empty() {
                from = line_start(bytes, above.len());
            }
            match lines.last_mut() {
                Some(last) if from <= last.end => last.end = last.end.max(to),
                _ => lines.push(from..to),
            }
        }
        lines
    }
}

/// Where the line begins that holds byte `at`.
fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = bytes.get(..at).unwrap_or_default();
    before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)
}

/// Of finds that overlap the longest stands, of equal ones the first rule's; what sticks out of it is
/// found again in the next round or, where it is not, cut off and kept.
fn separate(mut finds: Vec<Find>) -> Vec<Find> {
    finds.sort_by_key(|find| (find.range.start, std::cmp::Reverse(find.range.end), find.rule));
    let mut kept: Vec<Find> = Vec::with_capacity(finds.len());
    for mut find in finds {
        if let Some(last) = kept.last_mut()
            && find.range.start < last.range.end
        {
            // The shape of a token says more than the name beside it, if they mean the same stretch.
            if find.range == last.range && find.rule < last.rule {
                *last = find;
                continue;
            }
            if find.range.end <= last.range.end {
                last.confidence = last.confidence.max(find.confidence);
                continue;
            }
            find.range.start = last.range.end;
        }
        kept.push(find);
    }
    kept
}

/// Other places where a secret stands that was found by its name.
fn spread(text: &str, view: &View, found: &[Find]) -> Vec<Find> {
    let mut secrets: BTreeMap<&str, &Find> = BTreeMap::new();
    for find in found.iter().filter(|find| find.kind.spreads()) {
        if let Some(secret) = text.get(find.range.clone())
            && secret.len() >= MIN_SPREAD
            && secret.len() <= 4096
            && checks::is_distinct(secret)
        {
            secrets.entry(secret).or_insert(find);
        }
    }
    if secrets.is_empty() {
        return Vec::new();
    }
    let Ok(seeker) =
        AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(secrets.keys())
    else {
        return Vec::new();
    };
    let finds: Vec<&Find> = secrets.into_values().collect();
    let bytes = view.text.as_bytes();
    let is_word =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    seeker
        .find_iter(&view.text)
        .filter(|hit| !is_word(hit.start().checked_sub(1)) && !is_word(Some(hit.end())))
        .filter_map(|hit| {
            let first = finds.get(hit.pattern().as_usize())?;
            Some(Find { range: hit.range(), confidence: Confidence::Medium, ..(*first).clone() })
        })
        .collect()
}

/// Gives each find its placeholder: one for each secret, numbered as they come.
fn name(text: &str, found: Vec<Find>, numbers: &BTreeMap<Kind, u64>) -> Vec<Mask> {
    let mut numbers = numbers.clone();
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    let mut masks: Vec<Mask> = Vec::with_capacity(found.len());
    for find in found {
        let whole = find.whole.clone().unwrap_or_else(|| find.range.clone());
        let secret = text.get(whole).unwrap_or("");
        let placeholder = known
            .entry(secret)
            .or_insert_with(|| {
                let number = numbers.entry(find.kind).or_insert(0);
                *number += 1;
                format!("<{}-{number}>", find.kind.slug())
            })
            .clone();
        let (Range { start, end }, confidence) = (find.range, find.confidence);
        masks.push(Mask { kind: find.kind, start, end, confidence, placeholder });
    }
    masks
}
