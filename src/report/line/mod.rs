//! The connections of a probe run, and the conversation of a capture, as lines of time: name, TCP, TLS, first byte, body, silence, and how
//! each ended.
//!
//! Whoever measured wrote the numbers beside the observation ([`Course`]). Reports that were saved before
//! have sentences instead: [`told`] reads those. A line is drawn, never calculated with.

mod told;

use crate::evidence::{Course, End, Observation, Source, State, Stretch};

/// One connection.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it was: `capture`, or one of [`PROBED`].
    pub kind: &'static str,
    /// Its stretches in order, seconds each, none of them 0.
    pub stretches: Vec<(Stretch, f64)>,
    /// How it ended.
    pub end: End,
    /// Whether it was measured through a proxy, whose time is in it.
    pub is_proxied: bool,
}

/// How a line is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// Share of the width of each stretch, 0 to 1; their sum is 1.
    pub shares: Vec<f64>,
    /// Whether lengths are as the times; otherwise they grow with the logarithm of the time.
    pub to_scale: bool,
}

/// Where one stretch is this many times longer than another, a true scale would hide the other.
/// judgement: 1 in 200 is two pixels of a phone.
const DOMINATES: f64 = 200.0;
/// The shortest stretch that is told from none, seconds.
const SHORTEST: f64 = 1e-5;

impl Line {
    /// Seconds from its first packet to its end.
    pub fn total(&self) -> f64 {
        self.stretches.iter().map(|(_, seconds)| seconds).sum()
    }

    /// Lengths for a drawing.
    pub fn drawn(&self) -> Drawn {
        let times = || self.stretches.iter().map(|(_, seconds)| *seconds);
        let least = times().fold(f64::INFINITY, f64::min);
        let most = times().fold(0.0, f64::max);
        let to_scale = most <= least * DOMINATES;
        // One step for every factor of ten above the shortest, and one for being there at all.
        let length = |seconds: f64| {
            if to_scale { seconds } else { 1.0 + libm::log10((seconds / least).max(1.0)) }
        };
        let whole: f64 = times().map(length).sum();
        Drawn { shares: times().map(|seconds| length(seconds) / whole).collect(), to_scale }
    }
}

/// The observations that come from a connection of their own, with the kind of its line. The first is
/// measured from the name on; the others begin where the connection was there.
const PROBED: [(&str, &str); 6] = [
    ("http.result", "request"),
    ("banner.result", "banner"),
    ("idle.end", "silence"),
    ("reuse.result", "reuse"),
    ("websocket.result", "websocket"),
    ("http2.result", "http2"),
];
/// What comes before, in order.
const OPENING: [&str; 3] = ["dns.result", "tcp.result", "tls.result"];

/// The lines that probes and captures among `observations` drew; empty where none measured a time.
pub fn lines(observations: &[Observation]) -> Vec<Line> {
    let mut lines = Vec::new();
    let of = |source: Source| {
        observations.iter().filter(move |o| o.source == source && o.state == State::Seen)
    };
    if of(Source::Probe).any(|seen| seen.course.is_some()) {
        let probed = |variable: &str| of(Source::Probe).find(|seen| seen.variable == variable);
        measured(probed, &mut lines);
        // One run has one way; its lookups alone are the server's own.
        let is_proxied = of(Source::Probe).any(Observation::is_proxied);
        for line in &mut lines {
            line.is_proxied = is_proxied;
        }
    } else {
        told::of_probes(observations, &mut lines);
    }
    let captured = of(Source::Capture).find_map(sound);
    if let Some(course) = captured {
        push(&mut lines, "capture", spans(course).collect(), course.end);
    } else {
        told::of_captures(observations, &mut lines);
    }
    lines
}

/// The lines of probes that wrote their numbers down; `probed` finds what settled a variable.
fn measured<'a>(probed: impl Fn(&str) -> Option<&'a Observation>, lines: &mut Vec<Line>) {
    let word = |variable: &str| probed(variable)?.value.word();
    let elsewhere = word("reset.origin") == Some("elsewhere");
    let traced = |end: End| if end == End::Rst && elsewhere { End::RstWay } else { end };
    let opening: Vec<&Course> =
        OPENING.iter().filter_map(|variable| probed(variable).and_then(sound)).collect();
    let before = |from: usize| {
        let later = OPENING.get(from..).unwrap_or_default().iter();
        later.filter_map(|variable| probed(variable).and_then(sound)).flat_map(spans)
    };
    let mut asked = false;
    for (variable, kind) in PROBED {
        let course = probed(variable).and_then(sound).filter(|course| !course.spans.is_empty());
        let Some(course) = course else { continue };
        let stretches = match kind {
            "request" => spans(course).collect(),
            "banner" => before(0).chain(spans(course)).collect(),
            _ => before(1).chain(spans(course)).collect(),
        };
        asked |= matches!(kind, "request" | "banner");
        push(lines, kind, stretches, traced(course.end));
    }
    // It came no further than this.
    if let Some(last) = opening.last().filter(|_| !asked) {
        let mut first = Vec::new();
        push(&mut first, "request", before(0).collect(), traced(last.end));
        lines.splice(0..0, first);
    }
}

/// The course of `seen`, where it can be drawn.
fn sound(seen: &Observation) -> Option<&Course> {
    seen.course.as_ref().filter(|course| course.is_sound())
}

