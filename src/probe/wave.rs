//! Which held connection writes when, so that a cut-off is found soon after it has passed. Pure.
//!
//! Every answered write begins a new silence, so a connection serves more than once. As long as all
//! answer, the one that has been quiet longest writes at each step of a ladder. Once a write is not
//! acknowledged, those that have been quiet for a time between the last good step and the bad one
//! write all at once, while the first still waits for certainty.

use std::time::Duration;

use super::hold::LATE;

/// Round numbers, since timers are round numbers: a cut-off most likely equals a step. Within the gaps, what
/// else has been quiet is asked.
const LADDER: [u64; 19] =
    [5, 10, 15, 20, 25, 30, 37, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240, 270, 300];
/// Every step is tried this much later, so that a timer of exactly that many seconds has run out.
/// Timers fire late rather than early.
pub(super) const MARGIN: Duration = Duration::from_millis(500);
/// A gap this narrow is not halved any further.
pub(super) const FINE: Duration = Duration::from_secs(1);
/// Two writes closer than this tell the same.
const APART: Duration = Duration::from_millis(400);
/// When each connection is opened, milliseconds: apart, so that a timer ends them apart and an event
/// at once; the later ones more, so that they have been quiet for a time within the gap when the
/// step of an earlier one fails.
pub(super) const DELAYS: [u64; 10] = [0, 400, 800, 1200, 1600, 2000, 3000, 4000, 5000, 6500];

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
            .map(|step| Duration::from_secs(*step))
            .filter(|step| *step < max)
            .collect();
        steps.push(max);
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
            Some((line, silence)) if *silence >= step + MARGIN => Next::Write(vec![(*line, step)]),
            Some((_, silence)) => Next::Wait(Some(now + (step + MARGIN).saturating_sub(*silence))),
            None if unopened || self.busy().next().is_some() => Next::Wait(None),
            None => Next::Over,
        }
    }

    /// A step is bad: tries what lies between it and the last good one.
    fn narrow(&self, now: Duration, dead: Duration) -> Next {
        let alive = self.alive.min(dead);
        let gap = dead.saturating_sub(alive);
        if self.busy().any(|(_, suspected)| !suspected) {
            return Next::Wait(None);
        }
        let settled = || {
            if self.busy().next().is_some() { Next::Wait(None) } else { Next::Over }
        };
        if gap <= FINE {
            return settled();
        }
        let silences = self.silences(now);
        let within = |silence: Duration| silence > alive + APART / 2 && silence + APART / 2 < dead;
        let mut last = alive;
        let mut chosen = Vec::new();
        for (line, silence) in silences.iter().filter(|(_, silence)| within(*silence)) {
            if *silence >= last + APART {
                chosen.push((*line, *silence));
                last = *silence;
            }
        }
        if !chosen.is_empty() {
            return Next::Write(chosen);
        }
        let middle = alive + gap / 2;
        // The whole test is to take little longer than the cut-off itself.
        let until = (dead * 13 / 10).saturating_sub(LATE);
        let soonest = silences.iter().rfind(|(_, silence)| *silence <= middle);
        match soonest.map(|(_, silence)| now + middle.saturating_sub(*silence)) {
            Some(at) if at <= until => Next::Wait(Some(at.max(now))),
            _ => settled(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From a write to the suspicion, as on a short way.
    const SUSPECT: Duration = Duration::from_millis(500);

    /// What a path that forgets silently after `cut` comes to: the last good and the first bad
    /// silence, and how long it took.
    fn found(cut: Duration, max: u64) -> (Duration, Option<Duration>, Duration) {
        let mut wave = Wave::new(DELAYS.len(), Duration::from_secs(max));
        let mut events: Vec<(Duration, usize, u8)> = DELAYS
            .iter()
            .enumerate()
            .map(|(line, delay)| (Duration::from_millis(*delay), line, 0))
            .collect();
        let mut since = vec![Duration::ZERO; DELAYS.len()];
        let mut now = Duration::ZERO;
        for _ in 0..2000 {
            match wave.next(now) {
                Next::Over => return (wave.alive, wave.dead, now),
                Next::Write(chosen) => {
                    for (line, silence) in chosen {
                        wave.writes(line, silence);
                        if now.saturating_sub(since[line]) > cut {
                            events.push((now + SUSPECT, line, 1));
                            events.push((now + LATE, line, 2));
                        } else {
                            events.push((now + Duration::from_millis(5), line, 3));
                        }
                    }
                }
                Next::Wait(until) => {
                    events.sort();
                    let next = events.first().copied();
                    match (next, until) {
                        (Some((at, ..)), Some(until)) if until < at => now = until,
                        (Some((at, line, kind)), _) => {
                            events.remove(0);
                            now = at.max(now);
                            match kind {
                                0 | 3 => {
                                    since[line] = now;
                                    if kind == 0 {
                                        wave.quiet(line, now);
                                    } else {
                                        wave.answered(line, now);
                                    }
                                }
                                1 => wave.suspected(line),
                                _ => wave.lost(line),
                            }
                        }
                        (None, Some(until)) => now = until,
                        (None, None) => panic!("stuck at {now:?}"),
                    }
                }
            }
        }
        panic!("no end for {cut:?}")
    }

    #[test]
    fn a_silent_cut_off_at_a_usual_time_is_found_to_a_second_within_a_third_more_than_it() {
        for (cut, max) in [
            (10, 65),
            (15, 65),
            (20, 65),
            (30, 65),
            (45, 65),
            (60, 65),
            (60, 300),
            (120, 300),
            (180, 300),
            (300, 300),
        ] {
            let (alive, dead, took) = found(Duration::from_secs(cut), max);
            let dead = dead.unwrap();
            let said = format!("{cut} of {max}: {alive:?} to {dead:?} in {took:?}");
            assert_eq!(dead, Duration::from_secs(cut), "{said}");
            let width = if cut <= 60 { 1.5 } else { cut as f64 / 20.0 };
            assert!(dead.saturating_sub(alive).as_secs_f64() <= width, "{said}");
            assert!(took.as_secs_f64() <= cut as f64 * 1.3, "{said}");
        }
        // What is lost for good is known 1.6 s after it was written, and not sooner.
        assert!(found(Duration::from_secs(5), 65).2 < Duration::from_millis(7200));
    }

    #[test]
    fn other_cut_offs_are_bracketed_rightly_and_soon() {
        for max in [65, 300] {
            for tenths in 150..max * 10 {
                let cut = Duration::from_millis(tenths * 100);
                let (alive, dead, took) = found(cut, max);
                let dead = dead.unwrap();
                let said = format!("{cut:?} of {max}: {alive:?} to {dead:?} in {took:?}");
                assert!(alive <= cut && cut <= dead + MARGIN, "{said}");
                assert!(dead.saturating_sub(alive) <= cut / 7 + FINE, "{said}");
                assert!(took.as_secs_f64() <= cut.as_secs_f64() * 1.55 + 2.0, "{said}");
            }
        }
        // Where nothing is cut, the end comes soon after the longest silence.
        let (alive, dead, took) = found(Duration::from_hours(1), 65);
        assert_eq!((alive.as_secs(), dead), (65, None));
        assert!(took < Duration::from_secs(73), "{took:?}");
    }
}
