//! What stands beside the ranking: pairs of faults, a missing hop, what would change the mind, and
//! the arithmetic behind every number.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use hangup::{
    engine::scale,
    evidence::{Observation, Source},
    knowledge::{Lang, built_in, load},
    report::{Case, Diagnostician, LabelledCase},
};

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

/// Our own labelled cases: the case and its true cause.
static SCENARIOS: LazyLock<Vec<(Case, String)>> = LazyLock::new(|| {
    include_str!("cases/scenarios.jsonl")
        .lines()
        .map(|line| {
            let labelled: LabelledCase = serde_json::from_str(line).unwrap();
            (labelled.case().unwrap(), labelled.label.cause)
        })
        .collect()
});

fn case(json: &str) -> Case {
    serde_json::from_str(json).unwrap()
}

/// Two cases in one: what somebody says who has both faults.
fn merged(a: &Case, b: &Case) -> Case {
    let both = |x: &Option<String>, y: &Option<String>| {
        Some(format!("{}\n{}", x.as_deref().unwrap_or(""), y.as_deref().unwrap_or("")))
    };
    let mut case = a.clone();
    case.text = both(&a.text, &b.text);
    case.facts.notes = both(&a.facts.notes, &b.facts.notes);
    case.facts.stack.extend(b.facts.stack.clone());
    case.facts.between.extend(b.facts.between.clone());
    case
}

#[test]
fn one_fault_is_not_taken_for_two() {
    let taken = SCENARIOS
        .iter()
        .filter(|(case, _)| DOCTOR.diagnose(case, Lang::En).together.is_some())
        .count();
    assert!(taken * 100 <= SCENARIOS.len(), "{taken} of {}", SCENARIOS.len());
}

/// A pair is a strong claim: it may be missed, and must be right where it is made.
#[test]
fn two_faults_at_once_are_named_and_named_rightly() {
    let found: Vec<&(Case, String)> = SCENARIOS
        .iter()
        .filter(|(case, cause)| DOCTOR.diagnose(case, Lang::En).causes[0].id == **cause)
        .step_by(2)
        .collect();
    let family = |cause: &str| &DOCTOR.base().causes[cause].family;
    let (mut tried, mut named, mut right) = (0, 0, 0);
    for (a, b) in found.iter().zip(found.iter().skip(20)) {
        if family(&a.1) == family(&b.1) {
            continue;
        }
        tried += 1;
        if let Some(together) = DOCTOR.diagnose(&merged(&a.0, &b.0), Lang::En).together {
            named += 1;
            let truth = BTreeSet::from([&a.1, &b.1]);
            right += usize::from(together.causes.iter().collect::<BTreeSet<_>>() == truth);
        }
    }
    assert!(named * 8 >= tried, "{named} of {tried} named");
    assert!(right * 100 >= named * 90, "{right} of {named} right");
}

#[test]
fn a_time_that_fits_no_named_hop_asks_for_the_missing_one() {
    let said = case(
        r#"{"text": "read: connection reset by peer",
            "facts": {"phase": "idle", "after_seconds": 350, "stack": ["nginx"]}}"#,
    );
    let missing = DOCTOR.diagnose(&said, Lang::En).hop_is_missing.unwrap();
    assert!(missing.candidates.iter().any(|c| c.id.starts_with("aws-nlb")), "{missing:?}");
    assert!(missing.sentence.contains("350"), "{}", missing.sentence);
}

#[test]
fn a_time_that_fits_a_named_hop_misses_nothing() {
    let said = case(
        r#"{"text": "read: connection reset by peer",
            "facts": {"phase": "idle", "after_seconds": 350, "stack": ["nginx"], "between": ["aws-nlb"]}}"#,
    );
    assert_eq!(DOCTOR.diagnose(&said, Lang::En).hop_is_missing, None);
}

#[test]
fn what_would_change_the_mind_does_change_it() {
    let mut tried = 0;
    for (case, _) in SCENARIOS.iter().step_by(9) {
        let report = DOCTOR.diagnose(case, Lang::En);
        let Some(change) = report.change_of_mind else { continue };
        tried += 1;
        let source = match change.kind {
            hangup::report::StepKind::Question => Source::Answer,
            hangup::report::StepKind::Probe => Source::Probe,
            hangup::report::StepKind::Check => Source::Text,
        };
        let mut after = case.clone();
        after.observations.push(Observation::seen(
            change.observation.as_str(),
            change.value.as_str(),
            source,
        ));
        let after = DOCTOR.diagnose(&after, Lang::En);
        assert_eq!(after.causes[0].id, change.cause);
        assert_ne!(after.causes[0].id, report.causes[0].id);
        assert!((after.causes[0].probability - change.probability).abs() < 1e-3);
    }
    assert!(tried > 20, "{tried}");
}

/// A reader with the knowledge files and the formula gets the same probabilities.
#[test]
fn every_probability_can_be_reckoned_after() {
    for (case, _) in SCENARIOS.iter().step_by(31) {
        let report = DOCTOR.diagnose(case, Lang::En);
        let explained = DOCTOR.explain(case, DOCTOR.model().causes().len());
        let total: f64 = explained.accounts.iter().map(|a| libm::exp2(a.sum_bits)).sum();
        assert!((libm::log2(total) - explained.total_bits).abs() < 1e-9);
        let half: f64 = explained.accounts.iter().map(|a| libm::exp2(a.sum_bits / 2.0)).sum();
        assert!((libm::log2(half) - explained.half_total_bits).abs() < 1e-9);
        for account in &explained.accounts {
            let mut sum = account.prior_bits;
            for term in &account.terms {
                let ratio =
                    term.reliability * term.given / term.background + 1.0 - term.reliability;
                assert!((term.factor * libm::log2(ratio) - term.bits).abs() < 1e-9, "{term:?}");
                sum += term.bits;
            }
            let doubt = explained.scale.doubt;
            let p = (1.0 - doubt) * libm::exp2(sum - explained.total_bits)
                + doubt * libm::exp2(sum / 2.0 - explained.half_total_bits);
            assert!((p - account.probability).abs() < 1e-9);
            if let Some(ranked) = report.causes.iter().find(|c| c.id == account.cause) {
                assert!((ranked.probability - p).abs() < 1e-6);
            }
        }
    }
}

/// The probability shown for a word is the word's number, where nothing else has a say in it.
#[test]
fn the_numbers_shown_are_those_of_the_words() {
    let said = case(
        r#"{"text": "upstream prematurely closed connection while reading response header from upstream"}"#,
    );
    let explained = DOCTOR.explain(&said, 1);
    let term = explained.accounts[0].terms.iter().find(|t| t.observation == "message").unwrap();
    assert!((term.given - scale::likelihood(term.word.unwrap())).abs() < 1e-9, "{term:?}");
    let signature = &DOCTOR.base().signatures[&term.value];
    assert!((term.background - scale::message_background(signature.specific)).abs() < 1e-12);
}
