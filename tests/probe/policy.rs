//! Tables of inputs and the decision each must get. A row with `answers` is judged after a lookup,
//! one with `redirects` after following them, in the way the HTTP probe does.

use std::{
    collections::VecDeque,
    fs,
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hangup::probe::{
    Gate, Meter,
    policy::Policy,
    resolve::{Pending, Resolve, ScriptedResolver},
    target::Target,
};
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

fn own_tables() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

/// Counts the lookups that reach it.
struct Tripwire(AtomicUsize, ScriptedResolver);

impl Resolve for Tripwire {
    fn lookup<'a>(&'a self, name: &'a str, v6: bool, meter: &'a Meter) -> Pending<'a> {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.lookup(name, v6, meter)
    }
}

#[tokio::test]
async fn what_is_refused_by_its_text_is_never_looked_up() {
    let mut refused = 0;
    for (name, text) in own_tables() {
        for json in text.lines() {
            let row: Row = serde_json::from_str(json).unwrap();
            let Ok(target) = Target::parse(&row.input) else { continue };
            let public = ScriptedResolver::new(&[vec![IpAddr::from([93, 184, 216, 34])]]);
            let tripwire = Arc::new(Tripwire(AtomicUsize::new(0), public));
            let resolver = Arc::clone(&tripwire) as Arc<dyn Resolve>;
            let gate = Gate::new(Arc::new(Policy::default()), resolver);
            let meter = Arc::new(Meter::new(Duration::from_secs(10)));
            let permit = gate.permit(&target, &meter).await;
            let allowed = Policy::default().decide(&target).is_allowed();
            assert_eq!(permit.is_ok(), allowed, "{name} {:?}", row.input);
            if !allowed {
                refused += 1;
                assert_eq!(tripwire.0.load(Ordering::Relaxed), 0, "{name} {:?}", row.input);
            }
        }
    }
    assert!(refused > 150, "{refused}");
}

#[test]
fn our_own_table_comes_out_as_labelled() {
    let (mut judged, mut wrong) = (0, Vec::new());
    for (name, text) in own_tables() {
        judged += check_table(&name, &text, &mut wrong);
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
