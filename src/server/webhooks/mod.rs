//! Webhooks: a chat or a program hears when a report is saved, answered or verified.
//!
//! In goes a [`Announcement`]; out goes one request to each configured receiver, tried again with growing
//! pauses, and a line in the delivery log. Receivers are the operator's own destinations, not probe
//! targets: the target policy does not judge them, and no visitor can name one.
//!
//! A letter is in the outbox before whoever caused it gets an answer, and stays there until it is over:
//! a restart, a crash too, goes on where the last run was, pauses included. A receiver hears of a thing at
//! least once, and twice where the server ended between the receiver's yes and its own note; the number
//! of a delivery stays the same.

mod client;
mod config;
mod message;
mod outbox;
mod sign;

pub use crate::store::DeliveryState;
pub use config::{Occasion, ReceiverKind, Secret, Webhook};
pub use message::Announcement;
pub use outbox::Delivery;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

use self::{
    client::{Answer, Client},
    outbox::{Outbox, Pending},
};
use super::instance_key::InstanceKey;
use crate::store::{Progress, ReportStore, StoreError};

/// Pauses before the second try and those after it; each is lengthened by up to a fifth.
/// judgement: a receiver that restarts is back within the first three, one that is down for ten
/// minutes needs a person.
const PAUSES: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(25),
    Duration::from_secs(125),
    Duration::from_mins(10),
];

/// The longest pause a receiver may ask for by `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_mins(10);

/// Deliveries of one receiver under way; beyond that new ones fail at once.
/// judgement: at 20 a minute, three minutes of a busy chat.
const UNDER_WAY: usize = 64;

/// The configured receivers. Cheap to clone.
#[derive(Clone, Default)]
pub struct Webhooks {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    receivers: Vec<Arc<Receiver>>,
    client: Client,
    outbox: Outbox,
    stopping: CancellationToken,
}

struct Receiver {
    webhook: Webhook,
    places: Arc<Semaphore>,
    /// When the next request may leave.
    free_at: Mutex<Instant>,
}

impl Webhooks {
    /// Receivers for `webhooks`, with what `store` keeps for them, sealed with `key`. Deliveries under way
    /// stop with `stopping`, and go on at the next start.
    pub fn new(
        webhooks: &[Webhook],
        store: Arc<dyn ReportStore>,
        key: Arc<InstanceKey>,
        stopping: CancellationToken,
    ) -> Self {
        if webhooks.is_empty() {
            return Self::default();
        }
        let receiver = |webhook: &Webhook| {
            Arc::new(Receiver {
                webhook: webhook.clone(),
                places: Arc::new(Semaphore::new(UNDER_WAY)),
                free_at: Mutex::new(Instant::now()),
            })
        };
        let receivers = webhooks.iter().map(receiver).collect();
        let outbox = Outbox::new(store, key);
        let inner = Inner { receivers, client: Client::new(), outbox, stopping };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// Goes on with what an earlier run has left; needs a runtime.
    pub async fn resume(&self) -> Result<(), StoreError> {
        let Some(inner) = &self.inner else { return Ok(()) };
        let left = inner.outbox.left().await?;
        if !left.is_empty() {
            tracing::info!(letters = left.len(), "going on with webhooks of an earlier run");
        }
        for pending in left {
            let receiver = inner.receiver(&pending.receiver).cloned();
            match (receiver, &pending.notice) {
                (Some(receiver), Some(_)) => inner.start(&receiver, pending),
                (None, _) => {
                    inner.fail(pending, "no receiver of that name is configured any more").await;
                }
                (_, None) => inner.fail(pending, "it was sealed with another key").await,
            }
        }
        Ok(())
    }

    /// The receivers, in the order of the configuration.
    pub fn receivers(&self) -> impl Iterator<Item = &Webhook> {
        self.inner.iter().flat_map(|inner| inner.receivers.iter().map(|one| &one.webhook))
    }

    /// Whether anybody hears of `event`.
    pub fn hears(&self, event: Occasion) -> bool {
        self.receivers().any(|webhook| webhook.events.contains(&event))
    }

    /// Writes down what every receiver of the event is to be told, and tells it in the background; needs
    /// a runtime. Once this returns, a crash makes it late and not lost.
    pub async fn notify(&self, notice: &Announcement) -> Result<(), StoreError> {
        let Some(inner) = &self.inner else { return Ok(()) };
        for receiver in &inner.receivers {
            if receiver.webhook.events.contains(&notice.occasion) {
                inner.post(receiver, notice).await?;
            }
        }
        Ok(())
    }

    /// Sends a test message to the receiver `name`, whatever events it is for. `false` where there is none.
    pub async fn test(&self, name: &str) -> Result<bool, StoreError> {
        let Some(inner) = &self.inner else { return Ok(false) };
        let Some(receiver) = inner.receiver(name) else { return Ok(false) };
        inner.post(receiver, &Announcement::test()).await?;
        Ok(true)
    }

    /// The latest deliveries, newest first.
    pub async fn deliveries(&self) -> Result<Vec<Delivery>, StoreError> {
        match &self.inner {
            Some(inner) => inner.outbox.latest().await,
            None => Ok(Vec::new()),
        }
    }
}

impl Inner {
    fn receiver(&self, name: &str) -> Option<&Arc<Receiver>> {
        self.receivers.iter().find(|one| one.webhook.name == name)
    }

