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
    ends && (conversation.first_ts - row["first_ts"].as_f64().unwrap()).abs() <= 0.01
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
            let found = ours.iter().position(|ours| is_row(ours, row));
            let found = found.map(|at| ours.swap_remove(at));
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
    ];
    for (name, least) in wanted {
        let percent = scores.by_name[name].percent();
        assert!(percent >= least, "{name}: {percent:.2} %, at least {least} % are wanted");
    }
}

fn compare(scores: &mut Scores, ours: Option<&Conversation>, row: &Value) {
    let label = || {
        let fields =
            ["file", "src", "src_is", "handshake", "closer", "close", "zeek_state", "zeek_history"];
        let mut label = fields.map(|field| text(row, field)).join(" ");
        label += &format!(" {}→{}", count(row, "sport"), count(row, "dport"));
        label
    };
    let handshake = ours.map(|ours| word(ours.handshake));
    let right = handshake.as_deref() == Some(text(row, "handshake"));
    scores.add("found and handshake", right, || format!("{} — ours {handshake:?}", label()));
    let Some(ours) = ours else { return };
    let same_src =
        text(row, "src") == ours.src.to_string() && count(row, "sport") == u64::from(ours.sport);
    let closer = text(row, "src_is") != "syn" || text(row, "closer") == word(ours.closer);
    let close = text(row, "close") == word(ours.close);
    scores.add("closer and close", closer && close, || {
        format!("{} — ours {:?} {:?}", label(), ours.closer, ours.close)
    });
    if row.get("zeek_state").is_some_and(Value::is_string) && same_src {
        let right = text(row, "zeek_state") == word(ours.zeek_state);
        scores.add("zeek_state", right, || format!("{} — ours {:?}", label(), ours.zeek_state));
    }
    let (mut a, mut b) = (count(row, "bytes_src"), count(row, "bytes_dst"));
    if !same_src {
        (a, b) = (b, a);
    }
    scores.add("bytes", near(ours.bytes_src, a, 0.01) && near(ours.bytes_dst, b, 0.01), || {
        format!("{} — {a} {b}, ours {} {}", label(), ours.bytes_src, ours.bytes_dst)
    });
    let other = |name: &str, ours: u64| {
        (ours == count(row, name), format!("{} — {}, ours {ours}", label(), count(row, name)))
    };
    let packets = ours.packets_src + ours.packets_dst;
    let total = count(row, "packets_src") + count(row, "packets_dst");
    scores.add("packets", packets == total, || format!("{} — {total}, ours {packets}", label()));
    for (name, ours) in [("zero_windows", ours.zero_windows), ("keepalives", ours.keepalives)] {
        let (right, difference) = other(name, ours);
        scores.add(name, right, || difference);
    }
    let alert = row["tls_alert"].as_bool() == Some(ours.tls_alert);
    scores.add("tls_alert", alert, || format!("{} — ours {}", label(), ours.tls_alert));
    let idle = row["idle_before_close"].as_f64();
    let right = match (idle, ours.idle_before_close) {
        (Some(theirs), Some(ours)) => (theirs - ours).abs() < 0.01,
        (theirs, ours) => theirs.is_some() == ours.is_some(),
    };
    scores.add("idle_before_close", right, || {
        format!("{} — {idle:?}, ours {:?}", label(), ours.idle_before_close)
    });
    let duration = row["duration"].as_f64().unwrap();
    scores.add("duration", (duration - ours.duration).abs() < 0.01, || {
        format!("{} — {duration}, ours {}", label(), ours.duration)
    });
    let (theirs, repeats) = (count(row, "retransmits"), count(row, "syn_fin_repeats"));
    // Whether a repeated SYN or FIN counts is forgiven either way.
    let right =
        near(ours.retransmits, theirs, 0.1) || ours.retransmits.abs_diff(theirs) <= repeats.max(1);
    scores.add("retransmits", right, || {
        format!("{} — {theirs} ({repeats}), ours {}", label(), ours.retransmits)
    });
}
