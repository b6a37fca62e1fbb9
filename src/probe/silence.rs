//! What the held connections of the `idle` probe mean. Pure.

use std::time::Duration;

use super::{
    event::{Finding, Reading, seconds},
    hold::{End, Hold},
    idle::{self, AT_ONCE, STAGGER, bracket, first_end},
};
use crate::evidence::{self, Course, Stretch};

/// A cut-off is told to this much, wherever the bracket is narrow enough.
const NEAR: Duration = Duration::from_secs(1);

/// Servers that do not watch each connection look at all of them about once a second.
const SWEEP: Duration = Duration::from_millis(1200);

/// Reads meaning into the holds; `standing` plain connections were still open when the round ended.
/// Pure.
pub(super) fn interpret(holds: &[Hold], standing: usize) -> Reading {
    let server = holds.iter().find_map(|hold| hold.server.as_deref());
    let by = server.map_or_else(String::new, |server| format!(" (server: {server})"));
    if holds.iter().any(|hold| hold.end == End::Closes) {
        return Reading::not_visible(
            "the server closes the connection after each answer, so none can be idle",
            "服务端每次响应后就关闭连接，无法测空闲",
        );
    }
    if let Some(first) = first_end(holds) {
        if first.quiet < AT_ONCE {
            return Reading::not_visible(
                "the server closes at once, so no connection can be idle",
                "服务端立刻关闭连接，无法测空闲",
            );
        }
        return interpret_end(first, holds, standing, &by);
    }
    if let Some((alive, dead)) = bracket(holds) {
        return interpret_bracket(alive, dead, holds, &by);
    }
    let open = holds
        .iter()
        .filter(|hold| hold.order.ping.is_none() && matches!(hold.end, End::Alive | End::Open))
        .map(|hold| hold.quiet)
        .max();
    let Some(open) = open else {
        return Reading::not_visible("no connection could be held", "没有能保持的连接");
    };
    let mut reading = Reading::default();
    let took = seconds(open);
    let raw = format!("open after {took} s of silence{by}");
    reading.observe("idle.end", "open", &raw);
    reading.course("idle.end", course(evidence::End::Ours, open));
    let (en, zh) =
        (format!("still open after {took} s of silence"), format!("安静 {took} 秒后仍然连着"));
    reading.findings.push(Finding::new(en, zh).raw(raw));
    "open".clone_into(&mut reading.outcome);
    reading
}

/// A held connection, in numbers.
fn course(end: evidence::End, quiet: Duration) -> Course {
    Course::ended(end).then(Stretch::Silence, quiet)
}

/// A FIN or RST that came by itself.
fn interpret_end(first: &Hold, holds: &[Hold], standing: usize, by: &str) -> Reading {
    let mut reading = Reading::default();
    let (value, packet) = if first.end == End::Fin { ("fin", "FIN") } else { ("rst", "RST") };
    let took = seconds(first.quiet);
    let mut raw = format!("{packet} after {took} s of silence{by}");
    if !first.words.is_empty() {
        raw.extend([", after saying ", first.words.as_str()]);
    }
    let ended = idle::ended(holds);
    reading.observe("idle.end", value, &raw);
    let by = if first.end == End::Fin { evidence::End::Fin } else { evidence::End::Rst };
    reading.course("idle.end", course(by, first.quiet));
    value.clone_into(&mut reading.outcome);
    if is_event(&ended, standing) {
        let finding = Finding::new(
            "all connections ended at the same moment, however long each was quiet: an event such as a restart, not a timer",
            "不管各自安静了多久，所有连接同时断开：像是重启之类的事件，而不是定时器",
        );
        reading.findings.push(finding.raw(raw));
        return reading;
    }
    let (en, zh) = (
        format!(
            "a timer ends quiet connections after {took} s ({packet}), seen {} time(s)",
            ended.len()
        ),
        format!("安静 {took} 秒后被定时器断开 ({packet})，测到 {} 次", ended.len()),
    );
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    let rounded = (first.quiet.as_secs_f64() * 100.0).round() / 100.0;
    reading.observe("seconds", rounded, &raw);
    if ended.iter().any(|hold| hold.order.keepalive.is_some()) {
        let raw = format!("{packet} in spite of TCP keepalive");
        reading.observe("idle.keepalive", "no", &raw);
    }
    observe_ping(first.quiet, holds, &mut reading);
    reading
}

