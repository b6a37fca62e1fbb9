//! The store: shared reports and drafts, behind one trait of a few verbs.
//!
//! In go a [`Report`] or a long text and the time; out come tokens. Only the hash of a token is
//! kept. Invariants: the store reads no clock (the caller passes the time), and unknown, expired
//! and revoked are one and the same error.

mod copies;
mod date;
mod error;
mod link;
mod memory;
mod memory_link;
mod memory_outbox;
mod outbox;
mod sqlite;
mod sqlite_link;
mod sqlite_outbox;
mod token;

pub use date::civil_date;
pub use error::StoreError;
pub use link::{
    ConfirmedCause, Event, Kept, MOST_EVENT_BYTES, MOST_EVENTS, NewEvent, Opened, Terms,
};
pub use memory::MemoryStore;
pub use outbox::{DELIVERIES_KEPT, DeliveryState, Letter, Posted, Progress};
pub use sqlite::SqliteStore;
pub use token::Token;

use futures::future::BoxFuture;

use crate::report::Report;

/// Seconds since 1970-01-01 UTC, as the wall clock says; links expire by it.
pub type UnixSeconds = i64;

/// How long a draft lives: a day, so that a wizard left open overnight still has its text.
pub const DRAFT_SECONDS: i64 = 24 * 60 * 60;

/// How many drafts are kept; the oldest go first. judgement: 1,000 × 1 MiB bounds them to 1 GiB.
pub const DRAFTS_KEPT: usize = 1_000;

/// What saving a report gives: three capabilities that know nothing of each other.
#[derive(Clone, Debug)]
pub struct Share {
    /// Number of the report within the store; never shown.
    pub id: i64,
    /// Reads the report; goes into the link for others.
    pub view: Token,
    /// Reads the report and adds to it; goes into the link for ops. What is sealed, or burns when it
    /// is read, has none.
    pub answer: Option<Token>,
    /// Revokes the report; stays with whoever saved it.
    pub manage: Token,
    /// When the link ends.
    pub expires_at: UnixSeconds,
}

/// A report as its owner sees it.
#[derive(Clone, Debug)]
pub struct ManagedReport {
    /// The report as it was first saved; nothing where it is sealed.
    pub report: Option<Report>,
    /// When it was saved.
    pub created_at: UnixSeconds,
    /// When its link ends.
    pub expires_at: UnixSeconds,
}

/// How often a cause was met in a month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Id of the cause.
    pub cause: String,
    /// Year · 100 + month, such as 202611.
    pub month: i64,
    /// Saved reports that it led.
    pub saved: u64,
}

/// What a store's verb gives, in the end.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Keeps reports and drafts. Every verb is safe to drop half-way: it has happened whole or not at all.
pub trait ReportStore: Send + Sync + 'static {
    /// Saves what is `kept` on these `terms`; once this returns it survives a crash of the machine.
    fn save<'a>(&'a self, kept: &'a Kept, terms: &'a Terms) -> StoreFuture<'a, Share>;

    /// What lies under a view or answer token. The caller holds to `lock` and `burns`.
    fn open<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Opened>;

    /// The events of a report after number `after`, oldest first. `id` comes from [`Self::open`].
    fn events(&self, id: i64, after: u64) -> StoreFuture<'_, Vec<Event>>;

    /// The report as it was after event `version`; 0 is what was first saved.
    fn version(&self, id: i64, version: u64) -> StoreFuture<'_, Report>;

    /// Adds an event and gives its number. Fails with [`StoreError::Changed`] where another came
    /// first (read again), with [`StoreError::TooMuch`] beyond [`MOST_EVENTS`] or
    /// [`MOST_EVENT_BYTES`].
    fn add<'a>(&'a self, new: &'a NewEvent) -> StoreFuture<'a, u64>;

    /// Gives a report that burns, and deletes it; the second who asks finds nothing.
    fn burn<'a>(&'a self, view: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Report>;

    /// The causes that verified fixes have proved, oldest first. They stay when a report goes.
    fn confirmed_causes(&self) -> StoreFuture<'_, Vec<ConfirmedCause>>;

    /// Deletes a draft; one that is not there is deleted already.
    fn forget_draft<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()>;

    /// The report under a manage token, with its dates.
    fn load_managed<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ManagedReport>;

    /// Deletes the report under a manage token; its link is gone at once.
    fn revoke<'a>(&'a self, manage: &'a Token, now: UnixSeconds) -> StoreFuture<'a, i64>;

    /// Keeps a long text for [`DRAFT_SECONDS`], so that an address can hold a token instead.
    fn save_draft<'a>(&'a self, text: &'a str, now: UnixSeconds) -> StoreFuture<'a, Token>;

    /// The text of a draft.
    fn load_draft<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, String>;

    /// Deletes what has expired and the drafts beyond [`DRAFTS_KEPT`]; gives how many rows went.
    fn purge_expired(&self, now: UnixSeconds) -> StoreFuture<'_, u64>;

    /// Counts a cause that led a saved report, in the month of `now`.
    fn count_cause<'a>(&'a self, cause: &'a str, now: UnixSeconds) -> StoreFuture<'a, ()>;

    /// Every count, by cause and month.
    fn tallies(&self) -> StoreFuture<'_, Vec<Tally>>;

    /// Forgets that verified fixes have proved `cause`; that they have proved any where it is `None`.
    fn forget_confirmed<'a>(&'a self, cause: Option<&'a str>) -> StoreFuture<'a, ()>;

    /// Keeps a letter until it is over, and gives its number; once this returns it survives a crash.
    fn post<'a>(&'a self, letter: &'a Letter) -> StoreFuture<'a, u64>;

    /// Notes how the delivery `id` stands; one that is over loses what it said.
    fn note_progress<'a>(&'a self, id: u64, progress: &'a Progress) -> StoreFuture<'a, ()>;

    /// The deliveries that are not over, oldest first.
    fn waiting(&self) -> StoreFuture<'_, Vec<Posted>>;

    /// The latest [`DELIVERIES_KEPT`] deliveries, newest first, without what they say.
    fn deliveries(&self) -> StoreFuture<'_, Vec<Posted>>;

    /// Keeps the sealed link of report `id`, for as long as the report lives.
    fn keep_link<'a>(&'a self, id: i64, sealed: &'a [u8]) -> StoreFuture<'a, ()>;

    /// The sealed link of report `id`, where one was kept.
    fn kept_link(&self, id: i64) -> StoreFuture<'_, Option<Vec<u8>>>;

    /// Whether the store answers; for the readiness check.
    fn ping(&self) -> StoreFuture<'_, ()>;
}
