//! Who sends a reset: the server itself on loopback, a router in its name in namespaces of our own.

use std::{sync::Arc, time::Duration};

use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};
use tokio::{io::AsyncReadExt, time::sleep};

use crate::netns::behind_a_router;
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

/// A router that takes port 8443 of the host for its own, and so refuses in its name; port 443 is
/// refused by the host itself.
const FORGER: &str = r"
# The router has the host's address too, and passes on only what is for two ports.
within $router ip addr add 198.21.0.2/32 dev lo
within $router sh -c 'echo 1 > /proc/sys/net/ipv4/conf/out0/accept_local'
within $router sh -c 'for each in all out0; do echo 0 > /proc/sys/net/ipv4/conf/$each/rp_filter; done'
within $router ip rule add pref 5 iif in0 ipproto tcp dport 443 lookup main
within $router ip rule add pref 6 iif in0 ipproto tcp dport 80 lookup main
within $router ip rule add pref 20 lookup local
within $router ip rule del pref 0
";

#[test]
fn a_refusal_in_another_s_name_is_seen_by_its_distance() {
    if is_inside(behind_the_forger()) {
        return;
    }
    let name = "reset::a_refusal_in_another_s_name_is_seen_by_its_distance";
    in_namespaces(&behind_a_router(FORGER, name), &[]);
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

/// A router that lets handshakes pass and answers the first bytes of a request to port 80, and the
/// request within a TLS session to port 443, by a RST in the host's name: what a filter does that
/// reads what passes. A TLS record of application data begins with 23;
/// in TLS 1.3 the end of the handshake does too, so the host speaks 1.2.
const READER: &str = r"
within $router nft add table ip filter
within $router nft 'add chain ip filter passing { type filter hook forward priority 0; }'
within $router nft 'add rule ip filter passing tcp dport 80 tcp flags & psh == psh reject with tcp reset'
within $router nft add rule ip filter passing tcp dport 443 @ih,0,8 23 reject with tcp reset
";

/// The host resets on port 8080 what it has read itself, and answers on 80 and 443.
const HOST: &str = r"
const { createServer } = require('net');
createServer((s) => s.on('data', () => s.resetAndDestroy()).on('error', () => {})).listen(8080, '198.21.0.2');
require('http').createServer((q, s) => s.end()).listen(80, '198.21.0.2');
const { key, cert } = JSON.parse(process.env.HANGUP_CERTIFICATE);
require('https').createServer({ key, cert, maxVersion: 'TLSv1.2' }, (q, s) => s.end()).listen(443, '198.21.0.2');
";

#[test]
fn a_reset_in_the_middle_of_a_conversation_is_seen_by_its_distance() {
    if is_inside(behind_the_reader()) {
        return;
    }
    for needed in ["/usr/bin/node", "/usr/sbin/nft"] {
        if !std::path::Path::new(needed).exists() {
            println!("skipped: {needed} is not installed");
            return;
        }
    }
    let made = rcgen::generate_simple_self_signed(["reset.example".to_owned()]).unwrap();
    let (key, cert) = (made.signing_key.serialize_pem(), made.cert.pem());
    let certificate = serde_json::json!({ "key": key, "cert": cert }).to_string();
    let name = "reset::a_reset_in_the_middle_of_a_conversation_is_seen_by_its_distance";
    let settings = [("HANGUP_SERVER", HOST.to_owned()), ("HANGUP_CERTIFICATE", certificate)];
    in_namespaces(&behind_a_router(READER, name), &settings);
}

async fn behind_the_reader() {
    for (target, origin, raw) in [
        ("http://198.21.0.2/", "elsewhere", "TTL of the RST 64, of the answer of port 80 63"),
        ("https://198.21.0.2/", "elsewhere", "TTL of the RST 64, of the answer of port 443 63"),
        ("http://198.21.0.2:8080/", "same", "TTL of the RST 63, of the answer of port 8080 63"),
    ] {
        let nobody = Arc::new(DnsClient::new(Vec::new()));
        let told = tell(plan(target, &[Probe::Reset], 1), Policy::default(), nobody).await;
        assert_eq!(told.value("reset.origin").as_deref(), Some(origin), "{target} {:?}", told.0);
        let seen = told.observation("reset.origin").unwrap().raw.clone().unwrap();
        assert!(seen.contains(raw), "{target} {seen}");
    }
}
