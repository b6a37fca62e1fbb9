//! The probe step: what would be sent to whom, consent, progress.

use leptos::prelude::*;

use crate::{
    api::{Desk, Run},
    ui::{
        components::HiddenState,
        i18n::Texts,
        islands::{ProbeLive, ProbeTexts},
        state::Wizard,
    },
};

/// The probes in the order of a connection.
const PROBES: [&str; 6] = ["dns", "tcp", "tls", "http", "banner", "idle"];
/// Seconds after which the page looks again where there is no script.
const LOOK_AGAIN: u8 = 3;

/// Asks for a target where there is none, for consent where there is, and shows a run under way.
#[component]
pub(super) fn ProbeStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
    /// Where the probes are.
    desk: Desk,
    /// A run that is under way.
    run: Option<Run>,
) -> impl IntoView {
    let target = wizard.case.target.clone();
    let named = target.as_deref().and_then(|typed| desk.read_target(typed).ok());
    let Some(named) = named else {
        return view! { <AskForHost texts wizard /> }.into_any();
    };
    let under_way = run.is_some();
    let passed = wizard.clone();
    let heading = texts.with("probe-title-at", &[("target", named.clone().into())]);
    view! {
        <div class="card step">
            {under_way
                .then(|| {
                    view! {
                        <noscript>
                            <meta http-equiv="refresh" content=LOOK_AGAIN />
                            <p>{texts.t("probe-waiting")}</p>
                        </noscript>
                    }
                })}
            <h1>{heading}</h1>
            <WhatIsSent texts silence=desk.longest_silence() />
            <Consent texts wizard=wizard.clone() desk run named />
            <form class="row" method="get" action="/diagnose">
                <HiddenState wizard=passed />
                <button type="submit" class="link-button" name="skip" value="probe">
                    {texts.t("probe-skip")}
                </button>
                <a class="link-button" href=wizard.back_at("text").href()>{texts.t("probe-other")}</a>
            </form>
        </div>
    }
    .into_any()
}

#[component]
fn Consent(
    texts: Texts,
    wizard: Wizard,
    desk: Desk,
    run: Option<Run>,
    named: String,
) -> impl IntoView {
    let here = Wizard { at: None, probe: None, report: false, ..wizard.clone() }.href();
    let target = wizard.case.target.clone().unwrap_or_default();
    let events = run.iter().flat_map(|run| &run.events).map(ToString::to_string).collect();
    view! {
        <form method="post" action="/probe">
            <HiddenState wizard />
            <ProbeLive
                here
                target
                silence=desk.longest_silence()
                run=run.map(|run| run.id)
                events
                lang=texts.0
                texts=probe_texts(texts, &named)
            />
        </form>
    }
}

fn probe_texts(texts: Texts, target: &str) -> ProbeTexts {
    let states = ["waiting", "running", "ok", "failed", "unseen"];
    let row = |id: &str| (id.to_owned(), texts.t(&format!("row-{id}")));
    ProbeTexts {
        go: texts.t("probe-go"),
        running: texts.with("probe-running", &[("target", target.into())]),
        cancel: texts.t("probe-cancel"),
        cancelled: texts.t("probe-cancelled"),
        failed: texts.t("probe-failed"),
        finished: texts.t("probe-finished"),
        rows: PROBES.iter().map(|id| row(id)).collect(),
        states: states.iter().map(|id| row(id)).collect(),
    }
}

#[component]
fn WhatIsSent(texts: Texts, silence: u64) -> impl IntoView {
    view! {
        <div>
            <p>{texts.t("probe-intro")}</p>
            <ul class="sends">
                {PROBES
                    .into_iter()
                    .map(|id| {
                        let sent = texts.with(&format!("probe-{id}"), &[("seconds", silence.into())]);
                        view! { <li>{sent}</li> }
                    })
                    .collect_view()}
            </ul>
        </div>
    }
}

#[component]
fn AskForHost(texts: Texts, wizard: Wizard) -> impl IntoView {
    let value = wizard.case.target.clone();
    let passed = wizard.clone();
    view! {
        <div class="card step">
            <h1>{texts.t("probe-title")}</h1>
            <form class="field-row" method="post" action="/add">
                <HiddenState wizard asked=vec!["target".to_owned()] />
                <label for="host">{texts.t("probe-host")}</label>
                <input
                    type="text"
                    id="host"
                    name="target"
                    value=value
                    required
                    placeholder=texts.t("start-target-hint")
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                />
                <button type="submit" class="primary">{texts.t("probe-use-host")}</button>
            </form>
            <form class="row" method="get" action="/diagnose">
                <HiddenState wizard=passed />
                <button type="submit" class="link-button" name="skip" value="probe">
                    {texts.t("probe-skip")}
                </button>
            </form>
        </div>
    }
}
