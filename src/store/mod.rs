//! The store: shared reports and drafts, behind one trait of a few verbs.
//!
//! In go a [`Report`] or a long text and the time; out come tokens. Only the hash of a token is
//! kept. Invariants: the store reads no clock (the caller passes the time), and unknown, expired
//! and revoked are one and the same error.

mod copies;
mod date;
mod error;
mod memory;
mod sqlite;
mod token;

pub use date::civil_date;
pub use error::StoreError;
pub use memory::MemoryStore;
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

/// What saving a report gives: two capabilities that know nothing of each other.
#[derive(Clone, Debug)]
pub struct Share {
    /// Reads the report; goes into the link for others.
    pub view: Token,
    /// Revokes the report or changes its expiry; stays with whoever saved it.
    pub manage: Token,
    /// When the link ends.
    pub expires_at: UnixSeconds,
}

/// A report as its owner sees it.
#[derive(Clone, Debug)]
pub struct ManagedReport {
    /// The report.
    pub report: Report,
    /// When it was saved.
    pub created_at: UnixSeconds,
    /// When its link ends.
    pub expires_at: UnixSeconds,
}

/// What is counted of a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tallied {
    /// It led a report when it was saved.
    Saved,
    /// Somebody confirmed it.
    Confirmed,
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
    /// Cases in which it was confirmed.
    pub confirmed: u64,
}

/// What a store's verb gives, in the end.
pub type StoreFuture<'a, T> = BoxFuture<'a, Result<T, StoreError>>;

/// Keeps reports and drafts. Every verb is safe to drop half-way: it has happened whole or not at all.
pub trait ReportStore: Send + Sync + 'static {
    /// Saves `report` until `expires_at`; once this returns it survives a crash of the machine.
    fn save_report<'a>(
        &'a self,
        report: &'a Report,
        now: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> StoreFuture<'a, Share>;

    /// The report under a view token.
    fn load_report<'a>(&'a self, view: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Report>;

    /// The report under a manage token, with its dates.
    fn load_managed<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ManagedReport>;

    /// Moves the end of the link; an end in the past ends it now.
    fn set_expiry<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> StoreFuture<'a, ()>;

    /// Deletes the report under a manage token; its link is gone at once.
    fn revoke<'a>(&'a self, manage: &'a Token, now: UnixSeconds) -> StoreFuture<'a, ()>;

    /// Keeps a long text for [`DRAFT_SECONDS`], so that an address can hold a token instead.
    fn save_draft<'a>(&'a self, text: &'a str, now: UnixSeconds) -> StoreFuture<'a, Token>;

    /// The text of a draft.
    fn load_draft<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, String>;

    /// Deletes what has expired and the drafts beyond [`DRAFTS_KEPT`]; gives how many rows went.
    fn purge_expired(&self, now: UnixSeconds) -> StoreFuture<'_, u64>;

    /// Counts a cause once, in the month of `now`.
    fn count_cause<'a>(
        &'a self,
        cause: &'a str,
        what: Tallied,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ()>;

    /// Every count, by cause and month.
    fn tallies(&self) -> StoreFuture<'_, Vec<Tally>>;

    /// Forgets which causes were confirmed; how often they led reports stays.
    fn forget_confirmed(&self) -> StoreFuture<'_, ()>;

    /// Whether the store answers; for the readiness check.
    fn ping(&self) -> StoreFuture<'_, ()>;
}
