//! What can be seen through a proxy, and how a reading says that it was made through one. Pure.
//!
//! In: a reading as its probe made it. Out: the same, without what may be the proxy's own doing.

use super::{
    event::{Finding, Reading},
    kind::Probe,
};
use crate::evidence::PROXIED;

/// What shows nothing through a proxy: the packets, the acknowledgements and the way are its own there, and
/// whoever ends or limits a connection may be the proxy.
pub(super) const BLIND: [Probe; 7] = [
    Probe::Idle,
    Probe::Reuse,
    Probe::Halfclose,
    Probe::Burst,
    Probe::Path,
    Probe::Mtu,
    Probe::Reset,
];
/// Why.
pub(super) const THROUGH: (&str, &str) = (
    "the probes go through a proxy, which has timers, limits and packets of its own",
    "探测经过代理，而代理有自己的超时、上限和数据包",
);
/// Readings that the proxy may have made as well as the target: ends without a word.
const WORDLESS: [(&str, &[&str]); 5] = [
    ("tls.result", &["cut", "timeout"]),
    ("http.result", &["reset", "closed_empty", "truncated", "timeout"]),
    ("banner.result", &["closed", "reset", "silent"]),
    ("websocket.result", &["cut", "no_pong"]),
    ("http2.result", &["cut", "no_ping"]),
];

/// Says of `reading` that it was made through a proxy, and takes out what the proxy may have made. Pure.
pub(super) fn mark(reading: &mut Reading) {
    let is_wordless = |variable: &str, word: &str| {
        WORDLESS.iter().any(|(known, words)| *known == variable && words.contains(&word))
    };
    let doubtful = reading
        .observations
        .iter()
        .any(|seen| seen.value.word().is_some_and(|word| is_wordless(&seen.variable, word)));
    if doubtful {
        let (en, zh) = (
            "the connection through the proxy ended without a word of the server: it cannot be seen from here whose doing that was",
            "经代理的连接断开时服务端什么也没说：从这里看不出是谁断开的",
        );
        reading.observations.retain(|seen| seen.variable == "component");
        let raw = reading.findings.last().map(|finding| finding.raw.clone()).unwrap_or_default();
        reading.findings = vec![Finding::new(en, zh).about_proxy().raw(raw)];
        reading.not_visible = Reading::not_visible(
            "through a proxy it cannot be seen who ended the connection",
            "经过代理，看不出是谁结束了连接",
        )
        .not_visible;
    }
    // That a tunnel stands is the proxy's word.
    reading.observations.retain(|seen| !seen.variable.starts_with("tcp."));
    for finding in reading.findings.iter_mut().filter(|finding| !finding.is_about_proxy) {
        finding.text.en.push_str(" (through the proxy)");
        finding.text.zh.push_str("（经代理）");
    }
    for observation in &mut reading.observations {
        PROXIED.clone_into(&mut observation.vantage);
        let raw = observation.raw.take().unwrap_or_default();
        observation.raw = Some(format!("through the proxy: {raw}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_without_a_word_counts_for_nothing_through_a_proxy() {
        let read = |variable: &str, value: &str| {
            let mut reading = Reading::default();
            reading.component("nginx", "server: nginx");
            reading.observe(variable, value, "raw");
            reading.observe("seconds", 60.0, "raw");
            reading.findings.push(Finding::new("the server ended it", "服务端断开").raw("raw"));
            mark(&mut reading);
            reading
        };
        for (variable, values) in WORDLESS {
            for value in values {
                let reading = read(variable, value);
                assert!(reading.not_visible.is_some(), "{variable} {value}");
                assert_eq!(reading.observations.len(), 1, "{variable} {value}");
                assert!(!reading.findings[0].text.en.contains("the server ended"));
            }
        }
        let answered = read("http.result", "gateway_timeout");
        assert_eq!((answered.not_visible, answered.observations.len()), (None, 3));
        for seen in &answered.observations {
            assert!(seen.is_proxied());
            assert!(seen.raw.as_deref().unwrap().starts_with("through the proxy: "));
        }
        assert_eq!(answered.findings[0].text.zh, "服务端断开（经代理）");
    }

    #[test]
    fn every_word_that_is_doubted_exists() {
        let base = crate::knowledge::load(&[crate::knowledge::built_in()]).base;
        for (variable, words) in WORDLESS {
            let options = &base.variables[variable].options;
            for word in words {
                assert!(options.iter().any(|option| option.id == *word), "{variable} {word}");
            }
        }
    }
}
