//! Agreement with Wireshark and Zeek over real captures, where the folder with them lies beside the
//! project. They are test data of other projects and are not part of this one; without them this test
//! says so and passes.
//!
//! `cargo test --no-default-features --test captures -- --nocapture` prints each figure and, with
//! `HANGUP_DIFFERENCES=1`, each difference.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use hangup::capture::{Conversation, Reader};
use serde_json::Value;

/// Conversations of one kind that count in one file; scans would drown the rest.
const OF_A_KIND: usize = 20;

/// How many were right, of how many.
#[derive(Default)]
struct Score {
    right: usize,
    of: usize,
}

impl Score {
    fn percent(&self) -> f64 {
        100.0 * self.right as f64 / self.of as f64
    }
}

#[derive(Default)]
struct Scores {
    by_name: BTreeMap<&'static str, Score>,
    differences: Vec<String>,
}

impl Scores {
    fn add(&mut self, name: &'static str, right: bool, difference: impl FnOnce() -> String) {
        let score = self.by_name.entry(name).or_default();
        score.of += 1;
        score.right += usize::from(right);
        if !right {
            self.differences.push(format!("{name}: {}", difference()));
        }
    }
}

/// The folder with the real captures and what is known of them, where there is one.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
    folder.map(|parent| parent.join("shared/captures")).find(|path| path.join("dev.jsonl").exists())
}

/// Every real capture.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("dev")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Reads a file in chunks of an odd length, so that records lie across them.
fn conversations(path: &Path) -> Vec<Conversation> {
    let mut reader = Reader::default();
    let mut done = Vec::new();
    for chunk in fs::read(path).unwrap().chunks(1009) {
        reader.push(chunk);
        done.extend(reader.take_finished());
    }
    done.extend(reader.finish().unwrap().0);
    done
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or("")
}

fn count(row: &Value, field: &str) -> u64 {
    row[field].as_u64().unwrap_or(0)
}

/// The same ends, whoever is `src`, and the same moment within 10 ms.
fn is_row(conversation: &Conversation, row: &Value) -> bool {
    let end = |ip: &str, port: &str| (text(row, ip).to_owned(), count(row, port));
    let (a, b) = (end("src", "sport"), end("dst", "dport"));
    let source = (conversation.src.to_string(), u64::from(conversation.sport));
    let other = (conversation.dst.to_string(), u64::from(conversation.dport));
    let ends = source == a && other == b || source == b && other == a;
    ends && (conversation.first_ts - first_ts(row)).abs() <= 0.01
}

fn first_ts(row: &Value) -> f64 {
    row["first_ts"].as_f64().unwrap()
}

fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).unwrap().as_str().unwrap_or("").to_owned()
}

fn near(ours: u64, theirs: u64, share: f64) -> bool {
    ours.abs_diff(theirs) as f64 <= (theirs as f64 * share).max(1.0)
}

#[test]
fn real_captures_read_as_wireshark_and_zeek_read_them() {
    let Some(folder) = folder() else {
        println!("skipped: no folder `shared/captures` beside the project");
        return;
    };
    let rows = fs::read_to_string(folder.join("dev.jsonl")).unwrap();
    let distinct: BTreeSet<&str> = rows.lines().collect();
    let mut files: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in distinct {
        let row: Value = serde_json::from_str(line).unwrap();
        files.entry(text(&row, "file").to_owned()).or_default().push(row);
    }
    let mut scores = Scores::default();
    for (file, rows) in &files {
        let mut ours = conversations(&folder.join("dev").join(file));
        let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows {
            let kind = ["handshake", "closer", "close", "zeek_state"].map(|field| text(row, field));
            let seen = kinds.entry(kind.join(" ")).or_default();
            *seen += 1;
            if *seen > OF_A_KIND {
                continue;
            }
            let candidates = ours.iter().enumerate().filter(|(_, ours)| is_row(ours, row));
            let apart = |ours: &Conversation| (ours.first_ts - first_ts(row)).abs();
            let found = candidates.min_by(|a, b| apart(a.1).total_cmp(&apart(b.1)));
            let found = found.map(|(at, _)| at).map(|at| ours.swap_remove(at));
            compare(&mut scores, found.as_ref(), row);
        }
    }
    if std::env::var_os("HANGUP_DIFFERENCES").is_some() {
        for difference in &scores.differences {
            println!("{difference}");
        }
    }
    for (name, score) in &scores.by_name {
        println!("{name}: {:.2} % of {}", score.percent(), score.of);
    }
    let wanted = [
        ("found and handshake", 99.0),
        ("closer and close", 99.5),
        ("zeek_state", 98.5),
        ("bytes", 98.0),
        ("retransmits", 95.0),
        // Nobody asked for these; they are held where they are.
        ("packets", 99.0),
        ("duration", 99.0),
        ("idle_before_close", 99.0),
        ("zero_windows", 99.0),
        ("keepalives", 99.0),
        ("tls_alert", 99.0),
        ("rst_ttl_differs", 99.0),
    ];
    for (name, least) in wanted {
        let percent = scores.by_name[name].percent();
        assert!(percent >= least, "{name}: {percent:.2} %, at least {least} % are wanted");
    }
}

