//! `ss`, `netstat -an`, their counts by state, `Get-NetTCPConnection`: which state piles up, and
//! whether a listen queue is full.

use std::collections::BTreeMap;

use super::{Notes, number_in};

/// A state, its spellings without signs, and from how many on it piles up.
///
/// judgement: a leak shows in dozens of CLOSE-WAIT; handshakes pass in moments, so dozens of them are
/// odd and a hundred half-open ones a flood; TIME-WAIT is normal until it nears the 28,000 local ports.
const STATES: &[(&str, &[&str], u64)] = &[
    ("close_wait", &["CLOSEWAIT"], 20),
    ("syn_sent", &["SYNSENT"], 20),
    ("syn_recv", &["SYNRECV", "SYNRCVD", "SYNRECEIVED", "NEWSYNRECV"], 100),
    ("fin_wait2", &["FINWAIT2"], 300),
    ("time_wait", &["TIMEWAIT"], 10_000),
    ("established", &["ESTAB", "ESTABLISHED"], 5000),
    ("listen", &["LISTEN", "LISTENING"], u64::MAX),
    ("other", &["FINWAIT1", "LASTACK", "CLOSING", "UNCONN", "CLOSE", "CLOSED", "BOUND"], u64::MAX),
];

/// As many sockets make a whole listing; fewer may be an excerpt.
const LISTING: u64 = 20;

/// The state that a word names.
fn state(word: &str) -> Option<usize> {
    let plain: String =
        word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
    STATES.iter().position(|(_, spellings, _)| spellings.contains(&plain.as_str()))
}

/// One socket or one count of sockets.
struct Row {
    line: usize,
    state: usize,
    count: u64,
    /// Recv-Q and Send-Q of a single socket.
    queues: Option<(u64, u64)>,
}

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let rows: Vec<Row> = lines.iter().enumerate().filter_map(|(at, line)| row(at, line)).collect();
    let raw = |row: &Row| lines.get(row.line).copied().unwrap_or("");
    for row in rows.iter().filter(|row| name(row.state) == "listen") {
        // For listening sockets `ss` prints the queue and its limit; netstat prints no limit.
        if let Some((waiting, limit @ 1..)) = row.queues {
            if waiting > limit {
                notes.seen("limit", "listen_queue", raw(row));
            } else if waiting * 2 < limit && waiting >= 100 {
                notes.harmless(row.line);
            }
        }
    }
    let mut counts: BTreeMap<usize, u64> = BTreeMap::new();
    for row in &rows {
        let count = counts.entry(row.state).or_insert(0);
        *count = count.saturating_add(row.count);
    }
    if let Some((at, waiting)) = summary(lines) {
        let most = counts.entry(state("TIME-WAIT").unwrap_or(0)).or_insert(0);
        *most = waiting.max(*most);
        notes_for_summary(lines, at, waiting, &rows, notes);
    }
    let open: u64 =
        counts.iter().filter(|(state, _)| name(**state) != "listen").map(|(_, count)| *count).sum();
    let odd = |state: usize| STATES.get(state).is_some_and(|(_, _, least)| *least <= 100);
    let piles: Vec<usize> = counts
        .iter()
        .filter(|(state, count)| {
            let least = STATES.get(**state).map_or(u64::MAX, |(_, _, least)| *least);
            // Of what passes in moments a quarter is much; in an excerpt three of a kind that is most
            // of it were picked because they pile up.
            let is_much = open >= LISTING && **count >= 5 && **count * 4 >= open;
            let is_excerpt = open < LISTING && **count >= 3 && **count * 2 > open;
            **count >= least || (odd(**state) && (is_much || is_excerpt))
        })
        .map(|(state, _)| *state)
        .collect();
    for pile in &piles {
        if let Some(first) = rows.iter().find(|row| row.state == *pile) {
            notes.seen("socket_state", name(*pile), raw(first));
        }
    }
    if open < LISTING || !piles.is_empty() {
        return;
    }
    // A few in passing among many are no sign of anything.
    let few =
        |state: usize| counts.get(&state).is_none_or(|count| *count <= 2 || *count * 20 <= open);
    if counts.keys().all(|state| !odd(*state) || few(*state))
        && let Some(first) = rows.first()
    {
        notes.seen("socket_state", "normal", raw(first));
    }
    for row in &rows {
        let is_usual = matches!(name(row.state), "listen" | "established");
        if !is_usual && (!odd(row.state) || few(row.state)) {
            notes.harmless(row.line);
        }
    }
}

fn name(state: usize) -> &'static str {
    STATES.get(state).map_or("other", |(name, _, _)| name)
}

/// `ss -s`: `TCP:   1204 (estab 15, closed 1100, orphaned 0, timewait 1090)`, and of
/// `/proc/net/sockstat`: `TCP: inuse 27 orphan 0 tw 21000 alloc 30 mem 3`.
fn summary(lines: &[&str]) -> Option<(usize, u64)> {
    let is_it = |line: &&str| {
        line.starts_with("TCP:")
            && (line.contains("estab") && line.contains("timewait") || line.contains("inuse"))
    };
    let at = lines.iter().position(is_it)?;
    let after = |word: &str| lines.get(at)?.split(word).nth(1).and_then(number_in);
    Some((at, after("timewait").or_else(|| after(" tw "))?))
}

fn notes_for_summary(lines: &[&str], at: usize, waiting: u64, rows: &[Row], notes: &mut Notes) {
    let least = STATES
        .iter()
        .find(|(name, _, _)| *name == "time_wait")
        .map_or(u64::MAX, |(_, _, least)| *least);
    if waiting < least {
        // The heading of the table of transports below it speaks of IPv6 to nobody.
        notes.harmless(at);
        let is_heading = |line: &&str| line.starts_with("Transport") && line.contains("IPv6");
        notes
            .harmless
            .extend((at..lines.len()).take(4).filter(|at| lines.get(*at).is_some_and(is_heading)));
    } else if rows.iter().all(|row| name(row.state) != "time_wait") {
        notes.seen("socket_state", "time_wait", lines.get(at).copied().unwrap_or(""));
    }
}

/// A line of `ss`, of `netstat -an`, or of a count by state.
fn row(line: usize, text: &str) -> Option<Row> {
    let words: Vec<&str> = text.split_whitespace().take(8).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<u64>().ok());
    let is_address =
        |at: usize| words.get(at).is_some_and(|word| word.contains([':', '.']) && word.len() >= 3);
    let state_at = |at: usize| words.get(at).and_then(|word| state(word));
    // `ss -tan`, and with the kind of socket in front.
    for first in [0, 1] {
        if let (Some(state), Some(receive), Some(send)) =
            (state_at(first), number(first + 1), number(first + 2))
            && is_address(first + 3)
        {
            return Some(Row { line, state, count: 1, queues: Some((receive, send)) });
        }
    }
    // `netstat -an`: protocol, queues, addresses, state; on Windows there are no queues.
    if words.first().is_some_and(|word| word.to_ascii_lowercase().starts_with("tcp")) {
        let after = if number(1).is_some() { 5 } else { 3 };
        return state_at(after).map(|state| Row { line, state, count: 1, queues: None });
    }
    // `uniq -c` and `Group-Object`.
    let (count, word) = match (number(0), number(1)) {
        (Some(count), _) => (count, 1),
        (None, Some(count)) => (count, 0),
        _ => return None,
    };
    let state = state_at(word)?;
    (words.len() == 2).then_some(Row { line, state, count, queues: None })
}
