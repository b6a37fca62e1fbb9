//! What a regular expression cannot check: sums, addresses, words that are no secrets.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::collections::BTreeMap;

/// Words that stand where a password could stand and are none.
const NO_SECRETS: &[&str] = &[
    "yes",
    "no",
    "true",
    "false",
    "on",
    "off",
    "null",
    "nil",
    "none",
    "undefined",
    "empty",
    "unset",
    "set",
    "missing",
    "invalid",
    "expired",
    "required",
    "requires",
    "incorrect",
    "wrong",
    "bad",
    "valid",
    "ok",
    "failed",
    "failure",
    "failed,",
    "error",
    "rejected",
    "accepted",
    "denied",
    "changed",
    "not",
    "is",
    "was",
    "for",
    "the",
    "a",
    "an",
    "and",
    "or",
    "authentication",
    "unknown",
    "optional",
    "default",
    "hidden",
    "masked",
    "redacted",
    "removed",
    "filtered",
    "secret",
    "password",
    "passwd",
    "token",
    "string",
    "bearer",
    "basic",
    "digest",
    "negotiate",
    "ntlm",
    "hmac",
    "prompt",
    "ask",
    "disabled",
    "enabled",
    "plain",
    "plaintext",
    "changeme",
    "example",
    "your-password",
    "must",
    "should",
    "cannot",
    "could",
    "may",
    "login",
    "auth",
    "user",
    "file",
    "env",
    "any",
    "nothing",
    "present",
    "absent",
    "provided",
    "given",
    "n/a",
    "-",
    "错误",
    "不正确",
    "无效",
    "已过期",
    "为空",
    "必填",
];

/// Whether `value` may be a secret: no known word, no reference to a variable, not masked already.
pub(super) fn may_be_secret(value: &str) -> bool {
    let bare = value.trim_matches(|c: char| matches!(c, '"' | '\'' | '\\' | '.' | ',' | ';' | '!'));
    if bare.is_empty() || NO_SECRETS.contains(&bare.to_lowercase().as_str()) {
        return false;
    }
    let reference =
        ["${", "$(", "{{", "%(", "<", "%{", "@{", "process.env", "os.environ", "vault:", "ssm:"];
    if reference.iter().any(|start| bare.starts_with(start)) || is_variable(bare) {
        return false;
    }
    // `********`, `xxxxx`, `[REDACTED]`, `...`
    let inner =
        bare.trim_matches(|c: char| matches!(c, '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>'));
    if NO_SECRETS.contains(&inner.to_lowercase().as_str()) {
        return false;
    }
    bare.chars().any(|c| !matches!(c, '*' | 'x' | 'X' | '.' | '•' | '-' | '_' | '#' | '?'))
}

/// `$DB_PASSWORD`, `%s`, `:password`, `?`
fn is_variable(value: &str) -> bool {
    let named = value.strip_prefix('$').is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|c| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit())
            && !name.starts_with(|c: char| c.is_ascii_digit())
    });
    named || matches!(value, "%s" | "%v" | "%d" | "?" | "$1" | "$2" | "$3")
}

/// Whether `value` holds a digit or two cases or a sign, as secrets do and plain words do not.
pub(super) fn is_distinct(value: &str) -> bool {
    let (mut digit, mut upper, mut lower, mut sign) = (false, false, false, false);
    for c in value.chars() {
        digit |= c.is_ascii_digit();
        upper |= c.is_uppercase();
        lower |= c.is_lowercase();
        sign |= c.is_ascii_punctuation() && !matches!(c, '-' | '_' | '.' | '/' | ':');
    }
    let letters = upper || lower;
    (digit && letters) || sign || (digit && value.len() >= 12) || mixed(value)
}

/// An upper case letter after a lower case one, twice at least: `aBcDe`, and not `Connection`.
fn mixed(value: &str) -> bool {
    let bytes = value.as_bytes();
    let turns = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if a.is_ascii_lowercase() && b.is_ascii_uppercase()));
    turns.count() >= 2
}

/// The check digit of card numbers (ISO/IEC 7812-1, annex B).
pub(super) fn is_card(value: &str) -> bool {
    let digits: Vec<u32> = value.chars().filter_map(|c| c.to_digit(10)).collect();
    if !(13..=19).contains(&digits.len()) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, digit * 2) {
            (0, _) => *digit,
            (_, doubled) if doubled > 9 => doubled - 9,
            (_, doubled) => doubled,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| Some(digit) != digits.first())
}

