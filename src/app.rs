//! Shell and route table, all routes on one screen.

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http_body_util::BodyExt;
use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router as PageRouter, Routes},
    path,
};

use crate::{
    api::{self, Desk},
    server::{AppState, negotiate},
    ui::{
        components::{Footer, Header},
        evidence::add_evidence,
        forms::{self, Start},
        i18n::texts,
        pages::{
            AboutProbesPage, CapturePage, DeletedPage, DiagnosePage, HomePage, ManagePage,
            ProblemPage, ReportPage,
        },
    },
};

/// Every page. Each is rendered whole before its first byte leaves, so that its status is true.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    if let Some(desk) = use_context::<AppState>().as_ref().and_then(Desk::of) {
        provide_context(desk);
    }
    let texts = texts();
    view! {
        <PageRouter>
            <a class="skip" href="#main">{texts.t("skip-to-content")}</a>
            <Header texts />
            <main id="main" tabindex="-1">
                <Routes fallback=|| view! { <ProblemPage status=StatusCode::NOT_FOUND /> }>
                    <Route path=path!("") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("diagnose") view=DiagnosePage ssr=SsrMode::Async />
                    <Route path=path!("capture") view=CapturePage ssr=SsrMode::Async />
                    <Route path=path!("d/:token") view=ReportPage ssr=SsrMode::Async />
                    <Route path=path!("manage/:token") view=ManagePage ssr=SsrMode::Async />
                    <Route path=path!("deleted") view=DeletedPage ssr=SsrMode::Async />
                    <Route path=path!("about-probes") view=AboutProbesPage ssr=SsrMode::Async />
                </Routes>
            </main>
            <Footer texts />
        </PageRouter>
    }
}

/// What the forms of the pages are sent to, and the knowledge for the browser's engine.
///
/// `context` is what a page finds in its context: the first page comes back where a start is refused.
pub fn form_routes(
    state: &AppState,
    context: impl Fn() + Clone + Send + Sync + 'static,
) -> Router<AppState> {
    let options = state.options.clone();
    let start = move |State(state): State<AppState>, request: Request| {
        start(state, request, context.clone(), options.clone())
    };
    Router::new()
        .route("/start", post(start))
        .route("/add", post(forms::add))
        .route("/evidence", post(add_evidence))
        .route("/probe", post(forms::probe))
        .route("/save", post(forms::save))
        .route("/manage/{token}/delete", post(api::delete))
        .route(api::KNOWLEDGE_ROUTE, get(api::serve_knowledge))
}

/// `POST /start`: goes on to the wizard, or shows the first page again with everything typed.
async fn start(
    state: AppState,
    request: Request,
    context: impl Fn() + Clone + Send + Sync + 'static,
    options: LeptosOptions,
) -> Response {
    let (mut head, body) = request.into_parts();
    let lang = negotiate(&head.uri, &head.headers);
    let Some(desk) = Desk::of(&state) else { return StatusCode::NOT_FOUND.into_response() };
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    match forms::read_start(&desk, lang, &body).await {
        Start::Go(address) => Redirect::to(&address).into_response(),
        Start::Again(status, rejected) => {
            // Rendered as the first page, whose address the browser does not show: reloading asks
            // whether to send the form again, as for any refused form.
            head.method = Method::GET;
            head.uri = Uri::from_static("/");
            let context = move || {
                context();
                provide_context(rejected.clone());
            };
            let request = Request::from_parts(head, axum::body::Body::empty());
            let page = move || shell(options.clone());
            let render = leptos_axum::render_app_async_with_context(context, page);
            let mut response = render(request).await;
            *response.status_mut() = status;
            response
        }
    }
}

/// The document around every page.
///
/// `options` name the script, the style and their folder. The script goes only to pages that hold an
/// island; the others ship none at all.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let texts = texts();
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    let program = use_context::<Parts>().and_then(|parts| program(parts.uri.path()));
    let lively = program.map(|name| {
        let mut options = options;
        options.output_name = name.into();
        options
    });
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
                {lively.map(|options| view! { <HydrationScripts options islands=true /> })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The name of the program whose islands a page holds; `None` where it holds none.
fn program(path: &str) -> Option<&'static str> {
    match path {
        "/capture" => Some("capture-page"),
        "/" | "/diagnose" => Some("hangup"),
        path => path.starts_with("/d/").then_some("hangup"),
    }
}
