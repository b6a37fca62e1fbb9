//! Every route on one screen, and the order of what a request passes on its way in and out.

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, generate_route_list_with_ssg};
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use super::{
    assets, diagnoses, guesses, headers, language, limits, link_api, link_events, openapi, origin,
    probes,
    problem::{self, Problem},
    state::AppState,
    telemetry,
};
use crate::app::{App, form_routes, shell};

/// What is served beside the pages; the description of the API is held to this list.
#[cfg(test)]
pub(super) const API_ROUTES: [&str; 15] = [
    "/api/v1/diagnoses",
    "/api/v1/diagnoses/{token}",
    "/api/v1/diagnoses/{token}/answers",
    "/api/v1/diagnoses/{token}/checks",
    "/api/v1/diagnoses/{token}/comments",
    "/api/v1/diagnoses/{token}/events",
    "/api/v1/diagnoses/{token}/observations",
    "/api/v1/sealed",
    "/api/v1/probes",
    "/api/v1/probes/{id}",
    "/api/v1/probes/{id}/events",
    "/api/openapi.json",
    "/healthz",
    "/readyz",
    "/metrics",
];

/// The whole web application.
pub fn router(state: AppState) -> Router {
    let (pages, _) = generate_route_list_with_ssg(App);
    let context = page_context(state.clone());
    let page = {
        let options = state.options.clone();
        move || shell(options.clone())
    };
    Router::new()
        .route("/api/v1/diagnoses", post(diagnoses::create))
        .route("/api/v1/diagnoses/{token}", get(diagnoses::read).delete(diagnoses::delete))
        .route("/api/v1/diagnoses/{token}/answers", post(link_api::answers))
        .route("/api/v1/diagnoses/{token}/checks", post(link_api::checks))
        .route("/api/v1/diagnoses/{token}/comments", post(link_api::comments))
        .route("/api/v1/diagnoses/{token}/events", get(link_events::follow))
        .route("/api/v1/diagnoses/{token}/observations", post(link_api::observations))
        .route("/api/v1/sealed", post(link_api::seal))
        .route("/api/v1/probes", post(probes::create))
        .route("/api/v1/probes/{id}", axum::routing::delete(probes::cancel))
        .route("/api/v1/probes/{id}/events", get(probes::events))
        .route("/api/openapi.json", get(openapi::serve))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        // The pages of `app.rs` and the forms of `api/` come in here, and only here.
        .merge(form_routes(&state, context.clone()))
        .leptos_routes_with_context(&state, pages, context.clone(), page.clone())
        .route("/api/{*unknown}", any(|| async { Problem::not_found() }))
        .fallback(move |request: Request| file_or_page(request, context.clone(), page.clone()))
        .method_not_allowed_fallback(|| async { not_that_method() })
        // A request passes these from the last to the first.
        .layer(from_fn(language::remember))
        .layer(DefaultBodyLimit::max(state.config.limits.body_bytes))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(from_fn_with_state(state.clone(), guesses::slow_down))
        .layer(from_fn_with_state(state.clone(), limits::bound))
        .layer(from_fn_with_state(state.clone(), origin::guard))
        .layer(from_fn(problem::render))
        .layer(from_fn(headers::add))
        .layer(from_fn_with_state(state.clone(), telemetry::observe))
        .with_state(state)
}

/// What a page or a server function finds in its context: [`AppState`], the visitor's
/// [`Lang`](crate::knowledge::Lang), and the head of the request.
fn page_context(state: AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    move || {
        provide_context(state.clone());
        if let Some(parts) = use_context::<axum::http::request::Parts>() {
            provide_context(language::negotiate(&parts.uri, &parts.headers));
        }
        headers::provide_page_policy();
    }
}

/// A file of the site, else the application's own page for what does not exist.
async fn file_or_page<V: leptos::IntoView + 'static>(
    request: Request,
    context: impl Fn() + Clone + Send + Sync + 'static,
    page: impl Fn() -> V + Clone + Send + Sync + 'static,
) -> Response {
    if let Some(file) = assets::file(request.uri(), request.headers()) {
        return file;
    }
    let rendered = leptos_axum::render_app_to_stream_with_context(context, page)(request).await;
    let mut response = rendered.into_response();
    if response.status().is_success() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

async fn ready(State(state): State<AppState>) -> Result<&'static str, Problem> {
    if state.stopping.is_cancelled() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "The server is stopping.",
            "服务器正在停止。",
        ));
    }
    state.store.ping().await?;
    Ok("ready\n")
}

async fn metrics(State(state): State<AppState>) -> Response {
    ([("content-type", "text/plain; version=0.0.4; charset=utf-8")], state.metrics.text())
        .into_response()
}

fn not_that_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        "That method is not possible at this address; see /api/openapi.json.",
        "该地址不支持此方法；参见 /api/openapi.json。",
    )
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "router_guard_tests.rs"]
mod guard_tests;

#[cfg(test)]
#[path = "router_bounds_tests.rs"]
mod bounds_tests;
