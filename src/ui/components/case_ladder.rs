//! The timeout ladder of a report: the timers of what is involved, drawn, with what is in the wrong
//! order.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::Base,
    ladder::{Judgement, Limit, Sketch, SketchHop, hops_in, judge},
    report::Report,
    ui::{
        components::{Icon, Inversions, LadderChart},
        figures,
        i18n::Texts,
        state::ladder_href,
    },
};

/// Families whose causes are timers in the wrong order.
const FAMILIES: [&str; 2] = ["idle_timeout", "keepalive_race"];

/// The bars of the case's timers and the way to the page where they can be changed; nothing where the
/// case has none.
#[component]
pub fn CaseLadder(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the order of the hops and their defaults.
    base: Arc<Base>,
    /// Id of the heading, where the page has several.
    #[prop(default = "case-ladder")]
    id: &'static str,
    /// Key of the heading, where the page has several.
    #[prop(default = "ladder-case-title")]
    title: &'static str,
) -> impl IntoView {
    let Some((sketch, judgement)) = ladder_of(&report, &base) else { return ().into_any() };
    let cut = judgement.cut_off.as_ref().map(|cut| cut.says.get(texts.0).to_owned());
    let found = judgement.inversions.len();
    let verdict = match found {
        0 => texts.t("ladder-case-fine"),
        n => texts.with("ladder-wrong", &[("n", n.into())]),
    };
    let inversions = judgement.inversions.clone();
    view! {
        <section class="card case-ladder" class:has-wrong=found != 0 aria-labelledby=id>
            <h2 id=id>{texts.t(title)}</h2>
            <p>
                <Icon name=if found == 0 { "ok" } else { "broken" } />
                " "
                {verdict}
            </p>
            {cut.map(|cut| view! { <p>{cut}</p> })}
            <LadderChart texts judgement />
            <Inversions texts inversions />
            <p class="ladder-link">
                <Icon name="clock" />
                <a href=ladder_href(&sketch)>{texts.t("ladder-from-report")}</a>
            </p>
        </section>
    }
    .into_any()
}

/// The ladder of what a report names: components that were named, configuration that was pasted, and
/// the time after which it breaks. None where no timer of it is known, or where timers are not what the
/// report is about.
fn ladder_of(report: &Report, base: &Base) -> Option<(Sketch, Judgement)> {
    let facts = &report.case.facts;
    let pasted = report.case.text.as_deref().map(hops_in).unwrap_or_default();
    let of_family =
        report.causes.first().is_some_and(|cause| FAMILIES.contains(&cause.family.as_str()));
    if !of_family && report.constants.is_empty() && pasted.is_empty() {
        return None;
    }
    let mut sketch = Sketch::default();
    for component in facts.between.iter().chain(&facts.stack) {
        let known = base.component_named(component).map(|known| &known.id);
        let is_there = |hop: &SketchHop| {
            known.is_some() && base.component_named(&hop.component).map(|known| &known.id) == known
        };
        if !sketch.hops.iter().any(is_there) {
            sketch.add(SketchHop { component: component.clone(), ..SketchHop::default() }, base);
        }
    }
    sketch.take_in(pasted, base);
    sketch.cut_off = report.breaks_after().map(figures::seconds).unwrap_or_default();
    let judgement = judge(&sketch.ladder(base).0, base);
    let timers = judgement.hops.iter().flat_map(|hop| &hop.timers);
    let bounds = timers.filter(|timer| matches!(timer.limit, Limit::Seconds(_) | Limit::Never));
    (bounds.count() > 0).then_some((sketch, judgement))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge::{Lang, built_in, load},
        report::{Case, Diagnostician},
    };

    #[test]
    fn a_case_with_timers_has_a_ladder_and_another_has_none() {
        let doctor = Diagnostician::new(Arc::new(load(&[built_in()]).base)).unwrap();
        let mut case = Case {
            text: Some(
                "upstream app {\n    server 10.0.0.1:3000;\n    keepalive 32;\n    keepalive_timeout 60s;\n}\n\
                 recv() failed (104: Connection reset by peer) while reading response header from upstream"
                    .to_owned(),
            ),
            ..Case::default()
        };
        case.facts.stack = vec!["node".to_owned()];
        case.facts.between = vec!["nginx".to_owned()];
        let report = doctor.diagnose(&case, Lang::En);
        let (sketch, judgement) = ladder_of(&report, doctor.base()).unwrap();
        assert_eq!(sketch.hops.len(), 2, "{sketch:?}");
        assert!(!judgement.inversions.is_empty(), "{judgement:?}");
        let none = Case { text: Some("connection refused".to_owned()), ..Case::default() };
        assert!(ladder_of(&doctor.diagnose(&none, Lang::En), doctor.base()).is_none());
    }
}
