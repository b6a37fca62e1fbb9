//! The desk: what every page and form works with.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::{
    intake::{MAX_TEXT, PasteError, check_paste},
    report::Diagnostician,
    server::AppState,
    store::StoreError,
    ui::i18n::Texts,
};

/// Engine and server, side by side. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    /// The engine with its knowledge.
    pub diagnostician: Arc<Diagnostician>,
    /// Store, probes, configuration.
    pub(super) state: AppState,
}

/// Why something could not be done, for a page.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// Status of the answer.
    pub status: StatusCode,
    /// One clear sentence, in the visitor's language.
    pub sentence: String,
}

impl Desk {
    /// The desk of a server; `None` where it has no knowledge and serves the API alone.
    pub fn of(state: &AppState) -> Option<Self> {
        let diagnostician = Arc::clone(state.diagnostician.as_ref()?);
        Some(Self { diagnostician, state: state.clone() })
    }

    /// The longest silence that a probe keeps, seconds.
    pub fn longest_silence(&self) -> u64 {
        super::probes::silence(&self.state.config)
    }

    /// Whether live probes can be started here.
    pub fn can_probe(&self) -> bool {
        self.state.probes.is_some()
    }
}

impl Trouble {
    /// What the store could not do.
    pub(super) fn with_store(error: &StoreError, texts: Texts) -> Self {
        let status = match error {
            StoreError::NotFound => StatusCode::NOT_FOUND,
            StoreError::Full => StatusCode::INSUFFICIENT_STORAGE,
            StoreError::Busy => StatusCode::SERVICE_UNAVAILABLE,
            _ => {
                tracing::error!(%error, "the store failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self { status, sentence: error.text().get(texts.0).to_owned() }
    }

    /// Why `text` cannot be read, if it cannot.
    pub(super) fn with_text(text: &str, texts: Texts) -> Option<Self> {
        let (status, sentence) = match check_paste(text).err()? {
            PasteError::TooLong { bytes } => {
                let args =
                    [("size", bytes.div_ceil(1024).into()), ("limit", (MAX_TEXT / 1024).into())];
                (StatusCode::PAYLOAD_TOO_LARGE, texts.with("too-long", &args))
            }
            PasteError::Binary { .. } => (StatusCode::BAD_REQUEST, texts.t("binary-text")),
        };
        Some(Self { status, sentence })
    }
}
