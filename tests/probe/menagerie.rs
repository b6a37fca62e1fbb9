//! Hostile servers, and what each probe spends on them: bytes in and out, and time.
//!
//! The byte limits are held by a test. Times are measured by a command, since a busy machine is no
//! fault of the probes:
//! `cargo test --test probe menagerie -- --ignored --nocapture` prints the table of `docs/probes.md`.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::join_all;
use hangup::probe::{
    Gate, Probe, ProbeEvent,
    meter::{MAX_RECEIVED, MAX_SENT},
    policy::Policy,
    resolve::{DnsClient, Resolve},
    run,
};
use hickory_proto::{
    op::{Message, MessageType, OpCode},
    rr::{Name, RData, Record, rdata::CNAME},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    time::sleep,
};

use crate::support::{loopback, plan, reset, server};

/// What the silences of a run are, seconds; the probes' own limits come on top.
const SILENCE: u64 = 1;
/// P5 of the threat model.
const GRACE: Duration = Duration::from_millis(250);

/// The probes that an HTTP server can torment.
const ON_HTTP: [Probe; 10] = [
    Probe::Http,
    Probe::Idle,
    Probe::Reuse,
    Probe::Websocket,
    Probe::Halfclose,
    Probe::Http2,
    Probe::Burst,
    Probe::Mtu,
    Probe::Reset,
    Probe::Canary,
];

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beast {
    NeverAnswers,
    OneByteASecond,
    EndlessHeader,
    EndlessBody,
    InterimStorm,
    GzipBomb,
    Noise,
    TenThousandCertificates,
    ChainOfAliases,
    Resets,
    HalfClose,
    ZeroWindow,
}

impl Beast {
    const ALL: [Self; 12] = [
        Self::NeverAnswers,
        Self::OneByteASecond,
        Self::EndlessHeader,
        Self::EndlessBody,
        Self::InterimStorm,
        Self::GzipBomb,
        Self::Noise,
        Self::TenThousandCertificates,
        Self::ChainOfAliases,
        Self::Resets,
        Self::HalfClose,
        Self::ZeroWindow,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::NeverAnswers => "never answers",
            Self::OneByteASecond => "one byte a second",
            Self::EndlessHeader => "endless header",
            Self::EndlessBody => "endless body",
            Self::InterimStorm => "1xx without end",
            Self::GzipBomb => "gzip bomb of 10 MiB",
            Self::Noise => "endless noise",
            Self::TenThousandCertificates => "10,000 certificates",
            Self::ChainOfAliases => "CNAMEs without end, 60 KiB each",
            Self::Resets => "RST after the request",
            Self::HalfClose => "FIN at once, then deaf",
            Self::ZeroWindow => "zero window",
        }
    }

    fn probes(self) -> &'static [Probe] {
        match self {
            Self::TenThousandCertificates => &[Probe::Tls, Probe::Http],
            Self::ChainOfAliases => &[Probe::Dns],
            _ => &ON_HTTP,
        }
    }

    async fn torment(self, mut stream: TcpStream) {
        if self == Self::ZeroWindow {
            // Never read, so that the window closes for good.
            sleep(Duration::from_mins(2)).await;
            return;
        }
        if self == Self::HalfClose {
            let _ = stream.shutdown().await;
            sleep(Duration::from_mins(2)).await;
            return;
        }
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).await;
        let (first, again): (Vec<u8>, &[u8]) = match self {
            Self::EndlessHeader => {
                (b"HTTP/1.1 200 OK\r\n".to_vec(), b"X-Filler: aaaaaaaaaaaaaaaaaaaa\r\n")
            }
            Self::EndlessBody => (b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), &[b'x'; 4096]),
            Self::InterimStorm => (Vec::new(), b"HTTP/1.1 103 Early Hints\r\n\r\n"),
            Self::GzipBomb => (
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10485760\r\n\r\n"
                    .to_vec(),
                // Stored as it is in the middle of a deflate stream; nothing of ours unpacks it.
                &[0x1f; 4096],
            ),
            Self::Noise => (b"\x81\xff\0\0\x04".to_vec(), &[0xf7; 1000]),
            Self::TenThousandCertificates => (certificates(), b""),
            Self::Resets => {
                reset(&stream);
                return;
            }
            _ => (Vec::new(), b""),
        };
        if stream.write_all(&first).await.is_err() {
            return;
        }
        if self == Self::OneByteASecond {
            for byte in b"HTTP/1.1 200 OK\r\nServer: x\r\n".iter().cycle() {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                sleep(Duration::from_secs(1)).await;
            }
        }
        while !again.is_empty() && stream.write_all(again).await.is_ok() {}
        sleep(Duration::from_mins(2)).await;
    }
}

/// A ServerHello of TLS 1.2 and a Certificate message with ten thousand entries (RFC 5246 §7.4).
fn certificates() -> Vec<u8> {
    let message = |kind: u8, body: &[u8]| {
        let [_, a, b, c] = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[kind, a, b, c], body].concat()
    };
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes()[1..].to_vec();
    let mut hello = vec![3, 3];
    hello.extend([7; 32]);
    // No session, ECDHE_RSA with AES-128-GCM, no compression, secure renegotiation.
    hello.extend([0, 0xc0, 0x2f, 0, 0, 5, 0xff, 1, 0, 1, 0]);
    let entry = [length(100), vec![0x30; 100]].concat();
    let list = entry.repeat(10_000);
    let body = [length(list.len()), list].concat();
    let handshake = [message(2, &hello), message(11, &body)].concat();
    let record = |part: &[u8]| {
        let [high, low] = u16::try_from(part.len()).unwrap().to_be_bytes();
        [&[22, 3, 3, high, low], part].concat()
    };
    handshake.chunks(16_000).flat_map(record).collect()
}

