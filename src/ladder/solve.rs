//! The settings after which nothing is in the wrong order.
//!
//! Waits for answers are set in one pass, because they depend on each other along the whole chain:
//! from the client inwards what each may be at most (a balancer that cannot wait longer), from the
//! server outwards what each must be at least. All others move one way only (keep-alives and heads
//! up, pools, probes, pings and connects down), so that mending one never brings back another, and
//! the loop ends.

use super::{
    Calculated, Inversion,
    model::{Hop, Ladder, Limit, Origin, Role, Timer},
    rules::{Finding, Rule, around, findings, heartbeat, safe_below, silence},
    words, write,
};

/// More rounds than any ladder needs: each mends at least one timer for good.
const MAX_ROUNDS: usize = 400;

/// Reuse longer than this is shortened rather than outlived, seconds: an hour of idle sockets on
/// every server helps nobody.
const LONG_REUSE: f64 = 900.0;

/// What outlives `seconds` with room to spare, in seconds: five more, or a quarter for short ones. A
/// judgement: timers are read late, and a request is a while on its way.
pub fn above(seconds: f64) -> f64 {
    round_up(seconds + (0.25 * seconds).min(5.0))
}

/// What ends before `seconds` with room to spare.
fn below(seconds: f64) -> f64 {
    round_down(seconds - (0.2 * seconds).min(5.0))
}

/// Whole seconds from ten on, tenths from one on.
fn round_up(seconds: f64) -> f64 {
    match seconds {
        s if s >= 10.0 => s.ceil(),
        s if s >= 1.0 => (s * 10.0).ceil() / 10.0,
        s => s,
    }
}

fn round_down(seconds: f64) -> f64 {
    match seconds {
        s if s >= 10.0 => s.floor(),
        s if s >= 1.0 => (s * 10.0).floor() / 10.0,
        s => s,
    }
}

/// The inversions of `ladder`, and the settings that remove them.
pub(super) fn solve(ladder: &Ladder) -> (Vec<Inversion>, Vec<Calculated>) {
    let first = findings(ladder);
    if first.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let mut mended = ladder.clone();
    let mut reasons: Vec<(usize, String, Finding)> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let found = findings(&mended);
        // Pings first: a longer wait would hide that they are too slow, and wait for nothing.
        let ping = found.iter().find(|finding| finding.rule == Rule::PingTooSlow);
        let Some(next) = ping.or(found.first()).cloned() else { break };
        let answers = [Rule::AnswerCutShort, Rule::OuterGivesUpFirst];
        if answers.contains(&next.rule) {
            for (hop, setting) in set_answers(&mut mended) {
                let cause = found
                    .iter()
                    .find(|f| answers.contains(&f.rule) && (f.early == hop || f.late == hop));
                reasons.push((hop, setting, cause.unwrap_or(&next).clone()));
            }
        } else if let Some((hop, setting)) = mend(&mut mended, &next) {
            reasons.push((hop, setting, next));
        } else {
            break;
        }
    }
    let settings = changes(ladder, &mended, &reasons);
    let inversions = first
        .iter()
        .map(|finding| {
            let those = |test: &dyn Fn(&Calculated) -> bool| -> Vec<usize> {
                settings.iter().enumerate().filter(|(_, own)| test(own)).map(|(at, _)| at).collect()
            };
            // What no setting was made for has gone with the others.
            let indices = [
                those(&|own| removes(own, finding)),
                those(&|own| own.hop == finding.early || own.hop == finding.late),
                those(&|_| true),
            ];
            let indices = indices.into_iter().find(|found| !found.is_empty()).unwrap_or_default();
            words::inversion(ladder, finding, indices)
        })
        .collect();
    (inversions, settings)
}

/// Whether `setting` is one of those that remove `finding`.
fn removes(setting: &Calculated, finding: &Finding) -> bool {
    let roles: &[Role] = match finding.rule {
        Rule::KeepaliveRace => &[Role::KeepAlive, Role::PoolIdle],
        Rule::AnswerCutShort | Rule::OuterGivesUpFirst => &[Role::Answer, Role::Work],
        Rule::SilentDrop | Rule::ProbesTooLate => &[Role::TcpKeepalive, Role::PoolIdle, Role::Ping],
        Rule::PingTooSlow => &[Role::Ping],
        Rule::HeadShorterThanKeepalive => &[Role::Head],
        Rule::ConnectLongerThanOuter => &[Role::Connect, Role::Answer],
    };
    let near = match finding.rule {
        // The probe may be sent from either end of the connection.
        Rule::SilentDrop | Rule::ProbesTooLate => {
            setting.hop == finding.late || setting.hop > finding.early
        }
        _ => setting.hop == finding.early || setting.hop == finding.late,
    };
    near && setting.roles.iter().any(|role| roles.contains(role))
}

