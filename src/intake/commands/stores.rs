//! `SHOW STATUS`, `SHOW VARIABLES`, `redis-cli info`: connections against what is allowed.

use super::{
    Notes,
    limits::{Counted, compare},
};

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let value = |name: &str| -> Option<Counted> {
        lines.iter().enumerate().rev().find_map(|(at, line)| Some((pair(line, name)?, at)))
    };
    let raw = |at: usize| lines.get(at).copied().unwrap_or("");
    for (count, limit) in
        [("max_used_connections", "max_connections"), ("connected_clients", "maxclients")]
    {
        if let (Some(count), Some(limit)) = (value(count), value(limit)) {
            compare(lines, count, limit, "db_connections", notes);
        }
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
}

/// `| Max_used_connections | 151 |`, `max_connections 151`, `rejected_connections:0`.
fn pair(line: &str, name: &str) -> Option<u64> {
    let mut words = line
        .split(|c: char| c.is_whitespace() || matches!(c, '|' | ':' | '='))
        .filter(|word| !word.is_empty());
    let first = words.next()?.to_ascii_lowercase();
    if first != name {
        return None;
    }
    let value = words.next()?.parse().ok();
    value.filter(|_| words.next().is_none())
}
