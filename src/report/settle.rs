//! Where no cause stands out: what is known so far, and what would settle it, each with the way to get
//! it.

use std::collections::BTreeSet;

use crate::{
    evidence::State,
    knowledge::{Base, HowTo},
};

use super::{Report, StepKind, label::label, words::say};

/// Steps that are worth spelling out. judgement: the fourth is not done by anybody.
const STEPS: usize = 3;
/// Things learned that are shown.
const LEARNED: usize = 10;

/// One thing that would settle the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Settling {
    /// Question, probe or check.
    pub kind: StepKind,
    /// Its id.
    pub id: String,
    /// What is wanted, in the report's language.
    pub label: String,
    /// Why, in the report's language; empty where the label says it.
    pub why: String,
    /// How to get it: commands to run, or where to look.
    pub how: Vec<HowTo>,
    /// Who can: words of the vocabulary.
    pub who: Vec<String>,
    /// What it costs, seconds.
    pub cost_seconds: f64,
}

impl Report {
    /// The two or three things that would settle the case, best first.
    pub fn settling(&self, base: &Base) -> Vec<Settling> {
        self.next
            .iter()
            .take(STEPS)
            .map(|step| {
                let (why, how, who) = match step.kind {
                    StepKind::Question => base.questions.get(&step.id).map(|question| {
                        (question.why.get(self.lang), question.how.clone(), question.who.clone())
                    }),
                    StepKind::Check => base.checks.get(&step.id).map(|check| {
                        (check.why.get(self.lang), check.how.clone(), check.who.clone())
                    }),
                    StepKind::Probe => {
                        Some(("", vec![self.probe_command(&step.id)], vec!["user".to_owned()]))
                    }
                }
                .unwrap_or_default();
                let why = match step.kind {
                    StepKind::Probe => say(self.lang, "settle-probe", &[]),
                    StepKind::Question | StepKind::Check => why.to_owned(),
                };
                Settling {
                    kind: step.kind,
                    id: step.id.clone(),
                    label: step.label.clone(),
                    why,
                    how,
                    who,
                    cost_seconds: step.cost_seconds,
                }
            })
            .collect()
    }

    /// What was learned, in words, each thing once.
    pub fn learned(&self, base: &Base) -> Vec<String> {
        let mut told = BTreeSet::new();
        self.observations
            .iter()
            .filter(|o| o.state != State::NotVisible)
            .map(|o| label(base, o, self.lang))
            .filter(|label| told.insert(label.clone()))
            .take(LEARNED)
            .collect()
    }

    /// The probe as a command. The target may be a stranger's text, and a shell would read it: only
    /// what can be a host and a port stands in it.
    fn probe_command(&self, probe: &str) -> HowTo {
        let is_plain = |target: &&String| {
            target.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                && target.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c))
        };
        let target = self.case.target.as_ref().filter(is_plain).map_or("HOST:PORT", String::as_str);
        HowTo {
            os: "any".to_owned(),
            command: format!("hangup probe {target} --only {probe}"),
            note: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        knowledge::{Lang, built_in, load},
        report::{Case, Diagnostician, NextStep, StepKind, VerdictState},
    };

    #[test]
    fn a_report_that_abstains_says_how_to_get_what_would_settle_it() {
        let doctor = Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap();
        for lang in Lang::ALL {
            let case = Case { text: Some("it hangs".to_owned()), ..Case::default() };
            let mut report = doctor.diagnose(&case, lang);
            assert_eq!(report.verdict.state, VerdictState::NotEnoughEvidence);
            let steps = report.settling(doctor.base());
            assert!((2..=3).contains(&steps.len()), "{steps:?}");
            for step in &steps {
                assert!(!step.label.is_empty() && !step.why.is_empty(), "{step:?}");
            }
            let probe = NextStep {
                kind: StepKind::Probe,
                id: "idle".to_owned(),
                label: "x".to_owned(),
                gain_bits: 1.0,
                cost_seconds: 5.0,
            };
            report.next.insert(0, probe);
            for (target, command) in [
                ("a.example:443", "hangup probe a.example:443 --only idle"),
                ("[2001:db8::1]:80", "hangup probe [2001:db8::1]:80 --only idle"),
                ("a.example;rm -rf /", "hangup probe HOST:PORT --only idle"),
                ("$(id)", "hangup probe HOST:PORT --only idle"),
                ("--json", "hangup probe HOST:PORT --only idle"),
            ] {
                report.case.target = Some(target.to_owned());
                assert_eq!(report.settling(doctor.base())[0].how[0].command, command);
            }
        }
    }
}
