//! The repeat at the end: a server that limits its visitors, one that fails now and then, one that
//! always fails.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hangup::probe::Probe;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{Told, closed_port, probe, server};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
const MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n";
const GATEWAY: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";

/// Answers the first `most` requests with `first`, and the others with `then`.
async fn counting(most: usize, first: &'static [u8], then: &'static [u8]) -> SocketAddr {
    let requests = Arc::new(AtomicUsize::new(0));
    server(move |mut stream| {
        let requests = Arc::clone(&requests);
        async move {
            let mut buffer = [0; 2048];
            while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                let is_first = requests.fetch_add(1, Ordering::SeqCst) < most;
                let _ = stream.write_all(if is_first { first } else { then }).await;
            }
        }
    })
    .await
}

async fn told(address: SocketAddr, only: &[Probe]) -> Told {
    probe(&format!("http://{address}/"), only, 1).await
}

#[tokio::test]
async fn a_server_that_limits_us_is_told_from_one_that_fails() {
    let only = [Probe::Http, Probe::Canary];
    for (address, wanted) in [
        (counting(1, OK, MANY).await, "limited"),
        (counting(1, GATEWAY, OK).await, "changes"),
        (counting(0, OK, GATEWAY).await, "same"),
        (counting(9, OK, OK).await, "same"),
        (closed_port().await, "same"),
    ] {
        let told = told(address, &only).await;
        assert_eq!(told.value("canary.result").as_deref(), Some(wanted), "{:?}", told.0);
    }
}

#[tokio::test]
async fn after_a_burst_the_first_answer_is_asked_for_again() {
    let address = counting(6, OK, MANY).await;
    let told = told(address, &[Probe::Http, Probe::Burst]).await;
    assert_eq!(told.value("burst.result").as_deref(), Some("limit_said"), "{:?}", told.0);
    assert_eq!(told.value("canary.result").as_deref(), Some("limited"), "{:?}", told.0);
    assert!(told.has_finding("our own probes"), "{:?}", told.0);
}
