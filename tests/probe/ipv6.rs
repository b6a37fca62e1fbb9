//! The probes that run only where they are asked for, over IPv6.

use std::net::{Ipv6Addr, SocketAddr};

use hangup::probe::Probe;
use tokio::io::AsyncReadExt;

use crate::support::{probe, reset, serve_at};

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
