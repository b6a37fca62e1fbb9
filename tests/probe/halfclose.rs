//! Servers that answer a client which has closed its side, and servers that take it for gone.

use std::time::Duration;

use hangup::probe::Probe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};

use crate::support::{Told, node, probe, reset, server};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

async fn told(address: std::net::SocketAddr) -> Told {
    probe(&format!("http://{address}/"), &[Probe::Halfclose], 1).await
}

#[tokio::test]
async fn node_takes_our_fin_for_leaving_unless_it_is_told_otherwise() {
    let slow = "s = require('http').createServer((q, s) => setTimeout(() => s.end('ok'), 300))";
    for (setting, wanted) in [("false", "drops"), ("true", "answers")] {
        let script = format!("{slow}; s.httpAllowHalfOpen = {setting}");
        let Some((_node, address)) = node(&script).await else { return };
        let told = told(address).await;
        assert_eq!(told.value("halfclose.result").as_deref(), Some(wanted), "{:?}", told.0);
    }
}

/// Thinks for a moment; a FIN meanwhile makes it drop the request, by a RST if `by_rst`.
async fn dropping(by_rst: bool) -> Told {
    let address = server(move |mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        if timeout(Duration::from_millis(200), stream.read(&mut buffer)).await.is_ok() {
            if by_rst {
                reset(&stream);
            }
            return;
        }
        let _ = stream.write_all(OK).await;
    })
    .await;
    told(address).await
}

#[tokio::test]
async fn a_server_that_takes_our_fin_for_leaving_is_told_from_one_that_resets() {
    let drops = dropping(false).await;
    assert_eq!(drops.value("halfclose.result").as_deref(), Some("drops"), "{:?}", drops.0);
    let resets = dropping(true).await;
    assert_eq!(resets.value("halfclose.result").as_deref(), Some("resets"), "{:?}", resets.0);
}

#[tokio::test]
async fn without_an_answer_as_usual_nothing_is_said() {
    let mute = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        sleep(Duration::from_mins(1)).await;
    })
    .await;
    let told = told(mute).await;
    assert!(told.is_hidden(Probe::Halfclose), "{:?}", told.0);
}
