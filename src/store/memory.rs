//! A store that forgets at exit: for tests, and the measure of what the other store must do.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::FutureExt;

use super::{
    DRAFT_SECONDS, DRAFTS_KEPT, ManagedReport, ReportStore, Share, StoreError, StoreFuture,
    Tallied, Tally, Token, UnixSeconds, date::month,
};
use crate::report::Report;

type Hash = [u8; 32];

/// Reports and drafts in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    /// Managed by the hash of the manage token.
    reports: BTreeMap<Hash, ManagedReport>,
    /// From the hash of the view token to that of the manage token.
    views: BTreeMap<Hash, Hash>,
    /// Text and end of each draft.
    drafts: BTreeMap<Hash, (String, UnixSeconds)>,
    /// Saved and confirmed, by cause and month.
    tally: BTreeMap<(String, i64), (u64, u64)>,
}

impl MemoryStore {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        // Every change below is a single step, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelves {
    fn live(&mut self, manage: &Token, now: UnixSeconds) -> Result<&mut ManagedReport, StoreError> {
        let found = self.reports.get_mut(&manage.hash()).ok_or(StoreError::NotFound)?;
        if found.expires_at > now { Ok(found) } else { Err(StoreError::NotFound) }
    }

    fn purge(&mut self, now: UnixSeconds) -> u64 {
        let before = self.reports.len() + self.drafts.len();
        self.reports.retain(|_, report| report.expires_at > now);
        self.views.retain(|_, manage| self.reports.contains_key(manage));
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
    fn save_report<'a>(
        &'a self,
        report: &'a Report,
        now: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> StoreFuture<'a, Share> {
        done(Token::generate().and_then(|view| {
            let manage = Token::generate()?;
            let mut shelves = self.shelves();
            shelves.views.insert(view.hash(), manage.hash());
            shelves.reports.insert(
                manage.hash(),
                ManagedReport { report: report.clone(), created_at: now, expires_at },
            );
            Ok(Share { view, manage, expires_at })
        }))
    }

    fn load_report<'a>(&'a self, view: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Report> {
        let shelves = self.shelves();
        let found = shelves.views.get(&view.hash()).and_then(|manage| shelves.reports.get(manage));
        done(
            found
                .filter(|found| found.expires_at > now)
                .map(|found| found.report.clone())
                .ok_or(StoreError::NotFound),
        )
    }

    fn load_managed<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ManagedReport> {
        done(self.shelves().live(manage, now).map(|found| found.clone()))
    }

    fn set_expiry<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
        expires_at: UnixSeconds,
    ) -> StoreFuture<'a, ()> {
        done(self.shelves().live(manage, now).map(|found| found.expires_at = expires_at))
    }

    fn revoke<'a>(&'a self, manage: &'a Token, now: UnixSeconds) -> StoreFuture<'a, ()> {
        let mut shelves = self.shelves();
        let result = shelves.live(manage, now).map(drop);
        if result.is_ok() {
            shelves.reports.remove(&manage.hash());
            shelves.views.retain(|_, of| *of != manage.hash());
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

    fn count_cause<'a>(
        &'a self,
        cause: &'a str,
        what: Tallied,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ()> {
        let mut shelves = self.shelves();
        let (saved, confirmed) = shelves.tally.entry((cause.to_owned(), month(now))).or_default();
        match what {
            Tallied::Saved => *saved += 1,
            Tallied::Confirmed => *confirmed += 1,
        }
        done(Ok(()))
    }

    fn tallies(&self) -> StoreFuture<'_, Vec<Tally>> {
        let shelves = self.shelves();
        let tally = |((cause, month), (saved, confirmed)): (&(String, i64), &(u64, u64))| Tally {
            cause: cause.clone(),
            month: *month,
            saved: *saved,
            confirmed: *confirmed,
        };
        done(Ok(shelves.tally.iter().map(tally).collect()))
    }

    fn forget_confirmed(&self) -> StoreFuture<'_, ()> {
        self.shelves().tally.values_mut().for_each(|(_, confirmed)| *confirmed = 0);
        done(Ok(()))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        done(Ok(()))
    }
}
