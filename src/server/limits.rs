//! How much one request may ask for: bytes, time, and a place among the others.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{client::client_address, problem::Problem, state::AppState};
use crate::knowledge::Text;

/// How long a request may take from its head to the head of its answer, its body included.
/// judgement: 16 MiB at 5 Mbit/s take 27 s.
const REQUEST_WAIT: Duration = Duration::from_secs(30);

/// The sentence for a pasted text beyond `limits.paste_bytes`; the page shows it above the text.
///
/// `Ok` where `text` is small enough.
pub fn check_paste(text: &str, paste_bytes: usize) -> Result<(), Text> {
    if text.len() <= paste_bytes {
        return Ok(());
    }
    let (is, most) = (kib(text.len()), kib(paste_bytes));
    Err(Text {
        en: format!(
            "The text is {is} KiB; up to {most} KiB can be read. Keep the lines around the first error and send it again."
        ),
        zh: format!("文本为 {is} KiB，最多可读取 {most} KiB。请保留首个错误前后的几行后重新提交。"),
    })
}

fn kib(bytes: usize) -> usize {
    bytes.div_ceil(1024)
}

/// The problem for a request body beyond `limits.body_bytes`.
pub(super) fn too_large(most: usize) -> Problem {
    let most = kib(most);
    Problem::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too-large",
        format!("The request is too large: at most {most} KiB are read."),
        format!("请求过大：最多读取 {most} KiB。"),
    )
}

/// What says how the server is: it must be heard where all places are taken.
const ALWAYS: [&str; 2] = ["/healthz", "/readyz"];

/// Bounds the body, the time and the number of requests.
pub(super) async fn bound(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let work = async {
        let (head, body) = request.into_parts();
        if ALWAYS.contains(&head.uri.path()) {
            return Ok(next.run(Request::from_parts(head, Body::empty())).await);
        }
        let most = state.config.limits.body_bytes;
        let client = client_address(&head.extensions, &head.headers, &state.config.proxy.trusted);
        let length = head.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > most as u64) {
            state.bodies.drain(client, body, most).await;
            return Err(too_large(most));
        }
        let (body, _hold) = if body.is_end_stream() {
            (Body::empty(), None)
        } else {
            let (read, hold) = state.bodies.read(client, body, most).await?;
            (Body::from(read), Some(hold))
        };
        let _place = state.places.enter(client).await.ok_or_else(busy)?;
        Ok(next.run(Request::from_parts(head, body)).await)
    };
    let answer = tokio::time::timeout(REQUEST_WAIT, work).await.unwrap_or_else(|_| Err(too_slow()));
    answer.into_response()
}

/// The problem of a server with too much to do.
pub(super) fn busy() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "The server has too much to do right now. Try again in a few seconds.",
        "服务器当前过于繁忙，请几秒后重试。",
    )
    .retry_after(Duration::from_secs(3))
}

pub(super) fn too_slow() -> Problem {
    Problem::new(
        StatusCode::REQUEST_TIMEOUT,
        "too-slow",
        "The request came too slowly or took longer than 30 seconds, and was given up.",
        "请求发送过慢或超过 30 秒，已放弃。",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paste_is_measured_in_bytes_and_the_sentence_says_so() {
        assert!(check_paste(&"错".repeat(341), 1024).is_ok());
        let said = check_paste(&"错".repeat(1000), 1024).unwrap_err();
        assert!(said.en.contains("3 KiB; up to 1 KiB") && said.zh.contains("1 KiB"), "{said:?}");
    }
}
