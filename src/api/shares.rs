//! Saved reports: save, open, end.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    report::Report,
    server::{AppState, Problem},
    store::{StoreError, Token, UnixSeconds},
};

use super::{Desk, Trouble, Visitor};

/// Name of the cookie that keeps the manage token with the browser that saved the report. It is
/// bound to the report's own path, so that no other page ever gets it.
const MANAGE_COOKIE: &str = "manage";

/// A saved report, as its reader sees it.
#[derive(Clone, Debug)]
pub struct OpenedReport {
    /// The report, in the reader's language.
    pub report: Report,
    /// The address for others.
    pub link: String,
    /// What the browser that saved it may do.
    pub managed: Option<ManagedLink>,
    /// Path of the same report as JSON.
    pub json: String,
}

/// The power over a saved report.
#[derive(Clone, Debug)]
pub struct ManagedLink {
    /// The token that ends the link.
    pub token: String,
    /// When the link ends, `YYYY-MM-DD HH:MM UTC`.
    pub ends: String,
    /// The verdict, so that people see what they are about to delete.
    pub sentence: String,
}

/// Where a report was saved.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Path of its page.
    pub path: String,
    /// The cookie that keeps the power over it with the browser that saved it.
    pub cookie: String,
}

impl Desk {
    /// Opens the report under a view token. Unknown, expired and revoked are the same.
    pub async fn open(&self, token: &str, visitor: &Visitor) -> Result<OpenedReport, Trouble> {
        let view = Token::parse(token).ok_or(StoreError::NotFound)?;
        let mut report = self.state.store.load_report(&view, self.state.now()).await?;
        if report.lang != visitor.lang {
            // The same case, told in the reader's language.
            report.case.lang = None;
            report = self.diagnostician.diagnose(&report.case, visitor.lang);
        }
        let managed = match visitor.cookie(MANAGE_COOKIE) {
            Some(token) => self.managed(&token).await.ok(),
            None => None,
        };
        Ok(OpenedReport {
            report,
            link: format!("{}/d/{token}", visitor.origin),
            managed,
            json: format!("/api/v1/diagnoses/{token}"),
        })
    }

    /// What a manage token has power over.
    pub async fn managed(&self, token: &str) -> Result<ManagedLink, Trouble> {
        let manage = Token::parse(token).ok_or(StoreError::NotFound)?;
        let found = self.state.store.load_managed(&manage, self.state.now()).await?;
        Ok(ManagedLink {
            token: token.to_owned(),
            ends: minute(found.expires_at),
            sentence: found.report.verdict.sentence,
        })
    }

    /// Saves `report` without its secrets, but for those left `open`, for `wanted`, else for the default time, never beyond the server's maximum.
    pub async fn save(
        &self,
        report: &Report,
        open: &BTreeSet<String>,
        wanted: Option<Duration>,
        visitor: &Visitor,
    ) -> Result<Saved, Trouble> {
        let now = self.state.now();
        let expires_at = self.state.expiry(now, wanted);
        let share = self.state.save_but(report, open, now, expires_at).await?;
        let path = format!("/d/{}", share.view.as_str());
        let secure = if visitor.origin.starts_with("https:") { "; Secure" } else { "" };
        let cookie = format!(
            "{MANAGE_COOKIE}={}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            share.manage.as_str(),
            expires_at.saturating_sub(now),
        );
        Ok(Saved { path, cookie })
    }
}

/// `POST /manage/{token}/delete`: ends the link and forgets the report.
pub async fn delete(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let token = Token::parse(&token).ok_or_else(Problem::not_found)?;
    state.store.revoke(&token, state.now()).await?;
    Ok(Redirect::to("/deleted").into_response())
}

/// A moment to the minute, in UTC. Days are turned into a date as in Howard Hinnant's
/// `civil_from_days`.
fn minute(at: UnixSeconds) -> String {
    let (days, rest) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
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
