//! How much redaction finds, and how much it takes that is no secret.
//!
//! A seeded generator writes secrets of many kinds into lines as logs, configurations and command
//! lines have them; each must be gone from the redacted text. The ordinary lines are those of a
//! Linux machine and of common servers, without secrets; names and addresses are replaced.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

mod lots;
mod others;
mod recipes;

use std::collections::BTreeMap;

use hangup::redact::{Kind, Mask, find, high_confidence, redact};

use lots::Lots;
use others::OTHERS;
use recipes::RECIPES;

/// The place of the secret; `@@` is the place and the sign after it.
fn fill(line: &str, secret: &str) -> String {
    if let Some(at) = line.find("@@") {
        return format!("{}{secret}{}", &line[..at], &line[at + 1..]);
    }
    // A sign that belongs to the line (`deploy@host`, `'app'@'%'`) is not the place: the place stands
    // last or before a delimiter.
    let places: Vec<usize> = line.match_indices('@').map(|(at, _)| at).collect();
    let at = if line.starts_with("CREATE USER") { places[1] } else { places[0] };
    format!("{}{secret}{}", &line[..at], &line[at + 1..])
}

#[test]
fn ninety_nine_of_a_hundred_secrets_are_masked() {
    let mut lots = Lots(20_261_128);
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut total = 0;
    for (kind, make, lines) in RECIPES {
        for round in 0..60 {
            let secret = make(&mut lots);
            let text = fill(lines[round % lines.len()], &secret);
            let masked = redact(&text).text;
            total += 1;
            let left = secret.split('\n').any(|part| masked.contains(part));
            if left || masked == text {
                missed.entry(kind).or_default().push(text);
            }
        }
    }
    let count: usize = missed.values().map(Vec::len).sum();
    println!("{} kinds, {total} secrets, {count} missed", RECIPES.len());
    assert!(RECIPES.len() >= 30 && total >= 2000, "{total}");
    assert!(count * 100 <= total, "{count} of {total} missed: {missed:#?}");
}

#[test]
fn ninety_nine_of_a_hundred_of_other_makes_are_masked() {
    let mut lots = Lots(7_311_001);
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut total = 0;
    for (kind, make, lines) in OTHERS {
        for round in 0..60.max(lines.len()) {
            let secret = make(&mut lots);
            let text = lines[round % lines.len()].replace('§', &secret);
            let masked = redact(&text).text;
            total += 1;
            let mut parts = secret.split(['\n', '\r']).flat_map(|line| line.split("\\n"));
            if parts.any(|part| part.len() > 3 && masked.contains(part)) {
                missed.entry(kind).or_default().push(text);
            }
        }
    }
    let count: usize = missed.values().map(Vec::len).sum();
    println!("{} kinds, {total} secrets, {count} missed", OTHERS.len());
    assert!(OTHERS.len() >= 30 && total >= 2000, "{total}");
    assert!(count * 100 <= total, "{count} of {total} missed: {missed:#?}");
}

/// Addresses that the corpus uses on purpose (RFC 5737).
fn is_documentation(text: &str, mask: &Mask) -> bool {
    let nets = ["192.0.2.", "198.51.100.", "203.0.113."];
    mask.kind == Kind::Ipv4 && nets.iter().any(|net| text[..mask.start].ends_with(net))
}

#[test]
fn one_of_a_hundred_clean_lines_at_most_is_touched() {
    let corpus = include_str!("../data/clean-lines.txt");
    let mut touched = Vec::new();
    for line in corpus.lines() {
        let masks = find(line);
        let wrong =
            masks.iter().filter(|mask| mask.kind != Kind::Unknown && !is_documentation(line, mask));
        if wrong.count() > 0 {
            touched.push(redact(line).text);
        }
        assert!(high_confidence(line).is_empty(), "{line}");
    }
    let total = corpus.lines().count();
    println!("{total} clean lines, {} touched", touched.len());
    assert!(total >= 300);
    assert!(touched.len() * 100 <= total, "{} of {total}: {touched:#?}", touched.len());
}

#[test]
fn a_long_text_is_read_in_linear_time() {
    // Ten times the text gives ten times the masks, and one endless line is as good as many.
    let line = "user=bob password=Hunter42xyz from 203.0.113.9 token=abcdefgh12345678 ";
    let count = |times: usize, end: &str| find(&format!("{line}{end}").repeat(times)).len();
    assert_eq!(count(1000, "\n"), 3000);
    assert_eq!(count(1000, ""), 3000);
    // Nothing but secrets: what is blanked is not walked over once for each.
    let tokens = (0..20_000).map(|n| format!("ghp_{n:05}{}", "aZ7k".repeat(8)));
    assert_eq!(find(&tokens.collect::<Vec<_>>().join("\n")).len(), 20_000);
    assert_eq!(find(&"a".repeat(200_000)).len(), 0);
    assert_eq!(find(&"<password-".repeat(20_000)).len(), 0);
}

/// The corpus for the browser's test, one JSON array a line: kind, secret, text. Secrets and texts are
/// written backwards, so that no scanner takes the invented keys of this file for real ones.
fn seeded() -> String {
    let mut lots = Lots(77);
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let mut lines = Vec::new();
    for (kind, make, shapes) in RECIPES {
        let mut found = 0;
        for round in 0..40 {
            let secret = make(&mut lots);
            let text = fill(shapes[round % shapes.len()], &secret);
            // One line each, so that they stand in one paste; what the rules miss is counted above.
            let whole = !secret.split('\n').any(|part| redact(&text).text.contains(part));
            if whole && !text.contains('\r') && found < 2 {
                found += 1;
                let line = (kind, backwards(&secret), backwards(&text));
                lines.push(serde_json::to_string(&line).unwrap());
            }
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn the_browser_is_tested_with_the_same_kinds() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/seeded-secrets.jsonl");
    if std::env::var_os("WRITE_SEEDED").is_some() {
        std::fs::write(path, seeded()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert_eq!(written, seeded(), "WRITE_SEEDED=1 cargo test --test redaction writes it anew");
}