/// The stretches of `course`, seconds each.
fn spans(course: &Course) -> impl Iterator<Item = (Stretch, Option<f64>)> {
    course.spans.iter().map(|span| (span.on, Some(span.millis / 1e3)))
}

fn push(lines: &mut Vec<Line>, kind: &'static str, times: Vec<(Stretch, Option<f64>)>, end: End) {
    let stretches: Vec<(Stretch, f64)> = times
        .into_iter()
        .filter_map(|(stretch, seconds)| Some((stretch, seconds?)))
        .filter(|(_, seconds)| *seconds >= SHORTEST)
        .collect();
    if !stretches.is_empty() {
        lines.push(Line { kind, stretches, end, is_proxied: false });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::evidence::Span;

    fn seen(variable: &str, value: &str, course: Course) -> Observation {
        Observation::seen(variable, value, Source::Probe).with_course(course)
    }

    fn millis(line: &Line) -> Vec<(Stretch, f64)> {
        let whole = |(on, seconds): &(Stretch, f64)| (*on, (seconds * 1e3).round());
        line.stretches.iter().map(whole).collect()
    }

    fn run() -> Vec<Observation> {
        let course = |end: End, spans: &[(Stretch, f64)]| Course {
            spans: spans.iter().map(|(on, millis)| Span { on: *on, millis: *millis }).collect(),
            end,
        };
        vec![
            seen("dns.result", "ok", course(End::Ours, &[(Stretch::Dns, 12.0)])),
            seen("tcp.result", "connected", course(End::Ours, &[(Stretch::Tcp, 3.0)])),
            seen("tls.result", "ok", course(End::Ours, &[(Stretch::Tls, 20.0)])),
            seen(
                "http.result",
                "reset",
                course(End::Rst, &[(Stretch::Tcp, 4.0), (Stretch::FirstByte, 50.0)]),
            ),
            seen("idle.end", "fin", course(End::Fin, &[(Stretch::Silence, 60_100.0)])),
        ]
    }

    #[test]
    fn numbers_are_drawn_whatever_the_sentences_say() {
        let mut all = run();
        for seen in &mut all {
            seen.raw = Some("words that nobody has written yet; DNS 9 s".to_owned());
        }
        let lines = lines(&all);
        let [request, silence] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(millis(request), [(Stretch::Tcp, 4.0), (Stretch::FirstByte, 50.0)]);
        assert_eq!((request.kind, request.end), ("request", End::Rst));
        let wanted = [(Stretch::Tcp, 3.0), (Stretch::Tls, 20.0), (Stretch::Silence, 60_100.0)];
        assert_eq!(millis(silence), wanted);
        assert_eq!((silence.kind, silence.end), ("silence", End::Fin));
    }

    #[test]
    fn what_was_measured_through_a_proxy_says_so() {
        assert!(lines(&run()).iter().all(|line| !line.is_proxied));
        let through = |seen: Observation| seen.from_vantage(crate::evidence::PROXIED);
        let mut all: Vec<Observation> = run().into_iter().map(through).collect();
        let capture = Course::ended(End::RstServer).then_seconds(Stretch::Talk, 1.0);
        let captured = Observation::seen("closer", "server_rst", Source::Capture);
        all.push(captured.with_course(capture));
        let drawn: Vec<_> = lines(&all).iter().map(|line| (line.kind, line.is_proxied)).collect();
        assert_eq!(drawn, [("request", true), ("silence", true), ("capture", false)]);
    }

    #[test]
    fn a_connection_that_got_no_further_is_a_line_too() {
        let mut all = run();
        all.truncate(2);
        all[1].course = Some(Course::ended(End::Silent).then_seconds(Stretch::Tcp, 5.0));
        let lines = lines(&all);
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(millis(line), [(Stretch::Dns, 12.0), (Stretch::Tcp, 5000.0)]);
        assert_eq!((line.kind, line.end), ("request", End::Silent));
    }

    #[test]
    fn a_reset_that_was_traced_to_the_way_is_drawn_so() {
        let mut all = run();
        all.push(Observation::seen("reset.origin", "elsewhere", Source::Probe));
        assert_eq!(lines(&all)[0].end, End::RstWay);
    }

    #[test]
    fn the_numbers_survive_being_saved() {
        let all = run();
        let json = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Observation>>(&json).unwrap(), all);
    }

    fn any_course() -> impl Strategy<Value = Course> {
        let span = (0..Stretch::ALL.len(), prop_oneof![any::<f64>(), 0.0..1e6_f64]);
        (proptest::collection::vec(span, 0..16), 0..End::ALL.len()).prop_map(|(spans, end)| {
            Course {
                spans: spans
                    .into_iter()
                    .map(|(on, millis)| Span { on: Stretch::ALL[on], millis })
                    .collect(),
                end: End::ALL[end],
            }
        })
    }

    proptest! {
        #[test]
        fn any_course_gives_a_line_that_can_be_drawn(course in any_course()) {
            for source in [Source::Probe, Source::Capture] {
                for (variable, _) in PROBED {
                    let mut seen = seen(variable, "ok", course.clone());
                    seen.source = source;
                    for line in lines(&[seen]) {
                        let drawn = line.drawn();
                        let sum: f64 = drawn.shares.iter().sum();
                        prop_assert!((sum - 1.0).abs() < 1e-6, "{line:?} {drawn:?}");
                        prop_assert!(drawn.shares.iter().all(|share| *share > 0.0));
                    }
                }
            }
        }
    }
}
