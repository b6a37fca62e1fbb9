//! The `reuse` probe: a second request on a connection that was kept alive, at growing ages, and
//! closely before the moment the server closes.
//!
//! A request that crosses the server's FIN is lost, and a client may not repeat it by itself unless
//! it is idempotent (RFC 9112 §9.3.1). The window in which that happens is as wide as the way there
//! takes, plus what the server needs between its decision and its FIN. Where it is wider than a
//! client expects, requests fail now and then on reused connections only.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    event::{Finding, Reading, Reporter, seconds},
    http::Stream,
    kind::Probe,
    permit::{Account, Permit, Shape},
    talk::{self, Cut, Head},
    target::Scheme,
};
use crate::evidence::{Course, End, Stretch};

/// Ages of the second request in the first round; the longest silence that was asked for is another.
const AGES: [u64; 4] = [1, 5, 15, 30];
/// The second round: how long before the server's close the second request is sent, milliseconds.
const BEFORE: [u64; 5] = [300, 100, 30, 10, 3];
/// How long the first answer may take.
const OPENING: Duration = Duration::from_secs(10);
/// How long the second answer may take.
const ANSWER: Duration = Duration::from_secs(4);
/// Ends closer to the answer than this are no time-outs.
const AT_ONCE: Duration = Duration::from_millis(500);

/// What became of the second request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Answered.
    Answered,
    /// The server had closed, visibly, before it was sent.
    Closed(Cut),
    /// Sent on a connection that looked open, which then ended without an answer.
    Lost(Cut),
    /// Sent, and neither answered nor ended; whether it was acknowledged.
    Silent(bool),
    /// The server announced with its first answer that it closes.
    Announced,
    /// There was no first answer.
    NotOpened(String),
}

/// One connection and its second request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Try {
    /// From the end of the first answer to the second request, or to the close.
    pub(super) age: Duration,
    pub(super) fate: Fate,
    /// `Server`, `Connection` and `Keep-Alive` of the first answer.
    pub(super) server: String,
    pub(super) connection: String,
    pub(super) keep_alive: String,
}

/// Ages of the first round, ascending.
fn plan(max: Duration) -> Vec<Duration> {
    let max = max.clamp(Duration::from_secs(1), super::idle::MAX_IDLE);
    let shorter = AGES.into_iter().map(Duration::from_secs).filter(|age| *age < max);
    shorter.chain([max]).collect()
}

/// Ages of the second round, closely before `close`.
fn refine(close: Duration) -> Vec<Duration> {
    BEFORE.into_iter().filter_map(|ms| close.checked_sub(Duration::from_millis(ms))).collect()
}

/// Tries both rounds, the second only where the server closes within `max`.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    scheme: Scheme,
    max: Duration,
    reporter: &Reporter,
) -> Vec<Try> {
    let round = |ages: Vec<Duration>| {
        let tries = ages.into_iter().map(|age| attempt(permit, ip, scheme, age));
        reporter.while_waiting(
            Probe::Reuse,
            ("waiting until the connections have aged", "等连接变旧"),
            join_all(tries),
        )
    };
    let mut tries = round(plan(max)).await;
    if let Some((close, _)) = closed_after(&tries)
        && close > AT_ONCE
    {
        tries.extend(round(refine(close)).await);
    }
    tries
}

async fn attempt(permit: &Permit, ip: IpAddr, scheme: Scheme, age: Duration) -> Try {
    let mut record = Try {
        age: Duration::ZERO,
        fate: Fate::NotOpened("no answer to the first request".to_owned()),
        server: String::new(),
        connection: String::new(),
        keep_alive: String::new(),
    };
    let request = talk::head_request(permit, scheme);
    let opening = async {
        let mut stream = talk::open(permit, ip, scheme, Account::Reuse, Shape::default()).await?;
        let head = talk::ask(&mut *stream, &request).await?;
        std::io::Result::Ok((stream, head))
    };
    match timeout(OPENING, opening).await {
        Ok(Ok((mut stream, head))) => {
            let own = |name: &str| head.field(name).unwrap_or_default().to_owned();
            record.server = own("server");
            record.connection = own("connection");
            record.keep_alive = own("keep-alive");
            if head.closes() {
                record.fate = Fate::Announced;
            } else {
                let since = Instant::now();
                (record.age, record.fate) = again(&mut *stream, &request, since, age, &head).await;
            }
        }
        Ok(Err(error)) => record.fate = Fate::NotOpened(error.to_string()),
        Err(_) => {}
    }
    record
}

