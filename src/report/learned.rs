//! What the cases confirmed on this server did to the ranking, said openly.

use serde::{Deserialize, Serialize};

use super::{
    RankedCause,
    compose::{Maker, round},
    words::say,
};

/// The shift of the leading cause's starting chance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learned {
    /// Cases confirmed on this server, of any cause.
    pub cases: u64,
    /// Those of the leading cause.
    pub of_this_cause: u64,
    /// The starting chance by the built-in base rates, 0 to 1.
    pub before: f64,
    /// The starting chance with the confirmed cases, 0 to 1.
    pub after: f64,
    /// In words, in the report's language.
    pub sentence: String,
}

impl Maker<'_> {
    /// `None` where this server has learned nothing, and where the leader is no cause of the base.
    pub(super) fn learned(&self, causes: &[RankedCause]) -> Option<Learned> {
        let experience = &self.base.experience;
        if experience.is_off() {
            return None;
        }
        let leader = causes.iter().find(|cause| self.base.causes.contains_key(&cause.id))?;
        let (before, after) = self.model.starting_chance(self.base, &leader.id)?;
        let cases = experience.confirmed.values().sum();
        let of_this_cause = experience.confirmed.get(&leader.id).copied().unwrap_or(0);
        let percent = |chance: f64| format!("{:.1}", chance * 100.0);
        let sentence = say(
            self.lang,
            "learned",
            &[
                ("cases", &u64::to_string(&cases)),
                ("mine", &of_this_cause.to_string()),
                ("cause", &leader.name),
                ("before", &percent(before)),
                ("after", &percent(after)),
            ],
        );
        Some(Learned {
            cases,
            of_this_cause,
            before: round(before, 1e6),
            after: round(after, 1e6),
            sentence,
        })
    }
}
