//! `traceroute`, `tracert`, `tracepath`: how far packets come, and who says no (traceroute(8), marks).

use super::Notes;

/// A trace: its target and the lines of its hops.
struct Trace<'a> {
    target: &'a str,
    hops: Vec<(usize, &'a str)>,
}

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let mut from = 0;
    while let Some((trace, end)) = next(lines, from) {
        from = end;
        judge(&trace, notes);
    }
}

/// The next trace at or behind line `from`, and the line behind its last hop.
fn next<'a>(lines: &[&'a str], from: usize) -> Option<(Trace<'a>, usize)> {
    let (at, target) = lines.iter().enumerate().skip(from).find_map(|(at, line)| {
        let line = line.trim_start();
        let rest = ["traceroute to ", "traceroute6 to ", "Tracing route to ", "通过最多 "]
            .iter()
            .find_map(|head| line.strip_prefix(head))?;
        let has_end = ["hops max", "maximum of", "跃点"].iter().any(|word| line.contains(word));
        (has_end || line.starts_with("Tracing")).then(|| (at, address(rest)))
    })?;
    let mut hops = Vec::new();
    let mut end = at + 1;
    for (at, line) in lines.iter().enumerate().skip(at + 1) {
        let first = line.split_whitespace().next();
        if first.is_some_and(|word| word.parse::<u8>().is_ok()) {
            hops.push((at, *line));
        } else if !(line.trim().is_empty() || line.starts_with("over a maximum of"))
            || !hops.is_empty()
        {
            break;
        }
        end = at + 1;
    }
    Some((Trace { target, hops }, end))
}

/// The address in `example.com (203.0.113.9), 30 hops max` or `example.com [203.0.113.9]`; the bare
/// word where there is no other.
fn address(text: &str) -> &str {
    let inside = |open: char, close: char| {
        text.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map(|(inside, _)| inside)
    };
    inside('(', ')')
        .or_else(|| inside('[', ']'))
        .or_else(|| text.split([' ', ',']).next())
        .unwrap_or("")
}

fn judge(trace: &Trace<'_>, notes: &mut Notes) {
    for (_, line) in &trace.hops {
        // Administratively prohibited: !X, and for IPv6 also !P; 9, 10 and 13 are its ICMP codes.
        let says_no = line
            .split_whitespace()
            .any(|w| matches!(w, "!X" | "!A" | "!9" | "!<9>" | "!10" | "!<10>" | "!13" | "!<13>"));
        // A router that knows no way, or whose neighbour does not answer.
        let no_way = line.split_whitespace().any(|word| matches!(word, "!H" | "!N"));
        if says_no {
            notes.seen("path.result", "rejected", line);
            return;
        }
        if no_way
            || line.contains("Destination host unreachable")
            || line.contains("Destination net unreachable")
        {
            notes.seen("tcp.result", "unreachable", line);
            return;
        }
    }
    if let Some(line) = loops(trace) {
        notes.seen("path.result", "loops", line);
    } else if let Some((_, line)) = trace.hops.last()
        && trace.target.len() >= 3
        && who(line).contains(&trace.target)
    {
        notes.seen("path.result", "reaches", line);
        // Routers on the way that keep silent are no sign of anything.
        for (at, _) in trace.hops.iter().filter(|(_, line)| line.contains('*')) {
            notes.harmless(*at);
        }
    }
}

/// The addresses that answered at a hop.
fn who(line: &str) -> Vec<&str> {
    line.split_whitespace()
        .skip(1)
        .map(|word| word.trim_matches(['(', ')', '[', ']']))
        .filter(|word| word.contains(['.', ':']) && word.len() >= 3)
        .filter(|word| word.parse::<f64>().is_err())
        .collect()
}

/// The line at which the way comes back, for the second time, to a router it had left.
fn loops<'a>(trace: &Trace<'a>) -> Option<&'a str> {
    let path: Vec<(&str, &str)> =
        trace.hops.iter().filter_map(|(_, line)| Some((*who(line).last()?, *line))).collect();
    path.iter().enumerate().find_map(|(at, (own, line))| {
        let before = path.get(..at)?;
        let left = path.get(at.checked_sub(1)?).is_some_and(|(last, _)| last != own);
        (left && before.iter().filter(|(other, _)| other == own).count() >= 2).then_some(*line)
    })
}
