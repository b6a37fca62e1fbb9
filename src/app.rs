//! Shell and route table, all routes on one screen.

use axum::http::{StatusCode, request::Parts};
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};

use crate::ui::{
    components::{Footer, Header},
    i18n::{Texts, language_of},
    pages::{AboutProbesPage, DiagnosePage, HomePage, ProblemPage, ReportPage},
};

/// The texts in the language of the request that is being answered.
pub fn texts() -> Texts {
    let lang = use_context::<Parts>().map(|parts| language_of(&parts.uri, &parts.headers));
    Texts(lang.unwrap_or_default())
}

/// Every page. Each is rendered whole before its first byte leaves, so that its status is true.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let texts = texts();
    view! {
        <Router>
            <a class="skip" href="#main">{texts.t("skip-to-content")}</a>
            <Header texts />
            <main id="main" tabindex="-1">
                <Routes fallback=|| view! { <ProblemPage status=StatusCode::NOT_FOUND /> }>
                    <Route path=path!("") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("diagnose") view=DiagnosePage ssr=SsrMode::Async />
                    <Route path=path!("d/:token") view=ReportPage ssr=SsrMode::Async />
                    <Route path=path!("about-probes") view=AboutProbesPage ssr=SsrMode::Async />
                </Routes>
            </main>
            <Footer texts />
        </Router>
    }
}

/// The document around every page.
///
/// `options` name the script, the style and their folder. The script goes only to pages that hold an
/// island; the others ship none at all.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let texts = texts();
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    let lively = use_context::<Parts>().is_some_and(|parts| has_islands(parts.uri.path()));
    view! {
        <!DOCTYPE html>
        <html lang=texts.0.tag()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="description" content=texts.t("tagline") />
                <link rel="stylesheet" href=style />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {lively.then(|| view! { <HydrationScripts options islands=true /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

fn has_islands(path: &str) -> bool {
    path == "/" || path == "/diagnose" || path.starts_with("/d/")
}
