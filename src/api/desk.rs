//! The desk: what every page and form works with.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc};

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};

use crate::{
    evidence::Observation,
    knowledge::{Lang, Text},
    probe::{
        browser::{self, BrowserTarget},
        target::Target,
    },
    report::{Case, Diagnostician, Reading, Report, Unmasked},
    server::{AppState, Problem, client_address},
    store::{StoreError, Token},
};

/// Engine and server, side by side. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The engine with its knowledge, as it stood when the request came.
    pub diagnostician: Arc<Diagnostician>,
    /// Store, probes, configuration.
    pub(super) state: AppState,
    /// Whom it works for, as far as that is known; what is kept is counted by it.
    client: IpAddr,
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
        let client = IpAddr::from([127, 0, 0, 1]);
        Some(Self { diagnostician, state: state.clone(), client })
    }

    /// The same desk, working for whoever sent a request with this head.
    #[must_use]
    pub fn for_visitor(mut self, head: &Parts) -> Self {
        let trusted = &self.state.config.proxy.trusted;
        self.client = client_address(&head.extensions, &head.headers, trusted);
        self
    }

    /// Whom the owners of probed hosts may ask, where the configuration says it.
    pub fn contact(&self) -> Option<String> {
        self.state.config.probe.contact.clone()
    }

    /// Makes the report of a case in `lang`, without the steps in `skipped`, away from the threads that
    /// serve connections.
    pub async fn diagnose_after(
        &self,
        case: &Case,
        skipped: &BTreeSet<String>,
        lang: Lang,
    ) -> Result<Report, Problem> {
        let (doctor, case, skipped) =
            (Arc::clone(&self.diagnostician), case.clone(), skipped.clone());
        self.state.diagnose_with(move || doctor.diagnose_after(&case, &skipped, lang)).await
    }

    /// `report` without its secrets, masked there too.
    pub async fn masked(&self, report: Report) -> Result<Report, Problem> {
        let masked = self.state.work(move || report.masked()).await?;
        Ok(masked.map_err(StoreError::from)?.0)
    }

    /// What a pasted text says, read there too.
    pub async fn reading(&self, text: &str, lang: Lang) -> Result<Reading, Problem> {
        let (doctor, text) = (Arc::clone(&self.diagnostician), text.to_owned());
        self.state.work(move || doctor.reading(&text, lang)).await
    }

    /// The same case, told in the reader's language.
    pub async fn in_language(&self, mut report: Report, lang: Lang) -> Result<Report, Problem> {
        if report.lang != lang {
            report.case.lang = None;
            report = self.diagnose_after(&report.case, &BTreeSet::new(), lang).await?;
        }
        Ok(report)
    }

    /// Bytes of one pasted text that are read.
    pub fn paste_bytes(&self) -> usize {
        self.state.config.limits.paste()
    }

    /// Keeps a text for a day and gives the token that brings it back.
    pub async fn keep(&self, text: &str) -> Result<String, Trouble> {
        self.state.may_keep(self.client, text.len())?;
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

    async fn from_request_parts(head: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self::of(state).ok_or_else(Problem::internal)?.for_visitor(head))
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

impl From<Unmasked> for Trouble {
    fn from(error: Unmasked) -> Self {
        StoreError::from(error).into()
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
