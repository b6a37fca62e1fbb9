//! Probes through the operator's proxy: what it lets through, and what it says instead.

use std::{
    net::SocketAddr,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hangup::probe::{
    Gate, Probe, ProbeEvent,
    policy::{Opening, Policy},
    proxy::Proxy,
    resolve::ScriptedResolver,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
    time::sleep,
};

use crate::support::{Told, follow, plan, server};

/// A public address that no test reaches by itself; the proxies below lead elsewhere.
const TARGET: &str = "93.184.216.34";
/// `bob:hunter2`.
const LOGIN: &str = "Basic Ym9iOmh1bnRlcjI=";

/// Every head that a proxy was sent.
type Heads = Arc<Mutex<Vec<String>>>;

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A proxy that leads every tunnel to `target`, for who has the login.
async fn honest(target: SocketAddr) -> (SocketAddr, Heads) {
    let heads = Heads::default();
    let seen = Arc::clone(&heads);
    let address = server(move |mut stream| {
        let seen = Arc::clone(&seen);
        async move {
            let head = read_head(&mut stream).await;
            let knows = head.contains(&format!("\r\nProxy-Authorization: {LOGIN}\r\n"));
            seen.lock().unwrap().push(head);
            if !knows {
                let answer =
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
                let _ = stream.write_all(answer).await;
                return;
            }
            let mut inner = TcpStream::connect(target).await.unwrap();
            // Together with what the target says first, as a busy proxy may send it.
            let mut first = vec![0; 64];
            let wait =
                tokio::time::timeout(Duration::from_millis(50), inner.read(&mut first)).await;
            first.truncate(wait.map_or(0, |read| read.unwrap_or(0)));
            let head = b"HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n";
            let _ = stream.write_all(&[head.as_slice(), &first].concat()).await;
            let _ = copy_bidirectional(&mut stream, &mut inner).await;
        }
    })
    .await;
    (address, heads)
}

/// Runs `only` against `target` through the proxy at `proxy`.
async fn through(proxy: &str, target: &str, only: &[Probe], policy: Policy) -> Told {
    let answers = [vec![TARGET.parse().unwrap()]];
    let proxy: Proxy = proxy.parse().unwrap();
    let gate = Gate::new(Arc::new(policy), Arc::new(ScriptedResolver::new(&answers)));
    follow(plan(target, only, 1), gate.with_proxy(proxy)).await
}

fn with_login(address: SocketAddr) -> String {
    format!("http://bob:hunter2@{address}")
}

async fn page(mut stream: TcpStream) {
    read_head(&mut stream).await;
    let answer =
        b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
    let _ = stream.write_all(answer).await;
}

#[tokio::test]
async fn a_page_behind_a_proxy_is_seen_and_every_reading_says_so() {
    let (proxy, heads) = honest(server(page).await).await;
    let only = [Probe::Dns, Probe::Tcp, Probe::Http, Probe::Canary];
    let told = through(&with_login(proxy), "http://example.com/", &only, Policy::default()).await;
    // That a tunnel stands is the proxy's word alone.
    assert!(told.has_finding("the proxy opened a tunnel") && told.value("tcp.result").is_none());
    assert_eq!(told.value("canary.result"), Some("same".to_owned()), "{told:?}");
    assert_eq!(told.value("http.result"), Some("ok".to_owned()), "{told:?}");
    assert_eq!(told.value("component"), Some("nginx".to_owned()), "{told:?}");
    for event in &told.0 {
        match event {
            ProbeEvent::Finding { probe, finding } if *probe != Probe::Dns => {
                assert!(finding.text.en.contains("the proxy"), "{finding:?}");
                assert!(finding.text.zh.contains("代理"), "{finding:?}");
                assert!(!finding.raw.contains("RTT"), "{finding:?}");
            }
            ProbeEvent::Observation(seen) if !seen.variable.starts_with("dns.") => {
                assert!(seen.is_proxied(), "{seen:?}");
            }
            _ => {}
        }
    }
    // The pinned address, and never the name.
    let heads = heads.lock().unwrap();
    assert!(heads.len() >= 3, "{heads:?}");
    for head in heads.iter() {
        assert!(
            head.starts_with(&format!("CONNECT {TARGET}:80 HTTP/1.1\r\nHost: {TARGET}:80\r\n"))
        );
        assert!(!head.contains("example.com"), "{head}");
    }
    let all = format!("{:?}", told.0);
    assert!(!all.contains("hunter2") && !all.contains("Ym9i"), "{all}");
    assert!(!all.contains(&proxy.port().to_string()), "{all}");
}

#[tokio::test]
async fn what_the_target_says_first_is_not_lost_in_the_proxys_answer() {
    let greet = |mut stream: TcpStream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
        sleep(Duration::from_secs(5)).await;
    };
    let (proxy, _) = honest(server(greet).await).await;
    let policy = Policy { ports: vec![22], ..Policy::default() };
    let told = through(&with_login(proxy), "example.com:22", &[Probe::Banner], policy).await;
    assert_eq!(told.value("banner.result"), Some("greeting".to_owned()), "{told:?}");
}

