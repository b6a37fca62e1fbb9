//! The letters of the outbox as the webhooks see them: sealed on the way in, opened on the way out.

use std::sync::Arc;

use super::{Announcement, Occasion};
use crate::{
    server::instance_key::InstanceKey,
    store::{DeliveryState, Letter, Posted, Progress, ReportStore, StoreError, UnixSeconds},
};

/// What letters are sealed for.
const PURPOSE: &str = "outbox";

/// One line of the delivery log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Counts up from 1, also over restarts.
    pub id: u64,
    /// When it began, Unix seconds.
    pub at: UnixSeconds,
    /// Name of the receiver.
    pub receiver: String,
    /// What it tells.
    pub occasion: Occasion,
    /// How often it was tried.
    pub tries: u32,
    /// What became of it.
    pub state: DeliveryState,
    /// What the receiver said last, in short.
    pub answer: String,
}

/// A letter that is to be delivered.
pub(super) struct Pending {
    pub(super) id: u64,
    pub(super) receiver: String,
    /// What it says; `None` where it was sealed with another key.
    pub(super) notice: Option<Announcement>,
    pub(super) progress: Progress,
}

/// The store and the key.
pub(super) struct Outbox {
    store: Arc<dyn ReportStore>,
    key: Arc<InstanceKey>,
}

impl Outbox {
    pub(super) fn new(store: Arc<dyn ReportStore>, key: Arc<InstanceKey>) -> Self {
        Self { store, key }
    }

    /// Writes `notice` to `receiver` down.
    pub(super) async fn put(
        &self,
        receiver: &str,
        notice: &Announcement,
        at: UnixSeconds,
    ) -> Result<Pending, StoreError> {
        let damaged = |error: serde_json::Error| StoreError::Damaged(error.to_string());
        let plain = serde_json::to_vec(notice).map_err(damaged)?;
        let sealed = self.key.seal(PURPOSE, &plain).ok_or(StoreError::Random)?;
        let letter = Letter {
            receiver: receiver.to_owned(),
            occasion: notice.occasion.word().to_owned(),
            sealed,
            at,
        };
        let id = self.store.post(&letter).await?;
        Ok(Pending {
            id,
            receiver: letter.receiver,
            notice: Some(notice.clone()),
            progress: Progress {
                tries: 0,
                due_at: at,
                state: DeliveryState::Waiting,
                answer: String::new(),
            },
        })
    }

    /// What an earlier run of the server has left.
    pub(super) async fn left(&self) -> Result<Vec<Pending>, StoreError> {
        let pending = |posted: Posted| {
            let plain = self.key.unseal(PURPOSE, &posted.letter.sealed);
            Pending {
                id: posted.id,
                receiver: posted.letter.receiver,
                notice: plain.and_then(|plain| serde_json::from_slice(&plain).ok()),
                progress: posted.progress,
            }
        };
        Ok(self.store.waiting().await?.into_iter().map(pending).collect())
    }

    /// Notes how a delivery stands. What cannot be noted is tried again after a restart: a receiver may
    /// hear twice, never not at all.
    pub(super) async fn note(&self, id: u64, progress: &Progress) {
        if let Err(error) = self.store.note_progress(id, progress).await {
            tracing::warn!(%error, "the state of a webhook was not noted");
        }
    }

    /// The latest deliveries, newest first.
    pub(super) async fn latest(&self) -> Result<Vec<Delivery>, StoreError> {
        let line = |posted: Posted| {
            Some(Delivery {
                id: posted.id,
                at: posted.letter.at,
                occasion: Occasion::parse(&posted.letter.occasion)?,
                receiver: posted.letter.receiver,
                tries: posted.progress.tries,
                state: posted.progress.state,
                answer: posted.progress.answer,
            })
        };
        Ok(self.store.deliveries().await?.into_iter().filter_map(line).collect())
    }
}
