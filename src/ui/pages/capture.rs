//! `/capture`: a packet capture read in the browser.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::Desk,
    ui::{
        components::{Command, Icon, capture_variables, capture_words},
        i18n::texts,
        islands::{CaptureIsland, CopyButtons, WORDS},
        state::Wizard,
    },
};

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
                variables=capture_variables(&base, texts)
                texts=capture_words(texts, &WORDS)
            />
        </div>
        <CopyButtons />
    }
}
