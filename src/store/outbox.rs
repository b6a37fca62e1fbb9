//! What is to be told to the receivers of webhooks, kept until it is over.

use super::UnixSeconds;

/// Deliveries that are over and still listed; the oldest go first.
pub const DELIVERIES_KEPT: u32 = 200;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryState {
    /// Under way, or waiting for the next try.
    Waiting,
    /// The receiver took it.
    Delivered,
    /// Given up.
    Failed,
}

impl DeliveryState {
    /// The word in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// The state of that word; given up where there is none such.
    pub(super) fn parse(word: &str) -> Self {
        let all = [Self::Waiting, Self::Delivered];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Failed)
    }
}

/// Something to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Name of the receiver.
    pub receiver: String,
    /// What it tells, as a word of the configuration.
    pub occasion: String,
    /// What it says, sealed.
    pub sealed: Vec<u8>,
    /// When it was written.
    pub at: UnixSeconds,
}

/// A delivery as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Counts up from 1 and is never given twice.
    pub id: u64,
    /// What is delivered; `sealed` is empty where it is over.
    pub letter: Letter,
    /// How it stands.
    pub progress: Progress,
}

/// How a delivery stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How often it was tried.
    pub tries: u32,
    /// When the next try is due.
    pub due_at: UnixSeconds,
    /// What became of it.
    pub state: DeliveryState,
    /// What the receiver said last, in short.
    pub answer: String,
}
