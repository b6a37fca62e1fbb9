//! The `idle` probe: holds several connections at spread silences in parallel and finds the cut-off.
//!
//! A connection that is watched tells a FIN or RST to the millisecond. A state that is dropped
//! silently shows only when something is written, so each connection writes at the end of its own
//! silence. One more runs TCP keepalive; it tells network state from application timers.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::time::{interval, sleep};

use super::{
    event::{Finding, ProbeEvent, Reading, Reporter, seconds, text},
    hold::{End, Hold, Order, Speech, hold},
    kind::Probe,
    permit::Permit,
};

/// The longest silence that may be asked for; W6 of the threat model.
pub const MAX_IDLE: Duration = Duration::from_mins(5);
/// The silence where none is asked for: a little beyond the commonest timers of 60 s.
pub const DEFAULT_IDLE: Duration = Duration::from_secs(65);

/// Round numbers, since timers are round numbers: a cut-off most likely equals the first silence
/// that failed.
const LADDER: [u64; 9] = [5, 10, 15, 30, 60, 90, 120, 180, 240];
/// Every silence is this much longer than its step, so that a timer of exactly that many seconds has
/// run out when the late write comes. Timers fire late rather than early.
const MARGIN: Duration = Duration::from_millis(500);
/// Connections of the first round, the one with keepalive apart.
const ROUND: usize = 6;
/// Between two dials: a timer then ends them this far apart, an event all at once.
const STAGGER: Duration = Duration::from_millis(400);
/// Of the connection with TCP keepalive; below the shortest silence of the ladder.
const KEEPALIVE: Duration = Duration::from_secs(3);
/// Ends closer to the response than this are not idle time-outs.
const AT_ONCE: Duration = Duration::from_millis(500);

/// The silences of the first round, ascending, the last one `max`.
fn plan(max: Duration) -> Vec<Order> {
    let max = max.clamp(Duration::from_secs(1), MAX_IDLE);
    let mut silences: Vec<Duration> = LADDER
        .iter()
        .map(|seconds| Duration::from_secs(*seconds))
        .filter(|silence| *silence < max)
        .collect();
    silences.push(max);
    // The short ones go first: clients rarely come back after a few seconds only.
    let surplus = silences.len().saturating_sub(ROUND);
    silences.drain(..surplus);
    let mut orders: Vec<Order> = silences
        .into_iter()
        .zip(0..)
        .map(|(step, place)| Order {
            silence: step + MARGIN,
            keepalive: None,
            delay: STAGGER * place,
        })
        .collect();
    let silence = max + MARGIN;
    orders.push(Order { silence, keepalive: Some(KEEPALIVE), delay: Duration::ZERO });
    orders
}

/// A second round between the longest silence that was survived and the shortest that was not.
fn refine(alive: Duration, dead: Duration) -> Vec<Order> {
    let step = dead.saturating_sub(alive) / 5;
    let mut orders: Vec<Order> = (1..=4)
        .map(|part| Order {
            silence: alive + step * part + MARGIN,
            keepalive: None,
            delay: Duration::ZERO,
        })
        .collect();
    let every = KEEPALIVE.min(dead / 3).max(Duration::from_secs(1));
    let silence = dead + MARGIN;
    orders.push(Order { silence, keepalive: Some(every), delay: Duration::ZERO });
    orders
}

/// Holds connections until the cut-off is known or `max` has passed.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    max: Duration,
    reporter: &Reporter,
) -> Vec<Hold> {
    let mut holds = round(permit, ip, speech, plan(max), reporter).await;
    if let Some((alive, dead)) = bracket(&holds)
        && first_end(&holds).is_none()
    {
        let orders = refine(alive, dead);
        holds.extend(round(permit, ip, speech, orders, reporter).await);
    }
    holds
}

