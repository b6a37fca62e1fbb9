//! What would change the mind: the next observation that would put another cause first.

use crate::{
    evidence::{Observation, Source},
    knowledge::Base,
};

use super::{
    belief::Belief,
    model::Model,
    planner::{Plan, StepKind, variables_of},
    scale,
};

/// How many candidates are tried out in full; they are sorted, and mostly the first one holds.
const TRIED: usize = 12;

/// One observation, not made yet, that would overturn the leading cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Overturn {
    /// How it would be made.
    pub kind: StepKind,
    /// Id of the question, probe or check.
    pub step: String,
    /// The observation.
    pub observation: Observation,
    /// How probable it is by what is believed now, 0 to 1.
    pub chance: f64,
    /// The cause that would then be first.
    pub cause: usize,
    /// Its probability then, 0 to 1.
    pub probability: f64,
}

impl Model {
    /// The single observation among the plan's steps after which another cause would be first: the
    /// one for which chance times the new leader's probability is highest. None where no single
    /// observation could do that, and where neither leader is possible enough to speak of.
    pub fn overturn(
        &self,
        base: &Base,
        belief: &Belief,
        evidence: &[Observation],
        plan: &Plan,
    ) -> Option<Overturn> {
        let top = belief.ranking().first().copied()?;
        // Where nothing leads, anything would overturn it, and saying so says nothing.
        if belief.posterior.get(top).is_none_or(|p| *p < scale::POSSIBLE) {
            return None;
        }
        let mut candidates: Vec<Overturn> = Vec::new();
        for step in &plan.steps {
            let source = match step.kind {
                StepKind::Question => Source::Answer,
                StepKind::Probe => Source::Probe,
                StepKind::Check => Source::Text,
            };
            for variable in variables_of(base, step.kind, &step.id) {
                let Some(choice) = self.choices.get(variable) else { continue };
                let expected = choice.expected(source).iter().zip(&choice.options);
                candidates.extend(expected.filter_map(|(expected, option)| {
                    let chance = dot(&belief.sharp, &expected.reported);
                    let (first, probability) = first(&belief.sharp, &expected.counted)?;
                    (first != top && probability >= scale::POSSIBLE).then(|| Overturn {
                        kind: step.kind,
                        step: step.id.clone(),
                        observation: Observation::seen(variable, option.as_str(), source),
                        chance,
                        cause: first,
                        probability,
                    })
                }));
            }
        }
        let promise = |o: &Overturn| o.chance * o.probability;
        candidates
            .sort_by(|a, b| promise(b).total_cmp(&promise(a)).then_with(|| a.step.cmp(&b.step)));
        candidates.into_iter().take(TRIED).find_map(|candidate| {
            let mut more = evidence.to_vec();
            more.push(candidate.observation.clone());
            let after = self.believe(&more);
            let cause = after.ranking().first().copied().filter(|cause| *cause != top)?;
            let probability =
                after.posterior.get(cause).copied().filter(|p| *p >= scale::POSSIBLE)?;
            Some(Overturn { cause, probability, ..candidate })
        })
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The cause that leads once every probability is multiplied by its factor, and its share.
fn first(posterior: &[f64], factors: &[f64]) -> Option<(usize, f64)> {
    let weights = || posterior.iter().zip(factors).map(|(p, factor)| p * factor);
    let sum: f64 = weights().sum();
    let (at, most) =
        weights().enumerate().max_by(|(i, a), (j, b)| a.total_cmp(b).then(j.cmp(i)))?;
    (sum > 0.0).then(|| (at, most / sum))
}
