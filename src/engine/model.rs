//! The likelihood tables: what each cause says of each value of each variable.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    evidence::Source,
    knowledge::{Base, Cause, Likelihood, Variable, VariableKind},
};

use super::{
    maths::{exp2, log2, pow},
    remedy::Remedies,
    scale::{self, Scale},
    timers::Timers,
};

/// The hypothesis that the true cause is not in the base.
pub const SOMETHING_ELSE: &str = "something_else";

/// The likelihoods of a variable of which exactly one option holds.
pub(super) struct Choice {
    pub(super) options: Vec<String>,
    /// Background rate of each option; sums to 1.
    pub(super) background: Vec<f64>,
    /// Cause, then option. A cause that says nothing of the variable has the background.
    pub(super) given: Vec<Vec<f64>>,
    pub(super) group: String,
    /// For text, answers and measurements: what the planner expects of each option under each cause.
    expected: [Vec<Expected>; 3],
}

/// What an answer of a source would say, for one option.
pub(super) struct Expected {
    /// P(option | cause) as the source would report it, by cause.
    pub(super) reported: Vec<f64>,
    /// The same as it would be counted, tempered.
    pub(super) counted: Vec<f64>,
}

impl Choice {
    /// What `source` would say of each option.
    pub(super) fn expected(&self, source: Source) -> &[Expected] {
        let [text, answer, measured] = &self.expected;
        match source {
            Source::Text => text,
            Source::Answer => answer,
            Source::Probe | Source::Capture | Source::Collect => measured,
        }
    }
}

/// The rates of one value that may be seen along with others: a message, a cue, a component.
pub(super) struct Rate {
    pub(super) background: f64,
    /// Cause index and rate, for the causes that say something.
    pub(super) given: BTreeMap<usize, f64>,
    /// 1 to 3: a more specific message outweighs a generic one on the same line.
    pub(super) specific: u8,
}

/// Every table, ready for any number of cases.
pub struct Model {
    pub(super) causes: Vec<String>,
    /// log₂ prior by cause; [`SOMETHING_ELSE`] is the last.
    pub(super) prior: Vec<f64>,
    pub(super) choices: BTreeMap<String, Choice>,
    pub(super) messages: BTreeMap<String, Rate>,
    pub(super) cues: BTreeMap<String, Rate>,
    pub(super) components: BTreeMap<String, Rate>,
    pub(super) timers: Timers,
    pub(super) remedies: Remedies,
    pub(super) scale: Scale,
}

impl Model {
    /// Computes the tables of `base` on the published scale.
    pub fn new(base: &Base) -> Self {
        Self::on_scale(base, Scale::default())
    }

    /// Computes the tables of `base` on a scale of one's own.
    pub fn on_scale(base: &Base, scale: Scale) -> Self {
        let ids: Vec<&String> = base.causes.keys().collect();
        let mut causes: Vec<String> = ids.iter().map(|id| (*id).clone()).collect();
        causes.push(SOMETHING_ELSE.to_owned());
        let index: BTreeMap<&str, usize> =
            ids.iter().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
        Self {
            prior: priors(base, scale.prior_power),
            choices: base
                .variables
                .values()
                .filter(|variable| variable.kind == VariableKind::Choice)
                .map(|variable| (variable.id.clone(), choice(variable, base, causes.len(), &scale)))
                .collect(),
            messages: messages(base, &index),
            cues: cues(base, &index),
            components: components(base, &index),
            timers: Timers::new(base, causes.len()),
            remedies: Remedies::new(base, causes.len()),
            causes,
            scale,
        }
    }

    /// The chance that `cause` starts with, before and after what this instance has learned.
    pub fn starting_chance(&self, base: &Base, cause: &str) -> Option<(f64, f64)> {
        let at = self.causes.iter().position(|id| id == cause)?;
        let (_, before) = *rates(base, self.scale.prior_power).get(at)?;
        Some((before, exp2(*self.prior.get(at)?)))
    }

    /// The fitted numbers.
    pub fn scale(&self) -> &Scale {
        &self.scale
    }

    /// The hypotheses, [`SOMETHING_ELSE`] last.
    pub fn causes(&self) -> &[String] {
        &self.causes
    }
}

/// The base rates of the causes and of [`SOMETHING_ELSE`], without what was learned; they sum to 1.
fn rates(base: &Base, power: f64) -> Vec<(&str, f64)> {
    let weights: Vec<f64> =
        base.causes.values().map(|cause| pow(scale::prior(cause.prior), power)).collect();
    let sum: f64 = weights.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    let ids = base.causes.keys().map(String::as_str);
    ids.zip(weights)
        .map(|(id, weight)| (id, weight / sum * (1.0 - scale::SOMETHING_ELSE)))
        .chain([(SOMETHING_ELSE, scale::SOMETHING_ELSE)])
        .collect()
}

fn priors(base: &Base, power: f64) -> Vec<f64> {
    base.experience.shift(&rates(base, power)).into_iter().map(log2).collect()
}