/// Waits until the connection is `age` old and sends the second request, unless it ends before.
async fn again(
    stream: &mut (dyn Stream + '_),
    request: &str,
    since: Instant,
    age: Duration,
    first: &Head,
) -> (Duration, Fate) {
    // An answer to HEAD has no body; what came all the same would pass for a second answer.
    if !first.rest.is_empty() {
        return (Duration::ZERO, Fate::NotOpened("a body came where none belongs".to_owned()));
    }
    let mut byte = [0_u8; 1];
    match timeout(age.saturating_sub(since.elapsed()), stream.read(&mut byte)).await {
        Err(_) => {}
        Ok(Ok(0)) => return (since.elapsed(), Fate::Closed(Cut::Fin)),
        Ok(Ok(_)) => {
            let why = "bytes came that nobody asked for".to_owned();
            return (since.elapsed(), Fate::NotOpened(why));
        }
        Ok(Err(error)) => {
            let cut = Cut::of(&error);
            let fate = if cut == Cut::Other {
                Fate::NotOpened(error.to_string())
            } else {
                Fate::Closed(cut)
            };
            return (since.elapsed(), fate);
        }
    }
    let sent = since.elapsed();
    let asking = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        stream.read(&mut byte).await
    };
    let fate = match timeout(ANSWER, asking).await {
        Ok(Ok(0)) => Fate::Lost(Cut::Fin),
        Ok(Ok(_)) => Fate::Answered,
        Ok(Err(error)) => match Cut::of(&error) {
            Cut::Other => Fate::NotOpened(error.to_string()),
            cut => Fate::Lost(cut),
        },
        Err(_) => Fate::Silent(stream.conn().facts().unacknowledged == 0),
    };
    (sent, fate)
}

/// The shortest age at which the server had closed.
fn closed_after(tries: &[Try]) -> Option<(Duration, Cut)> {
    tries
        .iter()
        .filter_map(|tried| match tried.fate {
            Fate::Closed(cut) => Some((tried.age, cut)),
            _ => None,
        })
        .min_by_key(|(age, _)| *age)
}

/// The seconds of `Keep-Alive: timeout=5, max=100`.
fn announced(keep_alive: &str) -> Option<Duration> {
    let parts = keep_alive.split([',', ';']).filter_map(|part| part.split_once('='));
    let mut timeouts = parts.filter(|(name, _)| name.trim().eq_ignore_ascii_case("timeout"));
    let value: u32 = timeouts.next()?.1.trim().parse().ok()?;
    Some(Duration::from_secs(value.into()))
}

