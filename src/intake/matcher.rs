//! Many patterns over many lines at once.
//!
//! A thousand regular expressions in one automaton take a second to build and megabytes to run. So
//! each is asked only about lines that hold all the pieces of text it needs (see `required`), all pieces
//! are looked for in one pass (Aho and Corasick 1975), and an expression is compiled when it is
//! first asked.

use std::{borrow::Cow, sync::OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use regex::bytes::{Regex, RegexBuilder};
use thiserror::Error;

use super::{
    denial::is_denied,
    required::{OneOf, required},
};

/// A line is looked at up to here, bytes: a minified page or a base64 blob holds no error text.
const MAX_LINE: usize = 8 * 1024;

/// Upper bound for one compiled pattern, bytes (RUSTSEC-2022-0013: `{n,m}` can blow up).
const SIZE_LIMIT: usize = 2 * 1024 * 1024;

/// Apostrophes of print (U+2018, U+2019).
const CURLY: [char; 2] = ['\u{2018}', '\u{2019}'];

/// A pattern to look for.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// What the caller calls it.
    pub id: String,
    /// Regular expression.
    pub pattern: String,
    /// A second expression the same line must hold.
    pub only_in: Option<String>,
    /// Whether case matters.
    pub case_sensitive: bool,
    /// Whether it stands for what a person says, so that a denial before it takes it back.
    pub spoken: bool,
}

impl Pattern {
    /// A pattern where case does not matter.
    pub fn new(id: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            pattern: pattern.into(),
            only_in: None,
            case_sensitive: false,
            spoken: false,
        }
    }

    /// A pattern of what a person says: it does not count where the words before deny it.
    pub fn spoken(id: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self { spoken: true, ..Self::new(id, pattern) }
    }
}

/// A pattern that cannot be used.
#[derive(Debug, Error)]
#[error("the pattern of `{id}` is not usable: {reason}")]
pub struct PatternError {
    /// The pattern's id.
    pub id: String,
    /// What the regular expression compiler said, on one line.
    pub reason: String,
}

/// One pattern found in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Index of the pattern, as given to [`Matcher::new`].
    pub pattern: usize,
    /// First line it was found on, from 1.
    pub line: usize,
    /// On how many lines it was found.
    pub count: usize,
    /// That first line, cut to 400 characters. Hostile text.
    pub text: String,
}

/// Patterns, ready to be looked for.
pub struct Matcher {
    ids: Vec<String>,
    expressions: Vec<Expression>,
    only_in: Vec<Option<Regex>>,
    pieces: AhoCorasick,
    /// For each piece, the expressions whose most telling set holds it.
    needing: Vec<Vec<usize>>,
    /// Expressions that need no piece of text: they are asked about every line.
    always: Vec<usize>,
}

/// One alternative of a pattern.
struct Expression {
    pattern: usize,
    source: String,
    spoken: bool,
    /// Sets of pieces; beside the one it is found by, a line must hold one of each of these.
    also: Vec<Vec<usize>>,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    fn is_match(&self, line: &str) -> bool {
        let regex = self
            .compiled
            .get_or_init(|| RegexBuilder::new(&self.source).size_limit(SIZE_LIMIT).build().ok());
        let Some(regex) = regex else { return false };
        if self.spoken {
            let before = |start| line.get(..start).unwrap_or("");
            regex.find_iter(line.as_bytes()).any(|found| {
                is_whole(line.as_bytes(), found.start(), found.end())
                    && !is_denied(before(found.start()))
            })
        } else {
            regex.is_match(line.as_bytes())
        }
    }
}

