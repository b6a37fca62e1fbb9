//! The report's parts, put into words.

use std::collections::BTreeSet;

use crate::{
    engine::{Belief, Model, SOMETHING_ELSE, Step, StepKind as Kind, scale},
    evidence::{Observation, State},
    knowledge::{Base, Lang},
};

use super::{
    Case, EvidenceItem, NextStep, NotVisible, RankedCause, Report, RuledOut, StepKind,
    diagnose::Thought, label, words::say,
};

/// Version of the report's JSON.
const VERSION: u32 = 1;

/// How many steps a report names at the most.
const SHOWN_STEPS: usize = 6;
/// How many of them, at least, are facts of the host that would tell the leading causes apart.
const SETTLING_STEPS: usize = 3;

/// The steps that a report names: what to do next, and what would settle the matter.
fn shown_steps(plan: &[Step], settling: Vec<Step>) -> Vec<Step> {
    let mut shown: Vec<Step> = plan.iter().take(SHOWN_STEPS).cloned().collect();
    let is_in = |steps: &[Step], one: &Step| {
        steps.iter().any(|step| (step.kind, &step.id) == (one.kind, &one.id))
    };
    let settling: Vec<Step> = settling.into_iter().take(SETTLING_STEPS).collect();
    let missing = settling.iter().filter(|step| !is_in(&shown, step)).count();
    let mut room = (shown.len() + missing).saturating_sub(SHOWN_STEPS);
    // What makes room are the least of the others.
    while room > 0
        && let Some(at) = shown.iter().rposition(|step| !is_in(&settling, step))
    {
        shown.remove(at);
        room -= 1;
    }
    for step in settling {
        if !is_in(&shown, &step) {
            shown.push(step);
        }
    }
    shown
}

/// Everything a part of the report is made from.
pub(super) struct Maker<'a> {
    pub(super) base: &'a Base,
    pub(super) model: &'a Model,
    pub(super) evidence: &'a [Observation],
    pub(super) belief: &'a Belief,
    pub(super) lang: Lang,
    /// Components the person named, or that were proven present.
    pub(super) named: BTreeSet<String>,
}

pub(super) fn compose(
    base: &Base,
    model: &Model,
    case: &Case,
    thought: Thought,
    lang: Lang,
) -> Report {
    let named = thought
        .evidence
        .iter()
        .filter(|o| o.variable == "component" && o.state == State::Seen)
        .filter_map(|o| o.value.word().map(str::to_owned))
        .collect();
    let maker =
        Maker { base, model, evidence: &thought.evidence, belief: &thought.belief, lang, named };
    let causes = maker.causes();
    let fixes = maker.fixes(&causes, case);
    let constants = maker.constants(&causes, &fixes);
    let settling = model.settling(base, &thought.belief, &thought.evidence);
    let next: Vec<NextStep> = shown_steps(&thought.plan.steps, settling)
        .into_iter()
        .map(|step| NextStep {
            kind: step.kind.into(),
            id: step.id.clone(),
            label: maker.step_label(step.kind, &step.id),
            gain_bits: round(step.gain_bits, 1e4),
            cost_seconds: step.cost_seconds,
        })
        .collect();
    let verdict = maker.verdict(&causes, &constants, &fixes, &next);
    let ruled_out = maker.ruled_out();
    let not_visible = maker.not_visible(&next);
    let chain = maker.chain();
    let together = maker.together();
    let hop_is_missing = maker.hop_is_missing();
    let change_of_mind = maker.change_of_mind(&thought.plan);
    let learned = maker.learned(&causes);
    Report {
        version: VERSION,
        lang,
        verdict,
        causes,
        ruled_out,
        not_visible,
        next,
        enough: thought.plan.enough,
        fixes,
        chain,
        constants,
        together,
        hop_is_missing,
        change_of_mind,
        learned,
        case: case.clone(),
        observations: thought.evidence,
    }
}

/// Numbers in the report are rounded, so that nobody reads meaning into the fifteenth digit.
pub(super) fn round(value: f64, steps: f64) -> f64 {
    let rounded = (value * steps).round() / steps;
    // No minus zero in the JSON.
    if rounded == 0.0 { 0.0 } else { rounded }
}

