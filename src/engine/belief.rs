//! The posterior over causes, and what each observation did to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::evidence::{Observation, Source, State};

use super::{
    maths::{entropy, exp2, log2, softmax2},
    model::{Choice, Model, Rate},
    scale::{self, Repetition},
    timers::Fit,
};

/// One piece of evidence, weighed.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Index of the observation in the case's evidence.
    pub observation: usize,
    /// log₂ P(observation | cause) / P(observation | background), by cause, as counted.
    pub weights: Vec<f64>,
    /// How the weights came about, for a reader who reckons after.
    pub counted: Counted,
    /// P(observation) over all causes mixed by their priors, relative to the background.
    mixed: f64,
}

/// The numbers a weight is made of: `factor` × log₂(`reliability` × P / `background` + 1 −
/// `reliability`), where P is the cause's own probability (or density) of the observation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counted {
    /// How far the source is believed, 0 to 1.
    pub reliability: f64,
    /// How often the observation is made whatever the cause; for a time a density per octave.
    pub background: f64,
    /// What is left of the weight after repetition and temper.
    pub factor: f64,
}

impl Weighed {
    /// P(observation | cause) as the knowledge has it; 0 for an unknown cause.
    pub fn given(&self, cause: usize) -> f64 {
        let Counted { reliability, background, factor } = self.counted;
        let weight = self.weights.get(cause).copied().unwrap_or(f64::NEG_INFINITY);
        (background * (exp2(weight / factor) - 1.0 + reliability) / reliability).max(0.0)
    }
}

/// What is believed after the evidence.
#[derive(Clone, Debug)]
pub struct Belief {
    /// Posterior by cause, in the order of [`Model::causes`]; sums to 1.
    pub posterior: Vec<f64>,
    /// The same before the model's doubt of itself is mixed in. The planner reckons with it: doubt is
    /// nothing that a question could take away.
    pub(super) sharp: Vec<f64>,
    /// log₂ prior by cause.
    pub prior: Vec<f64>,
    /// What moved it.
    pub weighed: Vec<Weighed>,
    /// The constants that the time fits, best first.
    pub fits: Vec<Fit>,
}

impl Belief {
    /// The weight of evidence of `item` for `cause` against all other causes together, bits (Good
    /// 1950): log₂ P(e | cause) / P(e | not cause), the others mixed by their priors.
    pub fn bits(&self, item: &Weighed, cause: usize) -> f64 {
        let own = item.weights.get(cause).copied().unwrap_or(0.0);
        let prior = exp2(self.prior.get(cause).copied().unwrap_or(f64::NEG_INFINITY));
        let others = (item.mixed - prior * exp2(own)).max(f64::MIN_POSITIVE);
        own - log2(others / (1.0 - prior).max(f64::MIN_POSITIVE))
    }

    /// Causes by falling probability; ties by index, so that the order is always the same.
    pub fn ranking(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.posterior.len()).collect();
        let of = |index: &usize| self.posterior.get(*index).copied().unwrap_or(0.0);
        order.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
        order
    }

    /// Uncertainty that is left, bits.
    pub fn entropy(&self) -> f64 {
        entropy(&self.sharp)
    }
}

/// Evidence before it is known how often it repeats other evidence.
struct Item {
    observation: usize,
    group: Group,
    /// Sorts within the group, the strongest first.
    specific: u8,
    reliability: f64,
    background: f64,
    weights: Vec<f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Fact(String),
    Messages,
    Cues(usize),
    Components,
    Seconds,
}

impl Model {
    /// Weighs `evidence`. Its order does not matter; a variable or value that the base does not know
    /// moves nothing, and neither does what is not visible.
    pub fn believe(&self, evidence: &[Observation]) -> Belief {
        let named = named_components(evidence);
        let mut items = self.choice_items(evidence);
        items.extend(self.many_items(evidence));
        items.extend(self.seconds_items(evidence, &named));
        let weighed = discount(items, &self.prior, self.scale.temper);
        let mut total = self.prior.clone();
        for item in &weighed {
            for (sum, weight) in total.iter_mut().zip(&item.weights) {
                *sum += weight;
            }
        }
        let fits = self
            .seconds_of(evidence)
            .first()
            .map(|(_, s)| self.timers.fits(*s, &named))
            .unwrap_or_default();
        let sharp = softmax2(&total);
        let posterior = doubted(&sharp, &total, self.scale.doubt);
        Belief { posterior, sharp, prior: self.prior.clone(), weighed, fits }
    }

