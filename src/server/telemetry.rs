//! What the server says about itself, on stderr: lines for people or JSON for machines.
//!
//! Invariant: a path never reaches the log, only the template of its route; so no token does.

use std::{fmt::Write as _, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing_subscriber::EnvFilter;

use super::{config::LogConfig, config_values::LogFormat, state::AppState};

/// Starts logging as configured; an error names what is wrong with `log.level`.
///
/// A second call in one process changes nothing.
pub fn start(config: &LogConfig) -> Result<(), String> {
    let level = config.level.as_deref().unwrap_or("info");
    let filter = EnvFilter::try_new(level).map_err(|error| format!("`log.level`: {error}"))?;
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _already_started = match config.format {
        LogFormat::Text => subscriber.try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Counts and logs a request, and gives it an id by which its lines can be found.
pub(super) async fn observe(
    State(state): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id();
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    state.metrics.count_response(status);
    let route = route.as_ref().map_or("(other)", MatchedPath::as_str);
    let took_ms = started.elapsed().as_millis();
    tracing::info!(%method, route, status, took_ms = u64::try_from(took_ms).unwrap_or(u64::MAX), id, "answered");
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// 16 hexadecimal digits; zeros where the system gives no random bytes, since it is only a label.
fn request_id() -> String {
    let mut bytes = [0_u8; 8];
    let _only_a_label = getrandom::fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(16), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
