//! Counts beside their limits: connection tracking, open files, local ports, dangerous settings.

use super::{Notes, number_in, share};

/// From here on a table is as good as full.
const FULL: f64 = 0.95;

/// Up to here there is room for a burst.
const ROOMY: f64 = 0.7;

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let setting = |name: &str| {
        lines.iter().enumerate().rev().find_map(|(at, line)| {
            let (_, rest) = line.split_once(name)?;
            let value = rest.trim_start().strip_prefix(['=', ':']).unwrap_or(rest);
            Some((at, value.trim(), *line))
        })
    };
    let count =
        setting("nf_conntrack_count").and_then(|(_, value, raw)| Some((number_in(value)?, raw)));
    let max = setting("nf_conntrack_max").and_then(|(_, value, _)| number_in(value));
    if let (Some((count, raw)), Some(max)) = (count, max) {
        compare(count, max, "conntrack", raw, notes);
    }
    files(lines, notes);
    if let Some((at, value, _)) = setting("tcp_tw_recycle")
        && number_in(value) == Some(0)
    {
        notes.harmless(at);
    }
    ports(lines, notes);
}

/// Says whether `count` is up against `limit`.
pub(super) fn compare(count: u64, limit: u64, option: &str, raw: &str, notes: &mut Notes) {
    match share(count, limit) {
        used if limit > 0 && used >= FULL => notes.seen("limit", option, raw),
        used if limit > 0 && used <= ROOMY => notes.ruled_out("limit", option, raw),
        _ => {}
    }
}

/// `Max open files  1024  524288  files`, and the number of open ones on a line of its own after it.
fn files(lines: &[&str], notes: &mut Notes) {
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("Max open files") else { continue };
        let Some(limit) = rest.split_whitespace().next().and_then(|word| word.parse::<u64>().ok())
        else {
            continue;
        };
        let open =
            lines.iter().skip(at + 1).take(3).find_map(|next| next.trim().parse::<u64>().ok());
        if let Some(open) = open {
            compare(open, limit, "files", line, notes);
        }
    }
}

/// How many local ports are in use, where somebody counted: many connections from one address to one
/// place are told from the range of ports.
fn ports(lines: &[&str], notes: &mut Notes) {
    let range = lines.iter().find_map(|line| {
        let (_, rest) = line.split_once("ip_local_port_range")?;
        let mut numbers =
            rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        let (low, high) = (numbers.next()?, numbers.next()?);
        high.checked_sub(low).filter(|_| high <= 65_535).map(|range| range + 1)
    });
    let waiting = lines.iter().enumerate().find_map(|(at, line)| {
        let plain = line.to_ascii_lowercase().replace(['-', '_'], "");
        let (count, word) = (number_in(&plain)?, plain.contains("timewait"));
        let words = plain.split_whitespace().count();
        (word && words == 2).then_some((count, at))
    });
    if let (Some(range), Some((waiting, at))) = (range, waiting) {
        compare(waiting, range, "ports", lines.get(at).copied().unwrap_or(""), notes);
    }
}
