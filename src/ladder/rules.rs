//! The rules: which timer must outlive which.
//!
//! Each compares two hops of one connection. Hops that only pass packets have no connection of their
//! own and are looked through.

use serde::Serialize;

use crate::knowledge::{Base, Lang, Text};

use super::{
    CutOff,
    model::{Hop, Ladder, Limit, Role},
    units::shown,
};

/// A rule of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// A server must keep an idle connection longer than the hop in front reuses it.
    KeepaliveRace,
    /// A hop must wait for an answer longer than the answer may take.
    AnswerCutShort,
    /// An outer hop must wait longer than an inner one.
    OuterGivesUpFirst,
    /// What passes packets on must remember a connection longer than it is silent.
    SilentDrop,
    /// A TCP keepalive probe must come before the state is forgotten.
    ProbesTooLate,
    /// A ping must come before a stream is cut for silence.
    PingTooSlow,
    /// The wait for a head must be longer than the idle time before it (Node.js counts both at once).
    HeadShorterThanKeepalive,
    /// A hop must give up connecting before the hop in front gives up waiting.
    ConnectLongerThanOuter,
}

impl Rule {
    /// What the two timers it compares bound: of the hop that gives up first, and of the other.
    pub fn roles(self) -> (&'static [Role], &'static [Role]) {
        match self {
            Self::KeepaliveRace => (&[Role::KeepAlive], &[Role::PoolIdle]),
            Self::AnswerCutShort => (&[Role::Answer], &[Role::Work]),
            Self::OuterGivesUpFirst => (&[Role::Answer], &[Role::Answer]),
            Self::SilentDrop => (&[Role::PathIdle], &[Role::PoolIdle]),
            Self::ProbesTooLate => (&[Role::PathIdle], &[Role::TcpKeepalive, Role::Ping]),
            Self::PingTooSlow => (&[Role::StreamIdle, Role::Answer, Role::PathIdle], &[Role::Ping]),
            Self::HeadShorterThanKeepalive => (&[Role::Head], &[Role::KeepAlive]),
            Self::ConnectLongerThanOuter => (&[Role::Answer], &[Role::Connect]),
        }
    }

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeepaliveRace => "keepalive_race",
            Self::AnswerCutShort => "answer_cut_short",
            Self::OuterGivesUpFirst => "outer_gives_up_first",
            Self::SilentDrop => "silent_drop",
            Self::ProbesTooLate => "probes_too_late",
            Self::PingTooSlow => "ping_too_slow",
            Self::HeadShorterThanKeepalive => "head_shorter_than_keepalive",
            Self::ConnectLongerThanOuter => "connect_longer_than_outer",
        }
    }
}

/// An inversion before it has words.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) rule: Rule,
    /// The hop that gives up, or forgets, first.
    pub(super) early: usize,
    /// The hop that it should outlive.
    pub(super) late: usize,
    /// Seconds of the early one.
    pub(super) early_seconds: f64,
    /// Seconds of the late one; infinite where it never runs out.
    pub(super) late_seconds: f64,
}

/// What a timer must at least be to outlive `seconds`: a second more, or a tenth for short ones.
pub(super) fn least_above(seconds: f64) -> f64 {
    seconds + (0.1 * seconds).min(1.0)
}

/// The silence up to which the state on the way is surely kept: timers of networks are coarse.
pub(super) fn safe_below(seconds: f64) -> f64 {
    0.9 * seconds
}

/// Everything in the wrong order.
pub(super) fn findings(ladder: &Ladder) -> Vec<Finding> {
    let mut found = Vec::new();
    let ends: Vec<usize> = (0..ladder.hops.len())
        .filter(|at| ladder.hops.get(*at).is_some_and(|hop| !hop.passes_packets))
        .collect();
    for pair in ends.windows(2) {
        if let [front, back] = pair {
            found.extend(keepalive_race(ladder, *front, *back));
        }
    }
    found.extend(answers(ladder, &ends));
    for (at, hop) in ladder.hops.iter().enumerate() {
        if hop.passes_packets {
            found.extend(path(ladder, at, &ends));
        }
        found.extend(head(at, hop));
    }
    found.extend(pings(ladder));
    found
}

fn hop(ladder: &Ladder, at: usize) -> Option<&Hop> {
    ladder.hops.get(at)
}

/// How long `front` may reuse a silent connection; none where it is not known to reuse any. A browser
/// repeats a request by itself when a reused connection turns out to be closed.
fn reuse(front: &Hop) -> Option<f64> {
    if front.component == "browser" {
        return None;
    }
    match front.limit(Role::PoolIdle)? {
        Limit::Seconds(seconds) => Some(seconds),
        Limit::Never => Some(f64::INFINITY),
        Limit::Off | Limit::Count(_) => None,
    }
}

