//! What the answers of the `http` probe mean. Pure.

use std::time::Duration;

use super::{
    components,
    event::{Finding, Reading, seconds},
    http::{Ending, Hop, NOT_HTTP},
};
use crate::evidence::{Course, End, Stretch};

/// Reads meaning into the hops, of which the last is the answer a person would get.
pub(super) fn interpret(hops: &[Hop]) -> Reading {
    let mut reading = Reading::default();
    let Some(last) = hops.last() else {
        return Reading::not_visible("no connection for it", "没有可用的连接");
    };
    if let (Ending::NotConnected(_) | Ending::NoTunnel(..), 1) = (&last.ending, hops.len()) {
        return Reading::not_visible("no connection for it", "没有可用的连接");
    }
    for hop in hops {
        reading.findings.push(describe(hop));
        for (id, raw) in components::of_http(hop) {
            // Another site at the end of a redirect is another system.
            if is_same_site(&hop.host, &hops[0].host) {
                reading.component(id, &raw);
            }
        }
    }
    if let Some(hint) = wrong_port(last) {
        reading.findings.push(hint);
    }
    let value = match &last.ending {
        Ending::Status(status) => word(*status),
        Ending::Truncated(_) => "truncated",
        Ending::ClosedEmpty => "closed_empty",
        Ending::Reset => "reset",
        Ending::Timeout => "timeout",
        // The first hop answered; where it leads is another matter.
        Ending::NotConnected(_) | Ending::NoTunnel(..) => "ok",
        Ending::Garbage(raw) => {
            // A head that is too large or broken is HTTP all the same.
            if raw.strip_prefix(NOT_HTTP).is_some_and(|bytes| !bytes.starts_with("HTTP/")) {
                reading.observe("http.result", "not_http", raw);
                reading.course("http.result", course(last));
            }
            return Reading { outcome: "not_http".to_owned(), ..reading };
        }
        // HTTP, but no answer that the base knows a word for.
        Ending::Interim => return Reading { outcome: "interim".to_owned(), ..reading },
    };
    reading.observe("http.result", value, &raw(last));
    reading.course("http.result", course(last));
    if GATEWAY.contains(&value) {
        observe_wait(&mut reading, last);
    }
    value.clone_into(&mut reading.outcome);
    reading
}

/// The connection of one request, in numbers.
fn course(hop: &Hop) -> Course {
    let end = match hop.ending {
        Ending::ClosedEmpty | Ending::Truncated(_) => End::Fin,
        Ending::Reset => End::Rst,
        Ending::Timeout => End::Silent,
        Ending::Status(_)
        | Ending::Garbage(_)
        | Ending::Interim
        | Ending::NotConnected(_)
        | Ending::NoTunnel(..) => End::Ours,
    };
    let phases = hop.phases;
    Course::ended(end)
        .then(Stretch::Dns, phases.dns)
        .then(Stretch::Tcp, phases.tcp)
        .then(Stretch::Tls, phases.tls)
        .then(Stretch::FirstByte, phases.first_byte)
        .then(Stretch::Body, phases.body)
}

/// Answers of a hop in front about a hop behind.
const GATEWAY: [&str; 3] = ["bad_gateway", "unavailable", "gateway_timeout"];

/// How long a gateway waited before it gave up: at once, or for the time of one of its timers.
fn observe_wait(reading: &mut Reading, hop: &Hop) {
    let waited = hop.phases.first_byte;
    if waited < Duration::from_millis(500) {
        reading.observe("fail_speed", "instant", &raw(hop));
    } else if waited >= Duration::from_secs(1) {
        let timed = (waited.as_secs_f64() * 100.0).round() / 100.0;
        reading.observe("seconds", timed, &raw(hop));
    }
}

/// The word of `http.result` for a status.
pub(super) fn word(status: u16) -> &'static str {
    match status {
        403 => "forbidden",
        429 => "limited",
        502 => "bad_gateway",
        503 => "unavailable",
        504 => "gateway_timeout",
        500.. => "server_error",
        _ => "ok",
    }
}