/// Whether the application's heartbeat kept its connection beyond `cut`.
fn observe_ping(cut: Duration, holds: &[Hold], reading: &mut Reading) {
    let Some(hold) = holds.iter().find(|hold| hold.order.ping.is_some()) else { return };
    let every = hold.order.ping.unwrap_or_default();
    // A heartbeat slower than the cut-off keeps nothing alive.
    if every >= cut {
        return;
    }
    let (value, en, zh) = match hold.end {
        End::Alive if hold.quiet > cut => {
            ("helps", "requests in between keep the connection", "中间有请求时，连接能保持")
        }
        End::Fin | End::Rst | End::Silent | End::ResetByWrite => (
            "no",
            "requests in between do not keep the connection: its age counts, not its silence",
            "中间有请求也保不住连接：看的是总时长，不是空闲",
        ),
        _ => return,
    };
    let raw = format!(
        "a request every {} s, {} after {} s in all",
        seconds(every),
        if value == "helps" { "alive" } else { "ended" },
        seconds(hold.quiet)
    );
    reading.observe("idle.ping", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(raw));
}

/// Whether connections that were quiet for different times ended at one moment. An event ends all; a
/// server that looks only once a second which are overdue ends some together, and leaves the others.
fn is_event(ended: &[&Hold], standing: usize) -> bool {
    let spread = |values: &mut dyn Iterator<Item = Duration>| {
        let all: Vec<Duration> = values.collect();
        let (least, most) = (all.iter().min().copied(), all.iter().max().copied());
        most.unwrap_or_default().saturating_sub(least.unwrap_or_default())
    };
    let Some(earliest) = ended.iter().map(|hold| hold.ended).min() else { return false };
    let quiet = spread(&mut ended.iter().map(|hold| hold.quiet));
    let moments = spread(&mut ended.iter().map(|hold| hold.ended.duration_since(earliest)));
    let apart = if standing == 0 { STAGGER } else { SWEEP };
    ended.len() >= 3 && quiet > apart && moments < STAGGER / 2
}

/// A cut that only a late write showed.
fn interpret_bracket(alive: Duration, dead: Duration, holds: &[Hold], by: &str) -> Reading {
    let mut reading = Reading::default();
    let failed = holds.iter().find(|hold| hold.tried == dead && hold.order.keepalive.is_none());
    let reset = failed.is_some_and(|hold| hold.end == End::ResetByWrite);
    let value = if reset { "rst" } else { "silent" };
    let (from, to) = (seconds(alive), seconds(dead));
    let how = if reset {
        "the next write is answered by RST or FIN"
    } else {
        "the next write is never acknowledged"
    };
    let raw = format!("alive after {from} s of silence, dead after {to} s: {how}{by}");
    reading.observe("idle.end", value, &raw);
    let end = if reset { evidence::End::Rst } else { evidence::End::Silent };
    reading.course("idle.end", course(end, dead));
    value.clone_into(&mut reading.outcome);
    let (en, zh) = (
        format!("between {from} and {to} s of silence the connection is lost without a word"),
        format!("安静 {from} 到 {to} 秒之间，连接悄悄失效"),
    );
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    // A wide bracket is no measurement; a fifth of the value still separates known constants.
    if dead.saturating_sub(alive) <= (dead / 5).max(NEAR * 2) {
        reading.observe("seconds", roundest(alive, dead), &raw);
    }
    let kept = holds
        .iter()
        .filter(|hold| hold.order.keepalive.is_some() && hold.quiet >= dead)
        .find_map(|hold| match hold.end {
            End::Alive => Some("helps"),
            End::Silent | End::ResetByWrite => Some("no"),
            _ => None,
        });
    if let Some(kept) = kept {
        let raw = format!("with TCP keepalive every few seconds, after {to} s: {kept}");
        reading.observe("idle.keepalive", kept, &raw);
    }
    observe_ping(dead, holds, &mut reading);
    reading
}