/// Reads meaning into the tries. Pure.
pub(super) fn interpret(tries: &[Try]) -> Reading {
    if tries.iter().any(|tried| tried.fate == Fate::Announced) {
        return Reading::not_visible(
            "the server closes the connection after each answer, so none is used twice",
            "服务端每次响应后就关闭连接，不存在复用",
        );
    }
    let close = closed_after(tries);
    if close.is_some_and(|(age, _)| age < AT_ONCE) {
        return Reading::not_visible(
            "the server closes at once, so no connection is used twice",
            "服务端立刻关闭连接，不存在复用",
        );
    }
    let sent = |tried: &&Try| !matches!(tried.fate, Fate::Closed(_) | Fate::NotOpened(_));
    if !tries.iter().any(|tried| sent(&tried)) && close.is_none() {
        return Reading::not_visible("no connection could be used twice", "没有能复用的连接");
    }
    let mut reading = Reading::default();
    for tried in tries.iter().filter(sent) {
        reading.findings.push(describe(tried, close));
    }
    let lost = |tried: &&Try| matches!(tried.fate, Fate::Lost(_));
    let silent = |tried: &&Try| matches!(tried.fate, Fate::Silent(_));
    let ended = |cut: Cut| if cut == Cut::Fin { End::Fin } else { End::Rst };
    let (value, at, end) =
        if let Some(tried) = tries.iter().filter(lost).min_by_key(|tried| tried.age) {
            let end = if let Fate::Lost(cut) = tried.fate { ended(cut) } else { End::Rst };
            ("lost", tried.age, end)
        } else if let Some(tried) = tries.iter().filter(silent).min_by_key(|tried| tried.age) {
            ("silent", tried.age, End::Silent)
        } else if let Some((age, cut)) = close {
            ("closes_first", age, ended(cut))
        } else {
            ("answered", tries.iter().map(|tried| tried.age).max().unwrap_or_default(), End::Ours)
        };
    let raw = raw(value, at, close, tries);
    reading.observe("reuse.result", value, &raw);
    reading.course("reuse.result", Course::ended(end).then(Stretch::Silence, at));
    value.clone_into(&mut reading.outcome);
    if let Some((age, cut)) = close {
        let packet = if cut == Cut::Fin { "FIN" } else { "RST" };
        let took = seconds(age);
        let (en, zh) = (
            format!("the server closes a kept connection after {took} s ({packet})"),
            format!("服务端在 {took} 秒后关闭保持的连接（{packet}）"),
        );
        reading.findings.push(Finding::new(en, zh).raw(&raw));
        let rounded = (age.as_secs_f64() * 100.0).round() / 100.0;
        reading.observe("seconds", rounded, &raw);
    }
    compare_with_header(tries, close, &mut reading);
    reading
}

fn raw(value: &str, at: Duration, close: Option<(Duration, Cut)>, tries: &[Try]) -> String {
    let mut raw = format!("{value} at an age of {} s", seconds(at));
    if let Some((age, _)) = close {
        raw.extend([", closed by the server after ", &seconds(age), " s"]);
        if value == "lost" {
            raw.extend([" (window ", &seconds(age.saturating_sub(at)), " s)"]);
        }
    }
    if let Some(first) = tries.first() {
        for (name, text) in [
            ("server", &first.server),
            ("connection", &first.connection),
            ("keep-alive", &first.keep_alive),
        ] {
            if !text.is_empty() {
                raw.extend(["; ", name, ": ", text]);
            }
        }
    }
    raw
}

fn describe(tried: &Try, close: Option<(Duration, Cut)>) -> Finding {
    let age = seconds(tried.age);
    let before = close.map(|(close, _)| seconds(close.saturating_sub(tried.age)));
    let (en, zh) = match (&tried.fate, before) {
        (Fate::Lost(cut), before) => {
            let packet = if *cut == Cut::Rst { "RST" } else { "FIN" };
            let before = before.unwrap_or_default();
            if before.is_empty() {
                (
                    format!("a second request after {age} s was lost ({packet})"),
                    format!("{age} 秒后的第二个请求丢了（{packet}）"),
                )
            } else {
                (
                    format!("a second request {before} s before the close was lost ({packet})"),
                    format!("在关闭前 {before} 秒发出的第二个请求丢了（{packet}）"),
                )
            }
        }
        (Fate::Silent(true), _) => (
            format!("a second request after {age} s arrived, but was not answered"),
            format!("{age} 秒后的第二个请求已送达，但没有响应"),
        ),
        (Fate::Silent(false), _) => (
            format!("a second request after {age} s never arrived"),
            format!("{age} 秒后的第二个请求没有送达"),
        ),
        _ => (
            format!("a second request after {age} s was answered"),
            format!("{age} 秒后的第二个请求有响应"),
        ),
    };
    Finding::new(en, zh)
}

