//! One suite, every store; and what only a file on a disk can do wrong.

use std::sync::Arc;

use hangup::{
    knowledge::{Base, Lang},
    report::{Case, Diagnostician, Report},
    store::{
        DRAFT_SECONDS, DRAFTS_KEPT, Kept, MemoryStore, Opened, ReportStore, Share, SqliteStore,
        StoreError, Terms, Token,
    },
};

const NOW: i64 = 1_800_000_000;
const WEEK: i64 = 7 * 24 * 60 * 60;

/// Saving and reading where nothing but a token is asked for.
pub(crate) trait Simply: ReportStore {
    async fn save_report(
        &self,
        report: &Report,
        now: i64,
        expires_at: i64,
    ) -> Result<Share, StoreError> {
        let kept = Kept::Report(Box::new(report.clone()));
        self.save(&kept, &Terms { now, expires_at, lock: None, burns: false }).await
    }

    async fn load_report(&self, token: &Token, now: i64) -> Result<Report, StoreError> {
        match self.open(token, now).await? {
            Opened { kept: Kept::Report(report), lock: None, burns: false, .. } => Ok(*report),
            _ => Err(StoreError::Closed),
        }
    }
}

impl<S: ReportStore + ?Sized> Simply for S {}

/// A report that says `sentence`, and nothing else.
pub(crate) fn report_saying(sentence: &str) -> Report {
    let engine = Diagnostician::new(Arc::new(Base::default())).unwrap();
    let mut report = engine.diagnose(&Case::default(), Lang::En);
    sentence.clone_into(&mut report.verdict.sentence);
    report
}

fn is_absent<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::NotFound))
}

/// What every store must do.
async fn suite(store: &dyn ReportStore) {
    keeps_apart_who_sees_and_who_manages(store).await;
    lets_a_link_end(store).await;
    makes_unknown_expired_and_revoked_look_the_same(store).await;
    keeps_drafts_for_a_day(store).await;
    purges_what_is_over(store).await;
    store.ping().await.unwrap();
}

async fn keeps_apart_who_sees_and_who_manages(store: &dyn ReportStore) {
    let report = report_saying("服务器先挂断 — \u{0}'; DROP TABLE report; --");
    let share = store.save_report(&report, NOW, NOW + WEEK).await.unwrap();
    assert_eq!(store.load_report(&share.view, NOW).await.unwrap(), report);
    let managed = store.load_managed(&share.manage, NOW).await.unwrap();
    assert_eq!(
        (managed.report, managed.created_at, managed.expires_at),
        (Some(report), NOW, NOW + WEEK)
    );
    assert!(is_absent(&store.load_report(&share.manage, NOW).await));
    assert!(is_absent(&store.load_managed(&share.view, NOW).await));
    assert!(is_absent(&store.revoke(&share.view, NOW).await));
    assert!(store.load_report(&share.view, NOW).await.is_ok());
}

async fn lets_a_link_end(store: &dyn ReportStore) {
    let share = store.save_report(&report_saying("ends"), NOW, NOW + 60).await.unwrap();
    assert!(store.load_report(&share.view, NOW + 59).await.is_ok());
    assert!(is_absent(&store.load_report(&share.view, NOW + 60).await));
    assert!(is_absent(&store.revoke(&share.manage, NOW + 60).await));
}

async fn makes_unknown_expired_and_revoked_look_the_same(store: &dyn ReportStore) {
    let expired = store.save_report(&report_saying("expired"), NOW - 10, NOW - 1).await.unwrap();
    let revoked = store.save_report(&report_saying("revoked"), NOW, NOW + WEEK).await.unwrap();
    store.revoke(&revoked.manage, NOW).await.unwrap();
    let mut said = Vec::new();
    for token in [Token::generate().unwrap(), expired.view, revoked.view] {
        let error = store.load_report(&token, NOW).await.unwrap_err();
        said.push((error.to_string(), error.text().en, error.text().zh));
    }
    for token in [Token::generate().unwrap(), expired.manage, revoked.manage] {
        let error = store.revoke(&token, NOW).await.unwrap_err();
        said.push((error.to_string(), error.text().en, error.text().zh));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

async fn keeps_drafts_for_a_day(store: &dyn ReportStore) {
    let text = "upstream prematurely closed connection\n".repeat(20_000);
    let token = store.save_draft(&text, NOW).await.unwrap();
    assert_eq!(store.load_draft(&token, NOW + DRAFT_SECONDS - 1).await.unwrap(), text);
    assert!(is_absent(&store.load_draft(&token, NOW + DRAFT_SECONDS).await));
    assert!(is_absent(&store.load_report(&token, NOW).await));
}

async fn purges_what_is_over(store: &dyn ReportStore) {
    let later = NOW + 10 * WEEK;
    store.purge_expired(later).await.unwrap();
    let kept = store.save_report(&report_saying("kept"), later, later + WEEK).await.unwrap();
    store.save_report(&report_saying("over"), later, later + 1).await.unwrap();
    store.save_draft("over too", later - DRAFT_SECONDS).await.unwrap();
    assert_eq!(store.purge_expired(later + 1).await.unwrap(), 2);
    assert!(store.load_report(&kept.view, later + 1).await.is_ok());
}

#[tokio::test]
async fn the_memory_store_passes_the_suite() {
    let store = MemoryStore::default();
    suite(&store).await;
    for later in (0..).take(DRAFTS_KEPT + 1) {
        store.save_draft("x", NOW + later).await.unwrap();
    }
    assert_eq!(store.purge_expired(NOW).await.unwrap(), 1);
}

#[tokio::test]
async fn the_sqlite_store_passes_the_suite() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), None).await.unwrap();
    suite(&store).await;
    store.close().await;
}

