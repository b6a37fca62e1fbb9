//! Webhooks: a chat or a program hears when a report is saved, answered or verified.
//!
//! In goes a [`Announcement`]; out goes one request to each configured receiver, tried again with growing
//! pauses, and a line in the delivery log. Receivers are the operator's own destinations, not probe
//! targets: the target policy does not judge them, and no visitor can name one.
//!
//! Deliveries live in memory. A restart forgets those under way: what they hold, the link to a
//! report, must not lie in the database, which keeps only hashes of links.

mod client;
mod config;
mod log;
mod message;
mod sign;

pub use config::{Occasion, ReceiverKind, Secret, Webhook};
pub use log::{Delivery, DeliveryState};
pub use message::Announcement;

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
    log::Log,
};

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
    log: Log,
    stopping: CancellationToken,
}

struct Receiver {
    webhook: Webhook,
    places: Arc<Semaphore>,
    /// When the next request may leave.
    free_at: Mutex<Instant>,
}

impl Webhooks {
    /// Receivers for `webhooks`; deliveries under way end with `stopping`.
    pub fn new(webhooks: &[Webhook], stopping: CancellationToken) -> Self {
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
        let inner = Inner { receivers, client: Client::new(), log: Log::default(), stopping };
        Self { inner: Some(Arc::new(inner)) }
    }

    /// The receivers, in the order of the configuration.
    pub fn receivers(&self) -> impl Iterator<Item = &Webhook> {
        self.inner.iter().flat_map(|inner| inner.receivers.iter().map(|one| &one.webhook))
    }

    /// Whether anybody hears of `event`.
    pub fn hears(&self, event: Occasion) -> bool {
        self.receivers().any(|webhook| webhook.events.contains(&event))
    }

    /// Tells every receiver of the event, in the background; needs a runtime.
    pub fn notify(&self, notice: &Announcement) {
        let Some(inner) = &self.inner else { return };
        for receiver in &inner.receivers {
            if receiver.webhook.events.contains(&notice.occasion) {
                inner.start(receiver, notice.clone());
            }
        }
    }

    /// Sends a test message to the receiver `name`, whatever events it is for. `false` where there is none.
    pub fn test(&self, name: &str) -> bool {
        let Some(inner) = &self.inner else { return false };
        let Some(receiver) = inner.receivers.iter().find(|one| one.webhook.name == name) else {
            return false;
        };
        inner.start(receiver, Announcement::test());
        true
    }

    /// The latest deliveries, newest first.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.inner.as_ref().map(|inner| inner.log.newest_first()).unwrap_or_default()
    }
}

impl Inner {
    fn start(self: &Arc<Self>, receiver: &Arc<Receiver>, notice: Announcement) {
        let id = self.log.begin(&receiver.webhook.name, notice.occasion, unix_now());
        let Ok(place) = Arc::clone(&receiver.places).try_acquire_owned() else {
            self.log.end(id, DeliveryState::Failed, "too many deliveries are waiting");
            return;
        };
        let (inner, receiver) = (Arc::clone(self), Arc::clone(receiver));
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                () = inner.deliver(&receiver, &notice, id) => {}
                () = inner.stopping.cancelled() => {
                    inner.log.end(id, DeliveryState::Failed, "the server stopped");
                }
            }
        });
    }

    /// Tries until the receiver takes the notice, refuses it for good, or the tries are used up.
    async fn deliver(&self, receiver: &Receiver, notice: &Announcement, id: u64) {
        let webhook = &receiver.webhook;
        let mut pauses = PAUSES.iter();
        loop {
            receiver.turn().await;
            let request = message::request(webhook, notice, id, unix_now());
            let answer = self.client.send(request, webhook.kind).await;
            self.log.tried(id, answer.in_words());
            let asked_for = match answer {
                Answer::Taken { .. } => return self.log.end(id, DeliveryState::Delivered, ""),
                Answer::Refused { .. } => return self.give_up(webhook, id),
                Answer::Later { after, .. } => after,
                Answer::Failed { .. } => None,
            };
            let Some(pause) = pauses.next() else { return self.give_up(webhook, id) };
            let pause = asked_for.unwrap_or_default().min(LONGEST_PAUSE).max(spread(*pause));
            sleep(pause).await;
        }
    }

    fn give_up(&self, webhook: &Webhook, id: u64) {
        tracing::warn!(webhook = webhook.name, "a webhook was not delivered");
        self.log.end(id, DeliveryState::Failed, "");
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
