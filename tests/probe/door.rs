//! One door out: nothing but the permit dials, nothing but the resolver speaks UDP.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hangup::probe::{
    Gate, Meter, Permit, permit::DialFailure, policy::Policy, resolve::ScriptedResolver,
    target::Target,
};

use crate::support::{closed_port, loopback, server};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn no_other_module_opens_a_socket() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 10);
    // What opens a socket towards somebody, and who may name it.
    let permit = ["probe/permit/dial.rs"].as_slice();
    let resolver = ["probe/resolve.rs"].as_slice();
    // The health check asks our own listener; `collect --post` the one link that was typed.
    let own = ["probe/resolve.rs", "cli/healthcheck.rs", "cli/post.rs"].as_slice();
    // In the reader's own browser a page opens a WebSocket.
    let permit_or_page = ["probe/permit/dial.rs", "ui/islands/browser/look.rs"].as_slice();
    let rules: [(&str, &[&str]); 9] = [
        ("TcpStream::connect", own),
        ("TcpStream::from_std", permit),
        ("TcpSocket", &[]),
        ("UdpSocket", resolver),
        ("socket2::Socket::new", &[]),
        ("Socket::new(", permit_or_page),
        ("UnixStream", &[]),
        ("libc::connect", &[]),
        ("libc::socket(", &[]),
    ];
    let mut wrong = Vec::new();
    for file in files {
        let name = file.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        // The server binds its listener and may hold sockets that came in.
        if name.starts_with("server/") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let text = text.split("#[cfg(test)]").next().unwrap();
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for (word, allowed) in rules {
            if code.contains(word) && !allowed.contains(&name.as_str()) {
                wrong.push(format!("src/{name} names {word}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn permit(target: &str, policy: Policy, answers: &[Vec<std::net::IpAddr>]) -> Permit {
    let gate = Gate::new(Arc::new(policy), Arc::new(ScriptedResolver::new(answers)));
    let meter = Arc::new(Meter::new(Duration::from_secs(30)));
    gate.permit(&Target::parse(target).unwrap(), &meter).await.unwrap()
}

#[tokio::test]
async fn a_rebinding_name_stays_pinned_to_its_first_answer() {
    let first = vec!["93.184.216.34".parse().unwrap()];
    let permit = permit(
        "rebind.example.com",
        Policy::default(),
        &[first, vec!["127.0.0.1".parse().unwrap()]],
    )
    .await;
    assert_eq!(permit.addresses(), ["93.184.216.34".parse::<std::net::IpAddr>().unwrap()]);
    let error =
        permit.dial("127.0.0.1".parse().unwrap(), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, DialFailure::Limit);
}

#[tokio::test]
async fn a_run_dials_twelve_times_and_no_more() {
    let address = server(|stream| async move { drop(stream) }).await;
    let permit = permit(&address.to_string(), loopback(), &[]).await;
    for _ in 0..12 {
        permit.dial(address.ip(), Duration::from_secs(1)).await.unwrap();
    }
    let error = permit.dial(address.ip(), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, DialFailure::Limit);
}

#[tokio::test]
async fn a_closed_port_is_refused_at_once() {
    let address = closed_port().await;
    let permit = permit(&address.to_string(), loopback(), &[]).await;
    let error = permit.dial(address.ip(), Duration::from_secs(1)).await.unwrap_err();
    assert_eq!(error.kind, DialFailure::Refused);
    assert!(error.elapsed < Duration::from_millis(200));
}

#[tokio::test]
async fn a_connection_stops_at_the_run_s_byte_limits() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = server(|mut stream| async move {
        let chunk = vec![b'x'; 65536];
        while stream.write_all(&chunk).await.is_ok() {}
    })
    .await;
    let permit = permit(&address.to_string(), loopback(), &[]).await;
    let mut conn = permit.dial(address.ip(), Duration::from_secs(1)).await.unwrap();
    let mut buffer = vec![0; 100_000];
    let mut total = 0;
    let error = loop {
        match conn.read(&mut buffer).await {
            Ok(read) => total += read,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), std::io::ErrorKind::QuotaExceeded);
    assert_eq!(total, 1024 * 1024);
    let quiet = server(|mut stream| async move {
        let mut sink = vec![0; 65536];
        while stream.read(&mut sink).await.is_ok_and(|read| read > 0) {}
    })
    .await;
    let permit = crate::door::permit(&quiet.to_string(), loopback(), &[]).await;
    let mut conn = permit.dial(quiet.ip(), Duration::from_secs(1)).await.unwrap();
    assert!(conn.write_all(&vec![0; 64 * 1024]).await.is_ok());
    assert!(conn.write_all(&[0]).await.is_err());
}
