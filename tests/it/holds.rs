//! A thousand idle tests asked for at once, over the API of the program as it is started.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use crate::serving::Server;

const ASKED: usize = 1_000;
/// What one instance holds at once: `probe::budget::Limits`.
const PERMITTED: usize = 20;

/// Keeps every connection and never says a word; the port.
fn silent_server() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        while let Ok((stream, _)) = listener.accept() {
            kept.push(stream);
        }
    });
    port
}

fn open_files(server: &Server) -> usize {
    fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count()
}

/// Asks for an idle test as client number `client` against a target of its own.
fn ask(server: &Server, client: usize, port: u16) -> String {
    let (high, low) = (client / 250, client % 250 + 1);
    let body = format!(
        r#"{{"target": "127.1.{high}.{low}:{port}", "only": ["idle"], "idle_seconds": 120}}"#
    );
    let head = "POST /api/v1/probes HTTP/1.1\r\nContent-Type: application/json";
    let [high, low] = [high, low].map(|part| u8::try_from(part).unwrap());
    server.ask_from(Ipv4Addr::new(127, 2, high, low), head, &body)
}

#[test]
fn of_a_thousand_holds_the_permitted_number_runs_and_all_files_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &[("HANGUP_PROBE_ALLOW_LOOPBACK", "true")]);
    let port = silent_server();
    server.ask("GET /readyz HTTP/1.1", "");
    let baseline = open_files(&server);

    let mut runs = HashMap::new();
    for client in 0..ASKED {
        let answer = ask(&server, client, port);
        if answer.starts_with("HTTP/1.1 202") {
            let id = answer.split("\"id\":\"").nth(1).unwrap().split('"').next().unwrap();
            // A run that nobody follows ends by itself.
            let mut follower = TcpStream::connect(server.address).unwrap();
            write!(follower, "GET /api/v1/probes/{id}/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .unwrap();
            runs.insert(id.to_owned(), follower);
        } else {
            assert!(answer.starts_with("HTTP/1.1 429"), "{answer}");
            let lower = answer.to_ascii_lowercase();
            assert!(lower.contains("retry-after: "), "{answer}");
            assert!(answer.contains("instance_limit"), "{answer}");
        }
    }
    assert_eq!(runs.len(), PERMITTED);
    // Each run and its follower hold at least one socket; a few files of the first request, which
    // still stood when they were counted, may be gone meanwhile.
    let held = wait_until(|| open_files(&server) >= baseline + 2 * PERMITTED - 5);
    assert!(held, "{} open, {baseline} before", open_files(&server));

    for id in runs.keys() {
        let answer = server.ask(&format!("DELETE /api/v1/probes/{id} HTTP/1.1"), "");
        assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    }
    for follower in runs.values_mut() {
        follower.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut said = [0; 4096];
        assert!(follower.read(&mut said).unwrap() > 0);
    }
    drop(runs);
    let back = wait_until(|| open_files(&server) <= baseline);
    assert!(back, "{} files open 5 s after the end, {baseline} before", open_files(&server));
    // And the places are free again.
    let again = ask(&server, ASKED, port);
    assert!(again.starts_with("HTTP/1.1 202"), "{again}");
}

/// Whether `fits` becomes true within the five seconds that P9 of the threat model gives.
fn wait_until(fits: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        if fits() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    fits()
}
