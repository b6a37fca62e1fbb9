//! The `path` probe: SYNs whose time to live runs out on the way, to the real port, and the same to
//! another port of the host that the policy allows.
//!
//! Routers answer a SYN that runs out with ICMP *time exceeded* (RFC 792, RFC 4443 §3.3), and the
//! kernel hands it to the socket that sent it, so no privilege is needed. A hop that answers for one
//! port and never again for the other is where that port is dropped.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use futures::stream::{self, StreamExt};
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::{
    permit::{Account, DialFailure, Permit, Shape},
    sys::Icmp,
};

/// Hops looked at, as far as W9 of the threat model allows.
const MAX_HOPS: u8 = 30;
/// Silent hops in a row after which the rest of the way is taken for silent too.
const SILENT: usize = 5;
/// How long one hop may take to answer. Shorter than a second, so that no SYN is sent twice.
const PER_HOP: Duration = Duration::from_millis(900);
/// Hops asked at once, and the pause between two SYNs: at most ten packets a second (W9).
const AT_ONCE: usize = 8;
const PAUSE: Duration = Duration::from_millis(100);
/// Ports to compare with, of those that the policy allows: what a host most likely lets somebody ask.
/// Refused tells as much as open.
pub(super) const OTHER_PORTS: [u16; 4] = [443, 80, 8443, 8080];
/// Hard limit of one trace.
const LIMIT: Duration = Duration::from_secs(14);

/// What came back for one time to live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A router says that the time to live ran out.
    Hop(Option<IpAddr>),
    /// The port let us in.
    Open,
    /// A RST.
    Refused,
    /// Another ICMP message: who, and what.
    Rejected(Icmp),
    /// Nothing.
    Silent,
    /// Nothing was sent: our own limits or routes.
    NotSent(String),
}

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) ttl: u8,
    pub(super) answer: Answer,
    pub(super) took: Duration,
}

impl Step {
    /// Whether nothing further away needs to be asked.
    fn is_end(&self) -> bool {
        matches!(
            self.answer,
            Answer::Open | Answer::Refused | Answer::Rejected(_) | Answer::NotSent(_)
        )
    }
}

/// The way to one port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) port: u16,
    pub(super) steps: Vec<Step>,
}

impl Way {
    /// Whether its end said anything at all.
    pub(super) fn is_answered(&self) -> bool {
        self.steps.last().is_some_and(Step::is_end)
    }
}

/// Traces to the permit's port. The steps come in order of distance; what lies behind the end of the
/// way is left out.
pub(super) async fn trace(permit: &Permit, ip: IpAddr) -> Way {
    let mut way = Way { port: permit.target().port(), steps: Vec::new() };
    let mut clock = interval(PAUSE);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let distances = stream::unfold((1..=MAX_HOPS, clock), |(mut rest, mut clock)| async move {
        let ttl = rest.next()?;
        clock.tick().await;
        Some((ttl, (rest, clock)))
    });
    let ask = |ttl| step(permit, ip, ttl);
    let mut steps = std::pin::pin!(distances.map(ask).buffered(AT_ONCE));
    let whole = async {
        while let Some(step) = steps.next().await {
            let ends = step.is_end();
            way.steps.push(step);
            let silent =
                way.steps.iter().rev().take_while(|step| step.answer == Answer::Silent).count();
            if ends || silent >= SILENT {
                break;
            }
        }
    };
    // What was asked until then is an answer too.
    let _ = timeout(LIMIT, whole).await;
    way
}

async fn step(permit: &Permit, ip: IpAddr, ttl: u8) -> Step {
    let start = Instant::now();
    let shape = Shape { ttl: Some(ttl), ..Shape::default() };
    let answer = match permit.dial_as(ip, PER_HOP, Account::Trace, shape).await {
        Ok(_) => Answer::Open,
        Err(error) => match (error.kind, error.icmp) {
            (DialFailure::Limit | DialFailure::NotFromHere, _) => Answer::NotSent(error.raw),
            (_, Some(icmp)) if icmp.is_time_exceeded() => Answer::Hop(icmp.from),
            (_, Some(icmp)) => Answer::Rejected(icmp),
            (DialFailure::Refused | DialFailure::Reset, None) => Answer::Refused,
            _ => Answer::Silent,
        },
    };
    Step { ttl, answer, took: start.elapsed() }
}
