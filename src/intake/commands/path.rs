//! `ping`, `mtr`, `pathping` and pings of several sizes: what is lost on the way.

use serde::Deserialize;

use super::Notes;

/// A report of `mtr --json` is not longer, lines: ten a hop and at most 255 hops.
const MAX_REPORT: usize = 4000;

pub(super) fn read(lines: &[&str], notes: &mut Notes) {
    let mut worst: Option<(f64, usize)> = None;
    for (at, line) in lines.iter().enumerate() {
        if let Some(lost) = ping(line) {
            if lost == 0.0 {
                notes.harmless(at);
            }
            if worst.is_none_or(|(most, _)| lost > most) {
                worst = Some((lost, at));
            }
        }
    }
    let mut from = 0;
    while let Some(report) = mtr(lines, from) {
        from = report.end;
        // `Avg` is no antivirus.
        notes.harmless(report.head);
        let Some((lost, at)) = report.hops.last().copied() else { continue };
        // Routers answer pings only when they have time; what counts is what reaches the end.
        for (own, hop) in &report.hops {
            if *own > lost + 0.5 || lost == 0.0 {
                notes.harmless(*hop);
            }
        }
        if worst.is_none_or(|(most, _)| lost > most) {
            worst = Some((lost, at));
        }
    }
    if let Some((lost, at)) = mtr_json(lines, notes).or_else(|| mtr_csv(lines, notes))
        && worst.is_none_or(|(most, _)| lost > most)
    {
        worst = Some((lost, at));
    }
    if let Some((lost, at)) = worst {
        let raw = lines.get(at).copied().unwrap_or("");
        match lost {
            lost if lost >= 100.0 => notes.seen("loss", "blocked", raw),
            lost if lost > 5.0 => notes.seen("loss", "much", raw),
            lost if lost >= 1.0 => notes.seen("loss", "little", raw),
            // Below one percent is neither none nor worth a word.
            lost if lost > 0.0 => {}
            _ => notes.seen("loss", "none", raw),
        }
    }
    sizes(lines, notes);
}

/// The loss in the last line of `ping`, percent.
fn ping(line: &str) -> Option<f64> {
    let lower = line.to_lowercase();
    let is_it = lower.contains("packet loss")
        && (lower.contains("transmitted") || lower.contains("received"));
    let is_windows = lower.contains("sent =") && lower.contains("lost =")
        || line.contains("已发送 =") && line.contains("丢失 =");
    if !is_it && !is_windows {
        return None;
    }
    let before = lower.split('%').next()?;
    let start = before.rfind(|c: char| !c.is_ascii_digit() && c != '.').map_or(0, |at| at + 1);
    before
        .get(start..)
        .filter(|_| before.is_char_boundary(start))?
        .parse()
        .ok()
        .filter(|lost| (0.0..=100.0).contains(lost))
}

/// A report of `mtr`: the loss of each hop and its line.
struct Report {
    head: usize,
    hops: Vec<(f64, usize)>,
    end: usize,
}

fn mtr(lines: &[&str], from: usize) -> Option<Report> {
    let head = lines
        .iter()
        .enumerate()
        .skip(from)
        .find(|(_, line)| line.contains("Loss%") && line.contains("Snt"))?
        .0;
    let mut hops = Vec::new();
    let mut end = head + 1;
    for (at, line) in lines.iter().enumerate().skip(head + 1) {
        let Some(lost) = hop(line) else { break };
        hops.push((lost, at));
        end = at + 1;
    }
    Some(Report { head, hops, end })
}

/// `  5.|-- 203.0.113.1   38.0%   100   12.1`
fn hop(line: &str) -> Option<f64> {
    let mut words = line.split_whitespace();
    let number = words.next()?.trim_end_matches("|--").trim_end_matches('.');
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Where nobody answered at all some versions print no sign: `3.|-- ???  100.0  10  0.0`.
    let lost =
        words.find_map(|word| word.strip_suffix('%').or((word == "100.0").then_some(word)))?;
    lost.parse().ok().filter(|lost| (0.0..=100.0).contains(lost))
}

#[derive(Deserialize)]
struct Json {
    report: JsonReport,
}

#[derive(Deserialize)]
struct JsonReport {
    hubs: Vec<JsonHop>,
}

#[derive(Deserialize)]
struct JsonHop {
    #[serde(rename = "Loss%")]
    lost: f64,
}

/// The loss at the last hop of a report of `mtr --json`, and its line; its lines are taken out.
fn mtr_json(lines: &[&str], notes: &mut Notes) -> Option<(f64, usize)> {
    let hubs = lines.iter().position(|line| line.contains("\"hubs\""))?;
    let start = lines.get(..=hubs)?.iter().rposition(|line| line.starts_with('{'))?;
    let all = lines.get(start..)?;
    let length =
        all.iter().take(MAX_REPORT).position(|line| {
            line.starts_with('}') || (line.starts_with('{') && line.ends_with('}'))
        })? + 1;
    let report: Json = serde_json::from_str(&all.get(..length)?.join("\n")).ok()?;
    let lost = report.report.hubs.last()?.lost;
    let own = start..start + length;
    let last =
        own.clone().rev().find(|at| lines.get(*at).is_some_and(|line| line.contains("Loss%")))?;
    for at in own {
        notes.harmless(at);
    }
    (0.0..=100.0).contains(&lost).then_some((lost, last))
}

/// The same of `mtr --csv`: version, time, status, host, hop, address, loss.
fn mtr_csv(lines: &[&str], notes: &mut Notes) -> Option<(f64, usize)> {
    let head = lines.iter().position(|line| line.starts_with("Mtr_Version,"))?;
    let hops: Vec<(f64, usize)> = lines
        .iter()
        .enumerate()
        .skip(head + 1)
        .map_while(|(at, line)| {
            Some((line.strip_prefix("MTR.")?.split(',').nth(6)?.parse().ok()?, at))
        })
        .collect();
    notes.harmless(head);
    for (_, at) in &hops {
        notes.harmless(*at);
    }
    hops.last().copied().filter(|(lost, _)| (0.0..=100.0).contains(lost))
}

/// `1472 lost`, `1392 ok`: only large packets do not pass.
fn sizes(lines: &[&str], notes: &mut Notes) {
    let size = |line: &str, end: &str| -> Option<u32> {
        line.trim()
            .strip_suffix(end)?
            .trim()
            .parse()
            .ok()
            .filter(|size| (500..10_000).contains(size))
    };
    let passed = lines.iter().filter_map(|line| size(line, "ok")).max();
    let lost = lines.iter().filter_map(|line| size(line, "lost").map(|size| (size, *line))).min();
    match (passed, lost) {
        (Some(passed), Some((lost, raw))) if passed < lost => {
            notes.seen("loss", "big_only", raw);
            notes.seen("size", "above_packet", raw);
        }
        (Some(_), None) => notes.ruled_out(
            "loss",
            "big_only",
            lines.iter().find(|line| size(line, "ok").is_some()).copied().unwrap_or(""),
        ),
        _ => {}
    }
}
