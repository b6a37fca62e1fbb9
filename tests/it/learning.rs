//! What a server learns counts at once, and so does what it forgets.

use serde_json::{Value, json};

use crate::{
    serving::Server,
    ticket::{Saved, save},
};

const TOKEN: &str = "a-token-of-twenty-four-ch";

/// The diagnosis of a case like the one that was saved.
fn diagnosed(server: &Server) -> Value {
    let order = json!({
        "text": "upstream prematurely closed connection while reading response header from upstream",
        "facts": { "phase": "reuse_keepalive", "scope": "all", "stack": ["nginx", "node"] },
    });
    let (status, report) = server.post("/api/v1/diagnoses", &order);
    assert_eq!(status, 200, "{report}");
    report
}

/// Says that the first fix of the report worked, or not; gives the cause that this is about.
fn checked(server: &Server, saved: &Saved, worked: bool) -> String {
    let (_, report) = server.get(&format!("/api/v1/diagnoses/{}", saved.view));
    let fix = &report["fixes"][0];
    let order = json!({ "who": "ops", "fix": fix["id"], "worked": worked });
    let path = format!("/api/v1/diagnoses/{}/checks", saved.answer);
    let (status, said) = server.post(&path, &order);
    assert_eq!(status, 202, "{said}");
    fix["cause"].as_str().unwrap().to_owned()
}

fn form(server: &Server, path: &str, cookie: &str, body: &str) -> String {
    let kind = "Content-Type: application/x-www-form-urlencoded";
    server.ask(&format!("POST {path} HTTP/1.1\r\n{kind}\r\nCookie: {cookie}"), body)
}

#[test]
fn a_confirmed_cause_counts_from_the_next_diagnosis_and_a_forgotten_one_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let settings = [("HANGUP_LEARNING_STRENGTH", "20"), ("HANGUP_ADMIN_TOKEN", TOKEN)];
    let server = Server::start_with(dir.path(), &settings);
    assert!(diagnosed(&server)["learned"].is_null());
    let (first, second) = (save(&server, &json!({})), save(&server, &json!({})));
    let cause = checked(&server, &first, true);
    assert_eq!(diagnosed(&server)["learned"]["cases"], 1);
    checked(&server, &second, true);
    let learned = diagnosed(&server)["learned"].clone();
    assert_eq!((&learned["cases"], &learned["of_this_cause"]), (&json!(2), &json!(2)));
    assert!(learned["after"].as_f64().unwrap() > learned["before"].as_f64().unwrap(), "{learned}");

    // A later look that denies it takes it back.
    checked(&server, &second, false);
    assert_eq!(diagnosed(&server)["learned"]["cases"], 1);

    // The operator forgets another cause, then this one.
    let entered = form(&server, "/admin/enter", "", &format!("token={TOKEN}"));
    let cookie = entered.split("admin=").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    let cookie = format!("admin={cookie}");
    form(&server, "/admin/learning/forget", &cookie, "cause=another");
    assert_eq!(diagnosed(&server)["learned"]["cases"], 1);
    form(&server, "/admin/learning/forget", "", &format!("cause={cause}"));
    assert_eq!(diagnosed(&server)["learned"]["cases"], 1, "a stranger forgets nothing");
    form(&server, "/admin/learning/forget", &cookie, &format!("cause={cause}"));
    assert!(diagnosed(&server)["learned"].is_null());
}
