//! `/api/v1/diagnoses/{token}/…`: what a program with an answer token adds to a report, and
//! `/api/v1/sealed`, where a browser keeps what it has encrypted.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use axum::{
    Json,
    body::Body,
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::json;

use super::{
    client::client_address,
    contribution,
    diagnoses::{origin_of, share_json},
    extract::Path,
    json::{self, bad_field},
    problem::Problem,
    state::AppState,
    ticket::Caller,
};
use crate::{
    evidence::{Observation, Source},
    report::Happening,
    store::{Kept, Terms, Token},
};

/// Name of the cookie that holds the key to a locked report.
pub const KEY_COOKIE: &str = "key";
/// The header in which a program sends a report's password.
const PASSWORD_HEADER: &str = "x-report-password";
/// Bytes of a request that holds no text of any length.
const SMALL: usize = 64 * 1024;
/// Bytes of a sealed report: the largest paste, its report, and a third more for the encoding.
const SEALED_BYTES: usize = 4 * 1024 * 1024;
/// Where a fact comes from, and by whom, where nobody says so.
const SOMEWHERE: &str = "collect";

impl FromRequestParts<AppState> for Caller {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        head: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let trusted = &state.config.proxy.trusted;
        // Bytes beyond ASCII are right in a header, and are UTF-8 here.
        let password = head.headers.get(PASSWORD_HEADER);
        let password = password.and_then(|typed| std::str::from_utf8(typed.as_bytes()).ok());
        Ok(Self {
            client: client_address(&head.extensions, &head.headers, trusted),
            key: cookie(&head.headers, KEY_COOKIE),
            password: password.map(str::to_owned),
            proven: None,
        })
    }
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut pairs = pairs.filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AnswersOrder {
    #[serde(default)]
    who: String,
    answers: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommentOrder {
    #[serde(default)]
    who: String,
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FactsOrder {
    #[serde(default)]
    who: String,
    #[serde(default)]
    vantage: String,
    source: Option<Source>,
    text: Option<String>,
    #[serde(default)]
    observations: Vec<Observation>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckOrder {
    #[serde(default)]
    who: String,
    fix: String,
    worked: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SealedOrder {
    sealed: String,
    expires_in_seconds: Option<u64>,
    /// A draft that the sealed report makes needless.
    draft: Option<String>,
}

/// `POST /api/v1/diagnoses/{token}/answers`
pub(super) async fn answers(
    State(state): State<AppState>,
    Path(token): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let order: AnswersOrder = json::read(request, SMALL).await?;
    let happening = state.answers(order.answers)?;
    add(&state, &token, &caller, &order.who, happening).await
}

/// `POST /api/v1/diagnoses/{token}/comments`
pub(super) async fn comments(
    State(state): State<AppState>,
    Path(token): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let order: CommentOrder = json::read(request, SMALL).await?;
    let happening = contribution::comment(&order.text)?;
    add(&state, &token, &caller, &order.who, happening).await
}

/// `POST /api/v1/diagnoses/{token}/observations`
pub(super) async fn observations(
    State(state): State<AppState>,
    Path(token): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let most = state.config.limits.paste() + SMALL;
    let order: FactsOrder = json::read(request, most).await?;
    let vantage = contribution::name("vantage", &order.vantage)?;
    let vantage = if vantage.is_empty() { SOMEWHERE } else { &vantage };
    let happening = if let Some(text) = order.text {
        state.facts_in(&text, vantage)?
    } else {
        let source = order.source.unwrap_or(Source::Collect);
        state.facts(source, vantage, order.observations)?
    };
    add(&state, &token, &caller, &order.who, happening).await
}

/// `POST /api/v1/diagnoses/{token}/checks`
pub(super) async fn checks(
    State(state): State<AppState>,
    Path(token): Path<String>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let order: CheckOrder = json::read(request, SMALL).await?;
    state.may_write(caller.client)?;
    let token = Token::parse(&token).ok_or_else(Problem::not_found)?;
    let who = contribution::name("who", &order.who)?;
    let number = state.check_fix(&token, &caller, &who, &order.fix, order.worked).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "number": number }))).into_response())
}

async fn add(
    state: &AppState,
    token: &str,
    caller: &Caller,
    who: &str,
    happening: Happening,
) -> Result<Response, Problem> {
    state.may_write(caller.client)?;
    let token = Token::parse(token).ok_or_else(Problem::not_found)?;
    let who = contribution::name("who", who)?;
    let number = state.happen(&token, caller, &who, happening).await?;
    Ok((StatusCode::CREATED, Json(json!({ "number": number }))).into_response())
}

/// `POST /api/v1/sealed`: keeps what a browser has encrypted. Nothing in it can be read here.
pub(super) async fn seal(
    State(state): State<AppState>,
    caller: Caller,
    request: Request<Body>,
) -> Result<Response, Problem> {
    state.may_write(caller.client)?;
    let origin = origin_of(&state.config, request.uri(), request.headers());
    let order: SealedOrder = json::read(request, SEALED_BYTES).await?;
    if order.sealed.len() < 32 || URL_SAFE_NO_PAD.decode(&order.sealed).is_err() {
        return Err(bad_field("sealed", "must be base64url", "必须是 base64url"));
    }
    let now = state.now();
    let expires_at = state.expiry(now, order.expires_in_seconds.map(Duration::from_secs));
    let terms = Terms { now, expires_at, lock: None, burns: false };
    let kept = Kept::Sealed(order.sealed);
    let share = state.keep(kept, &BTreeSet::new(), &terms, caller.client).await?;
    if let Some(draft) = order.draft.as_deref().and_then(Token::parse) {
        state.store.forget_draft(&draft).await?;
    }
    Ok((StatusCode::CREATED, Json(share_json(&share, &origin))).into_response())
}
