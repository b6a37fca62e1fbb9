//! Runs of live probes, as the pages see them.

use std::time::Duration;

use futures::StreamExt;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use crate::{
    evidence::Observation,
    server::{ProbeRequest, Problem},
};

use super::{Desk, Visitor};

/// How long a form waits for its probes before it shows the page that looks again by itself.
/// Below the 30 s that a request may take.
const FORM_WAIT: Duration = Duration::from_secs(20);
/// How long a page waits for events that are there already.
const PAGE_WAIT: Duration = Duration::from_millis(50);
/// Longest silence that the page asks for, seconds: it covers the 60 s timers with room.
const SILENCE: u64 = 65;

/// A run of probes.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// What it has told so far, as JSON.
    pub events: Vec<Value>,
    /// What it observed; `None` as long as it goes on.
    pub observations: Option<Vec<Observation>>,
}

impl Desk {
    /// The longest silence that a run from a page keeps, seconds.
    pub fn longest_silence(&self) -> u64 {
        self.state.config.probe.max_idle.as_secs().min(SILENCE)
    }

    /// What the run `id` has told; `None` where there is no such run.
    pub async fn run(&self, id: &str) -> Option<Run> {
        self.follow(id, Instant::now() + PAGE_WAIT).await
    }

    /// Starts the probes `only`, or those that run unasked where it is empty, against `target`, waits a while for them, and gives the run's id. It is the
    /// way without script; with script the page follows the run itself.
    pub async fn probe(
        &self,
        target: String,
        only: Vec<String>,
        visitor: &Visitor,
    ) -> Result<String, Problem> {
        let probes = self.state.probes.clone().ok_or_else(Problem::not_found)?;
        let wanted = ProbeRequest {
            target,
            only,
            idle_seconds: Some(self.longest_silence()),
            lang: Some(visitor.lang),
        };
        let reserved = self.state.runs.reserve()?;
        let events = probes.start(wanted, visitor.client, reserved.cancel.clone()).await?;
        let id = self.state.runs.follow(reserved, events)?;
        self.follow(&id, Instant::now() + FORM_WAIT).await;
        Ok(id)
    }

    async fn follow(&self, id: &str, until: Instant) -> Option<Run> {
        let listening = self.state.runs.listen(id, 0)?;
        let mut listening = std::pin::pin!(listening);
        let mut run = Run { id: id.to_owned(), events: Vec::new(), observations: None };
        while let Ok(Some(event)) = timeout_at(until, listening.next()).await {
            if event.is_end {
                run.observations = Some(observations(&run.events));
                break;
            }
            run.events.extend(serde_json::from_str(&event.data).ok());
        }
        Some(run)
    }
}

/// The observations among the events of a run. They come one by one, so that a run that was stopped
/// keeps what it had seen.
pub fn observations(events: &[Value]) -> Vec<Observation> {
    let is = |event: &Value, kind: &str| event.get("event").and_then(Value::as_str) == Some(kind);
    let single = |event: &Value| {
        let mut event = event.clone();
        event.as_object_mut()?.remove("event");
        serde_json::from_value(event).ok()
    };
    events.iter().filter(|event| is(event, "observation")).filter_map(single).collect()
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
