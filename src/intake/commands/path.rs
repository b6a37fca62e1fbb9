//! `ping`, `mtr`, `pathping` and pings of several sizes: what is lost on the way.

use super::Notes;

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
    let lost = words.find_map(|word| word.strip_suffix('%'))?;
    lost.parse().ok().filter(|lost| (0.0..=100.0).contains(lost))
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
