//! Shell and route table, all routes on one screen.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{Method, StatusCode, request::Parts},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use http_body_util::BodyExt;
use leptos::prelude::*;
use leptos_meta::{Meta, MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router as PageRouter, Routes},
    path,
};

use crate::{
    api::{self, Desk, Export, Problem, Visitor},
    knowledge::Lang,
    server::{AppState, Path, cut_off, negotiate},
    ui::{
        components::{Footer, Header},
        evidence::add_evidence,
        forms::{self, Laid, Start},
        forms_link,
        i18n::{Texts, texts},
        pages::{
            AboutProbesPage, AdminPage, Burned, CapturePage, ComparePage, DeletedPage,
            DiagnosePage, FromBrowserPage, HomePage, LadderPage, ManagePage, ProblemPage, ReadPage,
            ReportPage, ReportsPage,
        },
    },
};

/// Every page. Each is rendered whole before its first byte leaves, so that its status is true.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    if let Some(desk) = use_context::<AppState>().as_ref().and_then(Desk::of) {
        provide_context(match use_context::<Parts>() {
            Some(head) => desk.for_visitor(&head),
            None => desk,
        });
    }
    let texts = texts();
    // Here, and not in the page: what a page adds after it has waited may come too late for the head.
    let is_link = use_context::<Parts>().is_some_and(|parts| parts.uri.path().starts_with("/d/"));
    view! {
        {is_link.then(|| view! { <LinkCard texts /> })}
        <PageRouter>
            <a class="skip" href="#main">{texts.t("skip-to-content")}</a>
            <Header texts />
            <main id="main" tabindex="-1">
                <Routes fallback=|| view! { <ProblemPage status=StatusCode::NOT_FOUND /> }>
                    <Route path=path!("") view=HomePage ssr=SsrMode::Async />
                    <Route path=path!("diagnose") view=DiagnosePage ssr=SsrMode::Async />
                    <Route path=path!("probe/browser") view=FromBrowserPage ssr=SsrMode::Async />
                    <Route path=path!("capture") view=CapturePage ssr=SsrMode::Async />
                    <Route path=path!("d/:token") view=ReportPage ssr=SsrMode::Async />
                    <Route path=path!("manage/:token") view=ManagePage ssr=SsrMode::Async />
                    <Route path=path!("compare") view=ComparePage ssr=SsrMode::Async />
                    <Route path=path!("deleted") view=DeletedPage ssr=SsrMode::Async />
                    <Route path=path!("admin") view=AdminPage ssr=SsrMode::Async />
                    <Route path=path!("reports") view=ReportsPage ssr=SsrMode::Async />
                    <Route path=path!("read") view=ReadPage ssr=SsrMode::Async />
                    <Route path=path!("ladder") view=LadderPage ssr=SsrMode::Async />
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
    let pages = Pages { context: Arc::new(context), options: state.options.clone() };
    let (first, reader, chain, opening) = (pages.clone(), pages.clone(), pages.clone(), pages);
    let start =
        move |State(state): State<AppState>, request: Request| start(state, request, first.clone());
    let read = move |State(state): State<AppState>, request: Request| {
        read_text(state, request, reader.clone())
    };
    let ladder = move |State(state): State<AppState>, request: Request| {
        lay_ladder(state, request, chain.clone())
    };
    let open = move |State(state): State<AppState>, Path(token): Path<String>, request: Request| {
        open_once(state, token, request, opening.clone())
    };
    Router::new()
        .route("/start", post(start))
        .route("/read", post(read))
        .route("/ladder", post(ladder))
        .route("/add", post(forms::add))
        .route("/evidence", post(add_evidence))
        .route("/probe", post(forms::probe))
        .route("/probe/browser", post(forms::from_browser))
        .route("/save", post(forms::save))
        .route("/d/{token}/answers", post(forms_link::answers))
        .route("/d/{token}/observations", post(forms_link::observations))
        .route("/d/{token}/open", post(open))
        .route("/d/{token}/unlock", post(forms_link::unlock))
        .route("/d/{token}/verify", post(forms_link::verify))
        .route("/export", post(forms::export))
        .merge(file_routes())
        .route("/manage/{token}/delete", post(api::delete))
        .route("/admin/enter", post(api::operator::enter))
        .route("/admin/leave", post(api::operator::leave))
        .route("/admin/webhooks/test", post(api::operator::test_webhook))
        .route("/admin/learning/forget", post(api::operator::forget))
        .route(api::KNOWLEDGE_ROUTE, get(api::serve_knowledge))
}

/// The files of a saved report, beside its page.
fn file_routes() -> Router<AppState> {
    Export::ALL.into_iter().fold(Router::new(), |router, export| {
        let file = move |desk, visitor, token| api::export(desk, visitor, token, export);
        router.route(&format!("/d/{{token}}/{}", export.file()), get(file))
    })
}

/// What a form needs to answer with a page instead of an address.
#[derive(Clone)]
struct Pages {
    context: Arc<dyn Fn() + Send + Sync>,
    options: LeptosOptions,
}

