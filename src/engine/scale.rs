//! The numbers behind the words: likelihoods, priors, reliabilities and the limits of the verdict.
//!
//! They stand here and nowhere else, so that a reader can reproduce every bit of the ledger.

use serde::Serialize;

use crate::{
    evidence::Source,
    knowledge::{Likelihood, Prior},
};

/// The numbers that are fitted on labelled cases; all others in this file are judgement.
///
/// `hangup evaluate --cross-validate` fits them on a part of the cases and measures on the rest.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scale {
    /// How much of the summed weight of evidence counts, above 0.
    ///
    /// Naive Bayes takes evidence as independent given the cause, which promises too much;
    /// reliability and repetition take from it, a little more than they should.
    pub temper: f64,
    /// How far the model doubts itself, 0 to 1: this share of the belief is spread as if all evidence
    /// and priors weighed half, since labels, knowledge and independence are each wrong now and then.
    pub doubt: f64,
    /// How much the prior words count: 0 makes all causes equal, 1 takes the words as they stand.
    pub prior_power: f64,
    /// How far text is believed, 0 to 1: the share of its observations that say something; the rest
    /// is taken as drawn from the background.
    pub text: f64,
    /// How far an answer is believed, 0 to 1.
    pub answer: f64,
    /// How far a measurement is believed, 0 to 1. Judgement, not fitted: no labelled case has one.
    pub measured: f64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { temper: 1.1, doubt: 0.1, prior_power: 1.0, text: 0.55, answer: 0.92, measured: 0.97 }
    }
}

impl Scale {
    /// How far a source is believed, 0 to 1.
    pub fn reliability(&self, source: Source) -> f64 {
        match source {
            Source::Text => self.text,
            Source::Answer => self.answer,
            Source::Probe | Source::Capture | Source::Collect => self.measured,
        }
    }
}

/// The probability behind a likelihood word.
///
/// judgement, near the medians of what people mean by these words (Mosteller and Youtz 1990,
/// "Quantifying Probabilistic Expressions"); never 0 or 1, because no later evidence could move them.
pub fn likelihood(word: Likelihood) -> f64 {
    match word {
        Likelihood::Never => 0.005,
        Likelihood::Rarely => 0.05,
        Likelihood::Sometimes => 0.2,
        Likelihood::Often => 0.5,
        Likelihood::Usually => 0.8,
        Likelihood::Always => 0.97,
    }
}

/// The relative weight behind a prior word. judgement: a step is about a factor of two.
pub fn prior(word: Prior) -> f64 {
    match word {
        Prior::Rare => 0.5,
        Prior::Uncommon => 1.0,
        Prior::Occasional => 1.8,
        Prior::Common => 3.0,
    }
}

/// Probability, before any evidence, that the true cause is none of those in the base.
pub const SOMETHING_ELSE: f64 = 0.04;

/// Background rate of a signature by how specific it is (1 to 3): how often its text is seen over
/// all broken connections.
pub fn message_background(specific: u8) -> f64 {
    match specific {
        0 | 1 => 0.15,
        2 => 0.04,
        _ => 0.015,
    }
}

/// How often somebody uses the words of a cue without its cause being the true one.
pub fn cue_background(word: Likelihood) -> f64 {
    likelihood(word) / 10.0
}

/// What the `n`th piece of evidence of one group still adds, `n` from 0: it mostly repeats the first.
pub fn repetition(kind: Repetition, n: usize) -> f64 {
    let factor: f64 = match kind {
        Repetition::SameFact => 0.3,
        Repetition::Messages => 0.5,
        Repetition::Cues => 0.6,
        Repetition::Components => 0.7,
    };
    (0..n).fold(1.0, |product, _| product * factor)
}

/// The groups in which evidence repeats itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repetition {
    /// Two variables of one group.
    SameFact,
    /// Several known error texts.
    Messages,
    /// Several cues of one cause.
    Cues,
    /// Several components.
    Components,
}

/// From here on a cause is *likely*: worth trying its fix.
pub const LIKELY: f64 = 0.5;

/// From here on a cause is *possible*; below, the evidence singles nothing out.
pub const POSSIBLE: f64 = 0.2;

/// A cause is reported from this probability on (contract: 0.1 %).
pub const REPORTED: f64 = 0.001;

/// One observation alone that weighs this many bits against a cause rules it out.
pub const RULES_OUT_BITS: f64 = -3.0;
