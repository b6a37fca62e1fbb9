//! From a report to the timeout ladder of what is involved.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::Base,
    ladder::{Sketch, SketchHop},
    report::Report,
    ui::{components::Icon, figures, i18n::Texts, state::ladder_href},
};

/// Families whose causes are timers in the wrong order.
const FAMILIES: [&str; 2] = ["idle_timeout", "keepalive_race"];

/// A link to the ladder with the parts that were named, where timers are what it is about.
#[component]
pub fn LadderLink(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the order of the hops.
    base: Arc<Base>,
) -> impl IntoView {
    let of_family =
        report.causes.first().is_some_and(|cause| FAMILIES.contains(&cause.family.as_str()));
    let facts = &report.case.facts;
    let named: Vec<&String> = facts.between.iter().chain(&facts.stack).collect();
    if named.is_empty() || (!of_family && report.constants.is_empty()) {
        return ().into_any();
    }
    let mut sketch = Sketch::default();
    for component in named {
        sketch.add(SketchHop { component: component.clone(), ..SketchHop::default() }, &base);
    }
    sketch.cut_off = facts.after_seconds.map(figures::seconds).unwrap_or_default();
    view! {
        <p class="ladder-link">
            <Icon name="clock" />
            <a href=ladder_href(&sketch)>{texts.t("ladder-from-report")}</a>
        </p>
    }
    .into_any()
}
