//! What keeps an idle connection: nothing, TCP keepalive, or requests in between.

use std::time::{Duration, Instant};

use hangup::probe::Probe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

use crate::support::{node, probe, server};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn node_s_idle_timer_is_kept_off_by_requests_and_not_by_keepalive() {
    let script =
        "s = require('http').createServer((q, s) => s.end('ok')); s.keepAliveTimeout = 2000";
    let Some((_node, address)) = node(script).await else { return };
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 9).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("fin"), "{:?}", told.0);
    assert_eq!(told.value("idle.ping").as_deref(), Some("helps"), "{:?}", told.0);
    assert_eq!(told.value("idle.keepalive").as_deref(), Some("no"), "{:?}", told.0);
}

#[tokio::test]
async fn a_connection_that_ends_by_its_age_ends_in_spite_of_requests() {
    let address = server(|mut stream| async move {
        let serve = async {
            let mut buffer = [0; 2048];
            while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {
                let _ = stream.write_all(OK).await;
            }
        };
        let _ = timeout(Duration::from_secs(3), serve).await;
    })
    .await;
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 9).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("fin"), "{:?}", told.0);
    assert_eq!(told.value("idle.ping").as_deref(), Some("no"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((2.8..=3.4).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_silent_cut_off_is_narrowed_within_one_round() {
    // Forgets a connection after 11 s without a request: from then on it is deaf.
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        loop {
            let read = timeout(Duration::from_secs(11), stream.read(&mut buffer)).await;
            match read {
                Ok(Ok(read)) if read > 0 => {
                    let _ = stream.write_all(OK).await;
                }
                Ok(_) => return,
                Err(_) => break,
            }
        }
        let nothing = socket2::SockFilter::new(0x06, 0, 0, 0);
        socket2::SockRef::from(&stream).attach_filter(&[nothing]).unwrap();
        sleep(Duration::from_mins(1)).await;
    })
    .await;
    let start = Instant::now();
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 12).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("silent"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((10.0..=12.0).contains(&seconds), "{seconds}");
    assert_eq!(told.value("idle.ping").as_deref(), Some("helps"), "{:?}", told.0);
    assert_eq!(told.value("idle.keepalive").as_deref(), Some("no"), "{:?}", told.0);
    assert!(start.elapsed() < Duration::from_secs(25), "{:?}", start.elapsed());
}
