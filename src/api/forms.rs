//! The forms that carry text: the start, and whatever is added later.

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt;

use crate::{
    probe::target::Target,
    server::{AppState, Problem, negotiate},
    ui::{
        i18n::Texts,
        pages::Rejected,
        state::{Wizard, decode},
    },
};

use super::{Desk, Trouble};

/// How the first page's form ends.
pub enum Start {
    /// The address to go on at.
    Go(String),
    /// The page again: why, and everything that had been typed.
    Again(StatusCode, Rejected),
}

/// Reads the form of the first page.
pub async fn read_start(desk: &Desk, texts: Texts, body: &str) -> Start {
    // Measured before anything else: a paste of 10 MB is not worth a second look.
    let fields = decode(body);
    let raw = |name: &str| {
        let value = fields.iter().find(|(key, _)| key == name);
        value.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let again = |status, sentence| {
        Start::Again(status, Rejected { sentence, text: raw("text"), target: raw("target") })
    };
    if let Some(trouble) = Trouble::with_text(&raw("text"), texts) {
        return again(trouble.status, trouble.sentence);
    }
    let wizard = Wizard::parse(body);
    if wizard.is_empty() {
        return again(StatusCode::BAD_REQUEST, texts.t("empty-start"));
    }
    if let Some(Err(invalid)) = wizard.case.target.as_deref().map(Target::parse) {
        return again(StatusCode::BAD_REQUEST, invalid.reason(texts.0).to_owned());
    }
    match desk.address(wizard, texts).await {
        Ok(address) => Start::Go(address),
        Err(trouble) => again(trouble.status, trouble.sentence),
    }
}

/// `POST /add`: the state of the wizard with more or other text, notes or target.
pub async fn add(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::read(&state, request).await?;
    let Asked { desk, texts, body, .. } = &asked;
    let mut wizard = Wizard::parse(body);
    let pairs = decode(body);
    let more = pairs.iter().find(|(key, _)| key == "more").map(|(_, value)| value.trim());
    if wizard.case.text.is_none() {
        wizard.case.text = desk.draft(wizard.draft.take().as_deref()).await;
    }
    wizard.draft = None;
    if let Some(more) = more.filter(|more| !more.is_empty()) {
        let text = wizard.case.text.get_or_insert_default();
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&more.replace("\r\n", "\n"));
    }
    let texts_of_case = [&wizard.case.text, &wizard.case.facts.notes];
    for text in texts_of_case.into_iter().flatten() {
        if let Some(trouble) = Trouble::with_text(text, *texts) {
            return Err(trouble.into());
        }
    }
    if let Some(Err(invalid)) = wizard.case.target.as_deref().map(Target::parse) {
        return Err(bad_target(invalid.reason(texts.0)));
    }
    let address = desk.address(wizard, *texts).await?;
    Ok(Redirect::to(&address).into_response())
}

pub(super) fn bad_target(sentence: &str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "target", sentence, sentence)
}

/// A form that was sent, and who sent it.
pub(super) struct Asked {
    pub(super) desk: Desk,
    pub(super) texts: Texts,
    pub(super) head: axum::http::request::Parts,
    pub(super) body: String,
}

impl Asked {
    /// Reads a form. The limits of the router bound its size and its time.
    pub(super) async fn read(state: &AppState, request: Request) -> Result<Self, Problem> {
        let (head, body) = request.into_parts();
        let texts = Texts(negotiate(&head.uri, &head.headers));
        let desk = Desk::of(state).ok_or_else(Problem::internal)?;
        let body = read_body(body).await.map_err(|()| too_large(texts))?;
        Ok(Self { desk, texts, head, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

/// The whole body; fails where it is beyond the router's limit or the client goes away.
pub(super) async fn read_body(body: Body) -> Result<Bytes, ()> {
    body.collect().await.map(http_body_util::Collected::to_bytes).map_err(|_| ())
}

fn too_large(texts: Texts) -> Problem {
    let sentence = texts.t("problem-413");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", sentence.clone(), sentence)
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        // The sentence is in the visitor's language already.
        Self::new(trouble.status, "not-done", trouble.sentence.clone(), trouble.sentence)
    }
}
