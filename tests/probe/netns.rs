//! Routers that refuse, in network namespaces of our own: the test starts itself again inside one.

use std::{process::Command, sync::Arc};

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};

use crate::support::{plan, tell};

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
    if std::env::var_os("HANGUP_TEST").is_some() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(behind_the_router());
    }
    let script = Command::new("unshare")
        .args(["--map-root-user", "--net", "sh", "-c", ROUTER])
        .env("HANGUP_TEST", std::env::current_exe().unwrap())
        .output();
    let Ok(output) = script else {
        println!("skipped: unshare is not installed");
        return;
    };
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    if !said.contains("running 1 test") {
        println!("skipped: no network namespace may be made here: {errors}");
        assert!(std::env::var_os("CI").is_none(), "network namespaces are needed on CI");
        return;
    }
    assert!(output.status.success(), "{said}{errors}");
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
