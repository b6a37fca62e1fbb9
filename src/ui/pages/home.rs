//! `/`: one box, one button.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::knowledge_path,
    ui::{
        components::{BrokenLine, Icon, draft_texts},
        i18n::{Texts, texts},
        islands::{CopyButtons, DraftBox},
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
    /// Whether the browser had masked the text.
    pub was_masked: bool,
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
    let Rejected { sentence, text, target, was_masked } = rejected.unwrap_or_else(|| Rejected {
        text: asked.case.text.unwrap_or_default(),
        target: asked.case.target.unwrap_or_default(),
        ..Rejected::default()
    });
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
                        error=sentence
                        was_masked
                        wide=false
                        read=None
                        knowledge=knowledge_path()
                        lang=texts.0
                        texts=draft_texts(texts, false)
                    />
                </form>
                <Examples texts />
                <nav class="tools" aria-label=texts.t("tools-label")>
                    <a href="/read">{texts.t("tools-read")}</a>
                    <a href="/capture">{texts.t("tools-capture")}</a>
                    <a href="/ladder">{texts.t("tools-ladder")}</a>
                </nav>
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
