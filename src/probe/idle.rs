//! The `idle` probe: holds several connections at spread silences in parallel and finds the cut-off.
//!
//! A connection that is watched tells a FIN or RST to the millisecond. A state that is dropped
//! silently shows only when something is written, so each connection writes at the end of its own
//! silence. Others were opened a little later and are still untouched then: they halve the gap at
//! once, where a second round would take as long as the first. Two more run TCP keepalive and the
//! application's heartbeat: what keeps the one alive and not the other tells network state from
//! application timers.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::{sync::oneshot, time::sleep};

use super::{
    event::{Finding, Reading, Reporter, seconds},
    hold::{End, Hold, LATE, Order, Speech, hold},
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
/// Connections with a silence of their own.
const STEPS: usize = 5;
/// Connections that wait to be told when to write.
const SPARES: u32 = 5;
/// Between two dials: a timer then ends them this far apart, an event all at once.
const STAGGER: Duration = Duration::from_millis(400);
/// Of the connection with TCP keepalive; below the shortest silence of the ladder.
const KEEPALIVE: Duration = Duration::from_secs(3);
/// The silence of a spare: it waits to be told.
const SPARE: Duration = Duration::from_secs(60 * 60);
/// A gap this narrow is not halved any further.
const FINE: Duration = Duration::from_secs(1);
/// Ends closer to the response than this are not idle time-outs.
const AT_ONCE: Duration = Duration::from_millis(500);

/// What to hold: spread silences up to `max`, spares that begin later, and the two that are kept
/// alive.
fn plan(max: Duration) -> Vec<Order> {
    let max = max.clamp(Duration::from_secs(1), MAX_IDLE);
    let mut silences: Vec<Duration> = LADDER
        .iter()
        .map(|seconds| Duration::from_secs(*seconds))
        .filter(|silence| *silence < max)
        .collect();
    silences.push(max);
    // The short ones go first: clients rarely come back after a few seconds only.
    let surplus = silences.len().saturating_sub(STEPS);
    silences.drain(..surplus);
    let starts = std::iter::once(Duration::ZERO).chain(silences.iter().copied());
    let widest = starts.zip(&silences).map(|(from, to)| to.saturating_sub(from)).max();
    let plain = Order { silence: max + MARGIN, keepalive: None, ping: None, delay: Duration::ZERO };
    let mut orders: Vec<Order> = silences
        .into_iter()
        .zip(0..)
        .map(|(step, place)| Order { silence: step + MARGIN, delay: STAGGER * place, ..plain })
        .collect();
    // When the end of the widest gap is found dead, these have been quiet for a time within it.
    let part = widest.unwrap_or_default() / SPARES;
    orders.extend((1..=SPARES).map(|place| Order {
        silence: SPARE,
        delay: MARGIN + part * place,
        ..plain
    }));
    orders.push(Order { keepalive: Some(KEEPALIVE), ..plain });
    orders.push(Order { ping: Some((max / 20).max(Duration::from_secs(1))), ..plain });
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
    let text = ("still open and quiet", "仍然连着，没有数据");
    reporter.while_waiting(Probe::Idle, text, round(permit, ip, speech, plan(max))).await
}

/// The connections under way, and how to tell each when to write.
struct Round<F> {
    start: Instant,
    running: FuturesUnordered<F>,
    hurry: Vec<(Order, oneshot::Sender<Duration>)>,
    done: Vec<Hold>,
}

async fn round(permit: &Permit, ip: IpAddr, speech: Speech, orders: Vec<Order>) -> Vec<Hold> {
    let running = FuturesUnordered::new();
    let mut hurry = Vec::new();
    for order in orders {
        let (sender, receiver) = oneshot::channel();
        hurry.push((order, sender));
        running.push(hold(permit, ip, speech, order, receiver));
    }
    let mut round = Round { start: Instant::now(), running, hurry, done: Vec::new() };
    round.find().await;
    round.narrow().await;
    round.compare().await;
    round.done
}

impl<F: Future<Output = Hold>> Round<F> {
    /// Waits until a cut-off shows, or the longest silence is over.
    async fn find(&mut self) {
        loop {
            // After a first end the others are given their stagger to confirm it.
            let grace = STAGGER * 7 + AT_ONCE;
            let settled = match first_end(&self.done) {
                Some(first) => Some(grace.saturating_sub(first.ended.elapsed())),
                None if bracket(&self.done).is_some() => return,
                None if self.done.iter().any(|hold| hold.end == End::Closes) => return,
                None => None,
            };
            // The spares would wait for ever.
            let steps = self.hurry.iter().filter(|(order, _)| order.silence != SPARE).count();
            let ended = self.done.iter().filter(|hold| hold.order.silence != SPARE).count();
            if ended >= steps {
                return;
            }
            tokio::select! {
                next = self.running.next() => match next {
                    Some(hold) => self.done.push(hold),
                    None => return,
                },
                () = sleep(settled.unwrap_or(MAX_IDLE * 2)), if settled.is_some() => return,
            }
        }
    }

    /// Halves the gap between the longest silence that was survived and the shortest that was not,
    /// as long as there are spares within it and time is left.
    async fn narrow(&mut self) {
        if first_end(&self.done).is_some() {
            return;
        }
        while let Some((alive, dead)) = bracket(&self.done)
            && dead.saturating_sub(alive) > FINE
        {
            let now = self.start.elapsed();
            let spares: Vec<Order> = self.spares().collect();
            let delays: Vec<Duration> = spares.iter().map(|order| order.delay).collect();
            let Some((place, silence)) = choose(&delays, now, alive, dead) else { return };
            let chosen = spares.get(place).copied();
            let Some(at) = self.hurry.iter().position(|(order, _)| Some(*order) == chosen) else {
                return;
            };
            let (order, sender) = self.hurry.swap_remove(at);
            if sender.send(silence).is_ok() {
                self.wait_for(order).await;
            }
        }
    }

    fn spares(&self) -> impl Iterator<Item = Order> {
        self.hurry.iter().map(|(order, _)| *order).filter(|order| order.silence == SPARE)
    }

    /// Has the two connections that were kept alive write now, so that they are compared with the
    /// quiet ones at the same moment.
    async fn compare(&mut self) {
        if first_end(&self.done).is_none() && bracket(&self.done).is_none() {
            return;
        }
        let is_kept = |order: &Order| order.keepalive.is_some() || order.ping.is_some();
        while let Some(place) = self.hurry.iter().position(|(order, _)| is_kept(order)) {
            let (order, sender) = self.hurry.swap_remove(place);
            if sender.send(Duration::ZERO).is_ok() {
                self.wait_for(order).await;
            }
        }
    }

    /// Takes what ends until `order` has.
    async fn wait_for(&mut self, order: Order) {
        while !self.done.iter().any(|hold| hold.order == order) {
            let Some(hold) = self.running.next().await else { return };
            self.done.push(hold);
        }
    }
}

/// The spare to write on next, and at which silence, given how long after the start each was opened:
/// the one that needs to wait least for the middle of the gap, or else one that is past it and still
/// within the gap. Pure.
fn choose(
    delays: &[Duration],
    now: Duration,
    alive: Duration,
    dead: Duration,
) -> Option<(usize, Duration)> {
    let middle = alive + dead.saturating_sub(alive) / 2;
    let quiet = || delays.iter().map(|delay| now.saturating_sub(*delay)).enumerate();
    // The whole test is to take little longer than the cut-off itself.
    let until = (dead * 13 / 10).max(dead + LATE * 3);
    quiet()
        .filter(|(_, quiet)| *quiet <= middle && now + (middle - *quiet) + LATE <= until)
        .max_by_key(|(_, quiet)| *quiet)
        .map(|(place, _)| (place, middle))
        .or_else(|| {
            quiet()
                .filter(|(_, quiet)| *quiet > alive && *quiet + FINE / 2 < dead)
                .min_by_key(|(_, quiet)| *quiet)
        })
}

/// The hold that was ended first by the other side during its silence. Heartbeats are no silence.
fn first_end(holds: &[Hold]) -> Option<&Hold> {
    holds
        .iter()
        .filter(|hold| hold.order.ping.is_none() && matches!(hold.end, End::Fin | End::Rst))
        .min_by_key(|hold| hold.quiet)
}

/// The longest silence that was survived below the shortest that was not, where a late write failed.
/// Connections that were kept alive do not count.
fn bracket(holds: &[Hold]) -> Option<(Duration, Duration)> {
    let plain =
        || holds.iter().filter(|hold| hold.order.keepalive.is_none() && hold.order.ping.is_none());
    let dead = plain()
        .filter(|hold| matches!(hold.end, End::Silent | End::ResetByWrite))
        .map(tested)
        .min()?;
    let alive = plain()
        .filter(|hold| hold.end == End::Alive)
        .map(tested)
        .filter(|silence| *silence < dead)
        .max()
        .unwrap_or_default();
    Some((alive, dead))
}

/// The silence that a late write tried. The margin of an ordered one is left out: it only makes sure
/// that a timer of just that many seconds has run out.
fn tested(hold: &Hold) -> Duration {
    if hold.hurried { hold.quiet } else { hold.order.silence.saturating_sub(MARGIN) }
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
    let ended: Vec<&Hold> = holds
        .iter()
        .filter(|hold| hold.order.ping.is_none() && matches!(hold.end, End::Fin | End::Rst))
        .collect();
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
    let failed = holds.iter().find(|hold| tested(hold) == dead && hold.order.keepalive.is_none());
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
    if dead.saturating_sub(alive) <= (dead / 5).max(FINE * 3 / 2) {
        let rounded = (dead.as_secs_f64() * 10.0).round() / 10.0;
        reading.observe("seconds", rounded, &raw);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn held(silence: u64, keepalive: bool, end: End, quiet: f64, ended: Instant) -> Hold {
        let keepalive = keepalive.then_some(KEEPALIVE);
        let silence = Duration::from_secs(silence) + MARGIN;
        let order = Order { silence, keepalive, ping: None, delay: Duration::ZERO };
        let server = Some("nginx/1.22.1".to_owned());
        Hold {
            order,
            end,
            hurried: false,
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
        assert_eq!(silences[..STEPS], [10, 15, 30, 60, 65]);
        assert!(silences.ends_with(&[65, 65]));
        let longest = plan(Duration::from_secs(9999));
        assert_eq!(longest[STEPS - 1].silence, MAX_IDLE + MARGIN);
        assert_eq!(plan(Duration::from_secs(2)).len(), 1 + SPARES as usize + 2);
        assert!(longest.len() as u64 <= super::super::meter::MAX_HOLDS);
    }

    /// What a path that forgets silently after `cut` comes to: the gap that is left, and the time
    /// it took, seconds.
    fn narrowed(cut: Duration, max: u64) -> (Duration, Duration, Duration) {
        let orders = plan(Duration::from_secs(max));
        let is_step = |order: &&Order| order.silence != SPARE && order.keepalive.is_none();
        let steps: Vec<&Order> = orders.iter().filter(is_step).take(STEPS).collect();
        let mut alive = Duration::ZERO;
        let first = steps.iter().find(|order| {
            if order.silence <= cut {
                alive = order.silence.saturating_sub(MARGIN);
            }
            order.silence > cut
        });
        let first = first.unwrap();
        let mut dead = first.silence.saturating_sub(MARGIN);
        let mut now = first.delay + first.silence + LATE;
        let spares = orders.iter().filter(|order| order.silence == SPARE);
        let mut delays: Vec<Duration> = spares.map(|order| order.delay).collect();
        while dead.saturating_sub(alive) > FINE
            && let Some((place, silence)) = choose(&delays, now, alive, dead)
        {
            now = now.max(delays.swap_remove(place) + silence);
            if silence > cut {
                dead = silence;
                now += LATE;
            } else {
                alive = silence;
            }
        }
        (alive, dead, now)
    }

    #[test]
    fn a_silent_cut_off_at_a_usual_time_is_narrowed_within_a_third_more_than_it() {
        for (cut, max, width) in [
            (30, 65, 1.6),
            (60, 65, 1.6),
            (60, 120, 1.6),
            (90, 120, 1.6),
            (120, 120, 4.0),
            (180, 300, 16.0),
            (300, 300, 4.0),
        ] {
            let (alive, dead, took) = narrowed(Duration::from_secs(cut), max);
            let found = format!("{cut} of {max}: {alive:?} to {dead:?} in {took:?}");
            assert!(
                alive <= Duration::from_secs(cut) && dead >= Duration::from_secs(cut),
                "{found}"
            );
            assert!((dead - alive).as_secs_f64() <= width, "{found}");
            assert!(took.as_secs_f64() <= cut as f64 * 1.3, "{found}");
        }
    }

    #[test]
    fn other_cut_offs_are_bracketed_rightly_after_the_next_step() {
        for tenths in 200..=1200_u64 {
            let cut = Duration::from_millis(tenths * 100);
            let (alive, dead, took) = narrowed(cut, 120);
            assert!(alive <= cut && cut <= dead + MARGIN, "{cut:?}: {alive:?} to {dead:?}");
            // The steps double at most; what comes behind is a few late writes.
            assert!(took < cut * 2 + LATE * 6, "{cut:?} took {took:?}");
        }
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
        let helps = interpret(&[cut(), beating(End::Alive, 8.0)]);
        assert!(values(&helps).contains(&"idle.ping=helps".to_owned()), "{helps:?}");
        let no = interpret(&[cut(), beating(End::Fin, 5.0)]);
        assert!(values(&no).contains(&"idle.ping=no".to_owned()), "{no:?}");
        // Slower than the cut-off: it says nothing.
        let quick = held(10, false, End::Fin, 2.0, now);
        let slow = interpret(&[quick, beating(End::Fin, 2.0)]);
        assert_eq!(values(&slow), ["idle.end=fin", "seconds=2"]);
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
