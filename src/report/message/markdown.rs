//! CommonMark with GitHub's extensions (https://spec.commonmark.org/0.31.2/,
//! https://github.github.com/gfm/, read 2026-11-28).

use super::{super::inert, Dialect, Limit};

/// GitHub takes 65,536 characters in a comment; a message never comes near.
pub(super) const DIALECT: Dialect = Dialect {
    escape,
    strong: ("**", "**"),
    bullet: "- ",
    line: "\n",
    colon: None,
    link: |words, url| format!("[{words}]({url})"),
    limit: Limit::None,
};

/// One line of hostile text for the inside of a Markdown line or table cell. Backslashes stop
/// emphasis, code, links, tables, formulas and bare addresses; entities stop HTML, for readers that
/// know no backslash too; `@` has no escape on GitHub, so its twin stands there.
pub(in crate::report) fn escape(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    for (at, &c) in chars.iter().enumerate() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push(inert::twin(c)),
            '\\' | '`' | '*' | '[' | ']' | '~' | '|' | '$' | '^' => out.extend(['\\', c]),
            '_' if !inert::is_inside_word(&chars, at) => out.extend(['\\', c]),
            ':' if inert::is_scheme_colon(&chars, at) => out.extend(['\\', c]),
            '.' if ends_www(&chars, at) => out.extend(['\\', c]),
            // What opens a heading, a list or a rule at the beginning of an item.
            '#' | '+' | '-' | '=' if at == 0 => out.extend(['\\', c]),
            '.' | ')' if is_number_before(&chars, at) => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// The same for a sentence of ours, in which two backticks mark code: what they hold stays code where no
/// reader could take it for anything else, and the whole is escaped where they do not pair.
pub(in crate::report) fn coded(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let is_code = |at: usize| at % 2 == 1;
    // A pipe ends a cell of a table even in code, and a reader that knows no code takes a tag for one.
    let fits = |(at, part): (usize, &&str)| {
        let is_outermost = at == 0 || at + 1 == parts.len();
        if is_code(at) {
            !part.is_empty() && part.trim() == *part && !part.contains(['|', '<', '&'])
        } else {
            // Two runs of backticks side by side would be one.
            is_outermost || !part.is_empty()
        }
    };
    if parts.len().is_multiple_of(2) || !parts.iter().enumerate().all(fits) {
        return escape(text);
    }
    let told = parts
        .iter()
        .enumerate()
        .map(|(at, part)| if is_code(at) { format!("`{part}`") } else { escape(part) });
    told.collect()
}

/// `text` as a block of code with its lines: the fence is longer than any run of backticks inside.
pub(in crate::report) fn fenced(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}\n{}\n{fence}\n", inert::lines(text).trim_end_matches('\n'))
}

fn ends_www(chars: &[char], at: usize) -> bool {
    let start = at.saturating_sub(3);
    at >= 3
        && chars.get(start..at).is_some_and(|www| www.iter().all(|c| c.eq_ignore_ascii_case(&'w')))
}

/// Whether all before `at` are digits, as in the `1.` of a list.
fn is_number_before(chars: &[char], at: usize) -> bool {
    at > 0 && chars.get(..at).is_some_and(|before| before.iter().all(char::is_ascii_digit))
}
