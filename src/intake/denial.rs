//! Whether what a person says before some words takes them back: "no CLOSE_WAIT", "we blamed the
//! firewall, but", "不是防火墙".

use std::sync::LazyLock;

use regex::Regex;

/// How far back a denial reaches, bytes. judgement: beyond that it belongs to something else.
const REACH: usize = 60;

/// A word of denial or of a suspicion that is over, and at most three words between it and the end.
///
/// "Not only", "not just" and "no matter" deny nothing. A comma or a full stop ends the reach.
static DENIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let between = r"(?:[\s\W&&[^.,;:!?()]]+[\w'’-]+){0,2}[\s\W&&[^.,;:!?()]]*$";
    let english = format!(
        r"(?i)\b(?:no|not|never|without|neither|nor|isn.?t|wasn.?t|aren.?t|weren.?t|rather than|instead of|nothing to do with|(?:ruled|rule) out|blamed|searched for|looked for)\b{between}"
    );
    let chinese = r"(?:没有|沒有|不是|并非|并不是|并没有|不像是?|排除了?|以为是?|不存在|没见到?|没看到)[^，。；：！？,.;:!?()（）]{0,6}$";
    Regex::new(&format!("{english}|{chinese}")).ok()
});

static NO_DENIAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:not (?:only|just|sure|clear)|no (?:matter|longer|idea|doubt))\b[^.,;:!?]*$",
    )
    .ok()
});

/// Whether `before`, the part of a line in front of some words, denies them.
pub(super) fn is_denied(before: &str) -> bool {
    let start = before.len().saturating_sub(REACH);
    let start = (start..=before.len()).find(|at| before.is_char_boundary(*at)).unwrap_or(0);
    let near = before.get(start..).unwrap_or("");
    let holds = |pattern: &Option<Regex>| pattern.as_ref().is_some_and(|p| p.is_match(near));
    holds(&DENIAL) && !holds(&NO_DENIAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denials_are_denials() {
        for denied in [
            "there is no ",
            "It is not a ",
            "everything ESTABLISHED, no socket in ",
            "So we blamed the ",
            "this isn't the ",
            "全是 ESTABLISHED，没有 ",
            "这不是",
            "已经排除了",
        ] {
            assert!(is_denied(denied), "{denied}");
        }
    }

    #[test]
    fn other_words_are_not() {
        for said in [
            "",
            "the server ",
            "not only the ",
            "it did not start. The log says ",
            "could not connect: ",
            "I do not know what it is, but the ",
            "no matter which ",
            "没有重启，日志里是",
            "not one two three four five six seven ",
        ] {
            assert!(!is_denied(said), "{said}");
        }
    }

    #[test]
    fn the_reach_ends_between_characters() {
        assert!(!is_denied(&"超".repeat(100)));
    }
}
