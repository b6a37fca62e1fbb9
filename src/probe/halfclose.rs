//! The `halfclose` probe: says *no more from me* right after the request, and sees whether the answer
//! still comes.
//!
//! TCP allows it (RFC 9293 §3.6), old scripts and some health checks do it, and `nc -N`. Proxies and
//! runtimes differ: some take the FIN for a client that has left and drop the request, as Node.js 20
//! does unless `httpAllowHalfOpen` is set (measured 2026-11-28).

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::{io::AsyncWriteExt, time::timeout};

use super::{
    event::{Finding, Reading, seconds},
    permit::{Account, Permit, Shape},
    talk::{self, Cut},
    target::Scheme,
};

/// How long the answer may take, with or without the FIN.
const ANSWER: Duration = Duration::from_secs(8);

/// How one request went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Answered: the first line.
    Answered(String),
    /// Ended without an answer.
    Cut(Cut),
    /// No answer in time.
    Silent,
    /// The connection could not be set up, or what came was not HTTP.
    Failed(String),
}

/// The same request twice: as usual, then with our FIN right behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) usual: Ending,
    pub(super) half: Ending,
    pub(super) elapsed: Duration,
    /// Whether TLS said goodbye before the FIN, as it must (RFC 8446 §6.1).
    pub(super) tls: bool,
}

/// Asks twice, one after the other.
pub(super) async fn send(permit: &Permit, ip: IpAddr, scheme: Scheme) -> Pair {
    let usual = ask(permit, ip, scheme, false).await;
    let start = Instant::now();
    let half = match usual {
        Ending::Answered(_) => ask(permit, ip, scheme, true).await,
        _ => Ending::Failed("not tried".to_owned()),
    };
    Pair { usual, half, elapsed: start.elapsed(), tls: scheme == Scheme::Https }
}

async fn ask(permit: &Permit, ip: IpAddr, scheme: Scheme, half: bool) -> Ending {
    let request = talk::head_request(permit, scheme);
    let asking = async {
        let mut stream = talk::open(permit, ip, scheme, Account::Extra, Shape::default()).await?;
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        if half {
            stream.shutdown().await?;
        }
        io::Result::Ok(talk::read_head(&mut *stream).await)
    };
    match timeout(ANSWER, asking).await {
        Err(_) => Ending::Silent,
        // What fails before the request was sent says nothing about it.
        Ok(Err(error)) => Ending::Failed(error.to_string()),
        Ok(Ok(Ok(head))) if head.status.is_some() => Ending::Answered(head.first_line().to_owned()),
        Ok(Ok(Ok(head))) => Ending::Failed(format!("not HTTP: {}", head.first_line())),
        Ok(Ok(Err(error))) => match Cut::of(&error) {
            Cut::Other => Ending::Failed(error.to_string()),
            cut => Ending::Cut(cut),
        },
    }
}

/// Reads meaning into the pair. Pure.
pub(super) fn interpret(pair: &Pair) -> Reading {
    if !matches!(pair.usual, Ending::Answered(_)) {
        return Reading::not_visible(
            "the request is not answered in the usual way either",
            "正常发送的请求也没有响应",
        );
    }
    let took = seconds(pair.elapsed);
    let how = if pair.tls { "close_notify and FIN" } else { "FIN" };
    let (value, en, zh, end) = match &pair.half {
        Ending::Answered(line) => (
            "answers",
            "the server still answers after our side has closed",
            "我方先关闭发送后，服务端仍然响应",
            line.clone(),
        ),
        Ending::Cut(Cut::Rst) => (
            "resets",
            "our early close is answered by a reset, and the answer is lost",
            "我方先关闭发送，服务端以 RST 回应，响应丢失",
            "RST".to_owned(),
        ),
        Ending::Cut(_) => (
            "drops",
            "our early close is taken for leaving: the request is dropped without an answer",
            "我方先关闭发送，被当成已离开：请求被丢弃，没有响应",
            "FIN, 0 bytes".to_owned(),
        ),
        Ending::Silent => (
            "silent",
            "after our early close neither an answer nor an end comes",
            "我方先关闭发送后，既没有响应也没有关闭",
            "nothing".to_owned(),
        ),
        Ending::Failed(_) => {
            return Reading::not_visible("no connection for it", "没有可用的连接");
        }
    };
    let raw = format!("HEAD, then {how}: {end} after {took} s; without them it is answered");
    let mut reading = Reading::default();
    reading.observe("halfclose.result", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(raw));
    value.clone_into(&mut reading.outcome);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_answers_as_usual_can_be_compared() {
        let pair = |usual, half| Pair { usual, half, elapsed: Duration::ZERO, tls: false };
        let ok = || Ending::Answered("HTTP/1.1 200 OK".to_owned());
        for (half, wanted) in [
            (ok(), "answers"),
            (Ending::Cut(Cut::Rst), "resets"),
            (Ending::Cut(Cut::Fin), "drops"),
            (Ending::Silent, "silent"),
        ] {
            let reading = interpret(&pair(ok(), half));
            assert_eq!(reading.observations[0].value.word(), Some(wanted));
        }
        assert!(interpret(&pair(Ending::Silent, ok())).not_visible.is_some());
        assert!(interpret(&pair(ok(), Ending::Failed(String::new()))).not_visible.is_some());
    }
}
