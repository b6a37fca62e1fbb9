//! The ticket behind a link: what others add to a report after it was saved, and how far that moved it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::evidence::{Observation, Source};

use super::{Case, Judged, Report, Unclear, judged};

/// Something that happened to a saved report. Every text in it is hostile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Happening {
    /// Questions were answered: question id → option id.
    Answer {
        /// The answers.
        answers: BTreeMap<String, String>,
    },
    /// Somebody said something.
    Comment {
        /// What was said.
        text: String,
    },
    /// Facts came in from another machine, from a capture or from a probe.
    Observations {
        /// Where they come from.
        source: Source,
        /// Who looked.
        vantage: String,
        /// The facts.
        observations: Vec<Observation>,
    },
    /// A fix was applied, and its check goes on.
    FixTried {
        /// Id of the fix.
        fix: String,
        /// The cause that it removes.
        cause: String,
        /// The probe that is run again, where one shows it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probe: Option<String>,
    },
    /// The check of a fix is over.
    Checked {
        /// Id of the fix.
        fix: String,
        /// The cause that it removes.
        cause: String,
        /// Whether it was it.
        worked: bool,
        /// Why the look cannot tell, where it cannot; then `worked` is `false`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unclear: Option<Unclear>,
        /// The probe that was run again; nothing where a person looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        probe: Option<String>,
        /// What that probe had seen before.
        #[serde(default)]
        before: Vec<Observation>,
        /// What it sees now.
        #[serde(default)]
        after: Vec<Observation>,
    },
    /// The check of a fix came to no end: the probe was refused or saw nothing.
    CheckFailed {
        /// Id of the fix.
        fix: String,
        /// Why, one sentence in English.
        why: String,
        /// The same in Chinese; empty in entries from before it was kept.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why_zh: String,
    },
}

/// Where the repair stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FixState {
    /// Nothing was tried yet.
    #[default]
    Open,
    /// A fix was applied and is being checked.
    FixTried,
    /// The check shows that the fix worked.
    Verified,
    /// The check shows no change: that was not it.
    NotIt,
}

impl FixState {
    /// The word in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::FixTried => "fix_tried",
            Self::Verified => "verified",
            Self::NotIt => "not_it",
        }
    }

    /// The state of that word; open where there is none such.
    pub fn parse(word: &str) -> Self {
        let all = [Self::FixTried, Self::Verified, Self::NotIt];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or_default()
    }
}

/// The cause that leads a report, and by how much.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    /// Its id; empty where a report names none.
    pub cause: String,
    /// Its probability, 0 to 1.
    pub probability: f64,
}

/// A happening with how far it moved the report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What happened.
    #[serde(flatten)]
    pub happening: Happening,
    /// What led before.
    pub led: Lead,
    /// What leads after it.
    pub leads: Lead,
    /// The probability, before and after, of the cause that led before.
    pub moved: (f64, f64),
}

impl Happening {
    /// `case` with what this adds to it. A later answer takes the place of an earlier one; facts of a
    /// machine, capture or probe take the place of what the same one had said about the same thing.
    #[must_use]
    pub fn added_to(&self, case: &Case) -> Case {
        let mut case = case.clone();
        match self {
            Self::Answer { answers } => case.answers.extend(answers.clone()),
            Self::Observations { observations, .. } => {
                replace_same(&mut case.observations, observations);
            }
            Self::Checked { probe: Some(probe), after, .. } => {
                case.observations.retain(|seen| !is_of_probe(seen, probe));
                replace_same(&mut case.observations, after);
            }
            _ => {}
        }
        case
    }

    /// The state that the repair is in after this; nothing where it stays as it was.
    pub fn state(&self) -> Option<FixState> {
        match self {
            Self::FixTried { .. } => Some(FixState::FixTried),
            Self::Checked { worked: true, .. } => Some(FixState::Verified),
            // Where a look cannot tell, nothing is known that was not known before the fix.
            Self::Checked { unclear: Some(_), .. } | Self::CheckFailed { .. } => {
                Some(FixState::Open)
            }
            Self::Checked { worked: false, .. } => Some(FixState::NotIt),
            _ => None,
        }
    }

    /// The cause that this proves.
    pub fn confirms(&self) -> Option<&str> {
        match self {
            Self::Checked { worked: true, cause, .. } => Some(cause),
            _ => None,
        }
    }

    /// Decides whether a fix worked, where a probe and not a person looked: by whether the fault that the
    /// probe had seen is gone.
    pub fn judge(&mut self) {
        if let Self::Checked { worked, unclear, probe: Some(_), before, after, .. } = self {
            (*worked, *unclear) = match judged(before, after) {
                Judged::Gone => (true, None),
                Judged::There => (false, None),
                Judged::CannotTell(why) => (false, Some(why)),
            };
        }
    }

    /// The entry of a timeline, from the reports before and after it.
    pub fn between(self, before: &Report, after: &Report) -> Entry {
        let lead = Lead::of(before);
        let moved = (lead.probability, probability_of(after, &lead.cause));
        Entry { happening: self, led: lead, leads: Lead::of(after), moved }
    }
}

fn replace_same(known: &mut Vec<Observation>, new: &[Observation]) {
    let said = |o: &Observation| (o.source, o.vantage.clone(), o.variable.clone());
    let again: BTreeSet<_> = new.iter().map(said).collect();
    known.retain(|old| !again.contains(&said(old)));
    known.extend(without_repeats(new.to_vec()));
}

