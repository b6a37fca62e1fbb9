//! The host part of a target: one strict reading, or a rule that says what is wrong with it.
//!
//! Text that any common program would turn into an IPv4 address is accepted in one form only, four
//! plain decimal numbers. Names are mapped by IDNA first and judged afterwards, so that no spelling
//! hides a name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::rules::{self, Rule};

/// The host of a target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// An address, typed as such.
    Address(IpAddr),
    /// A name in its ASCII form, lower case, without the trailing dot.
    Name(String),
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]"),
            Self::Address(IpAddr::V4(v4)) => write!(f, "{v4}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Whether `c` takes no room, or turns the direction of the text: Unicode's default ignorable
/// characters, bidirectional controls, tags and fillers.
pub(super) fn is_hidden(c: char) -> bool {
    matches!(u32::from(c),
        0xad | 0x34f | 0x61c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// The dots of UTS #46: full stop, ideographic, full-width and half-width.
fn is_dot(c: char) -> bool {
    matches!(c, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Reads what stands between square brackets.
pub(super) fn parse_bracketed(inside: &str) -> Result<Host, Rule> {
    if inside.contains('%') {
        return Err(rules::ZONE);
    }
    match inside.parse::<Ipv6Addr>() {
        Ok(v6) => Ok(Host::Address(v6.into())),
        Err(_) if inside.contains(':') => Err(rules::IPV6),
        Err(_) => Err(rules::BRACKETS),
    }
}

/// Reads a host without brackets: an IPv4 address or a name. Returns the host and whether a
/// trailing dot was typed.
pub(super) fn parse_unbracketed(text: &str) -> Result<(Host, bool), Rule> {
    if text.is_empty() {
        return Err(rules::NO_HOST);
    }
    if text.contains('%') {
        return Err(rules::PERCENT);
    }
    if let Some(c) = text.chars().find(|c| c.is_ascii() && !is_name_character(*c)) {
        return Err(if c == '[' || c == ']' { rules::BRACKETS } else { rules::CHARACTER });
    }
    if let Ok(v4) = text.parse::<Ipv4Addr>() {
        return Ok((Host::Address(v4.into()), false));
    }
    let typed_last = text.trim_end_matches(is_dot).rsplit(is_dot).next().unwrap_or_default();
    // Digits of other scripts in the last label: no top-level domain is a number.
    if !typed_last.is_empty() && typed_last.chars().all(char::is_numeric) {
        return Err(rules::NUMBER);
    }
    let ascii = map_to_ascii(text)?;
    let (name, absolute) = match ascii.strip_suffix('.') {
        Some(name) => (name, true),
        None => (ascii.as_str(), false),
    };
    check_labels(name)?;
    Ok((Host::Name(name.to_owned()), absolute))
}

/// Letters, digits, hyphen, dot, and the underscore, which real host names of clouds and Windows
/// networks hold although RFC 1123 does not have it.
fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')
}

fn map_to_ascii(text: &str) -> Result<String, Rule> {
    // Length and hyphens are judged label by label afterwards, for a clearer reason.
    let mapped = Uts46::new()
        .to_ascii(text.as_bytes(), AsciiDenyList::EMPTY, Hyphens::Allow, DnsLength::Ignore)
        .map_err(|_| rules::IDN)?;
    if !mapped.chars().all(is_name_character) {
        return Err(rules::CHARACTER);
    }
    Ok(mapped.into_owned())
}

fn check_labels(name: &str) -> Result<(), Rule> {
    if name.is_empty() {
        return Err(rules::NO_HOST);
    }
    if name.split('.').any(str::is_empty) {
        return Err(rules::EMPTY_LABEL);
    }
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        return Err(rules::NUMBER);
    }
    if last.contains('-') && last.chars().all(|c| c.is_ascii_digit() || c == '-') {
        return Err(rules::RANGE);
    }
    if name.len() > 253 {
        return Err(rules::NAME_TOO_LONG);
    }
    for label in name.split('.') {
        if label.len() > 63 {
            return Err(rules::LABEL_TOO_LONG);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(rules::HYPHEN);
        }
    }
    Ok(())
}

/// WHATWG URL, "ends in a number": all digits, or `0x` and hexadecimal digits (none is zero).
fn is_number(label: &str) -> bool {
    if label.bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    label.strip_prefix("0x").is_some_and(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