impl Maker<'_> {
    /// Every cause above the limit, and more until what is left out is under half a percent.
    fn causes(&self) -> Vec<RankedCause> {
        let mut told = 0.0;
        self.belief
            .ranking()
            .into_iter()
            .filter_map(|index| {
                let id = self.model.causes().get(index)?;
                let probability = self.belief.posterior.get(index).copied()?;
                let wanted = probability > scale::REPORTED || told < 0.995 || id == SOMETHING_ELSE;
                told += probability;
                wanted.then(|| {
                    let cause = self.base.causes.get(id);
                    RankedCause {
                        id: id.clone(),
                        family: cause
                            .map_or(SOMETHING_ELSE, |cause| cause.family.as_str())
                            .to_owned(),
                        probability: round(probability, 1e6),
                        name: self.cause_name(id),
                        plain: cause.map_or_else(
                            || say(self.lang, "plain-something-else", &[]),
                            |cause| cause.plain.get(self.lang).to_owned(),
                        ),
                        evidence: self.ledger(index),
                    }
                })
            })
            .collect()
    }

    fn ledger(&self, cause: usize) -> Vec<EvidenceItem> {
        let mut items: Vec<EvidenceItem> = self
            .belief
            .weighed
            .iter()
            .filter_map(|item| {
                let observation = self.evidence.get(item.observation)?;
                let bits = round(self.belief.bits(item, cause), 1e3);
                (bits.abs() >= 0.05).then(|| EvidenceItem {
                    observation: observation.variable.clone(),
                    value: observation.value.to_string(),
                    source: observation.source,
                    bits,
                    label: self.label(observation),
                })
            })
            .collect();
        items.sort_by(|a, b| {
            b.bits
                .abs()
                .total_cmp(&a.bits.abs())
                .then_with(|| (&a.observation, &a.value).cmp(&(&b.observation, &b.value)))
        });
        items
    }

    /// An observation in words.
    pub(super) fn label(&self, observation: &Observation) -> String {
        label::label(self.base, observation, self.lang)
    }

    pub(super) fn component_name(&self, id: &str) -> String {
        label::component_name(self.base, id, self.lang)
    }

    /// The name of a cause, or of none of the known ones.
    pub(super) fn cause_name(&self, id: &str) -> String {
        self.base.causes.get(id).map_or_else(
            || say(self.lang, "name-something-else", &[]),
            |cause| cause.name.get(self.lang).to_owned(),
        )
    }

    fn step_label(&self, kind: Kind, id: &str) -> String {
        match kind {
            Kind::Question => {
                self.base.questions.get(id).map_or(id, |q| q.ask.get(self.lang)).to_owned()
            }
            Kind::Check => {
                self.base.checks.get(id).map_or(id, |c| c.title.get(self.lang)).to_owned()
            }
            Kind::Probe => {
                let name = say(self.lang, &format!("probe-{id}"), &[]);
                say(self.lang, "step-probe", &[("probe", &name)])
            }
        }
    }

    fn ruled_out(&self) -> Vec<RuledOut> {
        let mut out: Vec<(f64, RuledOut)> = Vec::new();
        for (index, id) in self.model.causes().iter().enumerate() {
            let Some(cause) = self.base.causes.get(id) else { continue };
            if self.belief.posterior.get(index).is_none_or(|p| *p > 0.005) {
                continue;
            }
            let worst = self
                .belief
                .weighed
                .iter()
                .map(|item| (self.belief.bits(item, index), item))
                .min_by(|(a, _), (b, _)| a.total_cmp(b));
            if let Some((bits, item)) = worst.filter(|(bits, _)| *bits <= scale::RULES_OUT_BITS)
                && let Some(observation) = self.evidence.get(item.observation)
            {
                let why = self.label(observation);
                out.push((
                    bits,
                    RuledOut { id: id.clone(), name: cause.name.get(self.lang).to_owned(), why },
                ));
            }
        }
        out.sort_by(|(a, x), (b, y)| a.total_cmp(b).then_with(|| x.id.cmp(&y.id)));
        out.into_iter().map(|(_, ruled)| ruled).collect()
    }

    fn not_visible(&self, next: &[NextStep]) -> Vec<NotVisible> {
        let mut hidden: Vec<NotVisible> = self
            .evidence
            .iter()
            .filter(|o| o.state == State::NotVisible)
            .map(|o| NotVisible {
                observation: o.variable.clone(),
                label: self
                    .base
                    .variables
                    .get(&o.variable)
                    .map_or_else(|| o.variable.clone(), |v| v.label.get(self.lang).to_owned()),
                needs: o.raw.clone().unwrap_or_else(|| say(self.lang, "needs-log", &[])),
            })
            .collect();
        for step in next {
            let (observation, needs) = match step.kind {
                StepKind::Question => {
                    let Some(question) = self.base.questions.get(&step.id) else { continue };
                    (
                        question.variable.clone(),
                        say(self.lang, "needs-question", &[("ask", question.ask.get(self.lang))]),
                    )
                }
                StepKind::Probe => {
                    let probe = say(self.lang, &format!("probe-{}", step.id), &[]);
                    (
                        format!("{}.result", step.id),
                        say(self.lang, "needs-probe", &[("probe", &probe)]),
                    )
                }
                StepKind::Check => {
                    (step.id.clone(), say(self.lang, "needs-check", &[("title", &step.label)]))
                }
            };
            let label = self.base.variables.get(&observation).map_or_else(
                || step.label.clone(),
                |variable| variable.label.get(self.lang).to_owned(),
            );
            hidden.push(NotVisible { observation, label, needs });
        }
        hidden
    }
}

pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most).collect();
    short.push('…');
    short
}