fn is_same_site(host: &str, first: &str) -> bool {
    let below = |name: &str, parent: &str| {
        name.strip_suffix(parent).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    below(host, first) || below(first, host)
}

fn raw(hop: &Hop) -> String {
    let status = match &hop.ending {
        Ending::Status(status) | Ending::Truncated(status) => format!("{status}"),
        Ending::ClosedEmpty => "FIN before an answer".to_owned(),
        Ending::Reset => "RST before an answer".to_owned(),
        Ending::Timeout => "no answer".to_owned(),
        Ending::Interim => "more than 8 interim answers (1xx)".to_owned(),
        Ending::Garbage(raw) | Ending::NotConnected(raw) | Ending::NoTunnel(_, raw) => raw.clone(),
    };
    let phases = hop.phases;
    let mut raw = format!("GET {}: {status}", hop.url);
    let shown = ["server", "via", "connection", "keep-alive", "retry-after", "location"];
    for name in shown {
        if let Some(value) = hop.field(name) {
            raw.extend(["; ", name, ": ", value]);
        }
    }
    raw + &format!(
        "; DNS {} s, TCP {} s, TLS {} s, first byte {} s, body {} s",
        seconds(phases.dns),
        seconds(phases.tcp),
        seconds(phases.tls),
        seconds(phases.first_byte),
        seconds(phases.body)
    )
}

fn describe(hop: &Hop) -> Finding {
    let wait = seconds(hop.phases.first_byte);
    let (en, zh) = match (&hop.ending, hop.stopped) {
        (_, Some(rule)) => {
            let text = rule.text();
            (
                format!("a redirect was not followed: {}", text.en),
                format!("没有跟随重定向：{}", text.zh),
            )
        }
        (Ending::Status(status @ 300..=399), _) => {
            (format!("answered {status}, leading elsewhere"), format!("返回 {status}，跳转到别处"))
        }
        (Ending::Status(status), _) => {
            (format!("answered {status} after {wait} s"), format!("{wait} 秒后返回 {status}"))
        }
        (Ending::Truncated(status), _) => (
            format!("answered {status}, but the body was cut short"),
            format!("返回 {status}，但内容不完整"),
        ),
        (Ending::ClosedEmpty, _) => (
            "the connection was closed without an answer".to_owned(),
            "没有响应，连接就被关闭".to_owned(),
        ),
        (Ending::Reset, _) => (
            "the connection was reset without an answer".to_owned(),
            "没有响应，连接就被重置".to_owned(),
        ),
        (Ending::Timeout, _) => ("no answer in time".to_owned(), "超时没有响应".to_owned()),
        (Ending::Garbage(_), _) => {
            ("what came back is not an HTTP answer".to_owned(), "返回的不是 HTTP 响应".to_owned())
        }
        (Ending::Interim, _) => (
            "interim answers (1xx) come without end and no final one; given up after 8".to_owned(),
            "一直返回临时响应（1xx），始终没有最终响应；收到 8 个后放弃".to_owned(),
        ),
        (Ending::NoTunnel(trouble, _), _) => {
            let (en, zh) = trouble.sentence();
            return Finding::new(en, zh).about_proxy().raw(raw(hop));
        }
        (Ending::NotConnected(_), _) => {
            ("the next address could not be reached".to_owned(), "跳转后的地址连不上".to_owned())
        }
    };
    Finding::new(en, zh).raw(raw(hop))
}

/// Servers that say themselves that plain HTTP came to their TLS port (nginx, Apache, Go).
fn wrong_port(hop: &Hop) -> Option<Finding> {
    let said = [
        "plain HTTP request was sent to HTTPS port",
        "speaking plain HTTP to an SSL-enabled server port",
        "Client sent an HTTP request to an HTTPS server",
    ];
    said.iter().any(|said| hop.body.contains(said)).then(|| {
        Finding::new(
            "the port wants TLS, and was asked in plain HTTP",
            "端口要求 TLS，却收到明文 HTTP",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(ending: Ending, fields: &[(&str, &str)]) -> Hop {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let fields = fields.iter().map(own).collect();
        Hop {
            host: "example.com".into(),
            url: "http://example.com:80/".into(),
            ending,
            fields,
            ..Hop::default()
        }
    }

    #[test]
    fn each_ending_has_its_word() {
        for (ending, wanted) in [
            (Ending::Status(200), "ok"),
            (Ending::Status(404), "ok"),
            (Ending::Status(403), "forbidden"),
            (Ending::Status(429), "limited"),
            (Ending::Status(500), "server_error"),
            (Ending::Status(502), "bad_gateway"),
            (Ending::Status(503), "unavailable"),
            (Ending::Status(504), "gateway_timeout"),
            (Ending::Truncated(200), "truncated"),
            (Ending::ClosedEmpty, "closed_empty"),
            (Ending::Reset, "reset"),
            (Ending::Timeout, "timeout"),
        ] {
            let reading = interpret(&[hop(ending, &[])]);
            assert_eq!(reading.outcome, wanted);
            assert_eq!(reading.observations[0].value.word(), Some(wanted));
        }
        let garbage = interpret(&[hop(Ending::Garbage("x".into()), &[])]);
        assert!(garbage.observations.is_empty());
        let ssh = interpret(&[hop(Ending::Garbage(format!("{NOT_HTTP}SSH-2.0-x")), &[])]);
        assert_eq!(ssh.observations[0].value.word(), Some("not_http"));
        let broken = interpret(&[hop(Ending::Garbage(format!("{NOT_HTTP}HTTP/1.1 x")), &[])]);
        assert!(broken.observations.is_empty());
        assert!(interpret(&[]).not_visible.is_some());
    }

    #[test]
    fn a_component_of_another_site_is_not_ours() {
        let mut away = hop(Ending::Status(200), &[("server", "cloudflare")]);
        away.host = "other.net".into();
        let reading = interpret(&[hop(Ending::Status(301), &[("server", "nginx/1.25")]), away]);
        let components: Vec<_> = reading
            .observations
            .iter()
            .filter(|seen| seen.variable == "component")
            .map(|seen| seen.value.to_string())
            .collect();
        assert_eq!(components, ["nginx"]);
    }
}
