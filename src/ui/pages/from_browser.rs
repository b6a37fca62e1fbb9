//! `/probe/browser`: the reader's own browser looks at the target, on a page that may reach that one
//! host and no other.

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::Desk,
    ui::{
        arrive::{Arrived, arrive},
        components::HiddenState,
        i18n::{Texts, texts},
        islands::{BrowserTexts, CopyButtons, FromBrowser},
        pages::problem::ProblemPage,
        state::Wizard,
    },
};

/// Asks for a target where there is none, says what would be sent where there is, and looks on a
/// click.
#[component]
pub fn FromBrowserPage() -> impl IntoView {
    let texts = texts();
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
    let wizard = Wizard::parse(&query.unwrap_or_default());
    let desk = expect_context::<Desk>();
    Suspend::new(async move {
        match arrive(&desk, Wizard { probe: None, ..wizard }).await {
            Ok(Arrived::Here(wizard, _)) => view! { <Look texts wizard=*wizard desk /> }.into_any(),
            Ok(Arrived::Moved(address)) => {
                leptos_axum::redirect(&address);
                ().into_any()
            }
            Err(trouble) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
        }
    })
}

#[component]
fn Look(texts: Texts, wizard: Wizard, desk: Desk) -> impl IntoView {
    let back = Wizard { at: None, ..wizard.clone() }.href();
    let judged = wizard.case.target.as_deref().map(|typed| desk.browser_target(typed));
    let refused = match &judged {
        Some(Err(trouble)) => Some(trouble.sentence.get(texts.0).to_owned()),
        _ => None,
    };
    let body = match judged {
        Some(Ok(target)) => {
            let here = format!("/probe/browser?{}", wizard.to_query());
            let may_warn = target.is_private.then(|| {
                view! { <p class="notice">{texts.t("browser-private")}</p> }
            });
            view! {
                <p>{texts.t("browser-intro")}</p>
                <ul class="sends">
                    <li>
                        {texts.t("browser-sends-requests")}" "<code>{target.url.clone()}</code>
                    </li>
                    <li>
                        {texts.t("browser-sends-socket")}" "<code>{target.socket_url.clone()}</code>
                    </li>
                </ul>
                <p class="muted">{texts.t("browser-sees-little")}</p>
                {may_warn}
                <noscript>
                    <p class="error">{texts.t("browser-needs-script")}</p>
                </noscript>
                <form method="post" action="/probe/browser">
                    <HiddenState wizard />
                    <FromBrowser
                        url=target.url
                        socket_url=target.socket_url
                        here
                        texts=browser_texts(texts)
                    />
                </form>
            }
            .into_any()
        }
        _ => view! { <AskForTarget texts wizard refused /> }.into_any(),
    };
    view! {
        <Title text=texts.t("browser-title") />
        <div class="wrap prose">
            <div class="card step">
                <h1>{texts.t("browser-title")}</h1>
                {body}
                <p class="row">
                    <a class="link-button" href=back>{texts.t("browser-back")}</a>
                </p>
            </div>
        </div>
        <CopyButtons />
    }
}

#[component]
fn AskForTarget(texts: Texts, wizard: Wizard, refused: Option<String>) -> impl IntoView {
    let value = wizard.case.target.clone();
    view! {
        <p>{texts.t("browser-ask")}</p>
        {refused.map(|why| view! { <p class="error" role="alert">{why}</p> })}
        <form class="field-row" method="get" action="/probe/browser">
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
    }
}

fn browser_texts(texts: Texts) -> BrowserTexts {
    let pattern = |id: &str, keys: &[&'static str]| {
        let keys: Vec<_> = keys.iter().map(|key| (*key, format!("{{{key}}}").into())).collect();
        texts.with(id, &keys)
    };
    BrowserTexts {
        go: texts.t("browser-go"),
        running: texts.t("browser-running"),
        stop: texts.t("probe-cancel"),
        take: texts.t("browser-take"),
        raw: texts.t("probe-raw"),
        answered: pattern("browser-answered", &["n", "seconds"]),
        failed: pattern("browser-failed", &["n", "seconds"]),
        no_answer: pattern("browser-no-answer", &["n", "seconds"]),
        redirected: pattern("browser-redirected", &["n", "seconds"]),
        phases: pattern("browser-phases", &["lookup", "connect", "wait"]),
        socket_open: pattern("browser-socket-open", &["seconds"]),
        socket_closed: pattern("browser-socket-closed", &["seconds", "code"]),
        socket_cut: pattern("browser-socket-cut", &["seconds"]),
        socket_failed: texts.t("browser-socket-failed"),
    }
}
