//! Which fix one would try for each cause: causes that share it need not be told apart.

use std::collections::BTreeSet;

use crate::{
    evidence::{Observation, State},
    knowledge::Base,
};

/// The fixes of every cause, those written for it alone before the general ones of a stack.
pub(super) struct Remedies {
    /// By cause: index of the fix, and the component it is for.
    by_cause: Vec<Vec<(usize, String)>>,
    fixes: usize,
}

impl Remedies {
    /// `causes` is the number of hypotheses; those without a fix keep a group of their own.
    pub(super) fn new(base: &Base, causes: usize) -> Self {
        let mut by_cause: Vec<Vec<(usize, String)>> = base
            .causes
            .keys()
            .map(|cause| {
                let mut own: Vec<(bool, usize, String)> = base
                    .fixes
                    .values()
                    .enumerate()
                    .filter(|(_, fix)| fix.causes.contains(cause))
                    .map(|(at, fix)| (!fix.id.starts_with(cause.as_str()), at, fix.stack.clone()))
                    .collect();
                own.sort();
                own.into_iter().map(|(_, at, stack)| (at, stack)).collect()
            })
            .collect();
        by_cause.resize(causes, Vec::new());
        Self { by_cause, fixes: base.fixes.len() }
    }

    /// The group of every cause, dense from 0: causes of one group are treated by the same fix, the
    /// first that a report would offer where the components in `evidence` are named.
    pub(super) fn groups(&self, base: &Base, evidence: &[Observation]) -> Vec<usize> {
        let named = named_with_classes(base, evidence);
        let mut dense = vec![None; self.fixes];
        let mut next = 0;
        self.by_cause
            .iter()
            .map(|fixes| {
                let of_stack = fixes.iter().find(|(_, stack)| named.contains(stack.as_str()));
                let fix = of_stack.or_else(|| fixes.first()).map(|(at, _)| *at);
                let known = fix.and_then(|fix| dense.get(fix).copied().flatten());
                known.unwrap_or_else(|| {
                    let group = next;
                    next += 1;
                    if let Some(slot) = fix.and_then(|fix| dense.get_mut(fix)) {
                        *slot = Some(group);
                    }
                    group
                })
            })
            .collect()
    }
}

/// The components that were named or proven present, and their classes.
fn named_with_classes<'a>(base: &'a Base, evidence: &'a [Observation]) -> BTreeSet<&'a str> {
    let mut named = BTreeSet::new();
    let seen = evidence.iter().filter(|o| o.variable == "component" && o.state == State::Seen);
    for id in seen.filter_map(|o| o.value.word()) {
        named.insert(id);
        if let Some(component) = base.components.get(id) {
            named.extend(component.classes.iter().map(String::as_str));
        }
    }
    named
}
