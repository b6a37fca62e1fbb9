//! Every cause of the base leads where it should, and does not where something looks like it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may stop")]

use std::{
    collections::BTreeSet,
    sync::{Arc, LazyLock},
};

use hangup::{
    knowledge::{Lang, built_in, load},
    report::{Diagnostician, LabelledCase},
};

static DOCTOR: LazyLock<Diagnostician> =
    LazyLock::new(|| Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap());

/// Of each scenario: the true cause, the cause it is a near miss of, and the leader.
static JUDGED: LazyLock<Vec<(String, Option<String>, String)>> = LazyLock::new(|| {
    let all = [include_str!("cases/scenarios.jsonl"), include_str!("cases/near-misses.jsonl")];
    all.iter()
        .flat_map(|file| file.lines())
        .map(|line| {
            let labelled: LabelledCase = serde_json::from_str(line).unwrap();
            let case = labelled.case().unwrap();
            case.check(DOCTOR.base(), Lang::En).unwrap();
            let near = labelled.text_of("near_miss_of").map(str::to_owned);
            let leader = DOCTOR.diagnose(&case, Lang::En).causes[0].id.clone();
            (labelled.label.cause, near, leader)
        })
        .collect()
});

fn missing(covered: &BTreeSet<&str>) -> Vec<&'static str> {
    DOCTOR.base().causes.keys().map(String::as_str).filter(|id| !covered.contains(id)).collect()
}

#[test]
fn every_cause_leads_in_a_scenario_of_its_own() {
    let led = JUDGED.iter().filter(|(truth, _, leader)| truth == leader);
    let led: BTreeSet<&str> = led.map(|(truth, ..)| truth.as_str()).collect();
    assert_eq!(missing(&led), Vec::<&str>::new());
}

#[test]
fn every_cause_stays_behind_in_a_near_miss() {
    let kept_back =
        JUDGED.iter().filter_map(|(_, near, leader)| near.as_deref().filter(|near| near != leader));
    assert_eq!(missing(&kept_back.collect()), Vec::<&str>::new());
}

/// The near misses with an answer that settles it find the cause it really is.
#[test]
fn an_answer_that_settles_it_settles_it() {
    let count = include_str!("cases/near-misses.jsonl").lines().count();
    for (truth, near, leader) in JUDGED.iter().skip(JUDGED.len() - count) {
        assert_eq!(leader, truth, "near miss of {near:?}");
    }
}

/// The figures of docs/accuracy.md are not held here to the digit; this catches a fall.
#[test]
fn the_true_cause_leads_as_often_as_published() {
    let right = JUDGED.iter().filter(|(truth, _, leader)| truth == leader).count();
    assert!(right * 100 >= JUDGED.len() * 70, "{right} of {}", JUDGED.len());
}