impl Matcher {
    /// Makes `patterns` ready. Fails on the first that is no regular expression.
    pub fn new(patterns: &[Pattern]) -> Result<Self, PatternError> {
        let mut only_in = Vec::with_capacity(patterns.len());
        let mut expressions = Vec::new();
        let mut pieces: Vec<String> = Vec::new();
        let mut needing: Vec<Vec<usize>> = Vec::new();
        let mut always = Vec::new();
        let mut known = std::collections::BTreeMap::new();
        let mut number = |piece: String, needing: &mut Vec<Vec<usize>>| -> usize {
            let number = *known.entry(piece.clone()).or_insert(pieces.len());
            if number == pieces.len() {
                pieces.push(piece);
                needing.push(Vec::new());
            }
            number
        };
        for (index, pattern) in patterns.iter().enumerate() {
            let unusable = |reason| PatternError { id: pattern.id.clone(), reason };
            let mut beside: Vec<OneOf> = Vec::new();
            only_in.push(match &pattern.only_in {
                Some(source) => {
                    beside = required(source).map_err(unusable)?;
                    Some(compile(&pattern.id, source)?)
                }
                None => None,
            });
            for alternative in alternatives(&pattern.pattern) {
                let at = expressions.len();
                let mut sets = required(alternative).map_err(unusable)?;
                sets.extend(beside.iter().cloned());
                let mut sets = sets.into_iter().map(|set| {
                    set.into_iter().map(|piece| number(piece, &mut needing)).collect::<Vec<_>>()
                });
                let first = sets.next();
                let also: Vec<Vec<usize>> = sets.collect();
                if first.is_none() {
                    always.push(at);
                }
                for piece in first.into_iter().flatten() {
                    if let Some(list) = needing.get_mut(piece) {
                        list.push(at);
                    }
                }
                let source = expression(alternative, pattern.case_sensitive);
                expressions.push(Expression {
                    pattern: index,
                    source,
                    spoken: pattern.spoken,
                    also,
                    compiled: OnceLock::new(),
                });
            }
        }
        let pieces = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .build(&pieces)
            .map_err(|error| PatternError {
                id: "all patterns together".to_owned(),
                reason: error.to_string(),
            })?;
        let ids = patterns.iter().map(|pattern| pattern.id.clone()).collect();
        Ok(Self { ids, expressions, only_in, pieces, needing, always })
    }

    /// The id of pattern `index`.
    pub fn id(&self, index: usize) -> &str {
        self.ids.get(index).map_or("", String::as_str)
    }

    /// Finds every pattern in `text`, in the order of the patterns.
    pub fn scan(&self, text: &str) -> Vec<Hit> {
        let mut hits: Vec<Option<Hit>> = vec![None; self.ids.len()];
        let mut last = vec![0; self.ids.len()];
        let mut asked: Vec<usize> = Vec::new();
        // The last line that held each piece, and that each expression was asked about.
        let mut holds = vec![0; self.needing.len()];
        let mut considered = vec![0; self.expressions.len()];
        for (number, line) in (1..).zip(text.lines()) {
            let original = cut(line, MAX_LINE);
            if original.trim().is_empty() {
                continue;
            }
            let plain = typewritten(original);
            let line = plain.as_ref();
            let line_bytes = line.as_bytes();
            asked.clone_from(&self.always);
            for piece in self.pieces.find_overlapping_iter(line_bytes) {
                let piece = piece.pattern().as_usize();
                let Some(held) = holds.get_mut(piece) else { continue };
                if *held == number {
                    continue;
                }
                *held = number;
                for at in self.needing.get(piece).into_iter().flatten() {
                    if let Some(last) = considered.get_mut(*at)
                        && *last != number
                    {
                        *last = number;
                        asked.push(*at);
                    }
                }
            }
            let held = |piece: &usize| holds.get(*piece) == Some(&number);
            let is_request = is_request(line);
            for at in &asked {
                let Some(expression) = self.expressions.get(*at) else { continue };
                let index = expression.pattern;
                if is_request && expression.spoken {
                    continue;
                }
                let may_match = expression.also.iter().all(|set| set.iter().any(held));
                if !may_match || last.get(index) == Some(&number) || !expression.is_match(line) {
                    continue;
                }
                let also = self.only_in.get(index).and_then(Option::as_ref);
                let allowed = also.is_none_or(|also| also.is_match(line_bytes));
                let (Some(slot), Some(last)) = (hits.get_mut(index), last.get_mut(index)) else {
                    continue;
                };
                // Two alternatives of one pattern on one line are one hit.
                if !allowed {
                    continue;
                }
                *last = number;
                if let Some(hit) = slot {
                    hit.count += 1;
                } else {
                    let text = original.trim().chars().take(400).collect();
                    *slot = Some(Hit { pattern: index, line: number, count: 1, text });
                }
            }
        }
        hits.into_iter().flatten().collect()
    }
}

/// Whether `line` is an access log's: a quoted request and its status behind it. Paths and browsers' names
/// are nobody's words.
fn is_request(line: &str) -> bool {
    line.split(" HTTP/").skip(1).any(|rest| {
        let version = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let status = version.strip_prefix("\" ").unwrap_or("").as_bytes();
        matches!(status, [b'1'..=b'5', b, c, b' ', ..] if b.is_ascii_digit() && c.is_ascii_digit())
    })
}

