//! Guessed links: every kind of token, every route; and what the answers to them tell.

use serde_json::json;

use crate::{
    serving::Server,
    ticket::{Saved, save},
};

/// More than anybody may get wrong in a minute.
const GUESSES: usize = 110;

/// Every route that a token stands in: method, path with `T` for it, type and body.
const ROUTES: [(&str, &str, &str, &str); 19] = [
    ("GET", "/d/T", HTML, ""),
    ("GET", "/d/T?version=1", HTML, ""),
    ("GET", "/compare?a=T&b=T", HTML, ""),
    ("GET", "/manage/T", HTML, ""),
    ("GET", "/api/v1/diagnoses/T", JSON, ""),
    ("GET", "/api/v1/diagnoses/T.md", JSON, ""),
    ("GET", "/api/v1/diagnoses/T.csv", JSON, ""),
    ("GET", "/api/v1/diagnoses/T/events", JSON, ""),
    ("DELETE", "/api/v1/diagnoses/T", JSON, ""),
    ("POST", "/api/v1/diagnoses/T/answers", JSON, "{\"answers\":{\"process\":\"running\"}}"),
    ("POST", "/api/v1/diagnoses/T/comments", JSON, "{\"text\":\"x\"}"),
    ("POST", "/api/v1/diagnoses/T/observations", JSON, "{\"text\":\"connection refused\"}"),
    ("POST", "/api/v1/diagnoses/T/checks", JSON, "{\"fix\":\"x\",\"worked\":true}"),
    ("POST", "/d/T/answers", FORM, "comment=x"),
    ("POST", "/d/T/observations", FORM, "text=connection+refused"),
    ("POST", "/d/T/verify", FORM, "fix=x&worked=yes"),
    ("POST", "/d/T/open", FORM, ""),
    ("POST", "/d/T/unlock", FORM, "password=x"),
    ("POST", "/manage/T/delete", FORM, ""),
];
const HTML: &str = "text/html";
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// The whole answer to a request of the client `from`.
fn ask(
    server: &Server,
    (method, path, kind, body): (&str, &str, &str, &str),
    token: &str,
    from: &str,
) -> String {
    let path = path.replace('T', token);
    let accept = if kind == FORM { HTML } else { kind };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nContent-Type: {kind}\r\nAccept: {accept}\r\nX-Forwarded-For: {from}"
    );
    server.ask(&head, body)
}

fn status(answer: &str) -> u16 {
    answer.get(9..12).and_then(|status| status.parse().ok()).unwrap()
}

fn start(dir: &std::path::Path) -> Server {
    // Each route is tried by a client of its own.
    Server::start_with(dir, &[("HANGUP_PROXY_TRUSTED", "127.0.0.0/8")])
}

#[test]
fn a_hundred_guesses_at_any_route_end_in_429_and_the_first_ones_in_404() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let saved = save(&server, &json!({}));
    std::thread::scope(|scope| {
        for (at, route) in ROUTES.into_iter().enumerate() {
            let (server, saved) = (&server, &saved);
            scope.spawn(move || {
                let from = format!("203.0.113.{}", at + 1);
                let said: Vec<u16> = (0..GUESSES)
                    .map(|guess| {
                        let token = format!("{:A<27}", format!("guess{at}x{guess}"));
                        status(&ask(server, route, &token, &from))
                    })
                    .collect();
                let first = said.iter().position(|status| *status == 429);
                let first = first.unwrap_or_else(|| panic!("{route:?} is never slowed: {said:?}"));
                assert!(first > 0, "{route:?}");
                assert!(said[..first].iter().all(|status| *status == 404), "{route:?}: {said:?}");
                assert!(said[first..].iter().all(|status| *status == 429), "{route:?}: {said:?}");
                // A hit cannot be told from a miss, whichever token it is.
                let tokens = [&saved.view, &saved.answer, &saved.manage];
                assert!(
                    tokens.iter().all(|token| status(&ask(server, route, token, &from)) == 429)
                );
            });
        }
    });
    assert_eq!(server.get(&format!("/api/v1/diagnoses/{}", saved.view)).0, 200);
}

/// The answer without what differs for its own reasons: the date, the nonce, the id of the request, and
/// the token that was asked for.
fn bare(answer: &str, token: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let nonce =
        body.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("–");
    let changing = ["date:", "x-request-id:"];
    let head: Vec<&str> = head
        .lines()
        .filter(|line| !changing.iter().any(|name| line.to_lowercase().starts_with(name)))
        .collect();
    format!("{}\n\n{body}", head.join("\n")).replace(nonce, "N").replace(token, "TOKEN")
}

#[test]
fn unknown_expired_and_revoked_are_alike_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let server = start(dir.path());
    let expired = save(&server, &json!({ "expires_in_seconds": 1 }));
    let revoked = save(&server, &json!({}));
    let manage = format!("/api/v1/diagnoses/{}", revoked.manage);
    assert_eq!(server.delete(&manage).0, 204);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    for (at, route) in ROUTES.into_iter().enumerate() {
        let from = format!("198.51.100.{}", at + 1);
        let unknown = "AAAAAAAAAAAAAAAAAAAAAAAAAAA";
        let wanted = bare(&ask(&server, route, unknown, &from), unknown);
        assert!(wanted.contains(" 404 "), "{route:?}: {wanted}");
        for Saved { view, answer, manage } in [&expired, &revoked] {
            for token in [view, answer, manage] {
                let said = bare(&ask(&server, route, token, &from), token);
                assert_eq!(said, wanted, "{route:?}");
            }
        }
    }
}
