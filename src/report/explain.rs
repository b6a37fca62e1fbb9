//! Every number of a diagnosis, so that a reader can reckon it after from the knowledge files.

use serde::Serialize;

use crate::{
    engine::{SOMETHING_ELSE, scale::Scale},
    evidence::{Observation, Source, State},
    knowledge::{Base, Likelihood, Prior},
};

use super::{Case, Diagnostician, Thought};

/// Where in the knowledge a number comes from: the kind and id of an entry, and the path inside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// `causes`, `signatures` or `variables`.
    pub kind: &'static str,
    /// Id of the entry.
    pub id: String,
    /// Keys from the entry down to the value.
    pub path: Vec<String>,
}

/// What one observation adds to one cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// The variable.
    pub observation: String,
    /// Its value.
    pub value: String,
    /// Where it came from.
    pub source: Source,
    /// The word the knowledge has for it under this cause; none where it says nothing, or where the
    /// number is a density.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<Likelihood>,
    /// P(observation | cause); for a time a density per octave.
    pub given: f64,
    /// P(observation) whatever the cause.
    pub background: f64,
    /// How far the source is believed, 0 to 1.
    pub reliability: f64,
    /// What is left of the weight after repetition and temper.
    pub factor: f64,
    /// `factor` × log₂(`reliability` × `given` / `background` + 1 − `reliability`).
    pub bits: f64,
    /// Where the word stands.
    #[serde(skip)]
    pub origin: Option<Origin>,
}

/// One cause, summed up.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Account {
    /// Its id.
    pub cause: String,
    /// The word for how common it is; none for `something_else`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prior_word: Option<Prior>,
    /// log₂ of its prior probability.
    pub prior_bits: f64,
    /// One term for each observation that was weighed.
    pub terms: Vec<Term>,
    /// `prior_bits` and all `bits` together.
    pub sum_bits: f64,
    /// (1 − doubt) × 2^(`sum_bits` − [`Explained::total_bits`]) + doubt × 2^(`sum_bits` / 2 −
    /// [`Explained::half_total_bits`]); `doubt` is of the scale.
    pub probability: f64,
}

/// A diagnosis with all its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explained {
    /// The fitted numbers.
    pub scale: Scale,
    /// The causes asked for, the most probable first.
    pub accounts: Vec<Account>,
    /// log₂ of the sum of 2^`sum_bits` over every cause in the base and `something_else`.
    pub total_bits: f64,
    /// log₂ of the sum of 2^(`sum_bits` / 2) over the same.
    pub half_total_bits: f64,
}

impl Diagnostician {
    /// The accounts of the first `most` causes of `case`.
    pub fn explain(&self, case: &Case, most: usize) -> Explained {
        let thought = self.think(case, &std::collections::BTreeSet::new());
        let sums: Vec<f64> = (0..self.model().causes().len())
            .map(|cause| {
                let weights = thought.belief.weighed.iter();
                let prior = thought.belief.prior.get(cause).copied().unwrap_or(f64::NEG_INFINITY);
                prior + weights.filter_map(|item| item.weights.get(cause)).sum::<f64>()
            })
            .collect();
        let half: Vec<f64> = sums.iter().map(|sum| sum / 2.0).collect();
        let (total_bits, half_total_bits) = (total(&sums), total(&half));
        let ranking = thought.belief.ranking();
        let accounts = ranking.into_iter().take(most).filter_map(|cause| {
            let sum_bits = sums.get(cause).copied()?;
            Some(self.account(&thought, cause, sum_bits))
        });
        Explained {
            scale: self.model().scale().clone(),
            accounts: accounts.collect(),
            total_bits,
            half_total_bits,
        }
    }

    fn account(&self, thought: &Thought, cause: usize, sum_bits: f64) -> Account {
        let id = self.model().causes().get(cause).map_or(SOMETHING_ELSE, String::as_str);
        let terms = thought.belief.weighed.iter().filter_map(|item| {
            let observation = thought.evidence.get(item.observation)?;
            let said = said(self.base(), id, observation);
            Some(Term {
                observation: observation.variable.clone(),
                value: observation.value.to_string(),
                source: observation.source,
                word: said.as_ref().map(|(word, _)| *word),
                given: item.given(cause),
                background: item.counted.background,
                reliability: item.counted.reliability,
                factor: item.counted.factor,
                bits: item.weights.get(cause).copied()?,
                origin: said.map(|(_, origin)| origin),
            })
        });
        let mut terms: Vec<Term> = terms.collect();
        terms.sort_by(|a, b| {
            b.bits
                .total_cmp(&a.bits)
                .then_with(|| (&a.observation, &a.value).cmp(&(&b.observation, &b.value)))
        });
        Account {
            cause: id.to_owned(),
            prior_word: self.base().causes.get(id).map(|cause| cause.prior),
            prior_bits: thought.belief.prior.get(cause).copied().unwrap_or(f64::NEG_INFINITY),
            terms,
            sum_bits,
            probability: thought.belief.posterior.get(cause).copied().unwrap_or(0.0),
        }
    }
}

/// log₂ of the sum of 2 to the power of each.
fn total(bits: &[f64]) -> f64 {
    let highest = bits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    highest + libm::log2(bits.iter().map(|bits| libm::exp2(bits - highest)).sum())
}

/// What the knowledge says in words of an observation under a cause, and where.
fn said(base: &Base, cause: &str, observation: &Observation) -> Option<(Likelihood, Origin)> {
    if observation.state == State::NotVisible {
        return None;
    }
    let known = base.causes.get(cause)?;
    let value = observation.value.to_string();
    let origin = |kind, id: &str, path: &[&str]| Origin {
        kind,
        id: id.to_owned(),
        path: path.iter().map(|key| (*key).to_owned()).collect(),
    };
    match observation.variable.as_str() {
        "message" => {
            let word = *base.signatures.get(&value)?.points.get(cause)?;
            Some((word, origin("signatures", &value, &["points", cause])))
        }
        "cue" => {
            let (of, cue) = value.split_once('.')?;
            let at = known.cues.iter().position(|known| known.id == cue)?;
            let word = known.cues.get(at).filter(|_| of == cause)?.likelihood;
            Some((word, origin("causes", cause, &["cue", &at.to_string(), "likelihood"])))
        }
        "component" => {
            let classes = base.components.get(&value).map(|c| c.classes.as_slice());
            let mut names = std::iter::once(&value).chain(classes.unwrap_or_default());
            let (name, word) = names.find_map(|name| known.components.get_key_value(name))?;
            Some((*word, origin("causes", cause, &["components", name])))
        }
        "seconds" => {
            let word = known.seconds?.timer;
            Some((word, origin("causes", cause, &["seconds", "timer"])))
        }
        variable => {
            let word = *known.signs.get(variable)?.get(&value)?;
            Some((word, origin("causes", cause, &["signs", variable, &value])))
        }
    }
}