#[tokio::test]
async fn what_a_proxy_blinds_is_not_visible_and_sends_nothing() {
    let (proxy, heads) = honest(server(page).await).await;
    let blind = [
        Probe::Idle,
        Probe::Reuse,
        Probe::Halfclose,
        Probe::Burst,
        Probe::Path,
        Probe::Mtu,
        Probe::Reset,
    ];
    let told = through(&with_login(proxy), "http://example.com/", &blind, Policy::default()).await;
    for probe in blind {
        assert!(told.is_hidden(probe), "{probe:?}: {told:?}");
    }
    // The connect that all rests on, and the look after a burst that did not take place.
    assert!(heads.lock().unwrap().len() <= 2, "{heads:?}");
    let Some(ProbeEvent::Done { observations, .. }) = told.0.last() else { panic!("{told:?}") };
    let variables: Vec<&str> = observations.iter().map(|seen| seen.variable.as_str()).collect();
    assert!(variables.iter().all(|name| *name == "canary.result"), "{variables:?}");
}

#[tokio::test]
async fn a_proxys_no_is_never_the_targets() {
    let long = format!("HTTP/1.1 200 OK\r\n{}", "X: y\r\n".repeat(4000));
    let cases: [(&[u8], &str); 10] = [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "wants a login"),
        (b"HTTP/1.1 403 Filtered\r\n\r\n", "rules do not allow"),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", "could not connect"),
        (b"HTTP/1.0 504 Gateway Timeout\r\n\r\n", "could not connect"),
        (b"HTTP/1.1 500 Unable to connect\r\n\r\n", "could not connect"),
        (b"HTTP/1.1 418 \x1b[31mTea\r\n\r\n", "answered 418"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "no HTTP proxy"),
        (b"HTTP/1.1 nonsense\r\n\r\n", "no HTTP proxy"),
        (long.as_bytes(), "does not end"),
        (b"", "hung up"),
    ];
    for (answer, said) in cases {
        let answer = answer.to_vec();
        let proxy = server(move |mut stream| {
            let answer = answer.clone();
            async move {
                read_head(&mut stream).await;
                let _ = stream.write_all(&answer).await;
                if answer.starts_with(b"SSH") {
                    sleep(Duration::from_secs(5)).await;
                }
            }
        })
        .await;
        let only = [Probe::Tcp, Probe::Http, Probe::Canary];
        let proxy = format!("http://{proxy}");
        let told = through(&proxy, "http://example.com/", &only, Policy::default()).await;
        assert!(told.has_finding(said), "{said}: {told:?}");
        assert!(told.is_hidden(Probe::Tcp) && told.is_hidden(Probe::Http), "{told:?}");
        let done = told.0.last();
        assert!(
            matches!(done, Some(ProbeEvent::Done { observations, .. }) if observations.is_empty()),
            "{told:?}"
        );
        assert!(!format!("{:?}", told.0).contains('\x1b'));
    }
}

#[tokio::test]
async fn a_silent_proxy_and_one_that_is_not_there_are_told_apart() {
    let silent = server(|stream| async move {
        sleep(Duration::from_secs(20)).await;
        drop(stream);
    })
    .await;
    let nobody = crate::support::closed_port().await;
    for (proxy, said) in
        [(silent, "no answer from the proxy"), (nobody, "itself cannot be reached")]
    {
        let proxy = format!("http://{proxy}");
        let told = through(&proxy, "http://example.com/", &[Probe::Tcp], Policy::default()).await;
        assert!(told.has_finding(said), "{said}: {told:?}");
        assert!(told.is_hidden(Probe::Tcp) && told.value("tcp.result").is_none(), "{told:?}");
    }
}

#[tokio::test]
async fn an_end_without_a_word_may_be_the_proxys() {
    let cut = |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
    };
    let (proxy, _) = honest(server(cut).await).await;
    let only = [Probe::Tcp, Probe::Http, Probe::Http2, Probe::Websocket, Probe::Canary];
    let told = through(&with_login(proxy), "http://example.com/", &only, Policy::default()).await;
    for probe in &only[1..] {
        assert!(told.is_hidden(*probe), "{probe:?}: {told:?}");
    }
    let Some(ProbeEvent::Done { observations, .. }) = told.0.last() else { panic!("{told:?}") };
    assert!(observations.is_empty(), "{told:?}");
}

