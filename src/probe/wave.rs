//! Which held connection writes when, so that a cut-off is found soon after it has passed. Pure.
//!
//! Every answered write begins a new silence, so a connection serves more than once. As long as all
//! answer, the one that has been quiet longest writes at each step of a ladder. Once a write is not
//! acknowledged, those that have been quiet for a time between the last good step and the bad one
//! write all at once (`comb`), while the first still waits for certainty.

use std::time::Duration;

use super::comb::{self, Gap};

/// The silences that are tried in turn, milliseconds. Found together with `DELAYS` by a search over
/// all cut-offs from 5 to 300 s (`wave_tests` tells what they reach): each step is so late that few
/// are needed, so soon that a cut-off right above the one before is told in good time, and other
/// connections have been quiet for a time within the gap when it fails.
///
/// With ten connections a third more than every cut-off is out of reach: where each step is g times
/// the one before, a connection that wrote g^9 ago must have begun its silence by then, so that the
/// worst cut-off takes g + 1.05 / g^9 of its length. That is least, 1.39, at g = 1.27.
const LADDER: [u64; 22] = [
    5200, 6500, 8150, 10500, 14050, 18100, 24250, 32500, 42600, 53250, 65500, 80550, 95850,
    114_050, 130_000, 154_700, 184_100, 215_400, 241_000, 267_500, 280_900, 294_950,
];
/// The longest silence is tried this much later, so that a timer of exactly that long has run out.
/// Timers fire late rather than early.
pub(super) const MARGIN: Duration = Duration::from_millis(500);
/// When each connection is opened, milliseconds. The short steps follow each other so closely that
/// each needs a connection from the very beginning; what is opened later is the comb of the first
/// wide gaps.
pub(super) const DELAYS: [u64; 10] = [0, 100, 200, 300, 400, 500, 600, 900, 1850, 3400];

/// Where one connection is. Times since the start of the round.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Line {
    Unopened,
    Quiet { since: Duration },
    Busy { silence: Duration, suspected: bool },
    Gone,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// These write now, each with the silence that it tries.
    Write(Vec<(usize, Duration)>),
    /// Nothing before that moment, unless something happens.
    Wait(Option<Duration>),
    /// All is known that can be.
    Over,
}

/// The connections of one round and what is known of the cut-off.
#[derive(Clone, Debug)]
pub(super) struct Wave {
    steps: Vec<Duration>,
    lines: Vec<Line>,
    alive: Duration,
    dead: Option<Duration>,
}

impl Wave {
    /// `lines` connections, and silences up to `max`.
    pub(super) fn new(lines: usize, max: Duration) -> Self {
        let mut steps: Vec<Duration> = LADDER
            .iter()
            .map(|step| Duration::from_millis(*step))
            .filter(|step| *step < max)
            .collect();
        steps.push(max + MARGIN);
        Self { steps, lines: vec![Line::Unopened; lines], alive: Duration::ZERO, dead: None }
    }

    fn set(&mut self, line: usize, state: Line) {
        if let Some(slot) = self.lines.get_mut(line) {
            *slot = state;
        }
    }

    /// `line` is quiet since `at`.
    pub(super) fn quiet(&mut self, line: usize, at: Duration) {
        self.set(line, Line::Quiet { since: at });
    }

    /// `line` writes, to try `silence`.
    pub(super) fn writes(&mut self, line: usize, silence: Duration) {
        self.set(line, Line::Busy { silence, suspected: false });
    }

    /// What `line` wrote is not acknowledged yet, though it should be.
    pub(super) fn suspected(&mut self, line: usize) {
        if let Some(Line::Busy { suspected, .. }) = self.lines.get_mut(line) {
            *suspected = true;
        }
    }

    /// What `line` wrote was answered; it is quiet again since `at`.
    pub(super) fn answered(&mut self, line: usize, at: Duration) {
        if let Some(Line::Busy { silence, .. }) = self.lines.get(line) {
            self.alive = self.alive.max(*silence);
        }
        self.quiet(line, at);
    }

    /// What `line` wrote is lost, or was answered by an end.
    pub(super) fn lost(&mut self, line: usize) {
        if let Some(Line::Busy { silence, .. }) = self.lines.get(line) {
            self.dead = Some(self.dead.map_or(*silence, |dead| dead.min(*silence)));
        }
        self.gone(line);
    }

    /// `line` is of no more use.
    pub(super) fn gone(&mut self, line: usize) {
        self.set(line, Line::Gone);
    }

    /// The shortest silence that was not survived, as far as is known or suspected.
    pub(super) fn dead(&self) -> Option<Duration> {
        let suspects = self.lines.iter().filter_map(|line| match line {
            Line::Busy { silence, suspected: true } => Some(*silence),
            _ => None,
        });
        suspects.chain(self.dead).min()
    }

    /// How many are quiet now.
    pub(super) fn standing(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line, Line::Quiet { .. })).count()
    }

    fn busy(&self) -> impl Iterator<Item = (Duration, bool)> {
        self.lines.iter().filter_map(|line| match line {
            Line::Busy { silence, suspected } => Some((*silence, *suspected)),
            _ => None,
        })
    }

    /// The quiet lines and for how long each has been.
    fn silences(&self, now: Duration) -> Vec<(usize, Duration)> {
        let of = |(place, line): (usize, &Line)| match line {
            Line::Quiet { since } => Some((place, now.saturating_sub(*since))),
            _ => None,
        };
        let mut all: Vec<_> = self.lines.iter().enumerate().filter_map(of).collect();
        all.sort_by_key(|(_, silence)| *silence);
        all
    }

    /// What to do at `now`.
    pub(super) fn next(&self, now: Duration) -> Next {
        match self.dead() {
            None => self.climb(now),
            Some(dead) => self.narrow(now, dead),
        }
    }

    /// All have answered so far: the next step.
    fn climb(&self, now: Duration) -> Next {
        let tried = self.busy().map(|(silence, _)| silence).max().unwrap_or_default();
        let tried = tried.max(self.alive);
        let Some(step) = self.steps.iter().copied().find(|step| *step > tried) else {
            return if self.busy().next().is_some() { Next::Wait(None) } else { Next::Over };
        };
        let unopened = self.lines.contains(&Line::Unopened);
        match self.silences(now).last() {
            Some((line, silence)) if *silence >= step => Next::Write(vec![(*line, *silence)]),
            Some((_, silence)) => Next::Wait(Some(now + step.saturating_sub(*silence))),
            None if unopened || self.busy().next().is_some() => Next::Wait(None),
            None => Next::Over,
        }
    }

    /// A step is bad: tries what lies between it and the last good one.
    fn narrow(&self, now: Duration, dead: Duration) -> Next {
        if self.busy().any(|(_, suspected)| !suspected) {
            return Next::Wait(None);
        }
        let gap = Gap { alive: self.alive.min(dead).as_secs_f64(), dead: dead.as_secs_f64() };
        let silences = self.silences(now);
        let since: Vec<f64> = silences
            .iter()
            .map(|(_, silence)| (now.saturating_sub(*silence)).as_secs_f64())
            .collect();
        match comb::part(gap, now.as_secs_f64(), &since) {
            Some(writes) if writes.wait <= 0.0 => Next::Write(
                writes.places.iter().filter_map(|place| silences.get(*place)).copied().collect(),
            ),
            Some(writes) => Next::Wait(Some(now + Duration::from_secs_f64(writes.wait))),
            None if self.busy().next().is_some() => Next::Wait(None),
            None => Next::Over,
        }
    }
}

#[cfg(test)]
#[path = "wave_tests.rs"]
mod tests;
