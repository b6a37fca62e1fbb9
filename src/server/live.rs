//! The live probes behind the web: `probe` under the policy of the configuration.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    knowledge::Text,
    probe::{
        self, Gate, Plan, Probe,
        budget::{Budgets, Limits},
        own_addresses,
        policy::{Opening, Policy},
        resolve::DnsClient,
        target::Target,
    },
};

use super::{Config, ProbeRequest, ProbeStarter, Problem};

/// Events a slow page may be behind before the run waits for it.
const QUEUE: usize = 64;

/// Starts runs for visitors: judged, counted, and pinned to what was judged.
pub struct LiveProbes {
    gate: Gate,
    budgets: Budgets,
    longest_silence: Duration,
}

impl LiveProbes {
    /// The probes as `config` allows them.
    pub fn new(config: &Config) -> Self {
        let settings = &config.probe;
        let openings = settings.allow.iter();
        let openings =
            openings.map(|rule| Opening { cidr: rule.network, ports: rule.ports.clone() });
        let base = config.base_url.as_ref().map(|url| url.host().to_lowercase());
        let policy = Policy {
            openings: openings.collect(),
            ports: settings.ports.clone(),
            allow_loopback: settings.allow_loopback,
            own_addresses: own_addresses(),
            own_names: base.into_iter().chain(config.hosts.clone()).collect(),
            ..Policy::default()
        };
        let resolver = if settings.resolvers.is_empty() {
            DnsClient::from_system()
        } else {
            DnsClient::new(settings.resolvers.clone())
        };
        Self {
            gate: Gate::new(Arc::new(policy), Arc::new(resolver)),
            budgets: Budgets::new(Limits::default()),
            longest_silence: settings.max_idle.min(probe::MAX_IDLE),
        }
    }

    fn begin(&self, request: &ProbeRequest, client: IpAddr) -> Result<probe::Run, Problem> {
        let target = Target::parse(&request.target).map_err(|invalid| {
            let rule = invalid.rule();
            Problem::from_text(StatusCode::BAD_REQUEST, "target", rule.text()).with("rule", rule.id)
        })?;
        let decision = self.gate.policy().decide(&target);
        if !decision.is_allowed() {
            let text = decision.rule.text();
            return Err(Problem::from_text(StatusCode::FORBIDDEN, "target-denied", text)
                .with("rule", decision.rule.id));
        }
        let only = named(&request.only)?;
        let ticket = self.budgets.admit(client, &target).map_err(|busy| {
            Problem::from_text(StatusCode::TOO_MANY_REQUESTS, "too-many", busy.rule.text())
                .retry_after(busy.retry_after)
        })?;
        let mut plan = Plan::new(target);
        plan.only = only;
        let wanted = request.idle_seconds.map_or(plan.max_idle, Duration::from_secs);
        plan.max_idle = wanted.clamp(Duration::from_secs(1), self.longest_silence);
        Ok(probe::run(plan, self.gate.clone(), Some(ticket)))
    }
}

fn named(names: &[String]) -> Result<Vec<Probe>, Problem> {
    let known = |name: &String| {
        Probe::parse(name).ok_or_else(|| {
            Problem::from_text(
                StatusCode::BAD_REQUEST,
                "unknown-probe",
                Text {
                    en: format!("There is no probe `{name}`; see `hangup probe --list`."),
                    zh: format!("没有名为 `{name}` 的探测；请查看 `hangup probe --list`。"),
                },
            )
        })
    };
    names.iter().map(known).collect()
}

impl ProbeStarter for LiveProbes {
    fn start(
        &self,
        request: ProbeRequest,
        client: IpAddr,
        cancel: CancellationToken,
    ) -> BoxFuture<'_, Result<mpsc::Receiver<Value>, Problem>> {
        Box::pin(async move {
            let mut run = self.begin(&request, client)?;
            let (sender, events) = mpsc::channel(QUEUE);
            tokio::spawn(async move {
                let stopping = async {
                    cancel.cancelled().await;
                    run.cancel.cancel();
                    std::future::pending::<()>().await;
                };
                let passing = async {
                    while let Some(event) = run.events.recv().await {
                        let Ok(event) = serde_json::to_value(&event) else { continue };
                        if sender.send(event).await.is_err() {
                            return;
                        }
                    }
                };
                // Whichever way this ends, dropping the run stops its probes.
                tokio::select! {
                    () = stopping => {}
                    () = passing => {}
                }
            });
            Ok(events)
        })
    }
}
