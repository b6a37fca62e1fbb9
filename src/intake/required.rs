//! The pieces of text that a regular expression cannot match without.

use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};

/// A shorter piece stands on too many lines to save anything, bytes. A Chinese character has three.
const SHORTEST: usize = 3;

/// Where a pattern has no piece of [`SHORTEST`], one of this length is better than none.
const SHORT: usize = 2;

/// More pieces than this save nothing.
const MOST: usize = 40;

/// More sets than this are not worth the asking.
const SETS: usize = 4;

/// Pieces of which a match holds at least one, in lower case.
pub(super) type OneOf = Vec<String>;

/// What every match of `pattern` holds: of each set at least one piece, the most telling set first;
/// none where no such pieces are known. Fails where `pattern` is no regular expression, with the reason
/// on one line.
pub(super) fn required(pattern: &str) -> Result<Vec<OneOf>, String> {
    // Without `i`, so that letters stay letters; the pieces are looked for without regard to case.
    // Case folding beyond ASCII does not matter: no pattern relies on it.
    let hir = ParserBuilder::new().utf8(false).build().parse(pattern).map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
    })?;
    let mut sets = sets(&hir, SHORTEST);
    if sets.is_empty() {
        sets = self::sets(&hir, SHORT);
    }
    // Stable, so that of equals the first stands first.
    sets.sort_by_key(|set| std::cmp::Reverse(shortest(set)));
    sets.truncate(SETS);
    Ok(sets)
}

/// The sets of pieces of at least `least` bytes, in the order of the pattern.
fn sets(hir: &Hir, least: usize) -> Vec<OneOf> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let Ok(text) = std::str::from_utf8(&literal.0) else { return Vec::new() };
            let text = text.to_lowercase();
            if text.len() >= least { vec![vec![text]] } else { Vec::new() }
        }
        HirKind::Capture(capture) => sets(&capture.sub, least),
        HirKind::Repetition(repetition) if repetition.min > 0 => sets(&repetition.sub, least),
        HirKind::Concat(parts) => parts.iter().flat_map(|part| sets(part, least)).collect(),
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                let best = sets(part, least).into_iter().max_by_key(shortest);
                let Some(best) = best else { return Vec::new() };
                all.extend(best);
            }
            if all.len() <= MOST { vec![all] } else { Vec::new() }
        }
        _ => Vec::new(),
    }
}

/// How telling pieces are: the length of the shortest.
fn shortest(pieces: &OneOf) -> usize {
    pieces.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_a_match_cannot_lack() {
        let of = |pattern| {
            let sets = required(pattern).unwrap();
            sets.iter().map(|set| set.join("|")).collect::<Vec<_>>()
        };
        assert_eq!(of(r"Connection reset by peer"), ["connection reset by peer"]);
        assert_eq!(
            of(r"\b(only|just) (one|a single) network\b"),
            [" network", "only|just", "one|a single"]
        );
        assert_eq!(of(r"(restart|reboot)\w*"), ["restart|reboot"]);
        assert_eq!(of(r"重启.{0,8}(好|正常)"), ["重启", "好|正常"]);
        assert_eq!(of(r"errno[ =:]*104"), ["errno", "104"]);
        assert_eq!(of(r"HTTP/[12](\.\d)? 520"), ["http/", " 520"]);
        assert_eq!(of(r"\bdb\b"), ["db"]);
        assert!(of(r"(abc)?\d+").is_empty());
        assert!(of(r"(abc|\d)").is_empty());
        assert!(of(r"(abc)*x").is_empty());
        assert_eq!(required("(a").unwrap_err(), "unclosed group");
    }
}
