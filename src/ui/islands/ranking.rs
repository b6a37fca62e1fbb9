//! The live ranking: the leading causes, re-ranked as an option is looked at, before it is sent.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    evidence::Observation,
    knowledge::Lang,
    reader::protocol::{Ask, Ranked, Say},
    report::Report,
    ui::{figures::percent, state::Wizard},
};

use super::browser;

/// How many causes are shown.
const SHOWN: usize = 5;

/// One cause of the ranking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RankRow {
    /// Its plain name.
    pub name: String,
    /// Its family, in words.
    pub family: String,
    /// Its probability, 0 to 1.
    pub probability: f64,
}

impl RankRow {
    /// The leading causes of `report`; `family` puts the id of a family into words.
    pub fn leading(report: &Report, family: impl Fn(&str) -> String) -> Vec<Self> {
        let row = |cause: &crate::report::RankedCause| Self {
            name: cause.name.clone(),
            family: family(&cause.family),
            probability: cause.probability,
        };
        report.causes.iter().take(SHOWN).map(row).collect()
    }
}

/// The words of the ranking.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RankTexts {
    /// Heading.
    pub title: String,
    /// Caption of the ranking as it stands.
    pub now: String,
    /// Caption of a preview; holds `{option}`.
    pub preview: String,
}

/// The leading causes as bars.
///
/// With script it watches the form of the step: an option under the pointer, in focus or ticked is
/// weighed at once by the engine in the browser, and the bars show where the answer would lead.
#[island]
pub fn LiveRanking(
    /// The ranking as the server sees it.
    rows: Vec<RankRow>,
    /// Address of the knowledge for the browser; empty where nothing is to be previewed.
    knowledge: String,
    /// Language of the names.
    lang: Lang,
    /// The pasted text, where the address does not hold it.
    text: Option<String>,
    /// What probes found; the address does not hold it either.
    observations: Vec<Observation>,
    /// The words.
    texts: RankTexts,
    /// Families in words.
    families: BTreeMap<String, String>,
) -> impl IntoView {
    let shown = RwSignal::new(rows.clone());
    let caption = RwSignal::new(texts.now.clone());
    let preview = RwSignal::new(false);
    let RankTexts { title, now, preview: template } = texts;
    Effect::new(move |_| {
        if knowledge.is_empty() {
            return;
        }
        let settled = rows.clone();
        let now = now.clone();
        let back = move || {
            shown.set(settled.clone());
            caption.set(now.clone());
            preview.set(false);
        };
        let (text, observations) = (text.clone(), observations.clone());
        let (families, template, knowledge) =
            (families.clone(), template.clone(), knowledge.clone());
        let look = move |choice: &browser::Choice, is_current: Box<dyn Fn() -> bool>| {
            let mut wizard = Wizard::parse(&choice.query);
            wizard.case.text = wizard.case.text.or_else(|| text.clone());
            wizard.case.observations.clone_from(&observations);
            let Wizard { case, skipped, .. } = wizard;
            let ask = Ask::Rank { case: Box::new(case), skipped, lang, most: SHOWN };
            let families = families.clone();
            let words = template.replace("{option}", &choice.label);
            browser::ask_reader("rank", &knowledge, ask, move |said| {
                let Some(Say::Ranked { causes }) = said.filter(|_| is_current()) else { return };
                let row = |cause: Ranked| RankRow {
                    name: cause.name,
                    family: families.get(&cause.family).cloned().unwrap_or(cause.family),
                    probability: cause.probability,
                };
                shown.set(causes.into_iter().map(row).collect());
                caption.set(words);
                preview.set(true);
            });
        };
        browser::watch_choices(look, back);
    });
    view! {
        <section class="ranking" class:is-preview=move || preview.get() aria-labelledby="ranking">
            <h2 id="ranking">{title}</h2>
            <p class="ranking-caption">{move || caption.get()}</p>
            <ol>{move || shown.get().into_iter().map(|row| bar(row, lang, true)).collect_view()}</ol>
        </section>
    }
}

/// One cause with its bar; `with_family` names its family below.
pub(super) fn bar(row: RankRow, lang: Lang, with_family: bool) -> impl IntoView {
    let width = format!("{:.1}", row.probability * 100.0);
    view! {
        <li>
            <span class="rank-name">{row.name}</span>
            <span class="rank-percent">{percent(row.probability, lang)}</span>
            <svg class="rank-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-track" width="100" height="6" />
                <rect class="bar-fill" width=width height="6" />
            </svg>
            {with_family.then(|| view! { <span class="rank-family">{row.family}</span> })}
        </li>
    }
}
