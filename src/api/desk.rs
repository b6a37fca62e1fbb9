//! The desk: what every page and form works with.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::{
    evidence::Observation,
    knowledge::Text,
    probe::{
        browser::{self, BrowserTarget},
        target::Target,
    },
    report::Diagnostician,
    server::{AppState, Problem},
    store::{StoreError, Token},
};

/// Engine and server, side by side. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The engine with its knowledge, as it stood when the request came.
    pub diagnostician: Arc<Diagnostician>,
    /// Store, probes, configuration.
    pub(super) state: AppState,
}

/// Why something could not be done.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Status of the answer.
    pub status: StatusCode,
    /// One clear sentence.
    pub sentence: Text,
}

impl Desk {
    /// The desk of a server; `None` where it has no knowledge and serves the API alone.
    pub fn of(state: &AppState) -> Option<Self> {
        let diagnostician = state.learner.as_ref()?.now();
        Some(Self { diagnostician, state: state.clone() })
    }

    /// Whom the owners of probed hosts may ask, where the configuration says it.
    pub fn contact(&self) -> Option<String> {
        self.state.config.probe.contact.clone()
    }

    /// Keeps a text for a day and gives the token that brings it back.
    pub async fn keep(&self, text: &str) -> Result<String, Trouble> {
        let token = self.state.store.save_draft(text, self.state.now()).await?;
        Ok(token.as_str().to_owned())
    }

    /// The text kept under `token`, where there is one.
    pub async fn kept(&self, token: Option<&str>) -> Option<String> {
        let token = Token::parse(token?)?;
        self.state.store.load_draft(&token, self.state.now()).await.ok()
    }

    /// The findings kept under `token`, where there are any.
    pub async fn found(&self, token: Option<&str>) -> Option<Vec<Observation>> {
        serde_json::from_str(&self.kept(token).await?).ok()
    }

    /// What the reader's own browser may look at, or why not.
    pub fn browser_target(&self, typed: &str) -> Result<BrowserTarget, Trouble> {
        browser::judge(typed)
            .map_err(|rule| Trouble { status: StatusCode::BAD_REQUEST, sentence: rule.text() })
    }

    /// The address of a file of the site's package: a script, its program, the style.
    pub fn package_file(&self, name: &str) -> String {
        format!("/{}/{name}", self.state.options.site_pkg_dir)
    }

    /// A target in its plain form, `host:port`, or why it is none.
    pub fn read_target(&self, typed: &str) -> Result<String, Trouble> {
        Target::parse(typed).map(|target| target.normalized()).map_err(|invalid| Trouble {
            status: StatusCode::BAD_REQUEST,
            sentence: invalid.rule().text(),
        })
    }
}

impl FromRequestParts<AppState> for Desk {
    type Rejection = Problem;

    async fn from_request_parts(_: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Self::of(state).ok_or_else(Problem::internal)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::NotFound => StatusCode::NOT_FOUND,
            StoreError::Full => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            StoreError::Closed => StatusCode::FORBIDDEN,
            StoreError::Changed | StoreError::TooMuch => StatusCode::CONFLICT,
            _ => {
                tracing::error!(%error, "the store failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, sentence: error.text() }
    }
}

impl From<Problem> for Trouble {
    fn from(problem: Problem) -> Self {
        Self { status: problem.status(), sentence: problem.sentence().clone() }
    }
}

impl From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        Self::from_text(trouble.status, "not-done", trouble.sentence)
    }
}
