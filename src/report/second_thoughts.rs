//! What could be otherwise: two faults at once, a hop nobody named, what would change the mind.

use serde::{Deserialize, Serialize};

use crate::{
    engine::Plan,
    evidence::{Observation, Value},
};

use super::{
    ConstantMatch, StepKind,
    compose::{Maker, round},
    words::{say, seconds},
};

/// Two independent faults that explain the evidence together, where no single one does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Together {
    /// The two cause ids, the more probable first.
    pub causes: Vec<String>,
    /// Probability of the two together against every single cause, 0 to 1.
    pub probability: f64,
    /// In the report's language.
    pub sentence: String,
}

/// A cut-off that fits no hop the person named.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HopIsMissing {
    /// The time, seconds.
    pub seconds: f64,
    /// The timers it does fit, the most plausible first.
    pub candidates: Vec<ConstantMatch>,
    /// In the report's language.
    pub sentence: String,
}

/// The single next observation that would put another cause first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeOfMind {
    /// How it would be made.
    pub kind: StepKind,
    /// Id of the question, probe or check.
    pub id: String,
    /// The variable.
    pub observation: String,
    /// The value it would have to have.
    pub value: String,
    /// How probable that is by what is known now, 0 to 1.
    pub chance: f64,
    /// The cause that would then be first.
    pub cause: String,
    /// Its probability then, 0 to 1.
    pub probability: f64,
    /// In the report's language.
    pub sentence: String,
}

impl Maker<'_> {
    /// Two faults at once, where the evidence contradicts every single one.
    pub(super) fn together(&self) -> Option<Together> {
        let pair = self.model.pair(self.base, self.belief, self.evidence)?;
        let ids =
            [self.model.causes().get(pair.causes.0)?, self.model.causes().get(pair.causes.1)?];
        let [first, second] = ids.map(|id| self.cause_name(id));
        let probability = percent(pair.probability);
        Some(Together {
            causes: ids.map(Clone::clone).to_vec(),
            probability: round(pair.probability, 1e4),
            sentence: say(
                self.lang,
                "together",
                &[("first", &first), ("second", &second), ("percent", &probability)],
            ),
        })
    }

    /// A time that fits none of the named hops and does fit others.
    pub(super) fn hop_is_missing(&self) -> Option<HopIsMissing> {
        let missing = self.model.missing_hop(self.base, self.belief, self.evidence)?;
        let candidates: Vec<ConstantMatch> = missing
            .timeouts
            .iter()
            .filter_map(|id| self.constant(id, missing.seconds, false))
            .collect();
        let mark = say(self.lang, "list-mark", &[]);
        let names: Vec<&str> = candidates.iter().map(|match_| match_.component.as_str()).collect();
        let sentence = say(
            self.lang,
            "hop-is-missing",
            &[("seconds", &seconds(missing.seconds)), ("names", &names.join(&mark))],
        );
        Some(HopIsMissing { seconds: missing.seconds, candidates, sentence })
    }

    /// The single next observation that would overturn the leading cause.
    pub(super) fn change_of_mind(&self, plan: &Plan) -> Option<ChangeOfMind> {
        let overturn = self.model.overturn(self.base, self.belief, self.evidence, plan)?;
        let cause = self.model.causes().get(overturn.cause)?;
        let Observation { variable, value, .. } = &overturn.observation;
        let seen = self.label(&overturn.observation);
        let sentence = say(
            self.lang,
            "change-of-mind",
            &[
                ("seen", seen.as_str()),
                ("name", &self.cause_name(cause)),
                ("chance", &percent(overturn.chance)),
                ("percent", &percent(overturn.probability)),
            ],
        );
        Some(ChangeOfMind {
            kind: overturn.kind.into(),
            id: overturn.step,
            observation: variable.clone(),
            value: Value::to_string(value),
            chance: round(overturn.chance, 1e4),
            cause: cause.clone(),
            probability: round(overturn.probability, 1e4),
            sentence,
        })
    }
}

/// A probability as whole percent that never claims certainty.
fn percent(probability: f64) -> String {
    format!("{:.0}", (probability * 100.0).clamp(1.0, 99.0))
}
