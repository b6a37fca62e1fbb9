//! The way to a port through routers of our own, in network namespaces; and on loopback, without.

use std::sync::Arc;

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};

use crate::support::{Told, closed_port, in_namespaces, is_inside, plan, probe, server, tell};

#[tokio::test]
async fn loopback_is_one_hop_away_open_or_closed() {
    let open = server(|stream| async move { drop(stream) }).await;
    let closed = closed_port().await;
    for address in [open, closed] {
        let told = probe(&address.to_string(), &[Probe::Path], 1).await;
        assert_eq!(told.value("path.result").as_deref(), Some("reaches"), "{:?}", told.0);
        assert!(told.has_finding("answers from 1 hop"), "{:?}", told.0);
    }
}

/// A client at 198.20.0.2, two routers, and a host at 198.21.0.2 whose nearer router drops one
/// port: a rule of routing by port (`ip rule … dport`) sends it into a black hole.
const ROUTERS: &str = r#"
set -e
ip link set lo up
unshare --net sleep 60 & one=$!
unshare --net sleep 60 & two=$!
unshare --net sleep 60 & host=$!
trap 'kill $one $two $host' EXIT
sleep 0.4
within() { pid=$1; shift; nsenter --target $pid --net "$@"; }
ip link add near type veth peer name one0 netns $one
within $one ip link add one1 type veth peer name two0 netns $two
within $two ip link add two1 type veth peer name host0 netns $host
ip addr add 198.20.0.2/24 dev near; ip link set near up; ip route add default via 198.20.0.1
for each in $one $two $host; do
  within $each ip link set lo up
  within $each sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
done
within $one ip addr add 198.20.0.1/24 dev one0; within $one ip link set one0 up
within $one ip addr add 198.20.1.1/24 dev one1; within $one ip link set one1 up
within $one ip route add default via 198.20.1.2
within $two ip addr add 198.20.1.2/24 dev two0; within $two ip link set two0 up
within $two ip addr add 198.21.0.1/24 dev two1; within $two ip link set two1 up
within $two ip route add default via 198.20.1.1
within $host ip addr add 198.21.0.2/24 dev host0; within $host ip link set host0 up
within $host ip route add default via 198.21.0.1
# Router two drops port 8443 of the host, drops and forbids one address, and sends 198.22.0.0/16 back.
within $two ip route add blackhole default table 7
within $two ip rule add pref 10 ipproto tcp dport 8443 lookup 7
within $two ip route add blackhole 198.21.0.9/32
within $one ip route add 198.22.0.0/16 via 198.20.1.2
within $two ip route add prohibit 198.21.0.13/32
for each in $one $two; do within $each sh -c 'echo 0 > /proc/sys/net/ipv4/icmp_ratelimit' || true; done
"$HANGUP_TEST" --exact path::the_hop_that_drops_a_port_is_named --nocapture
"#;

#[test]
fn the_hop_that_drops_a_port_is_named() {
    if is_inside(behind_two_routers()) {
        return;
    }
    in_namespaces(ROUTERS, &[]);
}

async fn told(target: &str) -> Told {
    let nobody = Arc::new(DnsClient::new(Vec::new()));
    tell(plan(target, &[Probe::Path], 1), Policy::default(), nobody).await
}

async fn behind_two_routers() {
    let reaches = told("198.21.0.2:443").await;
    assert_eq!(reaches.value("path.result").as_deref(), Some("reaches"), "{:?}", reaches.0);
    let raw = reaches.observation("path.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("port 443: 1=198.20.0.1 2=198.20.1.2 3=refused"), "{raw}");

    let stops = told("198.21.0.2:8443").await;
    assert_eq!(stops.value("path.result").as_deref(), Some("port_stops"), "{:?}", stops.0);
    assert!(stops.has_finding("after hop 1 (198.20.0.1)"), "{:?}", stops.0);
    let raw = stops.observation("path.result").unwrap().raw.clone().unwrap();
    assert!(raw.contains("port 443: 1=198.20.0.1 2=198.20.1.2 3=refused"), "{raw}");

    let all = told("198.21.0.9:443").await;
    assert_eq!(all.value("path.result").as_deref(), Some("all_stops"), "{:?}", all.0);

    let rejected = told("198.21.0.13:443").await;
    assert_eq!(rejected.value("path.result").as_deref(), Some("rejected"), "{:?}", rejected.0);

    let round = told("198.22.0.1:443").await;
    assert_eq!(round.value("path.result").as_deref(), Some("loops"), "{:?}", round.0);
}
