//! The ticket through the real server: many at once, streams, and the collector.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::serving::Server;

/// A report that is saved at `server`, with its tokens.
pub(crate) struct Saved {
    pub(crate) view: String,
    pub(crate) answer: String,
    pub(crate) manage: String,
}

/// Saves a diagnosis; `more` are members of the order besides the text.
pub(crate) fn save(server: &Server, more: &Value) -> Saved {
    let mut order = json!({
        "text": "upstream prematurely closed connection while reading response header from upstream",
        "facts": { "phase": "reuse_keepalive", "scope": "all", "stack": ["nginx", "node"] },
        "save": true,
    });
    order.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let (status, answer) = server.post("/api/v1/diagnoses", &order);
    assert_eq!(status, 200, "{answer}");
    let token = |name: &str| answer["share"][name].as_str().unwrap_or_default().to_owned();
    Saved {
        view: token("view_token"),
        answer: token("answer_token"),
        manage: token("manage_token"),
    }
}

fn path(token: &str, what: &str) -> String {
    format!("/api/v1/diagnoses/{token}/{what}")
}

#[test]
fn twenty_answers_of_twenty_clients_at_once_are_all_there() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    // Questions of the built-in knowledge, each with one of its options.
    let questions = server_questions(20);
    std::thread::scope(|scope| {
        for (client, (question, option)) in questions.iter().enumerate() {
            let (server, token) = (&server, &saved.answer);
            scope.spawn(move || {
                let order =
                    json!({ "who": format!("client {client}"), "answers": { question: option } });
                let (status, said) = server.post(&path(token, "answers"), &order);
                assert_eq!(status, 201, "{said}");
            });
        }
    });
    let (status, report) = server.get(&format!("/api/v1/diagnoses/{}", saved.view));
    assert_eq!(status, 200);
    let answers = report["case"]["answers"].as_object().unwrap();
    for (question, option) in &questions {
        assert_eq!(answers[question], *option, "the answer to {question} is lost");
    }
    let told = follow(&server, &saved.view, 20);
    let who: BTreeSet<&str> =
        told.iter().map(|event| event["moment"]["who"].as_str().unwrap()).collect();
    assert_eq!(who.len(), 20, "{who:?}");
    let numbers: Vec<u64> =
        told.iter().map(|event| event["moment"]["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
}

/// Questions that are no opening ones, each with an option of its variable.
fn server_questions(most: usize) -> Vec<(String, String)> {
    let base = hangup::knowledge::load(&[hangup::knowledge::built_in()]).base;
    let questions = base.questions.values().filter(|question| !question.opening);
    let with_option = questions.filter_map(|question| {
        let option = base.variables.get(&question.variable)?.options.first()?;
        Some((question.id.clone(), option.id.clone()))
    });
    let found: Vec<_> = with_option.take(most).collect();
    assert_eq!(found.len(), most);
    found
}

/// The first `count` events of a report's stream, as JSON.
fn follow(server: &Server, token: &str, count: usize) -> Vec<Value> {
    let mut stream = server.connect();
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(token, "events")).unwrap();
    let lines = BufReader::new(stream).lines().map_while(Result::ok);
    let data = lines.filter_map(|line| serde_json::from_str(line.strip_prefix("data: ")?).ok());
    data.take(count).collect()
}

#[test]
fn a_stream_tells_what_comes_goes_on_where_it_was_cut_and_ends_with_its_report() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    let mut stream = server.connect();
    write!(stream, "GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path(&saved.view, "events"))
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let comment = |text: &str| {
        let order = json!({ "who": "<script>", "text": text });
        let (status, said) = server.post(&path(&saved.answer, "comments"), &order);
        assert_eq!(status, 201, "{said}");
    };
    comment("one");
    let first = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).unwrap();
    assert!(first.contains("\"one\"") && first.contains("\"number\":1"), "{first}");
    comment("two");
    comment("three");
    let mut again = server.connect();
    let after = "Last-Event-ID: 2\r\n";
    write!(again, "GET {} HTTP/1.1\r\nHost: localhost\r\n{after}\r\n", path(&saved.view, "events"))
        .unwrap();
    let mut again = BufReader::new(again).lines().map_while(Result::ok);
    let next = again.find_map(|line| line.strip_prefix("data: ").map(str::to_owned)).unwrap();
    assert!(next.contains("\"three\""), "{next}");

    let (status, _) = server.delete(&format!("/api/v1/diagnoses/{}", saved.manage));
    assert_eq!(status, 204);
    let is_end = |line: String| line == "event: end";
    assert!(lines.any(is_end) && again.any(is_end), "a stream did not end");
    let (status, _) = server.get(&format!("/api/v1/diagnoses/{}", saved.view));
    assert_eq!(status, 404);
}

#[test]
fn the_collector_posts_its_facts_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    let link = format!("http://{}/d/{}", server.address, saved.answer);
    let collect = |link: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hangup"));
        let command = command.args(["collect", "--post", link, "--name", "王工"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
    };
    let posted = collect(&link);
    let said = String::from_utf8_lossy(&posted.stderr).into_owned();
    assert_eq!(posted.status.code(), Some(0), "{said}");
    let told = follow(&server, &saved.view, 1);
    assert_eq!(told[0]["moment"]["who"], "王工");
    let (_, report) = server.get(&format!("/api/v1/diagnoses/{}", saved.view));
    let facts = report["case"]["observations"].as_array().unwrap();
    assert!(facts.iter().all(|fact| fact["source"] == "collect"), "{facts:?}");

    let view_only = collect(&format!("http://{}/d/{}", server.address, saved.view));
    assert_eq!(view_only.status.code(), Some(1));
    for wrong in ["ftp://x/d/y", "http://localhost/", "nonsense", "http://127.0.0.1:1/d/x"] {
        let output = collect(wrong);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && said.lines().count() == 1, "{wrong}: {said}");
    }
}

#[test]
fn an_export_does_not_hand_on_the_power_to_answer() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let saved = save(&server, &json!({}));
    let export = |token: &str| server.ask(&format!("GET /d/{token}/report.md HTTP/1.1"), "");
    assert!(export(&saved.view).contains(&format!("/d/{}", saved.view)));
    let answers = export(&saved.answer);
    assert!(answers.starts_with("HTTP/1.1 200") && !answers.contains(&saved.answer), "{answers}");
}
