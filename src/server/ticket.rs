//! A saved report as a ticket: who may open it, and the one place where something happens to it.
//!
//! In go a token and what somebody adds; out comes the number of the event. Whatever is saved,
//! answered, checked or revoked passes here, and is told to [`Notices`] here.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use tokio::sync::Mutex;

use super::{
    lock::Locks,
    notices::{Notices, What},
    problem::Problem,
    state::AppState,
    webhooks::Occasion,
    windows::{Windows, bucket, too_often},
};
use crate::{
    report::{Happening, Report},
    store::{Kept, NewEvent, Opened, Share, StoreError, Terms, Token},
};

/// What one client may add in a minute. judgement: a team behind one address answers at once.
const WRITES: (u32, Duration) = (120, Duration::from_mins(1));
/// Links that one client may get wrong in a minute. judgement: an old bookmark is tried a few times.
const MISSES: (u32, Duration) = (60, Duration::from_mins(1));
/// How often an event is tried again because another one came first.
const TRIES: usize = 30;
/// Locks that keep those who add to one report in a row, instead of reckoning for nothing.
const TURNS: usize = 64;

/// What the links of a server share.
pub struct Links {
    /// Passwords and keys.
    pub locks: Arc<Locks>,
    /// What happens, told.
    pub notices: Notices,
    /// Guessed links, by client.
    pub(super) misses: Windows<IpAddr>,
    /// Open streams, by client.
    pub(super) streams: super::link_events::Streams,
    writes: Windows<IpAddr>,
    turns: Vec<Mutex<()>>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            locks: Arc::default(),
            notices: Notices::default(),
            misses: Windows::new(MISSES.0, MISSES.1),
            streams: super::link_events::Streams::default(),
            writes: Windows::new(WRITES.0, WRITES.1),
            turns: (0..TURNS).map(|_| Mutex::default()).collect(),
        }
    }
}

/// Who asks, as far as a link needs to know.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The address that limits are counted by.
    pub client: IpAddr,
    /// The key that a browser got for the password.
    pub key: Option<String>,
    /// The password, where a program sends it along.
    pub password: Option<String>,
}

/// How a link stands to whoever asks.
#[derive(Clone, Debug)]
pub enum Door {
    /// Open: the report in its newest version, and the rest that is known of it.
    Open(Opened, Box<Report>),
    /// It has a password.
    Locked(Opened),
    /// It can be read once, and is deleted then; `true` where it has a password besides.
    Burns(bool),
    /// Only a browser with the key can read it.
    Sealed(String),
}

impl AppState {
    /// How the link under `token` stands to `caller`. Unknown, expired and revoked are the same.
    pub async fn knock(&self, token: &Token, caller: &Caller) -> Result<Door, Problem> {
        let opened = self.store.open(token, self.now()).await?;
        if opened.burns {
            return Ok(Door::Burns(opened.lock.is_some()));
        }
        let known = |key: &String| self.links.locks.fits(key, opened.id);
        if let Some(lock) = &opened.lock
            && !caller.key.as_ref().is_some_and(known)
        {
            let Some(typed) = &caller.password else { return Ok(Door::Locked(opened)) };
            if !self.links.locks.check(opened.id, caller.client, lock, typed).await? {
                return Err(wrong_password());
            }
        }
        Ok(match opened.kept.clone() {
            Kept::Report(report) => Door::Open(opened, report),
            Kept::Sealed(sealed) => Door::Sealed(sealed),
        })
    }

    /// The report under `token` for a caller who need not be shown a door.
    pub async fn admit(
        &self,
        token: &Token,
        caller: &Caller,
    ) -> Result<(Opened, Box<Report>), Problem> {
        match self.knock(token, caller).await? {
            Door::Open(opened, report) => Ok((opened, report)),
            Door::Locked(_) | Door::Burns(_) | Door::Sealed(_) => Err(StoreError::Closed.into()),
        }
    }

    /// Saves `kept` on `terms`: secrets in a report are masked first, and never reach the database.
    pub async fn keep(&self, kept: Kept, terms: &Terms) -> Result<Share, StoreError> {
        self.keep_but(kept, &BTreeSet::new(), terms).await
    }

