//! The two-way link in SQLite: opening, events, versions, burning, confirmed causes.
//!
//! Invariant: each change is one statement, as in `sqlite`; triggers carry what follows from it.

use serde::Deserialize;
use sqlx::{Row, sqlite::SqliteRow};

use super::{
    ConfirmedCause, Event, Kept, MOST_EVENT_BYTES, MOST_EVENTS, NewEvent, Opened, Share,
    StoreError, Terms, Token, UnixSeconds,
    sqlite::{SqliteStore, hash, report_in},
};
use crate::report::{FixState, Report};

/// What stands in `report.sealed` for a body that only a browser can read.
const SEALED: i64 = 1;

/// The part of a first version that later ones leave out.
#[derive(Deserialize)]
struct FirstVersion {
    case: FirstCase,
}

#[derive(Deserialize)]
struct FirstCase {
    text: Option<String>,
}

fn damaged(error: &serde_json::Error) -> StoreError {
    StoreError::Damaged(error.to_string())
}

fn number(row: &SqliteRow, column: &str) -> Result<u64, StoreError> {
    let number: i64 = row.try_get(column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

/// A later version, with the pasted text of the first.
fn later_version(later: &str, first: &str) -> Result<Report, StoreError> {
    let mut report: Report = serde_json::from_str(later).map_err(|error| damaged(&error))?;
    let first: FirstVersion = serde_json::from_str(first).map_err(|error| damaged(&error))?;
    report.case.text = first.case.text;
    Ok(report)
}

impl SqliteStore {
    pub(super) async fn save_with(&self, kept: &Kept, terms: &Terms) -> Result<Share, StoreError> {
        let (body, version, sealed) = match kept {
            Kept::Report(report) => {
                let body = serde_json::to_string(report).map_err(|error| damaged(&error))?;
                (body, i64::from(report.version), 0)
            }
            Kept::Sealed(sealed) => (sealed.clone(), 0, SEALED),
        };
        let (view, manage) = (Token::generate()?, Token::generate()?);
        let answers = sealed == 0 && !terms.burns;
        let answer = if answers { Some(Token::generate()?) } else { None };
        let insert = "INSERT INTO report (view_hash, manage_hash, answer_hash, version, body, created_at, \
                      expires_at, lock, burns, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
        let statement = sqlx::query(insert)
            .bind(hash(&view))
            .bind(hash(&manage))
            .bind(answer.as_ref().map(hash))
            .bind(version)
            .bind(body)
            .bind(terms.now)
            .bind(terms.expires_at)
            .bind(terms.lock.clone())
            .bind(i64::from(terms.burns))
            .bind(sealed);
        let id = self.change(statement).await?.ok_or(StoreError::NotFound)?.try_get("id")?;
        Ok(Share { id, view, answer, manage, expires_at: terms.expires_at })
    }

    /// What lies under `token`. The indices that are named answer for links of every kind at the same
    /// cost, see `benches/links.py`.
    pub(super) async fn open_link(
        &self,
        token: &Token,
        now: UnixSeconds,
    ) -> Result<Opened, StoreError> {
        let select = "SELECT r.id, r.body, r.answer_hash = ?1 AS may_answer, r.lock, r.burns, r.sealed, \
                      r.created_at, r.expires_at, \
                      coalesce((SELECT max(number) FROM event WHERE report_id = r.id), 0) AS last, \
                      (SELECT body FROM event WHERE report_id = r.id AND body IS NOT NULL \
                       ORDER BY number DESC LIMIT 1) AS newest, \
                      (SELECT state FROM event WHERE report_id = r.id AND state IS NOT NULL \
                       ORDER BY number DESC LIMIT 1) AS state \
                      FROM report r WHERE r.id = (\
                      SELECT id FROM report INDEXED BY report_view_until WHERE view_hash = ?1 AND expires_at > ?2 \
                      UNION ALL \
                      SELECT id FROM report INDEXED BY report_answer_until WHERE answer_hash = ?1 AND expires_at > ?2)";
        let row = self.read(sqlx::query(select).bind(hash(token)).bind(now)).await?;
        let sealed: i64 = row.try_get("sealed")?;
        let newest: Option<&str> = row.try_get("newest")?;
        let kept = match newest {
            _ if sealed == SEALED => Kept::Sealed(row.try_get("body")?),
            Some(newest) => Kept::Report(Box::new(later_version(newest, row.try_get("body")?)?)),
            None => Kept::Report(Box::new(report_in(&row)?)),
        };
        let state: Option<&str> = row.try_get("state")?;
        Ok(Opened {
            id: row.try_get("id")?,
            kept,
            may_answer: row.try_get::<Option<bool>, _>("may_answer")?.unwrap_or(false),
            lock: row.try_get("lock")?,
            burns: row.try_get::<i64, _>("burns")? != 0,
            version: number(&row, "last")?,
            state: state.map_or(FixState::Open, FixState::parse),
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        })
    }

    pub(super) async fn events_of(&self, id: i64, after: u64) -> Result<Vec<Event>, StoreError> {
        let select = "SELECT number, at, who, what, body IS NOT NULL AS has_version FROM event \
                      WHERE report_id = ? AND number > ? ORDER BY number";
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let rows = self.read_all(sqlx::query(select).bind(id).bind(after)).await?;
        let event = |row: &SqliteRow| {
            let what: &str = row.try_get("what")?;
            Ok(Event {
                number: number(row, "number")?,
                at: row.try_get("at")?,
                who: row.try_get("who")?,
                entry: serde_json::from_str(what).map_err(|error| damaged(&error))?,
                has_version: row.try_get("has_version")?,
            })
        };
        rows.iter().map(event).collect()
    }

    pub(super) async fn version_of(&self, id: i64, version: u64) -> Result<Report, StoreError> {
        let select = "SELECT r.body, (SELECT body FROM event WHERE report_id = r.id AND number <= ?2 \
                      AND body IS NOT NULL ORDER BY number DESC LIMIT 1) AS newest, \
                      (SELECT count(*) FROM event WHERE report_id = r.id AND number = ?2) AS known \
                      FROM report r WHERE r.id = ?1 AND r.sealed = 0";
        let wanted = i64::try_from(version).map_err(|_| StoreError::NotFound)?;
        let row = self.read(sqlx::query(select).bind(id).bind(wanted)).await?;
        if version > 0 && row.try_get::<i64, _>("known")? == 0 {
            return Err(StoreError::NotFound);
        }
        match row.try_get::<Option<&str>, _>("newest")? {
            Some(newest) => later_version(newest, row.try_get("body")?),
            None => report_in(&row),
        }
    }

    pub(super) async fn add_event(&self, new: &NewEvent) -> Result<u64, StoreError> {
        let what = serde_json::to_string(&new.entry).map_err(|error| damaged(&error))?;
        let body = match new.report.clone() {
            Some(mut report) => {
                report.case.text = None;
                Some(serde_json::to_string(&report).map_err(|error| damaged(&error))?)
            }
            None => None,
        };
        let after = i64::try_from(new.after).unwrap_or(i64::MAX);
        let insert = "INSERT INTO event (report_id, number, at, who, what, body, state, cause) \
                      SELECT r.id, ?3 + 1, ?2, ?4, ?5, ?6, ?7, ?8 FROM report r \
                      WHERE r.answer_hash = ?1 AND r.expires_at > ?2 AND ?3 < ?9 AND \
                      coalesce((SELECT sum(octet_length(what) + coalesce(octet_length(body), 0)) \
                      FROM event WHERE report_id = r.id), 0) \
                      + octet_length(?5) + coalesce(octet_length(?6), 0) <= ?10 AND \
                      coalesce((SELECT max(number) FROM event WHERE report_id = r.id), 0) = ?3 RETURNING number";
        let statement = sqlx::query(insert)
            .bind(hash(&new.token))
            .bind(new.now)
            .bind(after)
            .bind(new.who.clone())
            .bind(what)
            .bind(body)
            .bind(new.entry.happening.state().map(FixState::as_str))
            .bind(new.lesson().map(str::to_owned))
            .bind(i64::try_from(MOST_EVENTS).unwrap_or(i64::MAX))
            .bind(i64::try_from(MOST_EVENT_BYTES).unwrap_or(i64::MAX));
        if let Some(row) = self.change(statement).await? {
            return number(&row, "number");
        }
        let opened = self.open_link(&new.token, new.now).await?;
        match opened {
            Opened { may_answer: false, .. } => Err(StoreError::NotFound),
            // Nobody came between: it was refused for its number or its bytes.
            Opened { version, .. } if version == new.after => Err(StoreError::TooMuch),
            _ => Err(StoreError::Changed),
        }
    }

    pub(super) async fn burn_link(
        &self,
        view: &Token,
        now: UnixSeconds,
    ) -> Result<Report, StoreError> {
        let delete = "DELETE FROM report WHERE view_hash = ? AND burns = 1 AND sealed = 0 AND expires_at > ? \
                      RETURNING body";
        let row = self.change(sqlx::query(delete).bind(hash(view)).bind(now)).await?;
        report_in(&row.ok_or(StoreError::NotFound)?)
    }

    pub(super) async fn confirmed(&self) -> Result<Vec<ConfirmedCause>, StoreError> {
        let rows =
            self.read_all(sqlx::query("SELECT cause, at FROM confirmed ORDER BY id")).await?;
        let cause = |row: &SqliteRow| {
            Ok(ConfirmedCause { cause: row.try_get("cause")?, at: row.try_get("at")? })
        };
        rows.iter().map(cause).collect()
    }
}