impl Pages {
    /// The page at `path` with `own` in its context. The browser does not show that address:
    /// reloading asks whether to send the form again.
    async fn show<T: Clone + Send + Sync + 'static>(
        self,
        mut head: Parts,
        path: &str,
        status: StatusCode,
        own: T,
    ) -> Response {
        head.method = Method::GET;
        head.uri = path.parse().unwrap_or_default();
        let Self { context, options } = self;
        let context = move || {
            context();
            provide_context(own.clone());
        };
        let request = Request::from_parts(head, axum::body::Body::empty());
        let page = move || shell(options.clone());
        let render = leptos_axum::render_app_async_with_context(context, page);
        let mut response = render(request).await;
        if response.status() == StatusCode::OK {
            *response.status_mut() = status;
        }
        response
    }
}

/// Head, language, desk and body of a form; or the answer to one that cannot be read.
async fn form_of(
    state: &AppState,
    request: Request,
) -> Result<(Parts, Lang, Desk, Bytes), Problem> {
    let (head, body) = request.into_parts();
    let lang = negotiate(&head.uri, &head.headers);
    let desk = Desk::of(state).ok_or_else(Problem::not_found)?.for_visitor(&head);
    let body = body.collect().await.map_err(|_| cut_off())?;
    Ok((head, lang, desk, body.to_bytes()))
}

/// `POST /start`: goes on to the wizard, or shows the first page again with everything typed.
async fn start(state: AppState, request: Request, pages: Pages) -> Response {
    let (head, lang, desk, body) = match form_of(&state, request).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    match forms::read_start(&desk, lang, &body).await {
        Start::Go(address) => Redirect::to(&address).into_response(),
        Start::Again(status, rejected) => pages.show(head, "/", status, rejected).await,
    }
}

/// `POST /read`: the reader's page with what the text says.
async fn read_text(state: AppState, request: Request, pages: Pages) -> Response {
    let (head, lang, desk, body) = match form_of(&state, request).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    let (status, read) = forms::read_text(&desk, lang, &body).await;
    pages.show(head, "/read", status, read).await
}

/// `POST /ladder`: the address of the ladder, or the page itself.
async fn lay_ladder(state: AppState, request: Request, pages: Pages) -> Response {
    let (head, lang, desk, body) = match form_of(&state, request).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    match forms::lay_ladder(&desk, lang, &body) {
        Laid::Go(address) => Redirect::to(&address).into_response(),
        Laid::Here(status, form, refused) => {
            pages.show(head, "/ladder", status, (*form, refused)).await
        }
    }
}

/// `POST /d/{token}/open`: shows a report that burns, in the answer to the press that burned it.
async fn open_once(state: AppState, token: String, request: Request, pages: Pages) -> Response {
    let (head, _, desk, body) = match form_of(&state, request).await {
        Ok(form) => form,
        Err(problem) => return problem.into_response(),
    };
    let visitor = Visitor::of(&desk, &head);
    let password = forms_link::password_in(&body);
    match desk.burn(&token, &password, &visitor).await {
        Ok(opened) => {
            pages.show(head, &format!("/d/{token}"), StatusCode::OK, Burned(opened)).await
        }
        Err(trouble) => Problem::from(trouble).into_response(),
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
                {lively
                    .map(|options| {
                        view! {
                            <script nonce=use_nonce()>{HOLD}</script>
                            <HydrationScripts options islands=true />
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Keeps a form with pasted text back until the program that masks it is awake: at most 20 s, then
/// the page says so and the next press sends it as it is.
const HOLD: &str = "\
document.documentElement.classList.add('scripted');\
addEventListener('submit',function(e){\
var f=e.target,c=document.documentElement.classList,s=e.submitter,n=0;\
if(!f.querySelector('[data-masked],[data-config]')||c.contains('masking')||c.contains('unmasked'))return;\
e.preventDefault();e.stopImmediatePropagation();\
var t=setInterval(function(){\
if(c.contains('masking')){clearInterval(t);f.requestSubmit(s||undefined)}\
else if(++n>200){clearInterval(t);c.add('unmasked')}\
},100)},true)";

/// What a chat shows of a link: that it is a diagnosis, and nothing of what is in it. Links that lead
/// nowhere show the same.
#[component]
fn LinkCard(texts: Texts) -> impl IntoView {
    view! {
        <Meta name="robots" content="noindex, nofollow" />
        <Meta property="og:type" content="article" />
        <Meta property="og:site_name" content="Hangup" />
        <Meta property="og:title" content=texts.t("card-title") />
        <Meta property="og:description" content=texts.t("card-text") />
    }
}

/// The name of the program whose islands a page holds; `None` where it holds none.
fn program(path: &str) -> Option<&'static str> {
    match path {
        "/capture" => Some("capture-page"),
        "/" | "/diagnose" | "/ladder" | "/probe/browser" | "/read" => Some("hangup"),
        path => path.starts_with("/d/").then_some("hangup"),
    }
}
