//! The probe step: what would be sent to whom, consent, progress.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::{
    api::{Desk, Run},
    knowledge::{Base, LiveProbe, PROBES},
    ui::{
        components::HiddenState,
        i18n::Texts,
        islands::{ProbeLive, ProbeTexts},
        pages::probe_choice::{ProbeChoice, takes},
        state::{Step, Wizard, single_probe},
    },
};

/// Seconds after which the page looks again where there is no script.
const LOOK_AGAIN: u8 = 3;

/// Asks for a target where there is none, for consent where there is, and shows a run under way.
#[component]
pub(super) fn ProbeStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The probe that is worth most, by name; empty where none was singled out.
    wanted: String,
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
    let single = single_probe(&wanted).filter(|_| wizard.only.is_empty());
    let heading = match single {
        Some(_) => "probe-title-single",
        None => "probe-title-at",
    };
    let heading = texts.with(heading, &[("target", named.clone().into())]);
    let chosen = match single {
        Some(probe) => BTreeSet::from([probe.id.to_owned()]),
        None => wizard.chosen(),
    };
    let skip = Step::Probe(wanted).skip_id();
    let silence = desk.longest_silence();
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
            {single.map(|probe| view! { <Recommended texts probe=*probe silence /> })}
            <Consent texts wizard=wizard.clone() desk run named chosen single />
            <p class="muted">
                <a href=format!("/probe/browser?{}", wizard.to_query())>
                    {texts.t("probe-from-browser")}
                </a>
            </p>
            <form class="row" method="get" action="/diagnose">
                <HiddenState wizard=passed />
                <button type="submit" class="link-button" name="skip" value=skip>
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
    chosen: BTreeSet<String>,
    single: Option<&'static LiveProbe>,
) -> impl IntoView {
    let only = BTreeSet::new();
    let here = Wizard { at: None, probe: None, only, report: false, ..wizard.clone() }.href();
    let target = wizard.case.target.clone().unwrap_or_default();
    let events = run.iter().flat_map(|run| &run.events).map(ToString::to_string).collect();
    let silence = desk.longest_silence();
    let asking = run.is_none();
    let texts_of_run = probe_texts(texts, &named, desk.diagnostician.base());
    view! {
        <form method="post" action="/probe" id="probe-form">
            <HiddenState wizard />
            {asking.then(|| view! { <ProbeChoice texts chosen=chosen.clone() single silence /> })}
            <ProbeLive
                here
                target
                silence
                chosen=chosen.into_iter().collect()
                run=run.map(|run| run.id)
                events
                lang=texts.0
                texts=texts_of_run
            />
        </form>
    }
}

/// The one probe that the planner asks for, and what it would settle.
#[component]
fn Recommended(texts: Texts, probe: LiveProbe, silence: u64) -> impl IntoView {
    let name = texts.t(&format!("row-{}", probe.id));
    let seconds = takes(probe, silence).into();
    view! {
        <p class="recommended">
            {texts.with("probe-single", &[("probe", name.into()), ("seconds", seconds)])}
        </p>
    }
}

fn probe_texts(texts: Texts, target: &str, base: &Base) -> ProbeTexts {
    let states = ["waiting", "running", "ok", "failed", "unseen"];
    let row = |id: &str| (id.to_owned(), texts.t(&format!("row-{id}")));
    ProbeTexts {
        go: texts.t("probe-go"),
        running: texts.with("probe-running", &[("target", target.into())]),
        cancel: texts.t("probe-cancel"),
        cancelled: texts.t("probe-cancelled"),
        failed: texts.t("probe-failed"),
        finished: texts.t("probe-finished"),
        none: texts.t("probe-none"),
        agree: texts.t("probe-agree-first"),
        raw: texts.t("probe-raw"),
        colon: texts.t("probe-colon"),
        rows: PROBES.iter().map(|probe| row(probe.id)).collect(),
        states: states.iter().map(|id| row(id)).collect(),
        outcomes: outcomes(texts, base),
    }
}

/// What each probe can end with, in the words of the knowledge base: `probe.outcome` and its label.
fn outcomes(texts: Texts, base: &Base) -> Vec<(String, String)> {
    let of = |probe: &LiveProbe| {
        let variable = base.variables.get(*probe.settles.first()?)?;
        let id = probe.id;
        let label = |option: &crate::knowledge::VariableOption| {
            (format!("{id}.{}", option.id), option.label.get(texts.0).to_owned())
        };
        Some(variable.options.iter().map(label).collect::<Vec<_>>())
    };
    PROBES.iter().filter_map(of).flatten().collect()
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
