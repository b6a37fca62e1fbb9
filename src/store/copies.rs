//! Copies of the database: one made while the server runs, one put in place while it does not.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use sqlx::{
    Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use super::{
    StoreError,
    sqlite::{DATABASE_FILE, SqliteStore, migration_error, migrator},
};

/// What a database is called while it is being written, before it takes its place.
const UNFINISHED: &str = "unfinished";

/// What the database that was there before a restore is called afterwards; with a number behind it
/// where another restore kept one before.
const BEFORE: &str = "before-restore";

impl SqliteStore {
    /// Writes a whole, consistent copy of the database in `data_dir` to `file`, which must not exist
    /// yet; the server may be running. The copy is on disk, or it is not there at all.
    pub async fn backup(data_dir: &Path, file: &Path) -> Result<(), StoreError> {
        let database = data_dir.join(DATABASE_FILE);
        let refused =
            |path: &Path, reason: String| StoreError::Copy { path: path.to_owned(), reason };
        if file.exists() {
            return Err(refused(file, "it exists already, and a backup overwrites nothing".into()));
        }
        if !database.is_file() {
            return Err(refused(&database, "there is no database here".into()));
        }
        let unfinished = beside(file, UNFINISHED);
        let _left_from_a_run_cut_short = std::fs::remove_file(&unfinished);
        let options = SqliteConnectOptions::new().filename(&database);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let target = unfinished.to_string_lossy().into_owned();
        let written = sqlx::query("VACUUM INTO ?").bind(target).execute(&mut connection).await;
        connection.close().await?;
        written.map_err(|error| refused(file, error.to_string()))?;
        settle(&unfinished, file).map_err(|error| refused(file, error.to_string()))
    }

    /// Puts the backup `file` in the place of the database in `data_dir`, brought up to date; gives
    /// the path under which the former database is kept, if there was one.
    ///
    /// Fails, and changes nothing, where `file` is damaged, no database of this program or of a newer
    /// one, and where a server still has the database open.
    pub async fn restore(data_dir: &Path, file: &Path) -> Result<Option<PathBuf>, StoreError> {
        let refused =
            |path: &Path, reason: String| StoreError::Copy { path: path.to_owned(), reason };
        let database = data_dir.join(DATABASE_FILE);
        if database.is_file() {
            hold_alone(&database).await?;
        }
        std::fs::create_dir_all(data_dir).map_err(|error| StoreError::DataDir {
            path: data_dir.to_owned(),
            reason: error.to_string(),
        })?;
        let unfinished = beside(&database, UNFINISHED);
        std::fs::copy(file, &unfinished).map_err(|error| refused(file, error.to_string()))?;
        if let Err(error) = make_sound(&unfinished, file).await {
            let _gone_already = std::fs::remove_file(&unfinished);
            return Err(error);
        }
        let former = database.is_file().then(|| free_beside(&database, BEFORE));
        let failed = |error: std::io::Error| refused(&database, error.to_string());
        if let Some(former) = &former {
            std::fs::rename(&database, former).map_err(failed)?;
        }
        for left in ["-wal", "-shm"] {
            let _not_there = std::fs::remove_file(with_ending(&database, left));
        }
        settle(&unfinished, &database).map_err(failed)?;
        Ok(former)
    }
}

/// Fails where another process has the database open; folds its write-ahead log into the file.
async fn hold_alone(database: &Path) -> Result<(), StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .pragma("locking_mode", "EXCLUSIVE")
        .journal_mode(SqliteJournalMode::Delete);
    let busy = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Busy => StoreError::InUse,
        other => other,
    };
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(busy)?;
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut connection).await.map_err(busy)?;
    sqlx::query("ROLLBACK").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Checks the copy of `file` for damage, and that it is a database of ours; brings it up to date.
async fn make_sound(copy: &Path, file: &Path) -> Result<(), StoreError> {
    let refused = |reason: String| StoreError::Copy { path: file.to_owned(), reason };
    let options =
        SqliteConnectOptions::new().filename(copy).journal_mode(SqliteJournalMode::Delete);
    let opened = SqliteConnection::connect_with(&options).await;
    let mut connection = opened.map_err(|error| refused(error.to_string()))?;
    let checked = sqlx::query("PRAGMA integrity_check").fetch_one(&mut connection).await;
    let said: String = checked
        .and_then(|row| row.try_get(0))
        .map_err(|error| refused(format!("it is no database: {error}")))?;
    if said != "ok" {
        return Err(refused(format!("it is damaged: {said}")));
    }
    let ours = "SELECT count(*) FROM sqlite_schema WHERE name = '_sqlx_migrations'";
    let tables: i64 = sqlx::query(ours).fetch_one(&mut connection).await?.try_get(0)?;
    if tables == 0 {
        return Err(refused("it is no database of this program".into()));
    }
    migrator().run(&mut connection).await.map_err(migration_error)?;
    connection.close().await?;
    Ok(())
}

/// Syncs `unfinished` and gives it its name; the folder is synced, too.
fn settle(unfinished: &Path, file: &Path) -> std::io::Result<()> {
    File::open(unfinished)?.sync_all()?;
    std::fs::rename(unfinished, file)?;
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn beside(file: &Path, what: &str) -> PathBuf {
    with_ending(file, &format!(".{what}"))
}

/// The same where nothing lies under that name, else with a number behind it.
fn free_beside(file: &Path, what: &str) -> PathBuf {
    let numbered = |number: u32| match number {
        1 => beside(file, what),
        _ => beside(file, &format!("{what}-{number}")),
    };
    let free = (1..u32::MAX).map(numbered).find(|path| std::fs::symlink_metadata(path).is_err());
    free.unwrap_or_else(|| beside(file, what))
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
