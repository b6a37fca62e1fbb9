//! Servers that misbehave. Every run must end within its limits and call the fault by its name.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use hangup::probe::{Probe, ProbeEvent, Roots};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{closed_port, probe, probe_trusting, reset, server};

async fn read_request(stream: &mut TcpStream) {
    let mut buffer = [0; 2048];
    let _ = stream.read(&mut buffer).await;
}

/// Answers each request with `bytes` and closes in order.
async fn canned(bytes: &'static [u8]) -> SocketAddr {
    server(move |mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(bytes).await;
    })
    .await
}

async fn http(address: SocketAddr) -> (Option<String>, Duration) {
    let start = Instant::now();
    let told = probe(&format!("http://{address}/"), &[Probe::Http], 1).await;
    (told.value("http.result"), start.elapsed())
}

#[tokio::test]
async fn each_way_of_not_answering_has_its_name() {
    let early_fin = server(|mut stream| async move {
        let _ = stream.shutdown().await;
        // A close with our request unread would be a RST.
        tokio::time::sleep(Duration::from_millis(500)).await;
    })
    .await;
    assert_eq!(http(early_fin).await.0.as_deref(), Some("closed_empty"));
    let late_fin = canned(b"").await;
    assert_eq!(http(late_fin).await.0.as_deref(), Some("closed_empty"));
    let rst = server(|mut stream| async move {
        read_request(&mut stream).await;
        reset(&stream);
    })
    .await;
    assert_eq!(http(rst).await.0.as_deref(), Some("reset"));
    let cut = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf").await;
    assert_eq!(http(cut).await.0.as_deref(), Some("truncated"));
    let chunk = canned(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe").await;
    assert_eq!(http(chunk).await.0.as_deref(), Some("truncated"));
    let until_close = canned(b"HTTP/1.1 200 OK\r\n\r\nhello").await;
    assert_eq!(http(until_close).await.0.as_deref(), Some("ok"));
    let other = canned(b"220 mail.example.com ESMTP\r\n").await;
    assert_eq!(http(other).await.0.as_deref(), Some("not_http"));
}

#[tokio::test]
async fn a_refused_port_hides_what_is_above_it() {
    let address = closed_port().await;
    let told = probe(&format!("http://{address}/"), &[], 1).await;
    assert_eq!(told.value("tcp.result").as_deref(), Some("refused"));
    assert!(told.is_hidden(Probe::Http) && told.is_hidden(Probe::Idle));
    assert!(told.value("http.result").is_none());
}

#[tokio::test]
async fn endless_and_slow_answers_end_at_the_limits() {
    let mute = server(|mut stream| async move {
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_mins(1)).await;
    })
    .await;
    let header = server(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").await.is_ok() {
        }
    })
    .await;
    let body = server(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let drip = server(|mut stream| async move {
        read_request(&mut stream).await;
        let text = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 5\r\n\r\n";
        for byte in text {
            let _ = stream.write_all(&[*byte]).await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let informational = server(|mut stream| async move {
        read_request(&mut stream).await;
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await.is_ok() {}
    })
    .await;
    let (mute, header, body, drip, storm) =
        tokio::join!(http(mute), http(header), http(body), http(drip), http(informational));
    let limit = Duration::from_millis(15_250);
    for (name, result) in
        [("mute", &mute), ("header", &header), ("body", &body), ("drip", &drip), ("1xx", &storm)]
    {
        assert!(result.1 < limit, "{name} took {:?}", result.1);
    }
    assert_eq!(mute.0.as_deref(), Some("timeout"));
    assert_eq!(drip.0.as_deref(), Some("timeout"));
    assert_eq!(body.0.as_deref(), Some("ok"));
    assert_eq!(header.0, None);
    // Eight interim answers are borne, then it is said that they do not end.
    assert_eq!(storm.0, None);
    assert!(storm.1 < Duration::from_secs(10), "{:?}", storm.1);
}

#[tokio::test]
async fn eight_interim_answers_are_passed_over_and_no_more() {
    let answering = |count: usize| {
        server(move |mut stream| async move {
            read_request(&mut stream).await;
            for _ in 0..count {
                let _ = stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await;
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        })
    };
    assert_eq!(http(answering(8).await).await.0.as_deref(), Some("ok"));
    assert_eq!(http(answering(9).await).await.0, None);
}

#[tokio::test]
async fn a_compressed_bomb_is_read_as_it_is_and_no_further() {
    let bomb = server(|mut stream| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10485760\r\n\r\n";
        let _ = stream.write_all(head).await;
        let _ = stream.write_all(&vec![0x1f; 10 * 1024 * 1024]).await;
    })
    .await;
    let (result, took) = http(bomb).await;
    assert_eq!(result.as_deref(), Some("ok"));
    assert!(took < Duration::from_secs(3));
}

pub(crate) fn server_config(cert: CertificateDer<'static>, key: &KeyPair) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .unwrap();
    Arc::new(config)
}

/// A TLS server on loopback; it answers one request after the handshake.
async fn tls_server(names: &[&str], expired: bool) -> (SocketAddr, CertificateDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    if expired {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 1, 1);
    }
    let cert = params.self_signed(&key).unwrap().der().clone();
    let acceptor = tokio_rustls::TlsAcceptor::from(server_config(cert.clone(), &key));
    let address = server(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut buffer = [0; 2048];
            let _ = stream.read(&mut buffer).await;
            let answer = b"HTTP/1.1 200 OK\r\nServer: envoy\r\nContent-Length: 2\r\n\r\nok";
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (address, cert)
}

#[tokio::test]
async fn certificates_are_judged_as_a_strict_client_would() {
    let tls = [Probe::Tls, Probe::Http];
    let (address, cert) = tls_server(&["localhost"], false).await;
    let url = |address: SocketAddr| format!("https://localhost:{}/", address.port());
    let good = probe_trusting(&url(address), &tls, Roots::new(&[cert])).await;
    assert_eq!(good.value("tls.result").as_deref(), Some("ok"), "{:?}", good.0);
    assert_eq!(good.value("http.result").as_deref(), Some("ok"));
    assert_eq!(good.components(), ["envoy"]);
    let untrusted = probe_trusting(&url(address), &tls, Roots::new(&[])).await;
    assert_eq!(untrusted.value("tls.result").as_deref(), Some("cert_untrusted"));
    let (address, cert) = tls_server(&["other.example.com"], false).await;
    let name = probe_trusting(&url(address), &tls, Roots::new(&[cert])).await;
    assert_eq!(name.value("tls.result").as_deref(), Some("cert_name"));
    let (address, cert) = tls_server(&["localhost"], true).await;
    let expired = probe_trusting(&url(address), &tls, Roots::new(&[cert])).await;
    assert_eq!(expired.value("tls.result").as_deref(), Some("cert_expired"));
    let raw = expired.observation("tls.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("not after") && raw.contains("2020"), "{raw}");
}

#[tokio::test]
async fn broken_handshakes_are_told_apart() {
    let plain = canned(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let fin = canned(b"").await;
    let rst = server(|mut stream| async move {
        read_request(&mut stream).await;
        reset(&stream);
    })
    .await;
    let alert = canned(&[21, 3, 3, 0, 2, 2, 40]).await;
    let mute = server(|stream| async move {
        tokio::time::sleep(Duration::from_mins(1)).await;
        drop(stream);
    })
    .await;
    for (address, wanted) in
        [(plain, "not_tls"), (fin, "cut"), (rst, "cut"), (alert, "alert"), (mute, "timeout")]
    {
        let start = Instant::now();
        let told = probe(&format!("https://{address}/"), &[], 1).await;
        assert_eq!(told.value("tls.result").as_deref(), Some(wanted));
        assert!(told.is_hidden(Probe::Http), "{wanted}");
        assert!(start.elapsed() < Duration::from_millis(10_500), "{wanted}");
    }
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_seen() {
    let (address, _) = tls_server(&["localhost"], false).await;
    let told = probe(&format!("http://{address}/"), &[Probe::Http], 1).await;
    assert!(
        matches!(told.value("http.result").as_deref(), Some("not_http" | "closed_empty")),
        "{:?}",
        told.0
    );
}

/// Keeps alive, and resets a connection that was quiet for `seconds`.
async fn idle_server(quiet: Duration, by_rst: bool) -> SocketAddr {
    server(move |mut stream| async move {
        loop {
            let mut buffer = [0; 2048];
            match tokio::time::timeout(quiet, stream.read(&mut buffer)).await {
                Ok(Ok(read)) if read > 0 => {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
                }
                Ok(_) => return,
                Err(_) => {
                    if by_rst {
                        reset(&stream);
                    }
                    return;
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_rst_after_silence_is_measured_like_a_fin() {
    let address = idle_server(Duration::from_millis(2500), true).await;
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 8).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("rst"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((2.3..=2.8).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_write_that_is_reset_after_silence_is_bracketed() {
    // Like a NAT that forgot: nothing is said during the silence, the next request meets a RST.
    let address = server(|mut stream| async move {
        let mut last: Option<Instant> = None;
        loop {
            read_request(&mut stream).await;
            if last.is_some_and(|last| last.elapsed() > Duration::from_secs(3)) {
                reset(&stream);
                return;
            }
            last = Some(Instant::now());
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.is_err() {
                return;
            }
        }
    })
    .await;
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 5).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("rst"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((3.0..=4.1).contains(&seconds), "{seconds}");
    assert_eq!(told.value("idle.keepalive").as_deref(), Some("no"));
}

/// Drops everything that comes in from now on, like a firewall that forgot the connection: the
/// kernel does not even acknowledge it.
fn go_deaf(stream: &TcpStream) {
    // Classic BPF, BPF_RET | BPF_K: keep 0 bytes.
    let nothing = socket2::SockFilter::new(0x06, 0, 0, 0);
    socket2::SockRef::from(stream).attach_filter(&[nothing]).unwrap();
}

#[tokio::test]
async fn a_state_that_is_forgotten_silently_shows_only_by_a_late_write() {
    let address = server(|mut stream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut buffer = [0; 2048];
        let second = tokio::time::timeout(Duration::from_secs(3), stream.read(&mut buffer)).await;
        if second.is_err() {
            go_deaf(&stream);
            tokio::time::sleep(Duration::from_mins(1)).await;
        } else {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        }
    })
    .await;
    let told = probe(&format!("http://{address}/"), &[Probe::Idle], 5).await;
    assert_eq!(told.value("idle.end").as_deref(), Some("silent"), "{:?}", told.0);
    let seconds = told.observation("seconds").unwrap().value.number().unwrap();
    assert!((3.0..=4.1).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn a_port_that_closes_or_resets_without_a_word() {
    let fin = server(|stream| async move { drop(stream) }).await;
    let told = probe(&fin.to_string(), &[Probe::Banner], 1).await;
    assert_eq!(told.value("banner.result").as_deref(), Some("closed"));
    let rst = server(|stream| async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        reset(&stream);
    })
    .await;
    let told = probe(&rst.to_string(), &[Probe::Banner], 1).await;
    assert_eq!(told.value("banner.result").as_deref(), Some("reset"));
}

#[tokio::test]
async fn a_run_stops_when_it_is_cancelled_or_nobody_listens() {
    use crate::support::{loopback, plan};
    use hangup::probe::{
        Gate,
        budget::{Budgets, Limits},
        resolve::DnsClient,
        run,
    };
    let address = idle_server(Duration::from_mins(1), false).await;
    let budgets = Budgets::new(Limits::default());
    let gate = Gate::new(Arc::new(loopback()), Arc::new(DnsClient::new(Vec::new())));
    let target = format!("http://{address}/");
    let start = |gate: Gate| {
        let plan = plan(&target, &[Probe::Idle], 60);
        let ticket = budgets.admit([192, 0, 2, 1].into(), &plan.target).unwrap();
        run(plan, gate, Some(ticket))
    };
    let mut cancelled = start(gate.clone());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(budgets.running(), (1, 1));
    cancelled.cancel.cancel();
    let mut last = None;
    while let Some(event) = cancelled.events.recv().await {
        last = Some(event);
    }
    assert!(matches!(last, Some(ProbeEvent::Done { cancelled: true, .. })));
    let dropped = start(gate);
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(dropped);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(budgets.running(), (0, 0));
}
