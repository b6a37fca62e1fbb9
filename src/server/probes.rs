//! `/api/v1/probes`: start live probes, follow them as server-sent events, cancel them.
//!
//! Who may be looked at, and how often, the probes decide themselves: see [`ProbeStarter`].

use std::{convert::Infallible, net::IpAddr};

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::{StreamExt, future::BoxFuture};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    client::client_address, extract::Path, json, language::negotiate, problem::Problem,
    runs::RunEvent, state::AppState,
};
use crate::knowledge::Lang;

/// Bytes of a request for probes: a host name of 253 bytes and a few words.
const REQUEST_BYTES: usize = 16 * 1024;

/// What a visitor asks the probes for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProbeRequest {
    /// Host and port, as typed; hostile text.
    pub target: String,
    /// Names of the probes to run; all that suit the target where empty.
    #[serde(default)]
    pub only: Vec<String>,
    /// The longest silence to hold, seconds; the default of the idle-hold probe where absent.
    #[serde(default)]
    pub idle_seconds: Option<u64>,
    /// Language of the findings; that of the request where absent.
    #[serde(default)]
    pub lang: Option<Lang>,
}

/// Starts live probes. The one place where the web meets the probes.
pub trait ProbeStarter: Send + Sync + 'static {
    /// Judges the target under the policy and the budgets, and starts the probes.
    ///
    /// Gives the events as they come, each as JSON; they end when the sender is dropped. The
    /// probes stop soon after `cancel` is set. A refusal is a [`Problem`], made before any packet.
    fn start(
        &self,
        request: ProbeRequest,
        client: IpAddr,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<mpsc::Receiver<Value>, Problem>>;
}

/// `POST /api/v1/probes`
pub(super) async fn create(
    State(state): State<AppState>,
    request: Request<Body>,
) -> Result<Response, Problem> {
    let probes = state.probes.clone().ok_or_else(switched_off)?;
    let client =
        client_address(request.extensions(), request.headers(), &state.config.proxy.trusted);
    let lang = negotiate(request.uri(), request.headers());
    let mut request: ProbeRequest = json::read(request, REQUEST_BYTES).await?;
    request.lang.get_or_insert(lang);
    let reserved = state.runs.reserve()?;
    let started = probes.start(request, client, reserved.cancel.clone()).await;
    let events = started.inspect_err(|_| state.metrics.probes_refused.up())?;
    let id = state.runs.follow(reserved, events)?;
    let answer = json!({ "id": id, "events": format!("/api/v1/probes/{id}/events") });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// `GET /api/v1/probes/{id}/events`, from the start or from `Last-Event-ID`.
pub(super) async fn events(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let events = state.runs.listen(&id, last.unwrap_or(0)).ok_or_else(Problem::not_found)?;
    let events = events.map(|event| Ok::<_, Infallible>(sse(&event)));
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// `DELETE /api/v1/probes/{id}`
pub(super) async fn cancel(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if state.runs.cancel(&id) { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found()) }
}

fn sse(event: &RunEvent) -> Event {
    let sent = Event::default().id(event.number.to_string()).data(&event.data);
    // A browser reconnects for ever unless the page closes the stream at this event.
    if event.is_end { sent.event("end") } else { sent }
}

pub(super) fn switched_off() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "probes-off",
        "Live probes are switched off on this server. Everything else works; run the checks yourself and paste their output.",
        "此服务器已关闭实时探测。其他功能可用；请自行运行检查命令并粘贴输出。",
    )
}
