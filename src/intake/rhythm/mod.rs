//! Rhythm: what the times of repeated lines say.
//!
//! Lines that differ in numbers only are one event. Where such an event tells of trouble and comes
//! again and again, the gaps between tell whether a clock drives it (every five minutes, on the
//! minute), a timer (always so long after the last), a count (always after so many other lines), or
//! nothing at all.

mod stamps;

use std::collections::BTreeMap;

use crate::evidence::{Observation, Source};

use stamps::DAY;
pub(super) use stamps::stamp;

/// Fewer gaps than this show no rhythm.
const LEAST_GAPS: usize = 3;

/// Gaps that differ from their median by less than this share are the same; logs round to seconds.
const SAME: f64 = 0.04;

/// Kinds of lines that are kept apart, and events kept of each: bounds for the memory.
const MAX_KINDS: usize = 4000;
const MAX_EVENTS: usize = 5000;

/// A line is looked at up to here, characters.
const MAX_LINE: usize = 400;

/// Words of trouble, in both languages.
const TROUBLE: &[&str] = &[
    "error",
    "fail",
    "reset",
    "timeout",
    "timed out",
    "closed",
    "refused",
    "broken",
    "lost",
    "disconnect",
    "abort",
    "terminated",
    "gone away",
    "dropped",
    "unreachable",
    "eof",
    "econn",
    "epipe",
    "断开",
    "超时",
    "重置",
    "失败",
    "中断",
    "丢失",
    "关闭",
    "拒绝",
];

/// Words of somebody who tries again: the gaps are those between two tries, and say nothing of how
/// long a connection lives.
const TRIES: &[&str] = &[
    "refused",
    "unreachable",
    "retry",
    "retrying",
    "reconnect",
    "attempt",
    "failed to connect",
    "cannot connect",
    "拒绝",
    "重试",
    "重连",
];

/// Shorter gaps are those of health checks and retries, seconds.
const LEAST_TIMER: f64 = 20.0;

/// Shorter gaps on the minute are a timer's that began there, seconds.
const LEAST_CLOCK: f64 = 120.0;

/// Words of trouble that are part of a harmless line.
const NO_TROUBLE: &[&str] =
    &["0 errors", "error=0", "errors=0", "no error", "timeout=", "keepalive_timeout"];

/// Words of a beginning, for the time from a beginning to its end.
const BEGINNING: &[&str] = &[
    "connected",
    "established",
    "opened",
    "accepted",
    "handshake complete",
    "logged in",
    "session started",
    "建立",
    "已连接",
    "连接成功",
    "登录成功",
];

/// One event of a kind.
#[derive(Clone, Copy)]
struct Event {
    seconds: f64,
    /// Number of the line, from 0, among all lines.
    line: usize,
}

/// The lines of one kind.
struct Kind<'a> {
    first: &'a str,
    events: Vec<Event>,
}

/// What the times of the lines in `text` say; nothing where they have none.
pub fn rhythm(text: &str) -> Vec<Observation> {
    let mut kinds: BTreeMap<String, Kind<'_>> = BTreeMap::new();
    let mut lives = Lives::default();
    let mut days = 0.0;
    let mut last: Option<f64> = None;
    for (number, line) in text.lines().enumerate() {
        let Some((seconds, is_dated, rest)) = stamp(line) else { continue };
        // Times without a date begin again at midnight.
        if !is_dated && last.is_some_and(|last| seconds + days + DAY / 2.0 < last) {
            days += DAY;
        }
        let seconds = if is_dated { seconds } else { seconds + days };
        last = Some(seconds);
        let lower: String = rest.chars().take(MAX_LINE).collect::<String>().to_lowercase();
        let trouble = is_trouble(&lower);
        lives.note(seconds, trouble, &lower);
        if !trouble {
            continue;
        }
        let shape = shape(&lower);
        if kinds.len() >= MAX_KINDS && !kinds.contains_key(&shape) {
            continue;
        }
        let kind = kinds.entry(shape).or_insert_with(|| Kind { first: line, events: Vec::new() });
        if kind.events.len() < MAX_EVENTS {
            kind.events.push(Event { seconds, line: number });
        }
    }
    let mut found = Vec::new();
    let best = kinds
        .values()
        .filter_map(|kind| Some((judge(&kind.events, is_try(kind.first))?, kind)))
        .max_by(|(a, x), (b, y)| a.rank().cmp(&b.rank()).then(x.events.len().cmp(&y.events.len())));
    if let Some((beat, kind)) = best {
        found.extend(beat.observations(&pulse(&kind.events), kind.first));
    }
    let timed = found.iter().any(|observation| observation.variable == "seconds");
    if let Some(seconds) = lives.median().filter(|_| !timed) {
        let raw = format!("each connection lived about {} s", seconds.round());
        found.push(Observation::seen("seconds", seconds.round(), Source::Text).with_raw(raw));
    }
    found
}

fn is_try(line: &str) -> bool {
    let lower: String = line.chars().take(MAX_LINE).collect::<String>().to_lowercase();
    TRIES.iter().any(|word| lower.contains(word))
}

fn is_trouble(lower: &str) -> bool {
    TROUBLE.iter().any(|word| lower.contains(word))
        && !NO_TROUBLE.iter().any(|word| lower.contains(word))
}

/// A line without its numbers: addresses, ports, ids and times differ from event to event.
fn shape(lower: &str) -> String {
    let mut out = String::with_capacity(120);
    let mut in_word_with_digit = false;
    for word in lower.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let digits = word.bytes().any(|byte| byte.is_ascii_digit());
        if digits && !in_word_with_digit {
            out.push('#');
        } else if !digits {
            out.push_str(word);
        }
        in_word_with_digit = digits;
        if out.len() > 160 {
            break;
        }
    }
    out
}

