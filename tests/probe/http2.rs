//! HTTP/2 against real servers (hyper, Node.js), by ALPN and by prior knowledge, and against others.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hangup::probe::Probe;
use http_body_util::Empty;
use hyper::{Response, body::Bytes, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    support::{Told, node, probe, server},
    zoo::server_config,
};

async fn told(url: &str, silence: u64) -> Told {
    probe(url, &[Probe::Http2], silence).await
}

fn raw(told: &Told) -> String {
    told.observation("http2.result").unwrap().raw.clone().unwrap()
}

#[tokio::test]
async fn hyper_speaks_it_in_plain_text_and_answers_a_ping() {
    let address = server(|stream| async move {
        let answer = service_fn(|_| async {
            Ok::<_, std::convert::Infallible>(Response::new(Empty::<Bytes>::new()))
        });
        let builder = auto::Builder::new(TokioExecutor::new());
        let _ = builder.serve_connection(TokioIo::new(stream), answer).await;
    })
    .await;
    let told = told(&format!("http://{address}/"), 1).await;
    assert_eq!(told.value("http2.result").as_deref(), Some("open"), "{:?}", told.0);
    assert!(raw(&told).contains("one request answered; SETTINGS"), "{}", raw(&told));
    assert!(told.value("seconds").is_none());
}

#[tokio::test]
async fn node_says_goaway_with_a_code_and_the_last_stream() {
    for (code, wanted, part) in [
        (0, "goaway", "GOAWAY NO_ERROR (0), last stream 1"),
        (11, "goaway_error", "GOAWAY ENHANCE_YOUR_CALM (11), last stream 1"),
    ] {
        let script = format!(
            "s = require('http2').createServer((q, s) => s.end('ok')); s.on('session', x => setTimeout(() => x.destroyed || x.goaway({code}, 1, Buffer.from('calm')), 1200))"
        );
        let Some((_node, address)) = node(&script).await else { return };
        let told = told(&format!("http://{address}/"), 3).await;
        assert_eq!(told.value("http2.result").as_deref(), Some(wanted), "{:?}", told.0);
        assert!(raw(&told).contains(part) && raw(&told).contains("`calm`"), "{}", raw(&told));
        let seconds = told.observation("seconds").unwrap().value.number().unwrap();
        assert!((0.8..=1.6).contains(&seconds), "{seconds}");
    }
}

#[tokio::test]
async fn http_1_servers_are_told_from_http_2_ones() {
    let Some((_node, address)) = node("s = require('http').createServer((q, s) => s.end())").await
    else {
        return;
    };
    let told_node = told(&format!("http://{address}/"), 1).await;
    assert_eq!(told_node.value("http2.result").as_deref(), Some("not_h2"), "{:?}", told_node.0);
    assert!(raw(&told_node).contains("HTTP/1.1 400"), "{}", raw(&told_node));
    let mute = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
    })
    .await;
    let told_mute = told(&format!("http://{mute}/"), 1).await;
    assert_eq!(told_mute.value("http2.result").as_deref(), Some("not_h2"), "{:?}", told_mute.0);
}

/// Settles ALPN as `protocols` say, then speaks `says` and closes.
async fn tls(protocols: &[&[u8]], says: &'static [u8]) -> SocketAddr {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let cert = params.self_signed(&key).unwrap().der().clone();
    let mut config = Arc::unwrap_or_clone(server_config(cert, &key));
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    server(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let _ = stream.write_all(says).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
            let _ = stream.shutdown().await;
        }
    })
    .await
}

#[tokio::test]
async fn alpn_decides_over_tls_and_a_cut_without_goaway_is_seen() {
    let no = tls(&[b"http/1.1"], b"").await;
    let told_no = told(&format!("https://localhost:{}/", no.port()), 1).await;
    assert_eq!(told_no.value("http2.result").as_deref(), Some("not_h2"), "{:?}", told_no.0);
    assert!(raw(&told_no).contains("ALPN http/1.1"));
    // Empty SETTINGS, then the end.
    let cut = tls(&[b"h2"], &[0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    let told_cut = told(&format!("https://localhost:{}/", cut.port()), 1).await;
    assert_eq!(told_cut.value("http2.result").as_deref(), Some("cut"), "{:?}", told_cut.0);
}

#[tokio::test]
async fn a_flood_of_frames_ends_the_visit() {
    let address = server(|mut stream| async move {
        let settings = [0, 0, 0, 4, 0, 0, 0, 0, 0].repeat(100);
        while stream.write_all(&settings).await.is_ok() {}
    })
    .await;
    let start = std::time::Instant::now();
    let told = told(&format!("http://{address}/"), 5).await;
    assert_eq!(told.value("http2.result").as_deref(), Some("not_h2"), "{:?}", told.0);
    assert!(start.elapsed() < Duration::from_secs(5));
}
