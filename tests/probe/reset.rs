//! Who sends a reset: the server itself on loopback, a router in its name in namespaces of our own.

use std::{sync::Arc, time::Duration};

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};
use tokio::{io::AsyncReadExt, time::sleep};

use crate::support::{Told, in_namespaces, is_inside, node, plan, probe, reset, server, tell};

async fn told(target: &str) -> Told {
    probe(target, &[Probe::Reset], 1).await
}

#[tokio::test]
async fn a_server_s_own_reset_comes_from_its_own_distance_after_our_bytes_arrived() {
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        reset(&stream);
    })
    .await;
    let told = told(&format!("http://{address}/")).await;
    assert_eq!(told.value("reset.origin").as_deref(), Some("same"), "{:?}", told.0);
    assert_eq!(told.value("request.arrival").as_deref(), Some("acked"), "{:?}", told.0);
    let raw = told.observation("reset.origin").unwrap().raw.clone().unwrap();
    assert!(raw.contains("TTL of the RST 64") && raw.ends_with(" 64"), "{raw}");
}

#[tokio::test]
async fn silence_is_split_by_what_was_acknowledged() {
    let mute = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        sleep(Duration::from_mins(1)).await;
    })
    .await;
    let acked = told(&format!("http://{mute}/")).await;
    assert_eq!(acked.value("request.arrival").as_deref(), Some("acked"), "{:?}", acked.0);
    // A filter that drops whatever comes after the handshake, before the kernel sees it.
    let deaf = server(|stream| async move {
        let nothing = socket2::SockFilter::new(0x06, 0, 0, 0);
        socket2::SockRef::from(&stream).attach_filter(&[nothing]).unwrap();
        sleep(Duration::from_mins(1)).await;
    });
    let deaf = deaf.await;
    let unacked = told(&format!("http://{deaf}/")).await;
    let arrival = unacked.value("request.arrival");
    // The request may be quicker than the filter.
    assert!(arrival.is_some(), "{:?}", unacked.0);
    let Some((_node, address)) = node("s = require('http').createServer((q, s) => s.end())").await
    else {
        return;
    };
    assert!(told(&format!("http://{address}/")).await.is_hidden(Probe::Reset));
}

/// A host at 198.21.0.2 behind a router that takes port 8443 of it for its own, and so refuses in
/// its name; port 443 is refused by the host itself.
const FORGER: &str = r#"
set -e
ip link set lo up
unshare --net sleep 60 & router=$!
unshare --net sleep 60 & host=$!
trap 'kill $router $host' EXIT
sleep 0.4
within() { pid=$1; shift; nsenter --target $pid --net "$@"; }
ip link add near type veth peer name in0 netns $router
within $router ip link add out0 type veth peer name host0 netns $host
ip addr add 198.20.0.2/24 dev near; ip link set near up; ip route add default via 198.20.0.1
for each in $router $host; do within $each ip link set lo up; done
within $router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
within $router ip addr add 198.20.0.1/24 dev in0; within $router ip link set in0 up
within $router ip addr add 198.21.0.1/24 dev out0; within $router ip link set out0 up
# The router has the host's address too, and passes on only what is for two ports.
within $router ip addr add 198.21.0.2/32 dev lo
within $router sh -c 'echo 1 > /proc/sys/net/ipv4/conf/out0/accept_local'
within $router sh -c 'for each in all out0; do echo 0 > /proc/sys/net/ipv4/conf/$each/rp_filter; done'
within $router ip rule add pref 5 iif in0 ipproto tcp dport 443 lookup main
within $router ip rule add pref 6 iif in0 ipproto tcp dport 80 lookup main
within $router ip rule add pref 20 lookup local
within $router ip rule del pref 0
within $host ip addr add 198.21.0.2/24 dev host0; within $host ip link set host0 up
within $host ip route add default via 198.21.0.1
"$HANGUP_TEST" --exact reset::a_refusal_in_another_s_name_is_seen_by_its_distance --nocapture
"#;

#[test]
fn a_refusal_in_another_s_name_is_seen_by_its_distance() {
    if is_inside(behind_the_forger()) {
        return;
    }
    in_namespaces(FORGER, &[]);
}

async fn behind_the_forger() {
    let told = async |target: &str| {
        let nobody = Arc::new(DnsClient::new(Vec::new()));
        tell(plan(target, &[Probe::Reset], 1), Policy::default(), nobody).await
    };
    let forged = told("198.21.0.2:8443").await;
    assert_eq!(forged.value("reset.origin").as_deref(), Some("elsewhere"), "{:?}", forged.0);
    let raw = forged.observation("reset.origin").unwrap().raw.clone().unwrap();
    assert!(raw.contains("TTL of the RST 64, of the answer of port 443 63"), "{raw}");
    let own = told("198.21.0.2:80").await;
    assert_eq!(own.value("reset.origin").as_deref(), Some("same"), "{:?}", own.0);
}
