//! What was acknowledged is still there after `kill -9`.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use hangup::store::{ReportStore, SqliteStore, Token};

use crate::store::report_saying;

/// Tells the child of this test where to save; the child is this test, run again.
const CHILD_DIR: &str = "HANGUP_TEST_SAVE_INTO";

const ROUNDS: u64 = 20;
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
    for round in 0..ROUNDS {
        // Spread over start-up, migration and saving; no two rounds die at the same moment.
        acknowledged.extend(killed_after(dir.path(), Duration::from_millis(40 + 17 * round)));
    }
    assert!(acknowledged.len() > 20, "only {} saves were acknowledged", acknowledged.len());
    runtime.block_on(async {
        let store = SqliteStore::open(dir.path(), None).await.unwrap();
        for (token, number) in &acknowledged {
            let report = store.load_report(token, NOW).await.unwrap();
            assert_eq!(report.verdict.sentence, sentence(number));
        }
    });
}

/// Long enough to span many pages, so that a half-written report would show.
fn sentence(number: &str) -> String {
    format!("{number} {}", number.repeat(5_000))
}

/// Saves reports for ever and says so, one line each, only after the store has acknowledged it.
#[expect(clippy::print_stdout, reason = "the parent reads it")]
async fn save_until_killed(dir: &Path) {
    let store = SqliteStore::open(dir, None).await.unwrap();
    for number in 0_u64.. {
        let number = number.to_string();
        let share =
            store.save_report(&report_saying(&sentence(&number)), NOW, NOW + 60).await.unwrap();
        println!("saved {} {number}", share.view.as_str());
    }
}

/// Starts the child, kills it `delay` after its start, and gives what it had acknowledged.
fn killed_after(dir: &Path, delay: Duration) -> Vec<(Token, String)> {
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
        let (_, said) = line.split_once("saved ")?;
        let (token, number) = said.split_once(' ')?;
        Some((Token::parse(token)?, number.to_owned()))
    });
    let saved = saved.collect();
    child.wait().unwrap();
    saved
}
