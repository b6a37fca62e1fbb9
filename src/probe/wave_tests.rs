//! What the schedule reaches, in a pure simulation: no sockets, no clock.
//!
//! `cargo test --lib what_the_schedule_reaches -- --ignored --nocapture` prints the table of
//! `docs/probes.md`.

use proptest::prelude::*;

use super::*;

/// From a write to its suspicion and to certainty on a short way; `hold` says why. The last where
/// another is suspected already.
const SUSPECT: Duration = Duration::from_millis(260);
const CERTAIN: Duration = Duration::from_millis(720);
const SECONDED: Duration = Duration::from_millis(470);
/// From a write to its answer.
const RTT: Duration = Duration::from_millis(5);

/// What happens to a connection.
#[derive(Clone, Copy)]
enum Event {
    Opened,
    Answered,
    Suspected,
    Lost,
}

/// What a round comes to.
#[derive(Clone, Copy, Debug)]
struct Found {
    alive: Duration,
    dead: Option<Duration>,
    took: Duration,
}

impl Found {
    /// How wide the bracket is, seconds.
    fn width(&self) -> f64 {
        self.dead.map_or(f64::INFINITY, |dead| (dead.saturating_sub(self.alive)).as_secs_f64())
    }
}

/// A round on a path that forgets silently after `cut`, every event late by what `lateness` gives.
fn found(cut: Duration, max: u64, lateness: &mut dyn FnMut() -> Duration) -> Found {
    let mut wave = Wave::new(DELAYS.len(), Duration::from_secs(max));
    let mut events: Vec<(Duration, usize, Event)> = DELAYS
        .iter()
        .enumerate()
        .map(|(line, delay)| (Duration::from_millis(*delay) + lateness(), line, Event::Opened))
        .collect();
    let mut since = vec![Duration::ZERO; DELAYS.len()];
    let mut now = Duration::ZERO;
    for _ in 0..5000 {
        match wave.next(now) {
            Next::Over => return Found { alive: wave.alive, dead: wave.dead, took: now },
            Next::Write(chosen) => {
                let seconded = wave.dead().is_some();
                for (line, silence) in chosen {
                    wave.writes(line, silence);
                    if now.saturating_sub(since[line]) > cut {
                        let certain = if seconded { SECONDED } else { CERTAIN };
                        events.push((now + SUSPECT + lateness(), line, Event::Suspected));
                        events.push((now + certain + lateness(), line, Event::Lost));
                    } else {
                        events.push((now + RTT + lateness(), line, Event::Answered));
                    }
                }
                events.sort_by_key(|(at, ..)| *at);
            }
            Next::Wait(until) => {
                let next = events.first().map(|(at, ..)| *at);
                match (next, until) {
                    (Some(at), until) if until.is_none_or(|until| at <= until) => {
                        let (_, line, event) = events.remove(0);
                        now = now.max(at);
                        match event {
                            Event::Opened => wave.quiet(line, now),
                            Event::Answered => wave.answered(line, now),
                            Event::Suspected => wave.suspected(line),
                            Event::Lost => wave.lost(line),
                        }
                        since[line] = now;
                    }
                    (_, Some(until)) => now = until.max(now) + lateness(),
                    (_, None) => panic!("stuck at {now:?}"),
                }
            }
        }
    }
    panic!("no end for {cut:?}")
}

fn exact(cut: f64, max: u64) -> Found {
    found(Duration::from_secs_f64(cut), max, &mut || Duration::ZERO)
}

/// The cut-offs from `from` to `to` seconds, every half second.
fn cuts(from: u32, to: u32) -> impl Iterator<Item = f64> {
    (from * 2..=to * 2).map(|half| f64::from(half) / 2.0)
}

/// Times that timers are often set to, and for which the ladder was chosen.
const USUAL: [f64; 7] = [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0];

fn check(cut: f64, max: u64, widest: f64, longest: f64) {
    let found = exact(cut, max);
    let said = format!("{cut} of {max}: {found:?}");
    assert!(found.alive.as_secs_f64() <= cut + 1e-6, "{said}");
    assert!(found.dead.unwrap().as_secs_f64() >= cut, "{said}");
    assert!(found.width() <= widest, "{said}");
    assert!(found.took.as_secs_f64() <= cut * longest, "{said}");
}