/// `facts` without those that say what one before them says, whatever line they rest on. One look may
/// show several values of a variable.
pub fn without_repeats(mut facts: Vec<Observation>) -> Vec<Observation> {
    let mut said = BTreeSet::new();
    facts.retain(|o| {
        let what = (o.variable.clone(), o.value.to_string(), o.state);
        said.insert((o.source, o.vantage.clone(), what))
    });
    facts
}

/// Whether `probe` made this observation. A time measured by the idle test is `seconds`.
pub fn is_of_probe(seen: &Observation, probe: &str) -> bool {
    let (variable, timed) = (seen.variable.as_str(), ["idle", "reuse", "websocket", "http2"]);
    let own = variable.strip_prefix(probe).is_some_and(|rest| rest.starts_with('.'));
    seen.source == Source::Probe && (own || variable == "seconds" && timed.contains(&probe))
}

impl Lead {
    /// What leads `report`.
    pub fn of(report: &Report) -> Self {
        let first = report.causes.first();
        first.map_or_else(Self::default, |first| Self {
            cause: first.id.clone(),
            probability: first.probability,
        })
    }
}

/// The probability of `cause` in `report`; nothing below a thousandth is listed there.
pub fn probability_of(report: &Report, cause: &str) -> f64 {
    report.causes.iter().find(|ranked| ranked.id == cause).map_or(0.0, |found| found.probability)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle(end: &str, source: Source) -> Observation {
        Observation::seen("idle.end", end, source)
    }

    #[test]
    fn a_later_look_takes_the_place_of_an_earlier_one() {
        let observations = vec![
            idle("fin", Source::Probe),
            Observation::seen("seconds", 5.0, Source::Probe),
            Observation::seen("tcp.result", "connected", Source::Probe),
            idle("fin", Source::Capture),
        ];
        let case = Case { observations, ..Case::default() };
        let checked = Happening::Checked {
            fix: "f".to_owned(),
            cause: "c".to_owned(),
            worked: true,
            unclear: None,
            probe: Some("idle".to_owned()),
            before: Vec::new(),
            after: vec![idle("open", Source::Probe)],
        };
        let after = checked.added_to(&case).observations;
        let seen: Vec<_> = after.iter().map(|o| (o.variable.as_str(), o.source)).collect();
        assert_eq!(
            seen,
            [
                ("tcp.result", Source::Probe),
                ("idle.end", Source::Capture),
                ("idle.end", Source::Probe)
            ]
        );
        assert_eq!((checked.state(), checked.confirms()), (Some(FixState::Verified), Some("c")));
    }

    #[test]
    fn a_fact_counts_once_however_often_it_is_said() {
        let many = vec![idle("fin", Source::Collect).with_raw("x".repeat(2_000)); 200];
        let other = idle("open", Source::Collect);
        let observations = [many, vec![other.clone()]].concat();
        let said = Happening::Observations {
            source: Source::Collect,
            vantage: "user".to_owned(),
            observations,
        };
        let after = said.added_to(&said.added_to(&Case::default())).observations;
        assert_eq!(after.len(), 2, "{after:?}");
        assert_eq!(after[1], other, "another value of the same variable is another fact");
    }

    #[test]
    fn a_look_that_cannot_tell_neither_verifies_nor_denies() {
        let look = |before: &str, after: &str| {
            let mut checked = Happening::Checked {
                fix: "f".to_owned(),
                cause: "c".to_owned(),
                worked: false,
                unclear: None,
                probe: Some("idle".to_owned()),
                before: vec![idle(before, Source::Probe)],
                after: vec![idle(after, Source::Probe)],
            };
            checked.judge();
            (checked.state(), checked.confirms().map(str::to_owned))
        };
        assert_eq!(look("fin", "open"), (Some(FixState::Verified), Some("c".to_owned())));
        assert_eq!(look("fin", "fin"), (Some(FixState::NotIt), None));
        assert_eq!(look("open", "open"), (Some(FixState::Open), None));
    }

    #[test]
    fn an_entry_from_before_is_still_read() {
        let old = r#"{"kind":"checked","fix":"f","cause":"c","worked":true}"#;
        let read: Happening = serde_json::from_str(old).unwrap();
        assert_eq!(read.state(), Some(FixState::Verified));
        let old = r#"{"kind":"check_failed","fix":"f","why":"w"}"#;
        assert!(serde_json::from_str::<Happening>(old).is_ok());
    }

    #[test]
    fn every_entry_reads_back_from_its_json() {
        let word = || "<b>".to_owned();
        let seen = || vec![idle("fin", Source::Probe)];
        let all = [
            Happening::Answer { answers: [(word(), word())].into() },
            Happening::Comment { text: word() },
            Happening::Observations {
                source: Source::Collect,
                vantage: word(),
                observations: seen(),
            },
            Happening::FixTried { fix: word(), cause: word(), probe: Some(word()) },
            Happening::Checked {
                fix: word(),
                cause: word(),
                worked: false,
                unclear: Some(Unclear::Later),
                probe: None,
                before: seen(),
                after: Vec::new(),
            },
            Happening::CheckFailed { fix: word(), why: word(), why_zh: word() },
        ];
        for happening in all {
            let entry = Entry {
                happening,
                led: Lead { cause: "a".to_owned(), probability: 0.5 },
                leads: Lead { cause: "b".to_owned(), probability: 0.6 },
                moved: (0.5, 0.3),
            };
            let json = serde_json::to_string(&entry).unwrap();
            assert!(json.contains("\"kind\":\""), "{json}");
            assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
        }
        assert_eq!(FixState::parse(FixState::NotIt.as_str()), FixState::NotIt);
    }
}