    async fn post(
        self: &Arc<Self>,
        receiver: &Arc<Receiver>,
        notice: &Announcement,
    ) -> Result<(), StoreError> {
        let pending = self.outbox.put(&receiver.webhook.name, notice, unix_now()).await?;
        if receiver.places.available_permits() == 0 {
            self.fail(pending, "too many deliveries are waiting").await;
        } else {
            self.start(receiver, pending);
        }
        Ok(())
    }

    async fn fail(&self, mut pending: Pending, why: &str) {
        pending.progress.state = DeliveryState::Failed;
        why.clone_into(&mut pending.progress.answer);
        self.outbox.note(pending.id, &pending.progress).await;
    }

    fn start(self: &Arc<Self>, receiver: &Arc<Receiver>, pending: Pending) {
        let (inner, receiver) = (Arc::clone(self), Arc::clone(receiver));
        tokio::spawn(async move {
            let Ok(_place) = Arc::clone(&receiver.places).acquire_owned().await else { return };
            tokio::select! {
                () = inner.deliver(&receiver, pending) => {}
                // It waits in the outbox for the next start.
                () = inner.stopping.cancelled() => {}
            }
        });
    }

    /// Tries until the receiver takes the notice, refuses it for good, or the tries are used up.
    async fn deliver(&self, receiver: &Receiver, pending: Pending) {
        let Pending { id, notice: Some(notice), mut progress, .. } = pending else { return };
        let webhook = &receiver.webhook;
        loop {
            let wait =
                u64::try_from(progress.due_at.saturating_sub(unix_now())).unwrap_or_default();
            sleep(Duration::from_secs(wait).min(LONGEST_PAUSE * 2)).await;
            receiver.turn().await;
            let request = message::request(webhook, &notice, id, unix_now());
            let answer = self.client.send(request, webhook.kind).await;
            progress.answer = answer.in_words();
            let pause = PAUSES.get(usize::try_from(progress.tries).unwrap_or(usize::MAX));
            progress.tries = progress.tries.saturating_add(1);
            let asked_for = match answer {
                Answer::Taken { .. } => {
                    progress.state = DeliveryState::Delivered;
                    return self.outbox.note(id, &progress).await;
                }
                Answer::Refused { .. } => return self.give_up(webhook, id, progress).await,
                Answer::Later { after, .. } => after,
                Answer::Failed { .. } => None,
            };
            let Some(pause) = pause else { return self.give_up(webhook, id, progress).await };
            let pause = asked_for.unwrap_or_default().min(LONGEST_PAUSE).max(spread(*pause));
            let seconds = i64::try_from(pause.as_secs().max(1)).unwrap_or(i64::MAX);
            progress.due_at = unix_now().saturating_add(seconds);
            self.outbox.note(id, &progress).await;
        }
    }

    async fn give_up(&self, webhook: &Webhook, id: u64, mut progress: Progress) {
        tracing::warn!(webhook = webhook.name, "a webhook was not delivered");
        progress.state = DeliveryState::Failed;
        self.outbox.note(id, &progress).await;
    }
}

impl Receiver {
    /// Waits until this receiver may be asked again, and takes the turn.
    async fn turn(&self) {
        let at = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let at = (*free_at).max(Instant::now());
            *free_at = at + self.webhook.kind.pause();
            at
        };
        sleep_until(at).await;
    }
}

/// `pause` and up to a fifth more, so that receivers that failed together are not asked together.
fn spread(pause: Duration) -> Duration {
    let mut byte = [0];
    // Without random numbers the pause is what it is.
    let _ = getrandom::fill(&mut byte);
    pause + pause.mul_f64(f64::from(byte[0]) / 256.0 / 5.0)
}

fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
