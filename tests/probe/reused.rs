//! Kept connections used again: a timer that closes in order, and one that eats what crosses it.

use std::{net::SocketAddr, time::Duration};

use hangup::probe::{Probe, ProbeEvent};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

use crate::support::{node, probe, reset, server};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=3\r\n\r\n";

/// Closes a connection that was quiet for two seconds. `deaf` before that it stops reading, as a
/// busy event loop does whose timer has fired: what comes in then is answered by a RST.
async fn keeping(deaf: Duration) -> SocketAddr {
    server(move |mut stream| async move {
        let mut buffer = [0; 2048];
        let patience = Duration::from_secs(2).saturating_sub(deaf);
        while let Ok(Ok(read)) = timeout(patience, stream.read(&mut buffer)).await {
            if read == 0 || stream.write_all(OK).await.is_err() {
                return;
            }
        }
        sleep(deaf).await;
    })
    .await
}

#[tokio::test]
async fn a_request_that_crosses_the_close_is_lost_and_its_window_measured() {
    let address = keeping(Duration::from_millis(60)).await;
    let told = probe(&format!("http://{address}/"), &[Probe::Reuse], 4).await;
    assert_eq!(told.value("reuse.result").as_deref(), Some("lost"), "{:?}", told.0);
    let raw = told.observation("reuse.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("(window 0.0"), "{raw}");
    let closed = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((1.9..=2.3).contains(&closed), "{closed}");
    // It announced three seconds and closed after two.
    assert_eq!(told.value("reuse.announced").as_deref(), Some("shorter"));
    assert!(told.has_finding(" before the close was lost (RST)"), "{:?}", told.0);
}

#[tokio::test]
async fn node_closes_in_order_a_second_after_what_it_announces() {
    let script = "require('http').createServer((q, s) => s.end('ok'))";
    let Some((_node, address)) = node(&format!("s = {script}; s.keepAliveTimeout = 2000")).await
    else {
        return;
    };
    let told = probe(&format!("http://{address}/"), &[Probe::Reuse], 6).await;
    let result = told.value("reuse.result").unwrap();
    // Three milliseconds before the close a request may cross it even on loopback.
    assert!(result == "closes_first" || result == "lost", "{:?}", told.0);
    assert_eq!(told.value("reuse.announced").as_deref(), Some("kept"), "{:?}", told.0);
    let closed = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((1.9..=4.0).contains(&closed), "{closed}");
}

#[tokio::test]
async fn a_server_that_keeps_on_answers_at_every_age() {
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
            let _ = stream.write_all(OK).await;
        }
    })
    .await;
    let told = probe(&format!("http://{address}/"), &[Probe::Reuse], 2).await;
    assert_eq!(told.value("reuse.result").as_deref(), Some("answered"), "{:?}", told.0);
    assert!(told.value("seconds").is_none());
}

#[tokio::test]
async fn a_second_request_that_is_always_reset_needs_no_close() {
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(OK).await;
        let _ = stream.read(&mut buffer).await;
        reset(&stream);
    })
    .await;
    let told = probe(&format!("http://{address}/"), &[Probe::Reuse], 1).await;
    assert_eq!(told.value("reuse.result").as_deref(), Some("lost"), "{:?}", told.0);
    let quiet = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
    })
    .await;
    let told = probe(&format!("http://{quiet}/"), &[Probe::Reuse], 1).await;
    assert!(told.is_hidden(Probe::Reuse), "{:?}", told.0);
    let standing = probe(&format!("http://{quiet}/"), &[], 1).await;
    let began = |event: &ProbeEvent| matches!(event, ProbeEvent::Started { probe: Probe::Reuse });
    assert!(!standing.0.iter().any(began), "it runs only where it is asked for");
}