/// Runs one round in parallel. Ends early once the cut-off shows.
async fn round(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    orders: Vec<Order>,
    reporter: &Reporter,
) -> Vec<Hold> {
    let start = Instant::now();
    let refining = orders.iter().all(|order| order.delay.is_zero());
    let mut running: FuturesUnordered<_> =
        orders.into_iter().map(|order| hold(permit, ip, speech, order)).collect();
    let mut done: Vec<Hold> = Vec::new();
    let mut tick = interval(Duration::from_secs(5));
    tick.tick().await;
    loop {
        // After a first end the others are given their stagger to confirm it.
        let grace = STAGGER * 7 + AT_ONCE;
        let settled = match first_end(&done) {
            Some(first) => Some(grace.saturating_sub(first.ended.elapsed())),
            None if !refining && bracket(&done).is_some() => Some(Duration::ZERO),
            None if done.iter().any(|hold| hold.end == End::Closes) => Some(Duration::ZERO),
            None => None,
        };
        let stop = sleep(settled.unwrap_or(MAX_IDLE * 2));
        tokio::select! {
            next = running.next() => match next {
                Some(hold) => done.push(hold),
                None => return done,
            },
            () = stop, if settled.is_some() => return done,
            _ = tick.tick() => {
                let waited = start.elapsed().as_secs_f64().round();
                let event = ProbeEvent::Progress {
                    probe: Probe::Idle,
                    seconds: waited,
                    text: text(
                        format!("still open after {waited} s of silence"),
                        format!("安静 {waited} 秒后仍然连着"),
                    ),
                };
                reporter.send(event).await;
            }
        }
    }
}

/// The hold that was ended first by the other side during its silence.
fn first_end(holds: &[Hold]) -> Option<&Hold> {
    holds
        .iter()
        .filter(|hold| matches!(hold.end, End::Fin | End::Rst))
        .min_by_key(|hold| hold.quiet)
}

/// The longest step that was survived below the shortest that was not, where a late write failed.
/// Connections with keepalive do not count.
fn bracket(holds: &[Hold]) -> Option<(Duration, Duration)> {
    let plain = || holds.iter().filter(|hold| hold.order.keepalive.is_none());
    let dead = plain()
        .filter(|hold| matches!(hold.end, End::Silent | End::ResetByWrite))
        .map(|hold| hold.order.silence)
        .min()?;
    let alive = plain()
        .filter(|hold| hold.end == End::Alive && hold.order.silence < dead)
        .map(|hold| hold.order.silence)
        .max()
        .unwrap_or_default();
    Some((alive.saturating_sub(MARGIN), dead.saturating_sub(MARGIN)))
}

/// Reads meaning into the holds. Pure.
pub(super) fn interpret(holds: &[Hold]) -> Reading {
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
        return interpret_end(first, holds, &by);
    }
    if let Some((alive, dead)) = bracket(holds) {
        return interpret_bracket(alive, dead, holds, &by);
    }
    let open = holds
        .iter()
        .filter(|hold| matches!(hold.end, End::Alive | End::Open))
        .map(|hold| hold.quiet)
        .max();
    let Some(open) = open else {
        return Reading::not_visible("no connection could be held", "没有能保持的连接");
    };
    let mut reading = Reading::default();
    let took = seconds(open);
    let raw = format!("open after {took} s of silence{by}");
    reading.observe("idle.end", "open", &raw);
    let (en, zh) =
        (format!("still open after {took} s of silence"), format!("安静 {took} 秒后仍然连着"));
    reading.findings.push(Finding::new(en, zh).raw(raw));
    "open".clone_into(&mut reading.outcome);
    reading
}

