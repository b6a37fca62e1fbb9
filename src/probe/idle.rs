//! The `idle` probe: holds several connections in parallel and finds after how long, and how, a quiet
//! one ends.
//!
//! A connection that is watched tells a FIN or RST to the millisecond. A state that is dropped
//! silently shows only when something is written; which connection writes when, `wave` decides. Two
//! more run TCP keepalive and the application's heartbeat: what keeps the one alive and not the other
//! tells network state from application timers.

use std::{
    net::IpAddr,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::{sync::mpsc, time::sleep};

pub(super) use super::wave::MARGIN;
use super::{
    event::Reporter,
    hold::{End, Hold, Line, News, Order, Speech, Write, hold},
    kind::Probe,
    permit::Permit,
    wave::{DELAYS, Next, Wave},
};

/// The longest silence that may be asked for; W6 of the threat model.
pub const MAX_IDLE: Duration = Duration::from_mins(5);
/// The silence where none is asked for: a little beyond the commonest timers of 60 s.
pub const DEFAULT_IDLE: Duration = Duration::from_secs(65);

/// A timer ends connections that were opened apart as far apart, an event all at once: differences
/// above this tell the two.
pub(super) const STAGGER: Duration = Duration::from_millis(400);
/// Of the connection with TCP keepalive; below the shortest silence of the ladder.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(3);
/// Ends closer to the response than this are not idle time-outs.
pub(super) const AT_ONCE: Duration = Duration::from_millis(500);

/// What to hold: those that the wave conducts, then the two that are kept alive.
fn plan(max: Duration) -> Vec<Order> {
    let plain = Order { keepalive: None, ping: None, delay: Duration::ZERO };
    let mut orders: Vec<Order> = DELAYS
        .iter()
        .map(|millis| Order { delay: Duration::from_millis(*millis), ..plain })
        .collect();
    orders.push(Order { keepalive: Some(KEEPALIVE), ..plain });
    orders.push(Order { ping: Some((max / 20).max(Duration::from_secs(1))), ..plain });
    orders
}

/// Holds connections until the cut-off is known or `max` has passed. Gives what became of them, and
/// how many of those that are not kept alive still stand.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    max: Duration,
    reporter: &Reporter,
) -> (Vec<Hold>, usize) {
    let max = max.clamp(Duration::from_secs(1), MAX_IDLE);
    let text = ("still open and quiet", "仍然连着，没有数据");
    reporter.while_waiting(Probe::Idle, text, round(permit, ip, speech, max)).await
}

async fn round(permit: &Permit, ip: IpAddr, speech: Speech, max: Duration) -> (Vec<Hold>, usize) {
    let (sender, news) = mpsc::unbounded_channel();
    let mut running = FuturesUnordered::new();
    let mut tell = Vec::new();
    let lossy = Arc::new(AtomicBool::new(false));
    for (place, order) in plan(max).into_iter().enumerate() {
        let (order_sender, orders) = mpsc::unbounded_channel();
        tell.push(order_sender);
        let line = Line { place, news: sender.clone(), orders, lossy: Arc::clone(&lossy) };
        running.push(hold(permit, ip, speech, order, line));
    }
    let round = Round {
        start: Instant::now(),
        wave: Wave::new(DELAYS.len(), max),
        news,
        tell,
        done: Vec::new(),
        open: DELAYS.len() + 2,
        asked: None,
    };
    let mut conducting = std::pin::pin!(round.conduct(speech.can_write_late(), max));
    loop {
        tokio::select! {
            holds = &mut conducting => return holds,
            Some(()) = running.next() => {}
        }
    }
}

/// The connections under way, and what is known.
struct Round {
    start: Instant,
    wave: Wave,
    news: mpsc::UnboundedReceiver<(usize, News)>,
    tell: Vec<mpsc::UnboundedSender<Write>>,
    done: Vec<Hold>,
    /// Connections that are not over.
    open: usize,
    /// Those of the connections that were kept alive, once they were asked how they fare, that have
    /// not told yet.
    asked: Option<Vec<usize>>,
}

impl Round {
    async fn conduct(mut self, can_write: bool, max: Duration) -> (Vec<Hold>, usize) {
        while self.open > 0 {
            let now = self.start.elapsed();
            let settled = settled_at(&self.done);
            // After an end, what is kept must have outlived it; a suspicion comes later than its silence.
            let is_cut = settled.map_or(self.wave.dead().is_some(), |at| at <= Instant::now());
            if is_cut && self.asked.is_none() {
                self.ask_kept();
            }
            let until = match settled {
                _ if self.done.iter().any(|hold| hold.end == End::Closes) => break,
                Some(at) => Some(at.saturating_duration_since(self.start)),
                None if !can_write => Some(max + MARGIN),
                None => match self.wave.next(now) {
                    Next::Write(chosen) => {
                        self.write(&chosen);
                        continue;
                    }
                    Next::Wait(until) => until,
                    Next::Over => Some(now),
                },
            };
            let left = until.map(|until| until.saturating_sub(now));
            if left == Some(Duration::ZERO) {
                if self.asked.as_ref().is_none_or(Vec::is_empty) {
                    break;
                }
                self.hear(None).await;
            } else {
                self.hear(left).await;
            }
        }
        self.finish(can_write).await
    }