/// Answers every question with a chain of aliases as long as a message can be, over TCP, that leads
/// to yet another name.
async fn name_server() -> SocketAddr {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).await.unwrap();
    let answer = |query: &[u8], over_tcp: bool| {
        let query = Message::from_vec(query).unwrap();
        let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
        let mut name = query.queries[0].name().clone();
        answer.add_query(query.queries[0].clone());
        answer.metadata.truncation = !over_tcp;
        for link in 0..if over_tcp { 1_500 } else { 0 } {
            let next = Name::from_ascii(format!("a{link}.{link}.example.com.")).unwrap();
            answer.add_answer(Record::from_rdata(name, 0, RData::CNAME(CNAME(next.clone()))));
            name = next;
        }
        answer.to_vec().unwrap()
    };
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let _ = udp.send_to(&answer(&buffer[..length], false), from).await;
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let Ok(length) = stream.read_u16().await else { continue };
            let mut buffer = vec![0; usize::from(length)];
            if stream.read_exact(&mut buffer).await.is_err() {
                continue;
            }
            let bytes = answer(&buffer, true);
            let _ = stream.write_u16(u16::try_from(bytes.len()).unwrap()).await;
            let _ = stream.write_all(&bytes).await;
        }
    });
    address
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    probe: Probe,
    took: Duration,
    received: u64,
    sent: u64,
}

impl Cost {
    fn limit(&self) -> Duration {
        self.probe.limit(Duration::from_secs(SILENCE))
    }
}

async fn measure(target: &str, probe: Probe, policy: Policy, dns: Vec<SocketAddr>) -> Cost {
    let resolver: Arc<dyn Resolve> = Arc::new(DnsClient::new(dns));
    let gate = Gate::new(Arc::new(policy), resolver);
    let start = Instant::now();
    let mut run = run(plan(target, &[probe], SILENCE), gate, None);
    let mut last = None;
    while let Some(event) = run.events.recv().await {
        last = Some(event);
    }
    // Cut off by its own wall, a run would be cancelled.
    assert!(matches!(last, Some(ProbeEvent::Done { cancelled: false, .. })), "{target} {probe:?}");
    let took = start.elapsed();
    Cost { probe, took, received: run.meter.received(), sent: run.meter.sent() }
}

/// Every probe against every server, all at once.
async fn costs(beast: Beast) -> Vec<Cost> {
    if beast == Beast::ChainOfAliases {
        let dns = vec![name_server().await];
        return vec![measure("http://a.example.com/", Probe::Dns, Policy::default(), dns).await];
    }
    let address = match beast {
        Beast::ZeroWindow => narrow_server(),
        _ => server(move |stream| beast.torment(stream)).await,
    };
    let scheme = if beast == Beast::TenThousandCertificates { "https" } else { "http" };
    let target = format!("{scheme}://{address}/");
    let runs = beast.probes().iter().map(|probe| measure(&target, *probe, loopback(), Vec::new()));
    join_all(runs).await
}

/// A server with the smallest window there is, which its connections inherit.
fn narrow_server() -> SocketAddr {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    socket.set_nonblocking(true).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(64).unwrap();
    let listener = TcpListener::from_std(socket.into()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(Beast::ZeroWindow.torment(stream));
        }
    });
    address
}

async fn all_costs() -> Vec<(Beast, Vec<Cost>)> {
    join_all(Beast::ALL.map(|beast| async move { (beast, costs(beast).await) })).await
}

#[tokio::test]
async fn no_server_makes_a_run_read_or_send_more_than_it_may() {
    for (beast, costs) in all_costs().await {
        assert!(!costs.is_empty());
        for cost in costs {
            assert!(cost.received <= MAX_RECEIVED, "{beast:?} {cost:?}");
            assert!(cost.sent <= MAX_SENT, "{beast:?} {cost:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures time; prints the table of docs/probes.md"]
async fn the_table_of_hostile_servers() {
    println!("| server | longest run, of its limit | next to its limit | most in | most out |");
    println!("|---|---|---|---|---|");
    let mut late = Vec::new();
    for (beast, costs) in all_costs().await {
        let longest = costs.iter().max_by_key(|cost| cost.took).unwrap();
        let share = |cost: &Cost| cost.took.as_secs_f64() / cost.limit().as_secs_f64();
        let nearest = costs.iter().max_by(|a, b| share(a).total_cmp(&share(b))).unwrap();
        let shown = |cost: &Cost| {
            let (took, limit) = (cost.took.as_secs_f64(), cost.limit().as_secs_f64());
            format!("`{}` {took:.2} s of {limit:.0} s", cost.probe.as_str())
        };
        let most = |of: fn(&Cost) -> u64| costs.iter().map(of).max().unwrap();
        println!(
            "| {} | {} | {} | {:.1} KiB | {:.1} KiB |",
            beast.name(),
            shown(longest),
            shown(nearest),
            most(|cost| cost.received) as f64 / 1024.0,
            most(|cost| cost.sent) as f64 / 1024.0
        );
        late.extend(
            costs
                .iter()
                .filter(|cost| cost.took > cost.limit() + GRACE)
                .map(|cost| format!("{}: {}", beast.name(), shown(cost))),
        );
    }
    assert!(late.is_empty(), "beyond the limit: {late:?}");
}