/// A FIN or RST that came by itself.
fn interpret_end(first: &Hold, holds: &[Hold], by: &str) -> Reading {
    let mut reading = Reading::default();
    let (value, packet) = if first.end == End::Fin { ("fin", "FIN") } else { ("rst", "RST") };
    let took = seconds(first.quiet);
    let mut raw = format!("{packet} after {took} s of silence{by}");
    if !first.words.is_empty() {
        raw.extend([", after saying ", first.words.as_str()]);
    }
    let ended: Vec<&Hold> =
        holds.iter().filter(|hold| matches!(hold.end, End::Fin | End::Rst)).collect();
    reading.observe("idle.end", value, &raw);
    value.clone_into(&mut reading.outcome);
    if is_event(&ended) {
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
    reading
}

/// Whether connections that were quiet for different times ended at one moment.
fn is_event(ended: &[&Hold]) -> bool {
    let spread = |values: &mut dyn Iterator<Item = Duration>| {
        let all: Vec<Duration> = values.collect();
        let (least, most) = (all.iter().min().copied(), all.iter().max().copied());
        most.unwrap_or_default().saturating_sub(least.unwrap_or_default())
    };
    let Some(earliest) = ended.iter().map(|hold| hold.ended).min() else { return false };
    let quiet = spread(&mut ended.iter().map(|hold| hold.quiet));
    let moments = spread(&mut ended.iter().map(|hold| hold.ended.duration_since(earliest)));
    ended.len() >= 3 && quiet > STAGGER && moments < STAGGER / 2
}

/// A cut that only a late write showed.
fn interpret_bracket(alive: Duration, dead: Duration, holds: &[Hold], by: &str) -> Reading {
    let mut reading = Reading::default();
    let failed = holds
        .iter()
        .find(|hold| hold.order.silence == dead + MARGIN && hold.order.keepalive.is_none());
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
    value.clone_into(&mut reading.outcome);
    let (en, zh) = (
        format!("between {from} and {to} s of silence the connection is lost without a word"),
        format!("安静 {from} 到 {to} 秒之间，连接悄悄失效"),
    );
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    // A wide bracket is no measurement; a fifth of the value still separates known constants.
    if dead.saturating_sub(alive) <= (dead / 5).max(Duration::from_secs(1)) {
        reading.observe("seconds", dead.as_secs_f64(), &raw);
    }
    let kept = holds
        .iter()
        .filter(|hold| hold.order.keepalive.is_some() && hold.order.silence >= dead + MARGIN)
        .find_map(|hold| match hold.end {
            End::Alive => Some("helps"),
            End::Silent | End::ResetByWrite => Some("no"),
            _ => None,
        });
    if let Some(kept) = kept {
        let raw = format!("with TCP keepalive every few seconds, after {to} s: {kept}");
        reading.observe("idle.keepalive", kept, &raw);
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(silence: u64, keepalive: bool, end: End, quiet: f64, ended: Instant) -> Hold {
        let keepalive = keepalive.then_some(KEEPALIVE);
        let silence = Duration::from_secs(silence) + MARGIN;
        let order = Order { silence, keepalive, delay: Duration::ZERO };
        let server = Some("nginx/1.22.1".to_owned());
        Hold {
            order,
            end,
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
    fn the_ladder_ends_at_the_asked_silence_and_fits_the_run() {
        let orders = plan(DEFAULT_IDLE);
        let silences: Vec<u64> = orders.iter().map(|order| order.silence.as_secs()).collect();
        assert_eq!(silences, [5, 10, 15, 30, 60, 65, 65]);
        assert_eq!(plan(Duration::from_mins(5)).len(), ROUND + 1);
        assert_eq!(plan(Duration::from_secs(9999)).last().unwrap().silence, MAX_IDLE + MARGIN);
        assert_eq!(plan(Duration::from_secs(2)).len(), 2);
        let total = plan(MAX_IDLE).len() + refine(Duration::ZERO, Duration::from_secs(5)).len();
        assert!(total as u64 <= super::super::meter::MAX_HOLDS);
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
        let reading = interpret(&holds);
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
        assert_eq!(values(&interpret(&holds)), ["idle.end=fin"]);
    }

    #[test]
    fn a_silent_drop_is_bracketed_and_keepalive_tried() {
        let now = Instant::now();
        let mut holds =
            vec![held(15, false, End::Alive, 15.0, now), held(30, false, End::Silent, 30.0, now)];
        assert_eq!(values(&interpret(&holds)), ["idle.end=silent"]);
        holds.push(held(27, false, End::Alive, 27.0, now));
        holds.push(held(30, true, End::Alive, 30.0, now));
        let wanted = ["idle.end=silent", "seconds=30", "idle.keepalive=helps"];
        assert_eq!(values(&interpret(&holds)), wanted);
    }

    #[test]
    fn what_closes_after_each_answer_cannot_be_idle() {
        let now = Instant::now();
        assert!(interpret(&[held(5, false, End::Closes, 0.0, now)]).not_visible.is_some());
        assert!(interpret(&[held(5, false, End::Fin, 0.01, now)]).not_visible.is_some());
        assert_eq!(values(&interpret(&[held(5, false, End::Alive, 5.0, now)])), ["idle.end=open"]);
    }
}
