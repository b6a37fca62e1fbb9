//! The two-way link in memory; see `sqlite_link` for what each does.

use super::{
    ConfirmedCause, Event, Kept, MOST_EVENT_BYTES, MOST_EVENTS, NewEvent, Opened, Share,
    StoreError, Terms, Token, UnixSeconds,
    memory::{Hash, Shelves},
};
use crate::report::{Entry, FixState, Report};

/// What is kept of one report.
#[derive(Debug)]
pub(super) struct Shelved {
    pub(super) id: i64,
    pub(super) view: Hash,
    pub(super) answer: Option<Hash>,
    pub(super) manage: Hash,
    pub(super) kept: Kept,
    pub(super) terms: Terms,
    /// What happened, each with the report afterwards where it is another one.
    pub(super) events: Vec<(Event, Option<Box<Report>>)>,
}

/// Bytes of an event as the other store writes it.
fn bytes_of(entry: &Entry, report: Option<&Report>) -> Result<u64, StoreError> {
    let damaged = |error: serde_json::Error| StoreError::Damaged(error.to_string());
    let mut bytes = serde_json::to_string(entry).map_err(damaged)?.len();
    if let Some(report) = report {
        bytes += serde_json::to_string(report).map_err(damaged)?.len();
    }
    Ok(bytes as u64)
}

impl Shelved {
    fn version(&self, version: u64) -> Option<&Report> {
        let upto = self.events.iter().filter(|(event, _)| event.number <= version);
        let later = upto.filter_map(|(_, report)| report.as_deref()).next_back();
        match &self.kept {
            Kept::Report(first) => Some(later.unwrap_or(first)),
            Kept::Sealed(_) => None,
        }
    }
}

impl Shelves {
    fn live_under(&mut self, token: &Token, now: UnixSeconds) -> Result<&mut Shelved, StoreError> {
        let hash = token.hash();
        let found =
            self.reports.values_mut().find(|kept| kept.view == hash || kept.answer == Some(hash));
        found.filter(|shelved| shelved.terms.expires_at > now).ok_or(StoreError::NotFound)
    }

    pub(super) fn put(&mut self, kept: &Kept, terms: &Terms) -> Result<Share, StoreError> {
        let (view, manage) = (Token::generate()?, Token::generate()?);
        let answers = matches!(kept, Kept::Report(_)) && !terms.burns;
        let answer = if answers { Some(Token::generate()?) } else { None };
        self.next += 1;
        let shelved = Shelved {
            id: self.next,
            view: view.hash(),
            answer: answer.as_ref().map(Token::hash),
            manage: manage.hash(),
            kept: kept.clone(),
            terms: terms.clone(),
            events: Vec::new(),
        };
        self.reports.insert(self.next, shelved);
        Ok(Share { id: self.next, view, answer, manage, expires_at: terms.expires_at })
    }

    pub(super) fn open(&mut self, token: &Token, now: UnixSeconds) -> Result<Opened, StoreError> {
        let found = self.live_under(token, now)?;
        let mut states = found.events.iter().filter_map(|(event, _)| event.entry.happening.state());
        let version = found.events.len() as u64;
        Ok(Opened {
            id: found.id,
            kept: match found.version(version) {
                Some(report) => Kept::Report(Box::new(report.clone())),
                None => found.kept.clone(),
            },
            may_answer: found.answer == Some(token.hash()),
            lock: found.terms.lock.clone(),
            burns: found.terms.burns,
            version,
            state: states.next_back().unwrap_or(FixState::Open),
            created_at: found.terms.now,
            expires_at: found.terms.expires_at,
        })
    }

    pub(super) fn events(&self, id: i64, after: u64) -> Vec<Event> {
        let all =
            self.reports.get(&id).map(|shelved| shelved.events.as_slice()).unwrap_or_default();
        all.iter().map(|(event, _)| event).filter(|event| event.number > after).cloned().collect()
    }

    pub(super) fn version(&self, id: i64, version: u64) -> Result<Report, StoreError> {
        let found = self.reports.get(&id).ok_or(StoreError::NotFound)?;
        if version > found.events.len() as u64 {
            return Err(StoreError::NotFound);
        }
        found.version(version).cloned().ok_or(StoreError::NotFound)
    }

    pub(super) fn add(&mut self, new: &NewEvent) -> Result<u64, StoreError> {
        let found = self.live_under(&new.token, new.now)?;
        let last = found.events.len() as u64;
        if found.answer != Some(new.token.hash()) {
            return Err(StoreError::NotFound);
        }
        if last != new.after {
            return Err(StoreError::Changed);
        }
        if last >= MOST_EVENTS {
            return Err(StoreError::TooMuch);
        }
        let bytes = bytes_of(&new.entry, new.report.as_deref())?;
        let before = found
            .events
            .iter()
            .map(|(event, report)| bytes_of(&event.entry, report.as_deref()).unwrap_or_default());
        if before.sum::<u64>() + bytes > MOST_EVENT_BYTES {
            return Err(StoreError::TooMuch);
        }
        let event = Event {
            number: last + 1,
            at: new.now,
            who: new.who.clone(),
            entry: new.entry.clone(),
            has_version: new.report.is_some(),
        };
        found.events.push((event, new.report.clone()));
        let (id, happening) = (found.id, &new.entry.happening);
        if let Some(cause) = new.lesson() {
            self.confirmed.retain(|(by, _)| *by != id);
            self.confirmed.push((id, ConfirmedCause { cause: cause.to_owned(), at: new.now }));
        }
        if happening.state() == Some(FixState::NotIt) {
            self.confirmed.retain(|(by, _)| *by != id);
        }
        Ok(last + 1)
    }

    pub(super) fn burn(&mut self, view: &Token, now: UnixSeconds) -> Result<Report, StoreError> {
        let found = self.live_under(view, now)?;
        let (id, kept) = (found.id, found.kept.clone());
        match kept {
            Kept::Report(report) if found.terms.burns && found.view == view.hash() => {
                self.reports.remove(&id);
                Ok(*report)
            }
            _ => Err(StoreError::NotFound),
        }
    }
}