/// What drives an event.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Beat {
    /// The clock: on round times, every so many seconds.
    Clock(f64),
    /// The clock: once a day.
    Daily,
    /// A timer: so many seconds after the last.
    Timer(f64),
    /// A count: always after so many lines.
    Count,
}

impl Beat {
    /// Which of two beats says more.
    fn rank(self) -> u8 {
        match self {
            Self::Count => 0,
            Self::Clock(_) => 1,
            Self::Timer(_) => 2,
            Self::Daily => 3,
        }
    }

    /// What it says, with the pulse and the first line to show for it.
    fn observations(self, pulse: &str, line: &str) -> Vec<Observation> {
        let raw: String = format!("{pulse}: {}", line.trim()).chars().take(MAX_LINE).collect();
        let seen = |variable: &str, option: &str| {
            Observation::seen(variable, option, Source::Text).with_raw(&raw)
        };
        match self {
            Self::Clock(_) => vec![seen("schedule", "every_n")],
            Self::Daily => vec![seen("schedule", "daily")],
            Self::Timer(seconds) => {
                vec![Observation::seen("seconds", seconds, Source::Text).with_raw(&raw)]
            }
            Self::Count => vec![seen("request_n", "fixed_count")],
        }
    }
}

/// How many events there are, and the gap between two with its spread: `6 × 61 s ± 0.5 s`.
fn pulse(events: &[Event]) -> String {
    let events = bursts(events);
    let mut gaps: Vec<f64> = events
        .windows(2)
        .filter_map(|pair| if let [a, b] = pair { Some(b.seconds - a.seconds) } else { None })
        .collect();
    let median = |values: &mut Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(0.0)
    };
    let gap = median(&mut gaps);
    let mut off: Vec<f64> = gaps.iter().map(|own| (own - gap).abs()).collect();
    let tenths = |seconds: f64| (seconds * 10.0).round() / 10.0;
    format!("{} × {} s ± {} s", events.len(), tenths(gap), tenths(median(&mut off)))
}

/// The beat of the events of one kind, if they have one. Tries have no timer.
fn judge(events: &[Event], is_try: bool) -> Option<Beat> {
    let events = bursts(events);
    let pairs = || {
        events.windows(2).filter_map(|pair| if let [a, b] = pair { Some((*a, *b)) } else { None })
    };
    let gaps: Vec<f64> = pairs().map(|(a, b)| b.seconds - a.seconds).collect();
    if gaps.len() < LEAST_GAPS {
        return daily(&gaps, 2);
    }
    if let Some(day) = daily(&gaps, LEAST_GAPS) {
        return Some(day);
    }
    if let Some(period) = steady(&gaps).filter(|period| *period >= LEAST_TIMER) {
        let is_round =
            period >= LEAST_CLOCK && (period / 60.0 - (period / 60.0).round()).abs() * 60.0 <= 1.0;
        let drift = events.iter().map(|event| {
            let phase = event.seconds.rem_euclid(60.0);
            phase.min(60.0 - phase)
        });
        // A timer drifts off the minute; a clock does not.
        let on_the_minute = is_round && drift.fold(0.0, f64::max) <= 3.0;
        if on_the_minute {
            return Some(Beat::Clock(period));
        }
        return (!is_try).then(|| Beat::Timer(period.round()));
    }
    let lines: Vec<f64> = pairs().map(|(a, b)| (b.line - a.line) as f64).collect();
    steady(&lines).filter(|lines| *lines >= 10.0).map(|_| Beat::Count)
}

/// Events of one moment are one event: every connection of a pool breaks at once.
fn bursts(events: &[Event]) -> Vec<Event> {
    let mut kept: Vec<Event> = Vec::new();
    for event in events {
        if kept.last().is_none_or(|last| event.seconds - last.seconds > 2.0) {
            kept.push(*event);
        }
    }
    kept
}

fn daily(gaps: &[f64], least: usize) -> Option<Beat> {
    let is_day = |gap: &f64| {
        let days = (gap / DAY).round();
        days >= 1.0 && (gap - days * DAY).abs() <= 300.0
    };
    (gaps.len() >= least && gaps.iter().all(is_day)).then_some(Beat::Daily)
}

/// The median of `gaps`, where four of five are the same.
fn steady(gaps: &[f64]) -> Option<f64> {
    if gaps.len() < LEAST_GAPS {
        return None;
    }
    let mut sorted = gaps.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = *sorted.get(sorted.len() / 2)?;
    let same = gaps.iter().filter(|gap| (**gap - median).abs() <= (SAME * median).max(1.0)).count();
    (median > 0.0 && same * 5 >= gaps.len() * 4).then_some(median)
}

/// The time from each beginning to the trouble after it.
#[derive(Default)]
struct Lives {
    begun: Option<f64>,
    lengths: Vec<f64>,
}

impl Lives {
    fn note(&mut self, seconds: f64, trouble: bool, lower: &str) {
        if trouble {
            if let Some(begun) = self.begun.take()
                && seconds > begun
                && self.lengths.len() < MAX_EVENTS
            {
                self.lengths.push(seconds - begun);
            }
        } else if BEGINNING.iter().any(|word| lower.contains(word)) {
            self.begun = Some(seconds);
        }
    }

    /// The length of a life, where all are alike.
    fn median(&self) -> Option<f64> {
        steady(&self.lengths).filter(|length| *length >= 5.0)
    }
}

#[cfg(test)]
mod tests;