fn keepalive_race(ladder: &Ladder, front: usize, back: usize) -> Option<Finding> {
    let reused = reuse(hop(ladder, front)?)?;
    let kept = hop(ladder, back)?.seconds(Role::KeepAlive)?;
    (kept < least_above(reused)).then_some(Finding {
        rule: Rule::KeepaliveRace,
        early: back,
        late: front,
        early_seconds: kept,
        late_seconds: reused,
    })
}

/// Each hop that waits, against everything behind it. One finding for each hop: the worst.
fn answers(ladder: &Ladder, ends: &[usize]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, at) in ends.iter().enumerate() {
        let Some(waits) = hop(ladder, *at).and_then(|hop| hop.seconds(Role::Answer)) else {
            continue;
        };
        let behind = || ends.iter().skip(index + 1).filter_map(|at| Some((*at, hop(ladder, *at)?)));
        let longest = |role: Role| {
            behind()
                .filter_map(|(at, hop)| Some((at, hop.seconds(role)?)))
                .max_by(|a, b| a.1.total_cmp(&b.1))
        };
        let candidates = [
            (Rule::AnswerCutShort, longest(Role::Work)),
            (Rule::OuterGivesUpFirst, longest(Role::Answer)),
        ];
        for (rule, worst) in candidates {
            if let Some((late, late_seconds)) = worst
                && waits < least_above(late_seconds)
            {
                found.push(Finding { rule, early: *at, late, early_seconds: waits, late_seconds });
            }
        }
        let next = behind().next();
        if let Some((late, late_seconds)) =
            next.and_then(|(at, hop)| Some((at, hop.seconds(Role::Connect)?)))
            && waits < least_above(late_seconds)
        {
            let rule = Rule::ConnectLongerThanOuter;
            found.push(Finding { rule, early: *at, late, early_seconds: waits, late_seconds });
        }
    }
    found
}

/// The ends of the connection that passes through `at`.
pub(super) fn around(at: usize, ends: &[usize]) -> Option<(usize, usize)> {
    let back = *ends.iter().find(|end| **end > at)?;
    let front = *ends.iter().rev().find(|end| **end < at)?;
    Some((front, back))
}

/// How long the connection between `front` and `back` may be silent: idle, and waiting for an answer.
pub(super) fn silence(ladder: &Ladder, front: usize, back: usize) -> (f64, f64) {
    let bound = |at: usize, role: Role| match hop(ladder, at).and_then(|hop| hop.limit(role)) {
        Some(Limit::Seconds(seconds)) => seconds,
        Some(Limit::Off) if role != Role::TcpKeepalive => 0.0,
        _ => f64::INFINITY,
    };
    let idle = bound(front, Role::PoolIdle).min(bound(back, Role::KeepAlive));
    let work =
        ladder.hops.iter().skip(back).filter_map(|hop| hop.seconds(Role::Work)).fold(0.0, f64::max);
    (idle, work.min(bound(front, Role::Answer)))
}

/// The shortest interval at which something is sent through a silent connection.
pub(super) fn heartbeat(ladder: &Ladder, front: usize, back: usize) -> f64 {
    [front, back]
        .into_iter()
        .filter_map(|at| hop(ladder, at))
        .flat_map(|hop| [hop.seconds(Role::TcpKeepalive), hop.seconds(Role::Ping)])
        .flatten()
        .fold(f64::INFINITY, f64::min)
}

fn path(ladder: &Ladder, at: usize, ends: &[usize]) -> Option<Finding> {
    let forgets = hop(ladder, at)?.seconds(Role::PathIdle)?;
    let (front, back) = around(at, ends)?;
    let (idle, waiting) = silence(ladder, front, back);
    let beat = heartbeat(ladder, front, back);
    let silent = idle.max(waiting);
    if beat.min(silent) <= safe_below(forgets) {
        return None;
    }
    let rule = if beat.is_finite() { Rule::ProbesTooLate } else { Rule::SilentDrop };
    let late_seconds = beat.min(silent);
    Some(Finding { rule, early: at, late: front, early_seconds: forgets, late_seconds })
}

/// Only Node.js starts the clock of the head when the connection becomes idle.
fn head(at: usize, hop: &Hop) -> Option<Finding> {
    let (head, kept) = (hop.seconds(Role::Head)?, hop.seconds(Role::KeepAlive)?);
    (hop.component == "node" && head < least_above(kept)).then_some(Finding {
        rule: Rule::HeadShorterThanKeepalive,
        early: at,
        late: at,
        early_seconds: head,
        late_seconds: kept,
    })
}

