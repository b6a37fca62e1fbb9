//! Counts beside their limits: connection tracking, open files, local ports, dangerous settings.

use super::{Notes, number_in, share};

/// From here on a table is as good as full.
const FULL: f64 = 0.95;

/// Up to here there is room for a burst.
const ROOMY: f64 = 0.7;

/// A number and the line it stands on, from 0.
pub(super) type Counted = (u64, usize);

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let setting = |name: &str| -> Option<Counted> {
        lines.iter().enumerate().rev().find_map(|(at, line)| {
            let (_, rest) = line.split_once(name)?;
            let value = rest.trim_start().strip_prefix(['=', ':']).unwrap_or(rest);
            Some((number_in(value)?, at))
        })
    };
    if let (Some(count), Some(max)) = (setting("nf_conntrack_count"), setting("nf_conntrack_max")) {
        compare(lines, count, max, "conntrack", notes);
    }
    if let Some((0, at)) = setting("tcp_tw_recycle") {
        notes.harmless(at);
    }
    files(lines, notes);
    ports(lines, notes);
}

/// Says whether `count` is up against `limit`. Where there is room, neither line is a sign of anything.
pub(super) fn compare(
    lines: &[&str],
    count: Counted,
    limit: Counted,
    option: &str,
    notes: &mut Notes,
) {
    let raw = lines.get(count.1).copied().unwrap_or("");
    match share(count.0, limit.0) {
        _ if limit.0 == 0 => {}
        used if used >= FULL => notes.seen("limit", option, raw),
        used if used <= ROOMY => {
            notes.ruled_out("limit", option, raw);
            notes.harmless(count.1);
            notes.harmless(limit.1);
        }
        _ => {}
    }
}

/// `Max open files  1024  524288  files`, and the number of open ones on a line of its own after it.
fn files(lines: &[&str], notes: &mut Notes) {
    for (at, line) in lines.iter().enumerate() {
        let Some(rest) = line.trim_start().strip_prefix("Max open files") else { continue };
        let limit = rest.split_whitespace().next().and_then(|word| word.parse().ok());
        let mut after = lines.iter().enumerate().skip(at + 1).take(3);
        let open = after.find_map(|(at, next)| Some((next.trim().parse().ok()?, at)));
        if let (Some(limit), Some(open)) = (limit, open) {
            compare(lines, open, (limit, at), "files", notes);
        }
    }
}

/// How many local ports wait to be free again, where somebody counted, against the range of ports.
fn ports(lines: &[&str], notes: &mut Notes) {
    let range = lines.iter().enumerate().find_map(|(at, line)| {
        let (_, rest) = line.split_once("ip_local_port_range")?;
        let mut numbers =
            rest.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse::<u64>().ok());
        let (low, high) = (numbers.next()?, numbers.next()?);
        let range = high.checked_sub(low).filter(|_| high <= 65_535)?;
        Some((range + 1, at))
    });
    let waiting = lines.iter().enumerate().find_map(|(at, line)| {
        let plain = line.to_ascii_lowercase().replace(['-', '_'], "");
        let count = number_in(&plain)?;
        let is_count = plain.contains("timewait") && plain.split_whitespace().count() == 2;
        is_count.then_some((count, at))
    });
    if let (Some(range), Some(waiting)) = (range, waiting) {
        compare(lines, waiting, range, "ports", notes);
    }
}