/// `ladder` with every calculated setting in place.
pub fn apply(ladder: &Ladder, settings: &[Calculated]) -> Ladder {
    let mut mended = ladder.clone();
    for setting in settings {
        let Some(hop) = mended.hops.get_mut(setting.hop) else { continue };
        match hop
            .timers
            .iter_mut()
            .find(|timer| timer.setting == setting.setting && timer.roles == setting.roles)
        {
            Some(timer) => {
                timer.limit = setting.to;
                timer.origin = Origin::Calculated;
            }
            None => hop.timers.push(Timer {
                setting: setting.setting.clone(),
                roles: setting.roles.clone(),
                limit: setting.to,
                origin: Origin::Calculated,
                max: None,
                snippet: String::new(),
            }),
        }
    }
    mended
}

/// Gives `role` of hop `at` a value; a timer that is not there yet is the system's own. Returns the
/// setting's name.
fn set(ladder: &mut Ladder, at: usize, role: Role, to: Limit) -> Option<(usize, String)> {
    let hop = ladder.hops.get_mut(at)?;
    let index = if let Some(index) = hop.index(role) {
        index
    } else {
        hop.timers.push(write::new_timer(&hop.component, role));
        hop.timers.len() - 1
    };
    let timer = hop.timers.get_mut(index)?;
    timer.limit = to;
    timer.origin = Origin::Calculated;
    Some((at, timer.setting.clone()))
}

fn mend(ladder: &mut Ladder, finding: &Finding) -> Option<(usize, String)> {
    let Finding { early, late, early_seconds, late_seconds, .. } = *finding;
    match finding.rule {
        Rule::KeepaliveRace => {
            let outlives = above(late_seconds);
            let shorten = is_alone(ladder, late, Role::PoolIdle);
            let raise = late_seconds.is_finite() && may_grow(ladder, late, early, outlives);
            // A keep-alive that bounds more than itself is better left alone.
            let easy = late_seconds <= LONG_REUSE && is_alone(ladder, early, Role::KeepAlive);
            if raise && (easy || !shorten) {
                set(ladder, early, Role::KeepAlive, Limit::Seconds(outlives))
            } else if shorten {
                set(ladder, late, Role::PoolIdle, Limit::Seconds(below(early_seconds)))
            } else {
                no_reuse(ladder, late)
            }
        }
        Rule::SilentDrop | Rule::ProbesTooLate => mend_silence(ladder, early, early_seconds),
        Rule::PingTooSlow => {
            set(ladder, late, Role::Ping, Limit::Seconds(round_down(early_seconds / 2.0)))
        }
        Rule::HeadShorterThanKeepalive => {
            set(ladder, early, Role::Head, Limit::Seconds(above(late_seconds)))
        }
        Rule::ConnectLongerThanOuter => {
            set(ladder, late, Role::Connect, Limit::Seconds(below(early_seconds).min(5.0)))
        }
        Rule::AnswerCutShort | Rule::OuterGivesUpFirst => None,
    }
}

/// A shorter reuse where only idle connections are at risk, or else a heartbeat: three to a timer, so
/// that one may be lost.
fn mend_silence(ladder: &mut Ladder, at: usize, forgets: f64) -> Option<(usize, String)> {
    let ends: Vec<usize> = (0..ladder.hops.len())
        .filter(|at| ladder.hops.get(*at).is_some_and(|hop| !hop.passes_packets))
        .collect();
    let (front, back) = around(at, &ends)?;
    let (_, waiting) = silence(ladder, front, back);
    let has =
        |at: usize, role: Role| ladder.hops.get(at).is_some_and(|hop| hop.timer(role).is_some());
    let beats = has(front, Role::TcpKeepalive)
        || has(back, Role::TcpKeepalive)
        || heartbeat(ladder, front, back).is_finite();
    if !beats
        && waiting <= safe_below(forgets)
        && has(front, Role::PoolIdle)
        && is_alone(ladder, front, Role::PoolIdle)
    {
        return set(ladder, front, Role::PoolIdle, Limit::Seconds(round_down(0.8 * forgets)));
    }
    let own = |at: usize| ladder.hops.get(at).is_some_and(|hop| !hop.managed);
    let sender = if has(front, Role::TcpKeepalive) && own(front) {
        front
    } else if has(back, Role::TcpKeepalive) || !own(front) {
        back
    } else {
        front
    };
    set(ladder, sender, Role::TcpKeepalive, Limit::Seconds(round_down(forgets / 3.0)))
}

/// Whether the keep-alive of hop `at` may grow to `seconds`. One that bounds the wait for an answer as
/// well must not, where an outer hop cannot wait any longer, or where the reuse in `front` grows with
/// that hop's own wait.
fn may_grow(ladder: &Ladder, front: usize, at: usize, seconds: f64) -> bool {
    let timer = |at: usize, role: Role| ladder.hops.get(at).and_then(|hop| hop.timer(role));
    let Some(keep) = timer(at, Role::KeepAlive) else { return false };
    let waits = |timer: &Timer| timer.roles.contains(&Role::Answer);
    let capped = |hop: &Hop| hop.timer(Role::Answer).is_some_and(|timer| timer.max.is_some());
    let free = !waits(keep)
        || (!timer(front, Role::PoolIdle).is_some_and(waits)
            && !ladder.hops.iter().take(at).any(capped));
    free && !is_fixed(ladder, at, Role::KeepAlive) && keep.max.is_none_or(|max| seconds <= max)
}

