//! What the quiet connections of the `idle` probe can still tell once a silence was too long for one
//! of them. Pure.
//!
//! At any moment they have been quiet for different times: they are the teeth of a comb. Those within
//! the gap between the last good silence and the bad one write all at once and part it; the shorter
//! ones grow into what is left.
//!
//! Times are seconds since the start of the round.

/// The whole test is to take no longer than this many times the cut-off.
const PROMISED: f64 = 1.3;
/// Where a cut-off would not be known to a second by then, it may take this many times the cut-off.
const AT_MOST: f64 = 1.4;
/// Of that, what is kept back for the way and a busy machine.
const KEPT_BACK: f64 = 0.01;
/// A gap this narrow is not parted any further.
pub(super) const FINE: f64 = 1.0;
/// A gap this narrow still gives the cut-off to a second: the middle of it is told.
pub(super) const WIDE: f64 = 1.9;
/// Two writes closer than this tell the same.
const APART: f64 = 0.3;
/// So late may a wave be and still count as in time.
const SLACK: f64 = 0.05;
/// How finely waits are considered.
const STEP: f64 = 0.1;

/// From a write to certainty that it is lost, on a short way: what a further wave costs.
const CERTAIN: f64 = 0.5;

/// Between which silences the cut-off lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Gap {
    /// The longest silence that was survived.
    pub(super) alive: f64,
    /// The shortest that was not.
    pub(super) dead: f64,
}

impl Gap {
    pub(super) fn width(self) -> f64 {
        self.dead - self.alive
    }

    /// When the last write may be, so that it is known in time wherever in the gap the cut-off is.
    fn until(self) -> f64 {
        self.alive * (PROMISED - KEPT_BACK) - CERTAIN
    }
}

/// A wave of writes: how long from now, and which, counted among the connections given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Writes {
    pub(super) wait: f64,
    pub(super) places: Vec<usize>,
}

/// Which of the connections, quiet since `since`, write after `wait` to part `gap`.
fn teeth(gap: Gap, at: f64, since: &[f64]) -> (Vec<usize>, f64) {
    let mut within: Vec<(usize, f64)> = since
        .iter()
        .enumerate()
        .map(|(place, since)| (place, at - since))
        .filter(|(_, silence)| {
            *silence > gap.alive + APART / 2.0 && *silence + APART / 2.0 < gap.dead
        })
        .collect();
    within.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let (mut places, mut last, mut widest) = (Vec::new(), gap.alive, 0.0_f64);
    for (place, silence) in within {
        if places.is_empty() || silence >= last + APART {
            places.push(place);
            widest = widest.max(silence - last);
            last = silence;
        }
    }
    (places, widest.max(gap.dead - last))
}

/// The next wave that parts `gap` best, if any does before it is too late.
pub(super) fn part(gap: Gap, now: f64, since: &[f64]) -> Option<Writes> {
    if gap.width() <= FINE {
        return None;
    }
    let soon = gap.until() - now;
    // Where the promise cannot be kept, a good bracket is worth a little more time.
    let late = gap.alive * AT_MOST - CERTAIN - now;
    let mut best: Option<(f64, Writes)> = None;
    let mut wait = 0.0;
    while wait <= soon.max(late).max(0.0) + SLACK {
        let (places, widest) = teeth(gap, now + wait, since);
        let in_time = wait <= soon + SLACK;
        // First what is fine at once, then what is good enough, then what brings it nearer.
        let score = match widest {
            _ if places.is_empty() => f64::INFINITY,
            widest if widest <= FINE && in_time => wait / 1e3,
            _ if gap.width() <= WIDE => f64::INFINITY,
            widest if widest <= WIDE && in_time => 1.0 + wait / 1e3,
            widest => 10.0 + widest + wait / 2.0 + if in_time { 0.0 } else { 1e3 },
        };
        if score.is_finite() && best.as_ref().is_none_or(|(least, _)| score < *least - 1e-9) {
            best = Some((score, Writes { wait, places }));
        }
        wait += STEP;
    }
    best.map(|(_, writes)| writes)
}
