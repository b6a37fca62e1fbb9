//! The probes that run only where they are asked for, against servers that never end: each must end
//! by itself within its limits, and read no more than it may. And the same over IPv6.

use std::{
    net::{Ipv6Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures::future::join_all;
use hangup::probe::Probe;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

use crate::support::{probe, reset, serve_at, server};

const ASKED: [Probe; 8] = [
    Probe::Reuse,
    Probe::Websocket,
    Probe::Halfclose,
    Probe::Http2,
    Probe::Burst,
    Probe::Mtu,
    Probe::Reset,
    Probe::Canary,
];

/// What a server does for ever.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Mute,
    EndlessHead,
    EndlessBody,
    Drip,
    Noise,
    Interim,
}

/// Misbehaves on every connection; counts the bytes that a client took.
async fn endless(manner: Manner, taken: Arc<AtomicUsize>) -> SocketAddr {
    server(move |mut stream| {
        let taken = Arc::clone(&taken);
        async move {
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer).await;
            let (first, again): (&[u8], &[u8]) = match manner {
                Manner::Mute => (b"", b""),
                Manner::EndlessHead => {
                    (b"HTTP/1.1 200 OK\r\n", b"X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n")
                }
                Manner::EndlessBody => (b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 4096]),
                Manner::Drip => (b"H", b""),
                Manner::Noise => (b"\x81\xff\0\0\x04", &[0xf7; 1000]),
                Manner::Interim => (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
            };
            let _ = stream.write_all(first).await;
            if again.is_empty() {
                sleep(Duration::from_mins(2)).await;
            }
            while let Ok(written) = stream.write(again).await {
                taken.fetch_add(written, Ordering::Relaxed);
            }
        }
    })
    .await
}

#[tokio::test]
async fn no_server_keeps_a_probe_beyond_its_limits() {
    let manners = [
        Manner::Mute,
        Manner::EndlessHead,
        Manner::EndlessBody,
        Manner::Drip,
        Manner::Noise,
        Manner::Interim,
    ];
    let runs = manners.into_iter().flat_map(|manner| ASKED.map(|asked| (manner, asked)));
    let run = |(manner, asked)| async move {
        let taken = Arc::new(AtomicUsize::new(0));
        let address = endless(manner, Arc::clone(&taken)).await;
        let start = Instant::now();
        let told = probe(&format!("http://{address}/"), &[asked], 1).await;
        let taken = taken.load(Ordering::Relaxed);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(35), "{asked:?} {manner:?} took {took:?}");
        // Beyond the mebibyte that was read, as much as sockets hold.
        assert!(taken < 12 * 4 * 1024 * 1024 + 1024 * 1024, "{asked:?} {manner:?}: {taken}");
        let done = told.0.last();
        assert!(
            matches!(done, Some(hangup::probe::ProbeEvent::Done { cancelled: false, .. })),
            "{asked:?} {manner:?}: {:?}",
            told.0
        );
    };
    join_all(runs.map(run)).await;
}

#[tokio::test]
async fn distance_and_way_are_measured_over_ipv6_too() {
    let serve = |mut stream: tokio::net::TcpStream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        reset(&stream);
    };
    let address = serve_at(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)), serve).await;
    let told = probe(&format!("http://{address}/"), &[Probe::Reset, Probe::Path], 1).await;
    assert_eq!(told.value("reset.origin").as_deref(), Some("same"), "{:?}", told.0);
    assert_eq!(told.value("request.arrival").as_deref(), Some("acked"), "{:?}", told.0);
    assert_eq!(told.value("path.result").as_deref(), Some("reaches"), "{:?}", told.0);
}