/// The slowest ping against the shortest timer that cuts a silent stream.
fn pings(ladder: &Ladder) -> Option<Finding> {
    let all = || ladder.hops.iter().enumerate();
    let (late, beat) = all()
        .filter_map(|(at, hop)| Some((at, hop.seconds(Role::Ping)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let cuts = |hop: &Hop| {
        // What waits for an answer cuts a silent stream as well, unless a timer for streams stands in.
        let stream = hop.limit(Role::StreamIdle).or(hop.limit(Role::Answer));
        let path = hop.limit(Role::PathIdle);
        [stream, path].into_iter().flatten().filter_map(Limit::seconds).reduce(f64::min)
    };
    let (early, cut) = all()
        .filter(|(at, _)| *at > 0)
        .filter_map(|(at, hop)| Some((at, cuts(hop)?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    (beat > safe_below(cut)).then_some(Finding {
        rule: Rule::PingTooSlow,
        early,
        late,
        early_seconds: cut,
        late_seconds: beat,
    })
}

/// Products that are named for a cut-off that no hop explains; the others are counted.
/// judgement: nobody reads on behind the fourth.
const NAMED: usize = 4;

/// Whose timers `ids` are, each product once.
fn products_in_words(base: &Base, ids: &[String], lang: Lang) -> String {
    let mut names: Vec<&str> = Vec::new();
    for timeout in ids.iter().filter_map(|id| base.timeouts.get(id)) {
        let component = base.components.get(&timeout.component);
        let name = component.map_or(timeout.component.as_str(), |one| one.name.get(lang));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    match (lang, more) {
        (Lang::En, 0) => names.join(", "),
        (Lang::En, more) => format!("{} and {more} more", names.join(", ")),
        (Lang::Zh, 0) => names.join("、"),
        (Lang::Zh, more) => format!("{}等，另有 {more} 个", names.join("、")),
    }
}

/// What a measured cut-off fits: a timer of a hop, or a constant of something that is not listed.
pub(super) fn cut_off(ladder: &Ladder, base: &Base, seconds: f64) -> CutOff {
    // 3 % and half a second: timers are polled, and people round.
    let fits_to = |timer: f64| (timer - seconds).abs() <= 0.03 * timer + 0.5;
    let mut fits = Vec::new();
    for (at, hop) in ladder.hops.iter().enumerate() {
        for timer in &hop.timers {
            if timer.limit.seconds().is_some_and(fits_to) {
                fits.push((at, timer.setting.clone()));
            }
        }
    }
    let known = |timeout: &&crate::knowledge::Timeout| {
        timeout.unit == "s"
            && matches!(timeout.layer.as_str(), "idle" | "nat" | "server_keepalive" | "request")
            && fits_to(timeout.value)
    };
    let missing: Vec<String> = if fits.is_empty() {
        base.timeouts.values().filter(known).map(|timeout| timeout.id.clone()).take(12).collect()
    } else {
        Vec::new()
    };
    let s = shown(seconds);
    let says = match (fits.first(), missing.first()) {
        (Some((at, setting)), _) => {
            let name = ladder.hops.get(*at).map_or("", |hop| hop.name.as_str());
            // Many timers have one default: the first of them is not told as if it were the only one.
            match fits.len() - 1 {
                0 => Text {
                    en: format!("The cut-off after {s} s fits {setting} of {name}."),
                    zh: format!("{s} 秒断开，与 {name} 的 {setting} 吻合。"),
                },
                others => Text {
                    en: format!(
                        "The cut-off after {s} s fits {} timers here: where the line crosses them.",
                        others + 1
                    ),
                    zh: format!("{s} 秒断开，与这里的 {} 个超时吻合：见图中竖线处。", others + 1),
                },
            }
        }
        (None, Some(_)) => Text {
            en: format!(
                "No timer here is {s} s: a hop is missing, or one is not set to its default. That is the default of {}.",
                products_in_words(base, &missing, Lang::En)
            ),
            zh: format!(
                "这里没有 {s} 秒的超时：漏了一个环节，或某处改过默认值。默认值吻合的有：{}。",
                products_in_words(base, &missing, Lang::Zh)
            ),
        },
        (None, None) => Text {
            en: format!(
                "No timer here is {s} s, and no known constant either: a hop with its own setting is missing."
            ),
            zh: format!("这里没有 {s} 秒的超时，也没有对应的已知常数：漏了一个自行设置过的环节。"),
        },
    };
    CutOff { seconds, fits, missing, says }
}