/// Sets the header beside what was measured.
fn compare_with_header(tries: &[Try], close: Option<(Duration, Cut)>, reading: &mut Reading) {
    let said = tries.iter().find_map(|tried| announced(&tried.keep_alive));
    let Some(said) = said else {
        if let Some((age, _)) = close {
            let raw = format!("no Keep-Alive field; closed after {} s", seconds(age));
            reading.observe("reuse.announced", "none", &raw);
        }
        return;
    };
    let Some((age, _)) = close else { return };
    // What a server promises in whole seconds it may keep to within a tenth.
    let kept = age + Duration::from_millis(100) >= said;
    let raw = format!("Keep-Alive: timeout={}, closed after {} s", said.as_secs(), seconds(age));
    reading.observe("reuse.announced", if kept { "kept" } else { "shorter" }, &raw);
    let (en, zh) = if kept {
        ("the server keeps to the time it announces", "服务端遵守它宣布的保持时间")
    } else {
        (
            "the server closes sooner than it announces, so clients that trust the header lose requests",
            "服务端比它宣布的更早关闭，相信这个头的客户端会丢请求",
        )
    };
    reading.findings.push(Finding::new(en, zh).raw(raw));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(millis: u64, fate: Fate) -> Try {
        Try {
            age: Duration::from_millis(millis),
            fate,
            server: String::new(),
            connection: String::new(),
            keep_alive: "timeout=5, max=100".to_owned(),
        }
    }

    fn values(reading: &Reading) -> Vec<String> {
        let shown =
            |seen: &crate::evidence::Observation| format!("{}={}", seen.variable, seen.value);
        reading.observations.iter().map(shown).collect()
    }

    #[test]
    fn a_request_that_crosses_the_close_is_lost() {
        let tries = [
            tried(1000, Fate::Answered),
            tried(5000, Fate::Closed(Cut::Fin)),
            tried(4970, Fate::Lost(Cut::Rst)),
            tried(4900, Fate::Answered),
        ];
        let reading = interpret(&tries);
        assert_eq!(values(&reading), ["reuse.result=lost", "seconds=5", "reuse.announced=kept"]);
        let raw = reading.observations[0].raw.as_deref().unwrap();
        assert!(raw.contains("(window 0.0300 s)"), "{raw}");
    }

    #[test]
    fn a_close_that_comes_before_its_announced_time_is_called_so() {
        let tries = [tried(1000, Fate::Answered), tried(3000, Fate::Closed(Cut::Fin))];
        let wanted = ["reuse.result=closes_first", "seconds=3", "reuse.announced=shorter"];
        assert_eq!(values(&interpret(&tries)), wanted);
    }

    #[test]
    fn without_a_close_every_age_must_be_answered() {
        let tries = [tried(1000, Fate::Answered), tried(5000, Fate::Answered)];
        assert_eq!(values(&interpret(&tries)), ["reuse.result=answered"]);
        let tries = [tried(1000, Fate::Answered), tried(5000, Fate::Silent(false))];
        assert_eq!(values(&interpret(&tries)), ["reuse.result=silent"]);
        assert!(interpret(&[tried(0, Fate::Announced)]).not_visible.is_some());
        assert!(interpret(&[tried(10, Fate::Closed(Cut::Fin))]).not_visible.is_some());
        assert!(interpret(&[]).not_visible.is_some());
    }

    #[test]
    fn the_rounds_fit_their_account() {
        let all = plan(super::super::idle::MAX_IDLE).len() + refine(Duration::from_secs(5)).len();
        assert!(all as u64 <= super::super::meter::MAX_REUSES);
        assert_eq!(plan(Duration::ZERO), [Duration::from_secs(1)]);
        assert_eq!(refine(Duration::from_millis(50)).len(), 3);
    }

    #[test]
    fn the_field_is_read_in_any_spelling() {
        assert_eq!(announced("timeout=5, max=100"), Some(Duration::from_secs(5)));
        assert_eq!(announced("max=5; Timeout = 65"), Some(Duration::from_secs(65)));
        for none in ["", "timeout", "timeout=-1", "timeout=99999999999999", "max=3"] {
            assert_eq!(announced(none), None, "{none}");
        }
    }
}