/// Whether what was found from `start` to `end` begins where a word begins, and holds its first and last
/// numbers whole: `install` does not speak of a stall, and 0.37360 not of 360. Where a word ends is left
/// to the pattern (`stall` stands for `stalled` too).
fn is_whole(line: &[u8], start: usize, end: usize) -> bool {
    let at = |place: usize| line.get(place).copied().unwrap_or(b' ');
    let before = start.checked_sub(1).map_or(b' ', at);
    let digits = |a: u8, b: u8| a.is_ascii_digit() && b.is_ascii_digit();
    // TcpExtListenDrops is three words and a name.
    let letters = |a: u8, b: u8| a.is_ascii_alphabetic() && b.is_ascii_alphabetic();
    let hump = |a: u8, b: u8| a.is_ascii_lowercase() && b.is_ascii_uppercase();
    let joins = |a: u8, b: u8| digits(a, b) || letters(a, b) && !hump(a, b);
    !joins(before, at(start)) && !digits(at(end.saturating_sub(1)), at(end))
}

/// The line with the apostrophes that browsers, telephones and word processors print as the plain one that
/// patterns hold: "can’t" is "can't".
fn typewritten(line: &str) -> Cow<'_, str> {
    if !line.is_ascii() && line.contains(CURLY) {
        Cow::Owned(line.replace(CURLY, "'"))
    } else {
        Cow::Borrowed(line)
    }
}

/// The longest prefix of `line` of at most `limit` bytes that ends between two characters.
fn cut(line: &str, limit: usize) -> &str {
    if line.len() <= limit {
        return line;
    }
    let end = (0..=limit).rev().find(|end| line.is_char_boundary(*end)).unwrap_or(0);
    line.get(..end).unwrap_or(line)
}

/// The expression as it is compiled.
///
/// Pure ASCII patterns are read byte by byte: a Unicode `.{0,40}` compiles to hundreds of states, and
/// there are a thousand patterns. It also makes `\b` hold between Chinese and Latin letters.
fn expression(pattern: &str, case_sensitive: bool) -> String {
    match (case_sensitive, pattern.is_ascii()) {
        (false, true) => format!("(?i-u:{pattern})"),
        (false, false) => format!("(?i:{pattern})"),
        (true, true) => format!("(?-u:{pattern})"),
        (true, false) => format!("(?:{pattern})"),
    }
}

/// The alternatives of `pattern` at its top level, looking through one group around the whole.
fn alternatives(pattern: &str) -> Vec<&str> {
    let inner = pattern
        .strip_prefix("(?:")
        .or_else(|| pattern.strip_prefix('(').filter(|rest| !rest.starts_with('?')))
        .and_then(|rest| rest.strip_suffix(')'))
        .filter(|inner| split(inner).is_some())
        .unwrap_or(pattern);
    match split(inner) {
        Some(parts) if !pattern.starts_with("(?i") => parts,
        _ => vec![pattern],
    }
}

