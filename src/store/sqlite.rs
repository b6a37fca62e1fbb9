//! The SQLite store: one file in the data directory, one writer, a few readers.
//!
//! Invariants: the only module that knows SQL; every statement binds its values; a write is one
//! statement and so one transaction, synced to disk before it is acknowledged.

use std::{path::Path, time::Duration};

use sqlx::{
    Row, SqlSafeStr, SqlitePool,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};

use super::{
    ConfirmedCause, DRAFT_SECONDS, DRAFTS_KEPT, Event, Kept, Letter, ManagedReport, NewEvent,
    Opened, Posted, Progress, ReportStore, Share, StoreError, StoreFuture, Tally, Terms, Token,
    UnixSeconds, date::month,
};
use crate::report::Report;

/// Name of the database file inside the data directory.
pub(super) const DATABASE_FILE: &str = "hangup.sqlite";

/// How long a writer waits for a lock that another process holds. judgement: longer than any
/// checkpoint, shorter than a visitor's patience.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Readers at once; WAL readers never wait for the writer, and reports are small.
const READERS: u32 = 4;

/// Bytes of a page, SQLite's own default, set so that `max_bytes` can be counted in pages.
const PAGE_BYTES: u32 = 4096;

/// Reports and drafts in one SQLite file.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens the database in `data_dir`, creates what is missing and brings the tables up to date.
    ///
    /// `max_bytes` caps the size of the database (rounded down to pages of 4 KiB); a write beyond
    /// it fails with [`StoreError::Full`]. Errors name the directory.
    pub async fn open(data_dir: &Path, max_bytes: Option<u64>) -> Result<Self, StoreError> {
        let in_dir = |reason: String| StoreError::DataDir { path: data_dir.to_owned(), reason };
        tokio::fs::create_dir_all(data_dir).await.map_err(|error| in_dir(error.to_string()))?;
        let mut options = SqliteConnectOptions::new()
            .filename(data_dir.join(DATABASE_FILE))
            .create_if_missing(true)
            .page_size(PAGE_BYTES)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose the last commits when the power goes; what we acknowledged is kept.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_WAIT)
            .foreign_keys(true)
            // A revoked report is overwritten, not only unlinked.
            .pragma("secure_delete", "ON");
        if let Some(bytes) = max_bytes {
            options = options
                .pragma("max_page_count", (bytes / u64::from(PAGE_BYTES)).max(1).to_string());
        }
        let pool = || {
            SqlitePoolOptions::new()
                .acquire_timeout(BUSY_WAIT)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let opened = pool().max_connections(1).connect_with(options.clone()).await;
        let writer = opened.map_err(|error| match StoreError::from(error) {
            StoreError::Database(reason) => in_dir(reason),
            other => other,
        })?;
        migrator().run(&writer).await.map_err(migration_error)?;
        let readers = pool()
            .max_connections(READERS)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { writer, readers })
    }

    /// Closes every connection and folds the write-ahead log into the file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Runs one writing statement; gives the rows it changed.
    ///
    /// A statement alone is a transaction that starts as a writer, so it waits for a lock like
    /// `BEGIN IMMEDIATE` does. An explicit one would be worse: SQLite ends it by itself when the
    /// disk is full, sqlx keeps counting it as open, and every later write on this connection fails.
    pub(super) async fn write(&self, statement: Statement) -> Result<u64, StoreError> {
        Ok(statement.execute(&self.writer).await?.rows_affected())
    }

    /// Runs one writing statement that returns the row it changed, if it changed one.
    ///
    /// All rows are fetched, since a statement that is not run to its end is not committed.
    pub(super) async fn change(
        &self,
        statement: Statement,
    ) -> Result<Option<SqliteRow>, StoreError> {
        Ok(statement.fetch_all(&self.writer).await?.pop())
    }

    pub(super) async fn read(&self, statement: Statement) -> Result<SqliteRow, StoreError> {
        statement.fetch_optional(&self.readers).await?.ok_or(StoreError::NotFound)
    }

    pub(super) async fn read_all(
        &self,
        statement: Statement,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(statement.fetch_all(&self.readers).await?)
    }
}

