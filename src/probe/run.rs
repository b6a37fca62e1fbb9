//! A run: everything bounded and cancellable.
//!
//! In: a [`Plan`] and a [`Gate`]. Out: a stream of [`ProbeEvent`]s that always ends with `Done`.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    budget::Ticket,
    event::{ProbeEvent, Reporter},
    graph::Context,
    idle,
    kind::Probe,
    meter::Meter,
    permit::Gate,
    proxied::BLIND,
    target::Target,
    verify::Roots,
};

/// Beyond the limits of the probes: what they take to start, to report and to be cut off.
const GRACE: Duration = Duration::from_secs(10);
/// Events a slow reader may be behind before the run waits for it.
const QUEUE: usize = 256;

/// What to probe.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The target.
    pub target: Target,
    /// The probes to show; where empty, those that run unasked. What they rest on is run as well.
    pub only: Vec<Probe>,
    /// The longest silence of the idle test, 1 s to 5 min.
    pub max_idle: Duration,
    /// What a strict client would trust.
    pub roots: Roots,
    /// Whether the way leads through a proxy, which blinds some probes.
    pub(super) is_proxied: bool,
}

impl Plan {
    /// The standing probes of `target`, with the idle test up to 65 s and Mozilla's roots.
    pub fn new(target: Target) -> Self {
        let (only, roots) = (Vec::new(), Roots::new(&[]));
        Self { target, only, max_idle: idle::DEFAULT_IDLE, roots, is_proxied: false }
    }

    /// Whether `probe` is asked for and can show something.
    pub(super) fn wants(&self, probe: Probe) -> bool {
        self.asks(probe) && !(self.is_proxied && BLIND.contains(&probe))
    }

    /// Whether `probe` is asked for.
    pub(super) fn asks(&self, probe: Probe) -> bool {
        let asked = if self.only.is_empty() { &Probe::STANDING[..] } else { &self.only };
        asked.contains(&probe)
    }

    /// The longest the run may take.
    fn wall(&self) -> Duration {
        let max_idle = self.max_idle.min(idle::MAX_IDLE);
        let runs = |probe: &Probe| self.wants(*probe) || Probe::STANDING.contains(probe);
        let limits = Probe::ALL.into_iter().filter(runs).map(|probe| match probe {
            Probe::Idle if !self.wants(probe) => Duration::ZERO,
            _ => probe.limit(max_idle),
        });
        limits.sum::<Duration>() + GRACE
    }
}

/// A run under way. Dropping `events` or cancelling `cancel` stops it.
#[derive(Debug)]
pub struct Run {
    /// What it tells, `Done` last.
    pub events: mpsc::Receiver<ProbeEvent>,
    /// Stops it; `Done` still comes.
    pub cancel: CancellationToken,
    /// What it has used up.
    pub meter: Arc<Meter>,
}

/// Starts a run on the current tokio runtime. `ticket` is kept until the run ends.
pub fn run(mut plan: Plan, gate: Gate, ticket: Option<Ticket>) -> Run {
    plan.is_proxied = gate.is_proxied(&plan.target);
    let (sender, events) = mpsc::channel(QUEUE);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    let wall = plan.wall();
    let meter = Arc::new(Meter::new(wall));
    let account = Arc::clone(&meter);
    tokio::spawn(async move {
        let target = plan.target.clone();
        let gate = tokio::select! {
            gate = gate.clone().informed(&target, &account) => gate,
            () = stop.cancelled() => gate,
            () = sender.closed() => gate,
        };
        let reporter = Reporter::new(sender.clone(), gate.shared_policy(), plan.is_proxied);
        let context = Context { plan, gate, ticket: Mutex::new(ticket), reporter };
        let cancelled = tokio::select! {
            () = stop.cancelled() => true,
            () = sender.closed() => true,
            ended = timeout(wall, context.execute(&account)) => ended.is_err(),
        };
        let observations = context.reporter.observations();
        // Never wait for a reader here: the ticket must come back.
        let done = ProbeEvent::Done { observations, cancelled };
        let _ = timeout(Duration::from_secs(5), context.reporter.send(done)).await;
    });
    Run { events, cancel, meter }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_time_for_what_it_was_asked_for() {
        let mut plan = Plan::new(Target::parse("example.com").unwrap());
        assert!(plan.wall() > idle::DEFAULT_IDLE * 13 / 10 + Duration::from_mins(1));
        plan.only = vec![Probe::Tcp];
        assert!(plan.wall() < Duration::from_secs(75), "{:?}", plan.wall());
    }
}
