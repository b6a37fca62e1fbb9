//! Two independent faults at once, where no single cause explains all of the evidence.

use crate::{evidence::Observation, knowledge::Base};

use super::{
    belief::Belief,
    maths::{exp2, log2},
    model::Model,
};

/// How often two independent faults are there together. judgement: one case in twenty; the pair has to earn it by
/// what each of its causes alone leaves unexplained.
const TOGETHER: f64 = 0.05;

/// Each cause of a pair must explain one observation better than the other by this many bits.
const OWN_SHARE: f64 = 2.0;

/// How many causes are tried in pairs: those with most evidence in their favour.
const TRIED: usize = 16;

/// From this probability on a pair is reported.
const REPORTED: f64 = 0.3;

/// Two causes that explain the evidence together and neither alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The two causes, the one with the higher posterior first.
    pub causes: (usize, usize),
    /// Probability of the pair against all single causes and all other pairs, 0 to 1.
    pub probability: f64,
}

impl Model {
    /// The pair of causes of two families that is more probable than every single cause together;
    /// none where one cause will do.
    ///
    /// What may be seen beside other things (a message, a cue, a component) is seen under a pair if
    /// one of its causes shows it: the larger likelihood, which is the noisy-or from below. What has
    /// one value at a time comes from either cause, each as often: P(e | a, b) = (P(e | a) + P(e | b)) / 2.
    pub fn pair(&self, base: &Base, belief: &Belief, evidence: &[Observation]) -> Option<Pair> {
        let weight =
            |item: usize, cause: usize| belief.weighed.get(item)?.weights.get(cause).copied();
        let items = 0..belief.weighed.len();
        let total = |cause: usize| -> f64 {
            let own: f64 = items.clone().filter_map(|item| weight(item, cause)).sum();
            own + self.prior.get(cause).copied().unwrap_or(f64::NEG_INFINITY)
        };
        let shown_beside_others: Vec<bool> = belief
            .weighed
            .iter()
            .map(|item| {
                let seen = evidence.get(item.observation);
                seen.is_some_and(|o| !self.choices.contains_key(&o.variable))
            })
            .collect();
        let tried = self.favoured(belief);
        let mut sum: f64 = (0..self.causes.len()).map(|cause| exp2(total(cause))).sum();
        let mut best: Option<(f64, usize, usize)> = None;
        for (at, a) in tried.iter().copied().enumerate() {
            for b in tried.iter().copied().skip(at + 1) {
                let (Some(prior_a), Some(prior_b)) = (self.prior.get(a), self.prior.get(b)) else {
                    continue;
                };
                let both = |item: usize| {
                    let (a, b) = (weight(item, a)?, weight(item, b)?);
                    let may_stand_beside_others = shown_beside_others.get(item) == Some(&true);
                    Some(if may_stand_beside_others {
                        a.max(b)
                    } else {
                        log2(0.5 * (exp2(a) + exp2(b)))
                    })
                };
                let explained: f64 = items.clone().filter_map(both).sum();
                let score = explained + prior_a + prior_b + log2(2.0 * TOGETHER);
                sum += exp2(score);
                let leads = |x: usize, y: usize| {
                    items.clone().any(|item| match (weight(item, x), weight(item, y)) {
                        (Some(x), Some(y)) => x - y >= OWN_SHARE && x > 0.0,
                        _ => false,
                    })
                };
                if best.is_none_or(|(most, ..)| score > most)
                    && self.are_unrelated(base, a, b)
                    && leads(a, b)
                    && leads(b, a)
                {
                    best = Some((score, a, b));
                }
            }
        }
        let (score, a, b) = best?;
        let probability = exp2(score) / sum;
        let causes = if total(b) > total(a) { (b, a) } else { (a, b) };
        (probability >= REPORTED).then_some(Pair { causes, probability })
    }

    /// The known causes with the most evidence in their favour, whatever speaks against them.
    fn favoured(&self, belief: &Belief) -> Vec<usize> {
        let mut favour: Vec<(f64, usize)> = (0..self.causes.len().saturating_sub(1))
            .map(|cause| {
                let weights = belief.weighed.iter().filter_map(|item| item.weights.get(cause));
                (weights.filter(|weight| **weight > 0.0).sum(), cause)
            })
            .collect();
        favour.sort_by(|(a, x), (b, y)| b.total_cmp(a).then(x.cmp(y)));
        favour.into_iter().take(TRIED).map(|(_, cause)| cause).collect()
    }

    /// Whether two causes are of different families and neither names the other as its look-alike.
    fn are_unrelated(&self, base: &Base, a: usize, b: usize) -> bool {
        let cause = |at: usize| self.causes.get(at).and_then(|id| base.causes.get(id));
        let (Some(a), Some(b)) = (cause(a), cause(b)) else { return false };
        let mentions = |x: &crate::knowledge::Cause, y: &str| {
            x.lookalikes.iter().any(|lookalike| lookalike.cause == y)
        };
        a.family != b.family && !mentions(a, &b.id) && !mentions(b, &a.id)
    }
}
