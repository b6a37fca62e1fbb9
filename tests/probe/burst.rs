//! Ten connections at once against servers that serve fewer.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hangup::probe::Probe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Semaphore,
    time::sleep,
};

use crate::support::{Told, node, probe, reset, server};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

async fn told(address: SocketAddr) -> Told {
    probe(&format!("http://{address}/"), &[Probe::Burst], 1).await
}

fn raw(told: &Told) -> String {
    told.observation("burst.result").unwrap().raw.clone().unwrap()
}

#[tokio::test]
async fn a_server_with_room_serves_all_ten() {
    let Some((_node, address)) =
        node("s = require('http').createServer((q, s) => s.end('ok'))").await
    else {
        return;
    };
    let told = told(address).await;
    assert_eq!(told.value("burst.result").as_deref(), Some("all_served"), "{:?}", told.0);
    assert!(raw(&told).starts_with("10 at once: 10 answered; 0 needed"), "{}", raw(&told));
}

#[tokio::test]
async fn node_s_cap_on_connections_cuts_the_rest() {
    let script = "s = require('http').createServer((q, s) => s.end('ok')); s.maxConnections = 4";
    let Some((_node, address)) = node(script).await else { return };
    let told = told(address).await;
    assert_eq!(told.value("burst.result").as_deref(), Some("some_cut"), "{:?}", told.0);
    assert!(raw(&told).contains("4 answered"), "{}", raw(&told));
}

/// Serves `most` at once, as long as each stays; the others get `word`, then a RST or FIN.
async fn capped(most: usize, word: &'static [u8], by_rst: bool) -> SocketAddr {
    let serving = Arc::new(AtomicUsize::new(0));
    server(move |mut stream| {
        let serving = Arc::clone(&serving);
        async move {
            let mut buffer = [0; 2048];
            let is_over = serving.fetch_add(1, Ordering::SeqCst) >= most;
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(if is_over { word } else { OK }).await;
            if is_over && by_rst {
                reset(&stream);
            }
            if !is_over {
                // Until the client hangs up.
                while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
            }
            serving.fetch_sub(1, Ordering::SeqCst);
        }
    })
    .await
}

#[tokio::test]
async fn a_limit_that_is_said_is_told_from_one_that_is_not() {
    let busy = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
    let said = told(capped(6, busy, false).await).await;
    assert_eq!(said.value("burst.result").as_deref(), Some("limit_said"), "{:?}", said.0);
    let cut = told(capped(6, b"", true).await).await;
    assert_eq!(cut.value("burst.result").as_deref(), Some("some_cut"), "{:?}", cut.0);
    assert!(raw(&cut).contains("reset"), "{}", raw(&cut));
}

#[tokio::test]
async fn a_server_without_room_for_one_has_no_limit_of_number() {
    let told = told(capped(0, b"", true).await).await;
    assert!(told.value("burst.result").is_none(), "{:?}", told.0);
    assert!(told.has_finding("the number is not what matters"));
}

#[tokio::test]
async fn too_few_workers_answer_in_turn() {
    let workers = Arc::new(Semaphore::new(2));
    let address = server(move |mut stream| {
        let workers = Arc::clone(&workers);
        async move {
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let _worker = workers.acquire().await;
            sleep(Duration::from_millis(300)).await;
            let _ = stream.write_all(OK).await;
        }
    })
    .await;
    let told = told(address).await;
    assert_eq!(told.value("burst.result").as_deref(), Some("all_served"), "{:?}", told.0);
    assert!(told.has_finding("in turn"), "{:?}", told.0);
}

#[tokio::test]
async fn a_full_accept_queue_lets_some_in_late_or_never() {
    // Nobody accepts: the kernel completes backlog + 1 handshakes and ignores the rest.
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(4).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let told = told(address).await;
    assert_eq!(told.value("burst.result").as_deref(), Some("some_not_let_in"), "{:?}", told.0);
    assert!(told.has_finding("not let in"), "{:?}", told.0);
    assert!(told.has_finding("never answered (acknowledged)"), "{:?}", told.0);
}
