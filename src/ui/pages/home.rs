//! `/`: one box, one button.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::knowledge_path,
    ui::{
        components::{BrokenLine, Icon},
        i18n::{Texts, texts},
        islands::{CopyButtons, DraftBox, DraftTexts},
        state::{Wizard, encode},
    },
};

/// A start that was turned down, with everything that had been typed.
#[derive(Clone, Debug, Default)]
pub struct Rejected {
    /// One clear sentence, in the reader's language.
    pub sentence: String,
    /// The text as it was sent.
    pub text: String,
    /// The host as it was sent.
    pub target: String,
}

/// How many examples there are; each has a text `example-N` and, where it says so, `example-N-host`.
const EXAMPLES: u8 = 6;

/// The first page.
#[component]
pub fn HomePage() -> impl IntoView {
    let texts = texts();
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
    let asked = Wizard::parse(&query.unwrap_or_default());
    let rejected = use_context::<Rejected>();
    let (text, target, sentence) = match rejected {
        Some(rejected) => (rejected.text, rejected.target, Some(rejected.sentence)),
        None => (asked.case.text.unwrap_or_default(), asked.case.target.unwrap_or_default(), None),
    };
    view! {
        <Title text=texts.t("home-title") />
        <div class="wrap home">
            <section class="hero" aria-labelledby="hero">
                <BrokenLine />
                <h1 id="hero">{texts.t("hero")}</h1>
                <p class="lead">{texts.t("tagline")}</p>
                <form class="card start" method="post" action="/start" data-start="1">
                    <DraftBox
                        text
                        target
                        error=sentence.unwrap_or_default()
                        knowledge=knowledge_path()
                        lang=texts.0
                        texts=draft_texts(texts)
                    />
                </form>
                <Examples texts />
                <p class="home-capture">
                    {texts.t("home-capture")} " " <a href="/capture">{texts.t("home-capture-link")}</a>
                </p>
            </section>
            <HowItWorks texts />
            <p class="privacy">
                <Icon name="shield" />
                <span>{texts.t("privacy")}</span>
            </p>
        </div>
        <CopyButtons />
    }
}

fn draft_texts(texts: Texts) -> DraftTexts {
    DraftTexts {
        label: texts.t("start-label"),
        hint: texts.t("start-hint"),
        placeholder: texts.t("start-placeholder"),
        target: texts.t("start-target"),
        target_hint: texts.t("start-target-hint"),
        button: texts.t("start-button"),
        restored: texts.t("draft-restored"),
        clear: texts.t("draft-clear"),
        recognised: texts.t("draft-recognised"),
        // The braces stay for the island, which knows the numbers.
        too_long: texts.with("too-long", &[("size", "{size}".into()), ("limit", "{limit}".into())]),
        binary: texts.t("binary-text"),
        empty: texts.t("empty-start"),
    }
}

#[component]
fn Examples(texts: Texts) -> impl IntoView {
    view! {
        <nav class="examples" aria-labelledby="examples">
            <h2 id="examples">{texts.t("examples-title")}</h2>
            <ul>
                {(1..=EXAMPLES)
                    .map(|n| {
                        let text = texts.t(&format!("example-{n}"));
                        let href = format!("/?{}", encode([("text", text.as_str())]));
                        view! {
                            <li>
                                <a class="chip" href=href>
                                    {texts.t(&format!("example-{n}-short"))}
                                </a>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </nav>
    }
}

#[component]
fn HowItWorks(texts: Texts) -> impl IntoView {
    view! {
        <section class="how" aria-labelledby="how">
            <h2 id="how" class="visually-hidden">{texts.t("how-title")}</h2>
            <ol>
                {["read", "ask", "answer"]
                    .into_iter()
                    .map(|part| {
                        view! {
                            <li>
                                <h3>{texts.t(&format!("how-{part}"))}</h3>
                                <p>{texts.t(&format!("how-{part}-text"))}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
}
