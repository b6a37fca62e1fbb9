//! The client for the operator's own receivers: one request, no redirect, a bounded answer.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Collected, Full, Limited};
use hyper::{Method, Request, StatusCode, header};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client as Pool, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::Value;

use super::{ReceiverKind, message::Outgoing};

/// How long one try may take. judgement: chat services answer within a second or two.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, bytes.
const MOST_READ: usize = 64 * 1024;

/// How much of an answer the log keeps, characters.
const MOST_KEPT: usize = 200;

/// What became of one try.
#[derive(Debug)]
pub(super) enum Answer {
    /// Taken.
    Taken { said: String },
    /// Not now; `after` where the receiver says when.
    Later { after: Option<Duration>, said: String },
    /// Not like this; asking again would not help.
    Refused { said: String },
    /// Nobody answered.
    Failed { said: String },
}

impl Answer {
    pub(super) fn in_words(&self) -> String {
        let (Self::Taken { said }
        | Self::Later { said, .. }
        | Self::Refused { said }
        | Self::Failed { said }) = self;
        said.clone()
    }
}

pub(super) struct Client {
    /// Or why there can be none: this build speaks no version of TLS.
    pool: Result<Pool<HttpsConnector<HttpConnector>, Full<Bytes>>, String>,
}

impl Client {
    pub(super) fn new() -> Self {
        let provider = rustls::crypto::ring::default_provider();
        let pool = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(provider)
            .map(|builder| {
                let connector = builder.https_or_http().enable_http1().build();
                // Notices are rare: an idle connection would only be one more that somebody hangs up.
                Pool::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector)
            })
            .map_err(|error| error.to_string());
        Self { pool }
    }

    /// Sends `outgoing` and reads the answer as a receiver of `kind` means it.
    pub(super) async fn send(&self, outgoing: Outgoing, kind: ReceiverKind) -> Answer {
        let work = async {
            let mut request = Request::builder()
                .method(Method::POST)
                .uri(outgoing.url.as_str())
                .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
                .header(header::USER_AGENT, concat!("Hangup/", env!("CARGO_PKG_VERSION")));
            for (name, value) in outgoing.headers {
                request = request.header(name, value);
            }
            let request = request
                .body(Full::new(Bytes::from(outgoing.body)))
                .map_err(|error| error.to_string())?;
            let pool = self.pool.as_ref().map_err(Clone::clone)?;
            let answer = pool.request(request).await.map_err(|error| reason(&error))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, MOST_READ).collect().await;
            let body = body.map(Collected::to_bytes).unwrap_or_default();
            Ok::<_, String>((head, body))
        };
        match tokio::time::timeout(PATIENCE, work).await {
            Err(_) => Answer::Failed { said: format!("no answer within {} s", PATIENCE.as_secs()) },
            Ok(Err(said)) => Answer::Failed { said },
            Ok(Ok((head, body))) => {
                let after = head.headers.get(header::RETRY_AFTER);
                let after = after.and_then(|after| after.to_str().ok()?.trim().parse().ok());
                read(head.status, after.map(Duration::from_secs), &body, kind)
            }
        }
    }
}

/// The innermost cause, which names what failed; the address is left out.
fn reason(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The chats of DingTalk, Feishu and WeCom answer 200 whatever happened, and say it in the body.
fn read(status: StatusCode, after: Option<Duration>, body: &[u8], kind: ReceiverKind) -> Answer {
    let text: String = String::from_utf8_lossy(body)
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MOST_KEPT)
        .collect();
    let said = format!("{} {}", status.as_u16(), text.trim()).trim().to_owned();
    let is_busy = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    if status.is_server_error() || is_busy {
        return Answer::Later { after, said };
    }
    if !status.is_success() {
        return Answer::Refused { said };
    }
    let field = match kind {
        ReceiverKind::Dingtalk | ReceiverKind::Wecom => "errcode",
        ReceiverKind::Feishu => "code",
        ReceiverKind::Generic | ReceiverKind::Slack | ReceiverKind::Teams => {
            return Answer::Taken { said };
        }
    };
    let code =
        serde_json::from_slice::<Value>(body).ok().and_then(|body| body.get(field)?.as_i64());
    match code {
        Some(0) => Answer::Taken { said },
        // Too many messages: DingTalk 130101 and 410100, WeCom 45009, Feishu 9499 and 11232; -1 is
        // WeCom's and DingTalk's "busy". Their lists of error codes, read second-hand 2026-11: unsure.
        Some(-1 | 130_101 | 410_100 | 45_009 | 9_499 | 11_232) => {
            Answer::Later { after: after.or(Some(Duration::from_mins(1))), said }
        }
        _ => Answer::Refused { said },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_200_is_not_yet_a_yes() {
        let ok = StatusCode::OK;
        let read = |body: &str, kind| read(ok, None, body.as_bytes(), kind);
        assert!(matches!(read("ok", ReceiverKind::Slack), Answer::Taken { .. }));
        assert!(matches!(read("{\"errcode\":0}", ReceiverKind::Dingtalk), Answer::Taken { .. }));
        let refused =
            read("{\"errcode\":310000,\"errmsg\":\"sign not match\"}", ReceiverKind::Dingtalk);
        assert!(matches!(refused, Answer::Refused { .. }));
        assert!(matches!(read("{\"code\":19021}", ReceiverKind::Feishu), Answer::Refused { .. }));
        assert!(matches!(read("{\"code\":0}", ReceiverKind::Feishu), Answer::Taken { .. }));
        assert!(matches!(read("<html>", ReceiverKind::Wecom), Answer::Refused { .. }));
        assert!(matches!(read("{\"errcode\":45009}", ReceiverKind::Wecom), Answer::Later { .. }));
    }

    #[test]
    fn a_full_receiver_is_asked_again_when_it_says() {
        let busy = StatusCode::TOO_MANY_REQUESTS;
        let answer = read(busy, Some(Duration::from_secs(7)), b"", ReceiverKind::Slack);
        let Answer::Later { after, .. } = answer else { panic!("{answer:?}") };
        assert_eq!(after, Some(Duration::from_secs(7)));
        let gone = read(StatusCode::GONE, None, b"", ReceiverKind::Slack);
        assert!(matches!(gone, Answer::Refused { .. }));
    }
}
