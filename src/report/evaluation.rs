//! How good the diagnoses are, over cases whose cause is known.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    engine::{SOMETHING_ELSE, StepKind, scale},
    knowledge::VariableKind,
};

use super::{Case, Diagnostician, Facts, Thought};

/// A case with its true cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LabelledCase {
    /// The case.
    #[serde(flatten)]
    pub fields: serde_json::Map<String, serde_json::Value>,
    /// What it was.
    pub label: Label,
}

/// The truth about a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// Cause id.
    pub cause: String,
    /// Family id.
    pub family: String,
    /// Variant, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// The figures of an evaluation, as the contract names them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Number of cases.
    pub n: usize,
    /// Share with the true cause first.
    pub top1_cause: f64,
    /// Share with the true cause among the first three.
    pub top3_cause: f64,
    /// Share with the true family first.
    pub top1_family: f64,
    /// Share with the true family among the first three.
    pub top3_family: f64,
    /// Questions asked in the replay, mean.
    pub mean_questions: f64,
    /// Share with the true cause first where the replay stopped.
    pub top1_cause_replay: f64,
    /// The fewest questions that could carry the bits the replay had to gain, mean.
    pub floor_questions: f64,
    /// Expected calibration error of the first cause's probability, ten bins.
    pub ece: f64,
    /// Brier score over all causes: mean squared distance between probabilities and truth, 0 to 2.
    pub brier: f64,
    /// Share where the verdict was that the evidence does not reach.
    pub abstained: f64,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The case's own `id`, or its line.
    pub id: String,
    /// The truth.
    pub label: Label,
    /// The first three causes with their probabilities.
    pub top: Vec<(String, f64)>,
    /// The first family.
    pub family: String,
    /// Rank of the true cause, from 1; none where the base does not know it.
    pub rank: Option<usize>,
    /// Questions that the replay asked, in order.
    pub asked: Vec<String>,
    /// The first cause where the replay stopped.
    pub replay: String,
    /// Whether the verdict abstained.
    pub abstained: bool,
    #[serde(skip)]
    measures: Measures,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Measures {
    top3_family: bool,
    confidence: f64,
    brier: f64,
    floor: f64,
}

/// The parts of a labelled case that are the case itself.
const CASE_FIELDS: [&str; 6] = ["text", "facts", "answers", "target", "lang", "observations"];

impl LabelledCase {
    /// The case alone; the other keys of the line are carried, not read. Fails on a bad field.
    pub fn case(&self) -> Result<Case, serde_json::Error> {
        let own = self.fields.iter().filter(|(key, _)| CASE_FIELDS.contains(&key.as_str()));
        serde_json::from_value(own.map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    /// The line's `id`, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.text_of("id")
    }

    /// The text under another key of the line, if there is one.
    pub fn text_of(&self, key: &str) -> Option<&str> {
        self.fields.get(key)?.as_str()
    }
}

impl Diagnostician {
    /// Judges one case: all of it at once, then as a replay from its text alone.
    pub fn judge(&self, id: &str, case: &Case, label: &Label) -> Outcome {
        let thought = self.think(case, &BTreeSet::new());
        let ranked = self.ranked(&thought);
        let families = self.families(&thought);
        let rank = ranked.iter().position(|(cause, _)| *cause == label.cause).map(|at| at + 1);
        let (asked, replay, floor) = self.replay(case);
        let truth = self.model().causes().iter().position(|cause| *cause == label.cause);
        let brier = thought
            .belief
            .posterior
            .iter()
            .enumerate()
            .map(|(at, p)| (p - f64::from(u8::from(Some(at) == truth))).powi(2))
            .sum();
        let confidence = ranked.first().map_or(0.0, |(_, p)| *p);
        Outcome {
            id: id.to_owned(),
            label: label.clone(),
            family: families.first().map(|(family, _)| family.clone()).unwrap_or_default(),
            rank,
            replay: self
                .ranked(&replay)
                .first()
                .map(|(cause, _)| cause.clone())
                .unwrap_or_default(),
            asked,
            abstained: confidence < scale::POSSIBLE,
            measures: Measures {
                top3_family: families.iter().take(3).any(|(family, _)| *family == label.family),
                confidence,
                brier,
                floor,
            },
            top: ranked.into_iter().take(3).collect(),
        }
    }

    /// Known causes by falling probability.
    fn ranked(&self, thought: &Thought) -> Vec<(String, f64)> {
        let of = |index: usize| {
            let id = self.model().causes().get(index)?;
            (id != SOMETHING_ELSE)
                .then(|| (id.clone(), thought.belief.posterior.get(index).copied().unwrap_or(0.0)))
        };
        thought.belief.ranking().into_iter().filter_map(of).collect()
    }

    fn families(&self, thought: &Thought) -> Vec<(String, f64)> {
        let mut sums: BTreeMap<&str, f64> = BTreeMap::new();
        for (id, p) in self.model().causes().iter().zip(&thought.belief.posterior) {
            if let Some(cause) = self.base().causes.get(id) {
                *sums.entry(&cause.family).or_default() += p;
            }
        }
        let mut sums: Vec<(String, f64)> =
            sums.into_iter().map(|(family, p)| (family.to_owned(), p)).collect();
        sums.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
        sums
    }

