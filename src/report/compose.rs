//! The report's parts, put into words.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    engine::{Belief, Model, SOMETHING_ELSE, Step, StepKind as Kind, scale},
    evidence::{Observation, State},
    knowledge::{Base, Lang},
};

use super::{
    Case, ConstantMatch, EvidenceItem, Hop, HopState, NextStep, NotVisible, RankedCause, Report,
    ReportFix, RuledOut, StepKind, Verdict, VerdictState,
    diagnose::Thought,
    fitted::{Filled, Fitting},
    label,
    words::say,
};

/// Version of the report's JSON.
const VERSION: u32 = 1;

/// How many causes get fixes, next steps and the like at the most.
const FIXED_CAUSES: usize = 3;
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

    fn verdict(
        &self,
        causes: &[RankedCause],
        constants: &[ConstantMatch],
        fixes: &[ReportFix],
        next: &[NextStep],
    ) -> Verdict {
        let top = causes.first();
        let known = top.and_then(|top| self.base.causes.get(&top.id));
        let probability = top.map_or(0.0, |top| top.probability);
        let state = match known {
            Some(cause) if cause.family == "no_fault" && probability >= scale::LIKELY => {
                VerdictState::NoFault
            }
            Some(_) if probability >= scale::LIKELY => VerdictState::Likely,
            Some(_) if probability >= scale::POSSIBLE => VerdictState::Possible,
            _ => VerdictState::NotEnoughEvidence,
        };
        let (message, acts) = match state {
            VerdictState::Likely => ("verdict-likely", true),
            VerdictState::Possible => ("verdict-possible", true),
            VerdictState::NoFault => ("verdict-no-fault", true),
            VerdictState::NotEnoughEvidence => ("verdict-unclear", false),
        };
        let percent = format!("{:.0}", (probability * 100.0).clamp(1.0, 99.0));
        let name = top.map_or("", |top| top.name.trim_end_matches(['.', '。']));
        let mut sentence = say(self.lang, message, &[("name", name), ("percent", &percent)]);
        if acts && let Some(extra) = self.timer_sentence(known, constants) {
            if self.lang == Lang::En {
                sentence.push(' ');
            }
            sentence.push_str(&extra);
        }
        let first_step = match (acts, fixes.first(), next.first()) {
            (true, Some(fix), _) => say(self.lang, "first-step-fix", &[("title", &fix.title)]),
            (_, _, Some(step)) => say(self.lang, "first-step-ask", &[("ask", &step.label)]),
            _ => say(self.lang, "first-step-collect", &[]),
        };
        Verdict {
            state,
            cause: known.filter(|_| acts).map(|cause| cause.id.clone()),
            variant: known.filter(|_| acts).and_then(|cause| self.variant(cause)),
            sentence,
            first_step,
            owner: known.filter(|_| acts).map(|cause| cause.owner.clone()).unwrap_or_default(),
        }
    }

    /// The variant most of whose components were named; none where no component was.
    fn variant(&self, cause: &crate::knowledge::Cause) -> Option<String> {
        let share = |components: &[String]| {
            let named = components.iter().filter(|id| self.is_named(id)).count();
            named as f64 / components.len().max(1) as f64
        };
        cause
            .variants
            .iter()
            .map(|variant| (share(&variant.components), variant))
            .filter(|(share, _)| *share >= 0.5)
            // Of two that fit alike, the one that says more.
            .max_by(|(a, x), (b, y)| {
                let more = || x.components.len().cmp(&y.components.len());
                a.total_cmp(b).then_with(more).then_with(|| y.id.cmp(&x.id))
            })
            .map(|(_, variant)| variant.id.clone())
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

    fn fixes(&self, causes: &[RankedCause], case: &Case) -> Vec<ReportFix> {
        let leading: BTreeMap<&str, usize> = causes
            .iter()
            .filter(|cause| cause.id != SOMETHING_ELSE)
            .take(FIXED_CAUSES)
            .enumerate()
            .filter(|(rank, cause)| *rank == 0 || cause.probability >= 0.05)
            .map(|(rank, cause)| (cause.id.as_str(), rank))
            .collect();
        let fitting: BTreeMap<&str, Fitting<'_, '_>> = leading
            .keys()
            .map(|cause| {
                (*cause, Fitting::new(self, cause, case.target.as_deref(), case.text.as_deref()))
            })
            .collect();
        let mut fixes: Vec<((usize, bool, bool, String), ReportFix)> = Vec::new();
        for fix in self.base.fixes.values() {
            let best =
                fix.causes.iter().filter_map(|id| Some((*leading.get(id.as_str())?, id))).min();
            let Some((rank, cause)) = best else { continue };
            let Some(filled) = fitting.get(cause.as_str()).map(|fitting| fitting.fill(fix)) else {
                continue;
            };
            let named = self.is_named(&fix.stack);
            // The cause's own fixes come before the general ones of its stack.
            let general = !fix.id.starts_with(cause.as_str());
            let key = (rank, !named, general, fix.id.clone());
            fixes.push((key, self.fix(fix, cause, named, filled)));
        }
        fixes.sort_by(|(a, _), (b, _)| a.cmp(b));
        fixes.into_iter().map(|(_, fix)| fix).collect()
    }

    fn is_named(&self, stack: &str) -> bool {
        self.named.contains(stack)
            || self
                .named
                .iter()
                .filter_map(|id| self.base.components.get(id))
                .any(|component| component.classes.iter().any(|class| class == stack))
    }

    fn fix(
        &self,
        fix: &crate::knowledge::Fix,
        cause: &str,
        named: bool,
        filled: Filled,
    ) -> ReportFix {
        let Filled { title, steps, commands, fitted, blanks } = filled;
        ReportFix {
            id: fix.id.clone(),
            cause: cause.to_owned(),
            stack: fix.stack.clone(),
            for_named_stack: named,
            title,
            steps,
            commands,
            fitted,
            blanks,
            risk: fix.risk.clone(),
            rollback: fix.rollback.get(self.lang).to_owned(),
            verify: fix.verify.text.get(self.lang).to_owned(),
            verify_probe: fix.verify.probe.clone(),
            who: fix.who.clone(),
            minutes: fix.minutes,
            sources: fix.sources.iter().map(|source| source.url.clone()).collect(),
        }
    }

    /// The chain strip: where the probability of the break lies.
    fn chain(&self) -> Vec<Hop> {
        const HOPS: [&str; 5] = ["you", "network", "proxy", "server", "database"];
        let mass = |hop: &str| {
            self.model
                .causes()
                .iter()
                .zip(&self.belief.posterior)
                .filter(|(id, _)| self.base.causes.get(*id).is_some_and(|cause| cause.hop == hop))
                .map(|(_, p)| p)
                .sum::<f64>()
        };
        HOPS.iter()
            .map(|hop| {
                let probability = mass(hop);
                let own: Vec<String> = self
                    .named
                    .iter()
                    .filter_map(|id| self.base.components.get(id))
                    .filter(|component| component.hop == *hop)
                    .map(|component| component.name.get(self.lang).to_owned())
                    .take(2)
                    .collect();
                let label = if own.is_empty() {
                    say(self.lang, &format!("hop-{hop}"), &[])
                } else {
                    own.join(", ")
                };
                let state = if probability >= 0.5 {
                    HopState::Broken
                } else if probability >= 0.15 {
                    HopState::Suspect
                } else if self.is_shown_working(hop) {
                    HopState::Ok
                } else {
                    HopState::NotVisible
                };
                Hop { id: (*hop).to_owned(), label, state, probability: round(probability, 1e4) }
            })
            .collect()
    }

    /// Whether evidence shows that a hop works.
    fn is_shown_working(&self, hop: &str) -> bool {
        let seen = |variable: &str, value: &str| {
            self.evidence.iter().any(|o| {
                o.variable == variable && o.state == State::Seen && o.value.word() == Some(value)
            })
        };
        match hop {
            "you" => seen("scope", "all") || seen("other_network", "fails_everywhere"),
            "network" => seen("tcp.result", "connected"),
            "proxy" => seen("direct_works", "no"),
            "server" => seen("http.result", "ok") || seen("local_works", "yes"),
            _ => false,
        }
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
