//! What could be otherwise: two faults at once, a hop nobody named, what would change the mind.

use leptos::prelude::*;

use crate::{report::Report, ui::i18n::Texts};

/// A card with up to four sentences; nothing where the report has none of them.
#[component]
pub fn SecondThoughts(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
) -> impl IntoView {
    let thoughts = [
        ("together-title", report.together.map(|together| together.sentence)),
        ("hop-is-missing-title", report.hop_is_missing.map(|missing| missing.sentence)),
        ("change-of-mind-title", report.change_of_mind.map(|change| change.sentence)),
        ("learned-title", report.learned.map(|learned| learned.sentence)),
    ];
    let thoughts: Vec<_> = thoughts
        .into_iter()
        .filter_map(|(title, sentence)| Some((texts.t(title), sentence?)))
        .collect();
    if thoughts.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="card" aria-labelledby="second-thoughts">
            <h2 id="second-thoughts">{texts.t("second-thoughts-title")}</h2>
            {thoughts
                .into_iter()
                .map(|(title, sentence)| {
                    view! {
                        <h3>{title}</h3>
                        <p>{sentence}</p>
                    }
                })
                .collect_view()}
        </section>
    }
    .into_any()
}
