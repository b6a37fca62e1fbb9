//! WebSocket servers, a real one among them, and what answers in their place.

use std::{net::SocketAddr, time::Duration};

use futures::{SinkExt, StreamExt};
use hangup::probe::Probe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};
use tokio_tungstenite::{
    accept_async,
    tungstenite::{Message, protocol::CloseFrame},
};

use crate::support::{Told, node, probe, reset, server};

async fn told(address: SocketAddr, silence: u64) -> Told {
    probe(&format!("http://{address}/ws"), &[Probe::Websocket], silence).await
}

/// A whole WebSocket server: talks, pings once, and closes with `code` after `after`.
async fn real(code: u16, after: Duration) -> SocketAddr {
    server(move |stream| async move {
        let Ok(mut socket) = accept_async(stream).await else { return };
        let _ = socket.send(Message::text("hello".repeat(100))).await;
        let _ = socket.send(Message::Ping(Vec::from(b"there?").into())).await;
        let echo = async { while let Some(Ok(_)) = socket.next().await {} };
        if timeout(after, echo).await.is_err() {
            let frame = CloseFrame { code: code.into(), reason: "shift over".into() };
            let _ = socket.close(Some(frame)).await;
            let _ = socket.next().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_real_server_is_upgraded_pinged_and_left_in_order() {
    let told = told(real(1000, Duration::from_mins(1)).await, 1).await;
    assert_eq!(told.value("websocket.result").as_deref(), Some("open"), "{:?}", told.0);
    let raw = told.observation("websocket.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("the server pinged 1 time(s)"), "{raw}");
    assert!(raw.contains("1000"), "it answers our close: {raw}");
    assert!(told.value("seconds").is_none());
}

#[tokio::test]
async fn a_close_code_is_read_and_its_time_measured() {
    let told = told(real(1012, Duration::from_secs(2)).await, 4).await;
    assert_eq!(told.value("websocket.result").as_deref(), Some("closed"), "{:?}", told.0);
    assert!(told.has_finding("1012, service restart"), "{:?}", told.0);
    let raw = told.observation("websocket.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("shift over"), "{raw}");
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((1.9..=2.4).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn what_is_not_101_is_read_plainly() {
    let Some((_node, address)) =
        node("s = require('http').createServer((q, s) => { s.writeHead(404); s.end() })").await
    else {
        return;
    };
    let plain = told(address, 1).await;
    // Nothing at this path: no evidence, since another path may be the right one.
    assert!(plain.value("websocket.result").is_none(), "{:?}", plain.0);
    assert!(plain.has_finding("answered 404, not 101"), "{:?}", plain.0);
    let dropped = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 426 Upgrade Required\r\n\r\n").await;
    })
    .await;
    let dropped = told(dropped, 1).await;
    assert_eq!(dropped.value("websocket.result").as_deref(), Some("refused"), "{:?}", dropped.0);
    // 101 from something that never saw the key.
    let cache = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let _ = stream.write_all(answer).await;
        sleep(Duration::from_secs(5)).await;
    })
    .await;
    let cache = told(cache, 1).await;
    assert!(cache.has_finding("without having read the request"), "{:?}", cache.0);
}

#[tokio::test]
async fn a_cut_and_an_endless_frame_are_bounded() {
    /// Shakes hands by Node's own hash, then sends what `then` says.
    async fn after_the_handshake(then: &str) -> Option<(crate::support::Program, SocketAddr)> {
        node(&format!(
            "s = require('http').createServer(); s.on('upgrade', (q, c) => {{ const a = require('crypto').createHash('sha1').update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64'); c.write('HTTP/1.1 101 x\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nSec-WebSocket-Accept: ' + a + '\\r\\n\\r\\n'); {then} }})"
        ))
        .await
    }
    let cut = "setTimeout(() => c.resetAndDestroy(), 1500)";
    let Some((_node, address)) = after_the_handshake(cut).await else { return };
    let told_cut = told(address, 4).await;
    assert_eq!(told_cut.value("websocket.result").as_deref(), Some("cut"), "{:?}", told_cut.0);
    let seconds = told_cut.observation("seconds").unwrap().value.number().unwrap();
    assert!((1.4..=1.9).contains(&seconds), "{seconds}");
    // A frame that announces 2^62 bytes: it is passed over, and the ping behind the silence fails.
    let endless = "c.write(Buffer.from([0x82, 127, 0x40, 0, 0, 0, 0, 0, 0, 0])); setInterval(() => c.write(Buffer.alloc(1000)), 100)";
    let Some((_node, address)) = after_the_handshake(endless).await else { return };
    let told_endless = told(address, 1).await;
    let result = told_endless.value("websocket.result");
    assert_eq!(result.as_deref(), Some("no_pong"), "{:?}", told_endless.0);
    let garbage = "c.write(Buffer.from([0x81, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))";
    let Some((_node, address)) = after_the_handshake(garbage).await else { return };
    let told_garbage = told(address, 1).await;
    assert!(told_garbage.has_finding("is not WebSocket"), "{:?}", told_garbage.0);
}

#[tokio::test]
async fn a_reset_instead_of_an_answer_has_no_seconds() {
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        reset(&stream);
    })
    .await;
    let told = told(address, 1).await;
    assert_eq!(told.value("websocket.result").as_deref(), Some("cut"), "{:?}", told.0);
    assert!(told.value("seconds").is_none());
}