    /// Starts from the text alone, asks what the planner asks, answers from the case, and ends when
    /// the planner stops. Gives the questions, the state of mind at the end, and the floor.
    fn replay(&self, whole: &Case) -> (Vec<String>, Thought, f64) {
        let mut case = Case { text: whole.text.clone(), lang: whole.lang, ..Case::default() };
        let mut passed = BTreeSet::new();
        let mut asked = Vec::new();
        let mut thought = self.think(&case, &passed);
        let at_start = thought.belief.entropy();
        // Probes and checks need a target or a terminal, which a replay has not.
        while let Some(step) =
            thought.plan.steps.iter().find(|step| step.kind == StepKind::Question)
            && !thought.plan.enough
        {
            let id = step.id.clone();
            asked.push(id.clone());
            if !answer(&mut case, whole, &id) {
                passed.insert(id);
            }
            thought = self.think(&case, &passed);
        }
        let gained = (at_start - thought.belief.entropy()).max(0.0);
        (asked, thought, gained / self.bits_of_a_question())
    }

    /// The most bits that the answer to one question with options can carry, mean over the base.
    fn bits_of_a_question(&self) -> f64 {
        let bits: Vec<f64> = self
            .base()
            .variables
            .values()
            .filter(|variable| variable.kind == VariableKind::Choice)
            .map(|variable| libm::log2(variable.options.len().max(2) as f64))
            .collect();
        bits.iter().sum::<f64>() / bits.len().max(1) as f64
    }
}

/// Gives the case the answer to question `id` that the whole case holds; false where it holds none.
fn answer(case: &mut Case, whole: &Case, id: &str) -> bool {
    let from: &Facts = &whole.facts;
    let to = &mut case.facts;
    match id {
        "phase" => to.phase.clone_from(&from.phase),
        "after_seconds" => to.after_seconds = from.after_seconds,
        "scope" => to.scope.clone_from(&from.scope),
        "stack" => to.stack.clone_from(&from.stack),
        "between" => to.between.clone_from(&from.between),
        "notes" => to.notes.clone_from(&from.notes),
        id => {
            let Some(option) = whole.answers.get(id) else { return false };
            case.answers.insert(id.to_owned(), option.clone());
        }
    }
    match id {
        "phase" => to_some(from.phase.as_ref()),
        "after_seconds" => from.after_seconds.is_some(),
        "scope" => to_some(from.scope.as_ref()),
        "stack" => !from.stack.is_empty(),
        "between" => !from.between.is_empty(),
        "notes" => to_some(from.notes.as_ref()),
        _ => true,
    }
}

fn to_some(value: Option<&String>) -> bool {
    value.is_some()
}

impl Figures {
    /// Sums up `outcomes`. All figures are 0 where there are none.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let n = outcomes.len();
        let mean = |value: &dyn Fn(&Outcome) -> f64| {
            let sum: f64 = outcomes.iter().map(value).sum();
            (sum / n.max(1) as f64 * 1e4).round() / 1e4
        };
        let share = |holds: &dyn Fn(&Outcome) -> bool| mean(&|o| f64::from(u8::from(holds(o))));
        Self {
            n,
            top1_cause: share(&|o| o.rank == Some(1)),
            top3_cause: share(&|o| o.rank.is_some_and(|rank| rank <= 3)),
            top1_family: share(&|o| o.family == o.label.family),
            top3_family: share(&|o| o.measures.top3_family),
            mean_questions: mean(&|o| o.asked.len() as f64),
            top1_cause_replay: share(&|o| o.replay == o.label.cause),
            floor_questions: mean(&|o| o.measures.floor),
            ece: calibration_error(outcomes),
            brier: mean(&|o| o.measures.brier),
            abstained: share(&|o| o.abstained),
        }
    }
}

/// The cases of one tenth of the scale of the first cause's probability.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bin {
    /// How many.
    pub(super) size: f64,
    /// Sum of their probabilities.
    pub(super) said: f64,
    /// How many came true.
    pub(super) true_: f64,
}

/// Ten equal bins of the first cause's probability.
pub(super) fn bins(outcomes: &[Outcome]) -> [Bin; 10] {
    let mut bins = [Bin::default(); 10];
    for outcome in outcomes {
        let confidence = outcome.measures.confidence;
        let at = (1_u8..10).filter(|edge| confidence * 10.0 >= f64::from(*edge)).count();
        if let Some(bin) = bins.get_mut(at) {
            bin.size += 1.0;
            bin.said += confidence;
            bin.true_ += f64::from(u8::from(outcome.rank == Some(1)));
        }
    }
    bins
}

/// Expected calibration error: over ten equal bins of the first cause's probability, the distance
/// between mean probability and hit rate, weighted by the bin's size (Naeini et al. 2015).
fn calibration_error(outcomes: &[Outcome]) -> f64 {
    let total: f64 = bins(outcomes).iter().map(|bin| f64::abs(bin.said - bin.true_)).sum();
    (total / outcomes.len().max(1) as f64 * 1e4).round() / 1e4
}