fn choice(variable: &Variable, base: &Base, count: usize, scale: &Scale) -> Choice {
    let total: f64 = variable.options.iter().map(|option| option.share).sum();
    let background: Vec<f64> = variable.options.iter().map(|option| option.share / total).collect();
    let options: Vec<String> = variable.options.iter().map(|option| option.id.clone()).collect();
    let mut given: Vec<Vec<f64>> = base
        .causes
        .values()
        .map(|cause| match cause.signs.get(&variable.id) {
            Some(words) => conditional(&options, &background, words),
            None => background.clone(),
        })
        .collect();
    given.resize(count, background.clone());
    let group = variable.group.clone().unwrap_or_else(|| variable.id.clone());
    let expected = [Source::Text, Source::Answer, Source::Probe]
        .map(|source| expected(&background, &given, scale.reliability(source), scale.temper));
    Choice { options, background, given, group, expected }
}

fn expected(
    background: &[f64],
    given: &[Vec<f64>],
    reliability: f64,
    temper: f64,
) -> Vec<Expected> {
    background
        .iter()
        .enumerate()
        .map(|(option, share)| {
            let reported: Vec<f64> = given
                .iter()
                .map(|table| {
                    let own = table.get(option).copied().unwrap_or(*share);
                    reliability * own + (1.0 - reliability) * share
                })
                .collect();
            let counted = reported.iter().map(|p| pow(*p, temper)).collect();
            Expected { reported, counted }
        })
        .collect()
}

/// P(option | cause): the words as they stand, what is left over shared by the background rates.
fn conditional(
    options: &[String],
    background: &[f64],
    words: &BTreeMap<String, Likelihood>,
) -> Vec<f64> {
    let said: Vec<Option<f64>> = options
        .iter()
        .map(|option| words.get(option).map(|word| scale::likelihood(*word)))
        .collect();
    let spoken: f64 = said.iter().flatten().sum();
    let silent: f64 = background
        .iter()
        .zip(&said)
        .filter(|(_, said)| said.is_none())
        .map(|(share, _)| share)
        .sum();
    // Words that add up to more than this are scaled down: what was not mentioned stays possible.
    let most = if silent > 0.0 { 0.98 } else { 1.0 };
    let factor =
        if spoken > most || silent <= 0.0 { most / spoken.max(f64::MIN_POSITIVE) } else { 1.0 };
    let rest = (1.0 - spoken * factor).max(0.0);
    said.iter()
        .zip(background)
        .map(|(said, share)| match said {
            Some(probability) => probability * factor,
            None => rest * share / silent,
        })
        .collect()
}

fn messages(base: &Base, index: &BTreeMap<&str, usize>) -> BTreeMap<String, Rate> {
    base.signatures
        .values()
        .map(|signature| {
            let background = scale::message_background(signature.specific);
            let against =
                signature.against.iter().map(|id| (id, scale::likelihood(Likelihood::Never)));
            let given = signature
                .points
                .iter()
                .map(|(id, word)| (id, scale::likelihood(*word).max(background)))
                .chain(against)
                .filter_map(|(id, rate)| Some((*index.get(id.as_str())?, rate)))
                .collect();
            (signature.id.clone(), Rate { background, given, specific: signature.specific })
        })
        .collect()
}

fn cues(base: &Base, index: &BTreeMap<&str, usize>) -> BTreeMap<String, Rate> {
    let of_cause = |cause: &Cause| {
        let at = index.get(cause.id.as_str()).copied();
        cause
            .cues
            .iter()
            .map(|cue| {
                let rate = Rate {
                    background: scale::cue_background(cue.likelihood),
                    given: at
                        .map(|at| (at, scale::likelihood(cue.likelihood)))
                        .into_iter()
                        .collect(),
                    specific: 3,
                };
                (format!("{}.{}", cause.id, cue.id), rate)
            })
            .collect::<Vec<_>>()
    };
    base.causes.values().flat_map(of_cause).collect()
}

/// A cause may name a component or one of its classes; the more specific word wins.
fn components(base: &Base, index: &BTreeMap<&str, usize>) -> BTreeMap<String, Rate> {
    let total = base.causes.len().max(1) as f64;
    let rate_of = |id: &str, classes: &[String]| {
        let names: BTreeSet<&str> = classes.iter().map(String::as_str).collect();
        let given: BTreeMap<usize, f64> = base
            .causes
            .values()
            .filter_map(|cause| {
                let own = cause.components.get(id).map(|word| scale::likelihood(*word));
                // A class is shared by its members, so each alone is rarer than the class.
                let by_class = cause
                    .components
                    .iter()
                    .filter(|(name, _)| names.contains(name.as_str()))
                    .map(|(_, word)| scale::likelihood(*word) * 0.5)
                    .fold(None, |most: Option<f64>, rate| {
                        Some(most.map_or(rate, |most| most.max(rate)))
                    });
                let rate = own.or(by_class)?;
                Some((*index.get(cause.id.as_str())?, rate))
            })
            .collect();
        let background =
            ((given.values().sum::<f64>() + (total - given.len() as f64) * 0.02) / total).max(0.02);
        Rate { background, given, specific: 1 }
    };
    base.components
        .values()
        .map(|component| (component.id.clone(), rate_of(&component.id, &component.classes)))
        .collect()
}
