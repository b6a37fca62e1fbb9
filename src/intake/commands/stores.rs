//! `SHOW STATUS`, `SHOW VARIABLES`, `redis-cli info`: connections against what is allowed.

use super::{Notes, limits::compare};

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let value = |name: &str| lines.iter().rev().find_map(|line| Some((pair(line, name)?, *line)));
    if let (Some((used, raw)), Some((max, _))) =
        (value("max_used_connections"), value("max_connections"))
    {
        compare(used, max, "db_connections", raw, notes);
    }
    if let Some((refused, raw)) = value("connection_errors_max_connections")
        && refused > 0
    {
        notes.seen("limit", "db_connections", raw);
    }
    if let (Some((clients, raw)), Some((max, _))) =
        (value("connected_clients"), value("maxclients"))
    {
        compare(clients, max, "db_connections", raw, notes);
    }
    if let Some((refused, raw)) = value("rejected_connections") {
        if refused > 0 {
            notes.seen("limit", "db_connections", raw);
        } else {
            notes.ruled_out("limit", "db_connections", raw);
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
