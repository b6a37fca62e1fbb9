//! Which step the wizard shows.

use crate::{
    knowledge::LiveProbe,
    report::{NextStep, Report, StepKind},
    ui::state::{Wizard, wizard::probe_skip_id},
};

/// The questions every case begins with; they fill the `facts` of the case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// At which moment it breaks.
    Phase,
    /// After how many seconds.
    Seconds,
    /// Who is affected.
    Scope,
    /// What is involved, and what stands between.
    Parts,
    /// Anything else, in free words.
    Notes,
}

impl Opening {
    /// All of them, in the order they are asked.
    pub const ALL: [Self; 5] = [Self::Phase, Self::Seconds, Self::Scope, Self::Parts, Self::Notes];

    /// Its id in addresses and in the knowledge base.
    pub fn id(self) -> &'static str {
        match self {
            Self::Phase => "phase",
            Self::Seconds => "after_seconds",
            Self::Scope => "scope",
            Self::Parts => "stack",
            Self::Notes => "notes",
        }
    }

    /// The opening question behind an id of the knowledge base; `between` is asked with `stack`.
    pub fn of(id: &str) -> Option<Self> {
        match id {
            "between" => Some(Self::Parts),
            _ => Self::ALL.into_iter().find(|opening| opening.id() == id),
        }
    }

    /// Whether the case already holds its answer, or the person passed it over.
    fn is_settled(self, wizard: &Wizard) -> bool {
        let facts = &wizard.case.facts;
        let answered = match self {
            Self::Phase => facts.phase.is_some(),
            Self::Seconds => facts.after_seconds.is_some(),
            Self::Scope => facts.scope.is_some(),
            Self::Parts => !facts.stack.is_empty() || !facts.between.is_empty(),
            Self::Notes => facts.notes.is_some(),
        };
        // What a capture shows need not be asked.
        let captured = match self {
            Self::Phase => wizard.captured("phase"),
            Self::Seconds => wizard.captured("seconds"),
            Self::Scope | Self::Parts | Self::Notes => false,
        };
        answered || captured || wizard.skipped.contains(self.id())
    }

    /// Whether asking makes sense: a break without a pattern in time has no number of seconds, and
    /// who has described the case in words need not do it twice.
    fn applies(self, wizard: &Wizard) -> bool {
        match self {
            Self::Seconds => !matches!(
                wizard.case.facts.phase.as_deref(),
                Some("random" | "under_load" | "after_deploy")
            ),
            Self::Notes => wizard.case.text.is_none() && !wizard.captured("tcp.result"),
            _ => true,
        }
    }
}

/// What the wizard shows now.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The pasted text and the target, to change them.
    Text,
    /// An opening question.
    Opening(Opening),
    /// A question of the knowledge base, by id.
    Question(String),
    /// A live look at the target, by the id of the probe that is worth most.
    Probe(String),
    /// Something to run and paste, by id.
    Check(String),
    /// Nothing more is worth asking.
    Done,
}

impl Step {
    /// Its id in addresses; empty for [`Step::Done`].
    pub fn id(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Opening(opening) => opening.id(),
            Self::Question(id) | Self::Probe(id) | Self::Check(id) => id,
            Self::Done => "",
        }
    }

    /// Reads the id of an address. `probe.` and `check.` stand before ids that are no questions.
    fn of(id: &str) -> Self {
        if id == "text" {
            Self::Text
        } else if id == "probe" {
            Self::Probe(String::new())
        } else if let Some(opening) = Opening::of(id) {
            Self::Opening(opening)
        } else if let Some(probe) = id.strip_prefix("probe.") {
            Self::Probe(probe.to_owned())
        } else if let Some(check) = id.strip_prefix("check.") {
            Self::Check(check.to_owned())
        } else {
            Self::Question(id.to_owned())
        }
    }

    /// The id under which the address says that the step was passed over.
    pub fn skip_id(&self) -> String {
        match self {
            Self::Probe(id) => probe_skip_id(id),
            Self::Check(id) => format!("check.{id}"),
            other => other.id().to_owned(),
        }
    }
}

/// The step for `wizard`, whose report so far is `report`.
///
/// A step asked for by name comes first, then a run of probes under way, then the opening questions,
/// then what the report holds most worth doing and the person has neither done nor passed over.
pub fn current_step(wizard: &Wizard, report: &Report) -> Step {
    if let Some(id) = &wizard.at {
        return Step::of(id);
    }
    if wizard.probe.is_some() {
        return Step::Probe(String::new());
    }
    Opening::ALL
        .into_iter()
        .find(|opening| !opening.is_settled(wizard) && opening.applies(wizard))
        .map(Step::Opening)
        .or_else(|| report.next.iter().find_map(|next| open_step(wizard, next)))
        .unwrap_or(Step::Done)
}

