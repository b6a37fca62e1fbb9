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
        } else if line.contains("no servers could be reached") {
            note(5, "timeout", line);
        }
    }
    if let Some((_, result, line)) = worst {
        notes.seen("dns.result", result, line);
    }
}

/// The line that shows the command of this answer.
fn before<'a>(lines: &[&'a str], at: usize) -> &'a str {
    let near = lines.iter().take(at).rev().take(4);
    near.copied().find(|line| line.contains("<<>> DiG")).unwrap_or("")
}
