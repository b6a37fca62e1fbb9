//! The rules: which expression finds what, and what must hold besides.
//!
//! A rule is asked only about lines that hold one of the pieces of text it needs; all pieces are
//! looked for in one pass.

mod commands;
mod named;
mod personal;
mod places;
mod shapes;

use std::{
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use aho_corasick::AhoCorasick;
use regex::{Captures, Regex};

use super::kind::{Confidence, Kind};

pub(super) use personal::random_strings;
pub(super) use shapes::private_keys;

/// Something found, in bytes of the text.
#[derive(Clone, Debug)]
pub(super) struct Find {
    pub(super) range: Range<usize>,
    /// What two finds must share to be the same thing, where it is more than the masked part.
    pub(super) whole: Option<Range<usize>>,
    pub(super) kind: Kind,
    pub(super) confidence: Confidence,
    /// Number of the rule; of two rules that find the same the first counts.
    pub(super) rule: usize,
}

/// An expression, with what it finds.
pub(super) struct Rule {
    kind: Kind,
    confidence: Confidence,
    /// Pieces of text, lower case, of which a line must hold one; empty asks about every line.
    needs: &'static [&'static str],
    /// The group `s` is the secret; the whole match where there is no such group.
    pattern: &'static str,
    /// What else must hold; may narrow the stretch.
    check: fn(&Captures<'_>, &str) -> Option<Range<usize>>,
}

/// A compiled rule.
struct Ready {
    rule: &'static Rule,
    regex: OnceLock<Option<Regex>>,
}

static READY: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    [shapes::RULES, places::RULES, commands::RULES, named::RULES, personal::RULES]
        .into_iter()
        .flatten()
        .map(|rule| Ready { rule, regex: OnceLock::new() })
        .collect()
});

/// The pieces that all rules need, and for each the rules that need it.
static PIECES: LazyLock<Option<(AhoCorasick, Vec<usize>)>> = LazyLock::new(|| {
    let (mut pieces, mut owners) = (Vec::new(), Vec::new());
    for (number, ready) in READY.iter().enumerate() {
        for piece in ready.rule.needs {
            pieces.push(*piece);
            owners.push(number);
        }
    }
    let seeker = AhoCorasick::builder().ascii_case_insensitive(true).build(pieces).ok()?;
    Some((seeker, owners))
});

impl Ready {
    fn regex(&self) -> Option<&Regex> {
        self.regex.get_or_init(|| Regex::new(&expression(self.rule.pattern)).ok()).as_ref()
    }
}

/// The expression as it is compiled: words and their edges are of ASCII, so that a token beside
/// Chinese text is found. `\w` stands inside of classes only.
fn expression(pattern: &str) -> String {
    pattern.replace(r"\b", r"(?-u:\b)").replace(r"\w", "0-9A-Za-z_")
}

/// Everything that the rules find in the lines of `text` within `range`.
pub(super) fn scan(text: &str, range: Range<usize>) -> Vec<Find> {
    let mut finds = Vec::new();
    let Some((seeker, owners)) = PIECES.as_ref() else { return finds };
    let mut asked: Vec<usize> = Vec::new();
    let mut at = range.start;
    let mut before: Option<&str> = None;
    for line in text.get(range).unwrap_or("").split('\n') {
        let start = at;
        at += line.len() + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            continue;
        }
        asked.clear();
        asked.extend(
            seeker
                .find_overlapping_iter(line)
                .filter_map(|hit| owners.get(hit.pattern().as_usize())),
        );
        asked.extend(personal::asked(line, seeker_base()));
        asked.sort_unstable();
        asked.dedup();
        for number in &asked {
            let Some(ready) = READY.get(*number) else { continue };
            let Some(regex) = ready.regex() else { continue };
            for found in regex.captures_iter(line) {
                let Some(own) = (ready.rule.check)(&found, line) else { continue };
                if own.is_empty() {
                    continue;
                }
                let shift = |own: Range<usize>| start + own.start..start + own.end;
                let whole = matches!(ready.rule.kind, Kind::Ipv4 | Kind::Ipv6)
                    .then(|| found.get(0).map(|whole| shift(whole.range())))
                    .flatten();
                let (kind, confidence) = (ready.rule.kind, ready.rule.confidence);
                finds.push(Find { range: shift(own), whole, kind, confidence, rule: *number });
            }
        }
        if let Some(own) = before.and_then(|before| named::value_below(before, line)) {
            let range = start + own.start..start + own.end;
            let rule = READY.len();
            finds.push(Find {
                range,
                whole: None,
                kind: Kind::Secret,
                confidence: Confidence::Medium,
                rule,
            });
        }
        before = Some(line);
    }
    finds
}

/// The number of the first rule of `personal`, which says itself which lines it is asked about.
fn seeker_base() -> usize {
    shapes::RULES.len() + places::RULES.len() + commands::RULES.len() + named::RULES.len()
}

/// The group `s`, or the whole match.
fn secret<'a>(found: &Captures<'a>) -> Option<regex::Match<'a>> {
    found.name("s").or_else(|| found.get(0))
}

/// How far around a find a check looks, bytes: a line may be a whole file, and the time stays linear.
const NEAR: usize = 256;

/// The end of `line` before `at`, at most [`NEAR`] bytes.
fn before(line: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(NEAR);
    while !line.is_char_boundary(from) {
        from += 1;
    }
    line.get(from..at).unwrap_or("")
}

/// The beginning of `line` from `at` on, at most [`NEAR`] bytes.
fn after(line: &str, at: usize) -> &str {
    let mut to = line.len().min(at.saturating_add(NEAR));
    while !line.is_char_boundary(to) {
        to -= 1;
    }
    line.get(at..to).unwrap_or("")
}

/// No further check.
fn as_is(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    secret(found).map(|own| own.range())
}

/// The secret without quotes around it, unless it is a word or a reference to a variable.
fn plausible(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    let own = unquoted(&secret(found)?);
    super::checks::may_be_secret(own.1).then_some(own.0)
}

/// A stretch without the quotes, plain or escaped, around it.
fn unquoted<'a>(found: &regex::Match<'a>) -> (Range<usize>, &'a str) {
    let text = found.as_str();
    let quote = |c: char| matches!(c, '"' | '\'' | '`');
    let open = text.strip_prefix('\\').unwrap_or(text);
    let Some(inner) = open.strip_prefix(quote) else { return (found.range(), text) };
    let start = found.start() + (text.len() - inner.len());
    let closed = inner.strip_suffix(quote).unwrap_or(inner);
    // The backslash goes with the quote it escapes.
    let closed =
        if text.starts_with('\\') { closed.strip_suffix('\\').unwrap_or(closed) } else { closed };
    (start..start + closed.len(), closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_expression_compiles_and_needs_pieces_in_lower_case() {
        for ready in READY.iter() {
            if let Err(error) = Regex::new(&expression(ready.rule.pattern)) {
                panic!("{:?}: {error}", ready.rule.kind);
            }
            assert!(ready.rule.needs.iter().all(|piece| *piece == piece.to_ascii_lowercase()));
        }
    }
}
