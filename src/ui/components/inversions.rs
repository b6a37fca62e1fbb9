//! Timers in the wrong order, in words.

use leptos::prelude::*;

use crate::{
    ladder::{Inversion, Rule},
    ui::{figures, i18n::Texts},
};

/// Each inversion with what is wrong and what people will see, numbered as in the picture.
#[component]
pub fn Inversions(
    /// The texts in the reader's language.
    texts: Texts,
    /// The inversions, in the order of their numbers.
    inversions: Vec<Inversion>,
) -> impl IntoView {
    let one = |(at, inversion): (usize, Inversion)| {
        let seconds = figures::seconds(inversion.after_seconds);
        let symptom = texts.with(symptom(inversion.rule), &[("n", seconds.into())]);
        view! {
            <li>
                <p class="inversion-head">
                    <strong>{format!("✕{}", at + 1)}</strong>
                    <span class="tag">{symptom}</span>
                </p>
                <p>{inversion.what.get(texts.0).to_owned()}</p>
                <p class="muted">{texts.t("ladder-symptom")} {inversion.symptom.get(texts.0).to_owned()}</p>
            </li>
        }
    };
    view! { <ol class="inversions">{inversions.into_iter().enumerate().map(one).collect_view()}</ol> }
}

/// What people call the symptom.
fn symptom(rule: Rule) -> &'static str {
    match rule {
        Rule::KeepaliveRace => "symptom-race",
        Rule::AnswerCutShort => "symptom-cut",
        Rule::OuterGivesUpFirst => "symptom-left",
        Rule::SilentDrop | Rule::ProbesTooLate => "symptom-drop",
        Rule::PingTooSlow => "symptom-ping",
        Rule::HeadShorterThanKeepalive => "symptom-head",
        Rule::ConnectLongerThanOuter => "symptom-connect",
    }
}
