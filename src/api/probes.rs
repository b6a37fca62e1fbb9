//! Runs of live probes, as the pages see them.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use futures::StreamExt;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    evidence::Observation,
    probe::target::Target,
    server::{AppState, Config, ProbeRequest, Problem, client_address},
    ui::state::Wizard,
};

use super::{
    Desk,
    forms::{Asked, bad_target},
};

/// How long a form waits for its probes before it shows the page that looks again by itself.
/// Below the 30 s that a request may take.
const FORM_WAIT: Duration = Duration::from_secs(20);
/// How long a page waits for events that are there already.
const PAGE_WAIT: Duration = Duration::from_millis(50);
/// Longest silence that the page asks for, seconds: it covers the 60 s timers with room.
const SILENCE: u64 = 65;

/// The longest silence a run from the page keeps, seconds.
pub(super) fn silence(config: &Config) -> u64 {
    config.probe.max_idle.as_secs().min(SILENCE)
}

/// What a run has told so far.
pub(super) struct RunSoFar {
    /// Its events, as JSON.
    pub(super) events: Vec<Value>,
    /// What it observed; `None` as long as it goes on.
    pub(super) observations: Option<Vec<Observation>>,
}

impl Desk {
    /// What the run `id` has told; `None` where there is no such run.
    pub(super) async fn run_so_far(&self, id: &str) -> Option<RunSoFar> {
        self.follow(id, Instant::now() + PAGE_WAIT).await
    }

    async fn follow(&self, id: &str, until: Instant) -> Option<RunSoFar> {
        let listening = self.state.runs.listen(id, 0)?;
        let mut listening = std::pin::pin!(listening);
        let mut events = Vec::new();
        while let Ok(Some(event)) = timeout_at(until, listening.next()).await {
            if event.is_end {
                let observations = Some(observations(&events));
                return Some(RunSoFar { events, observations });
            }
            events.extend(serde_json::from_str(&event.data).ok());
        }
        Some(RunSoFar { events, observations: None })
    }
}

/// The observations among the events of a run. They come one by one, so that a run that was stopped
/// keeps what it had seen.
fn observations(events: &[Value]) -> Vec<Observation> {
    let is = |event: &Value, kind: &str| event.get("event").and_then(Value::as_str) == Some(kind);
    let single = |event: &Value| {
        let mut event = event.clone();
        event.as_object_mut()?.remove("event");
        serde_json::from_value(event).ok()
    };
    events.iter().filter(|event| is(event, "observation")).filter_map(single).collect()
}

/// `POST /probe`: starts the probes, waits a while, and goes on to what they saw. It is the way
/// without script; with script the page follows the run itself.
pub async fn probe(State(state): State<AppState>, request: Request) -> Result<Response, Problem> {
    let asked = Asked::read(&state, request).await?;
    let mut wizard = Wizard::parse(&asked.body);
    let typed = wizard.case.target.clone().unwrap_or_default();
    if let Err(invalid) = Target::parse(&typed) {
        return Err(bad_target(invalid.reason(asked.texts.0)));
    }
    let probes = state.probes.clone().ok_or_else(Problem::not_found)?;
    let wanted = ProbeRequest {
        target: typed,
        only: Vec::new(),
        idle_seconds: Some(silence(&state.config)),
        lang: Some(asked.texts.0),
    };
    let head = &asked.head;
    let client = client_address(&head.extensions, &head.headers, &state.config.proxy.trusted);
    let reserved = state.runs.reserve()?;
    let events = probes.start(wanted, client, reserved.cancel.clone()).await?;
    let id = state.runs.follow(reserved, events)?;
    asked.desk.follow(&id, Instant::now() + FORM_WAIT).await;
    wizard.probe = Some(id);
    Ok(Redirect::to(&wizard.href()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Source;

    #[test]
    fn observations_are_read_out_of_the_events() {
        let seen = Observation::seen("tcp.result", "connected", Source::Probe);
        let mut event = serde_json::to_value(&seen).unwrap();
        event.as_object_mut().unwrap().insert("event".to_owned(), "observation".into());
        let other = serde_json::json!({ "event": "started", "probe": "tcp" });
        assert_eq!(observations(&[other, event]), [seen]);
    }
}