/// The check character of Chinese citizen numbers (GB 11643-1999, ISO 7064 MOD 11-2).
pub(super) fn is_citizen_number(value: &str) -> bool {
    let mut sum = 0;
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    for (c, weight) in value.chars().zip(weights) {
        let Some(digit) = c.to_digit(10) else { return false };
        sum += digit * weight;
    }
    let expected = "10X98765432".chars().nth(sum as usize % 11);
    value.chars().nth(17).map(|c| c.to_ascii_uppercase()) == expected
}

/// Whether `value` is an IPv4 address of somebody: not loopback, not a network or its mask, not the
/// empty address.
pub(super) fn is_ipv4(value: &str) -> bool {
    let Ok(address) = value.parse::<Ipv4Addr>() else { return false };
    let octets = address.octets();
    let first = octets.first().copied().unwrap_or(0);
    let is_network = octets.last() == Some(&0);
    !is_network && first != 0 && first != 127 && first != 255 && !(224..240).contains(&first)
}

/// Where the part of an IPv6 address that is somebody's begins, bytes: after the first two groups,
/// which say no more than the provider. None for what is no address, and for loopback and multicast.
pub(super) fn ipv6_private_part(value: &str) -> Option<usize> {
    let address: Ipv6Addr = value.parse().ok()?;
    if address.is_loopback() || address.is_unspecified() || address.is_multicast() {
        return None;
    }
    if let Some(dot) = value.rfind('.') {
        return Some(dot + 1);
    }
    let mut colons = value.match_indices(':').map(|(at, _)| at);
    let second = colons.nth(1)? + 1;
    // `2001:db8::` names a network alone.
    let rest = value.get(second..)?.trim_start_matches(':');
    (!rest.is_empty()).then(|| value.len() - rest.len())
}

/// Whether a long string looks drawn at random: three classes of characters, and many bits for each.
pub(super) fn is_random(value: &str) -> bool {
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    has(u8::is_ascii_digit)
        && has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && value.matches('/').count() * 12 <= value.len()
        && value.matches(['-', '_', '.']).count() * 12 <= value.len()
        && bits_per_character(value) >= 4.0
}

/// Shannon entropy, bits for each character.
fn bits_per_character(value: &str) -> f64 {
    let mut counts: BTreeMap<u8, f64> = BTreeMap::new();
    for byte in value.bytes() {
        *counts.entry(byte).or_insert(0.0) += 1.0;
    }
    let total = value.len().max(1) as f64;
    counts.values().map(|count| -count / total * libm::log2(count / total)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_checked() {
        assert!(is_card("4111 1111 1111 1111") && !is_card("4111 1111 1111 1112"));
        assert!(!is_card("0000000000000000"));
        assert!(
            is_citizen_number("11010519491231002X") && !is_citizen_number("110105194912310021")
        );
    }

    #[test]
    fn addresses_of_nobody_are_left() {
        assert!(is_ipv4("203.0.113.9") && is_ipv4("10.0.0.1"));
        for nobody in ["127.0.0.1", "0.0.0.0", "172.16.0.0", "255.255.255.0", "1.2.3", "1.2.3.400"]
        {
            assert!(!is_ipv4(nobody), "{nobody}");
        }
        assert_eq!(ipv6_private_part("2001:db8:1::7"), Some(9));
        assert_eq!(ipv6_private_part("fe80::1"), Some(6));
        assert_eq!(ipv6_private_part("::ffff:192.0.2.7"), Some(15));
        for nobody in ["::1", "::", "2001:db8::", "ff02::1", "12:30:45"] {
            assert_eq!(ipv6_private_part(nobody), None, "{nobody}");
        }
    }

    #[test]
    fn words_and_references_are_no_secrets() {
        for word in [
            "YES",
            "${DB_PASSWORD}",
            "$TOKEN",
            "********",
            "[REDACTED]",
            "authentication",
            "{{ x }}",
        ] {
            assert!(!may_be_secret(word), "{word}");
        }
        for secret in ["hunter2", "p@ss", "$ecret", "correct-horse"] {
            assert!(may_be_secret(secret), "{secret}");
        }
    }

    #[test]
    fn random_strings_are_told_from_names() {
        assert!(is_random("dGhpc0lzQVJhbmRvbTEyMzQ1Njc4OTA"));
        assert!(
            !is_random("the-quick-brown-fox-jumps-over")
                && !is_random("0123456789abcdef0123456789abcdef")
        );
    }
}
