//! `kubectl describe pod` and `docker inspect`: how a container last ended.

use super::{Notes, number_in};

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let is_describe = lines.iter().any(|line| line.trim_start().starts_with("Restart Count:"));
    if is_describe {
        describe(lines, notes);
    }
    for line in lines {
        inspect(line, notes);
    }
}

fn describe(lines: &[&str], notes: &mut Notes) {
    let restarts = lines
        .iter()
        .filter_map(|line| {
            Some((number_in(line.trim_start().strip_prefix("Restart Count:")?)?, *line))
        })
        .max_by_key(|(count, _)| *count);
    let mut in_last = false;
    let mut reason: Option<(&str, &str)> = None;
    for line in lines {
        let text = line.trim_start();
        if text.starts_with("Last State:") {
            in_last = true;
        } else if text.starts_with("Ready:") || text.starts_with("Restart Count:") {
            in_last = false;
        } else if let Some(own) = text.strip_prefix("Reason:")
            && (in_last || own.trim() == "OOMKilled")
        {
            reason = Some((own.trim(), line));
        }
    }
    match (reason, restarts) {
        (Some(("OOMKilled", line)), _) => {
            notes.seen("process", "restarted", line);
            notes.seen("limit", "memory", line);
        }
        (Some((_, line)), Some((1.., _))) => notes.seen("process", "restarted", line),
        (None, Some((0, line))) => notes.seen("process", "running", line),
        _ => {}
    }
}

/// `/app oom=true exit=137 restarts=3 started=…`
fn inspect(line: &str, notes: &mut Notes) {
    let word = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name));
    let (Some(oom), Some(_)) = (word("oom="), word("exit=")) else { return };
    if oom == "true" {
        notes.seen("process", "restarted", line);
        notes.seen("limit", "memory", line);
    } else if word("restarts=").and_then(number_in).is_some_and(|count| count > 0) {
        notes.seen("process", "restarted", line);
    }
}
