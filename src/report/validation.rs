//! Cross-validation: the scale is fitted on a part of the cases and measured on the rest.

use crate::{
    engine::{Model, scale::Scale},
    evidence::Observation,
};

use super::{Case, Diagnostician, Label, Outcome};

/// The values that are tried for each number of the scale.
///
/// judgement: wide enough that the best one lies inside, coarse enough that a hundred cases cannot
/// choose the third digit.
const TEMPERS: [f64; 8] = [0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.4];
const DOUBTS: [f64; 6] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.3];
const PRIOR_POWERS: [f64; 5] = [0.0, 0.5, 1.0, 1.5, 2.0];
const TEXTS: [f64; 6] = [0.35, 0.45, 0.55, 0.65, 0.75, 0.85];
const ANSWERS: [f64; 5] = [0.7, 0.8, 0.88, 0.92, 0.96];

/// Rounds over the five numbers; more changed nothing.
const ROUNDS: usize = 3;

/// A labelled case, ready to be judged.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Its own id, or its line.
    pub id: String,
    /// The case.
    pub case: Case,
    /// The truth.
    pub label: Label,
    /// How much its text gives away, where the file says so.
    pub specificity: Option<String>,
}

/// What a cross-validation found.
#[derive(Clone, Debug)]
pub struct Validation {
    /// What came of each case under the scale that was fitted without it, in the order of the cases.
    pub outcomes: Vec<Outcome>,
    /// The scale of each fold.
    pub scales: Vec<Scale>,
    /// The scale fitted on all cases.
    pub fitted: Scale,
}

impl Diagnostician {
    /// Splits `cases` into `folds` parts (at least 2) by their position; judges each part on the scale
    /// fitted on the others.
    pub fn cross_validate(&self, cases: &[Labelled], folds: usize) -> Validation {
        let folds = folds.max(2);
        let known: Vec<Known> = cases.iter().map(|labelled| self.known(labelled)).collect();
        let training = |fold: Option<usize>| -> Vec<&Known> {
            let others = known.iter().enumerate().filter(|(at, _)| Some(at % folds) != fold);
            others.map(|(_, known)| known).collect()
        };
        let scales: Vec<Scale> = (0..folds).map(|fold| self.fit(&training(Some(fold)))).collect();
        let doctors: Vec<Self> = scales.iter().map(|scale| self.on_scale(scale.clone())).collect();
        let judged = cases.iter().enumerate().filter_map(|(at, labelled)| {
            let doctor = doctors.get(at % folds)?;
            Some(doctor.judge(&labelled.id, &labelled.case, &labelled.label))
        });
        Validation { outcomes: judged.collect(), fitted: self.fit(&training(None)), scales }
    }

    fn known(&self, labelled: &Labelled) -> Known {
        let truth = self.model().causes().iter().position(|cause| *cause == labelled.label.cause);
        Known { evidence: self.observe(&labelled.case), truth }
    }

    /// The scale under which the true causes of `cases` are most probable, by coordinate descent
    /// from the published one.
    fn fit(&self, cases: &[&Known]) -> Scale {
        let mut best = Scale::default();
        let mut least = self.loss(&best, cases);
        for _ in 0..ROUNDS {
            let tempers = TEMPERS.map(|temper| Scale { temper, ..best.clone() });
            self.improve(&mut best, &mut least, &tempers, cases);
            let doubts = DOUBTS.map(|doubt| Scale { doubt, ..best.clone() });
            self.improve(&mut best, &mut least, &doubts, cases);
            let priors = PRIOR_POWERS.map(|prior_power| Scale { prior_power, ..best.clone() });
            self.improve(&mut best, &mut least, &priors, cases);
            let texts = TEXTS.map(|text| Scale { text, ..best.clone() });
            self.improve(&mut best, &mut least, &texts, cases);
            let answers = ANSWERS.map(|answer| Scale { answer, ..best.clone() });
            self.improve(&mut best, &mut least, &answers, cases);
        }
        best
    }

    fn improve(&self, best: &mut Scale, least: &mut f64, tried: &[Scale], cases: &[&Known]) {
        for scale in tried {
            let loss = self.loss(scale, cases);
            if loss < *least {
                *least = loss;
                *best = scale.clone();
            }
        }
    }

    /// Mean log loss of the true cause, bits.
    fn loss(&self, scale: &Scale, cases: &[&Known]) -> f64 {
        let model = Model::on_scale(self.base(), scale.clone());
        let of = |known: &&Known| {
            let belief = model.believe(&known.evidence);
            let p = known.truth.and_then(|truth| belief.posterior.get(truth)).copied();
            -libm::log2(p.unwrap_or(0.0).max(1e-6))
        };
        cases.iter().map(of).sum::<f64>() / cases.len().max(1) as f64
    }
}

/// The evidence of a case, and the index of its true cause.
struct Known {
    evidence: Vec<Observation>,
    truth: Option<usize>,
}