fn open_step(wizard: &Wizard, next: &NextStep) -> Option<Step> {
    let step = match next.kind {
        StepKind::Question if Opening::of(&next.id).is_some() => return None,
        StepKind::Question => Step::Question(next.id.clone()),
        // Who wanted no look at all is not asked for a longer one.
        StepKind::Probe if declined(wizard) => return None,
        StepKind::Probe => Step::Probe(next.id.clone()),
        StepKind::Check => Step::Check(next.id.clone()),
    };
    let open =
        !wizard.skipped.contains(&step.skip_id()) && !wizard.answers().contains_key(&next.id);
    open.then_some(step)
}

/// Whether the person passed the probes over, rather than let them run.
fn declined(wizard: &Wizard) -> bool {
    wizard.skipped.contains("probe") && !wizard.was_probed()
}

/// The single probe that a step offers, where it is none of those that run together.
pub fn single_probe(id: &str) -> Option<&'static LiveProbe> {
    LiveProbe::of(id).filter(|probe| !probe.is_standing())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        evidence::{Observation, Source},
        knowledge::{Base, Lang},
        report::Diagnostician,
    };

    fn report(next: &[(StepKind, &str)]) -> Report {
        let doctor = Diagnostician::new(Arc::new(Base::default())).unwrap();
        let mut report = doctor.diagnose(&crate::report::Case::default(), Lang::En);
        report.next = next
            .iter()
            .map(|(kind, id)| NextStep {
                kind: *kind,
                id: (*id).to_owned(),
                label: String::new(),
                gain_bits: 1.0,
                cost_seconds: 5.0,
            })
            .collect();
        report
    }

    fn step(query: &str, next: &[(StepKind, &str)]) -> Step {
        current_step(&Wizard::parse(query), &report(next))
    }

    #[test]
    fn the_opening_questions_come_first_and_in_order() {
        assert_eq!(step("text=x", &[]), Step::Opening(Opening::Phase));
        assert_eq!(step("text=x&phase=idle", &[]), Step::Opening(Opening::Seconds));
        assert_eq!(step("text=x&phase=random", &[]), Step::Opening(Opening::Scope));
        assert_eq!(step("text=x&phase=random&skip=scope", &[]), Step::Opening(Opening::Parts));
        assert_eq!(step("phase=random&skip=scope,stack", &[]), Step::Opening(Opening::Notes));
    }

    #[test]
    fn then_comes_what_is_worth_most_and_not_done_yet() {
        let opening = "text=x&phase=random&skip=scope,stack";
        let next =
            [(StepKind::Probe, "tcp"), (StepKind::Check, "ss"), (StepKind::Question, "load")];
        assert_eq!(step(opening, &next), Step::Probe("tcp".to_owned()));
        assert_eq!(step(&format!("{opening},probe"), &next), Step::Check("ss".to_owned()));
        let passed = format!("{opening},probe,check.ss");
        assert_eq!(step(&passed, &next), Step::Question("load".to_owned()));
        assert_eq!(step(&format!("{passed}&a.load=no"), &next), Step::Done);
    }

    #[test]
    fn a_single_probe_is_offered_once_and_not_to_who_wanted_none() {
        let opening = "text=x&target=a&phase=random&skip=scope,stack";
        let next = [(StepKind::Probe, "tcp"), (StepKind::Probe, "reuse")];
        assert_eq!(step(&format!("{opening},probe"), &next), Step::Done);
        let probed = |query: &str| {
            let mut wizard = Wizard::parse(query);
            let seen = Observation::seen("tcp.result", "connected", Source::Probe);
            wizard.case.observations.push(seen);
            current_step(&wizard, &report(&next))
        };
        let seen = format!("{opening},probe&seen=abc");
        assert_eq!(probed(&seen), Step::Probe("reuse".to_owned()));
        assert_eq!(probed(&format!("{seen}&skip=probe.reuse")), Step::Done);
    }

    #[test]
    fn a_step_asked_for_by_name_wins() {
        assert_eq!(step("text=x&at=between", &[]), Step::Opening(Opening::Parts));
        assert_eq!(step("text=x&at=probe.idle", &[]), Step::Probe("idle".to_owned()));
        assert_eq!(step("text=x&at=load", &[]), Step::Question("load".to_owned()));
        assert_eq!(step("text=x&at=probe", &[]), Step::Probe(String::new()));
        assert_eq!(step("text=x&probe=abc", &[]), Step::Probe(String::new()));
    }
}
