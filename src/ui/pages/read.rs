//! `/read`: what a log says, line by line, and on into the diagnosis with it.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::knowledge_path,
    intake::COLLECT_SCRIPT,
    ui::{
        components::{Command, draft_texts},
        i18n::texts,
        islands::{CopyButtons, DraftBox, PasteReading},
    },
};

/// What the server read, where there is no script to do it in the browser.
#[derive(Clone, Debug, Default)]
pub struct ReadPaste {
    /// The text as it was sent.
    pub text: String,
    /// Why it was not read; empty where it was.
    pub sentence: String,
    /// What it says.
    pub read: Option<PasteReading>,
}

/// The log reader.
#[component]
pub fn ReadPage() -> impl IntoView {
    let texts = texts();
    let ReadPaste { text, sentence, read } = use_context().unwrap_or_default();
    view! {
        <Title text=texts.t("reader-page") />
        <div class="wrap reader">
            <h1>{texts.t("reader-title")}</h1>
            <p class="lead">{texts.t("reader-lead")}</p>
            <form class="card start" method="post" action="/start" data-start="1">
                <DraftBox
                    text
                    target=String::new()
                    error=sentence
                    was_masked=false
                    wide=true
                    read
                    knowledge=knowledge_path()
                    lang=texts.0
                    texts=draft_texts(texts, true)
                />
            </form>
            <section class="card collect" aria-labelledby="collect">
                <h2 id="collect">{texts.t("collect-title")}</h2>
                <p>{texts.t("collect-what")}</p>
                <Command texts command=COLLECT_SCRIPT.to_owned() />
                <p class="muted">{texts.t("collect-installed")}</p>
                <Command texts command="hangup collect".to_owned() />
            </section>
        </div>
        <CopyButtons />
    }
}
