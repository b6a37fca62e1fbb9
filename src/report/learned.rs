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

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, sync::Arc};

    use crate::{
        knowledge::{Experience, Lang, built_in, load},
        report::{Case, Diagnostician},
    };

    #[test]
    fn confirmed_cases_move_the_ranking_and_the_report_says_by_how_much() {
        let base = Arc::new(load(&[built_in()]).base);
        let plain = Diagnostician::new(base).unwrap();
        let case = Case { text: Some("connection reset by peer".to_owned()), ..Case::default() };
        let before = plain.diagnose(&case, Lang::En);
        assert!(before.learned.is_none());
        let chance = |report: &crate::report::Report, id: &str| {
            report.causes.iter().find(|cause| cause.id == id).map_or(0.0, |cause| cause.probability)
        };
        let confirmed = BTreeMap::from([("oom_kill".to_owned(), 500)]);
        let learned = plain.with_experience(Experience { strength: 50.0, confirmed });
        let after = learned.diagnose(&case, Lang::Zh);
        assert!(chance(&after, "oom_kill") > 2.0 * chance(&before, "oom_kill"));
        let said = after.learned.unwrap();
        assert_eq!(said.cases, 500);
        assert!(said.sentence.contains("500") && (said.after - said.before).abs() > 0.0);
    }
}
