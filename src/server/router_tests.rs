//! The real routes, called without a socket.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Method, header},
};
use futures::{FutureExt, future::BoxFuture};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::*;
use crate::{
    knowledge::{Base, Lang},
    report::{Case, Diagnostician},
    server::{Config, Diagnose, InstanceKey, ProbeRequest, ProbeStarter},
    store::{Kept, MemoryStore, Terms},
};

/// The engine without knowledge: it finds nothing, and the report still carries its case.
pub(super) fn engine() -> Diagnostician {
    Diagnostician::new(Arc::new(Base::default())).unwrap()
}

/// Says three things about `good.example` and refuses everything else, as the policy would.
struct Scripted;

impl ProbeStarter for Scripted {
    fn start(
        &self,
        request: ProbeRequest,
        _client: IpAddr,
        _cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<mpsc::Receiver<Value>, Problem>> {
        async move {
            if request.target != "good.example" {
                return Err(Problem::new(StatusCode::FORBIDDEN, "target-denied", "no", "不")
                    .with("rule", "x"));
            }
            let (send, events) = mpsc::channel(4);
            for n in 1..=3 {
                let _ = send.send(json!({ "n": n, "lang": request.lang })).await;
            }
            Ok(events)
        }
        .boxed()
    }
}

pub(super) fn state_of(config: Config) -> AppState {
    let engine = engine();
    let diagnose: Diagnose = Arc::new(move |case, lang| engine.diagnose(case, lang));
    let (store, probes) = (Arc::new(MemoryStore::default()), Some(Arc::new(Scripted) as _));
    AppState::new(config, store, diagnose, probes, InstanceKey::of_this_process().unwrap())
}

fn app() -> Router {
    router(state_of(Config::default()))
}

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: axum::http::HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(super) async fn call(
    app: &Router,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    Answer { status: parts.status.as_u16(), headers: parts.headers, text }
}

pub(super) async fn get_path(app: &Router, path: &str) -> Answer {
    call(app, Method::GET, path, &[("host", "localhost:3000")], Body::empty()).await
}

pub(super) async fn post_json(app: &Router, path: &str, body: &Value) -> Answer {
    let headers = [("host", "localhost:3000"), ("content-type", "application/json")];
    call(app, Method::POST, path, &headers, body.to_string()).await
}

#[tokio::test]
async fn a_saved_report_is_read_by_its_view_token_and_revoked_by_the_other() {
    let app = app();
    let made =
        post_json(&app, "/api/v1/diagnoses", &json!({ "text": "broken pipe", "save": true })).await;
    assert_eq!(made.status, 200, "{}", made.text);
    let made_json = made.json();
    assert_eq!(made_json["case"]["text"], "broken pipe");
    let share = &made_json["share"];
    let view = share["view"].as_str().unwrap().strip_prefix("http://localhost:3000/d/").unwrap();
    let manage = share["manage_token"].as_str().unwrap();
    assert_eq!(share["view_token"], view);

    let read = get_path(&app, &format!("/api/v1/diagnoses/{view}")).await;
    assert_eq!(read.json()["case"]["text"], "broken pipe");
    assert!(read.json().get("share").is_none());
    assert_eq!(read.header("cache-control"), "private, no-store");
    assert!(read.header("x-robots-tag").contains("noindex"));

    let delete = |token: String| {
        let app = app.clone();
        async move {
            call(&app, Method::DELETE, &format!("/api/v1/diagnoses/{token}"), &[], Body::empty())
                .await
                .status
        }
    };
    assert_eq!(delete(view.to_owned()).await, 404, "a view token may change nothing");
    assert_eq!(delete(manage.to_owned()).await, 204);
    assert_eq!(delete(manage.to_owned()).await, 404);
    assert_eq!(get_path(&app, &format!("/api/v1/diagnoses/{view}")).await.status, 404);
}

#[tokio::test]
async fn a_saved_report_is_had_as_markdown_csv_and_picture() {
    let state = state_of(Config::default()).with_diagnostician(Arc::new(engine()));
    let app = router(state);
    let made =
        post_json(&app, "/api/v1/diagnoses", &json!({ "text": "broken pipe", "save": true })).await;
    let view = made.json()["share"]["view_token"].as_str().unwrap().to_owned();
    let api = format!("/api/v1/diagnoses/{view}");
    let page = format!("/d/{view}");
    for (path, media, begins) in [
        (format!("{api}.md"), "text/markdown", "# "),
        (format!("{api}.csv"), "text/csv", "\u{feff}cause,"),
        (format!("{api}.svg"), "image/svg+xml", "<svg "),
        (format!("{api}.json"), "application/json", "{"),
        (format!("{page}/report.md"), "text/markdown", "# "),
        (format!("{page}/evidence.csv"), "text/csv", "\u{feff}cause,"),
        (format!("{page}/badge.svg"), "image/svg+xml", "<svg "),
        (format!("{page}/card.svg?lang=zh-CN"), "image/svg+xml", "<svg "),
    ] {
        let answer = get_path(&app, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.header("content-type").starts_with(media), "{path}");
        assert!(answer.text.starts_with(begins), "{path}: {}", answer.text);
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
        let policy = answer.header("cross-origin-resource-policy");
        let is_picture = media == "image/svg+xml";
        assert_eq!(policy, if is_picture { "cross-origin" } else { "same-origin" }, "{path}");
    }
    let chinese = get_path(&app, &format!("{page}/card.svg?lang=zh-CN")).await;
    assert!(chinese.text.contains("xml:lang=\"zh-CN\""), "{}", chinese.text);
    let headers = [("host", "localhost:3000"), ("accept", "text/markdown")];
    let asked = call(&app, Method::GET, &api, &headers, Body::empty()).await;
    assert!(asked.text.starts_with("# "), "{}", asked.text);
    for path in ["/d/AAAAAAAAAAAAAAAAAAAAAAAAAAA/report.md", "/d/x/card.svg", "/d/x/other.md"] {
        assert_eq!(get_path(&app, path).await.status, 404, "{path}");
    }
}

/// What a page fetches in the background says the language of that page, which may lie in another tab.
#[tokio::test]
async fn only_a_page_that_was_asked_for_in_a_language_is_remembered() {
    let app = router(state_of(Config::default()).with_diagnostician(Arc::new(engine())));
    let made =
        post_json(&app, "/api/v1/diagnoses", &json!({ "text": "broken pipe", "save": true })).await;
    let view = made.json()["share"]["view_token"].as_str().unwrap().to_owned();
    let headers = [("host", "localhost:3000"), ("accept", "text/event-stream")];
    let events = format!("/api/v1/diagnoses/{view}/events?lang=en");
    let head = Request::get(events).header(headers[0].0, headers[0].1);
    let head = head.header(headers[1].0, headers[1].1).body(Body::empty()).unwrap();
    let stream = app.clone().oneshot(head).await.unwrap();
    assert_eq!(stream.status(), 200);
    assert_eq!(stream.headers().get(header::SET_COOKIE), None);
    for path in [format!("/api/v1/diagnoses/{view}.md"), format!("/d/{view}/card.svg")] {
        let answer = get_path(&app, &format!("{path}?lang=en")).await;
        assert_eq!((answer.status, answer.header("set-cookie")), (200, ""), "{path}");
    }
    for path in ["/".to_owned(), "/diagnose".to_owned(), format!("/d/{view}")] {
        let answer = get_path(&app, &format!("{path}?lang=zh-CN")).await;
        assert!(answer.header("set-cookie").starts_with("lang=zh-CN; "), "{path}");
    }
}

#[tokio::test]
async fn every_wrong_token_gets_the_same_answer() {
    let app = app();
    let long = "A".repeat(10_000);
    let unknown = "A".repeat(27);
    let mut said = Vec::new();
    for token in [
        ":token",
        "{token}",
        "%7Btoken%7D",
        "1",
        "-1",
        "%00",
        "..%2f..",
        long.as_str(),
        unknown.as_str(),
    ] {
        let answer = get_path(&app, &format!("/api/v1/diagnoses/{token}")).await;
        assert_eq!(answer.status, 404, "{token:.30}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        said.push(answer.text);
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

#[tokio::test]
async fn a_wrong_case_names_what_is_wrong() {
    let app = app();
    let path = "/api/v1/diagnoses";
    let unknown = post_json(&app, path, &json!({ "facts": { "fase": "idle" } })).await;
    assert_eq!((unknown.status, unknown.json()["field"].as_str()), (400, Some("facts.fase")));
    let negative = post_json(&app, path, &json!({ "facts": { "after_seconds": -1 } })).await;
    assert_eq!(
        (negative.status, negative.json()["field"].as_str()),
        (400, Some("facts.after_seconds"))
    );
    let long = post_json(&app, path, &json!({ "text": "x".repeat(1024 * 1024 + 1) })).await;
    assert_eq!((long.status, long.json()["field"].as_str()), (413, Some("text")));
    let longer = post_json(&app, path, &json!({ "text": "x".repeat(3 * 1024 * 1024) })).await;
    assert_eq!(longer.status, 413);
    let form = call(&app, Method::POST, path, &[("content-type", "text/plain")], "{}").await;
    assert_eq!(form.status, 415);
    let get = call(&app, Method::PUT, path, &[], Body::empty()).await;
    assert_eq!(get.status, 405, "{}", get.text);
    let headers = [("content-type", "application/json"), ("accept-language", "zh-CN")];
    let chinese = call(&app, Method::POST, path, &headers, "{").await;
    assert!(chinese.json()["detail"].as_str().unwrap().starts_with("第 1 行"), "{}", chinese.text);
}

#[tokio::test]
async fn the_largest_body_is_read_and_not_a_byte_more() {
    let app = app();
    let headers = [("content-type", "application/json"), ("content-length", "20000000")];
    let huge =
        call(&app, Method::POST, "/api/v1/diagnoses", &headers, vec![b' '; 20_000_000]).await;
    assert_eq!(huge.status, 413);
    let headers = [("accept", "text/html"), ("content-length", "20000000")];
    let page = call(&app, Method::POST, "/", &headers, vec![b' '; 20_000_000]).await;
    assert_eq!(page.status, 413);
    assert!(page.text.contains("<h1>Too large</h1>"), "{}", page.text);
}

#[tokio::test]
async fn the_language_is_that_of_the_case_then_of_the_request() {
    let app = app();
    let headers = [("content-type", "application/json"), ("accept-language", "zh-CN")];
    let path = "/api/v1/diagnoses";
    assert_eq!(call(&app, Method::POST, path, &headers, "{}").await.json()["lang"], "zh-CN");
    assert_eq!(
        call(&app, Method::POST, path, &headers, r#"{"lang": "en"}"#).await.json()["lang"],
        "en"
    );
}

#[tokio::test]
async fn foreign_hosts_and_foreign_pages_are_turned_away() {
    let app = app();
    let foreign =
        call(&app, Method::GET, "/healthz", &[("host", "evil.example")], Body::empty()).await;
    assert_eq!(foreign.status, 421);
    let headers = [
        ("host", "localhost"),
        ("content-type", "application/json"),
        ("origin", "https://evil.example"),
    ];
    assert_eq!(call(&app, Method::POST, "/api/v1/diagnoses", &headers, "{}").await.status, 403);
    let headers = [("host", "localhost"), ("sec-fetch-site", "cross-site")];
    assert_eq!(call(&app, Method::POST, "/", &headers, Body::empty()).await.status, 403);
}

#[tokio::test]
async fn a_page_has_a_policy_with_the_nonce_of_its_own_scripts() {
    let app = app();
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let page = get_path(&app, "/").await;
        assert_eq!(page.status, 200);
        let policy = page.header("content-security-policy");
        let nonce = policy
            .split("script-src 'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        assert!(page.text.contains(&format!("nonce=\"{nonce}\"")), "{}", page.text);
        assert!(
            !policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        nonces.push(nonce);
    }
    assert_ne!(nonces[0], nonces[1]);
    let health = get_path(&app, "/healthz").await;
    assert!(health.header("content-security-policy").starts_with("default-src 'none'"));
}

#[tokio::test]
async fn what_does_not_exist_is_a_404_for_people_and_for_programs() {
    let app = app();
    assert_eq!(get_path(&app, "/nope").await.status, 404);
    let api = get_path(&app, "/api/v1/nope").await;
    assert_eq!((api.status, api.header("content-type")), (404, "application/problem+json"));
    let chinese = get_path(&app, "/?lang=zh-CN").await;
    assert!(chinese.text.contains("<html lang=\"zh-CN\""), "{}", chinese.text);
    assert!(chinese.header("set-cookie").starts_with("lang=zh-CN;"));
    assert!(chinese.headers.get(header::SET_COOKIE).is_some());
}

#[tokio::test]
async fn probes_are_started_followed_replayed_and_refused() {
    let app = app();
    let started = post_json(&app, "/api/v1/probes", &json!({ "target": "good.example" })).await;
    assert_eq!(started.status, 202, "{}", started.text);
    let events = started.json()["events"].as_str().unwrap().to_owned();
    let whole = get_path(&app, &events).await;
    assert!(whole.header("content-type").starts_with("text/event-stream"));
    assert_eq!(whole.text.matches("data: {").count(), 3, "{}", whole.text);
    assert!(
        whole.text.contains("id: 1\n") && whole.text.contains("\"lang\":\"en\""),
        "{}",
        whole.text
    );
    assert!(
        whole.text.contains("event: end") && whole.text.contains("data: finished"),
        "{}",
        whole.text
    );
    let rest = call(&app, Method::GET, &events, &[("last-event-id", "2")], Body::empty()).await;
    assert_eq!(rest.text.matches("data: {").count(), 1, "{}", rest.text);

    let refused = post_json(&app, "/api/v1/probes", &json!({ "target": "10.0.0.1" })).await;
    assert_eq!((refused.status, refused.json()["rule"].as_str()), (403, Some("x")));
    let no_target = post_json(&app, "/api/v1/probes", &json!({ "targt": "x" })).await;
    assert_eq!((no_target.status, no_target.json()["field"].as_str()), (400, Some("targt")));
    let run = events.trim_end_matches("/events");
    assert_eq!(call(&app, Method::DELETE, run, &[], Body::empty()).await.status, 204);
    assert_eq!(get_path(&app, "/api/v1/probes/unknown/events").await.status, 404);
}

#[tokio::test]
async fn probes_can_be_switched_off() {
    let mut config = Config::default();
    config.probe.enabled = false;
    let app = router(state_of(config));
    let answer = post_json(&app, "/api/v1/probes", &json!({ "target": "good.example" })).await;
    assert_eq!(
        (answer.status, answer.json()["type"].as_str()),
        (403, Some("urn:hangup:problem:probes-off"))
    );
}

#[tokio::test]
async fn a_secret_is_masked_before_it_is_saved() {
    let app = app();
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let case = json!({ "text": format!("reset; Authorization: Bearer {secret}"), "save": true });
    let made = post_json(&app, "/api/v1/diagnoses", &case).await;
    let view = made.json()["share"]["view_token"].as_str().unwrap().to_owned();
    let read = get_path(&app, &format!("/api/v1/diagnoses/{view}")).await;
    assert_eq!(read.status, 200);
    assert!(!read.text.contains(secret), "{}", read.text);
    assert!(read.json()["case"]["text"].as_str().unwrap().starts_with("reset; "), "{}", read.text);
}

#[tokio::test]
async fn operations_can_see_how_it_is() {
    let state = state_of(Config::default());
    let app = router(state.clone());
    assert_eq!(get_path(&app, "/healthz").await.text, "ok\n");
    assert_eq!(get_path(&app, "/readyz").await.status, 200);
    post_json(&app, "/api/v1/diagnoses", &json!({ "save": true })).await;
    let metrics = get_path(&app, "/metrics").await.text;
    for line in [
        "hangup_requests_total{status=\"2xx\"} 3",
        "hangup_reports_saved_total 1",
        "hangup_probes_running 0",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert_eq!(get_path(&app, "/api/openapi.json").await.json()["openapi"], "3.1.0");
    state.stopping.cancel();
    assert_eq!(get_path(&app, "/readyz").await.status, 503);
    assert_eq!(get_path(&app, "/healthz").await.status, 200);
}

#[tokio::test]
async fn links_never_outlive_the_maximum() {
    let state = state_of(Config::default());
    let (now, day) = (1_000, 86_400);
    assert_eq!(state.expiry(now, None), now + 7 * day);
    assert_eq!(state.expiry(now, Some(Duration::from_mins(1))), now + 60);
    assert_eq!(state.expiry(now, Some(Duration::MAX)), now + 30 * day);
    let made = engine().diagnose(&Case::default(), Lang::En);
    let terms = Terms { now, expires_at: now + 1, lock: None, burns: false };
    let share = state.store.save(&Kept::Report(Box::new(made)), &terms).await.unwrap();
    assert!(state.store.open(&share.view, now).await.is_ok());
    assert!(state.store.open(&share.view, now + 1).await.is_err());
}