    fn choice_items(&self, evidence: &[Observation]) -> Vec<Item> {
        self.choices
            .iter()
            .filter_map(|(id, choice)| {
                let seen: Vec<(usize, &Observation)> = evidence
                    .iter()
                    .enumerate()
                    .filter(|(_, o)| o.variable == *id && o.state != State::NotVisible)
                    .filter(|(_, o)| {
                        o.value.word().is_some_and(|word| choice.options.iter().any(|x| x == word))
                    })
                    .collect();
                let most =
                    seen.iter().map(|(_, o)| self.scale.reliability(o.source)).fold(0.0, f64::max);
                // The more reliable source has the word; where one source says two things, each
                // counts half.
                let best: Vec<(usize, &Observation)> = seen
                    .into_iter()
                    .filter(|(_, o)| self.scale.reliability(o.source) >= most)
                    .collect();
                let first = best.iter().map(|(at, _)| *at).min()?;
                let (background, weights) = choice_weights(choice, &best, most);
                Some(Item {
                    observation: first,
                    group: Group::Fact(choice.group.clone()),
                    specific: 1,
                    reliability: most,
                    background,
                    weights,
                })
            })
            .collect()
    }

    fn many_items(&self, evidence: &[Observation]) -> Vec<Item> {
        // What two sources say of one thing counts once, by the more reliable of them.
        let mut once: BTreeMap<(&str, &str), (usize, &Observation)> = BTreeMap::new();
        for (at, observation) in evidence.iter().enumerate() {
            let Some(word) = observation.value.word().filter(|_| observation.state == State::Seen)
            else {
                continue;
            };
            let best = once.entry((&observation.variable, word)).or_insert((at, observation));
            if self.scale.reliability(observation.source) > self.scale.reliability(best.1.source) {
                *best = (at, observation);
            }
        }
        let mut items = Vec::new();
        for ((_, word), (at, observation)) in once {
            let (rate, group) = match observation.variable.as_str() {
                "message" => (self.messages.get(word), Group::Messages),
                "cue" => {
                    let rate = self.cues.get(word);
                    let cause = rate
                        .and_then(|rate| rate.given.keys().next().copied())
                        .unwrap_or(usize::MAX);
                    (rate, Group::Cues(cause))
                }
                "component" => (self.components.get(word), Group::Components),
                _ => continue,
            };
            let Some(rate) = rate else { continue };
            let reliability = match observation.variable.as_str() {
                "component" => self.scale.reliability(observation.source),
                // A pattern that matched did match; what it is worth stands in its likelihoods.
                _ => 1.0,
            };
            let weights = rate_weights(rate, self.causes.len(), reliability);
            items.push(Item {
                observation: at,
                group,
                specific: rate.specific,
                reliability,
                background: rate.background,
                weights,
            });
        }
        items
    }

    fn seconds_items(&self, evidence: &[Observation], named: &BTreeSet<String>) -> Vec<Item> {
        let times = self.seconds_of(evidence);
        let Some((first, _)) = times.first().copied() else { return Vec::new() };
        let source = evidence.get(first).map_or(Source::Text, |o| o.source);
        let reliability = self.scale.reliability(source);
        let measured = !matches!(source, Source::Text | Source::Answer);
        let mut mixed = vec![0.0; self.causes.len()];
        let mut mixed_background = 0.0;
        for (_, seconds) in &times {
            let (densities, background) = self.timers.densities(*seconds, named, measured);
            mixed_background += background;
            for (sum, density) in mixed.iter_mut().zip(densities) {
                *sum += density;
            }
        }
        let weights = mixed
            .iter()
            .map(|density| log2(reliability * density / mixed_background + 1.0 - reliability))
            .collect();
        vec![Item {
            observation: first,
            group: Group::Seconds,
            specific: 1,
            reliability,
            background: mixed_background,
            weights,
        }]
    }

