//! Where the server meets the probes: its configuration becomes a policy, its visitors get tickets.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::http::StatusCode;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::probe::{
    self, Gate, MAX_IDLE, Plan, Probe,
    budget::{Budgets, Limits},
    own_addresses,
    policy::{Opening, Policy},
    resolve::DnsClient,
    rules::Rule,
    target::Target,
};

use super::{AllowRule, Config, ProbeConfig, ProbeRequest, ProbeStarter, Problem};

/// Events a run may be ahead of the registry.
const QUEUE: usize = 64;

/// The probes under the policy and the accounts of one server.
struct Live {
    gate: Gate,
    budgets: Budgets,
    max_idle: Duration,
}

/// The probes as `config` allows them; `None` where they are switched off.
pub fn starter(config: &Config) -> Option<Arc<dyn ProbeStarter>> {
    let probe = &config.probe;
    if !probe.enabled {
        return None;
    }
    let own = config.base_url.iter().map(|url| url.host().to_ascii_lowercase());
    let own: Vec<String> = own.chain(config.hosts.clone()).collect();
    let resolver = match probe.resolvers.as_slice() {
        [] => DnsClient::from_system(),
        servers => DnsClient::new(servers.to_vec()),
    };
    Some(Arc::new(Live {
        gate: Gate::new(Arc::new(policy(probe, own)), Arc::new(resolver)),
        budgets: Budgets::new(Limits::default()),
        max_idle: probe.max_idle.clamp(Duration::from_secs(1), MAX_IDLE),
    }))
}

fn policy(config: &ProbeConfig, own_names: Vec<String>) -> Policy {
    let opening = |rule: &AllowRule| Opening {
        cidr: rule.network,
        ports: if rule.ports.is_empty() { config.ports.clone() } else { rule.ports.clone() },
    };
    Policy {
        openings: config.allow.iter().map(opening).collect(),
        ports: config.ports.clone(),
        // Whoever opens a private network wants to name what is in it.
        private_names: !config.allow.is_empty(),
        allow_loopback: config.allow_loopback,
        own_addresses: own_addresses(),
        own_names,
        ..Policy::default()
    }
}

impl Live {
    fn begin(&self, request: &ProbeRequest, client: IpAddr) -> Result<probe::Run, Problem> {
        let target = Target::parse(&request.target).map_err(|invalid| {
            refusal(StatusCode::BAD_REQUEST, "invalid-target", invalid.rule())
        })?;
        let decision = self.gate.policy().decide(&target);
        if !decision.is_allowed() {
            return Err(refusal(StatusCode::FORBIDDEN, "target-not-allowed", decision.rule));
        }
        let mut plan = Plan::new(target);
        for name in &request.only {
            plan.only.push(Probe::parse(name).ok_or_else(|| unknown_probe(name))?);
        }
        let asked = request.idle_seconds.map_or(plan.max_idle, Duration::from_secs);
        plan.max_idle = asked.clamp(Duration::from_secs(1), self.max_idle);
        let ticket = self.budgets.admit(client, &plan.target).map_err(|busy| {
            refusal(StatusCode::TOO_MANY_REQUESTS, "too-many-probes", busy.rule)
                .retry_after(busy.retry_after)
        })?;
        Ok(probe::run(plan, self.gate.clone(), Some(ticket)))
    }
}

impl ProbeStarter for Live {
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
                loop {
                    let event = tokio::select! {
                        event = run.events.recv() => event,
                        // `Done` still comes after this.
                        () = cancel.cancelled(), if !run.cancel.is_cancelled() => {
                            run.cancel.cancel();
                            continue;
                        }
                    };
                    let Some(event) = event else { return };
                    let Ok(json) = serde_json::to_value(&event) else { continue };
                    // Nobody listens any more: dropping the run stops it.
                    if sender.send(json).await.is_err() {
                        return;
                    }
                }
            });
            Ok(events)
        })
    }
}

fn refusal(status: StatusCode, kind: &'static str, rule: Rule) -> Problem {
    Problem::from_text(status, kind, rule.text()).with("field", "target").with("rule", rule.id)
}

fn unknown_probe(name: &str) -> Problem {
    let known = Probe::ALL.map(Probe::as_str).join(", ");
    let shown: String = name.chars().take(40).flat_map(char::escape_debug).collect();
    Problem::new(
        StatusCode::BAD_REQUEST,
        "unknown-probe",
        format!("There is no probe `{shown}`; there are {known}."),
        format!("没有名为 `{shown}` 的探测；可用的有 {known}。"),
    )
    .with("field", "only")
}
