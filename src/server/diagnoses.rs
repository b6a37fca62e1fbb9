//! `/api/v1/diagnoses`: a case in, a report out; and what was saved, by its link.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer,
    },
};
use serde_json::{Value, json};

use super::{
    client::client_address, config::Config, extract::Path, json, language::negotiate,
    problem::Problem, state::AppState, ticket::Caller,
};
use crate::{
    api::Export,
    report::{Case, Report},
    store::{Kept, Share, Terms, Token},
};

/// What is posted: a case, and whether to keep the report.
#[derive(Debug)]
pub(super) struct Order {
    case: Case,
    save: bool,
    expires_in_seconds: Option<u64>,
    password: Option<String>,
    burn: bool,
}

/// `POST /api/v1/diagnoses`
pub(super) async fn create(
    State(state): State<AppState>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let lang = negotiate(request.uri(), request.headers());
    let origin = origin_of(&state.config, request.uri(), request.headers());
    // The capabilities of a saved report are in the JSON alone.
    let wanted = Export::accepted(request.headers());
    let client =
        client_address(request.extensions(), request.headers(), &state.config.proxy.trusted);
    let paste = state.config.limits.paste();
    // Two texts, `text` and `facts.notes`, each up to the limit, and the small rest.
    let mut order: Order = json::read(request, 2 * paste + 64 * 1024).await?;
    state.check_case(&mut order.case)?;
    if order.save {
        state.may_write(client)?;
    }
    let report = state.diagnose(order.case, lang).await?;
    if let Some(export) = wanted.filter(|_| !order.save) {
        return Ok(export.answer(&report, None));
    }
    let mut answer = to_json(&report)?;
    if order.save {
        let now = state.now();
        let expires_at = state.expiry(now, order.expires_in_seconds.map(Duration::from_secs));
        let lock = match &order.password {
            Some(password) if !password.is_empty() => Some(state.links.locks.hash(password).await?),
            _ => None,
        };
        let terms = Terms { now, expires_at, lock, burns: order.burn };
        let kept = Kept::Report(Box::new(report.clone()));
        let share = state.keep(kept, &BTreeSet::new(), &terms, client).await?;
        if !order.burn {
            let link = format!("{origin}/d/{}", share.view.as_str());
            state.announce_saved(&share, &report, link).await;
        }
        if let Value::Object(members) = &mut answer {
            members.insert("share".to_owned(), share_json(&share, &origin));
        }
    }
    let mut response = Json(answer).into_response();
    if order.save {
        // The answer carries capabilities.
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    Ok(response)
}

/// `GET /api/v1/diagnoses/{token}`, with a view or answer token: JSON, or by ending or `Accept`
/// Markdown, CSV or a picture.
pub(super) async fn read(
    State(state): State<AppState>,
    Path(named): Path<String>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (token, export) = Export::wanted(&named, &headers);
    let token = Token::parse(token).ok_or_else(Problem::not_found)?;
    let (_, report) = state.admit(&token, &caller).await?;
    match export {
        Some(export) => Ok(export.answer(&report, None)),
        None => Ok(Json(to_json(&report)?).into_response()),
    }
}

/// `DELETE /api/v1/diagnoses/{token}`, with a manage token.
pub(super) async fn delete(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<StatusCode, Problem> {
    let token = Token::parse(&token).ok_or_else(Problem::not_found)?;
    state.revoke(&token).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn to_json(report: &Report) -> Result<Value, Problem> {
    serde_json::to_value(report).map_err(|error| {
        tracing::error!(%error, "a report does not serialise");
        Problem::internal()
    })
}

pub(super) fn share_json(share: &Share, origin: &str) -> Value {
    let (view, manage) = (share.view.as_str(), share.manage.as_str());
    let mut links = json!({
        "view": format!("{origin}/d/{view}"),
        "manage": format!("{origin}/manage/{manage}"),
        "view_token": view,
        "manage_token": manage,
        "expires_at": share.expires_at,
    });
    if let (Some(answer), Value::Object(members)) = (&share.answer, &mut links) {
        let answer = answer.as_str();
        members.insert("answer".to_owned(), json!(format!("{origin}/d/{answer}")));
        members.insert("answer_token".to_owned(), json!(answer));
    }
    links
}

/// What links begin with: `base_url`, else the name we were called by, else nothing.
///
/// The name has passed the allow-list of hosts, so that a link never leads elsewhere.
pub fn origin_of(config: &Config, uri: &Uri, headers: &HeaderMap) -> String {
    let called = || uri.authority().map(|host| host.as_str().to_owned());
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    match &config.base_url {
        Some(base) => base.origin(),
        None => called().or_else(host).map(|host| format!("http://{host}")).unwrap_or_default(),
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(OrderVisitor)
    }
}

/// Reads a case and takes out what is ours on the way. A flattened field would do the same, and
/// lose the line and column of every error, and the refusal of unknown fields with it.
struct OrderVisitor;

impl<'de> Visitor<'de> for OrderVisitor {
    type Value = Order;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a case, which is an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Order, A::Error> {
        let mut ours = Ours::default();
        let case =
            Case::deserialize(MapAccessDeserializer::new(WithoutOurs { map, ours: &mut ours }))?;
        Ok(Order {
            case,
            save: ours.save.unwrap_or(false),
            expires_in_seconds: ours.expires_in_seconds,
            password: ours.password,
            burn: ours.burn,
        })
    }
}

/// What an order holds besides the case.
#[derive(Default)]
struct Ours {
    save: Option<bool>,
    expires_in_seconds: Option<u64>,
    password: Option<String>,
    burn: bool,
}

struct WithoutOurs<'a, A> {
    map: A,
    ours: &'a mut Ours,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutOurs<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            match key.as_str() {
                "save" if self.ours.save.is_some() => {
                    return Err(A::Error::duplicate_field("save"));
                }
                "save" => self.ours.save = Some(self.map.next_value()?),
                "expires_in_seconds" => {
                    self.ours.expires_in_seconds = Some(self.map.next_value()?);
                }
                "password" => self.ours.password = self.map.next_value()?,
                "burn" => self.ours.burn = self.map.next_value()?,
                _ => return seed.deserialize(key.into_deserializer()).map(Some),
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Lang;

    fn said(text: &str) -> Value {
        let problem = json::parse::<Order>(text.as_bytes()).unwrap_err();
        problem.with("lang", Lang::En.tag()).members()
    }

    #[test]
    fn a_case_may_ask_to_be_saved() {
        let order: Order =
            json::parse(br#"{"text": "x", "save": true, "facts": {"phase": "idle"}}"#).unwrap();
        assert!(order.save);
        assert_eq!(order.case.facts.phase.as_deref(), Some("idle"));
        assert!(!json::parse::<Order>(b"{}").unwrap().save);
    }

    #[test]
    fn an_error_names_field_line_and_column() {
        let cases = [
            ("{\n  \"txt\": \"x\"\n}", "unknown-field", json!("txt"), 2),
            ("{\"facts\": {\n\"fase\": \"idle\"}}", "unknown-field", json!("facts.fase"), 2),
            (
                "{\n\n\"facts\": {\"after_seconds\": \"60\"}}",
                "wrong-value",
                json!("facts.after_seconds"),
                3,
            ),
            ("{\"save\": 1}", "wrong-value", json!("save"), 1),
            ("{\"lang\": \"fr\"}", "wrong-value", json!("lang"), 1),
            ("{\"text\": ", "bad-json", json!("text"), 1),
            ("[]", "wrong-value", Value::Null, 1),
            ("{} {}", "bad-json", Value::Null, 1),
        ];
        for (text, kind, field, line) in cases {
            let said = said(text);
            assert_eq!(said["type"], format!("urn:hangup:problem:{kind}"), "{text}: {said}");
            assert_eq!(said["field"], field, "{text}: {said}");
            assert_eq!(said["line"], line, "{text}: {said}");
            assert!(said["column"].is_number(), "{text}: {said}");
        }
    }

    #[test]
    fn what_nests_too_deep_is_refused_before_it_is_read() {
        let deep = format!("{{\"text\": {}{}}}", "[".repeat(40), "]".repeat(40));
        assert_eq!(said(&deep)["type"], "urn:hangup:problem:too-deep");
        let brackets_in_text = format!("{{\"text\": \"{}\"}}", "[\\\"".repeat(100));
        assert!(json::parse::<Order>(brackets_in_text.as_bytes()).is_ok());
    }
}
