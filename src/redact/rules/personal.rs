//! Personal data and addresses, and at last what merely looks random.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

use super::{Find, Rule, after, as_is, before, secret};
use crate::redact::{
    checks,
    kind::{Confidence, Kind},
};

/// The order is that of [`asked`].
pub(super) const RULES: &[Rule] = &[
    Rule {
        kind: Kind::Email,
        confidence: Confidence::Medium,
        needs: &["@", "%40"],
        pattern: r"(?i)\b[a-z0-9](?:[a-z0-9._%+-]{0,63})(?:@|%40)(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}\b",
        check: email,
    },
    Rule {
        kind: Kind::Ipv4,
        confidence: Confidence::Medium,
        needs: &[],
        pattern: r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}",
        check: ipv4,
    },
    Rule {
        kind: Kind::Ipv6,
        confidence: Confidence::Medium,
        needs: &[],
        pattern: r"(?i)[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:[0-9]{0,3}(?:\.[0-9]{1,3}){3})?",
        check: ipv6,
    },
    Rule {
        kind: Kind::Mac,
        confidence: Confidence::Medium,
        needs: &[],
        pattern: r"(?i)\b(?:[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5,20}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b",
        check: mac,
    },
    Rule {
        kind: Kind::Phone,
        confidence: Confidence::Low,
        needs: &[],
        pattern: r"(?:(?:\+|00)?86[ -]?)?1[3-9][0-9](?:[ -]?[0-9]{4}){2}",
        check: phone,
    },
    Rule {
        kind: Kind::NationalId,
        confidence: Confidence::Medium,
        needs: &[],
        pattern: r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9Xx]",
        check: national_id,
    },
    Rule {
        kind: Kind::Card,
        confidence: Confidence::Medium,
        needs: &[],
        pattern: r"(?:4[0-9]{3}|5[1-5][0-9]{2}|2[2-7][0-9]{2}|3[47][0-9]{2}|35[0-9]{2}|6[0-9]{3})(?:[ -]?[0-9]{4}){2}[ -]?[0-9]{3,4}(?:[ -]?[0-9]{3})?",
        check: card,
    },
];

/// The rules, counted from `base`, that a line is worth asking about; one pass over its bytes.
pub(super) fn asked(line: &str, base: usize) -> Vec<usize> {
    let (mut dots, mut colons, mut digits, mut dashes) = (0_usize, 0_usize, 0_usize, 0_usize);
    for byte in line.bytes() {
        match byte {
            b'.' => dots += 1,
            b':' => colons += 1,
            b'-' => dashes += 1,
            b'0'..=b'9' => digits += 1,
            _ => {}
        }
    }
    let mut asked = Vec::new();
    let mut ask = |is_worth: bool, rule: usize| {
        if is_worth {
            asked.push(base + rule);
        }
    };
    ask(dots >= 3 && digits >= 4, 1);
    ask(colons >= 2, 2);
    ask(colons >= 5 || dashes >= 5 || dots >= 2, 3);
    ask(digits >= 11, 4);
    ask(digits >= 17, 5);
    ask(digits >= 13, 6);
    asked
}

/// Ends of names that are no top-level domains: units of systemd, files.
const NO_DOMAINS: &[&str] = &[
    "service",
    "socket",
    "timer",
    "mount",
    "automount",
    "slice",
    "target",
    "scope",
    "device",
    "path",
    "swap",
    "conf",
    "log",
    "sock",
    "png",
    "jpg",
    "svg",
    "js",
    "css",
    "json",
    "yaml",
    "yml",
    "xml",
    "html",
    "txt",
    "so",
    "jar",
    "deb",
    "rpm",
    "local_domain",
    "internal-id",
];