/// What a row says, to find it again.
fn label(row: &Value) -> String {
    let fields =
        ["file", "src", "src_is", "handshake", "closer", "close", "zeek_state", "zeek_history"];
    let fields = fields.map(|field| text(row, field)).join(" ");
    format!("{fields} {}→{}", count(row, "sport"), count(row, "dport"))
}

fn compare(scores: &mut Scores, ours: Option<&Conversation>, row: &Value) {
    let handshake = ours.map(|ours| word(ours.handshake));
    let right = handshake.as_deref() == Some(text(row, "handshake"));
    scores.add("found and handshake", right, || format!("{} — ours {handshake:?}", label(row)));
    let Some(ours) = ours else { return };
    compare_ends(scores, ours, row);
    compare_amounts(scores, ours, row);
    compare_times(scores, ours, row);
}

/// Whether the row takes the same end for `src`.
fn same_src(ours: &Conversation, row: &Value) -> bool {
    text(row, "src") == ours.src.to_string() && count(row, "sport") == u64::from(ours.sport)
}

fn compare_ends(scores: &mut Scores, ours: &Conversation, row: &Value) {
    let closer = text(row, "src_is") != "syn" || text(row, "closer") == word(ours.closer);
    let close = text(row, "close") == word(ours.close);
    scores.add("closer and close", closer && close, || {
        format!("{} — ours {:?} {:?}", label(row), ours.closer, ours.close)
    });
    if row.get("zeek_state").is_some_and(Value::is_string) && same_src(ours, row) {
        let right = text(row, "zeek_state") == word(ours.zeek_state);
        scores.add("zeek_state", right, || format!("{} — ours {:?}", label(row), ours.zeek_state));
    }
    let alert = row["tls_alert"].as_bool() == Some(ours.tls_alert);
    let differs = row["rst_ttl_differs"].as_bool() == Some(ours.details.rst_ttl_differs);
    scores.add("rst_ttl_differs", differs, || label(row));
    scores.add("tls_alert", alert, || format!("{} — ours {}", label(row), ours.tls_alert));
}

fn compare_amounts(scores: &mut Scores, ours: &Conversation, row: &Value) {
    let (mut a, mut b) = (count(row, "bytes_src"), count(row, "bytes_dst"));
    if !same_src(ours, row) {
        (a, b) = (b, a);
    }
    scores.add("bytes", near(ours.bytes_src, a, 0.01) && near(ours.bytes_dst, b, 0.01), || {
        format!("{} — {a} {b}, ours {} {}", label(row), ours.bytes_src, ours.bytes_dst)
    });
    let (theirs, repeats) = (count(row, "retransmits"), count(row, "syn_fin_repeats"));
    // Whether a repeated SYN or FIN counts is forgiven either way.
    let right =
        near(ours.retransmits, theirs, 0.1) || ours.retransmits.abs_diff(theirs) <= repeats.max(1);
    scores.add("retransmits", right, || {
        format!("{} — {theirs} ({repeats}), ours {}", label(row), ours.retransmits)
    });
    let packets = count(row, "packets_src") + count(row, "packets_dst");
    let exact = [
        ("packets", packets, ours.packets_src + ours.packets_dst),
        ("zero_windows", count(row, "zero_windows"), ours.zero_windows),
        ("keepalives", count(row, "keepalives"), ours.keepalives),
    ];
    for (name, theirs, ours) in exact {
        scores.add(name, theirs == ours, || format!("{} — {theirs}, ours {ours}", label(row)));
    }
}

fn compare_times(scores: &mut Scores, ours: &Conversation, row: &Value) {
    let times = [
        ("duration", row["duration"].as_f64(), Some(ours.duration)),
        ("idle_before_close", row["idle_before_close"].as_f64(), ours.idle_before_close),
    ];
    for (name, theirs, ours) in times {
        let right = match (theirs, ours) {
            (Some(theirs), Some(ours)) => (theirs - ours).abs() < 0.01,
            (theirs, ours) => theirs == ours,
        };
        scores.add(name, right, || format!("{} — {theirs:?}, ours {ours:?}", label(row)));
    }
}
