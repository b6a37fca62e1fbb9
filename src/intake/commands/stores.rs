//! `SHOW STATUS`, `SHOW VARIABLES` as table and with `\G`, `redis-cli info` and `CONFIG GET`: connections
//! against what is allowed, and those that were lost or turned away.

use std::collections::BTreeMap;

use super::{
    Notes,
    limits::{Counted, compare},
    share,
};

/// The share of connections that end without a goodbye from which on it is odd. judgement: some clients
/// never say goodbye, so one in a hundred is ordinary, and one in twenty is not.
const MANY: f64 = 0.05;

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let values = values(lines);
    let value = |name: &str| values.get(name).copied();
    let raw = |at: usize| lines.get(at).copied().unwrap_or("");
    for (count, limit) in [
        ("max_used_connections", "max_connections"),
        ("threads_connected", "max_connections"),
        ("connected_clients", "maxclients"),
    ] {
        if let (Some(count), Some(limit)) = (value(count), value(limit)) {
            compare(lines, count, limit, "db_connections", notes);
        }
    }
    // PostgreSQL has no count of its own; people count the rows of this view.
    if lines.iter().any(|line| line.to_ascii_lowercase().contains("pg_stat_activity"))
        && let (Some(count), Some(limit)) = (value("count"), value("max_connections"))
    {
        compare(lines, count, limit, "db_connections", notes);
    }
    // These count since the start: at 0 nobody was ever turned away.
    for refused in ["connection_errors_max_connections", "rejected_connections"] {
        match value(refused) {
            Some((0, at)) => {
                notes.ruled_out("limit", "db_connections", raw(at));
                notes.harmless(at);
            }
            Some((_, at)) => notes.seen("limit", "db_connections", raw(at)),
            None => {}
        }
    }
    // Memory that nothing is evicted from: writes fail when it is full.
    let keeps_all = lines.iter().any(|line| line.trim_end() == "maxmemory_policy:noeviction");
    if let (Some(used), Some(most), true) = (value("used_memory"), value("maxmemory"), keeps_all)
        && share(used.0, most.0) >= 0.95
    {
        notes.seen("limit", "memory", raw(used.1));
    }
    for name in ["client_output_buffer_limit_disconnections", "evicted_clients", "aborted_connects"]
    {
        if let Some((0, at)) = value(name) {
            notes.harmless(at);
        }
    }
    // Where it is many, the pattern of this line says so.
    if let (Some((aborted, at)), Some((all, _))) = (value("aborted_clients"), value("connections"))
        && share(aborted, all) < MANY
    {
        notes.harmless(at);
    }
}

/// The values that are asked for.
const NAMES: &[&str] = &[
    "max_used_connections",
    "max_connections",
    "connected_clients",
    "maxclients",
    "connection_errors_max_connections",
    "rejected_connections",
    "used_memory",
    "maxmemory",
    "client_output_buffer_limit_disconnections",
    "evicted_clients",
    "aborted_connects",
    "aborted_clients",
    "connections",
    "threads_connected",
    "count",
];

/// The last value of each name, and its line.
fn values(lines: &[&str]) -> BTreeMap<&'static str, Counted> {
    let mut found = BTreeMap::new();
    for at in 0..lines.len() {
        if let Some((name, value)) = pair(lines, at) {
            found.insert(name, (value, at));
        }
    }
    found
}

/// `| Max_used_connections | 151 |`, `max_connections 151`, `rejected_connections:0`; with the value on
/// the next line, as `\G` and `CONFIG GET` have it.
fn pair(lines: &[&str], at: usize) -> Option<(&'static str, u64)> {
    let known = |word: &str| NAMES.iter().find(|name| name.eq_ignore_ascii_case(word)).copied();
    let below = || -> Option<u64> {
        // `psql` rules a line between a column and its value.
        let is_ruled =
            |line: &&str| line.contains("---") && line.trim_matches([' ', '-', '+']).is_empty();
        let next = if lines.get(at + 1).is_some_and(is_ruled) { at + 2 } else { at + 1 };
        match words(lines.get(next)?)?.as_slice() {
            [label, value] if *label == "Value" || label.ends_with(')') => value.parse().ok(),
            [value] => value.parse().ok(),
            _ => None,
        }
    };
    match words(lines.get(at)?)?.as_slice() {
        ["Variable_name", name] | [name] => Some((known(name)?, below()?)),
        // `1) "maxclients"` of a terminal.
        [number, name] if number.ends_with(')') => Some((known(name)?, below()?)),
        [name, value] => Some((known(name)?, value.parse().ok()?)),
        _ => None,
    }
}

/// The words of a line that may be a name and its value; longer ones are none.
fn words(line: &str) -> Option<Vec<&str>> {
    if line.len() > 120 {
        return None;
    }
    let words = line
        .split(|c: char| c.is_whitespace() || matches!(c, '|' | ':' | '=' | '"'))
        .filter(|word| !word.is_empty());
    Some(words.take(3).collect())
}
