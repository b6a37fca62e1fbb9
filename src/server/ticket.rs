//! A saved report as a ticket: who may open it, and the one place where something happens to it.
//!
//! In go a token and what somebody adds; out comes the number of the event. Whatever is saved,
//! answered, checked or revoked passes here, and is told to [`Notices`] here.

use std::{collections::BTreeSet, net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use tokio::sync::Mutex;

use super::{
    contribution,
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
/// What one client may have kept in ten minutes, KiB. judgement: a team that shares an address saves
/// some hundred reports, or pastes sixty logs of the longest.
const KEPT: (u32, Duration) = (64 * 1024, Duration::from_mins(10));
/// Proved causes of one client that are learned from in a day. judgement: a team that shares an address
/// proves a few; a stranger who makes up cases must not move the base rates by more.
const LESSONS: (u32, Duration) = (10, Duration::from_hours(24));
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
    kept: Windows<IpAddr>,
    lessons: Windows<IpAddr>,
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
            kept: Windows::new(KEPT.0, KEPT.1),
            lessons: Windows::new(LESSONS.0, LESSONS.1),
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
    /// The lock whose password this caller has shown before, within the same request or stream.
    pub proven: Option<String>,
}

impl Caller {
    /// The same caller, whom `opened` was open to and need not ask again.
    #[must_use]
    fn past(&self, opened: &Opened) -> Self {
        Self { proven: opened.lock.clone(), ..self.clone() }
    }
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
        if let Some(lock) = &opened.lock {
            let has_key =
                || caller.key.as_ref().is_some_and(|key| self.links.locks.fits(key, lock));
            if caller.proven.as_ref() != Some(lock) && !has_key() {
                let Some(typed) = &caller.password else { return Ok(Door::Locked(opened)) };
                if !self.links.locks.check(lock, caller.client, typed).await? {
                    return Err(wrong_password());
                }
            }
        }
        Ok(match opened.kept.clone() {
            Kept::Report(report) => Door::Open(opened, report),
            Kept::Sealed(sealed) => Door::Sealed(sealed),
        })
    }

    /// The report under `token` for a caller who need not be shown a door; and that caller, for what
    /// comes after: a password costs time and tries, so it is looked at once.
    pub(super) async fn admit_once(
        &self,
        token: &Token,
        caller: &Caller,
    ) -> Result<(Opened, Box<Report>, Caller), Problem> {
        let (opened, report) = self.admit(token, caller).await?;
        let past = caller.past(&opened);
        Ok((opened, report, past))
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

    /// Saves `kept` of `client` on `terms`: secrets in a report are masked first, and never reach the
    /// database. `open` is what somebody who saw it left open; see [`Report::masked_but`].
    pub async fn keep(
        &self,
        kept: Kept,
        open: &BTreeSet<String>,
        terms: &Terms,
        client: IpAddr,
    ) -> Result<Share, Problem> {
        let (kept, bytes) = match kept {
            Kept::Report(report) => {
                let open = open.clone();
                let masked = self.work(move || report.masked_but(&open)).await?;
                let masked = masked.map_err(StoreError::from)?.0;
                let bytes = size(&masked);
                (Kept::Report(Box::new(masked)), bytes)
            }
            Kept::Sealed(sealed) => {
                let bytes = sealed.len();
                (Kept::Sealed(sealed), bytes)
            }
        };
        self.may_keep(client, bytes)?;
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
            if !self.links.locks.check(lock, client, typed).await? {
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

    /// Counts `bytes` that are kept for `client`, or says how long it has to wait.
    pub fn may_keep(&self, client: IpAddr, bytes: usize) -> Result<(), Problem> {
        let kib = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
        self.links.kept.take_many(&bucket(client), kib).map_err(too_often)
    }

    /// Whether a cause that `client` says is proved may be learned from. Where learning is off, nothing
    /// is spent.
    fn may_teach(&self, client: IpAddr) -> bool {
        self.config.learning.strength <= 0.0 || self.links.lessons.take(&bucket(client)).is_ok()
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
        let (opened, _, caller) = self.admit_once(token, caller).await?;
        let turn = usize::try_from(opened.id).unwrap_or_default() % TURNS;
        let Some(turn) = self.links.turns.get(turn) else { return Err(Problem::internal()) };
        let _turn = turn.lock().await;
        let mut is_counted = false;
        let mut teaches = None;
        for _ in 0..TRIES {
            let (opened, before) = self.admit(token, &caller).await?;
            if !opened.may_answer {
                return Err(Problem::not_found());
            }
            let (mut event, what) = self.event(token, who, &happening, &opened, &before).await?;
            event.teaches = match teaches {
                Some(known) => known,
                None => event.entry.happening.confirms().is_some() && self.may_teach(caller.client),
            };
            teaches = Some(event.teaches);
            // The end of a check is no wish of the client's, and must not be lost.
            let counts = matches!(what, What::Answered | What::FixTried);
            if let Some(report) = event.report.as_deref().filter(|_| counts && !is_counted) {
                self.may_keep(caller.client, size(report))?;
                is_counted = true;
            }
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
        if matches!(happening, Happening::Observations { .. }) {
            contribution::check_room(&before.case, &case)?;
        }
        let after = if case == before.case {
            None
        } else {
            let report = self.diagnose(case, before.lang).await?;
            Some(report.masked().map_err(StoreError::from)?.0)
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
            teaches: false,
        };
        Ok((event, what))
    }
}

/// Bytes of a report where it is kept.
fn size(report: &Report) -> usize {
    serde_json::to_string(report).map_or(0, |json| json.len())
}

/// The problem of a password that does not fit.
fn wrong_password() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "wrong-password",
        "That is not the password of this report. Ask whoever sent you the link; after a few wrong ones you have to wait.",
        "密码不正确。请向发给你链接的人确认；多次输错后需要等待。",
    )
}
