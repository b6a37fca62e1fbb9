//! A fix that is checked by a probe on a report with a password: the end of the check is an event, though
//! whoever began it is gone by then.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
};

use serde_json::{Value, json};

use crate::{serving::Server, ticket::save};

const PASSWORD: &str = "three cats";

/// Asks with the password, as a program does.
fn ask(server: &Server, method: &str, path: &str, password: &str, body: &Value) -> (u16, String) {
    let kind = "Content-Type: application/json\r\nAccept: application/json";
    let head = format!("{method} {path} HTTP/1.1\r\n{kind}\r\nX-Report-Password: {password}");
    let answer = server.ask(&head, &body.to_string());
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap();
    (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
}

/// The first `count` events of a report that has the password, as JSON.
fn events(server: &Server, token: &str, count: usize) -> Vec<Value> {
    let mut stream = server.connect();
    let path = format!("/api/v1/diagnoses/{token}/events");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Report-Password: {PASSWORD}\r\n\r\n"
    )
    .unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let data = lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
    data.take(count).collect()
}

#[test]
fn a_check_on_a_report_with_a_password_comes_to_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &[("HANGUP_PROBE_ALLOW_LOOPBACK", "true")]);
    // A port that nobody listens on, until the fix.
    let reserved = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = reserved.local_addr().unwrap();
    drop(reserved);
    let refused = json!({
        "variable": "tcp.result", "value": "refused", "source": "probe", "vantage": "server"
    });
    let saved = save(
        &server,
        &json!({
            "text": format!("curl: (7) Failed to connect to {target}: Connection refused"),
            "facts": { "phase": "connect", "scope": "all" },
            "target": target.to_string(),
            "observations": [refused],
            "password": PASSWORD,
        }),
    );
    let report = format!("/api/v1/diagnoses/{}", saved.answer);
    let (status, said) = ask(&server, "GET", &report, PASSWORD, &Value::Null);
    assert_eq!(status, 200, "{said}");
    let read: Value = serde_json::from_str(&said).unwrap();
    let by_tcp = |fix: &&Value| fix["verify_probe"] == "tcp";
    let fix = read["fixes"].as_array().unwrap().iter().find(by_tcp).unwrap()["id"].clone();

    let order = json!({ "who": "王工", "fix": fix });
    let checks = format!("{report}/checks");
    for wrong in ["", "two cats"] {
        assert_eq!(ask(&server, "POST", &checks, wrong, &order).0, 403, "{wrong:?} opens it");
    }
    let mended = TcpListener::bind(target).unwrap();
    let (status, said) = ask(&server, "POST", &checks, PASSWORD, &order);
    assert_eq!(status, 202, "{said}");
    // The request is over; the probe goes on, and ends as an event that a locked report takes.
    let told = events(&server, &saved.view, 2);
    let [tried, checked] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(tried["moment"]["tone"], "busy", "{tried}");
    assert_eq!(checked["moment"]["tone"], "good", "{checked}");
    assert_eq!(checked["moment"]["who"], "王工");
    assert_eq!(checked["state_tone"], "good", "{checked}");
    let sides = checked["moment"]["sides"].as_array().unwrap();
    assert!(sides.iter().any(|side| side["before"] != side["after"]), "{sides:?}");
    drop(mended);
}