#[test]
fn a_silent_cut_off_at_a_usual_time_is_found_to_a_second_within_a_third_more_than_it() {
    for max in [65_u32, 130, 300] {
        for cut in USUAL.into_iter().filter(|cut| *cut < f64::from(max)) {
            check(cut, u64::from(max), 2.0, 1.3);
        }
    }
}

#[test]
fn any_other_is_found_almost_as_well() {
    for max in [65_u32, 130, 300] {
        for cut in cuts(5, 120).filter(|cut| *cut < f64::from(max)) {
            check(cut, u64::from(max), 3.2, 1.46);
            check(cut + 0.01, u64::from(max), 3.2, 1.46);
        }
    }
    for cut in cuts(120, 299) {
        check(cut, 300, 7.5, 1.46);
    }
}

#[test]
fn where_nothing_is_cut_the_end_comes_soon_after_the_longest_silence() {
    for max in [5_u32, 8, 24, 65, 130, 300] {
        let found = exact(3600.0, u64::from(max));
        assert!(found.dead.is_none(), "{max}: {found:?}");
        assert!(found.alive >= Duration::from_secs(u64::from(max)), "{max}: {found:?}");
        assert!(found.took.as_secs_f64() <= f64::from(max) * 1.35 + 1.0, "{max}: {found:?}");
    }
}

proptest! {
    /// On a busy machine events come late; the bracket still holds the truth, and is hardly wider.
    #[test]
    fn a_bracket_holds_the_cut_off_however_late_things_happen(
        cut in 4.0..300.0_f64,
        late in proptest::collection::vec(0..60_u64, 64),
    ) {
        let mut turn = late.iter().cycle();
        let mut lateness = || Duration::from_millis(*turn.next().unwrap());
        let found = found(Duration::from_secs_f64(cut), 300, &mut lateness);
        let dead = found.dead.unwrap();
        prop_assert!(found.alive.as_secs_f64() <= cut + 1e-6, "{found:?}");
        prop_assert!(dead.as_secs_f64() + 1e-6 >= cut, "{found:?}");
        prop_assert!(found.width() <= (cut / 8.0).max(4.0), "{found:?}");
        prop_assert!(found.took.as_secs_f64() <= cut * 1.5 + 2.0, "{found:?}");
    }
}

/// The rows of the table: from which cut-off to which.
const ROWS: [(u32, u32); 9] =
    [(4, 5), (5, 7), (7, 10), (10, 20), (20, 40), (40, 80), (80, 120), (120, 200), (200, 300)];

#[test]
#[ignore = "prints a table"]
fn what_the_schedule_reaches() {
    println!(
        "| cut-off, every half second | bracket: half of them, all | took: half of them, all |"
    );
    println!("|---|---|---|");
    for (from, to) in ROWS {
        // Right above as well as at each, where a step that equals the cut-off is survived or not.
        let all: Vec<(f64, Found)> = cuts(from, to)
            .flat_map(|cut| [cut, cut + 0.01])
            .map(|cut| (cut, exact(cut, 300)))
            .filter(|(_, found)| found.dead.is_some())
            .collect();
        let sorted = |of: &dyn Fn(&(f64, Found)) -> f64| {
            let mut values: Vec<f64> = all.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            (values[values.len() / 2], values[values.len() - 1])
        };
        let (half, widest) = sorted(&|(_, found)| found.width());
        let (usual, longest) = sorted(&|(cut, found)| found.took.as_secs_f64() / cut);
        println!(
            "| {from} to {to} s | {half:.1} s, {widest:.1} s | {usual:.2}, {longest:.2} of the cut-off |"
        );
    }
    for cut in [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 45.0, 60.0, 75.0, 90.0, 120.0, 180.0, 240.0] {
        let found = exact(cut, 300);
        let [alive, dead, took] =
            [found.alive, found.dead.unwrap(), found.took].map(|time| time.as_secs_f64());
        println!("| {cut} s | {alive:.1} to {dead:.1} s | {took:.1} s, {:.2} |", took / cut);
    }
}
