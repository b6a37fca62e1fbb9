//! What strangers send: more than their share, what makes no sense, what nobody should keep.

use std::sync::Arc;

use axum::{body::Body, http::Method};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    guard_tests::{FORM, JSON, api, save, state_in},
    tests::{call, engine, get_path, post_json, state_of},
    *,
};
use crate::server::{Config, client::Peer};

#[tokio::test]
async fn an_answer_token_makes_no_report_grow_without_bound() {
    let dir = tempfile::tempdir().unwrap();
    let app = router(state_in(dir.path()).await);
    let share = save(&app, json!({})).await;
    let add = format!("{}/observations", api(&share, "answer_token"));
    let fact = |n: usize| {
        let raw = format!("{n} {}", "x".repeat(1_900));
        json!({ "variable": "component", "value": format!("name-{n}"), "source": "collect", "raw": raw })
    };
    let mut said = Vec::new();
    for vantage in 0..8 {
        let facts: Vec<Value> = (0..40).map(fact).collect();
        let order = json!({ "vantage": format!("m{vantage}"), "observations": facts });
        said.push(post_json(&app, &add, &order).await);
    }
    let (first, last) = (&said[0], said.last().unwrap());
    assert_eq!(first.status, 201, "{}", first.text);
    assert_eq!((last.status, last.header("content-type")), (409, "application/problem+json"));
    assert_eq!(last.json()["type"], "urn:hangup:problem:too-many-facts");
    let read = get_path(&app, &api(&share, "view_token")).await;
    assert!(read.text.len() < 2 * 1024 * 1024, "{}", read.text.len());
    // What takes the place of something else may still come.
    let again = json!({ "vantage": "m0", "observations": [fact(0)] });
    assert_eq!(post_json(&app, &add, &again).await.status, 201);
    let same = json!({ "vantage": "other", "observations": vec![fact(1); 200] });
    let read = post_json(&app, &add, &same).await;
    assert_eq!(read.status, 201, "two hundred times the same is said once: {}", read.text);
}

#[tokio::test]
async fn a_program_is_refused_what_the_command_line_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let app = router(state_in(dir.path()).await);
    let names = vec!["x"; 101];
    let fact = json!({ "variable": "component", "value": "nginx", "source": "collect" });
    let other = json!({ "variable": "nonsense", "value": "nginx", "source": "collect" });
    for (case, field) in [
        (json!({ "facts": { "phase": "nonsense" } }), "facts.phase"),
        (json!({ "facts": { "scope": "nonsense" } }), "facts.scope"),
        (json!({ "answers": { "NOPE": "x" } }), "answers.NOPE"),
        (json!({ "text": "a\u{0}b" }), "text"),
        (json!({ "facts": { "notes": "a\u{0}b" } }), "facts.notes"),
        (json!({ "facts": { "stack": names } }), "facts.stack"),
        (json!({ "facts": { "between": ["x".repeat(101)] } }), "facts.between"),
        (json!({ "target": "x".repeat(2_049) }), "target"),
        (json!({ "observations": vec![fact.clone(); 401] }), "observations"),
        (json!({ "observations": [fact, other] }), "observations[1].variable"),
    ] {
        let said = post_json(&app, "/api/v1/diagnoses", &case).await;
        let told = said.json();
        let is = (said.status, told["field"].as_str(), told["type"].as_str());
        let wrong = "urn:hangup:problem:wrong-value";
        assert_eq!(is, (400, Some(field), Some(wrong)), "{}", said.text);
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.ends_with('.') && detail.len() < 2_000, "{detail}");
    }
    let kept = json!({ "facts": { "phase": "reuse_keepalive", "after_seconds": 60, "scope": "all",
        "stack": ["nginx", "our-own-thing"], "between": ["aws-alb"], "notes": "隔 60 秒断一次" },
        "target": "app.example.com:443", "lang": "en" });
    assert_eq!(post_json(&app, "/api/v1/diagnoses", &kept).await.status, 200);
}

#[tokio::test]
async fn pages_keep_to_the_length_of_a_paste_that_is_set() {
    let mut config = Config::default();
    config.limits.paste_bytes = 2_048;
    let app = router(state_of(config).with_diagnostician(Arc::new(engine())));
    let text = "x".repeat(3_000);
    let headers = [FORM, ("accept", "text/html")];
    let page = call(&app, Method::POST, "/start", &headers, format!("text={text}")).await;
    assert!(page.status == 413 && page.text.contains("2 KiB"), "{}", page.status);
    let said = post_json(&app, "/api/v1/diagnoses", &json!({ "text": text })).await;
    assert_eq!(said.status, 413);
}

#[tokio::test]
async fn no_secret_in_a_target_a_stack_or_a_fact_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let app = router(state_in(dir.path()).await);
    let secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let fact =
        json!({ "variable": "component", "value": secret, "source": "collect", "vantage": secret });
    let share = save(
        &app,
        json!({
            "target": "https://app.example.com/cb?access_token=hunter2hunter2",
            "facts": { "stack": [secret], "between": [secret] },
            "observations": [fact],
        }),
    )
    .await;
    let add = format!("{}/observations", api(&share, "answer_token"));
    let order = json!({ "vantage": secret, "observations": [fact] });
    assert_eq!(post_json(&app, &add, &order).await.status, 201);
    let api = api(&share, "view_token");
    let page = format!("/d/{}", share["view_token"].as_str().unwrap());
    for path in [api.clone(), format!("{api}.md"), page.clone(), format!("{page}/report.md")] {
        let read = get_path(&app, &path).await;
        assert_eq!(read.status, 200, "{path}");
        assert!(
            !read.text.contains("hunter2") && !read.text.contains(secret),
            "{path}: {}",
            read.text
        );
    }
    assert_eq!(get_path(&app, &api).await.json()["case"]["target"], "https://app.example.com/cb");
    // SQLite keeps its last pages in the log beside it.
    for file in ["hangup.sqlite", "hangup.sqlite-wal"] {
        let bytes = std::fs::read(dir.path().join(file)).unwrap_or_default();
        let holds = |word: &str| bytes.windows(word.len()).any(|w| w == word.as_bytes());
        assert!(!holds(secret) && !holds("hunter2"), "{file}");
    }
}

