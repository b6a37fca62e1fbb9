//! Tables of inputs and the decision each must get. A row with `answers` is judged after a lookup,
//! one with `redirects` after following them, in the way the HTTP probe does.

use std::{collections::VecDeque, fs, net::IpAddr, path::PathBuf};

use hangup::probe::{policy::Policy, target::Target};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: String,
    input: String,
    #[serde(alias = "default_policy")]
    decision: String,
    #[serde(default)]
    accept_also: Vec<String>,
    normalized: Option<String>,
    answers: Option<Vec<Vec<IpAddr>>>,
    #[serde(default)]
    redirects: Vec<String>,
    rule: Option<String>,
}

/// Decision and rule. Names answer with what the row says, in turn, the last answer for ever; with
/// one public address where it says nothing.
fn judge(row: &Row) -> (&'static str, &'static str, Option<String>) {
    let policy = Policy::default();
    let mut target = match Target::parse(&row.input) {
        Err(invalid) => return ("invalid", invalid.rule().id, None),
        Ok(target) => target,
    };
    let normalized = Some(target.normalized());
    let mut answers: VecDeque<_> =
        row.answers.clone().unwrap_or_else(|| vec![vec![IpAddr::from([93, 184, 216, 34])]]).into();
    let mut redirects = row.redirects.iter();
    for hop in 1.. {
        let decision = if target.name().is_some() {
            let now = answers.front().cloned().unwrap_or_default();
            if answers.len() > 1 {
                answers.pop_front();
            }
            policy.decide_answers(&target, &now)
        } else {
            policy.decide(&target)
        };
        if !decision.is_allowed() {
            return ("deny", decision.rule.id, normalized);
        }
        let Some(location) = redirects.next() else {
            return ("allow", decision.rule.id, normalized);
        };
        match policy.follow(&target, location, hop) {
            Ok(next) => target = next,
            Err(rule) => return ("deny", rule.id, normalized),
        }
    }
    unreachable!()
}

/// Adds what is wrong to `wrong` and returns how many rows were judged.
fn check_table(name: &str, text: &str, wrong: &mut Vec<String>) -> usize {
    let mut judged = 0;
    for (line, json) in (1..).zip(text.lines()).filter(|(_, json)| !json.trim().is_empty()) {
        let row: Row =
            serde_json::from_str(json).unwrap_or_else(|error| panic!("{name}:{line}: {error}"));
        let (decision, rule, normalized) = judge(&row);
        judged += 1;
        let fits = decision == row.decision || row.accept_also.iter().any(|also| also == decision);
        let normal =
            decision != "allow" || row.normalized.is_none() || row.normalized == normalized;
        let by_rule = row.rule.as_deref().is_none_or(|wanted| wanted == rule);
        if !(fits && normal && by_rule) {
            wrong.push(format!(
                "{name}:{line} {} {:?}: {decision} by {rule} {normalized:?}, not {} {:?} {:?}",
                row.id, row.input, row.decision, row.normalized, row.rule
            ));
        }
    }
    judged
}

fn report(what: &str, judged: usize, wrong: &[String]) {
    println!("{judged} {what} targets judged");
    assert!(wrong.is_empty(), "{} of {judged} rows are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn our_own_table_comes_out_as_labelled() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let (mut judged, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        judged += check_table(&name, &fs::read_to_string(&path).unwrap(), &mut wrong);
    }
    report("own", judged, &wrong);
    assert!(judged >= 120, "only {judged} rows in tests/policy");
}

#[test]
fn the_shared_table_comes_out_as_labelled() {
    let shared = std::env::var_os("HANGUP_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("target-policy/dev.jsonl");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let mut wrong = Vec::new();
            let judged = check_table("dev.jsonl", &text, &mut wrong);
            report("shared", judged, &wrong);
        }
        Err(_) => println!("skipped: {} is not there (set HANGUP_SHARED)", path.display()),
    }
}
