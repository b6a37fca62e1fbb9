//! Backup, restore and the like, as an administrator runs them.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use hangup::store::{Share, SqliteStore};

use crate::{
    serving::Server,
    store::{Simply, report_saying},
};

const NOW: i64 = 1_800_000_000;

/// The exit code, and what went to stdout and stderr.
fn hangup(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_hangup")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Saves one report and leaves.
async fn save(data_dir: &Path, sentence: &str) -> Share {
    let store = SqliteStore::open(data_dir, None).await.unwrap();
    let share = store.save_report(&report_saying(sentence), NOW, NOW + 60).await.unwrap();
    store.close().await;
    share
}

#[tokio::test]
async fn a_backup_brings_back_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("copy.sqlite"));
    let kept = save(&data, "kept").await;
    let (code, said, _) = hangup(&["backup", of(&file), "--data-dir", of(&data)]);
    assert_eq!(code, 0, "{said}");
    let later = save(&data, "later").await;
    let (code, said, error) = hangup(&["restore", of(&file), "--data-dir", of(&data)]);
    assert_eq!(code, 0, "{error}");
    assert!(said.contains("before-restore"), "{said}");
    let store = SqliteStore::open(&data, None).await.unwrap();
    let report = store.load_report(&kept.view, NOW).await.unwrap();
    assert_eq!(report.verdict.sentence, "kept");
    assert!(store.load_report(&later.view, NOW).await.is_err());
    store.close().await;
    // What the restore replaced can be brought back the same way.
    let former = data.join("hangup.sqlite.before-restore");
    assert_eq!(hangup(&["restore", of(&former), "--data-dir", of(&data)]).0, 0);
    let store = SqliteStore::open(&data, None).await.unwrap();
    assert!(store.load_report(&later.view, NOW).await.is_ok());
    store.close().await;
    // Neither restore took away what another one had kept.
    let (_, said, _) = hangup(&["restore", of(&file), "--data-dir", of(&data)]);
    assert!(said.contains("hangup.sqlite.before-restore-3"), "{said}");
    for (name, has_later) in
        [("before-restore", true), ("before-restore-2", false), ("before-restore-3", true)]
    {
        let bytes = std::fs::read(data.join(format!("hangup.sqlite.{name}"))).unwrap();
        let found = bytes.windows(7).any(|window| window == b"\"later\"");
        assert_eq!(found, has_later, "{name}");
    }
}

#[tokio::test]
async fn a_backup_is_made_while_the_server_runs_and_a_restore_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let (data, file) = (dir.path().join("data"), dir.path().join("copy.sqlite"));
    let kept = save(&data, "kept").await;
    let server = Server::start(&data);
    assert_eq!(hangup(&["backup", of(&file), "--data-dir", of(&data)]).0, 0);
    let (code, _, said) = hangup(&["restore", of(&file), "--data-dir", of(&data)]);
    assert_eq!(
        (code, said.as_str()),
        (1, "hangup: a server is using this database: stop it first\n")
    );
    drop(server);
    assert_eq!(hangup(&["restore", of(&file), "--data-dir", of(&data)]).0, 0);
    let store = SqliteStore::open(&data, None).await.unwrap();
    assert!(store.load_report(&kept.view, NOW).await.is_ok());
}

#[tokio::test]
async fn what_is_no_backup_is_refused_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let kept = save(&data, "kept").await;
    let text = dir.path().join("text");
    std::fs::write(&text, "no database at all, but long enough to be looked at as one".repeat(20))
        .unwrap();
    let empty = dir.path().join("empty");
    std::fs::write(&empty, "").unwrap();
    let copy = dir.path().join("copy.sqlite");
    assert_eq!(hangup(&["backup", of(&copy), "--data-dir", of(&data)]).0, 0);
    let whole = std::fs::read(&copy).unwrap();
    let cut = dir.path().join("cut");
    std::fs::write(&cut, &whole[..whole.len() / 2]).unwrap();
    for bad in [&text, &empty, &cut, &dir.path().join("missing")] {
        let (code, _, said) = hangup(&["restore", of(bad), "--data-dir", of(&data)]);
        assert_eq!(code, 1, "{}: {said}", bad.display());
        assert!(said.contains(of(bad)) && said.lines().count() == 1, "{said}");
    }
    // A backup overwrites nothing.
    let (code, _, said) = hangup(&["backup", of(&copy), "--data-dir", of(&data)]);
    assert_eq!(code, 1);
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(std::fs::read(&copy).unwrap(), whole);
    let store = SqliteStore::open(&data, None).await.unwrap();
    assert!(store.load_report(&kept.view, NOW).await.is_ok());
    assert!(!data.join("hangup.sqlite.unfinished").exists());
}

#[test]
fn the_health_is_that_of_the_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let address = server.address.to_string();
    assert_eq!(hangup(&["healthcheck", "--listen", &address]).0, 0);
    let doctor = ["doctor", "--listen", &address, "--data-dir", of(dir.path())];
    let (code, said, _) = hangup(&doctor);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("running and ready"), "{said}");
    drop(server);
    let (code, _, said) = hangup(&["healthcheck", "--listen", &address]);
    assert_eq!(code, 1);
    assert!(said.contains("does not answer") && said.lines().count() == 1, "{said}");
    let (code, said, _) = hangup(&doctor);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("is free"), "{said}");
}

#[test]
fn a_configuration_is_judged_without_a_start() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("hangup.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:3100\"\n").unwrap();
    assert_eq!(hangup(&["config", "check", "--config", of(&file)]).0, 0);
    std::fs::write(&file, "listen = \"nowhere\"\n").unwrap();
    let (code, _, said) = hangup(&["config", "check", "--config", of(&file)]);
    assert_eq!(code, 2);
    assert!(said.contains("listen") && said.lines().count() == 1, "{said}");
    let data = dir.path().join("new");
    assert_eq!(hangup(&["migrate", "--data-dir", of(&data)]).0, 0);
    assert!(data.join("hangup.sqlite").is_file());
}

/// `hangup … | head` is no crash.
#[test]
fn an_output_that_nobody_reads_on_ends_quietly() {
    let mut list = Command::new(env!("CARGO_BIN_EXE_hangup"))
        .args(["knowledge", "export"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(list.stdout.take());
    let output = list.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

/// What `collect` prints is read by `decode`: the sockets of this test run stand in it.
#[test]
fn the_facts_of_a_machine_are_text_that_decode_reads() {
    let (code, facts, _) = hangup(&["collect"]);
    assert_eq!(code, 0);
    for part in ["# TCP sockets by state", "# settings", "# kernel log"] {
        assert!(facts.contains(part), "{facts}");
    }
    // A machine whose table of connections is full, as the same command would print it.
    let full = "net.netfilter.nf_conntrack_count = 65536\nnet.netfilter.nf_conntrack_max = 65536\n";
    let mut decode = Command::new(env!("CARGO_BIN_EXE_hangup"))
        .args(["decode", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    decode.stdin.take().unwrap().write_all(full.as_bytes()).unwrap();
    let said = decode.wait_with_output().unwrap().stdout;
    assert!(String::from_utf8(said).unwrap().contains("conntrack"));
}
