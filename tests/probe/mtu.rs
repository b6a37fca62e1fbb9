//! A link that is narrower than both ends believe, in network namespaces of our own; and servers on
//! loopback that stall or pass for other reasons.

use std::{sync::Arc, time::Duration};

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::netns::behind_a_router;
use crate::support::{in_namespaces, is_inside, node, plan, probe, reset, server, tell};

const LONG: &str = "s = require('http').createServer((q, s) => s.end('x'.repeat(20000)))";

#[tokio::test]
async fn what_passes_stalls_or_is_cut_on_loopback_is_no_black_hole() {
    if let Some((_node, address)) = node(LONG).await {
        let told = probe(&format!("http://{address}/"), &[Probe::Mtu], 1).await;
        assert_eq!(told.value("mtu.result").as_deref(), Some("passes"), "{:?}", told.0);
    }
    let cuts = server(|mut stream| async move {
        let mut buffer = [0; 1000];
        let _ = stream.read(&mut buffer).await;
        reset(&stream);
    })
    .await;
    let told = probe(&format!("http://{cuts}/"), &[Probe::Mtu], 1).await;
    assert!(told.is_hidden(Probe::Mtu), "{:?}", told.0);
    let mute = server(|mut stream| async move {
        let mut buffer = [0; 8000];
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
        let _ = stream.write_all(b"").await;
    })
    .await;
    let told = probe(&format!("http://{mute}/"), &[Probe::Mtu], 1).await;
    assert_eq!(told.value("mtu.result").as_deref(), Some("stalls"), "{:?}", told.0);
    let raw = told.observation("mtu.result").unwrap().raw.clone().unwrap();
    assert!(
        raw.contains("request acknowledged") && raw.contains("small: request acknowledged"),
        "{raw}"
    );
}

/// A router whose far link carries 1300 bytes. A rule of routing sends the router's own ICMP into a
/// black hole, as filters do that drop all ICMP.
const NARROW: &str = r"
within $router ip link set out0 mtu 1300
within $router ip route add blackhole default table 7
within $router ip rule add pref 10 iif lo ipproto icmp lookup 7
within $router ip rule del pref 0
within $router ip rule add pref 20 lookup local
";

#[test]
fn a_narrow_link_behind_silent_routers_is_named() {
    if is_inside(across_the_narrow_link()) {
        return;
    }
    if !std::path::Path::new("/usr/bin/node").exists() {
        println!("skipped: node is not installed");
        return;
    }
    let script = behind_a_router(NARROW, "mtu::a_narrow_link_behind_silent_routers_is_named");
    in_namespaces(&script, &[("HANGUP_SERVER", format!("{LONG}; s.listen(8080, '198.21.0.2')"))]);
}

async fn across_the_narrow_link() {
    let nobody = Arc::new(DnsClient::new(Vec::new()));
    let start = std::time::Instant::now();
    let plan = plan("http://198.21.0.2:8080/", &[Probe::Mtu, Probe::Http], 1);
    let told = tell(plan, Policy::default(), nobody).await;
    assert_eq!(told.value("mtu.result").as_deref(), Some("black_hole"), "{:?}", told.0);
    let raw = told.observation("mtu.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("normal: request not acknowledged"), "{raw}");
    assert!(raw.contains("small: complete"), "{raw}");
    assert!(start.elapsed() < Duration::from_secs(25));
}
