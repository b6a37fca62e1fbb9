//! Where the server meets the probes: its configuration becomes a policy, its visitors get tickets.

use std::{
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::Arc,
    time::Duration,
};

use axum::http::StatusCode;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::probe::{
    self, Gate, Plan, Probe,
    budget::{Budgets, Limits, TooMany},
    nat64::Known,
    own_addresses,
    policy::{Opening, Policy},
    resolve::DnsClient,
    rules::Rule,
    target::Target,
};

use super::{
    AllowRule, Config, ProbeRequest, ProbeStarter, Problem, config_values::BaseUrl, open_files,
};

/// Events a run may be ahead of the registry.
const QUEUE: usize = 64;

/// Files that one idle test and what runs beside it hold open; W6 of the threat model gives all of
/// them a tenth of what the system allows.
const FILES_OF_A_HOLD: usize = 16;

/// The probes under the policy and the accounts of one server.
struct Live {
    policy: Policy,
    gate: Gate,
    /// Makes the same visitor the same word in the log, as long as this process runs, and no other.
    salt: RandomState,
    budgets: Budgets,
    max_idle: Duration,
}

/// The probes as `config` allows them; `None` where they are switched off.
pub fn starter(config: &Config) -> Option<Arc<dyn ProbeStarter>> {
    let probe = &config.probe;
    if !probe.enabled {
        return None;
    }
    let resolver = match probe.resolvers.as_slice() {
        [] => DnsClient::from_system(),
        servers => DnsClient::new(servers.to_vec()),
    };
    let policy = policy(config);
    let mut gate = Gate::new(Arc::new(policy.clone()), Arc::new(resolver));
    if probe.dns64 {
        gate = gate.with_dns64();
    }
    if let Some(proxy) = &probe.proxy {
        gate = gate.with_proxy(proxy.clone());
    }
    if let Some(url) = &config.base_url {
        gate = gate.with_about(&format!("{}/about-probes", url.origin()));
    }
    let holds = Limits::default().holds.min(open_files::raise_limit() / 10 / FILES_OF_A_HOLD);
    Some(Arc::new(Live {
        policy,
        gate,
        salt: RandomState::new(),
        budgets: Budgets::new(Limits { holds: holds.max(1), ..Limits::default() }),
        max_idle: probe.max_idle.max(Duration::from_secs(1)),
    }))
}

/// The policy that `config` makes, for all visitors together; [`Policy::seen_from`] makes it that of
/// one.
pub fn policy(config: &Config) -> Policy {
    let probe = &config.probe;
    let opening = |rule: &AllowRule| Opening {
        cidr: rule.network,
        ports: if rule.ports.is_empty() { probe.ports.clone() } else { rule.ports.clone() },
        from: rule.from.clone(),
    };
    let own =
        config.base_url.iter().map(BaseUrl::host).chain(config.hosts.iter().map(String::as_str));
    let own_names = own.map(|name| name.trim_end_matches('.').to_ascii_lowercase()).collect();
    let mut policy = Policy {
        openings: probe.allow.iter().map(opening).collect(),
        ports: probe.ports.clone(),
        // Whoever opens a private network wants to name what is in it.
        private_names: !probe.allow.is_empty(),
        allow_loopback: probe.allow_loopback,
        own_addresses: own_addresses(),
        nat64: probe.nat64_prefixes.iter().copied().map(Known::written).collect(),
        own_names,
        burst_wants_proof: !probe.burst_unproved,
        ..Policy::default()
    };
    probe.opt_out.iter().cloned().for_each(|entry| policy.opt_out(entry));
    policy
}

impl Live {
    fn begin(&self, request: &ProbeRequest, client: IpAddr) -> Result<probe::Run, Problem> {
        let target = Target::parse(&request.target).map_err(|invalid| {
            refusal(StatusCode::BAD_REQUEST, "invalid-target", invalid.rule())
        })?;
        let mut policy = self.policy.seen_from(client);
        // Interfaces come and go while a server runs.
        policy.own_addresses = own_addresses();
        let decision = policy.decide(&target);
        tracing::info!(
            client = format_args!("{:016x}", self.salt.hash_one(client)),
            target = target.normalized(),
            allowed = decision.is_allowed(),
            rule = decision.rule.id,
            "probe asked for"
        );
        if !decision.is_allowed() {
            return Err(refusal(StatusCode::FORBIDDEN, "target-not-allowed", decision.rule));
        }
        let mut plan = Plan::new(target);
        for name in &request.only {
            plan.only.push(Probe::parse(name).ok_or_else(|| unknown_probe(name))?);
        }
        let asked = request.idle_seconds.map_or(plan.max_idle, Duration::from_secs);
        plan.max_idle = asked.clamp(Duration::from_secs(1), self.max_idle);
        let too_many = |busy: TooMany| {
            refusal(StatusCode::TOO_MANY_REQUESTS, "too-many-probes", busy.rule)
                .retry_after(busy.retry_after)
        };
        let mut ticket = self.budgets.admit(client, &plan.target).map_err(too_many)?;
        // Asked for by name, a place is there or is not; among others the run tells it later.
        if plan.only.iter().any(|probe| probe.holds())
            && let Err(busy) = ticket.hold()
        {
            ticket.refund();
            return Err(too_many(busy));
        }
        Ok(probe::run(plan, self.gate.under(Arc::new(policy)), Some(ticket)))
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