fn email(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let end = own.as_str().rsplit('.').next()?.to_lowercase();
    let head = before(line, own.start());
    // `git@host` and `scheme://user:pass@host` name an account on a host.
    let authority = head.rfind("://").and_then(|at| head.get(at + 3..));
    let is_account = own.as_str().starts_with("git@")
        || authority.is_some_and(|text| !text.contains(['/', '?', ' ', '"', '\'', '<']));
    (!NO_DOMAINS.contains(&end.as_str()) && !is_account).then(|| own.range())
}

/// Whether nothing that would make `range` part of something longer stands beside it.
fn stands_alone(line: &str, range: &Range<usize>, glue: &[u8]) -> bool {
    let bytes = line.as_bytes();
    let is_glue = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at))
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || glue.contains(byte))
    };
    !is_glue(range.start.checked_sub(1)) && !is_glue(Some(range.end))
}

/// The last octet of an address; versions with four parts are told by what stands beside them.
fn ipv4(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let bytes = line.as_bytes();
    let left = own.start().checked_sub(1).and_then(|at| bytes.get(at)).copied();
    let after = bytes.get(own.end()).copied();
    let follows = bytes.get(own.end() + 1).copied();
    let is_word = |byte: Option<u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || b == b'_');
    // `ip-10.0.0.1` is an address; `libfoo-1.2.3.4`, `1.2.3.4-5`, `1.2.3.4+dfsg`, `Chrome/1.2.3.4`,
    // `v1.2.3.4` and `1.2.3.4.5` are versions.
    // BSD and macOS put the port behind a point: `tcp4 0 0 10.0.0.5.22 198.51.100.7.50112`.
    let has_port = after == Some(b'.')
        && checks::is_ipv4(own.as_str())
        && ["tcp", "udp", "IP "].iter().any(|word| head_of(line, own.start()).starts_with(word))
        && after_digits(line, own.end() + 1).is_some_and(|rest| !rest.starts_with('.'));
    let is_part = is_word(left)
        || matches!(left, Some(b'.' | b'+' | b'~'))
        || is_word(after)
        || matches!(after, Some(b'+' | b'~'))
        || (after == Some(b'.') && is_word(follows) && !has_port)
        || (after == Some(b'-') && is_word(follows) && !follows_address(line, own.end() + 1));
    let head = before(line, own.start());
    let is_version = match left {
        Some(b'/') => {
            head.trim_end_matches('/').ends_with(|c: char| c.is_alphabetic())
                && !head.contains("://")
                && !head.trim_end_matches('/').ends_with("addr")
        }
        Some(b'-') => {
            head.trim_end_matches('-').ends_with(|c: char| c.is_alphanumeric())
                && !head.ends_with("ip-")
        }
        Some(b':') => head.trim_end_matches(':').ends_with(|c: char| c.is_ascii_digit()),
        _ => ["version ", "Version ", "version: ", "version=", "version\":\"", "ver. ", "release "]
            .iter()
            .any(|word| head.ends_with(word)),
    };
    if is_part || is_version || !checks::is_ipv4(own.as_str()) {
        return None;
    }
    let dot = own.as_str().rfind('.')? + 1;
    Some(own.start() + dot..own.end())
}

/// The line up to `at`, without the time at its start.
fn head_of(line: &str, at: usize) -> &str {
    let head = line.get(..at).unwrap_or("").trim_start();
    let clock =
        head.find(' ').filter(|end| head.get(..*end).is_some_and(|word| word.contains(':')));
    head.get(clock.map_or(0, |end| end + 1)..).unwrap_or(head)
}

/// What stands behind the digits at `at`, one to five of them.
fn after_digits(line: &str, at: usize) -> Option<&str> {
    let rest = after(line, at);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    (1..=5).contains(&end).then(|| rest.get(end..)).flatten()
}

/// `10.0.0.1-10.0.0.9`: a range, not a version.
fn follows_address(line: &str, at: usize) -> bool {
    let parts: Vec<&str> = after(line, at).splitn(4, '.').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    parts.len() == 4 && parts.iter().take(3).all(is_number)
}