/// Splits at each `|` outside of groups, classes and escapes; none where the brackets do not match.
fn split(pattern: &str) -> Option<Vec<&str>> {
    let (mut parts, mut start, mut depth, mut class, mut escaped) =
        (Vec::new(), 0, 0_usize, 0_usize, false);
    for (at, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '[' => class += 1,
            ']' if class > 0 => class -= 1,
            _ if class > 0 => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '|' if depth == 0 => {
                parts.push(pattern.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(pattern.get(start..)?);
    (depth == 0 && class == 0 && !escaped).then_some(parts)
}

fn compile(id: &str, source: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(&expression(source, false))
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|error| PatternError { id: id.to_owned(), reason: one_line(&error) })
}

fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines()
        .last()
        .unwrap_or("it does not compile")
        .trim()
        .trim_start_matches("error: ")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(patterns: &[Pattern], text: &str) -> Vec<(String, usize)> {
        let matcher = Matcher::new(patterns).unwrap();
        matcher
            .scan(text)
            .into_iter()
            .map(|hit| (matcher.id(hit.pattern).to_owned(), hit.line))
            .collect()
    }

    #[test]
    fn finds_the_first_line_of_each_pattern() {
        let patterns =
            [Pattern::new("reset", "reset by peer"), Pattern::new("zh", "连接.{0,4}重置")];
        assert_eq!(
            ids(&patterns, "ok\nConnection RESET by peer\nconnection reset by peer\n连接被重置"),
            [("reset".to_owned(), 2), ("zh".to_owned(), 4)]
        );
    }

    #[test]
    fn the_second_pattern_must_hold_on_the_same_line() {
        let mut pattern = Pattern::new("flag", r"\bUF\b");
        pattern.case_sensitive = true;
        pattern.only_in = Some("envoy".to_owned());
        assert!(ids(std::slice::from_ref(&pattern), "UF\nenvoy").is_empty());
        assert_eq!(ids(&[pattern], "[envoy] 503 UF"), [("flag".to_owned(), 1)]);
    }

    #[test]
    fn every_needed_piece_must_be_there_in_any_order_of_the_patterns() {
        let mut placed = Pattern::new("placed", r"\bD[CF]\b");
        placed.only_in = Some("envoy|istio".to_owned());
        let patterns = [
            placed,
            Pattern::new("two", r"error .{0,9}\b(52[0-3]|530)\b"),
            Pattern::new("db", r"\bdb\b"),
        ];
        let text = "DC\nistio DF\nerror\n530 error\nerror code 530\nthe DB";
        assert_eq!(
            ids(&patterns, text),
            [("placed".to_owned(), 2), ("two".to_owned(), 5), ("db".to_owned(), 6)]
        );
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let error =
            Matcher::new(&[Pattern::new("fine", "a"), Pattern::new("bad", "(")]).err().unwrap();
        assert_eq!(error.id, "bad");
        assert!(error.reason.contains("unclosed group"), "{}", error.reason);
    }

    #[test]
    fn alternatives_are_split_at_the_top_level_only() {
        assert_eq!(alternatives("(a|b(c|d)|[|]|e\\|f)"), ["a", "b(c|d)", "[|]", "e\\|f"]);
        assert_eq!(alternatives("(a)|(b)"), ["(a)", "(b)"]);
        assert_eq!(alternatives("(a|b)c"), ["(a|b)c"]);
        assert_eq!(alternatives("(a|b"), ["(a|b"]);
        assert_eq!(
            ids(&[Pattern::new("both", "(连接|\\breset\\b)")], "连接reset"),
            [("both".to_owned(), 1)]
        );
    }

    #[test]
    fn what_a_person_says_begins_with_a_word_and_stands_in_no_access_log() {
        let spoken = [
            Pattern::spoken("stall", "stall"),
            Pattern::spoken("code", "360|50[24]"),
            Pattern::spoken("pool", "okhttp"),
            Pattern::spoken("zh", "连接断开"),
        ];
        for ordinary in [
            "status installed nodejs",
            "[    0.373609] clocksource: 15042",
            r#"198.51.100.7 - - [28/Nov/2026:10:15:02 +0000] "GET /stall HTTP/2.0" 502 48 "-" "okhttp/4""#,
        ] {
            assert!(ids(&spoken, ordinary).is_empty(), "{ordinary}");
        }
        let said =
            "installed, then it stalled\n502了\nTCP连接断开\nrequest: \"GET / HTTP/1.1\", okhttp";
        let found = ["stall", "code", "pool", "zh"].map(str::to_owned);
        assert_eq!(ids(&spoken, said), found.into_iter().zip([1, 2, 4, 3]).collect::<Vec<_>>());
        // A message that a program logs is asked for everywhere.
        assert_eq!(ids(&[Pattern::new("p", "tall")], "installed"), [("p".to_owned(), 1)]);
    }

    #[test]
    fn an_apostrophe_of_print_is_an_apostrophe() {
        let patterns = [Pattern::new("cant", "can.?t connect")];
        assert_eq!(ids(&patterns, "Safari Can’t Connect"), [("cant".to_owned(), 1)]);
        let hits = Matcher::new(&patterns).unwrap().scan("it can‘t connect");
        assert_eq!(hits.first().map(|hit| hit.text.as_str()), Some("it can‘t connect"));
    }

    #[test]
    fn an_endless_line_is_cut_between_characters() {
        let line = "连".repeat(10_000);
        assert!(cut(&line, MAX_LINE).len() <= MAX_LINE);
        assert!(ids(&[Pattern::new("x", "nothing")], &line).is_empty());
    }
}
