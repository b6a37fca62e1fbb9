//! What a visit of the `http2` probe means. Pure.

use super::{
    event::{Finding, Reading, seconds},
    http2::{Ending, Visit},
    talk::Cut,
};
use crate::evidence::{Course, End, Stretch};

/// Error codes of RFC 9113 §7.
const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

fn name(code: u32) -> String {
    let known = usize::try_from(code).ok().and_then(|code| CODES.get(code));
    known.map_or_else(|| code.to_string(), |name| (*name).to_owned())
}

/// Reads meaning into a visit.
pub(super) fn interpret(visit: &Visit) -> Reading {
    let quiet = seconds(visit.quiet);
    let mut timer = false;
    let (value, en, zh, what) = match &visit.ending {
        Ending::NotConnected(why) => {
            let mut reading = Reading::not_visible(
                "the connection for HTTP/2 was not answered",
                "HTTP/2 连接没有得到回应",
            );
            let finding = Finding::new("HTTP/2 could not be tried", "没能尝试 HTTP/2");
            reading.findings.push(finding.raw(why));
            return reading;
        }
        Ending::NotHttp2(what) => (
            "not_h2",
            "the server does not speak HTTP/2 here".to_owned(),
            "这里的服务端不说 HTTP/2".to_owned(),
            what.clone(),
        ),
        Ending::Open => (
            "open",
            format!("HTTP/2; open after {quiet} s of silence, and a PING is answered"),
            format!("HTTP/2；安静 {quiet} 秒后仍然连着，PING 有回应"),
            format!("PING answered after {quiet} s of silence"),
        ),
        Ending::NoPing(arrived) => (
            "no_ping",
            if *arrived {
                format!("after {quiet} s of silence a PING arrives, but is not answered")
            } else {
                format!("after {quiet} s of silence the connection looks open, but nothing arrives")
            },
            if *arrived {
                format!("安静 {quiet} 秒后 PING 能送达，但没有回应")
            } else {
                format!("安静 {quiet} 秒后看似连着，数据已送不到")
            },
            format!(
                "no PING answer, {}",
                if *arrived { "acknowledged" } else { "not acknowledged" }
            ),
        ),
        Ending::Goaway(code, last, debug) => {
            timer = true;
            let (value, name) = (if *code == 0 { "goaway" } else { "goaway_error" }, name(*code));
            (
                value,
                format!(
                    "the server ended the connection by GOAWAY {name} after {quiet} s of silence; requests up to stream {last} count"
                ),
                format!(
                    "安静 {quiet} 秒后服务端用 GOAWAY {name} 结束连接；到流 {last} 为止的请求有效"
                ),
                format!("GOAWAY {name} ({code}), last stream {last}, debug `{debug}`"),
            )
        }
        Ending::Cut(cut) => {
            timer = true;
            let packet = if *cut == Cut::Rst { "RST" } else { "FIN" };
            (
                "cut",
                format!(
                    "the connection was cut after {quiet} s of silence without a GOAWAY ({packet}): a client cannot know which requests count"
                ),
                format!(
                    "安静 {quiet} 秒后连接被切断，没有 GOAWAY（{packet}）：客户端无从得知哪些请求有效"
                ),
                format!("{packet} without GOAWAY"),
            )
        }
    };
    let mut raw = what;
    match visit.request {
        Some(Ok(())) => raw.push_str("; one request answered"),
        Some(Err(code)) => raw.extend(["; our request got RST_STREAM ", &name(code)]),
        None => {}
    }
    if !visit.settings.is_empty() {
        raw.extend(["; SETTINGS ", &visit.settings.join(" ")]);
    }
    if visit.pings > 0 {
        raw.extend(["; the server pinged ", &visit.pings.to_string(), " time(s)"]);
    }
    let mut reading = Reading::default();
    reading.observe("http2.result", value, &raw);
    let end = match &visit.ending {
        Ending::Goaway(..) => End::Farewell,
        Ending::Cut(Cut::Rst) => End::Rst,
        Ending::Cut(Cut::Fin) => End::Fin,
        Ending::NoPing(_) => End::Silent,
        _ => End::Ours,
    };
    reading.course("http2.result", Course::ended(end).then(Stretch::Silence, visit.quiet));
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    value.clone_into(&mut reading.outcome);
    // Ends closer to the answer than this are no time-outs.
    if timer && visit.quiet.as_millis() >= 500 {
        let rounded = (visit.quiet.as_secs_f64() * 100.0).round() / 100.0;
        reading.observe("seconds", rounded, &raw);
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn each_ending_has_its_word_and_the_code_its_name() {
        for (ending, wanted, facts) in [
            (Ending::NotHttp2("ALPN http/1.1".into()), "not_h2", 1),
            (Ending::Open, "open", 1),
            (Ending::NoPing(true), "no_ping", 1),
            (Ending::Goaway(0, 1, String::new()), "goaway", 2),
            (Ending::Goaway(11, 1, "too_many_pings".into()), "goaway_error", 2),
            (Ending::Cut(Cut::Fin), "cut", 2),
        ] {
            let visit = Visit {
                ending,
                quiet: Duration::from_secs(5),
                settings: vec!["max_concurrent_streams=128".into()],
                request: Some(Ok(())),
                pings: 0,
            };
            let reading = interpret(&visit);
            assert_eq!(reading.outcome, wanted);
            assert_eq!(reading.observations.len(), facts, "{wanted}");
            if wanted == "goaway_error" {
                let raw = reading.observations[0].raw.as_deref().unwrap();
                assert!(raw.contains("ENHANCE_YOUR_CALM (11), last stream 1"), "{raw}");
            }
        }
        assert_eq!(name(99), "99");
    }
}
