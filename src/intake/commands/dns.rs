//! `dig`: what the name servers answer.

use super::{Notes, number_in};

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let mut worst: Option<(u8, &str, &str)> = None;
    let mut note = |rank: u8, result: &'static str, line| {
        if worst.is_none_or(|(most, _, _)| rank > most) {
            worst = Some((rank, result, line));
        }
    };
    let mut asks_v6 = false;
    let mut status: Option<(&str, &str)> = None;
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with(";; ->>HEADER<<-") {
            status = line
                .split("status: ")
                .nth(1)
                .and_then(|rest| rest.split(',').next())
                .map(|status| (status, *line));
            // A host without IPv6 address is nothing odd.
            let block = || {
                lines.iter().skip(at + 1).take_while(|line| !line.starts_with(";; ->>HEADER<<-"))
            };
            asks_v6 = block().any(|line| line.starts_with(';') && line.contains("AAAA"))
                || before(lines, at).contains("AAAA");
        } else if line.starts_with(";; flags:") && line.contains("ANSWER:") {
            let answers = line.split("ANSWER:").nth(1).and_then(number_in).unwrap_or(0);
            match status {
                Some(("NOERROR", _)) if answers > 0 => note(0, "ok", line),
                Some(("NOERROR", _)) if !asks_v6 => note(2, "no_address", line),
                Some(("NXDOMAIN", line)) => note(4, "nxdomain", line),
                Some(("SERVFAIL", line)) => note(3, "servfail", line),
                _ => {}
            }
        } else if line.starts_with(";; Query time:")
            && number_in(line).is_some_and(|millis| millis >= 2000)
        {
            note(1, "slow", line);
        } else if line.contains("no servers could be reached")
            || line.starts_with("*** Request to ") && line.contains("timed-out")
        {
            note(5, "timeout", line);
        } else if let Some(result) = host(line) {
            // Of `host` and `nslookup`; where a name has an address, that it speaks of IPv6 is no sign.
            let rank = match result {
                "nxdomain" => 4,
                "servfail" => 3,
                _ => 0,
            };
            if rank == 0 {
                notes.harmless(at);
            }
            note(rank, result, line);
        }
    }
    if let Some((_, result, line)) = worst {
        notes.seen("dns.result", result, line);
    }
}

/// `api.example has address 203.0.113.9`, `Host api.example not found: 3(NXDOMAIN)`,
/// `** server can't find api.example: SERVFAIL`.
fn host(line: &str) -> Option<&'static str> {
    let says_no = line.starts_with("Host ") && line.contains(" not found: ")
        || line.starts_with("** server can't find ")
        || line.starts_with("*** ") && line.contains(" can't find ");
    if says_no {
        return match line {
            _ if line.contains("NXDOMAIN") || line.contains("Non-existent") => Some("nxdomain"),
            _ if line.contains("SERVFAIL") || line.contains("Server failed") => Some("servfail"),
            _ => None,
        };
    }
    let mut words = line.split_whitespace().skip(1);
    let is_address = words.next() == Some("has")
        && words.find(|word| *word != "IPv6") == Some("address")
        && words.next().is_some_and(is_number);
    is_address.then_some("ok")
}

/// Letters and signs of an IP address, and at least two of its dots or colons.
fn is_number(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_hexdigit() || b".:".contains(&byte))
        && word.matches(['.', ':']).count() >= 2
}

/// The line that shows the command of this answer.
fn before<'a>(lines: &[&'a str], at: usize) -> &'a str {
    let near = lines.iter().take(at).rev().take(4);
    near.copied().find(|line| line.contains("<<>> DiG")).unwrap_or("")
}
