//! What a visit of the `websocket` probe means. Pure.

use super::{
    event::{Finding, Reading, seconds},
    talk::Cut,
    websocket::{Ending, Visit},
};
use crate::evidence::{Course, End, Stretch};

/// The close codes a server is likely to send, in words (IANA, WebSocket Close Code Number Registry,
/// read 2026-11-22).
const CODES: [(u16, &str, &str); 11] = [
    (1000, "normal closure", "正常关闭"),
    (1001, "going away", "服务端离开（停机或跳转）"),
    (1002, "protocol error", "协议错误"),
    (1003, "unsupported data", "不支持的数据"),
    (1007, "invalid payload", "数据内容无效"),
    (1008, "policy violation", "违反策略"),
    (1009, "message too big", "消息过大"),
    (1011, "internal server error", "服务端内部错误"),
    (1012, "service restart", "服务重启"),
    (1013, "try again later", "稍后再试"),
    (1014, "bad gateway", "网关错误"),
];

/// The outcome where the path may simply be the wrong one; nothing is observed then.
const ELSEWHERE: &str = "not_here";

fn code_in_words(code: Option<u16>) -> (String, String) {
    let Some(code) = code else { return ("no code".to_owned(), "没有代码".to_owned()) };
    let known = CODES.iter().find(|(known, ..)| *known == code);
    known.map_or_else(
        || (code.to_string(), code.to_string()),
        |(_, en, zh)| (format!("{code}, {en}"), format!("{code}，{zh}")),
    )
}

/// Reads meaning into a visit.
pub(super) fn interpret(visit: &Visit) -> Reading {
    let quiet = seconds(visit.quiet);
    let mut timer = None;
    let (value, en, zh, what) = match &visit.ending {
        Ending::NotConnected(why) => {
            let mut reading = Reading::not_visible("no answer to the request", "请求没有响应");
            reading.findings.push(
                Finding::new("the upgrade could not be asked for", "没能发出升级请求").raw(why),
            );
            return reading;
        }
        Ending::Refused(status, line) => {
            let (en, zh) = refusal(*status, visit);
            // A page, a login or nothing at all: this path is no WebSocket, and another may be one.
            let value = if matches!(status, 400 | 426 | 500..=599) { "refused" } else { ELSEWHERE };
            (value, en, zh, line.clone())
        }
        Ending::NotOurs => (
            "refused",
            "something answers 101 without having read the request: a cache or a proxy that does not know WebSocket".to_owned(),
            "返回了 101，却不是对这次请求的回应：像是缓存或不懂 WebSocket 的代理".to_owned(),
            "101 with a wrong Sec-WebSocket-Accept".to_owned(),
        ),
        Ending::Open(code) => {
            let (_, code) = code_in_words(*code);
            (
                "open",
                format!("upgraded; open after {quiet} s of silence, and a ping is answered"),
                format!("升级成功；安静 {quiet} 秒后仍然连着，ping 有回应"),
                format!("101, pong after {quiet} s of silence, close answered with {code}"),
            )
        }
        Ending::NoPong(arrived) => (
            "no_pong",
            if *arrived {
                format!("after {quiet} s of silence a ping arrives, but is not answered")
            } else {
                format!("after {quiet} s of silence the connection looks open, but nothing arrives")
            },
            if *arrived {
                format!("安静 {quiet} 秒后 ping 能送达，但没有回应")
            } else {
                format!("安静 {quiet} 秒后看似连着，数据已送不到")
            },
            format!("101, no pong, {}", if *arrived { "acknowledged" } else { "not acknowledged" }),
        ),
        Ending::Closed(code, reason) => {
            timer = Some(visit.quiet);
            let (en, zh) = code_in_words(*code);
            (
                "closed",
                format!("the server closed after {quiet} s of silence ({en})"),
                format!("安静 {quiet} 秒后服务端关闭（{zh}）"),
                format!("101, close {}, reason `{reason}`", code.unwrap_or(1005)),
            )
        }
        Ending::Cut(cut) => {
            timer = (!visit.age.is_zero()).then_some(visit.quiet);
            let packet = if *cut == Cut::Rst { "RST" } else { "FIN" };
            let (en, zh) = if visit.age.is_zero() {
                (format!("{packet} instead of an answer"), format!("没有响应，收到 {packet}"))
            } else {
                (
                    format!("cut after {quiet} s of silence without a close frame ({packet})"),
                    format!("安静 {quiet} 秒后被切断，没有关闭帧（{packet}）"),
                )
            };
            (
                "cut",
                en,
                zh,
                format!("{packet} without a close frame, code 1006 in browsers"),
            )
        }
        Ending::Broken(why) => (
            "refused",
            "what comes after the upgrade is not WebSocket".to_owned(),
            "升级之后传来的不是 WebSocket 数据".to_owned(),
            (*why).to_owned(),
        ),
    };
    let mut raw = format!("{what}{}", visit.fields);
    if visit.pings > 0 {
        let (pings, age) = (visit.pings.to_string(), seconds(visit.age));
        raw.extend(["; the server pinged ", &pings, " time(s) in ", &age, " s"]);
    }
    let mut reading = Reading::default();
    if value != ELSEWHERE {
        reading.observe("websocket.result", value, &raw);
        if !visit.age.is_zero() {
            reading.course("websocket.result", course(visit));
        }
    }
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    value.clone_into(&mut reading.outcome);
    // Ends closer to the upgrade than this are no time-outs.
    if let Some(after) = timer.filter(|after| after.as_millis() >= 500) {
        let rounded = (after.as_secs_f64() * 100.0).round() / 100.0;
        reading.observe("seconds", rounded, &raw);
    }
    reading
}

