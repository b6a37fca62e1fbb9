//! Two reports side by side: what moved, and which evidence only one of them has.

use std::collections::BTreeSet;

use crate::{
    evidence::{Observation, State},
    knowledge::Base,
};

use super::{ConstantMatch, Report, label::label};

/// Causes that are told of: those that either report gives this much.
const TOLD: f64 = 0.02;

/// One cause in both reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Moved {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Probability in the first report, 0 to 1; 0 where it is below what that one lists.
    pub before: f64,
    /// The same in the second.
    pub after: f64,
}

/// What differs between two reports in one language.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Whether both name the same cause, or neither names one.
    pub same_cause: bool,
    /// Causes by how far they moved, the farthest first.
    pub causes: Vec<Moved>,
    /// Evidence that only the first has, in words.
    pub only_first: Vec<String>,
    /// Evidence that only the second has.
    pub only_second: Vec<String>,
    /// How many pieces of evidence both have.
    pub in_both: usize,
    /// Measured or told seconds, and the constants that fit them, of the first and the second.
    pub timers: [Vec<ConstantMatch>; 2],
}

impl Comparison {
    /// Compares two reports; `base` has the words for their evidence. Both should be in one language.
    pub fn of(first: &Report, second: &Report, base: &Base) -> Self {
        let ids: BTreeSet<&String> =
            first.causes.iter().chain(&second.causes).map(|cause| &cause.id).collect();
        let entry = |report: &Report, id: &String| {
            let cause = report.causes.iter().find(|cause| &cause.id == id)?;
            Some((cause.name.clone(), cause.probability))
        };
        let mut causes: Vec<Moved> = ids
            .into_iter()
            .filter_map(|id| {
                let (a, b) = (entry(first, id), entry(second, id));
                let name = b.as_ref().or(a.as_ref())?.0.clone();
                let [before, after] = [a, b].map(|entry| entry.map_or(0.0, |(_, p)| p));
                (before.max(after) >= TOLD).then(|| Moved { id: id.clone(), name, before, after })
            })
            .collect();
        let distance = |moved: &Moved| (moved.after - moved.before).abs();
        causes.sort_by(|a, b| {
            distance(b)
                .total_cmp(&distance(a))
                .then(b.after.total_cmp(&a.after))
                .then_with(|| a.id.cmp(&b.id))
        });
        let key = |o: &Observation| (o.variable.clone(), o.value.to_string(), o.state);
        let seen = |report: &Report| -> BTreeSet<(String, String, State)> {
            report.observations.iter().map(key).collect()
        };
        let (a, b) = (seen(first), seen(second));
        let missing = |report: &Report, other: &BTreeSet<(String, String, State)>| {
            let mut told = BTreeSet::new();
            report
                .observations
                .iter()
                .filter(|o| !other.contains(&key(o)))
                .map(|o| label(base, o, report.lang))
                .filter(|label| told.insert(label.clone()))
                .collect()
        };
        Self {
            same_cause: first.verdict.cause == second.verdict.cause,
            causes,
            only_first: missing(first, &b),
            only_second: missing(second, &a),
            in_both: a.intersection(&b).count(),
            timers: [first, second].map(|report| report.constants.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        knowledge::{Lang, built_in, load},
        report::{Case, Diagnostician},
    };

    fn report(doctor: &Diagnostician, seconds: f64, scope: &str) -> Report {
        let mut case =
            Case { text: Some("Connection reset by peer".to_owned()), ..Case::default() };
        case.facts.after_seconds = Some(seconds);
        case.facts.scope = Some(scope.to_owned());
        doctor.diagnose(&case, Lang::En)
    }

    #[test]
    fn only_what_differs_is_told() {
        let doctor = Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap();
        let (a, b) = (report(&doctor, 60.0, "all"), report(&doctor, 350.0, "all"));
        let compared = Comparison::of(&a, &b, doctor.base());
        assert_eq!(compared.only_first, ["Breaks after 60 s"]);
        assert_eq!(compared.only_second, ["Breaks after 350 s"]);
        assert!(compared.in_both >= 2);
        let moves: Vec<f64> =
            compared.causes.iter().map(|moved| (moved.after - moved.before).abs()).collect();
        assert!(moves.is_sorted_by(|a, b| a >= b) && moves[0] > 0.0, "{moves:?}");
        assert!(compared.timers[1].iter().any(|constant| (constant.seconds - 350.0).abs() < 1e-9));
        let same = Comparison::of(&a, &a, doctor.base());
        assert!(same.same_cause && same.only_first.is_empty() && same.only_second.is_empty());
        assert!(same.causes.iter().all(|moved| moved.before.to_bits() == moved.after.to_bits()));
    }
}