type Statement = sqlx::query::Query<'static, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// The migrations, oldest first, as they lie in `migrations/sqlite/`.
pub(super) fn migrator() -> Migrator {
    let migrations = [
        (
            1,
            "reports and drafts",
            include_str!("../../migrations/sqlite/0001_reports_and_drafts.sql"),
        ),
        (2, "two-way links", include_str!("../../migrations/sqlite/0002_two_way_links.sql")),
        (3, "tally of causes", include_str!("../../migrations/sqlite/0003_tally.sql")),
        (4, "outbox of webhooks", include_str!("../../migrations/sqlite/0004_outbox.sql")),
        (5, "links by their end", include_str!("../../migrations/sqlite/0005_links_by_end.sql")),
    ];
    let numbered = migrations.into_iter().map(|(version, description, sql)| {
        Migration::new(
            version,
            description.into(),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(numbered.collect())
}

pub(super) fn migration_error(error: MigrateError) -> StoreError {
    match error {
        MigrateError::VersionMissing(version) => StoreError::NewerSchema { version },
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            match StoreError::from(error) {
                StoreError::Database(reason) => StoreError::Migration(reason),
                other => other,
            }
        }
        other => StoreError::Migration(other.to_string()),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let code = match &error {
            sqlx::Error::PoolTimedOut => return Self::Busy,
            sqlx::Error::Database(database) => {
                database.code().and_then(|code| code.parse::<u32>().ok())
            }
            _ => None,
        };
        // https://sqlite.org/rescode.html: the low byte is the primary code.
        match code {
            // SQLITE_IOERR_SHMSIZE: the write-ahead index could not grow, which a full disk does.
            Some(4874) => Self::Full,
            Some(code) if code & 0xff == 13 => Self::Full,
            Some(code) if matches!(code & 0xff, 5 | 6) => Self::Busy,
            _ => Self::Database(error.to_string()),
        }
    }
}

pub(super) fn report_in(row: &SqliteRow) -> Result<Report, StoreError> {
    let body: &str = row.try_get("body")?;
    serde_json::from_str(body).map_err(|error| StoreError::Damaged(error.to_string()))
}

pub(super) fn hash(token: &Token) -> Vec<u8> {
    token.hash().to_vec()
}

impl ReportStore for SqliteStore {
    fn save<'a>(&'a self, kept: &'a Kept, terms: &'a Terms) -> StoreFuture<'a, Share> {
        Box::pin(self.save_with(kept, terms))
    }

    fn open<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Opened> {
        Box::pin(self.open_link(token, now))
    }

    fn events(&self, id: i64, after: u64) -> StoreFuture<'_, Vec<Event>> {
        Box::pin(self.events_of(id, after))
    }

    fn version(&self, id: i64, version: u64) -> StoreFuture<'_, Report> {
        Box::pin(self.version_of(id, version))
    }

    fn add<'a>(&'a self, new: &'a NewEvent) -> StoreFuture<'a, u64> {
        Box::pin(self.add_event(new))
    }

    fn burn<'a>(&'a self, view: &'a Token, now: UnixSeconds) -> StoreFuture<'a, Report> {
        Box::pin(self.burn_link(view, now))
    }

    fn confirmed_causes(&self) -> StoreFuture<'_, Vec<ConfirmedCause>> {
        Box::pin(self.confirmed())
    }

    fn forget_draft<'a>(&'a self, token: &'a Token) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let delete = "DELETE FROM draft WHERE token_hash = ?";
            self.write(sqlx::query(delete).bind(hash(token))).await.map(drop)
        })
    }

    fn load_managed<'a>(
        &'a self,
        manage: &'a Token,
        now: UnixSeconds,
    ) -> StoreFuture<'a, ManagedReport> {
        Box::pin(async move {
            let select = "SELECT body, sealed, created_at, expires_at FROM report WHERE id = (\
                          SELECT id FROM report INDEXED BY report_manage_until \
                          WHERE manage_hash = ? AND expires_at > ?)";
            let row = self.read(sqlx::query(select).bind(hash(manage)).bind(now)).await?;
            let sealed = row.try_get::<i64, _>("sealed")? != 0;
            Ok(ManagedReport {
                report: if sealed { None } else { Some(report_in(&row)?) },
                created_at: row.try_get("created_at")?,
                expires_at: row.try_get("expires_at")?,
            })
        })
    }

    fn revoke<'a>(&'a self, manage: &'a Token, now: UnixSeconds) -> StoreFuture<'a, i64> {
        Box::pin(async move {
            let delete = "DELETE FROM report WHERE id = (\
                          SELECT id FROM report INDEXED BY report_manage_until \
                          WHERE manage_hash = ? AND expires_at > ?) RETURNING id";
            let row = self.change(sqlx::query(delete).bind(hash(manage)).bind(now)).await?;
            Ok(row.ok_or(StoreError::NotFound)?.try_get("id")?)
        })
    }

    fn save_draft<'a>(&'a self, text: &'a str, now: UnixSeconds) -> StoreFuture<'a, Token> {
        Box::pin(async move {
            let token = Token::generate()?;
            let insert = "INSERT INTO draft (token_hash, body, expires_at) VALUES (?, ?, ?)";
            let statement = sqlx::query(insert).bind(hash(&token)).bind(text.to_owned());
            self.write(statement.bind(now.saturating_add(DRAFT_SECONDS))).await?;
            Ok(token)
        })
    }

    fn load_draft<'a>(&'a self, token: &'a Token, now: UnixSeconds) -> StoreFuture<'a, String> {
        Box::pin(async move {
            let select = "SELECT body FROM draft WHERE token_hash = ? AND expires_at > ?";
            Ok(self.read(sqlx::query(select).bind(hash(token)).bind(now)).await?.try_get("body")?)
        })
    }

    fn purge_expired(&self, now: UnixSeconds) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            let reports = self
                .write(sqlx::query("DELETE FROM report WHERE expires_at <= ?").bind(now))
                .await?;
            let delete = "DELETE FROM draft WHERE expires_at <= ? \
                          OR id NOT IN (SELECT id FROM draft ORDER BY expires_at DESC, id DESC LIMIT ?)";
            let kept = i64::try_from(DRAFTS_KEPT).unwrap_or(i64::MAX);
            let drafts = self.write(sqlx::query(delete).bind(now).bind(kept)).await?;
            Ok(reports + drafts + self.purge_letters().await?)
        })
    }

    fn count_cause<'a>(&'a self, cause: &'a str, now: UnixSeconds) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let upsert = "INSERT INTO tally (cause, month, saved) VALUES (?, ?, 1) \
                          ON CONFLICT (cause, month) DO UPDATE SET saved = saved + 1";
            let statement = sqlx::query(upsert).bind(cause.to_owned()).bind(month(now));
            self.write(statement).await.map(drop)
        })
    }

    fn tallies(&self) -> StoreFuture<'_, Vec<Tally>> {
        Box::pin(async move {
            let select = "SELECT cause, month, saved FROM tally ORDER BY cause, month";
            let rows = sqlx::query(select).fetch_all(&self.readers).await?;
            let tally = |row: &SqliteRow| {
                let saved: i64 = row.try_get("saved")?;
                Ok(Tally {
                    cause: row.try_get("cause")?,
                    month: row.try_get("month")?,
                    saved: u64::try_from(saved).unwrap_or(0),
                })
            };
            rows.iter().map(tally).collect()
        })
    }

    fn forget_confirmed<'a>(&'a self, cause: Option<&'a str>) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let delete = "DELETE FROM confirmed WHERE ?1 IS NULL OR cause = ?1";
            self.write(sqlx::query(delete).bind(cause.map(str::to_owned))).await.map(drop)
        })
    }

    fn post<'a>(&'a self, letter: &'a Letter) -> StoreFuture<'a, u64> {
        Box::pin(self.post_letter(letter))
    }

    fn note_progress<'a>(&'a self, id: u64, progress: &'a Progress) -> StoreFuture<'a, ()> {
        Box::pin(self.write_progress(id, progress))
    }

    fn waiting(&self) -> StoreFuture<'_, Vec<Posted>> {
        Box::pin(self.waiting_letters())
    }

    fn deliveries(&self) -> StoreFuture<'_, Vec<Posted>> {
        Box::pin(self.latest_letters())
    }

    fn keep_link<'a>(&'a self, id: i64, sealed: &'a [u8]) -> StoreFuture<'a, ()> {
        Box::pin(self.put_link(id, sealed))
    }

    fn kept_link(&self, id: i64) -> StoreFuture<'_, Option<Vec<u8>>> {
        Box::pin(self.link_of(id))
    }

    fn ping(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move { self.read(sqlx::query("SELECT 1")).await.map(drop) })
    }
}
