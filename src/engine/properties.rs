//! What holds for every set of evidence, over the built-in knowledge.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::{
    evidence::{Observation, Source, State, Value},
    knowledge::{Base, PROBES, VariableKind, built_in, load},
};

use super::{Model, Situation, StepKind, maths::softmax2};

static BASE: LazyLock<Base> = LazyLock::new(|| load(&[built_in()]).base);
static MODEL: LazyLock<Model> = LazyLock::new(|| Model::new(&BASE));

/// Everything that can be observed at all.
static VALUES: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let mut values = Vec::new();
    for variable in BASE.variables.values().filter(|v| v.kind == VariableKind::Choice) {
        for option in &variable.options {
            values.push((variable.id.clone(), Value::from(option.id.as_str())));
        }
    }
    values
        .extend(BASE.signatures.keys().map(|id| ("message".to_owned(), Value::from(id.as_str()))));
    values.extend(
        BASE.components.keys().map(|id| ("component".to_owned(), Value::from(id.as_str()))),
    );
    for cause in BASE.causes.values() {
        let cues = cause.cues.iter().map(|cue| format!("{}.{}", cause.id, cue.id));
        values.extend(cues.map(|id| ("cue".to_owned(), Value::from(id))));
    }
    values
});

fn observation() -> impl Strategy<Value = Observation> {
    let source = prop_oneof![Just(Source::Text), Just(Source::Answer), Just(Source::Probe)];
    let state = prop_oneof![8 => Just(State::Seen), 1 => Just(State::RuledOut), 1 => Just(State::NotVisible)];
    let known = (0..VALUES.len()).prop_map(|at| VALUES[at].clone());
    let seconds = prop_oneof![
        (0.01_f64..1e6).prop_map(|s| ("seconds".to_owned(), Value::Number(s))),
        Just(("seconds".to_owned(), Value::Number(f64::NAN))),
        Just(("seconds".to_owned(), Value::Number(-1.0))),
    ];
    let unknown = "[a-z.]{0,12}".prop_map(|name| (name.clone(), Value::Word(name)));
    let value = prop_oneof![10 => known, 1 => seconds, 1 => unknown];
    (value, source, state).prop_map(|((variable, value), source, state)| {
        Observation::seen(variable, value, source).in_state(state)
    })
}

/// An observation that is no time: a time is weighed against the named components.
fn timeless() -> impl Strategy<Value = Observation> {
    observation().prop_filter("is a time", |o| o.variable != "seconds")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_posterior_is_a_distribution_without_nan(evidence in prop::collection::vec(observation(), 0..14)) {
        let belief = MODEL.believe(&evidence);
        let sum: f64 = belief.posterior.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-9, "{sum}");
        prop_assert!(belief.posterior.iter().all(|p| p.is_finite() && *p >= 0.0));
        for item in &belief.weighed {
            for cause in 0..belief.posterior.len() {
                prop_assert!(belief.bits(item, cause).is_finite());
            }
        }
    }

    #[test]
    fn the_order_of_evidence_does_not_matter(
        (evidence, shuffled) in prop::collection::vec(observation(), 0..14)
            .prop_flat_map(|v| (Just(v.clone()), Just(v).prop_shuffle()))
    ) {
        let (one, other) = (MODEL.believe(&evidence), MODEL.believe(&shuffled));
        prop_assert_eq!(one.posterior, other.posterior);
    }

    #[test]
    fn the_same_evidence_gives_the_same_bits(evidence in prop::collection::vec(observation(), 0..14)) {
        let (one, other) = (MODEL.believe(&evidence), MODEL.believe(&evidence));
        let bits = |posterior: &[f64]| posterior.iter().map(|p| p.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(&one.posterior), bits(&other.posterior));
    }

    #[test]
    fn what_is_not_visible_moves_nothing(
        evidence in prop::collection::vec(observation(), 0..8),
        hidden in prop::collection::vec(observation(), 1..8),
    ) {
        let mut more = evidence.clone();
        more.extend(hidden.into_iter().map(|o| o.in_state(State::NotVisible)));
        prop_assert_eq!(MODEL.believe(&evidence).posterior, MODEL.believe(&more).posterior);
    }

    /// Evidence of a variable not yet seen favours the cause under which it is most probable, and
    /// never lowers that cause.
    #[test]
    fn evidence_in_favour_never_lowers_a_cause(
        evidence in prop::collection::vec(timeless(), 0..8),
        // A component that was not named before also changes which constants count.
        extra in timeless().prop_filter("names a component", |o| o.variable != "component"),
    ) {
        let group = |o: &Observation| {
            let variable = BASE.variables.get(&o.variable);
            variable.and_then(|v| v.group.clone()).unwrap_or_else(|| o.variable.clone())
        };
        let before: Vec<Observation> = evidence.into_iter().filter(|o| group(o) != group(&extra)).collect();
        let alone = MODEL.believe(std::slice::from_ref(&extra));
        let Some(weights) = alone.weighed.first().map(|item| item.weights.clone()) else { return Ok(()) };
        let most = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut after = before.clone();
        after.push(extra);
        let (old, new) = (MODEL.believe(&before), MODEL.believe(&after));
        for (cause, weight) in weights.iter().enumerate() {
            if *weight >= most - 1e-12 {
                prop_assert!(new.posterior[cause] >= old.posterior[cause] - 1e-12, "{}", MODEL.causes()[cause]);
            }
        }
    }

    #[test]
    fn the_planner_never_asks_twice_and_promises_finite_gains(evidence in prop::collection::vec(observation(), 0..8)) {
        let belief = MODEL.believe(&evidence);
        let mut now = Situation { has_target: true, ..Situation::default() };
        for _ in 0..5 {
            let steps = MODEL.plan(&BASE, &belief, &evidence, &now).steps;
            prop_assert!(steps.iter().all(|s| s.gain_bits.is_finite() && s.gain_bits > 0.0 && !now.taken.contains(&s.id)));
            let Some(step) = steps.first() else { break };
            now.taken.insert(step.id.clone());
        }
    }

    #[test]
    fn softmax_stands_any_finite_weights(weights in prop::collection::vec(-1e6_f64..1e6, 1..20)) {
        let sum: f64 = softmax2(&weights).iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-9);
    }
}

