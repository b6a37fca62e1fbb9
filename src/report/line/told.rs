//! Lines of time out of the wording of findings: reports that were saved before findings held their
//! numbers have nothing else.
//!
//! A finding may be anybody's text: what does not read is left out.

use super::{End, Line, Stretch, push};
use crate::evidence::{Observation, Source, State};

/// The lines that the sentences of the probes among `observations` tell.
pub(super) fn of_probes(observations: &[Observation], lines: &mut Vec<Line>) {
    let found = |variable: &str| {
        observations
            .iter()
            .find(|o| o.source == Source::Probe && o.variable == variable && o.state == State::Seen)
    };
    let raw = |variable: &str| found(variable).and_then(|o| o.raw.as_deref());
    let word = |variable: &str| found(variable).and_then(|o| o.value.word());
    let dns = raw("dns.result").and_then(|raw| after(raw, " ("));
    let tcp = raw("tcp.result")
        .and_then(|raw| after(raw, "connected in ").or_else(|| after(raw, " after ")));
    let tls =
        raw("tls.result").and_then(|raw| after(raw, " in ").or_else(|| after(raw, " after ")));
    let reset = match word("reset.origin") {
        Some("elsewhere") => End::RstWay,
        _ => End::Rst,
    };
    let request = raw("http.result").and_then(phases).map_or_else(
        || vec![(Stretch::Dns, dns), (Stretch::Tcp, tcp), (Stretch::Tls, tls)],
        |[dns, tcp, tls, first, body]| {
            vec![
                (Stretch::Dns, Some(dns)),
                (Stretch::Tcp, Some(tcp)),
                (Stretch::Tls, Some(tls)),
                (Stretch::FirstByte, Some(first)),
                (Stretch::Body, Some(body)),
            ]
        },
    );
    let cut = match raw("tls.result") {
        Some(raw) if raw.contains("reset") || raw.contains("RST") => reset,
        _ => End::Fin,
    };
    let end = match (word("http.result"), word("tls.result"), word("tcp.result")) {
        (Some("closed_empty" | "truncated"), _, _) => End::Fin,
        (Some("reset"), _, _) | (None, None, Some("reset" | "refused")) => reset,
        (None, Some("cut"), _) => cut,
        (Some("timeout"), _, _) | (None, Some("timeout"), _) | (None, None, Some("timeout")) => {
            End::Silent
        }
        (None, None, Some("unreachable" | "prohibited")) => End::Icmp,
        _ => End::Ours,
    };
    push(lines, "request", request, end);
    if let Some(raw) = raw("idle.end") {
        let quiet = after(raw, ", dead after ").or_else(|| after(raw, " after "));
        let end = match word("idle.end") {
            Some("fin") => End::Fin,
            Some("rst") => reset,
            Some("silent") => End::Silent,
            _ => End::Ours,
        };
        let silence = vec![(Stretch::Tcp, tcp), (Stretch::Tls, tls), (Stretch::Silence, quiet)];
        if quiet.is_some() {
            push(lines, "silence", silence, end);
        }
    }
}

/// The conversation of a capture: the time that it measured, and who ended it.
pub(super) fn of_captures(observations: &[Observation], lines: &mut Vec<Line>) {
    let found = |variable: &str| {
        observations.iter().find(|o| {
            o.source == Source::Capture && o.variable == variable && o.state == State::Seen
        })
    };
    let word = |variable: &str| found(variable).and_then(|o| o.value.word());
    let Some(seconds) = found("seconds").and_then(|o| o.value.number()) else { return };
    if !(seconds.is_finite() && seconds < 1e9) {
        return;
    }
    // Whoever waits for an answer is not idle.
    let stretch =
        if word("phase") == Some("request") { Stretch::FirstByte } else { Stretch::Silence };
    let end = match (word("closer"), word("ending")) {
        (Some("odd_rst"), _) => End::RstWay,
        (Some("client"), Some("rst")) => End::RstClient,
        (Some("client"), _) => End::FinClient,
        (Some("server_rst"), _) | (Some("server_fin"), Some("rst")) => End::RstServer,
        (_, Some("rst")) => End::Rst,
        (Some("server_fin"), _) | (_, Some("fin")) => End::Fin,
        _ => End::Silent,
    };
    push(lines, "capture", vec![(stretch, Some(seconds))], end);
}

/// The seconds right behind the first `mark` that has any: `connected in 0.0031 s`.
fn after(raw: &str, mark: &str) -> Option<f64> {
    raw.match_indices(mark)
        .find_map(|(at, _)| number(raw.get(at + mark.len()..)?))
        .map(|(value, _)| value)
}

