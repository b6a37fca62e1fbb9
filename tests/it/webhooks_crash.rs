//! Webhooks of a server that is killed: what was acknowledged is told, with a link that opens.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::mpsc,
    time::Duration,
};

use serde_json::{Value, json};

use crate::{serving::Server, ticket::save};

/// Servers that are killed one after the other, and reports that each of them saves.
const ROUNDS: usize = 6;
const SAVES: usize = 3;

/// One request of a webhook: its number and its body. Answers 200.
fn taken(stream: TcpStream) -> Option<(String, Value)> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut length, mut number) = (0, String::new());
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok()?;
        }
        if let Some(value) = line.strip_prefix("x-hangup-delivery: ") {
            value.clone_into(&mut number);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    Some((number, serde_json::from_slice(&body).ok()?))
}

/// Everything that comes in at `address`, until the test is over.
fn listen(address: SocketAddr) -> mpsc::Receiver<(String, Value)> {
    let listener = TcpListener::bind(address).unwrap();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            if let Some(told) = taken(stream)
                && send.send(told).is_err()
            {
                return;
            }
        }
    });
    receive
}

fn start(dir: &Path, receiver: SocketAddr) -> Server {
    let webhooks = format!("[{{ name = 'x', kind = 'generic', url = 'http://{receiver}/hook' }}]");
    Server::start_with(dir, &[("HANGUP_WEBHOOKS", &webhooks)])
}

/// Whether any file of the database holds `text` in the clear.
fn is_on_disk(dir: &Path, text: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|file| {
        let bytes = std::fs::read(file.unwrap().path()).unwrap_or_default();
        bytes.windows(text.len()).any(|part| part == text.as_bytes())
    })
}

#[test]
fn a_killed_server_tells_everything_that_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    // The port of a receiver that is down, until the last server has started.
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut views = BTreeSet::new();
    let mut last = None;
    for _ in 0..ROUNDS {
        let server = start(dir.path(), receiver);
        for _ in 0..SAVES {
            let saved = save(&server, &json!({}));
            views.insert(saved.view.clone());
            last = Some(saved);
        }
        server.signal("-KILL");
    }
    for view in &views {
        assert!(!is_on_disk(dir.path(), view), "a token lies on the disk in the clear");
    }

    let told = listen(receiver);
    let server = start(dir.path(), receiver);
    let mut open = views.clone();
    let mut numbers = BTreeSet::new();
    while !open.is_empty() {
        let (number, body) = told.recv_timeout(Duration::from_mins(2)).unwrap();
        assert_eq!(body["event"], "saved");
        let link = body["link"].as_str().unwrap();
        open.remove(link.rsplit('/').next().unwrap());
        numbers.insert(number);
    }
    assert_eq!(numbers.len(), views.len(), "each has a number of its own, also over restarts");

    // What happens later is told with a link that opens, though only a hash of its token is kept.
    let saved = last.unwrap();
    let comment = json!({ "who": "ops", "text": "we look" });
    let (status, said) =
        server.post(&format!("/api/v1/diagnoses/{}/comments", saved.answer), &comment);
    assert_eq!(status, 201, "{said}");
    let (_, body) = told.recv_timeout(Duration::from_mins(1)).unwrap();
    assert_eq!((&body["event"], &body["who"]), (&json!("answered"), &json!("ops")));
    assert!(body["link"].as_str().unwrap().ends_with(&format!("/d/{}", saved.view)), "{body}");
}
