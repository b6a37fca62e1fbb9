//! Slows down whoever tries links one after the other: after too many that lead nowhere, every link
//! is refused for a while, right ones too, so that a hit cannot be told from a miss.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    client::client_address,
    state::AppState,
    windows::{bucket, too_often},
};

/// Where a token stands in the address.
const UNDER: [&str; 4] = ["/d/", "/manage/", "/compare", "/api/v1/diagnoses/"];

/// Counts links that lead nowhere.
pub(super) async fn slow_down(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if !UNDER.iter().any(|prefix| request.uri().path().starts_with(prefix)) {
        return next.run(request).await;
    }
    let trusted = &state.config.proxy.trusted;
    let client = bucket(client_address(request.extensions(), request.headers(), trusted));
    if let Some(wait) = state.links.misses.wait(&client) {
        return too_often(wait).into_response();
    }
    let response = next.run(request).await;
    if response.status() == StatusCode::NOT_FOUND {
        // Full: then the next one waits.
        let _counted = state.links.misses.take(&client);
    }
    response
}