#[tokio::test]
async fn reports_and_drafts_survive_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&dir.path().join("made/on/the/way"), None).await.unwrap();
    let share = store.save_report(&report_saying("still here"), NOW, NOW + WEEK).await.unwrap();
    let draft = store.save_draft("long text", NOW).await.unwrap();
    store.close().await;
    let store = SqliteStore::open(&dir.path().join("made/on/the/way"), None).await.unwrap();
    let again = store.load_report(&share.view, NOW).await.unwrap();
    assert_eq!(again.verdict.sentence, "still here");
    assert_eq!(store.load_draft(&draft, NOW).await.unwrap(), "long text");
}

#[tokio::test]
async fn the_file_holds_no_token() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), None).await.unwrap();
    let share = store.save_report(&report_saying("secret"), NOW, NOW + WEEK).await.unwrap();
    store.close().await;
    let bytes = std::fs::read(dir.path().join("hangup.sqlite")).unwrap();
    for token in [share.view, share.manage] {
        let found =
            bytes.windows(token.as_str().len()).any(|window| window == token.as_str().as_bytes());
        assert!(!found, "a token lies in the file");
    }
}

#[tokio::test]
async fn a_full_database_refuses_writes_and_still_reads() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), Some(400 * 1024)).await.unwrap();
    let first = store.save_report(&report_saying("first"), NOW, NOW + WEEK).await.unwrap();
    let mut big = Vec::new();
    let refused = loop {
        match store.save_report(&report_saying(&"x".repeat(50_000)), NOW, NOW + 1).await {
            Ok(share) => big.push(share),
            Err(error) => break error,
        }
        assert!(big.len() < 100, "the cap never bit");
    };
    assert!(matches!(refused, StoreError::Full), "{refused:?}");
    assert!(!refused.text().zh.is_empty());
    assert!(store.load_report(&first.view, NOW).await.is_ok(), "reading must go on");
    for share in &big {
        assert!(
            store.load_report(&share.view, NOW).await.is_ok(),
            "an acknowledged report is gone"
        );
    }
    // Room again, without a restart.
    store.purge_expired(NOW + 1).await.unwrap();
    store.save_report(&report_saying("after"), NOW, NOW + WEEK).await.unwrap();
}

#[tokio::test]
async fn a_lock_held_elsewhere_ends_in_busy_and_reads_go_on() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), None).await.unwrap();
    let share = store.save_report(&report_saying("first"), NOW, NOW + WEEK).await.unwrap();
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("hangup.sqlite"));
    let other = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let lock = other.begin_with("BEGIN EXCLUSIVE").await.unwrap();
    let started = tokio::time::Instant::now();
    let second = report_saying("second");
    let (write, read) = tokio::join!(
        store.save_report(&second, NOW, NOW + WEEK),
        store.load_report(&share.view, NOW)
    );
    assert!(matches!(write, Err(StoreError::Busy)), "{write:?}");
    assert!(read.is_ok());
    assert!(started.elapsed() < std::time::Duration::from_secs(8));
    drop(lock);
    other.close().await;
    store.save_report(&report_saying("third"), NOW, NOW + WEEK).await.unwrap();
}

#[tokio::test]
async fn an_unusable_data_directory_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    for path in [file.join("data"), std::path::PathBuf::from("/proc/hangup")] {
        let error = SqliteStore::open(&path, None).await.unwrap_err();
        assert!(matches!(error, StoreError::DataDir { .. }), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn a_damaged_file_and_a_newer_one_stop_the_start() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("hangup.sqlite"), "this is no database ".repeat(500)).unwrap();
    let error = SqliteStore::open(dir.path(), None).await.unwrap_err();
    assert!(error.to_string().contains(dir.path().to_str().unwrap()), "{error}");

    let dir = tempfile::tempdir().unwrap();
    SqliteStore::open(dir.path(), None).await.unwrap().close().await;
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(dir.path().join("hangup.sqlite"));
    let other = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'from the future', 1, x'00', 0)";
    sqlx::query(newer).execute(&other).await.unwrap();
    other.close().await;
    let error = SqliteStore::open(dir.path(), None).await.unwrap_err();
    assert!(matches!(error, StoreError::NewerSchema { version: 9999 }), "{error:?}");
}
