//! What was acknowledged is still there after `kill -9`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hangup::{
    report::{Entry, Happening, Lead},
    store::{NewEvent, ReportStore, SqliteStore, Token},
};

use crate::store::{Simply, report_saying};

/// Tells the child of this test where to save; the child is this test, run again.
const CHILD_DIR: &str = "HANGUP_TEST_SAVE_INTO";

/// How often it is killed; `HANGUP_TEST_KILLS=500` takes some minutes.
const ROUNDS: u64 = 20;
const KILLS: &str = "HANGUP_TEST_KILLS";
const NOW: i64 = 1_800_000_000;

#[test]
fn acknowledged_reports_survive_kill_9() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    if let Some(dir) = std::env::var_os(CHILD_DIR) {
        runtime.block_on(save_until_killed(Path::new(&dir)));
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    let rounds = std::env::var(KILLS).ok().and_then(|kills| kills.parse().ok()).unwrap_or(ROUNDS);
    for round in 0..rounds {
        // Spread over start-up, migration, saving and answering; no two rounds die at the same moment.
        let delay = 40 + 17 * (round % ROUNDS) + round / ROUNDS;
        acknowledged.extend(killed_after(dir.path(), Duration::from_millis(delay)));
    }
    assert!(acknowledged.len() > 20, "only {} saves were acknowledged", acknowledged.len());
    runtime.block_on(async {
        let store = SqliteStore::open(dir.path(), None).await.unwrap();
        let mut answered = 0;
        for (what, token, number) in &acknowledged {
            let opened = store.open(token, NOW).await.unwrap();
            let events = store.events(opened.id, 0).await.unwrap();
            let first = store.version(opened.id, 0).await.unwrap();
            assert_eq!(first.verdict.sentence, sentence(number));
            if *what == "answered" {
                answered += 1;
                assert_eq!(events.len(), 1, "an acknowledged answer is gone");
                let newest = store.load_report(token, NOW).await.unwrap();
                assert_eq!(newest.verdict.sentence, sentence(&format!("{number}+")));
            }
        }
        assert!(answered > 10, "only {answered} answers were acknowledged");
        store.close().await;
        let file = dir.path().join("hangup.sqlite");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
        let said: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&pool).await.unwrap();
        assert_eq!(said, "ok");
    });
}

/// Long enough to span many pages, so that a half-written report would show.
fn sentence(number: &str) -> String {
    format!("{number} {}", number.repeat(5_000))
}

/// Saves and answers reports for ever and says so, one line each, only after the store has acknowledged it.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn save_until_killed(dir: &Path) {
    let store = SqliteStore::open(dir, None).await.unwrap();
    for number in 0_u64.. {
        let number = number.to_string();
        let share =
            store.save_report(&report_saying(&sentence(&number)), NOW, NOW + 60).await.unwrap();
        println!("saved {} {number}", share.view.as_str());
        let answer = NewEvent {
            token: share.answer.unwrap(),
            now: NOW,
            after: 0,
            who: number.clone(),
            entry: Entry {
                happening: Happening::Comment { text: sentence(&number) },
                led: Lead::default(),
                leads: Lead::default(),
                moved: (0.0, 0.0),
            },
            report: Some(Box::new(report_saying(&sentence(&format!("{number}+"))))),
            teaches: false,
        };
        store.add(&answer).await.unwrap();
        println!("answered {} {number}", share.view.as_str());
    }
}

/// Starts the child, kills it `delay` after its start, and gives what it had acknowledged.
fn killed_after(dir: &Path, delay: Duration) -> Vec<(&'static str, Token, String)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store_crash::acknowledged_reports_survive_kill_9", "--nocapture"])
        .env(CHILD_DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(delay);
    child.kill().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let saved = lines.filter_map(|line| {
        // The test harness may print its own words in front of the first line.
        let said = |what| line.split_once(what).map(|(_, said)| said);
        let (what, said) = match said("saved ") {
            Some(said) => ("saved", said),
            None => ("answered", said("answered ")?),
        };
        let (token, number) = said.split_once(' ')?;
        Some((what, Token::parse(token)?, number.to_owned()))
    });
    let saved = saved.collect();
    child.wait().unwrap();
    saved
}
