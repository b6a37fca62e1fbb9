//! Sealed reports: encrypted before they are saved, decrypted where they are read. Both need script.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{report::Report, ui::figures::percent};

use super::browser;

/// The words of sealing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SealTexts {
    /// What the choice of an expiry is called.
    pub expiry: String,
    /// The button.
    pub go: String,
    /// Said where this browser cannot encrypt here.
    pub cannot: String,
    /// Said where the server did not take it.
    pub failed: String,
}

/// The button that seals: shown only where script runs.
#[island]
pub fn SealButton(
    /// The report as JSON.
    report: String,
    /// How long it may live: seconds, and the words for it.
    expiries: Vec<(u64, String)>,
    /// The one that is preset, seconds.
    preset: u64,
    /// The text of this diagnosis that the server keeps for a day, and then no longer needs to.
    draft: Option<String>,
    /// The words.
    texts: SealTexts,
) -> impl IntoView {
    let awake = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    Effect::new(move |_| awake.set(true));
    let lives = RwSignal::new(preset);
    let SealTexts { expiry, go, cannot, failed } = texts;
    let seal = move |_| {
        busy.set(true);
        let (cannot, failed) = (cannot.clone(), failed.clone());
        browser::seal(report.clone(), lives.get_untracked(), draft.clone(), move |end| {
            busy.set(false);
            match end {
                browser::SealEnd::Saved => {}
                browser::SealEnd::CannotEncrypt => said.set(cannot),
                browser::SealEnd::Refused(sentence) => said.set(sentence.unwrap_or(failed)),
            }
        });
    };
    let expiries = expiries.into_iter().map(move |(seconds, words)| {
        view! {
            <label class="pill">
                <input
                    type="radio"
                    name="sealed-expiry"
                    value=seconds
                    checked=seconds == preset
                    on:change=move |_| lives.set(seconds)
                />
                <span>{words}</span>
            </label>
        }
    });
    view! {
        <fieldset class="inline-choices" hidden=move || !awake.get()>
            <legend>{expiry}</legend>
            {expiries.collect_view()}
        </fieldset>
        <p class="error" role="alert">{move || said.get()}</p>
        <button
            type="button"
            class="button seal"
            hidden=move || !awake.get()
            disabled=move || busy.get()
            on:click=seal
        >
            {go}
        </button>
    }
}

/// The words of a sealed report.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UnsealTexts {
    /// Said while it is decrypted.
    pub working: String,
    /// Said where the key is missing or does not fit.
    pub no_key: String,
    /// Heading of the next step.
    pub first_step: String,
    /// Heading of the ranking.
    pub ranking: String,
    /// Heading of the evidence.
    pub evidence: String,
    /// Heading of the fixes.
    pub fixes: String,
    /// Heading of what was pasted.
    pub text: String,
    /// Words before the whole link.
    pub link: String,
    /// Words of the link that deletes it.
    pub manage: String,
}

/// What is known of a sealed report.
#[derive(Clone, Debug, PartialEq)]
enum Seal {
    Working,
    NoKey,
    Open(Box<Report>, String),
}

/// Causes, lines of evidence and fixes that are shown. judgement: a sealed report is a short one.
const CAUSES: usize = 5;
const EVIDENCE: usize = 8;
const FIXES: usize = 4;

/// A sealed report, decrypted with the key in the address.
#[island]
pub fn SealedReport(
    /// What the server keeps, base64url.
    sealed: String,
    /// The words.
    texts: UnsealTexts,
) -> impl IntoView {
    let seal = RwSignal::new(Seal::Working);
    Effect::new(move |_| {
        browser::unseal(sealed.clone(), move |json, manage| {
            let report = json.and_then(|json| serde_json::from_value(json).ok());
            let open = |report| Seal::Open(Box::new(report), manage);
            seal.set(report.map_or(Seal::NoKey, open));
        });
    });
    view! {
        <div class="unsealed" aria-live="polite">
            {move || match seal.get() {
                Seal::Working => view! { <p class="muted">{texts.working.clone()}</p> }.into_any(),
                Seal::NoKey => view! { <p class="error">{texts.no_key.clone()}</p> }.into_any(),
                Seal::Open(report, manage) => opened(*report, manage, &texts).into_any(),
            }}
        </div>
    }
}

fn opened(report: Report, manage: String, texts: &UnsealTexts) -> impl IntoView + use<> {
    let leading = report.causes.first().map(|cause| cause.evidence.clone()).unwrap_or_default();
    let lang = report.lang;
    let causes = report.causes.into_iter().take(CAUSES).map(|cause| {
        let probability = percent(cause.probability, lang);
        view! { <li><strong>{probability}</strong> " " {cause.name}</li> }
    });
    let evidence = leading.into_iter().take(EVIDENCE);
    let evidence = evidence.map(|item| view! { <li><bdi>{item.label}</bdi></li> });
    let fixes = report.fixes.into_iter().take(FIXES).map(|fix| {
        let commands = fix.commands.into_iter();
        let fitted = fix.fitted.into_iter().map(|fitted| (fitted.value, fitted.reason));
        let blanks = fix.blanks.into_iter().map(|blank| (blank.name, blank.put));
        let values = fitted.chain(blanks);
        view! {
            <li class="fix">
                <h3>{fix.title}</h3>
                <ol class="steps">
                    {fix.steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}
                </ol>
                {commands.map(|command| view! { <pre tabindex="0"><code>{command}</code></pre> }).collect_view()}
                <dl class="values">
                    {values.map(|(name, what)| view! { <div><dt><bdi>{name}</bdi></dt><dd>{what}</dd></div> }).collect_view()}
                </dl>
                <p class="muted">{fix.verify}</p>
            </li>
        }
    });
    let pasted = report.case.text.map(|text| {
        view! {
            <details>
                <summary>{texts.text.clone()}</summary>
                <pre tabindex="0"><code>{text}</code></pre>
            </details>
        }
    });
    // The link that deletes it is ours only where it leads to our own page.
    let manage = manage.contains("/manage/").then(|| {
        let path = manage.rsplit("/manage/").next().unwrap_or_default().to_owned();
        view! { <p><a href=format!("/manage/{path}")>{texts.manage.clone()}</a></p> }
    });
    view! {
        <h1 id="verdict">{report.verdict.sentence}</h1>
        <section class="first-step">
            <h2>{texts.first_step.clone()}</h2>
            <p>{report.verdict.first_step}</p>
        </section>
        <section class="card">
            <h2>{texts.ranking.clone()}</h2>
            <ol class="signed-list">{causes.collect_view()}</ol>
        </section>
        <section class="card">
            <h2>{texts.evidence.clone()}</h2>
            <ul class="signed-list">{evidence.collect_view()}</ul>
        </section>
        <section class="card">
            <h2>{texts.fixes.clone()}</h2>
            <ul class="signed-list">{fixes.collect_view()}</ul>
        </section>
        {pasted}
        <section class="card share">
            <p class="copyable link-row">
                <label>
                    {texts.link.clone()}
                    <input type="text" readonly prop:value=browser::whole_address() />
                </label>
            </p>
            {manage}
        </section>
    }
}