    /// Where nothing could be written, what still stood is told as open.
    async fn finish(mut self, can_write: bool) -> (Vec<Hold>, usize) {
        let standing = self.wave.standing();
        if !can_write && first_end(&self.done).is_none() {
            let all: Vec<(usize, Duration)> =
                (0..self.tell.len()).map(|place| (place, Duration::ZERO)).collect();
            self.write(&all);
            while self.open > 0 {
                self.hear(None).await;
            }
        }
        (self.done, standing)
    }

    fn write(&mut self, chosen: &[(usize, Duration)]) {
        let seconds = self.wave.dead().is_some();
        for (place, tried) in chosen {
            self.wave.writes(*place, *tried);
            let write = Write { tried: *tried, seconds };
            let told = self.tell.get(*place).map(|tell| tell.send(write));
            if !matches!(told, Some(Ok(()))) {
                self.wave.gone(*place);
            }
        }
    }

    /// Has the two connections that were kept alive write now, so that they are compared with the
    /// quiet ones at the same moment.
    fn ask_kept(&mut self) {
        let write = Write { tried: self.start.elapsed(), seconds: self.wave.dead().is_some() };
        let kept = self.tell.iter().enumerate().skip(DELAYS.len());
        let asked = kept.filter(|(_, tell)| tell.send(write).is_ok());
        self.asked = Some(asked.map(|(place, _)| place).collect());
    }

    /// Takes in one piece of news, or waits for `limit`.
    async fn hear(&mut self, limit: Option<Duration>) {
        let heard = tokio::select! {
            heard = self.news.recv() => heard,
            () = sleep(limit.unwrap_or(MAX_IDLE * 2)) => return,
        };
        let Some((place, news)) = heard else {
            self.open = 0;
            return;
        };
        let is_kept = place >= DELAYS.len();
        let at = self.start.elapsed();
        match news {
            News::Quiet if is_kept => {}
            News::Quiet => self.wave.quiet(place, at),
            News::Suspected => self.wave.suspected(place),
            News::Answered(hold) => {
                self.wave.answered(place, at);
                self.done.push(hold);
                self.told(place);
            }
            News::Over(hold) => {
                match hold.end {
                    End::Silent | End::ResetByWrite => self.wave.lost(place),
                    _ => self.wave.gone(place),
                }
                self.open = self.open.saturating_sub(1);
                self.done.push(hold);
                self.told(place);
            }
        }
    }

    /// A connection has told how it fares.
    fn told(&mut self, place: usize) {
        if let Some(asked) = &mut self.asked {
            asked.retain(|other| *other != place);
        }
    }
}

/// What the other side ended during a silence, heartbeats apart. A server at its limit of newcomers
/// drops one or two at once: that says nothing of silences, as long as others stay.
pub(super) fn ended(holds: &[Hold]) -> Vec<&Hold> {
    let all = holds
        .iter()
        .filter(|hold| hold.order.ping.is_none() && matches!(hold.end, End::Fin | End::Rst));
    let (dropped, mut ended): (Vec<&Hold>, Vec<&Hold>) = all.partition(|hold| hold.quiet < AT_ONCE);
    if dropped.len() >= 3 {
        ended.extend(dropped);
    }
    ended
}

/// When an end counts as confirmed: with the third connection that ended, or the second that was quiet
/// for as long as the first and ended later, which tells a timer from an event; or when the others
/// have had their time to follow.
fn settled_at(holds: &[Hold]) -> Option<Instant> {
    let first = first_end(holds)?;
    let mut ends = ended(holds);
    ends.sort_by_key(|hold| hold.ended);
    let earliest = ends.first()?;
    let alike = |hold: &&&Hold| {
        hold.quiet.abs_diff(earliest.quiet) < (earliest.quiet / 100).max(STAGGER / 4)
            && hold.ended.duration_since(earliest.ended) >= STAGGER * 3 / 4
    };
    let latest = first.ended + (STAGGER * 7 + AT_ONCE).max(first.quiet / 8);
    // What an event ends, it ends at once: that is waited for.
    let third = ends.get(2).map(|third| third.ended + STAGGER / 2);
    let second = ends.iter().find(alike).map(|second| second.ended + STAGGER / 4);
    third.into_iter().chain(second).chain([latest]).min()
}

/// The hold that was ended first by the other side during its silence. Heartbeats are no silence.
pub(super) fn first_end(holds: &[Hold]) -> Option<&Hold> {
    ended(holds).into_iter().min_by_key(|hold| hold.quiet)
}

/// The longest silence that was survived below the shortest that was not, where a late write failed.
/// Connections that were kept alive do not count.
pub(super) fn bracket(holds: &[Hold]) -> Option<(Duration, Duration)> {
    let plain =
        || holds.iter().filter(|hold| hold.order.keepalive.is_none() && hold.order.ping.is_none());
    let dead = plain()
        .filter(|hold| matches!(hold.end, End::Silent | End::ResetByWrite))
        .map(|hold| hold.tried)
        .min()?;
    let alive = plain()
        .filter(|hold| hold.end == End::Alive)
        .map(|hold| hold.tried)
        .filter(|silence| *silence < dead)
        .max()
        .unwrap_or_default();
    Some((alive, dead))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connections_are_within_the_account_and_two_are_kept_alive() {
        let orders = plan(DEFAULT_IDLE);
        assert!(orders.len() as u64 <= super::super::meter::MAX_HOLDS);
        let is_kept = |order: &Order| order.keepalive.is_some() || order.ping.is_some();
        assert_eq!(orders.iter().filter(|order| is_kept(order)).count(), 2);
        assert!(!orders.iter().take(DELAYS.len()).any(is_kept));
    }
}
