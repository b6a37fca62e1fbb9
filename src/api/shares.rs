//! Saved reports: save, open, end.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    report::{FixState, Report},
    server::{AppState, Caller, Door, KEY_COOKIE, KEY_LIVES, Path, Problem},
    store::{Event, Kept, Opened, StoreError, Terms, Token, UnixSeconds, civil_date},
};

use super::{Desk, Trouble, Visitor};

/// Name of the cookie that keeps the manage token with the browser that saved the report. It is
/// bound to the report's own path, so that no other page ever gets it.
const MANAGE_COOKIE: &str = "manage";
/// The same for the answer token, so that whoever saved the report can hand it on.
const ANSWER_COOKIE: &str = "answer";

/// A saved report, as its reader sees it.
#[derive(Clone, Debug)]
pub struct OpenedReport {
    /// The report, in the reader's language.
    pub report: Report,
    /// The address for others.
    pub link: String,
    /// What the browser that saved it may do.
    pub managed: Option<ManagedLink>,
    /// Path of its page.
    pub path: String,
    /// Path of the same report as JSON.
    pub json: String,
    /// What happened since it was saved, and what the reader may add.
    pub ticket: Ticket,
}

/// What happened to a saved report, and what its reader may add.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// The token in the page's own address.
    pub token: String,
    /// The token that may answer, where the reader holds it.
    pub power: Option<String>,
    /// The whole address under which it is answered, where the reader holds that token.
    pub answer_link: Option<String>,
    /// The same, for the browser that saved the report and hands it on.
    pub for_ops: Option<String>,
    /// What happened, oldest first.
    pub events: Vec<Event>,
    /// The version that is shown, where it is not the newest.
    pub older: Option<u64>,
    /// Where the repair stands.
    pub state: FixState,
    /// When it was saved, `YYYY-MM-DD HH:MM UTC`.
    pub saved: String,
    /// Whether it was deleted in the moment it was opened.
    pub burned: bool,
    /// Whether it has a password.
    pub locked: bool,
}

/// How a link stands to its reader.
#[derive(Clone, Debug)]
pub enum Link {
    /// Open.
    Open(Box<OpenedReport>),
    /// A form has to be sent first.
    Press {
        /// Whether it asks for a password.
        password: bool,
        /// Whether it deletes the report.
        burns: bool,
    },
    /// What a browser has encrypted, base64url.
    Sealed(String),
}

/// The power over a saved report.
#[derive(Clone, Debug)]
pub struct ManagedLink {
    /// The token that ends the link.
    pub token: String,
    /// When the link ends, `YYYY-MM-DD HH:MM UTC`.
    pub ends: String,
    /// The verdict, so that people see what they are about to delete; nothing where it is sealed.
    pub sentence: Option<String>,
}

/// How a report is to be saved.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// How long its links live; the server's default where absent.
    pub lives: Option<Duration>,
    /// The password that it gets; none where empty.
    pub password: String,
    /// Whether it is deleted when it is first opened.
    pub burns: bool,
    /// What somebody who saw the masks left open, as [`Report::masked_but`] takes it.
    pub open: BTreeSet<String>,
}

/// Where a report was saved.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Path of its page.
    pub path: String,
    /// The cookies that keep the power over it with the browser that saved it.
    pub cookies: Vec<String>,
}

impl Desk {
    /// Opens the report under a view or answer token, in its newest version. Unknown, expired and
    /// revoked are the same; what needs more than the token is refused.
    pub async fn open(&self, token: &str, visitor: &Visitor) -> Result<OpenedReport, Trouble> {
        match self.knock(token, visitor, None).await? {
            Link::Open(opened) => Ok(*opened),
            Link::Press { .. } | Link::Sealed(_) => Err(StoreError::Closed.into()),
        }
    }

    /// How the link under a view or answer token stands to `visitor`; `version` asks for an older one.
    pub async fn knock(
        &self,
        token: &str,
        visitor: &Visitor,
        version: Option<u64>,
    ) -> Result<Link, Trouble> {
        let parsed = Token::parse(token).ok_or(StoreError::NotFound)?;
        let (opened, report) = match self.state.knock(&parsed, &visitor.caller()).await? {
            Door::Open(opened, report) => (opened, report),
            Door::Locked(_) => return Ok(Link::Press { password: true, burns: false }),
            Door::Burns(password) => return Ok(Link::Press { password, burns: true }),
            Door::Sealed(sealed) => return Ok(Link::Sealed(sealed)),
        };
        let older = version.filter(|version| *version != opened.version);
        let report = match older {
            Some(version) => self.state.store.version(opened.id, version).await?,
            None => *report,
        };
        let events = self.state.store.events(opened.id, 0).await?;
        let ticket = Ticket { older, ..ticket(token, &opened, events, visitor) };
        Ok(Link::Open(Box::new(self.opened(token, report, ticket, visitor).await?)))
    }

    /// Reads and deletes a report that burns.
    pub async fn burn(
        &self,
        token: &str,
        password: &str,
        visitor: &Visitor,
    ) -> Result<OpenedReport, Trouble> {
        let view = Token::parse(token).ok_or(StoreError::NotFound)?;
        let report = self.state.burn(&view, visitor.client, Some(password)).await?;
        let ticket = Ticket {
            token: token.to_owned(),
            power: None,
            answer_link: None,
            for_ops: None,
            events: Vec::new(),
            older: None,
            state: FixState::Open,
            saved: String::new(),
            burned: true,
            locked: false,
        };
        self.opened(token, report, ticket, visitor).await
    }

