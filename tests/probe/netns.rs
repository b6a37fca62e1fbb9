//! Routers that refuse, in network namespaces of our own: the test starts itself again inside one.

use std::sync::Arc;

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};

use crate::support::{in_namespaces, is_inside, plan, tell};

/// The script of a test with a client at 198.20.0.2, a router between 198.20.0.1 and 198.21.0.1, and a
/// host at 198.21.0.2. `setup` may use `within PID command…` with `$router` and `$host`; a node script
/// in `$HANGUP_SERVER` runs on the host. Then the test `name` runs as the client.
pub(crate) fn behind_a_router(setup: &str, name: &str) -> String {
    format!(
        r#"
set -e
ip link set lo up
unshare --net sleep 90 & router=$!
unshare --net sleep 90 & host=$!
trap 'kill $server $router $host' EXIT
sleep 0.4
within() {{ pid=$1; shift; nsenter --target $pid --net "$@"; }}
ip link add near type veth peer name in0 netns $router
within $router ip link add out0 type veth peer name host0 netns $host
ip addr add 198.20.0.2/24 dev near; ip link set near up; ip route add default via 198.20.0.1
for each in $router $host; do within $each ip link set lo up; done
within $router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
within $router ip addr add 198.20.0.1/24 dev in0; within $router ip link set in0 up
within $router ip addr add 198.21.0.1/24 dev out0; within $router ip link set out0 up
within $host ip addr add 198.21.0.2/24 dev host0; within $host ip link set host0 up
within $host ip route add default via 198.21.0.1
{setup}
if [ -n "$HANGUP_SERVER" ]; then
nsenter --target $host --net /usr/bin/node -e "$HANGUP_SERVER" > /dev/null 2>&1 & server=$!
sleep 0.8
fi
"$HANGUP_TEST" --exact {name} --nocapture
"#
    )
}

/// A client at 198.20.0.2 behind a router at 198.20.0.1 that forbids one address and knows no way
/// to another.
const ROUTER: &str = r#"
set -e
ip link set lo up
unshare --net sleep 60 & router=$!
trap 'kill $router' EXIT
sleep 0.3
ip link add near type veth peer name far netns $router
ip addr add 198.20.0.2/24 dev near
ip link set near up
ip route add default via 198.20.0.1
in_router() { nsenter --target $router --net "$@"; }
in_router ip link set lo up
in_router ip addr add 198.20.0.1/24 dev far
in_router ip link set far up
in_router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
in_router ip route add prohibit 198.21.0.13/32
in_router ip route add unreachable 198.21.0.1/32
in_router ip route add blackhole 198.21.0.9/32
"$HANGUP_TEST" --exact netns::icmp_is_read_and_its_sender_named --nocapture
"#;

#[test]
fn icmp_is_read_and_its_sender_named() {
    if is_inside(behind_the_router()) {
        return;
    }
    in_namespaces(ROUTER, &[]);
}

async fn behind_the_router() {
    for (target, wanted, part) in [
        ("198.21.0.13", "prohibited", "ICMP 3/13 from 198.20.0.1"),
        ("198.21.0.1", "unreachable", "ICMP 3/1 from 198.20.0.1"),
        ("198.21.0.9", "timeout", "no answer"),
    ] {
        let nobody = Arc::new(DnsClient::new(Vec::new()));
        let told = tell(plan(target, &[Probe::Tcp], 1), Policy::default(), nobody).await;
        let seen = told.observation("tcp.result").unwrap();
        assert_eq!(seen.value.word(), Some(wanted), "{seen:?}");
        assert!(seen.raw.as_deref().unwrap().contains(part), "{seen:?}");
    }
    // No route of that family at all: nothing is known about the target.
    let nobody = Arc::new(DnsClient::new(Vec::new()));
    let told = tell(plan("2606:4700::1", &[Probe::Tcp], 1), Policy::default(), nobody).await;
    assert!(told.is_hidden(Probe::Tcp), "{:?}", told.0);
}
