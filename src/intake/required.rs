//! The pieces of text that a regular expression cannot match without.

use regex_syntax::{
    ParserBuilder,
    hir::{Hir, HirKind},
};

/// A shorter piece stands on too many lines to save anything, bytes. A Chinese character has three.
const SHORTEST: usize = 3;

/// More pieces than this save nothing.
const MOST: usize = 40;

/// Pieces of which every match of `pattern` holds at least one, in lower case; none where no such
/// pieces are known. Fails where `pattern` is no regular expression, with the reason on one line.
pub(super) fn required(pattern: &str) -> Result<Vec<String>, String> {
    // Without `i`, so that letters stay letters; the pieces are looked for without regard to case.
    // Case folding beyond ASCII does not matter: no pattern relies on it.
    let hir = ParserBuilder::new().utf8(false).build().parse(pattern).map_err(|error| {
        let text = error.to_string();
        text.lines().last().unwrap_or_default().trim().trim_start_matches("error: ").to_owned()
    })?;
    Ok(pieces(&hir).unwrap_or_default())
}

fn pieces(hir: &Hir) -> Option<Vec<String>> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            let text = std::str::from_utf8(&literal.0).ok()?.to_lowercase();
            (text.len() >= SHORTEST).then(|| vec![text])
        }
        HirKind::Capture(capture) => pieces(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => pieces(&repetition.sub),
        HirKind::Concat(parts) => {
            parts.iter().filter_map(pieces).max_by_key(|found| shortest(found))
        }
        HirKind::Alternation(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(pieces(part)?);
            }
            (all.len() <= MOST).then_some(all)
        }
        _ => None,
    }
}

/// How selective pieces are: the length of the shortest.
fn shortest(pieces: &[String]) -> usize {
    pieces.iter().map(String::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_a_match_cannot_lack() {
        let of = |pattern| required(pattern).unwrap();
        assert_eq!(of(r"Connection reset by peer"), ["connection reset by peer"]);
        assert_eq!(of(r"\b(only|just) (one|a single) network\b"), [" network"]);
        assert_eq!(of(r"(restart|reboot)\w*"), ["restart", "reboot"]);
        assert_eq!(of(r"重启.{0,8}(好|正常)"), ["重启"]);
        assert_eq!(of(r"errno[ =:]*104"), ["errno"]);
        assert!(of(r"(abc)?\d+").is_empty());
        assert!(of(r"(abc|\d)").is_empty());
        assert_eq!(required("(a").unwrap_err(), "unclosed group");
    }
}