    /// The cookies of a browser that knows the password of the report under `token`.
    pub async fn unlock(
        &self,
        token: &str,
        password: &str,
        visitor: &Visitor,
    ) -> Result<Vec<String>, Trouble> {
        let parsed = Token::parse(token).ok_or(StoreError::NotFound)?;
        // Without the key it may have: only the password opens for another hour.
        let caller = Caller { password: Some(password.to_owned()), key: None, ..visitor.caller() };
        let (opened, _) = self.state.admit(&parsed, &caller).await?;
        let Some(lock) = opened.lock else { return Ok(Vec::new()) };
        let key = self.state.links.locks.key(&lock)?;
        Ok(key_cookies(&key, token, visitor))
    }

    async fn opened(
        &self,
        token: &str,
        report: Report,
        ticket: Ticket,
        visitor: &Visitor,
    ) -> Result<OpenedReport, Trouble> {
        let managed = match visitor.cookie(MANAGE_COOKIE) {
            Some(token) if !ticket.burned => self.managed(&token).await.ok(),
            _ => None,
        };
        let report = match self.in_language(report.clone(), visitor.lang).await {
            Ok(report) => report,
            // It is deleted already: better in another language than never.
            Err(_) if ticket.burned => report,
            Err(problem) => return Err(problem.into()),
        };
        Ok(OpenedReport {
            report,
            link: format!("{}/d/{token}", visitor.origin),
            managed,
            path: format!("/d/{token}"),
            json: format!("/api/v1/diagnoses/{token}"),
            ticket,
        })
    }

    /// What a manage token has power over.
    pub async fn managed(&self, token: &str) -> Result<ManagedLink, Trouble> {
        let manage = Token::parse(token).ok_or(StoreError::NotFound)?;
        let found = self.state.store.load_managed(&manage, self.state.now()).await?;
        Ok(ManagedLink {
            token: token.to_owned(),
            ends: minute(found.expires_at),
            sentence: found.report.map(|report| report.verdict.sentence),
        })
    }

    /// Saves `report` without its secrets as `wish` says, never for longer than the server's maximum.
    pub async fn save(
        &self,
        report: &Report,
        wish: &Wish,
        visitor: &Visitor,
    ) -> Result<Saved, Trouble> {
        self.state.may_write(visitor.client)?;
        let now = self.state.now();
        let expires_at = self.state.expiry(now, wish.lives);
        let lock = match wish.password.as_str() {
            "" => None,
            password => Some(self.state.links.locks.hash(password).await?),
        };
        let key = match &lock {
            Some(lock) if !wish.burns => Some(self.state.links.locks.key(lock)?),
            _ => None,
        };
        let terms = Terms { now, expires_at, lock, burns: wish.burns };
        let kept = Kept::Report(Box::new(report.clone()));
        let share = self.state.keep(kept, &wish.open, &terms, visitor.client).await?;
        let path = format!("/d/{}", share.view.as_str());
        if !wish.burns {
            let link = format!("{}{path}", visitor.origin);
            self.state.announce_saved(&share, report, link).await;
        }
        let lives = u64::try_from(expires_at.saturating_sub(now)).unwrap_or_default();
        let kept = |name: &str, value: &str| visitor.keep_with(name, value, &path, lives);
        let mut cookies = vec![kept(MANAGE_COOKIE, share.manage.as_str())];
        cookies.extend(share.answer.as_ref().map(|answer| kept(ANSWER_COOKIE, answer.as_str())));
        if let Some(key) = key {
            // Whoever set the password need not type it at once, under either link.
            for token in [Some(&share.view), share.answer.as_ref()].into_iter().flatten() {
                cookies.extend(key_cookies(&key, token.as_str(), visitor));
            }
        }
        Ok(Saved { path, cookies })
    }
}

/// The cookies that open the locked report under `token`, on its page and through the API.
fn key_cookies(key: &str, token: &str, visitor: &Visitor) -> Vec<String> {
    let lives = KEY_LIVES.as_secs();
    let paths = [format!("/d/{token}"), format!("/api/v1/diagnoses/{token}")];
    paths.iter().map(|path| visitor.keep_with(KEY_COOKIE, key, path, lives)).collect()
}

fn ticket(token: &str, opened: &Opened, events: Vec<Event>, visitor: &Visitor) -> Ticket {
    // The cookie of the browser that saved it; whether it still holds is seen when it is used.
    let kept = visitor.cookie(ANSWER_COOKIE).filter(|kept| Token::parse(kept).is_some());
    let power = if opened.may_answer { Some(token.to_owned()) } else { kept.clone() };
    Ticket {
        token: token.to_owned(),
        answer_link: power.as_ref().map(|power| format!("{}/d/{power}", visitor.origin)),
        power,
        for_ops: kept.map(|kept| format!("{}/d/{kept}", visitor.origin)),
        events,
        older: None,
        state: opened.state,
        saved: minute(opened.created_at),
        burned: false,
        locked: opened.lock.is_some(),
    }
}

/// `POST /manage/{token}/delete`: ends the link and forgets the report.
pub async fn delete(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let token = Token::parse(&token).ok_or_else(Problem::not_found)?;
    state.revoke(&token).await?;
    Ok(Redirect::to("/deleted").into_response())
}

/// A moment to the minute, in UTC.
pub fn minute(at: UnixSeconds) -> String {
    let (year, month, day) = civil_date(at);
    let rest = at.rem_euclid(86_400);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3_600, rest % 3_600 / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_dates() {
        assert_eq!(minute(0), "1970-01-01 00:00 UTC");
        assert_eq!(minute(951_827_640), "2000-02-29 12:34 UTC");
        assert_eq!(minute(1_798_761_599), "2026-12-31 23:59 UTC");
    }
}