fn ipv6(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    // A colon after an address in a log ends it: `2001:db8::1: refused`.
    let text = own.as_str();
    let text = if text.ends_with("::") { text } else { text.strip_suffix(':').unwrap_or(text) };
    let range = own.start()..own.start() + text.len();
    if !stands_alone(line, &range, b"_.") || text.len() < 4 {
        return None;
    }
    let part = checks::ipv6_private_part(text)?;
    Some(own.start() + part..range.end)
}

fn mac(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let text = own.as_str();
    // Switches write `001a.2b3c.4d5e`; with digits alone it is some number.
    if text.contains('.') {
        let has_letter = text.bytes().any(|byte| byte.is_ascii_alphabetic());
        return (has_letter && stands_alone(line, &own.range(), b"._-/")).then(|| own.range());
    }
    // iptables prints both addresses and the type in one row; fingerprints have 16 bytes and more.
    let groups = text.split([':', '-']).count();
    let is_address = groups == 6 || groups == 14;
    let is_nobody = text.bytes().all(|byte| matches!(byte, b'0' | b':' | b'-'))
        || text.to_lowercase().starts_with("ff:ff:ff:ff");
    (is_address && !is_nobody && stands_alone(line, &own.range(), b":-_")).then(|| own.range())
}

/// Not a count of bytes, not part of a longer number.
fn phone(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    // `+8613800138000: delivered` ends with a colon; a clock or an address goes on behind it.
    let ends_so = after(line, own.end()).starts_with(": ");
    let glue: &[u8] = if ends_so { b"._-/@" } else { b"._-/:@" };
    if !stands_alone(line, &own.range(), glue) && !labelled(line, own.start()) {
        return None;
    }
    let rest = after(line, own.end()).trim_start().to_lowercase();
    let is_count = ["bytes", "byte", "b ", "kb", "ns", "us", "ms", "packets", "requests", "/"]
        .iter()
        .any(|unit| rest.starts_with(unit));
    let head = before(line, own.start()).to_lowercase();
    let counted = [
        "bytes", "size", "length", "len", "offset", "seq", "ack", "time", "ts", "id", "inode",
        "total", "count", "sent", "rx", "tx", "free", "used", "mem",
    ]
    .iter()
    .any(|name| head.trim_end_matches(['=', ':', ' ', '"', '[', '(']).ends_with(name));
    // `138 1234 5678` has two gaps; one gap is two numbers that happen to stand side by side.
    let number = own.as_str().trim_start_matches('+').trim_start_matches("00");
    let number =
        number.strip_prefix("86").map_or(number, |rest| rest.trim_start_matches([' ', '-']));
    let gaps = number.matches([' ', '-']).count();
    (!is_count && !counted && gaps != 1).then(|| own.range())
}

fn labelled(line: &str, start: usize) -> bool {
    let head = before(line, start).to_lowercase();
    let head = head.trim_end_matches([' ', '"', '+', ':', '=', '：']);
    ["phone", "mobile", "tel", "手机", "手机号", "电话"].iter().any(|name| head.ends_with(name))
        && line.as_bytes().get(start + 11).is_none_or(|byte| !byte.is_ascii_digit())
}

fn national_id(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    (checks::is_citizen_number(own.as_str()) && stands_alone(line, &own.range(), b"._"))
        .then(|| own.range())
}

fn card(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let near = stands_alone(line, &own.range(), b"._-/");
    (near && checks::is_card(own.as_str())).then(|| as_is(found, line)).flatten()
}

static RANDOM: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[0-9A-Za-z+/=_-]{24,512}").ok());

/// Long strings that look drawn at random; suggestions only.
pub(in crate::redact) fn random_strings(text: &str) -> Vec<Find> {
    let found = RANDOM.iter().flat_map(|regex| regex.find_iter(text));
    found
        .filter(|found| checks::is_random(found.as_str()))
        .map(|found| Find {
            range: found.range(),
            whole: None,
            kind: Kind::Unknown,
            confidence: Confidence::Low,
            rule: usize::MAX,
        })
        .collect()
}
