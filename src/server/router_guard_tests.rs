//! What strangers try: wrong and right passwords, links of others.

use std::{path::Path, sync::Arc};

use axum::{body::Body, http::Method};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{
    tests::{Answer, call, engine, get_path, post_json, state_of},
    *,
};
use crate::{
    knowledge::{built_in, load},
    report::Diagnostician,
    server::{Config, Diagnose, InstanceKey},
    store::{SqliteStore, Token},
};

pub(super) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
pub(super) const JSON: (&str, &str) = ("content-type", "application/json");

/// A server with the built-in knowledge and a database in `dir`.
pub(super) async fn state_in(dir: &Path) -> AppState {
    let engine = Arc::new(Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());
    let pages = Arc::clone(&engine);
    let diagnose: Diagnose = Arc::new(move |case, lang| engine.diagnose(case, lang));
    let store = Arc::new(SqliteStore::open(dir, None).await.unwrap());
    let key = InstanceKey::of_this_process().unwrap();
    AppState::new(Config::default(), store, diagnose, None, key).with_diagnostician(pages)
}

/// Saves a report; `more` are members of the order besides the text.
pub(super) async fn save(app: &Router, more: Value) -> Value {
    let mut order = json!({ "text": "broken pipe", "save": true });
    order.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    let made = post_json(app, "/api/v1/diagnoses", &order).await;
    assert_eq!(made.status, 200, "{}", made.text);
    made.json()["share"].clone()
}

pub(super) fn api(share: &Value, which: &str) -> String {
    format!("/api/v1/diagnoses/{}", share[which].as_str().unwrap())
}

async fn unlock(app: &Router, share: &Value, password: &str) -> Answer {
    let path = format!("/d/{}/unlock", share["view_token"].as_str().unwrap());
    call(app, Method::POST, &path, &[FORM], format!("password={password}")).await
}

#[tokio::test]
async fn a_key_opens_no_report_that_came_after() {
    let dir = tempfile::tempdir().unwrap();
    let app = router(state_in(dir.path()).await);
    let first = save(&app, json!({ "password": "one" })).await;
    for _ in 0..8 {
        assert_eq!(unlock(&app, &first, "wrong").await.status, 403);
    }
    assert_eq!(unlock(&app, &first, "one").await.status, 429);
    let gone = call(&app, Method::DELETE, &api(&first, "manage_token"), &[], Body::empty()).await;
    assert_eq!(gone.status, 204);

    // It gets the number of the first, as SQLite counts; neither wrong tries nor keys go with that.
    let second = save(&app, json!({ "password": "two" })).await;
    let opened = unlock(&app, &second, "two").await;
    assert_eq!(opened.status, 303, "{}", opened.text);
    let cookie = opened.header("set-cookie").split(';').next().unwrap().to_owned();
    let with_key = [("cookie", cookie.as_str())];
    let read = |share: Value| {
        let (app, path) = (app.clone(), api(&share, "view_token"));
        async move { call(&app, Method::GET, &path, &with_key, Body::empty()).await.status }
    };
    assert_eq!(read(second.clone()).await, 200);
    call(&app, Method::DELETE, &api(&second, "manage_token"), &[], Body::empty()).await;
    let third = save(&app, json!({ "password": "three" })).await;
    assert_eq!(read(third).await, 403, "the key of a report that is gone opens another one");

    let open = save(&app, json!({})).await;
    let none = unlock(&app, &open, "x").await;
    assert_eq!((none.status, none.header("set-cookie")), (303, ""), "there is nothing to unlock");
}

#[tokio::test]
async fn right_passwords_are_no_wrong_ones() {
    let dir = tempfile::tempdir().unwrap();
    let app = router(state_in(dir.path()).await);
    let share = save(&app, json!({ "password": "三只猫" })).await;
    let with = |method: Method, path: String, body: Value| {
        let app = app.clone();
        let headers = [("x-report-password", "三只猫"), JSON];
        async move { call(&app, method, &path, &headers, body.to_string()).await.status }
    };
    for _ in 0..12 {
        let read = with(Method::GET, api(&share, "view_token"), Value::Null).await;
        assert_eq!(read, 200, "a password that is not ASCII is sent as UTF-8");
    }
    let comments = format!("{}/comments", api(&share, "answer_token"));
    for _ in 0..12 {
        assert_eq!(with(Method::POST, comments.clone(), json!({ "text": "x" })).await, 201);
    }
    let at_once = (0..12).map(|_| with(Method::GET, api(&share, "view_token"), Value::Null));
    let said = futures::future::join_all(at_once).await;
    assert!(said.iter().all(|status| *status == 200), "{said:?}");
}

#[tokio::test]
async fn a_stream_says_gone_only_where_the_report_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let mut state = state_in(dir.path()).await;
    let broken = SqliteStore::open(dir.path(), None).await.unwrap();
    state.store = Arc::new(broken.clone());
    let app = router(state.clone());
    let share = save(&app, json!({})).await;
    let follow = || {
        let path = format!("{}/events", api(&share, "view_token"));
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap())
    };
    let id = {
        let view = Token::parse(share["view_token"].as_str().unwrap()).unwrap();
        state.store.open(&view, state.now()).await.unwrap().id
    };
    let mut events = follow().await.unwrap().into_body();
    broken.close().await;
    state.links.notices.tell(id, 1, crate::server::What::Answered);
    let heard = tokio::time::timeout(std::time::Duration::from_millis(500), events.frame()).await;
    assert!(heard.is_err(), "the database is away, the report is not: {heard:?}");
    state.stopping.cancel();
    let rest = events.collect().await.unwrap().to_bytes();
    assert!(!String::from_utf8_lossy(&rest).contains("gone"), "{rest:?}");
}

#[tokio::test]
async fn comparing_is_no_way_to_guess() {
    let app = router(state_of(Config::default()).with_diagnostician(Arc::new(engine())));
    let mut said = Vec::new();
    for guess in 0..70 {
        let token = format!("{:A<27}", format!("guess{guess}"));
        said.push(get_path(&app, &format!("/compare?a={token}&b={token}")).await.status);
    }
    assert_eq!((said[0], said.last()), (404, Some(&429)), "{said:?}");
}