    /// The same, but for what somebody who saw it left `open`; see [`Report::masked_but`].
    pub async fn keep_but(
        &self,
        kept: Kept,
        open: &BTreeSet<String>,
        terms: &Terms,
    ) -> Result<Share, StoreError> {
        let kept = match kept {
            Kept::Report(report) => Kept::Report(Box::new(report.masked_but(open).0)),
            sealed @ Kept::Sealed(_) => sealed,
        };
        let share = self.store.save(&kept, terms).await?;
        self.metrics.reports_saved.up();
        if let Kept::Report(report) = &kept {
            self.count(report, terms.now).await;
        }
        self.links.notices.tell(share.id, 0, What::Saved);
        Ok(share)
    }

    /// Ends the link that `manage` has power over, and tells the pages that show it.
    pub async fn revoke(&self, manage: &Token) -> Result<(), StoreError> {
        let id = self.store.revoke(manage, self.now()).await?;
        self.links.notices.tell(id, 0, What::Gone);
        Ok(())
    }

    /// Gives a report that burns, and deletes it. `typed` is the password, where it has one.
    pub async fn burn(
        &self,
        view: &Token,
        client: IpAddr,
        typed: Option<&str>,
    ) -> Result<Report, Problem> {
        let opened = self.store.open(view, self.now()).await?;
        if let Some(lock) = &opened.lock {
            let typed = typed.unwrap_or_default();
            if !self.links.locks.check(opened.id, client, lock, typed).await? {
                return Err(wrong_password());
            }
        }
        let report = self.store.burn(view, self.now()).await?;
        self.links.notices.tell(opened.id, 0, What::Gone);
        Ok(report)
    }

    /// Counts one thing that `client` adds, or says how long it has to wait.
    pub fn may_write(&self, client: IpAddr) -> Result<(), Problem> {
        self.links.writes.take(&bucket(client)).map_err(too_often)
    }

    /// Adds `happening` to the report under an answer token, diagnoses it anew where the case has
    /// changed, and gives the number of the event. Whoever comes second reads again, so that two who
    /// answer at once lose nothing.
    pub async fn happen(
        &self,
        token: &Token,
        caller: &Caller,
        who: &str,
        happening: Happening,
    ) -> Result<u64, Problem> {
        let opened = self.store.open(token, self.now()).await?;
        let turn = usize::try_from(opened.id).unwrap_or_default() % TURNS;
        let Some(turn) = self.links.turns.get(turn) else { return Err(Problem::internal()) };
        let _turn = turn.lock().await;
        for _ in 0..TRIES {
            let (opened, before) = self.admit(token, caller).await?;
            if !opened.may_answer {
                return Err(Problem::not_found());
            }
            let (event, what) = self.event(token, who, &happening, &opened, &before).await?;
            match self.store.add(&event).await {
                Ok(number) => {
                    self.metrics.answers.up();
                    if event.entry.happening.state().is_some() {
                        self.learn().await;
                    }
                    self.links.notices.tell(opened.id, number, what);
                    let occasion = match what {
                        What::Checked { .. } => Occasion::Verified,
                        _ => Occasion::Answered,
                    };
                    let report = event.report.as_deref().unwrap_or(&before);
                    let who = (!who.is_empty()).then_some(who);
                    let link = if self.webhooks.hears(occasion) {
                        self.kept_link(opened.id).await
                    } else {
                        None
                    };
                    self.announce(occasion, report, who, link).await;
                    return Ok(number);
                }
                Err(StoreError::Changed) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Changed.into())
    }

    async fn event(
        &self,
        token: &Token,
        who: &str,
        happening: &Happening,
        opened: &Opened,
        before: &Report,
    ) -> Result<(NewEvent, What), Problem> {
        let mut happening = happening.clone();
        let case = happening.added_to(&before.case);
        let after = if case == before.case {
            None
        } else {
            Some(self.diagnose(case, before.lang).await?.masked().0)
        };
        let now_stands = after.as_ref().unwrap_or(before);
        happening.judge();
        let what = match &happening {
            Happening::FixTried { .. } => What::FixTried,
            Happening::Checked { worked, .. } => What::Checked { worked: *worked },
            Happening::CheckFailed { .. } => What::Checked { worked: false },
            _ => What::Answered,
        };
        let event = NewEvent {
            token: token.clone(),
            now: self.now(),
            after: opened.version,
            who: who.to_owned(),
            entry: happening.between(before, now_stands),
            report: after.map(Box::new),
        };
        Ok((event, what))
    }
}

/// The problem of a password that does not fit.
fn wrong_password() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong-password",
        "That is not the password of this report. Ask whoever sent you the link; after a few wrong ones you have to wait.",
        "密码不正确。请向发给您链接的人确认；多次输错后需要等待。",
    )
}
