//! Which fixes a report shows, and in which order.

use std::collections::BTreeMap;

use crate::engine::SOMETHING_ELSE;

use super::{
    Case, RankedCause, ReportFix,
    compose::Maker,
    fitted::{Filled, Fitting},
};

/// How many causes get fixes at the most.
const FIXED_CAUSES: usize = 3;

impl Maker<'_> {
    pub(super) fn fixes(&self, causes: &[RankedCause], case: &Case) -> Vec<ReportFix> {
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

    pub(super) fn is_named(&self, stack: &str) -> bool {
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
}