    /// The times of the most reliable source that has one, with the index of their observation.
    pub(super) fn seconds_of(&self, evidence: &[Observation]) -> Vec<(usize, f64)> {
        let all: Vec<(usize, f64, Source)> = evidence
            .iter()
            .enumerate()
            .filter(|(_, o)| o.variable == "seconds" && o.state == State::Seen)
            .filter_map(|(at, o)| {
                Some((at, o.value.number().filter(|s| s.is_finite() && *s > 0.0)?, o.source))
            })
            .collect();
        let most =
            all.iter().map(|(_, _, source)| self.scale.reliability(*source)).fold(0.0, f64::max);
        let mut best: Vec<(usize, f64)> = all
            .into_iter()
            .filter(|(_, _, source)| self.scale.reliability(*source) >= most)
            .map(|(at, seconds, _)| (at, seconds))
            .collect();
        best.sort_by(|a, b| a.1.total_cmp(&b.1));
        best
    }
}

/// The components that were named or proven present.
pub(super) fn named_components(evidence: &[Observation]) -> BTreeSet<String> {
    evidence
        .iter()
        .filter(|o| o.variable == "component" && o.state == State::Seen)
        .filter_map(|o| o.value.word().map(str::to_owned))
        .collect()
}

/// Mixes `sharp` with what half of the summed bits would say; keeps the order of the causes.
fn doubted(sharp: &[f64], total: &[f64], doubt: f64) -> Vec<f64> {
    let halved: Vec<f64> = total.iter().map(|bits| bits * 0.5).collect();
    let spread = softmax2(&halved);
    sharp.iter().zip(spread).map(|(sharp, spread)| (1.0 - doubt) * sharp + doubt * spread).collect()
}

/// The background rate of what was seen, and its weight for each cause.
fn choice_weights(
    choice: &Choice,
    seen: &[(usize, &Observation)],
    reliability: f64,
) -> (f64, Vec<f64>) {
    let probability = |table: &[f64]| {
        let terms: Vec<f64> = seen
            .iter()
            .filter_map(|(_, o)| {
                let at = choice.options.iter().position(|option| o.value.word() == Some(option))?;
                let p = table.get(at).copied()?;
                Some(if o.state == State::RuledOut { 1.0 - p } else { p })
            })
            .collect();
        terms.iter().sum::<f64>() / terms.len().max(1) as f64
    };
    let background = probability(&choice.background).max(1e-9);
    let weights = choice
        .given
        .iter()
        .map(|table| log2(reliability * probability(table) / background + 1.0 - reliability))
        .collect();
    (background, weights)
}

fn rate_weights(rate: &Rate, count: usize, reliability: f64) -> Vec<f64> {
    (0..count)
        .map(|cause| match rate.given.get(&cause) {
            Some(given) => log2(reliability * given / rate.background + 1.0 - reliability),
            None => 0.0,
        })
        .collect()
}

/// Lets evidence that repeats other evidence count less, then tempers all of it.
fn discount(mut items: Vec<Item>, prior: &[f64], temper: f64) -> Vec<Weighed> {
    let strength = |item: &Item| {
        let (low, high) = item
            .weights
            .iter()
            .fold((0.0_f64, 0.0_f64), |(low, high), w| (low.min(*w), high.max(*w)));
        high - low
    };
    items.sort_by(|a, b| {
        a.group
            .cmp(&b.group)
            .then(b.specific.cmp(&a.specific))
            .then(strength(b).total_cmp(&strength(a)))
            .then_with(|| lexical(&a.weights, &b.weights))
    });
    let mut before: BTreeMap<Group, usize> = BTreeMap::new();
    let mut weighed: Vec<Weighed> = items
        .into_iter()
        .map(|item| {
            let kind = match item.group {
                Group::Messages => Repetition::Messages,
                Group::Cues(_) => Repetition::Cues,
                Group::Components => Repetition::Components,
                Group::Fact(_) | Group::Seconds => Repetition::SameFact,
            };
            let rank = before.entry(item.group).or_default();
            let factor = scale::repetition(kind, *rank) * temper;
            *rank += 1;
            let weights: Vec<f64> = item.weights.iter().map(|w| w * factor).collect();
            let mixed = prior.iter().zip(&weights).map(|(p, w)| exp2(p + w)).sum();
            let counted =
                Counted { reliability: item.reliability, background: item.background, factor };
            Weighed { observation: item.observation, weights, counted, mixed }
        })
        .collect();
    // Sums are taken in this order; fixed by content, so that the order of the evidence cannot show.
    weighed.sort_by(|a, b| lexical(&a.weights, &b.weights));
    weighed
}

fn lexical(a: &[f64], b: &[f64]) -> std::cmp::Ordering {
    a.iter()
        .zip(b)
        .map(|(a, b)| a.total_cmp(b))
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}
