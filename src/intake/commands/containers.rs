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
    table(lines, notes);
}

/// `kubectl get pods` and `docker ps`: a column of restarts, a status of restarting.
fn table(lines: &[&str], notes: &mut Notes) {
    let mut is_pods = false;
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().take(6).collect();
        if words.contains(&"READY") && words.contains(&"RESTARTS") {
            is_pods = true;
        } else if line.trim().is_empty() {
            is_pods = false;
        } else if is_pods {
            // Where the namespace is named, everything stands one further.
            let at = words.iter().position(|word| is_ready(word));
            let restarts = at.and_then(|at| words.get(at + 2)?.parse::<u64>().ok());
            if restarts.is_some_and(|count| count > 0) {
                notes.seen("process", "restarted", line);
            }
        }
        if line.contains(" Restarting (") && line.contains(" ago") {
            notes.seen("process", "restarted", line);
        }
    }
}

/// `1/1`, `0/2`
fn is_ready(word: &str) -> bool {
    word.split_once('/').is_some_and(|(ready, all)| {
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        is_number(ready) && is_number(all)
    })
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
///
/// Of the whole JSON, `"OOMKilled": true` and `"RestartCount": 4`.
fn inspect(line: &str, notes: &mut Notes) {
    let field = |name: &str| Some(line.split_once(name)?.1.trim_start_matches([':', ' ', '"']));
    if field("\"OOMKilled\"").is_some_and(|value| value.starts_with("true")) {
        notes.seen("process", "restarted", line);
        notes.seen("limit", "memory", line);
    } else if field("\"RestartCount\"").and_then(number_in).is_some_and(|count| count > 0) {
        notes.seen("process", "restarted", line);
    }
    let word = |name: &str| line.split_whitespace().find_map(|word| word.strip_prefix(name));
    let (Some(oom), Some(_)) = (word("oom="), word("exit=")) else { return };
    if oom == "true" {
        notes.seen("process", "restarted", line);
        notes.seen("limit", "memory", line);
    } else if word("restarts=").and_then(number_in).is_some_and(|count| count > 0) {
        notes.seen("process", "restarted", line);
    }
}
