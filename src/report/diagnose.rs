//! From a case to a report: intake, engine and wording joined.

use std::{collections::BTreeSet, sync::Arc};

use crate::{
    engine::{Belief, Model, Plan, Situation, scale::Scale},
    evidence::Observation,
    intake::PatternError,
    knowledge::{Base, Experience, Lang},
};

use super::{
    Case, Report, compose,
    observe::{Reader, TextHit},
};

/// Knowledge made ready for diagnoses: patterns compiled, tables computed. Share it, do not rebuild it.
pub struct Diagnostician {
    base: Arc<Base>,
    model: Model,
    reader: Arc<Reader>,
}

/// What a text says on its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The known texts found, in the order of their ids.
    pub hits: Vec<TextHit>,
    /// The observations they yield.
    pub observations: Vec<Observation>,
}

/// The inside of a diagnosis, for evaluation and explanation.
pub struct Thought {
    /// The evidence.
    pub evidence: Vec<Observation>,
    /// The known texts found.
    pub hits: Vec<TextHit>,
    /// The belief.
    pub belief: Belief,
    /// What to do next.
    pub plan: Plan,
}

impl Diagnostician {
    /// Compiles the patterns and tables of `base`. Fails on a pattern that does not compile.
    pub fn new(base: Arc<Base>) -> Result<Self, PatternError> {
        Ok(Self { model: Model::new(&base), reader: Arc::new(Reader::new(&base)?), base })
    }

    /// The same knowledge on another scale.
    #[must_use]
    pub fn on_scale(&self, scale: Scale) -> Self {
        let model = Model::on_scale(&self.base, scale);
        Self { model, reader: Arc::clone(&self.reader), base: Arc::clone(&self.base) }
    }

    /// The same knowledge with what an instance has learned.
    #[must_use]
    pub fn with_experience(&self, experience: Experience) -> Self {
        let base = Arc::new(Base { experience, ..Base::clone(&self.base) });
        let model = Model::on_scale(&base, self.model.scale().clone());
        Self { model, reader: Arc::clone(&self.reader), base }
    }

    /// The evidence that `case` holds.
    pub fn observe(&self, case: &Case) -> Vec<Observation> {
        self.reader.observe(&self.base, case).0
    }

    /// The knowledge it works with.
    pub fn base(&self) -> &Arc<Base> {
        &self.base
    }

    /// The likelihood tables.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What `text` says on its own.
    pub fn decode(&self, text: &str) -> Decoded {
        let (observations, hits) = self.reader.read(&self.base, text);
        Decoded { hits, observations }
    }

    /// Evidence, belief and next steps of `case`. `passed` holds the ids of questions, probes and
    /// checks that were passed over with *don't know*.
    pub fn think(&self, case: &Case, passed: &BTreeSet<String>) -> Thought {
        let (evidence, hits) = self.reader.observe(&self.base, case);
        let belief = self.model.believe(&evidence);
        let situation = situation(case, passed);
        let plan = self.model.plan(&self.base, &belief, &evidence, &situation);
        Thought { evidence, hits, belief, plan }
    }

    /// The report of `case`, in the case's own language or else in `lang`.
    pub fn diagnose(&self, case: &Case, lang: Lang) -> Report {
        self.diagnose_after(case, &BTreeSet::new(), lang)
    }

    /// The report of `case` when the steps `passed` were passed over.
    pub fn diagnose_after(&self, case: &Case, passed: &BTreeSet<String>, lang: Lang) -> Report {
        let thought = self.think(case, passed);
        compose::compose(&self.base, &self.model, case, thought, case.lang.unwrap_or(lang))
    }
}

/// What was asked so far: the facts that are there, the answers, and what was passed over.
fn situation(case: &Case, passed: &BTreeSet<String>) -> Situation {
    let facts = &case.facts;
    let mut taken: BTreeSet<String> = case.answers.keys().cloned().collect();
    let given = [
        ("phase", facts.phase.is_some()),
        ("after_seconds", facts.after_seconds.is_some()),
        ("scope", facts.scope.is_some()),
        ("stack", !facts.stack.is_empty()),
        ("between", !facts.between.is_empty()),
        ("notes", facts.notes.is_some()),
    ];
    taken.extend(given.iter().filter(|(_, given)| *given).map(|(id, _)| (*id).to_owned()));
    let answered =
        taken.len() - case.answers.values().filter(|option| *option == super::DONT_KNOW).count();
    taken.extend(passed.iter().cloned());
    Situation { taken, answered, has_target: case.target.is_some() }
}