/// An upgraded connection from the upgrade on, in numbers.
fn course(visit: &Visit) -> Course {
    let end = match &visit.ending {
        Ending::Closed(..) => End::Farewell,
        Ending::Cut(Cut::Fin) => End::Fin,
        Ending::Cut(Cut::Rst) => End::Rst,
        Ending::NoPong(_) => End::Silent,
        _ => End::Ours,
    };
    Course::ended(end)
        .then(Stretch::Talk, visit.age.saturating_sub(visit.quiet))
        .then(Stretch::Silence, visit.quiet)
}

/// What another answer than 101 says.
fn refusal(status: u16, visit: &Visit) -> (String, String) {
    let (en, zh) = match status {
        200..=299 => (
            "a page is answered instead: this path is no WebSocket, or its upgrade fields were dropped on the way",
            "返回的是普通页面：这个路径不是 WebSocket，或者升级请求头在途中被丢掉",
        ),
        300..=399 => ("it leads elsewhere; clients do not follow", "返回跳转；客户端不会跟随"),
        400 => (
            "the request is called bad, as by a proxy that drops the upgrade fields",
            "请求被判为无效，像是代理丢掉了升级请求头",
        ),
        401 | 403 => {
            ("it wants a login, or this origin is not allowed", "需要登录，或不允许这个来源")
        }
        404 => ("there is nothing at this path", "这个路径下没有内容"),
        426 => ("it wants another version or protocol", "要求其他版本或协议"),
        502..=504 => ("a proxy cannot reach the WebSocket server", "代理连不上 WebSocket 服务"),
        0 => ("what came back is not HTTP", "返回的不是 HTTP"),
        _ => ("the upgrade is refused", "拒绝升级"),
    };
    let by = if visit.server.is_empty() { String::new() } else { format!(" [{}]", visit.server) };
    (format!("answered {status}, not 101: {en}{by}"), format!("返回 {status}，不是 101：{zh}{by}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn visit(ending: Ending) -> Visit {
        Visit {
            ending,
            quiet: Duration::from_mins(1),
            age: Duration::from_mins(1),
            pings: 1,
            fields: "; server: nginx".to_owned(),
            server: "nginx".to_owned(),
        }
    }

    #[test]
    fn each_ending_has_its_word_and_only_ends_have_seconds() {
        for (ending, wanted, timed) in [
            (Ending::Refused(400, "HTTP/1.1 400 Bad Request".into()), "refused", false),
            (Ending::NotOurs, "refused", false),
            (Ending::Open(Some(1000)), "open", false),
            (Ending::NoPong(false), "no_pong", false),
            (Ending::Closed(Some(1001), "bye".into()), "closed", true),
            (Ending::Cut(Cut::Rst), "cut", true),
            (Ending::Broken("x"), "refused", false),
        ] {
            let reading = interpret(&visit(ending));
            assert_eq!(reading.outcome, wanted);
            assert_eq!(reading.observations.len(), 1 + usize::from(timed), "{wanted}");
        }
        assert!(interpret(&visit(Ending::NotConnected(String::new()))).not_visible.is_some());
    }

    #[test]
    fn a_path_without_a_websocket_is_evidence_of_nothing() {
        for (status, seen) in [(200, 0), (302, 0), (403, 0), (404, 0), (400, 1), (426, 1), (502, 1)]
        {
            let reading = interpret(&visit(Ending::Refused(status, String::new())));
            assert_eq!(reading.observations.len(), seen, "{status}");
            assert_eq!(reading.findings.len(), 1);
        }
    }

    #[test]
    fn codes_are_told_in_words() {
        assert_eq!(code_in_words(Some(1012)).0, "1012, service restart");
        assert_eq!(code_in_words(Some(4000)).1, "4000");
    }
}