/// What a probe that came to a halt leaves to ask and to measure.
fn steps_after(variable: &str, outcome: &str) -> Vec<(StepKind, String)> {
    let evidence = [Observation::seen(variable, outcome, Source::Probe)];
    let now = Situation { has_target: true, ..Situation::default() };
    let plan = MODEL.plan(&BASE, &MODEL.believe(&evidence), &evidence, &now);
    plan.steps.into_iter().map(|step| (step.kind, step.id)).collect()
}

#[test]
fn nothing_is_asked_or_measured_that_a_halted_probe_has_settled() {
    let above_tls = ["http", "idle", "reuse", "websocket", "http2", "halfclose"];
    let above_tcp = ["tls", "banner", "burst", "mtu"];
    for probe in &PROBES {
        let hidden: Vec<&str> = match probe.id {
            "dns" => above_tls
                .iter()
                .chain(&above_tcp)
                .chain(&["tcp", "path", "reset"])
                .copied()
                .collect(),
            "tcp" => above_tls.iter().chain(&above_tcp).copied().collect(),
            "tls" => above_tls.to_vec(),
            _ => continue,
        };
        for outcome in probe.halts {
            let steps = steps_after(probe.settles[0], outcome);
            for moot in ["ending", "fail_speed", "idle_only", "interval"] {
                let asked = steps.contains(&(StepKind::Question, moot.to_owned()));
                assert!(!asked, "{moot} after {} {outcome}", probe.id);
            }
            for below in &hidden {
                let offered = steps.contains(&(StepKind::Probe, (*below).to_owned()));
                assert!(!offered, "{below} after {} {outcome}", probe.id);
            }
            assert!(!steps.is_empty(), "nothing is left after {} {outcome}", probe.id);
        }
    }
}

#[test]
fn where_a_connection_stands_the_same_is_still_worth_asking() {
    let steps = steps_after("tcp.result", "connected");
    let offered = |kind, id: &str| steps.contains(&(kind, id.to_owned()));
    assert!(offered(StepKind::Question, "fail_speed"), "{steps:?}");
    assert!(offered(StepKind::Probe, "http"), "{steps:?}");
    // A refusal has still a sender to be looked for.
    assert!(steps_after("tcp.result", "refused").contains(&(StepKind::Probe, "path".to_owned())));
}
