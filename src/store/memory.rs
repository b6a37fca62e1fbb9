//! A store that forgets at exit: for tests, and the measure of what the other store must do.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;

use super::{
    ConfirmedCause, DRAFT_SECONDS, DRAFTS_KEPT, Event, Kept, Letter, ManagedReport, NewEvent,
    Opened, Posted, Progress, ReportStore, Share, StoreError, StoreFuture, Tally, Terms, Token,
    UnixSeconds, date::month, memory_link::Shelved,
};
use crate::report::Report;

pub(super) type Hash = [u8; 32];

/// Reports and drafts in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Shelves>);

#[derive(Debug, Default)]
pub(super) struct Shelves {
    /// By the number of the report.
    pub(super) reports: BTreeMap<i64, Shelved>,
    /// The number of the next report.
    pub(super) next: i64,
    /// The causes that were proved, with the report that did.
    pub(super) confirmed: Vec<(i64, ConfirmedCause)>,
    /// Text and end of each draft.
    drafts: BTreeMap<Hash, (String, UnixSeconds)>,
    /// Saved reports, by leading cause and month.
    tally: BTreeMap<(String, i64), u64>,
    /// Letters by their number.
    pub(super) letters: BTreeMap<u64, Posted>,
    /// Sealed links, by the number of the report.
    links: BTreeMap<i64, Vec<u8>>,
}

impl MemoryStore {
    pub(super) fn shelves(&self) -> MutexGuard<'_, Shelves> {
        // Every change below is a single step, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn live(&mut self, manage: &Token, now: UnixSeconds) -> Result<&mut Shelved, StoreError> {
        let manage = manage.hash();
        let found = self.reports.values_mut().find(|shelved| shelved.manage == manage);
        found.filter(|shelved| shelved.terms.expires_at > now).ok_or(StoreError::NotFound)
    }

    fn purge(&mut self, now: UnixSeconds) -> u64 {
        let before = self.reports.len() + self.drafts.len();
        self.reports.retain(|_, shelved| shelved.terms.expires_at > now);
        self.drafts.retain(|_, draft| draft.1 > now);
        let mut ends: Vec<UnixSeconds> = self.drafts.values().map(|draft| draft.1).collect();
        ends.sort_unstable_by(|a, b| b.cmp(a));
        if let Some(&oldest_gone) = ends.get(DRAFTS_KEPT) {
            self.drafts.retain(|_, draft| draft.1 > oldest_gone);
        }
        (before - self.reports.len() - self.drafts.len()) as u64
    }
}

/// A future that is ready at once; this store never waits.
fn done<'a, T: Send + 'a>(result: Result<T, StoreError>) -> StoreFuture<'a, T> {
    std::future::ready(result).boxed()
}

impl ReportStore for MemoryStore {
    fn save<'a>(&'a self, kept: &'a Kept, terms: &'a Terms) -> StoreFuture<'a, Share> {
        done(self.shelves().put(kept, terms))
    }

    fn open<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Opened> {
        done(self.shelves().open(token, now))
    }

    fn events(&self, id: i64, after: u64) -> StoreFuture<'_, Vec<Event>> {
        done(Ok(self.shelves().events(id, after)))
    }

    fn version(&self, id: i64, version: u64) -> StoreFuture<'_, Report> {
        done(self.shelves().version(id, version))
    }

    fn add<'a>(&'a self, new: &'a NewEvent) -> StoreFuture<'a, u64> {
        done(self.shelves().add(new))
    }

    fn burn<'a>(&'a self, view: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Report> {
        done(self.shelves().burn(view, now))
    }

    fn confirmed_causes(&self) -> StoreFuture<'_, Vec<ConfirmedCause>> {
        done(Ok(self.shelves().confirmed.iter().map(|(_, cause)| cause.clone()).collect()))
    }

    fn forget_draft<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()> {
        self.shelves().drafts.remove(&token.hash());
        done(Ok(()))
    }

    fn load_managed<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ManagedReport> {
        done(self.shelves().live(manage, now).map(|found| ManagedReport {
            report: match &found.kept {
                Kept::Report(report) => Some((**report).clone()),
                Kept::Sealed(_) => None,
            },
            created_at: found.terms.now,
            expires_at: found.terms.expires_at,
        }))
    }

    fn revoke<'a>(&'a self, manage: &'a Token, now: UnixSeconds) -> StoreFuture<'a, i64> {
        let mut shelves = self.shelves();
        let result = shelves.live(manage, now).map(|found| found.id);
        if let Ok(id) = result {
            shelves.reports.remove(&id);
        }
        done(result)
    }

    fn save_draft<'a>(&'a self, text: &'a str, now: UnixSeconds) -> StoreFuture<'a, Token> {
        done(Token::generate().inspect(|token| {
            self.shelves()
                .drafts
                .insert(token.hash(), (text.to_owned(), now.saturating_add(DRAFT_SECONDS)));
        }))
    }

    fn load_draft<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, String> {
        let shelves = self.shelves();
        let found = shelves.drafts.get(&token.hash()).filter(|draft| draft.1 > now);
        done(found.map(|draft| draft.0.clone()).ok_or(StoreError::NotFound))
    }

    fn purge_expired(&self, now: UnixSeconds) -> StoreFuture<'_, u64> {
        done(Ok(self.shelves().purge(now)))
    }

    fn count_cause<'a>(&'a self, cause: &'a str, now: UnixSeconds) -> StoreFuture<'a, ()> {
        *self.shelves().tally.entry((cause.to_owned(), month(now))).or_default() += 1;
        done(Ok(()))
    }

    fn tallies(&self) -> StoreFuture<'_, Vec<Tally>> {
        let shelves = self.shelves();
        let tally = |((cause, month), saved): (&(String, i64), &u64)| Tally {
            cause: cause.clone(),
            month: *month,
            saved: *saved,
        };
        done(Ok(shelves.tally.iter().map(tally).collect()))
    }

    fn forget_confirmed<'a>(&'a self, cause: Option<&'a str>) -> StoreFuture<'a, ()> {
        let goes = |known: &ConfirmedCause| cause.is_none_or(|cause| known.cause == cause);
        self.shelves().confirmed.retain(|(_, known)| !goes(known));
        done(Ok(()))
    }

    fn post<'a>(&'a self, letter: &'a Letter) -> StoreFuture<'a, u64> {
        done(Ok(self.shelves().post(letter)))
    }

    fn note_progress<'a>(&'a self, id: u64, progress: &'a Progress) -> StoreFuture<'a, ()> {
        self.shelves().note_progress(id, progress);
        done(Ok(()))
    }

    fn waiting(&self) -> StoreFuture<'_, Vec<Posted>> {
        done(Ok(self.shelves().waiting()))
    }

    fn deliveries(&self) -> StoreFuture<'_, Vec<Posted>> {
        done(Ok(self.shelves().latest()))
    }

    fn keep_link<'a>(&'a self, id: i64, sealed: &'a [u8]) -> StoreFuture<'a, ()> {
        self.shelves().links.insert(id, sealed.to_vec());
        done(Ok(()))
    }

    fn kept_link(&self, id: i64) -> StoreFuture<'_, Option<Vec<u8>>> {
        let shelves = self.shelves();
        let found = shelves.reports.contains_key(&id).then(|| shelves.links.get(&id).cloned());
        done(found.ok_or(StoreError::NotFound))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        done(Ok(()))
    }
}
