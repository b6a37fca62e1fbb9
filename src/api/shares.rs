//! Saved reports: save, open, end.

use std::time::Duration;

use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};

use crate::{
    report::Report,
    server::{AppState, Problem, origin_of},
    store::{Token, UnixSeconds},
    ui::{
        i18n::Texts,
        state::{Wizard, decode},
    },
};

use super::{Arrived, Desk, Trouble, forms::Asked};

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

impl Desk {
    /// Opens the report under a view token. Unknown, expired and revoked are the same.
    pub async fn open_report(
        &self,
        token: &str,
        head: &axum::http::request::Parts,
        texts: Texts,
    ) -> Result<OpenedReport, Trouble> {
        let gone = || Trouble { status: StatusCode::NOT_FOUND, sentence: texts.t("problem-404") };
        let view = Token::parse(token).ok_or_else(gone)?;
        let loaded = self.state.store.load_report(&view, self.state.now()).await;
        let mut report = loaded.map_err(|error| Trouble::with_store(&error, texts))?;
        if report.lang != texts.0 {
            // The same case, told in the reader's language.
            report.case.lang = None;
            report = self.diagnostician.diagnose(&report.case, texts.0);
        }
        let origin = origin_of(&self.state.config, &head.uri, &head.headers);
        let managed = match manage_token(&head.headers) {
            Some(token) => self.managed(&token, texts).await.ok(),
            None => None,
        };
        Ok(OpenedReport {
            report,
            link: format!("{origin}/d/{token}"),
            managed,
            json: format!("/api/v1/diagnoses/{token}"),
        })
    }

    /// What a manage token has power over.
    pub async fn managed(&self, token: &str, texts: Texts) -> Result<ManagedLink, Trouble> {
        let gone = || Trouble { status: StatusCode::NOT_FOUND, sentence: texts.t("problem-404") };
        let manage = Token::parse(token).ok_or_else(gone)?;
        let found = self.state.store.load_managed(&manage, self.state.now()).await;
        let found = found.map_err(|error| Trouble::with_store(&error, texts))?;
        Ok(ManagedLink {
            token: token.to_owned(),
            ends: minute(found.expires_at),
            sentence: found.report.verdict.sentence,
        })
    }
}

fn manage_token(headers: &HeaderMap) -> Option<String> {
    let prefix = format!("{MANAGE_COOKIE}=");
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(prefix.as_str()).map(str::to_owned))
}

/// `POST /save`: diagnoses the state of the wizard, saves the report, and goes to its page.
pub async fn save(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::read(&state, request).await?;
    let Asked { desk, texts, body, .. } = &asked;
    let Arrived::Here(wizard, _) = desk.arrive(Wizard::parse(body), *texts).await? else {
        return Err(Problem::not_found());
    };
    let report = desk.diagnostician.diagnose_after(&wizard.case, &wizard.skipped, texts.0);
    let wanted = decode(body).into_iter().find(|(key, _)| key == "expiry");
    let wanted = wanted.and_then(|(_, seconds)| seconds.parse().ok()).map(Duration::from_secs);
    let now = state.now();
    let expires_at = state.expiry(now, wanted);
    let saved = state.store.save_report(&report, now, expires_at).await;
    let share = saved.map_err(|error| Trouble::with_store(&error, *texts))?;
    state.metrics.reports_saved.up();
    let path = format!("/d/{}", share.view.as_str());
    let origin = origin_of(&state.config, &asked.head.uri, &asked.head.headers);
    let secure = if origin.starts_with("https:") { "; Secure" } else { "" };
    let cookie = format!(
        "{MANAGE_COOKIE}={}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
        share.manage.as_str(),
        expires_at.saturating_sub(now),
    );
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&path)).into_response())
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