/// A request of `client` with a body that never comes.
fn waiting(client: [u8; 4]) -> Request {
    let body = Body::from_stream(futures::stream::pending::<Result<&[u8], std::io::Error>>());
    let request = Request::post("/api/v1/diagnoses").header(JSON.0, JSON.1).body(body);
    let mut request = request.unwrap();
    request.extensions_mut().insert(Peer((client, 1).into()));
    request
}

#[tokio::test]
async fn slow_bodies_hold_up_nobody_else() {
    let app = router(state_of(Config::default()));
    let slow: Vec<_> =
        (0..600).map(|_| tokio::spawn(app.clone().oneshot(waiting([192, 0, 2, 1])))).collect();
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    let refused = slow.iter().filter(|task| task.is_finished()).count();
    assert_eq!(refused, 600 - 64, "one client has so many bodies under way");
    assert_eq!(app.clone().oneshot(waiting([192, 0, 2, 1])).await.unwrap().status(), 429);
    for path in ["/healthz", "/readyz", "/"] {
        assert_eq!(get_path(&app, path).await.status, 200, "{path}");
    }
    let made = post_json(&app, "/api/v1/diagnoses", &json!({})).await;
    assert_eq!(made.status, 200, "the client of this one is another: {}", made.text);
    for task in slow {
        task.abort();
    }
}

#[tokio::test]
async fn health_is_told_where_every_place_is_taken() {
    let mut config = Config::default();
    config.limits.requests = 1;
    let state = state_of(config);
    let app = router(state.clone());
    let place = state.places.enter([192, 0, 2, 1].into()).await.unwrap();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get_path(&app, path).await.status, 200, "{path}");
    }
    assert_eq!(get_path(&app, "/").await.status, 503);
    drop(place);
    assert_eq!(get_path(&app, "/").await.status, 200);
}

#[tokio::test]
async fn saving_has_an_end() {
    let app = router(state_of(Config::default()));
    let mut said = Vec::new();
    for _ in 0..121 {
        let made = post_json(&app, "/api/v1/diagnoses", &json!({ "save": true })).await;
        said.push(made.status);
    }
    assert_eq!((said[119], said[120]), (200, 429), "{said:?}");
    let made = post_json(&app, "/api/v1/diagnoses", &json!({})).await;
    assert_eq!(made.status, 200, "a diagnosis that is not kept goes on");

    let app = router(state_of(Config::default()));
    let sealed = json!({ "sealed": "A".repeat(4 * 1024 * 1024 - 1024) });
    let mut said = Vec::new();
    for _ in 0..17 {
        said.push(post_json(&app, "/api/v1/sealed", &sealed).await);
    }
    let last = said.pop().unwrap();
    assert!(said.iter().all(|made| made.status == 201));
    assert_eq!(last.status, 429, "64 MiB in ten minutes are enough");
    assert!(!last.header("retry-after").is_empty());
}

#[tokio::test]
async fn drafts_count_by_their_bytes() {
    let app = router(state_of(Config::default()).with_diagnostician(Arc::new(engine())));
    let text = "x".repeat(1024 * 1024 - 64);
    let mut said = Vec::new();
    for _ in 0..65 {
        said.push(call(&app, Method::POST, "/start", &[FORM], format!("text={text}")).await.status);
    }
    assert_eq!((said[0], said[63], said[64]), (303, 303, 429), "{said:?}");
}

#[tokio::test]
async fn whatever_is_misspelt_is_a_problem_like_all_others() {
    let mut config = Config::default();
    config.admin.token = Some("a-token-of-twenty-four-ch".into());
    let app = router(state_of(config).with_diagnostician(Arc::new(engine())));
    let unknown = get_path(&app, &format!("/api/v1/diagnoses/{}", "A".repeat(27))).await;
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    let after = format!("/api/v1/diagnoses/{}/events?after=abc", "A".repeat(27));
    for (method, path, status) in [
        (&get, "/api/v1/diagnoses/%FF", 404),
        (&delete, "/api/v1/diagnoses/%FF", 404),
        (&post, "/api/v1/diagnoses/%FF/comments", 404),
        (&get, "/api/v1/diagnoses/%FF/events", 404),
        (&get, "/api/v1/probes/%FF/events", 404),
        (&delete, "/api/v1/probes/%FF", 404),
        (&get, "/d/%FF/report.md", 404),
        (&post, "/d/%FF/unlock", 404),
        (&post, "/d/%FF/open", 404),
        (&post, "/manage/%FF/delete", 404),
        (&get, after.as_str(), 400),
        (&post, "/admin/enter", 415),
    ] {
        let said = call(&app, method.clone(), path, &[JSON], "{}").await;
        assert_eq!(said.status, status, "{path}: {}", said.text);
        assert_eq!(said.header("content-type"), "application/problem+json", "{path}");
        if status == 404 {
            assert_eq!(said.text, unknown.text, "{path}: a misspelt link is an unknown one");
        }
    }
    let said = get_path(&app, &after).await.json()["detail"].as_str().unwrap().to_owned();
    assert!(said.contains("after"), "{said}");
}