#[tokio::test]
async fn a_redirect_that_the_proxy_refuses_is_told_as_its_rule() {
    let away = |mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let head = "HTTP/1.1 302 Found\r\nServer: nginx\r\nLocation: http://93.184.216.35/\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(head.as_bytes()).await;
    };
    let inner = server(away).await;
    let picky = server(move |mut stream| async move {
        if !read_head(&mut stream).await.starts_with(&format!("CONNECT {TARGET}:")) {
            let _ = stream.write_all(b"HTTP/1.1 403 Filtered\r\n\r\n").await;
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let mut inner = TcpStream::connect(inner).await.unwrap();
        let _ = copy_bidirectional(&mut stream, &mut inner).await;
    })
    .await;
    let (proxy, only) = (format!("http://{picky}"), [Probe::Http]);
    let told = through(&proxy, "http://example.com/", &only, Policy::default()).await;
    assert!(told.has_finding("rules do not allow"), "{told:?}");
    assert!(!told.has_finding("could not be reached"), "{told:?}");
    // The first hop answered, and that stands.
    assert_eq!(told.value("http.result"), Some("ok".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_proxy_that_serves_once_and_one_that_opens_tunnels_to_nowhere_make_no_evidence() {
    // The page comes; every later tunnel is closed without a word.
    let inner = server(page).await;
    let count = Arc::new(AtomicUsize::new(0));
    let once = server(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").await;
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                let mut inner = TcpStream::connect(inner).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut inner).await;
            }
        }
    })
    .await;
    let only = [Probe::Tcp, Probe::Http, Probe::Canary];
    let proxy = format!("http://{once}");
    let told = through(&proxy, "http://example.com/", &only, Policy::default()).await;
    assert_eq!(told.value("http.result"), Some("ok".to_owned()), "{told:?}");
    assert!(told.is_hidden(Probe::Canary) && told.value("canary.result").is_none(), "{told:?}");

    let nowhere = server(|mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
    })
    .await;
    let proxy = format!("http://{nowhere}");
    let told = through(&proxy, "http://example.com/", &only, Policy::default()).await;
    let Some(ProbeEvent::Done { observations, .. }) = told.0.last() else { panic!("{told:?}") };
    assert!(observations.is_empty(), "{told:?}");
}

#[tokio::test]
async fn the_policy_judges_as_without_a_proxy_and_this_machine_is_no_targets() {
    let (proxy, heads) = honest(server(page).await).await;
    for (target, rule) in [
        ("http://10.0.0.1/", "private"),
        ("http://169.254.169.254/", "metadata"),
        ("http://127.0.0.1/", "loopback"),
        ("http://93.184.216.34:22/", "port_not_allowed"),
    ] {
        let told = through(&with_login(proxy), target, &[Probe::Tcp], Policy::default()).await;
        assert_eq!(told.refused_by(), Some(rule), "{target}: {told:?}");
        assert!(heads.lock().unwrap().is_empty());
    }
    // Opened, it is dialled directly: to the proxy these words mean the proxy.
    let policy = Policy { allow_loopback: true, ..Policy::default() };
    let own = server(page).await;
    let told = through(&with_login(proxy), &format!("http://{own}/"), &[Probe::Http], policy).await;
    assert_eq!(told.value("http.result"), Some("ok".to_owned()), "{told:?}");
    assert!(heads.lock().unwrap().is_empty());
    // An opened network goes through it like any other.
    let cidr = "10.0.0.0/8".parse().unwrap();
    let opening = Opening { cidr, ports: vec![80], from: Vec::new() };
    let policy = Policy { openings: vec![opening], ..Policy::default() };
    let told = through(&with_login(proxy), "http://10.1.2.3/", &[Probe::Http], policy).await;
    assert_eq!(told.value("http.result"), Some("ok".to_owned()), "{told:?}");
    assert!(heads.lock().unwrap().iter().all(|head| head.starts_with("CONNECT 10.1.2.3:80 ")));
}

/// The program itself, whose user gives the proxy by flag or variable.
#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_takes_a_proxy_and_never_repeats_its_login() {
    let count = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&count);
    let proxy = server(move |mut stream| {
        seen.fetch_add(1, Ordering::SeqCst);
        async move {
            read_head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 407 No\r\n\r\n").await;
        }
    })
    .await;
    let run = |proxy: Option<String>, variable: Option<String>| {
        let mut probe = Command::new(env!("CARGO_BIN_EXE_hangup"));
        probe.args(["probe", &format!("http://{TARGET}/"), "--only", "tcp", "--json"]);
        probe.args(proxy.map(|proxy| format!("--proxy={proxy}")));
        probe.env_remove("HANGUP_PROBE_PROXY");
        if let Some(variable) = variable {
            probe.env("HANGUP_PROBE_PROXY", variable);
        }
        tokio::task::spawn_blocking(move || {
            let output = probe.output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            (output.status.code(), String::from_utf8(said).unwrap())
        })
    };
    let good = format!("http://bob:hunter2@{proxy}");
    for (flag, variable) in [(Some(good.clone()), None), (None, Some(good))] {
        let (_, said) = run(flag, variable).await.unwrap();
        assert!(said.contains("wants a login") && !said.contains("hunter2"), "{said}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 2);
    let (code, said) = run(Some("socks5://bob:hunter2@x:1".to_owned()), None).await.unwrap();
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--proxy") && !said.contains("hunter2"), "{said}");
}
