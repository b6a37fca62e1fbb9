//! The sentence above all: how sure, which cause, what to do first.

use crate::{engine::scale, knowledge::Lang};

use super::{
    ConstantMatch, NextStep, RankedCause, ReportFix, Verdict, VerdictState, compose::Maker,
    words::say,
};

impl Maker<'_> {
    pub(super) fn verdict(
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
}
