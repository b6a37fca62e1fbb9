//! Whole diagnoses, from a case's JSON to the report, over the built-in knowledge.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use hangup::{
    evidence::{Observation, Source},
    knowledge::{Lang, built_in, load},
    report::{Case, Diagnostician, Report, StepKind, VerdictState},
};

static DIAGNOSTICIAN: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

fn case(json: &str) -> Case {
    serde_json::from_str(json).unwrap()
}

fn diagnose(json: &str) -> Report {
    DIAGNOSTICIAN.diagnose(&case(json), Lang::En)
}

const RACE: &str = r#"{
    "text": "upstream prematurely closed connection while reading response header from upstream",
    "facts": { "phase": "reuse_keepalive", "after_seconds": 60, "scope": "all",
               "stack": ["nginx", "node"], "between": ["aws-alb"],
               "notes": "started after we moved behind the load balancer" }
}"#;

#[test]
fn a_keepalive_race_is_found_with_the_fix_for_the_named_stack() {
    let report = diagnose(RACE);
    assert_eq!(report.verdict.cause.as_deref(), Some("keepalive_race"), "{:#?}", report.verdict);
    let fix = report.fixes.first().unwrap();
    assert_eq!((fix.cause.as_str(), fix.for_named_stack), ("keepalive_race", true));
    assert!(
        report.fixes.iter().any(|fix| fix.stack == "node"
            && fix.commands.iter().any(|c| c.contains("keepAliveTimeout")))
    );
}

#[test]
fn the_report_is_a_distribution_with_something_else_in_it() {
    let report = diagnose(RACE);
    let sum: f64 = report.causes.iter().map(|cause| cause.probability).sum();
    assert!((sum - 1.0).abs() < 0.01, "{sum}");
    assert!(report.causes.is_sorted_by(|a, b| a.probability >= b.probability));
    assert!(report.causes.iter().any(|cause| cause.id == "something_else"));
}

/// nginx has eight timers of 60 s; a quiet WebSocket ends by the one that its fix turns.
#[test]
fn of_many_timers_that_fit_the_one_is_named_that_the_fix_turns() {
    let case = r#"{ "text": "WebSocket closes with code 1006 every 60 s when idle, behind nginx",
        "facts": { "phase": "idle", "after_seconds": 60, "scope": "all", "stack": ["nginx"] } }"#;
    let report = diagnose(case);
    assert_eq!(report.verdict.cause.as_deref(), Some("proxy_idle_timeout"));
    let sentence = &report.verdict.sentence;
    assert!(sentence.contains("proxy_read_timeout"), "{sentence}");
    // The list of known times says the same.
    assert_eq!(report.constants.first().unwrap().id, "nginx.proxy_read_timeout");
    assert_eq!(report.verdict.variant.as_deref(), Some("nginx_proxy_read_timeout_idle"));
}

#[test]
fn the_same_case_gives_the_same_bytes() {
    let bytes = |report: &Report| serde_json::to_string(report).unwrap();
    assert_eq!(bytes(&diagnose(RACE)), bytes(&diagnose(RACE)));
}

