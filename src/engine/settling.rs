//! What only the machine itself knows, and what of it would tell the leading causes apart.
//!
//! The planner asks what would change the fix to try, at the least cost to a person. A report is also
//! read where nobody goes on asking, by somebody who can log in: it names the facts of the host that
//! would settle the matter, whatever they cost. What a user can be asked, or a probe measures, is the
//! planner's.

use crate::{
    evidence::{Observation, Source, State},
    knowledge::Base,
};

use super::{
    belief::Belief,
    maths::log2,
    model::{Choice, Model},
    planner::{Step, StepKind, variables_of},
};

/// How many causes are told apart. judgement: what comes behind is rarely true, and much of it.
const LEADING: usize = 5;
/// What a check shows beside its best fact counts this much: facts of one machine repeat each other.
const SIDE_FACTS: f64 = 0.25;
/// What tells less than this would settle nothing, bits.
const WORTH_NAMING: f64 = 0.01;

impl Model {
    /// Checks, and questions that only people who run the server can answer, by how much each is
    /// expected to tell about which of the leading causes it is; best first.
    pub fn settling(&self, base: &Base, belief: &Belief, evidence: &[Observation]) -> Vec<Step> {
        let leading = against_the_leader(belief);
        let user_asked = |variable: &str| {
            base.questions.values().any(|question| {
                question.variable == variable && question.who.iter().any(|who| who == "user")
            })
        };
        let questions = base
            .questions
            .values()
            .filter(|question| !question.opening && !question.who.iter().any(|who| who == "user"))
            .map(|question| (StepKind::Question, question.id.as_str(), question.cost_seconds));
        let checks = base
            .checks
            .values()
            .filter(|check| fits(&check.components, evidence))
            .map(|check| (StepKind::Check, check.id.as_str(), check.cost_seconds));
        let mut steps: Vec<Step> = checks
            .chain(questions)
            .filter_map(|(kind, id, cost_seconds)| {
                let gains = variables_of(base, kind, id)
                    .into_iter()
                    .filter(|variable| !variable.contains('.') && !user_asked(variable))
                    .filter(|variable| !is_known(evidence, variable))
                    .filter_map(|variable| Some(told(self.choices.get(variable)?, &leading)));
                let (most, all) =
                    gains.fold((0.0_f64, 0.0), |(most, all), gain| (most.max(gain), all + gain));
                let gain_bits = most + (all - most) * SIDE_FACTS;
                let id = id.to_owned();
                (gain_bits >= WORTH_NAMING).then_some(Step { kind, id, gain_bits, cost_seconds })
            })
            .collect();
        steps.sort_by(|a, b| {
            b.gain_bits.total_cmp(&a.gain_bits).then_with(|| (a.kind, &a.id).cmp(&(b.kind, &b.id)))
        });
        steps
    }
}

/// The leading cause and the next ones, with weights: half for the leader, half shared by the others
/// as they are probable. However sure the leader seems, what would settle it is asked of both sides.
fn against_the_leader(belief: &Belief) -> Vec<(usize, f64)> {
    let ranked: Vec<(usize, f64)> = belief
        .ranking()
        .into_iter()
        .take(LEADING)
        .filter_map(|cause| Some((cause, *belief.posterior.get(cause)?)))
        .collect();
    let others: f64 = ranked.iter().skip(1).map(|(_, p)| p).sum();
    let weigh = |(at, (cause, p)): (usize, (usize, f64))| match at {
        0 => (cause, 0.5),
        _ => (cause, 0.5 * p / others.max(f64::MIN_POSITIVE)),
    };
    ranked.into_iter().enumerate().map(weigh).collect()
}

/// Whether one of the components that a check is about was named or seen.
fn fits(components: &[String], evidence: &[Observation]) -> bool {
    let is_there = |component: &String| {
        evidence.iter().any(|o| {
            o.variable == "component" && o.value.word().is_some_and(|word| word == component)
        })
    };
    components.is_empty() || components.iter().any(is_there)
}

/// Whether a person or a measurement has said it.
fn is_known(evidence: &[Observation], variable: &str) -> bool {
    let said = |o: &Observation| o.state != State::NotVisible && o.source != Source::Text;
    evidence.iter().any(|o| o.variable == variable && said(o))
}

/// Expected fall of the entropy over the leading causes, bits.
fn told(choice: &Choice, leading: &[(usize, f64)]) -> f64 {
    let before = entropy(leading.iter().map(|(_, p)| *p));
    let (mut after, mut total) = (0.0, 0.0);
    for option in choice.expected(Source::Answer) {
        let joint = leading
            .iter()
            .map(|(cause, p)| p * option.reported.get(*cause).copied().unwrap_or_default());
        let weight: f64 = joint.clone().sum();
        after += weight * entropy(joint);
        total += weight;
    }
    if total > 0.0 { (before - after / total).max(0.0) } else { 0.0 }
}

/// Entropy of weights that need not sum to 1, bits.
fn entropy(weights: impl Iterator<Item = f64> + Clone) -> f64 {
    let sum: f64 = weights.clone().sum();
    let terms: f64 = weights.filter(|w| *w > 0.0).map(|w| w * log2(w)).sum();
    if sum > 0.0 { log2(sum) - terms / sum } else { 0.0 }
}