/// A number of seconds at the beginning of `text`, and what follows its ` s`.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let value: f64 = text.get(..end)?.parse().ok()?;
    let rest = text.get(end..)?.strip_prefix(" s")?;
    (value.is_finite() && value < 1e9).then_some((value, rest))
}

/// `…; DNS 0.0012 s, TCP 0.0031 s, TLS 0.02 s, first byte 0.05 s, body 0.001 s`, at the very end: what
/// a server said stands before it.
fn phases(raw: &str) -> Option<[f64; 5]> {
    let mut rest = raw.get(raw.rfind("; DNS ")? + 2..)?;
    let mut found = [0.0; 5];
    for (value, name) in found.iter_mut().zip(["DNS ", "TCP ", "TLS ", "first byte ", "body "]) {
        rest = rest.strip_prefix(", ").unwrap_or(rest).strip_prefix(name)?;
        (*value, rest) = number(rest)?;
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::lines;

    fn seen(variable: &str, value: &str, raw: &str) -> Observation {
        Observation::seen(variable, value, Source::Probe).with_raw(raw)
    }

    #[test]
    fn a_run_gives_a_line_for_the_request_and_one_for_the_silence() {
        let lines = lines(&[
            seen("dns.result", "ok", "IPv4: 10.0.0.1 (0.0012 s, from 10.0.0.53)"),
            seen(
                "tcp.result",
                "connected",
                "10.0.0.1: connected in 0.0031 s (RTT 3.0 ms, 0 retransmits)",
            ),
            seen(
                "http.result",
                "reset",
                "GET https://a/; DNS 9 s: RST before an answer; server: x; DNS 1 s, TCP 1 s; DNS 0.0012 s, \
                 TCP 0.0031 s, TLS 0.0000 s, first byte 0.050 s, body 0.0000 s",
            ),
            seen("idle.end", "fin", "FIN after 60.1 s of silence (server: nginx after 5 s)"),
        ]);
        let [request, silence] = lines.as_slice() else { panic!("{lines:?}") };
        let kinds: Vec<_> = request.stretches.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [Stretch::Dns, Stretch::Tcp, Stretch::FirstByte]);
        assert_eq!((request.kind, request.end), ("request", End::Rst));
        assert!(request.drawn().to_scale);
        assert_eq!(silence.stretches, [(Stretch::Tcp, 0.0031), (Stretch::Silence, 60.1)]);
        assert_eq!(silence.end, End::Fin);
        assert!(!silence.drawn().to_scale);
    }

    #[test]
    fn a_capture_gives_a_line_that_says_who_ended_it() {
        let of = |closer: &str, ending: &str, phase: &str| {
            let seen = |name: &str, value: &str| Observation::seen(name, value, Source::Capture);
            let mut all =
                vec![seen("closer", closer), seen("ending", ending), seen("phase", phase)];
            all.push(Observation::seen("seconds", 62.0, Source::Capture));
            let lines = lines(&all);
            let [line] = lines.as_slice() else { panic!("{lines:?}") };
            assert_eq!(line.kind, "capture");
            (line.stretches.clone(), line.end)
        };
        let silence = vec![(Stretch::Silence, 62.0)];
        assert_eq!(of("server_rst", "rst", "idle"), (silence.clone(), End::RstServer));
        assert_eq!(of("client", "fin", "idle"), (silence.clone(), End::FinClient));
        assert_eq!(of("odd_rst", "rst", "idle"), (silence, End::RstWay));
        let waiting = vec![(Stretch::FirstByte, 62.0)];
        assert_eq!(of("server_fin", "fin", "request"), (waiting, End::Fin));
    }

    #[test]
    fn what_was_not_measured_has_no_line() {
        assert_eq!(lines(&[seen("tcp.result", "connected", "connected")]), []);
        assert_eq!(lines(&[Observation::seen("idle.end", "fin", Source::Answer)]), []);
    }

    proptest! {
        #[test]
        fn any_finding_gives_a_line_that_can_be_drawn(
            raw in "(\\PC{0,20}|; DNS |, TCP |after |in |[0-9.]{1,12} s|first byte |body ){0,12}",
        ) {
            for variable in ["dns.result", "tcp.result", "tls.result", "http.result", "idle.end"] {
                for line in lines(&[seen(variable, "ok", &raw)]) {
                    let drawn = line.drawn();
                    let sum: f64 = drawn.shares.iter().sum();
                    prop_assert!((sum - 1.0).abs() < 1e-6, "{line:?} {drawn:?}");
                    prop_assert!(drawn.shares.iter().all(|share| *share > 0.0));
                }
            }
        }
    }
}
