//! The report that abstains: what was learned, and what would settle it.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::{Base, HowTo, Lang},
    report::{Report, Settling, StepKind},
    ui::{
        components::{Command, prose},
        i18n::Texts,
        state::Wizard,
    },
};

/// Suspects that are named. judgement: with more of them it is no list of suspects.
const SUSPECTS: usize = 3;

/// What is known, who is suspected, and two or three steps, each with the way to take it.
#[component]
pub fn Settle(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the ways.
    base: Arc<Base>,
    /// The state of the wizard, where the report can still change.
    wizard: Option<Wizard>,
) -> impl IntoView {
    let learned = report.learned(&base);
    let steps = report.settling(&base);
    let suspects: Vec<(String, f64)> = report
        .causes
        .iter()
        .filter(|cause| base.causes.contains_key(&cause.id))
        .take(SUSPECTS)
        .map(|cause| (cause.name.clone(), cause.probability))
        .collect();
    view! {
        <section class="card settle" aria-labelledby="settle">
            <h2 id="settle">{texts.t("settle-title")}</h2>
            <ol class="settle-steps">
                {steps
                    .into_iter()
                    .map(|step| view! { <Step texts step wizard=wizard.clone() /> })
                    .collect_view()}
            </ol>
        </section>
        <div class="columns">
            <section class="card" aria-labelledby="learned">
                <h2 id="learned">{texts.t("known-title")}</h2>
                {learned.is_empty().then(|| view! { <p class="muted">{texts.t("known-none")}</p> })}
                <ul class="steps">{learned.into_iter().map(|label| view! { <li>{label}</li> }).collect_view()}</ul>
            </section>
            <section class="card" aria-labelledby="suspects">
                <h2 id="suspects">{texts.t("suspects-title")}</h2>
                <ul class="steps">
                    {suspects
                        .into_iter()
                        .map(|(name, probability)| view! { <li>{texts.bracketed(name, texts.percent(probability))}</li> })
                        .collect_view()}
                </ul>
            </section>
        </div>
    }
}

#[component]
fn Step(texts: Texts, step: Settling, wizard: Option<Wizard>) -> impl IntoView {
    let (kind, at) = match step.kind {
        StepKind::Question => ("question", step.id.clone()),
        StepKind::Probe => ("probe", format!("probe.{}", step.id)),
        StepKind::Check => ("check", format!("check.{}", step.id)),
    };
    let label = match wizard {
        Some(wizard) => view! { <a href=wizard.back_at(&at).href()>{step.label}</a> }.into_any(),
        None => view! { <strong>{step.label}</strong> }.into_any(),
    };
    let comma = texts.t("list-comma");
    let who: Vec<String> = step.who.iter().map(|who| texts.word("who", who)).collect();
    let nowhere = step.how.is_empty();
    view! {
        <li>
            <h3>{label}</h3>
            <p class="muted">
                <span class="tag">{texts.word("kind", kind)}</span> " " {who.join(&comma)} " "
                {texts.with("takes-seconds", &[("n", step.cost_seconds.into())])}
            </p>
            <p>{prose(&step.why)}</p>
            {nowhere.then(|| view! { <p class="muted">{texts.t("settle-by-looking")}</p> })}
            {step.how.into_iter().map(|how| view! { <Way texts how /> }).collect_view()}
        </li>
    }
}

#[component]
fn Way(texts: Texts, how: HowTo) -> impl IntoView {
    let lang: Lang = texts.0;
    let command = (!how.command.is_empty()).then(|| {
        view! {
            <p class="os">{texts.word("os", &how.os)}</p>
            <Command texts command=how.command />
        }
    });
    view! {
        {command}
        {how.note.map(|note| view! { <p class="hint">{prose(note.get(lang))}</p> })}
    }
}