/// Where neither side can be set, no connection is used twice.
fn no_reuse(ladder: &mut Ladder, at: usize) -> Option<(usize, String)> {
    let hop = ladder.hops.get_mut(at)?;
    let timer = write::new_timer(&hop.component, Role::PoolIdle);
    let setting = timer.setting.clone();
    hop.timers.push(Timer { limit: Limit::Off, origin: Origin::Calculated, ..timer });
    Some((at, setting))
}

/// Whether the setting of `role` bounds nothing else.
fn is_alone(ladder: &Ladder, at: usize, role: Role) -> bool {
    let timer = ladder.hops.get(at).and_then(|hop| hop.timer(role));
    timer.is_none_or(|timer| timer.roles.len() == 1) && !is_fixed(ladder, at, role)
}

/// Whether the value cannot be changed: its highest value is the one it has, on a machine of others.
fn is_fixed(ladder: &Ladder, at: usize, role: Role) -> bool {
    let Some(hop) = ladder.hops.get(at) else { return false };
    hop.timer(role).is_some_and(|timer| {
        timer.max.is_some() && timer.max == timer.limit.seconds() && hop.managed
    })
}

/// Sets every wait for an answer, and where a wait cannot grow the work behind it. Returns what
/// changed.
fn set_answers(ladder: &mut Ladder) -> Vec<(usize, String)> {
    let before = ladder.clone();
    let mut caps = Vec::with_capacity(ladder.hops.len());
    let mut cap = f64::INFINITY;
    let inner = |cap: f64| if cap.is_finite() { below(cap) } else { cap };
    for hop in &ladder.hops {
        let work_cap = cap;
        if let Some(timer) = hop.timer(Role::Answer)
            && timer.limit.seconds().is_some()
            && !hop.passes_packets
        {
            cap = cap.min(timer.max.unwrap_or(f64::INFINITY));
            caps.push((work_cap, cap));
            cap = inner(cap);
        } else {
            caps.push((work_cap, cap));
        }
    }
    let mut floor = 0.0_f64;
    for at in (0..ladder.hops.len()).rev() {
        let (Some(hop), Some((work_cap, cap))) = (ladder.hops.get(at), caps.get(at).copied())
        else {
            continue;
        };
        if hop.passes_packets {
            continue;
        }
        let (answer, work) = (hop.seconds(Role::Answer), hop.seconds(Role::Work));
        let mut reach = floor;
        if let Some(now) = answer {
            let at_least = if floor > 0.0 { above(floor) } else { 0.0 };
            let enough = floor == 0.0 || now >= super::rules::least_above(floor);
            let to = if enough { now } else { now.max(at_least) }.min(cap);
            reach = reach.max(to);
            if (to - now).abs() > 0.0 {
                set(ladder, at, Role::Answer, Limit::Seconds(to));
            }
        }
        if let Some(now) = work {
            let to = now.min(work_cap);
            reach = reach.max(to);
            if to < now {
                set(ladder, at, Role::Work, Limit::Seconds(to));
            }
        }
        floor = reach;
    }
    let mut changed = Vec::new();
    for (at, (old, new)) in before.hops.iter().zip(&ladder.hops).enumerate() {
        for (was, is) in old.timers.iter().zip(&new.timers) {
            if was.limit != is.limit {
                changed.push((at, is.setting.clone()));
            }
        }
    }
    changed
}

/// Every timer that differs, with the first reason that moved it.
fn changes(
    ladder: &Ladder,
    mended: &Ladder,
    reasons: &[(usize, String, Finding)],
) -> Vec<Calculated> {
    let mut settings = Vec::new();
    for (at, (old, new)) in ladder.hops.iter().zip(&mended.hops).enumerate() {
        for (index, timer) in new.timers.iter().enumerate() {
            let now = old.timers.get(index).map(|timer| timer.limit);
            if now == Some(timer.limit) {
                continue;
            }
            // The last reason is the one that set the value as it is now.
            let reason = reasons
                .iter()
                .rev()
                .find(|(hop, setting, _)| *hop == at && *setting == timer.setting);
            let Some((_, _, finding)) = reason else { continue };
            settings.push(Calculated {
                hop: at,
                setting: timer.setting.clone(),
                roles: timer.roles.clone(),
                now,
                to: timer.limit,
                why: words::why(mended, finding, at, timer),
                snippet: write::snippet(timer),
            });
        }
    }
    settings
}
