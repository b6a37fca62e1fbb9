//! Addresses of inner networks taken out of what a stranger is shown. Pure.
//!
//! In: text from a resolver, a router or a server. Out: the same text, in which an address that the
//! policy would not let the reader probe keeps its first part only. One place for all probes, so
//! that a new one cannot forget it.

use std::net::{IpAddr, Ipv6Addr};

use super::{
    event::{Finding, Reading},
    policy::Policy,
};

/// Masks in `reading` what `policy` does not show.
pub(super) fn reading(policy: &Policy, reading: &mut Reading) {
    if policy.shows_inner {
        return;
    }
    for finding in &mut reading.findings {
        mask_finding(policy, finding);
    }
    for observation in &mut reading.observations {
        if let Some(raw) = &mut observation.raw {
            *raw = text(policy, raw);
        }
    }
}

fn mask_finding(policy: &Policy, finding: &mut Finding) {
    finding.raw = text(policy, &finding.raw);
    if let Some(address) = &mut finding.address {
        *address = text(policy, address);
    }
}

/// An address that is not to be shown: `10.x.x.x`, `fd00:x`.
pub(super) fn masked(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(v4) => format!("{}.x.x.x", v4.octets()[0]),
        IpAddr::V6(v6) => format!("{:x}:x", v6.segments()[0]),
    }
}

/// `raw` with each address that `policy` does not show masked.
fn text(policy: &Policy, raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    let mut before = ' ';
    while let Some(start) = rest.find(is_address_character) {
        let (head, tail) = rest.split_at(start);
        out.push_str(head);
        before = head.chars().next_back().unwrap_or(before);
        let end = tail.find(|c| !is_address_character(c)).unwrap_or(tail.len());
        let (word, after) = tail.split_at(end);
        let next = after.chars().next().unwrap_or(' ');
        // `std::bad_alloc` holds no address.
        let whole = !is_word(before) && !is_word(next);
        out.push_str(&mask_word(policy, word, whole));
        before = word.chars().next_back().unwrap_or(before);
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_address_character(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, '.' | ':')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

/// A run of characters that addresses are made of: one IPv6 address, or IPv4 ones in between.
fn mask_word(policy: &Policy, word: &str, whole: bool) -> String {
    let bare = word.trim_end_matches(['.', ':']);
    for part in [word, bare] {
        if let Ok(v6) = part.parse::<Ipv6Addr>() {
            let hide = whole && part.len() > 3 && !policy.may_show(v6.into());
            let shown = if hide { masked(v6.into()) } else { part.to_owned() };
            return shown + word.get(part.len()..).unwrap_or_default();
        }
    }
    let mut out = String::with_capacity(word.len());
    for part in word.split_inclusive(|c: char| !c.is_ascii_digit() && c != '.') {
        let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
        match digits.parse::<IpAddr>() {
            Ok(ip) if !policy.may_show(ip) => {
                out.push_str(&masked(ip));
                out.push_str(part.get(digits.len()..).unwrap_or_default());
            }
            _ => out.push_str(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::policy::Opening;

    #[test]
    fn inner_addresses_are_masked_and_public_ones_are_not() {
        let policy = Policy::default();
        for (raw, wanted) in [
            (
                "A: 10.1.2.3 8.8.8.8 (from 192.168.0.1:53)",
                "A: 10.x.x.x 8.8.8.8 (from 192.x.x.x:53)",
            ),
            ("ICMP 3/13 from 172.16.9.9.", "ICMP 3/13 from 172.x.x.x."),
            ("AAAA: fd00::1 2606:4700::1", "AAAA: fd00:x 2606:4700::1"),
            ("[fe80::1]:443; ::ffff:10.0.0.1", "[fe80:x]:443; 0:x"),
            ("http://10.0.0.9/a", "http://10.x.x.x/a"),
            ("std::bad_alloc at 12:30:45", "std::bad_alloc at 12:30:45"),
            ("host=10.0.0.9,169.254.1.1", "host=10.x.x.x,169.x.x.x"),
            ("nginx/1.25.3, 0.42 s, 5.6.7", "nginx/1.25.3, 0.42 s, 5.6.7"),
            ("d10.0.0.5", "d10.x.x.x"),
            ("服务 10.0.0.5。", "服务 10.x.x.x。"),
        ] {
            assert_eq!(text(&policy, raw), wanted);
        }
    }

    #[test]
    fn whoever_may_probe_a_network_sees_its_addresses() {
        let mut policy = Policy::default();
        let cidr = "10.1.0.0/16".parse().unwrap();
        policy.openings.push(Opening { cidr, ports: Vec::new(), from: Vec::new() });
        assert_eq!(text(&policy, "10.1.2.3 10.2.2.3"), "10.1.2.3 10.x.x.x");
        // The never-list stays masked inside an opened network too.
        policy.openings[0].cidr = "0.0.0.0/0".parse().unwrap();
        assert_eq!(text(&policy, "10.2.2.3 169.254.169.254"), "10.2.2.3 169.x.x.x");
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_strange(raw in "\\PC{0,60}|[0-9a-f.:]{0,40}") {
            let _ = text(&Policy::default(), &raw);
        }
    }
}
