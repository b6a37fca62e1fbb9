//! Lines of many programs in their own formats: none of them is an example of the knowledge base, so this
//! shows how far its patterns reach beyond what they were written for.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use hangup::{
    evidence::State,
    knowledge::{Lang, built_in, load},
    ladder::{SketchTimer, hops_in},
    report::Diagnostician,
};

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

/// A line of a table: what must be read, and the text.
struct Row<'a> {
    number: usize,
    dialect: &'a str,
    expected: &'a str,
    text: String,
}

fn rows(table: &str) -> Vec<Row<'_>> {
    let (mut rows, mut dialect) = (Vec::new(), "");
    for (number, line) in (1..).zip(table.lines()) {
        if let Some(heading) = line.strip_prefix("# ") {
            dialect = heading;
        } else if let Some((expected, text)) = line.split_once('\t') {
            rows.push(Row { number, dialect, expected, text: text.replace('⏎', "\n") });
        } else {
            assert!(line.is_empty(), "line {number} has no tab");
        }
    }
    rows
}

/// What is missing or too much in the reading of `row`.
fn wrong(row: &Row<'_>) -> Option<String> {
    let base = DOCTOR.base();
    let decoded = DOCTOR.decode(&row.text);
    let ids: BTreeSet<&str> = decoded.hits.iter().map(|hit| hit.signature.as_str()).collect();
    let points: BTreeSet<&str> = ids
        .iter()
        .filter_map(|id| base.signatures.get(*id))
        .flat_map(|known| known.points.keys().map(String::as_str))
        .collect();
    let (seen, ruled_out): (Vec<_>, Vec<_>) = decoded
        .observations
        .iter()
        .filter(|o| o.variable != "message" && o.state != State::NotVisible)
        .partition(|o| o.state == State::Seen);
    let words = |observed: Vec<&hangup::evidence::Observation>| -> BTreeSet<String> {
        observed.iter().map(|o| format!("{}={}", o.variable, o.value)).collect()
    };
    let (seen, ruled_out) = (words(seen), words(ruled_out));
    let sides: BTreeSet<String> =
        DOCTOR.reading(&row.text, Lang::En).hits.into_iter().filter_map(|hit| hit.side).collect();
    let is_met = |word: &str| match word.strip_prefix('!') {
        _ if word == "-" => !ids.is_empty() || !seen.is_empty() || !ruled_out.is_empty(),
        _ if word == "nothing" => ids.is_empty() && seen.is_empty(),
        Some(other) if other.contains('=') => !seen.contains(other),
        Some(signature) => !ids.contains(signature),
        None if word.starts_with('~') => ruled_out.contains(&word[1..]),
        None if word.starts_with("side=") => sides.iter().any(|s| s.contains(&word[5..])),
        None if word.contains('=') => seen.contains(word),
        None => points.contains(word),
    };
    let missed: Vec<&str> = row.expected.split(' ').filter(|word| !is_met(word)).collect();
    (!missed.is_empty()).then(|| {
        format!(
            "line {} [{}] {missed:?}\n  {:.200}\n  {ids:?} {seen:?} {ruled_out:?} {sides:?}",
            row.number,
            row.dialect,
            row.text.replace('\n', "⏎")
        )
    })
}

fn holds(table: &str, at_least: usize) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(table);
    let table = std::fs::read_to_string(path).unwrap();
    let rows = rows(&table);
    assert!(rows.len() >= at_least, "{}", rows.len());
    for row in &rows {
        let words = row.expected.split(' ').filter(|word| !matches!(*word, "-" | "nothing"));
        for word in words.filter(|word| !word.contains(['=', '!', '~'])) {
            assert!(DOCTOR.base().causes.contains_key(word), "line {}: {word}", row.number);
        }
    }
    let wrong: Vec<String> = rows.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn lines_of_every_dialect_are_understood() {
    holds("dialects.tsv", 600);
}

#[test]
fn the_output_of_commands_is_understood() {
    holds("command-output.tsv", 100);
}

/// What `component:setting=value` of the expected words the page does not read out of the row's text.
#[test]
fn configuration_is_read_as_it_is_pasted() {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/configurations.tsv");
    let table = std::fs::read_to_string(path).unwrap();
    let rows = rows(&table);
    assert!(rows.len() >= 35, "{}", rows.len());
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let found: BTreeSet<String> = hops_in(&row.text)
                .iter()
                .flat_map(|hop| {
                    let said = |timer: &SketchTimer| {
                        let setting = timer.setting.replace(' ', "-");
                        format!("{}:{setting}={}", hop.component, timer.value)
                    };
                    hop.timers.iter().map(said).collect::<Vec<_>>()
                })
                .collect();
            let missed: Vec<&str> =
                row.expected.split(' ').filter(|word| !found.contains(*word)).collect();
            (!missed.is_empty())
                .then(|| format!("line {} [{}] {missed:?} in {found:?}", row.number, row.dialect))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
