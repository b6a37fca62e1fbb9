//! `nstat -az` and `netstat -s`: counters since the machine started.

use std::collections::BTreeMap;

use super::{Notes, number_in, share};

/// Words of a counter, as `nstat` and as `netstat -s` write it.
const COUNTERS: &[(&str, &str, &str)] = &[
    ("listen_overflows", "listenoverflows", "times the listen queue of a socket overflowed"),
    ("listen_drops", "listendrops", "syns to listen sockets dropped"),
    ("syn_full", "tcpreqqfulldrop", "requests dropped due to full queue"),
    ("syn_cookies_wanted", "tcpreqqfulldocookies", "times the request queue was full"),
    ("syn_cookies", "syncookiessent", "syn cookies sent"),
    ("retransmitted", "tcpretranssegs", "segments retransmitted"),
    ("sent", "tcpoutsegs", "segments sent out"),
    ("abort_on_data", "tcpabortondata", "connections reset due to unexpected data"),
    ("abort_on_close", "tcpabortonclose", "connections reset due to early user close"),
    ("abort_on_memory", "tcpabortonmemory", "connections aborted due to memory pressure"),
    ("abort_on_timeout", "tcpabortontimeout", "connections aborted due to timeout"),
    (
        "abort_on_linger",
        "tcpabortonlinger",
        "connections aborted after user close in linger timeout",
    ),
    ("timeouts", "tcptimeouts", "other tcp timeouts"),
    ("lost", "tcplostretransmit", "retransmits lost"),
];

/// Fewer segments than this say nothing of loss.
const ENOUGH_SEGMENTS: u64 = 10_000;

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let mut values: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((counter, value)) = counter(line) else { continue };
        // Where two runs were pasted, the later shows what was added.
        values.insert(counter, (value, at));
        if value == 0 {
            notes.harmless(at);
        }
    }
    let raw = |at: usize| lines.get(at).copied().unwrap_or("");
    let largest = |names: &[&str]| {
        names.iter().filter_map(|name| values.get(name)).copied().max_by_key(|(value, _)| *value)
    };
    if let Some((value, at)) = largest(&["listen_overflows", "listen_drops"]) {
        if value > 0 {
            notes.seen("limit", "listen_queue", raw(at));
        } else {
            notes.ruled_out("limit", "listen_queue", raw(at));
        }
    }
    if let Some((value, at)) = largest(&["syn_full", "syn_cookies_wanted", "syn_cookies"]) {
        if value > 0 {
            notes.seen("limit", "syn_queue", raw(at));
        } else {
            notes.ruled_out("limit", "syn_queue", raw(at));
        }
    }
    retransmissions(&values, &raw, notes);
}

/// Segments sent again, as a share of all. Under one in a thousand is what any network has.
fn retransmissions<'a>(
    values: &BTreeMap<&str, (u64, usize)>,
    raw: &dyn Fn(usize) -> &'a str,
    notes: &mut Notes,
) {
    let (Some((again, at)), Some((sent, _))) = (values.get("retransmitted"), values.get("sent"))
    else {
        return;
    };
    if *sent < ENOUGH_SEGMENTS {
        return;
    }
    match share(*again, *sent) {
        lost if lost > 0.05 => notes.seen("loss", "much", raw(*at)),
        lost if lost > 0.01 => notes.seen("loss", "little", raw(*at)),
        lost => {
            if lost < 0.001 {
                notes.seen("loss", "none", raw(*at));
            }
            for name in ["retransmitted", "timeouts", "lost"] {
                if let Some((_, at)) = values.get(name) {
                    notes.harmless(*at);
                }
            }
        }
    }
}

/// `TcpExtListenOverflows   12   0.0`, or `12 times the listen queue of a socket overflowed`.
fn counter(line: &str) -> Option<(&'static str, u64)> {
    let lower = line.trim().to_lowercase();
    if lower.len() > 120 {
        return None;
    }
    let mut words = lower.split_whitespace();
    let first = words.next()?;
    let name = first.trim_end_matches(':');
    let name = name.strip_prefix("tcpext").unwrap_or(name);
    if let Some((id, _, _)) = COUNTERS.iter().find(|(_, nstat, _)| *nstat == name) {
        return Some((id, words.next()?.parse().ok()?));
    }
    let (id, _, _) = COUNTERS.iter().find(|(_, _, phrase)| lower.contains(phrase))?;
    // Both orders are written: `12 segments sent out` and `segments sent out: 12`.
    Some((id, number_in(&lower)?))
}
