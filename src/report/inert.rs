//! Text from outside made harmless: nothing in it may act where it is read.

/// One line of `text`: what moves the cursor becomes a space, what is invisible or turns the
/// direction of the text goes, and spaces in a row are one.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            continue;
        }
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !(line.is_empty() || line.ends_with(' ')) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// `text` with its lines kept, for commands and configuration: no control characters but the line
/// feed and the tab, nothing invisible, nothing that turns the direction of the text.
pub(super) fn lines(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\n' | '\t') || !(c.is_control() || is_hidden(*c)))
        .collect()
}

/// Whether `c` takes no room, or turns the direction of the text: Unicode's default ignorable
/// characters, line and paragraph separators, bidirectional controls, tags and private use.
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xe000..=0xf8ff | 0xfe00..=0xfe0f | 0xfeff | 0xffa0
        | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0x0010_ffff)
}

/// The full-width twin of an ASCII character: it looks the same and means nothing to any program
/// (U+FF01 to U+FF5E mirror `!` to `~`). Other characters stay.
pub(super) fn twin(c: char) -> char {
    if c.is_ascii_graphic() { char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c) } else { c }
}

/// Whether the character at `at` stands between two letters or digits, as `_` does in
/// `keepalive_timeout`; no markup begins or ends there.
pub(super) fn is_inside_word(text: &[char], at: usize) -> bool {
    let word =
        |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(|c| c.is_alphanumeric());
    word(at.checked_sub(1)) && word(Some(at + 1))
}

/// Whether the colon at `at` makes an address that programs turn into a link: `http://`.
pub(super) fn is_scheme_colon(text: &[char], at: usize) -> bool {
    text.get(at) == Some(&':') && text.get(at + 1) == Some(&'/') && text.get(at + 2) == Some(&'/')
}

/// An address of ours as it may stand in a link: whatever could end or change the link is
/// percent-encoded.
pub(super) fn address(url: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(url.len());
    for byte in url.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#&=%[],;+".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// `text` for XML, in an element or between double quotes.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in one_line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Not allowed in XML 1.0 at all.
            '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_line_without_tricks() {
        assert_eq!(one_line(" a\r\n\tb\u{1b}[31m\u{202e}c\u{200b}\u{2028}d "), "a b [31mcd");
        assert_eq!(lines("a\r\n\tb\u{202e}"), "a\n\tb");
    }

    #[test]
    fn twins_look_alike_and_are_not_ascii() {
        assert_eq!("@all<!here>".chars().map(twin).collect::<String>(), "＠ａｌｌ＜！ｈｅｒｅ＞");
        assert_eq!(twin('断'), '断');
    }

    #[test]
    fn an_address_cannot_leave_its_link() {
        assert_eq!(address("https://h.example/d/x)|>\" "), "https://h.example/d/x%29%7C%3E%22%20");
        assert_eq!(address("http://[::1]:8080/d/a_b-c"), "http://[::1]:8080/d/a_b-c");
    }
}