#[test]
fn a_report_survives_its_json() {
    let report = diagnose(RACE);
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn without_evidence_it_says_so_and_asks() {
    let report = diagnose("{}");
    assert_eq!(report.verdict.state, VerdictState::NotEnoughEvidence);
    assert_eq!(report.verdict.cause, None);
    let first = report.next.first().unwrap();
    assert_eq!(first.kind, StepKind::Question);
    assert!(first.gain_bits > 0.0);
}

#[test]
fn dont_know_moves_nothing_and_is_not_asked_again() {
    let known = diagnose(r#"{ "text": "connection reset by peer" }"#);
    let passed =
        diagnose(r#"{ "text": "connection reset by peer", "answers": { "load": "dont_know" } }"#);
    assert_eq!(known.causes, passed.causes);
    assert!(passed.next.iter().all(|step| step.id != "load"));
}

#[test]
fn a_measured_idle_time_names_the_server_it_was_measured_at() {
    let mut measured = case(r#"{ "target": "127.0.0.1:8080" }"#);
    let probe = |variable: &str, value: &str| {
        Observation::seen(variable, value, Source::Probe).from_vantage("server")
    };
    measured.observations = vec![
        probe("tcp.result", "connected"),
        probe("http.result", "ok"),
        probe("component", "nginx"),
        probe("idle.end", "fin"),
        Observation::seen("seconds", 5.0, Source::Probe).from_vantage("server"),
    ];
    let report = DIAGNOSTICIAN.diagnose(&measured, Lang::En);
    assert_eq!(
        report.verdict.cause.as_deref(),
        Some("server_keepalive_timeout"),
        "{:#?}",
        report.verdict
    );
    assert!(report.verdict.sentence.contains("5 s"), "{}", report.verdict.sentence);
    assert!(report.verdict.sentence.contains("nginx"), "{}", report.verdict.sentence);
    assert!(report.fixes.iter().any(|fix| fix.stack == "nginx"));
}

#[test]
fn chinese_reports_are_chinese() {
    let report = DIAGNOSTICIAN.diagnose(&case(RACE), Lang::Zh);
    assert!(
        report.verdict.sentence.starts_with("很可能")
            || report.verdict.sentence.starts_with("有可能")
    );
    assert!(report.causes.iter().all(|cause| cause.name.chars().any(|c| c > '\u{2e80}')));
}

#[test]
fn colloquial_chinese_leads_somewhere() {
    let report =
        diagnose(r#"{ "text": "网页长连接老是断，每隔 60 秒没数据就断，前面有 AWS 负载均衡" }"#);
    let families: BTreeSet<&str> =
        report.causes.iter().take(3).map(|cause| cause.family.as_str()).collect();
    assert!(families.contains("idle_timeout"), "{families:?}");
}

#[test]
fn bad_values_are_named() {
    let said =
        |json: &str| case(json).check(DIAGNOSTICIAN.base(), Lang::En).unwrap_err().to_string();
    assert!(
        said(r#"{ "facts": { "phase": "never" } }"#)
            .starts_with("`facts.phase` is `never`; it must be one of `connect`")
    );
    assert!(said(r#"{ "facts": { "after_seconds": -1 } }"#).contains("`facts.after_seconds`"));
    assert!(
        said(r#"{ "answers": { "colour": "red" } }"#)
            .contains("`answers.colour` names no question")
    );
    assert!(said(r#"{ "text": "a\u0000b" }"#).contains("`text` is not text: byte 1"));
    let unknown = serde_json::from_str::<Case>(r#"{ "texts": "x" }"#).unwrap_err().to_string();
    assert!(unknown.contains("unknown field `texts`") && unknown.contains("line 1"), "{unknown}");
}

/// The contract of the decoder: each signature finds its own example, whatever else does too.
#[test]
fn every_example_hits_its_signature() {
    let missed: Vec<&String> = DIAGNOSTICIAN
        .base()
        .signatures
        .values()
        .filter(|signature| {
            let hits = DIAGNOSTICIAN.decode(&signature.example).hits;
            hits.iter().all(|hit| hit.signature != signature.id)
        })
        .map(|signature| &signature.id)
        .collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn the_verdict_names_no_product_for_which_there_is_no_room() {
    let report = diagnose(
        r#"{ "text": "rpc error: code = Unavailable desc = transport is closing, about every 30 minutes, Go client" }"#,
    );
    let sentence = &report.verdict.sentence;
    assert!(!sentence.contains("RabbitMQ"), "{sentence}");
    // Boxes on the way need not be known to be there.
    let report = diagnose(
        r#"{ "text": "MySQL connection reset by peer on the first query after a pause",
             "facts": { "phase": "idle", "after_seconds": 350, "scope": "all", "stack": ["mysql"] } }"#,
    );
    let sentence = &report.verdict.sentence;
    assert!(report.constants.iter().any(|one| one.id.starts_with("aws-nlb")), "{sentence}");
}
