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
    event::Reporter,
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
pub(super) const MARGIN: Duration = Duration::from_millis(500);
/// Connections with a silence of their own.
const STEPS: usize = 5;
/// Connections that wait to be told when to write.
const SPARES: u32 = 5;
/// Between two dials: a timer then ends them this far apart, an event all at once.
pub(super) const STAGGER: Duration = Duration::from_millis(400);
/// Of the connection with TCP keepalive; below the shortest silence of the ladder.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(3);
/// The silence of a spare: it waits to be told.
const SPARE: Duration = Duration::from_hours(1);
/// A gap this narrow is not halved any further.
pub(super) const FINE: Duration = Duration::from_secs(1);
/// Ends closer to the response than this are not idle time-outs.
pub(super) const AT_ONCE: Duration = Duration::from_millis(500);

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
        .filter(|(_, quiet)| {
            *quiet <= middle && now + middle.saturating_sub(*quiet) + LATE <= until
        })
        .max_by_key(|(_, quiet)| *quiet)
        .map(|(place, _)| (place, middle))
        .or_else(|| {
            quiet()
                .filter(|(_, quiet)| *quiet > alive && *quiet + FINE / 2 < dead)
                .min_by_key(|(_, quiet)| *quiet)
        })
}

/// The hold that was ended first by the other side during its silence. Heartbeats are no silence.
pub(super) fn first_end(holds: &[Hold]) -> Option<&Hold> {
    holds
        .iter()
        .filter(|hold| hold.order.ping.is_none() && matches!(hold.end, End::Fin | End::Rst))
        .min_by_key(|hold| hold.quiet)
}

/// The longest silence that was survived below the shortest that was not, where a late write failed.
/// Connections that were kept alive do not count.
pub(super) fn bracket(holds: &[Hold]) -> Option<(Duration, Duration)> {
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
pub(super) fn tested(hold: &Hold) -> Duration {
    if hold.hurried { hold.quiet } else { hold.order.silence.saturating_sub(MARGIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(dead.saturating_sub(alive).as_secs_f64() <= width, "{found}");
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
}
