//! The operator's pages: who is one, what they see, and what their forms do.

use std::collections::BTreeMap;

use axum::{
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    knowledge::Text,
    server::{ADMIN_SESSION, Delivery, Form, NoEntry, Problem},
    store::civil_date,
};

use super::{Desk, Trouble, Visitor, shares::minute, visitor::redirect_keeping};

/// Name of the operator's cookie.
const COOKIE: &str = "admin";

/// The fields of a form.
type Fields = BTreeMap<String, String>;

/// What the operator sees.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Each receiver: name, kind, host, events.
    pub receivers: Vec<Receiver>,
    /// The last deliveries, newest first.
    pub deliveries: Vec<DeliveryLine>,
    /// Pseudo-cases behind the base rates; 0 where nothing is learned.
    pub strength: f64,
    /// Confirmed cases by cause, most first.
    pub confirmed: Vec<CauseCount>,
}

/// A receiver of webhooks, without its secrets.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// What it hears of, as words of the configuration.
    pub events: Vec<&'static str>,
}

/// A line of the delivery log, with its time in words.
#[derive(Clone, Debug)]
pub struct DeliveryLine {
    /// `YYYY-MM-DD HH:MM UTC`.
    pub when: String,
    /// The delivery.
    pub delivery: Delivery,
}

/// How often a cause was met here.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseCount {
    /// Id of the cause.
    pub id: String,
    /// Name in the reader's language.
    pub name: String,
    /// Saved reports that it led.
    pub saved: u64,
    /// Cases in which it was confirmed.
    pub confirmed: u64,
}

impl Desk {
    /// Whether this server has operator's pages.
    pub fn has_operator(&self) -> bool {
        self.state.admin.exists()
    }

    /// Whether `visitor` has entered as the operator.
    pub fn is_operator(&self, visitor: &Visitor) -> bool {
        visitor.cookie(COOKIE).is_some_and(|cookie| self.state.admin.knows(&cookie))
    }

    /// Whether `visitor` may see how often causes were met.
    pub fn may_see_reports(&self, visitor: &Visitor) -> bool {
        self.state.config.admin.open_reports || self.is_operator(visitor)
    }

    /// What the operator sees. The caller has made sure that it is one.
    pub async fn overview(&self, visitor: &Visitor) -> Result<Overview, Trouble> {
        let receivers = self.state.webhooks.receivers().map(|webhook| Receiver {
            name: webhook.name.clone(),
            kind: webhook.kind.name(),
            events: webhook.events.iter().map(|event| event.word()).collect(),
        });
        let line = |delivery: Delivery| DeliveryLine { when: minute(delivery.at), delivery };
        let mut confirmed: Vec<CauseCount> = self
            .cause_counts(visitor, None)
            .await?
            .into_iter()
            .filter(|count| count.confirmed > 0)
            .collect();
        confirmed.sort_by_key(|count| std::cmp::Reverse(count.confirmed));
        Ok(Overview {
            receivers: receivers.collect(),
            deliveries: self.state.webhooks.deliveries().await?.into_iter().map(line).collect(),
            strength: self.state.config.learning.strength,
            confirmed,
        })
    }

    /// How often each cause was met since the month `since` (year · 100 + month), most first.
    pub async fn cause_counts(
        &self,
        visitor: &Visitor,
        since: Option<i64>,
    ) -> Result<Vec<CauseCount>, Trouble> {
        let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        let wanted = |month: i64| since.is_none_or(|since| month >= since);
        for tally in self.state.store.tallies().await? {
            if wanted(tally.month) {
                counts.entry(tally.cause).or_default().0 += tally.saved;
            }
        }
        for proved in self.state.store.confirmed_causes().await? {
            let (year, month, _) = civil_date(proved.at);
            if wanted(year * 100 + month) {
                counts.entry(proved.cause).or_default().1 += 1;
            }
        }
        let mut counts: Vec<CauseCount> = counts
            .into_iter()
            .map(|(id, (saved, confirmed))| CauseCount {
                name: self.cause_name(&id, visitor),
                id,
                saved,
                confirmed,
            })
            .collect();
        counts.sort_by_key(|count| std::cmp::Reverse((count.saved, count.confirmed)));
        Ok(counts)
    }

    /// The month that lies `back` months before now, year · 100 + month.
    pub fn month_back(&self, back: i64) -> i64 {
        let (year, month, _) = civil_date(self.state.now());
        let months = year * 12 + month - 1 - back;
        months.div_euclid(12) * 100 + months.rem_euclid(12) + 1
    }

    fn cause_name(&self, id: &str, visitor: &Visitor) -> String {
        let cause = self.diagnostician.base().causes.get(id);
        cause.map_or_else(|| id.to_owned(), |cause| cause.name.get(visitor.lang).to_owned())
    }
}

/// `POST /admin/enter`: opens a session with the token.
pub async fn enter(
    desk: Desk,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    let typed = fields.get("token").map_or("", String::as_str);
    match desk.state.admin.enter(typed, visitor.client) {
        Ok(session) => {
            let cookie = visitor.keep_strictly(COOKIE, &session, ADMIN_SESSION.as_secs());
            Ok(redirect_keeping("/admin", &[cookie]))
        }
        Err(NoEntry::NoSuchPage) => Err(Problem::not_found()),
        Err(NoEntry::Failed(error)) => Err(Problem::from(error)),
        Err(NoEntry::WrongToken) => Ok(Redirect::to("/admin?again=wrong").into_response()),
        Err(NoEntry::TooOften) => {
            tracing::warn!("too many tries to enter as the operator");
            Ok(Redirect::to("/admin?again=often").into_response())
        }
    }
}

/// `POST /admin/leave`: ends the session.
pub async fn leave(desk: Desk, visitor: Visitor) -> Result<Response, Problem> {
    if let Some(cookie) = visitor.cookie(COOKIE) {
        desk.state.admin.leave(&cookie);
    }
    Ok(redirect_keeping("/admin", &[visitor.keep_strictly(COOKIE, "", 0)]))
}

/// `POST /admin/webhooks/test`: sends a test message to one receiver.
pub async fn test_webhook(
    desk: Desk,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    operator_only(&desk, &visitor)?;
    let name = fields.get("name").map_or("", String::as_str);
    if !desk.state.webhooks.test(name).await? {
        let sentence = Text {
            en: "There is no webhook of that name in the configuration.".to_owned(),
            zh: "配置中没有这个名称的 Webhook。".to_owned(),
        };
        return Err(Trouble { status: StatusCode::NOT_FOUND, sentence }.into());
    }
    Ok(Redirect::to("/admin#deliveries").into_response())
}

/// `POST /admin/learning/forget`: forgets what was confirmed, of one cause or of all.
pub async fn forget(
    desk: Desk,
    visitor: Visitor,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    operator_only(&desk, &visitor)?;
    let cause = fields.get("cause").map(String::as_str).filter(|cause| !cause.is_empty());
    desk.state.store.forget_confirmed(cause).await?;
    desk.state.learn().await;
    Ok(Redirect::to("/admin#learning").into_response())
}

/// To strangers the operator's forms are pages that do not exist.
fn operator_only(desk: &Desk, visitor: &Visitor) -> Result<(), Problem> {
    if desk.is_operator(visitor) { Ok(()) } else { Err(Problem::not_found()) }
}