/// The likeliest time within a bracket, seconds: timers are set to round numbers. Where a bracket is
/// narrow enough, what is told is never further than a second from any time within it.
fn roundest(alive: Duration, dead: Duration) -> f64 {
    let (from, to) = if dead.saturating_sub(alive) <= NEAR * 2 {
        (alive.max(dead.saturating_sub(NEAR)), dead.min(alive + NEAR))
    } else {
        (alive, dead)
    };
    let (from, to) = (from.as_secs_f64(), to.as_secs_f64());
    let within = |step: f64| {
        let last = (to / step + 1e-6).floor() * step;
        (last > alive.as_secs_f64() && last >= from - 1e-6).then_some(last)
    };
    let steps = [60.0, 30.0, 10.0, 5.0, 1.0, 0.5];
    let middle = || (from.midpoint(to) * 10.0).round() / 10.0;
    steps.into_iter().find_map(within).unwrap_or_else(middle)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{
        super::{hold::Order, idle::KEEPALIVE},
        *,
    };

    fn held(silence: u64, keepalive: bool, end: End, quiet: f64, ended: Instant) -> Hold {
        let keepalive = keepalive.then_some(KEEPALIVE);
        let order = Order { keepalive, ping: None, delay: Duration::ZERO };
        let server = Some("nginx/1.22.1".to_owned());
        Hold {
            order,
            end,
            tried: Duration::from_secs(silence),
            quiet: Duration::from_secs_f64(quiet),
            ended,
            server,
            words: String::new(),
        }
    }

    fn values(reading: &Reading) -> Vec<String> {
        reading
            .observations
            .iter()
            .map(|seen| format!("{}={}", seen.variable, seen.value))
            .collect()
    }

    #[test]
    fn a_fin_at_the_same_silence_is_a_timer() {
        let now = Instant::now();
        let at = |millis| now + Duration::from_millis(millis);
        let holds = [
            held(65, true, End::Fin, 5.0, at(0)),
            held(10, false, End::Fin, 5.002, at(400)),
            held(15, false, End::Fin, 5.001, at(800)),
        ];
        let reading = interpret(&holds, 0);
        assert_eq!(values(&reading), ["idle.end=fin", "seconds=5", "idle.keepalive=no"]);
        let raw = reading.observations[1].raw.as_deref();
        assert_eq!(raw, Some("FIN after 5.00 s of silence (server: nginx/1.22.1)"));
    }

    #[test]
    fn ends_at_one_moment_are_an_event_and_give_no_seconds() {
        let now = Instant::now();
        let holds = [
            held(65, true, End::Fin, 8.0, now),
            held(10, false, End::Fin, 7.6, now),
            held(15, false, End::Fin, 7.2, now),
        ];
        assert_eq!(values(&interpret(&holds, 0)), ["idle.end=fin"]);
    }

    #[test]
    fn a_silent_drop_is_bracketed_and_keepalive_tried() {
        let now = Instant::now();
        let mut holds =
            vec![held(15, false, End::Alive, 15.0, now), held(30, false, End::Silent, 30.0, now)];
        assert_eq!(values(&interpret(&holds, 0)), ["idle.end=silent"]);
        holds.push(held(27, false, End::Alive, 27.0, now));
        holds.push(held(30, true, End::Alive, 30.0, now));
        let wanted = ["idle.end=silent", "seconds=30", "idle.keepalive=helps"];
        assert_eq!(values(&interpret(&holds, 0)), wanted);
    }

    #[test]
    fn within_a_bracket_the_roundest_number_is_the_likeliest() {
        for (alive, dead, wanted) in [
            (39.1, 43.5, 40.0),
            (44.5, 45.0, 45.0),
            (29.2, 31.0, 30.0),
            (11.2, 11.8, 11.5),
            (29.2, 31.1, 30.2),
            (12.6, 14.4, 13.5),
            (52.0, 65.0, 60.0),
        ] {
            let [alive, dead] = [alive, dead].map(Duration::from_secs_f64);
            assert!((roundest(alive, dead) - wanted).abs() < 1e-9, "{alive:?} {dead:?}");
        }
    }

    #[test]
    fn what_closes_after_each_answer_cannot_be_idle() {
        let now = Instant::now();
        assert!(interpret(&[held(5, false, End::Closes, 0.0, now)], 0).not_visible.is_some());
        assert!(
            interpret(&[0, 1, 2].map(|_| held(5, false, End::Fin, 0.01, now)), 0)
                .not_visible
                .is_some()
        );
        assert_eq!(
            values(&interpret(&[held(5, false, End::Alive, 5.0, now)], 0)),
            ["idle.end=open"]
        );
    }

    #[test]
    fn a_heartbeat_that_keeps_a_connection_is_told_from_one_that_does_not() {
        let now = Instant::now();
        let beating = |end, quiet| {
            let mut hold = held(65, false, end, quiet, now);
            hold.order.ping = Some(Duration::from_secs(3));
            hold
        };
        let cut = || held(10, false, End::Fin, 5.0, now);
        let helps = interpret(&[cut(), beating(End::Alive, 8.0)], 0);
        assert!(values(&helps).contains(&"idle.ping=helps".to_owned()), "{helps:?}");
        let no = interpret(&[cut(), beating(End::Fin, 5.0)], 0);
        assert!(values(&no).contains(&"idle.ping=no".to_owned()), "{no:?}");
        // Slower than the cut-off: it says nothing.
        let quick = held(10, false, End::Fin, 2.0, now);
        let slow = interpret(&[quick, beating(End::Fin, 2.0)], 0);
        assert_eq!(values(&slow), ["idle.end=fin", "seconds=2"]);
    }
}
