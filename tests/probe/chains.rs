//! Five thousand chains of redirects, each hop drawn by lot, through the real HTTP probe, in a network
//! without a way out: see `sealed`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::{StreamExt, stream};
use hangup::probe::{Probe, policy::Policy, resolve::DnsClient};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{
    generated::target_text,
    rebinding::{flipping_name_server, nothing_was_sent_but_what_is_allowed},
    sealed::{NAME_SERVER, Random, prove_the_counter, sealed},
    support::{plan, tell},
};

/// Chains of one test; there are two, so that they run side by side.
const CHAINS: u64 = 2_500;
/// RFC 9110 §15.4; five are followed.
const MOST_REQUESTS: u64 = 6;

/// Where the request with that path is sent next; the path carries the chain and the hop.
fn location(chain: u64, hop: u64) -> String {
    let mut random = Random(chain.wrapping_mul(0x1000) ^ hop);
    let path = format!("/{chain}/{}", hop + 1);
    let scheme = random.pick(&["http", "http", "http", "HTTP", "https"]);
    let port = random.pick(&["", "", ":80", ":8080", ":8443", ":22", ":3306"]);
    let v6 = random.chance(30);
    let literal =
        |ip: std::net::IpAddr| if ip.is_ipv6() { format!("[{ip}]") } else { ip.to_string() };
    match random.below(10) {
        0 | 1 => path,
        2 => format!("..{path}"),
        3 => format!("//{}{path}", literal(random.public(v6))),
        4 | 5 => format!("{scheme}://{}{port}{path}", literal(random.public(v6))),
        6 => format!("{scheme}://open{hop}.example.com{port}{path}"),
        7 => format!("{scheme}://flip{hop}.example.net{port}{path}"),
        8 => {
            let inner = literal(random.forbidden(v6));
            match random.below(3) {
                0 => format!("{scheme}://{inner}{port}{path}"),
                1 => format!("//{inner}{path}"),
                _ => format!("{scheme}://shut.example.org{port}{path}"),
            }
        }
        _ => target_text(&mut random),
    }
}

/// Redirects every request; counts them, and the longest chain.
async fn serve(address: &'static str, requests: Arc<AtomicU64>, longest: Arc<AtomicU64>) {
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (requests, longest) = (Arc::clone(&requests), Arc::clone(&longest));
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.unwrap_or_default();
                let head = String::from_utf8_lossy(&buffer[..read]).into_owned();
                let path = head.split_whitespace().nth(1).unwrap_or_default();
                // What was made up by the generator may lead to any path; then it is the end.
                let mut numbers = path.rsplit('/').map(str::parse::<u64>);
                let (hop, chain) = (numbers.next(), numbers.next());
                requests.fetch_add(1, Ordering::Relaxed);
                let answer = match (chain, hop) {
                    (Some(Ok(chain)), Some(Ok(hop))) if hop < 100 => {
                        longest.fetch_max(hop + 1, Ordering::Relaxed);
                        format!(
                            "HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
                            location(chain, hop).replace(['\r', '\n', '\0'], "")
                        )
                    }
                    _ => "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
                };
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
}

#[test]
fn chains_of_redirects_reach_nothing_forbidden() {
    chains("chains::chains_of_redirects_reach_nothing_forbidden", 0);
}

#[test]
fn as_many_other_chains_reach_nothing_forbidden() {
    chains("chains::as_many_other_chains_reach_nothing_forbidden", CHAINS);
}

fn chains(name: &str, first: u64) {
    sealed(name, async {
        prove_the_counter();
        flipping_name_server().await;
        let (requests, longest) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        for address in ["0.0.0.0:80", "[::]:8080"] {
            serve(address, Arc::clone(&requests), Arc::clone(&longest)).await;
        }
        let resolver = Arc::new(DnsClient::new(vec![NAME_SERVER]));
        let stopped = AtomicU64::new(0);
        let run = |chain: u64| {
            let (resolver, stopped) = (Arc::clone(&resolver), &stopped);
            async move {
                let target = format!("http://open.example.com/{chain}/0");
                let told =
                    tell(plan(&target, &[Probe::Http], 1), Policy::default(), resolver).await;
                if told.has_finding("a redirect was not followed") {
                    stopped.fetch_add(1, Ordering::Relaxed);
                }
            }
        };
        stream::iter(first..first + CHAINS).map(run).buffer_unordered(8).collect::<Vec<()>>().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let (requests, longest) =
            (requests.load(Ordering::Relaxed), longest.load(Ordering::Relaxed));
        let stopped = stopped.load(Ordering::Relaxed);
        println!("{requests} requests, the longest chain {longest}, {stopped} chains stopped");
        assert_eq!(longest, MOST_REQUESTS, "five redirects are followed, and no sixth");
        assert!(requests > CHAINS * 3 / 2 && stopped > CHAINS / 3, "{requests} {stopped}");
        nothing_was_sent_but_what_is_allowed(requests);
    });
}
