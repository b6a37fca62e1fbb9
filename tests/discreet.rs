//! What is masked changes no finding, and ordinary lines are left in peace.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use hangup::{
    knowledge::{built_in, load},
    redact::redact,
    report::{Diagnostician, observation_beside},
};
use serde_json::Value;

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

/// Everything the engine weighs of a text, without the lines it quotes.
fn findings(text: &str, beside: &BTreeSet<String>) -> BTreeSet<String> {
    let beside = beside.iter().filter_map(|word| observation_beside(DOCTOR.base(), word));
    let seen = DOCTOR.decode(text).observations.into_iter().chain(beside);
    seen.map(|o| format!("{} {} {:?}", o.variable, o.value, o.state)).collect()
}

/// The examples of all signatures, and the texts and notes of all labelled cases.
fn texts() -> Vec<String> {
    let base = DOCTOR.base();
    let mut texts: Vec<String> = base.signatures.values().map(|own| own.example.clone()).collect();
    let cases =
        concat!(include_str!("cases/scenarios.jsonl"), include_str!("cases/near-misses.jsonl"));
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let both = [&case["text"], &case["facts"]["notes"]];
        texts.extend(both.into_iter().filter_map(Value::as_str).map(str::to_owned));
    }
    texts
}

#[test]
fn a_masked_text_says_what_the_text_said() {
    let texts = texts();
    let (mut masked, mut carried, mut changed) = (0, 0, Vec::new());
    for text in &texts {
        let redacted = redact(text).text;
        if redacted == *text {
            continue;
        }
        masked += 1;
        let beside = DOCTOR.beside(text, &redacted);
        carried += usize::from(!beside.is_empty());
        let (before, after) = (findings(text, &BTreeSet::new()), findings(&redacted, &beside));
        if before != after {
            let other: Vec<_> = before.symmetric_difference(&after).cloned().collect();
            changed.push(format!("{redacted}\n   {other:?}"));
        }
    }
    println!(
        "{} texts, {masked} of them masked, {carried} with findings beside them, {} read otherwise",
        texts.len(),
        changed.len()
    );
    assert!(masked >= 50 && carried > 0, "{masked}, {carried}");
    assert!(changed.is_empty(), "{}", changed.join("\n"));
}

/// What `tests/data/collect-clean-lines.sh` collected from the logs of installed packages.
#[test]
fn one_of_a_hundred_ordinary_lines_at_most_raises_a_signature() {
    let lines: Vec<&str> = include_str!("data/ordinary-lines.txt").lines().collect();
    let raised: Vec<_> = lines
        .iter()
        .filter_map(|line| {
            let hit = DOCTOR.decode(line).hits.into_iter().next()?;
            Some(format!("{}: {line}", hit.signature))
        })
        .collect();
    println!("{} ordinary lines, {} raise a signature", lines.len(), raised.len());
    assert!(lines.len() >= 300, "{}", lines.len());
    assert!(raised.len() * 100 <= lines.len(), "{raised:#?}");
}
