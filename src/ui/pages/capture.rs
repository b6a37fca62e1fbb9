//! `/capture`: a packet capture read in the browser.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::Desk,
    capture::VARIABLES,
    knowledge::Base,
    ui::{
        components::{Command, Icon},
        i18n::{Texts, texts},
        islands::{CaptureIsland, CaptureTexts, CopyButtons, VariableWords, WORDS},
        state::Wizard,
    },
};

/// The places in the texts that the page fills itself.
const PLACES: [&str; 10] =
    ["name", "n", "m", "packets", "read", "total", "speed", "from", "to", "time"];

/// The page. The address may hold the state of a wizard that the evidence is to be added to.
#[component]
pub fn CapturePage() -> impl IntoView {
    let texts = texts();
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
    let wizard = Wizard::parse(&query.unwrap_or_default());
    let desk = expect_context::<Desk>();
    let base = std::sync::Arc::clone(desk.diagnostician.base());
    view! {
        <Title text=texts.t("capture-title") />
        <div class="wrap capture">
            <header class="capture-head">
                <h1>{texts.t("capture-heading")}</h1>
                <p class="lead">{texts.t("capture-lead")}</p>
                <p class="privacy">
                    <Icon name="shield" />
                    <span>{texts.t("capture-local")}</span>
                </p>
            </header>
            <noscript>
                <p>{texts.t("capture-no-script")}</p>
                <Command texts command="hangup capture FILE".to_owned() />
            </noscript>
            <CaptureIsland
                worker=desk.package_file("capture-worker.js")
                lang=texts.0
                state=wizard.hidden(&[])
                variables=variables(&base, texts)
                texts=words(texts)
            />
        </div>
        <CopyButtons />
    }
}

/// The words of the island; the braces stay for it, which knows the numbers.
fn words(texts: Texts) -> CaptureTexts {
    let places = PLACES.map(|name| (name, format!("{{{name}}}").into()));
    CaptureTexts(WORDS.map(|id| (id.to_owned(), texts.with(id, &places))).into())
}

/// What the variables of captures are called, and their options.
fn variables(base: &Base, texts: Texts) -> VariableWords {
    let lang = texts.0;
    let named = VARIABLES.into_iter().filter_map(|id| {
        let variable = base.variables.get(id)?;
        let options = variable
            .options
            .iter()
            .map(|option| (option.id.clone(), option.label.get(lang).to_owned()))
            .collect();
        Some((id.to_owned(), (variable.label.get(lang).to_owned(), options)))
    });
    VariableWords(named.collect())
}
