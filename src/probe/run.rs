//! A run: which probes depend on which, and everything bounded and cancellable.
//!
//! In: a [`Plan`] and a [`Gate`]. Out: a stream of [`ProbeEvent`]s that always ends with `Done`.
//! Invariant: a failed parent makes its children not visible, never failed.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::UnixTime;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{
    answer, banner,
    budget::Ticket,
    dns,
    event::{Finding, Probe, ProbeEvent, Reporter},
    hold::Speech,
    http, idle,
    meter::Meter,
    permit::{Gate, Permit, Refusal},
    protocol::Protocol,
    rules::Rule,
    target::{Scheme, Target},
    tcp, tls,
    verify::Roots,
};

/// Time for everything but the idle test: DNS 5 s, TCP 5 s, banner 13 s, TLS 15 s, HTTP 15 s.
const QUICK: Duration = Duration::from_mins(1);
/// Events a slow reader may be behind before the run waits for it.
const QUEUE: usize = 256;

/// What to probe.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The target.
    pub target: Target,
    /// The probes to show; all where empty. What they rest on is run as well.
    pub only: Vec<Probe>,
    /// The longest silence of the idle test, 1 s to 5 min.
    pub max_idle: Duration,
    /// What a strict client would trust.
    pub roots: Roots,
}

impl Plan {
    /// Every probe of `target`, with the idle test up to 65 s and Mozilla's roots.
    pub fn new(target: Target) -> Self {
        Self { target, only: Vec::new(), max_idle: idle::DEFAULT_IDLE, roots: Roots::new(&[]) }
    }

    fn wants(&self, probe: Probe) -> bool {
        self.only.is_empty() || self.only.contains(&probe)
    }
}

/// A run under way. Dropping `events` or cancelling `cancel` stops it.
#[derive(Debug)]
pub struct Run {
    /// What it tells, `Done` last.
    pub events: mpsc::Receiver<ProbeEvent>,
    /// Stops it; `Done` still comes.
    pub cancel: CancellationToken,
}

/// Starts a run on the current tokio runtime. `ticket` is kept until the run ends.
pub fn run(plan: Plan, gate: Gate, ticket: Option<Ticket>) -> Run {
    let (sender, events) = mpsc::channel(QUEUE);
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    tokio::spawn(async move {
        // The idle test may need a second round to narrow the cut-off down.
        let wall = QUICK + 2 * plan.max_idle.min(idle::MAX_IDLE) + Duration::from_secs(20);
        let reporter = Reporter::new(sender.clone());
        let mut context = Context { plan, gate, ticket, reporter };
        let cancelled = tokio::select! {
            () = stop.cancelled() => true,
            () = sender.closed() => true,
            ended = timeout(wall, context.execute(wall)) => ended.is_err(),
        };
        let observations = context.reporter.observations();
        // Never wait for a reader here: the ticket must come back.
        let done = ProbeEvent::Done { observations, cancelled };
        let _ = timeout(Duration::from_secs(5), context.reporter.send(done)).await;
    });
    Run { events, cancel }
}

struct Context {
    plan: Plan,
    gate: Gate,
    ticket: Option<Ticket>,
    reporter: Reporter,
}

/// How the port is spoken to, as far as is known.
enum Spoken {
    Web(Scheme),
    Plain(Protocol),
}

const NO_LOOKUP: (&str, &str) = ("no lookup was needed", "不需要解析域名");
const NO_NAME: (&str, &str) = ("the name has no usable address", "域名没有可用的地址");
const NO_TCP: (&str, &str) =
    ("no TCP connection, so nothing can be seen above it", "TCP 都连不上，上层看不到");
const NO_TLS: (&str, &str) =
    ("no TLS session, so nothing can be seen above it", "TLS 没有建立，上层看不到");
const NOT_ALLOWED: (&str, &str) = ("this target may not be probed", "不允许探测这个目标");

impl Context {
    async fn execute(&mut self, wall: Duration) {
        let meter = Arc::new(Meter::new(wall));
        let Some(permit) = self.resolve(&meter).await else { return };
        let others = [Probe::Tcp, Probe::Tls, Probe::Http, Probe::Idle, Probe::Banner];
        if !others.into_iter().any(|probe| self.plan.wants(probe)) {
            return;
        }
        let Some(ip) = self.connect(&permit).await else { return };
        let spoken = self.find_protocol(&permit, ip).await;
        match spoken {
            Spoken::Web(scheme) => self.web(&permit, ip, scheme).await,
            Spoken::Plain(protocol) => {
                let why = ("the port speaks another protocol", "这个端口说的是别的协议");
                self.hide(&[Probe::Tls, Probe::Http], why).await;
                if self.plan.wants(Probe::Idle) && self.may_hold().await {
                    self.idle(&permit, ip, Speech::Plain(protocol)).await;
                }
            }
        }
    }

    /// Gets the permit and tells what the lookup said.
    async fn resolve(&mut self, meter: &Arc<Meter>) -> Option<Permit> {
        let shown = self.plan.wants(Probe::Dns);
        let is_name = self.plan.target.name().is_some();
        let started = Instant::now();
        if shown && is_name {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Dns }).await;
        }
        let result = self.gate.permit(&self.plan.target, meter).await;
        let lookups = match &result {
            Ok(permit) => permit.lookups(),
            Err(refusal) => &refusal.lookups,
        };
        // The answers of a refused target stay private, except that there are none.
        let tell = result.as_ref().map_or_else(Refusal::is_lookup_failure, |_| true);
        if shown && !lookups.is_empty() && tell {
            self.reporter.publish(Probe::Dns, started, dns::interpret(lookups)).await;
        } else if shown {
            let (en, zh) = if tell { NO_LOOKUP } else { NOT_ALLOWED };
            self.reporter.not_visible(Probe::Dns, en, zh).await;
        }
        let rest = [Probe::Tcp, Probe::Tls, Probe::Http, Probe::Idle, Probe::Banner];
        match result {
            Ok(permit) => {
                let port = self.plan.target.port();
                if let Some(ticket) = &mut self.ticket
                    && let Err(busy) = ticket.charge_addresses(permit.addresses(), port)
                {
                    self.refuse(busy.rule).await;
                    return None;
                }
                Some(permit)
            }
            Err(refusal) if refusal.is_lookup_failure() => {
                self.hide(&rest, NO_NAME).await;
                None
            }
            Err(refusal) => {
                self.refuse(refusal.rule).await;
                self.hide(&rest, NOT_ALLOWED).await;
                None
            }
        }
    }

    async fn refuse(&self, rule: Rule) {
        let (rule, text) = (rule.id.to_owned(), rule.text());
        self.reporter.send(ProbeEvent::Refused { rule, text }).await;
    }

    /// Marks the wanted ones among `probes` as not visible.
    async fn hide(&self, probes: &[Probe], why: (&str, &str)) {
        for probe in probes.iter().filter(|probe| self.plan.wants(**probe)) {
            self.reporter.not_visible(*probe, why.0, why.1).await;
        }
    }

    /// Connects to every address; returns the one to go on with.
    async fn connect(&self, permit: &Permit) -> Option<IpAddr> {
        let shown = self.plan.wants(Probe::Tcp);
        let started = Instant::now();
        if shown {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Tcp }).await;
        }
        let attempts = tcp::send(permit).await;
        if shown {
            self.reporter.publish(Probe::Tcp, started, tcp::interpret(&attempts)).await;
        }
        let best = tcp::best(&attempts);
        if best.is_none() {
            self.hide(&[Probe::Banner, Probe::Tls, Probe::Http, Probe::Idle], NO_TCP).await;
        }
        best
    }

    /// By the URL's scheme, by the port, or by listening.
    async fn find_protocol(&self, permit: &Permit, ip: IpAddr) -> Spoken {
        let target = permit.target();
        let by_port = match target.port() {
            443 | 8443 => Some(Scheme::Https),
            80 | 8080 => Some(Scheme::Http),
            _ => None,
        };
        if let Some(scheme) = target.scheme().or(by_port) {
            let why = ("an HTTP server sends no greeting", "HTTP 服务不发问候语");
            self.hide(&[Probe::Banner], why).await;
            return Spoken::Web(scheme);
        }
        let shown = self.plan.wants(Probe::Banner);
        let started = Instant::now();
        if shown {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Banner }).await;
        }
        let said = banner::send(permit, ip).await;
        if shown {
            let reading = banner::interpret(&said, target.port());
            self.reporter.publish(Probe::Banner, started, reading).await;
        }
        let expected = Protocol::of_port(target.port());
        match banner::recognise(&said.bytes, target.port()).map(|greeting| greeting.protocol) {
            Some(Protocol::Http) => Spoken::Web(Scheme::Https),
            Some(protocol) => Spoken::Plain(protocol),
            None if expected != Protocol::Unknown || !said.bytes.is_empty() => {
                Spoken::Plain(expected)
            }
            // It waits for the client: TLS is tried, then plain HTTP.
            None => Spoken::Web(Scheme::Https),
        }
    }

    async fn web(&mut self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        let mut scheme = scheme;
        if scheme == Scheme::Http {
            self.hide(&[Probe::Tls], ("the address is plain HTTP", "这是明文 HTTP 地址")).await;
        } else {
            // Asked for TLS by its URL or its port; of other ports nobody said that they speak it.
            let is_due =
                permit.target().scheme().is_some() || matches!(permit.target().port(), 443 | 8443);
            match self.tls(permit, ip, is_due).await {
                tls::Ending::Complete => {}
                _ if !is_due => scheme = Scheme::Http,
                _ => {
                    self.hide(&[Probe::Http, Probe::Idle], NO_TLS).await;
                    return;
                }
            }
        }
        let idle = self.plan.wants(Probe::Idle) && self.may_hold().await;
        let this = &*self;
        tokio::join!(
            async {
                if this.plan.wants(Probe::Http) {
                    this.http(permit, ip, scheme).await;
                }
            },
            async {
                if idle {
                    this.idle(permit, ip, Speech::Http(scheme)).await;
                }
            }
        );
    }

    /// Shakes hands. Where TLS is not due, a port that does not speak it is no fault.
    async fn tls(&self, permit: &Permit, ip: IpAddr, is_due: bool) -> tls::Ending {
        let shown = self.plan.wants(Probe::Tls);
        let started = Instant::now();
        if shown {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Tls }).await;
        }
        let handshake = tls::send(permit, ip).await;
        if shown && !is_due && handshake.ending != tls::Ending::Complete {
            self.hide(&[Probe::Tls], ("the port does not speak TLS", "这个端口不是 TLS")).await;
        } else if shown {
            let host = permit.target().host();
            let reading = tls::interpret(&handshake, host, UnixTime::now(), &self.plan.roots);
            self.reporter.publish(Probe::Tls, started, reading).await;
        }
        handshake.ending
    }

    async fn http(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        let started = Instant::now();
        self.reporter.send(ProbeEvent::Started { probe: Probe::Http }).await;
        let hops = http::send(&self.gate, permit, ip, scheme).await;
        self.reporter.publish(Probe::Http, started, answer::interpret(&hops)).await;
    }

    /// Whether the instance has a place for one more idle test; says so where it has not.
    async fn may_hold(&mut self) -> bool {
        let Some(ticket) = &mut self.ticket else { return true };
        let Err(busy) = ticket.hold() else { return true };
        let text = busy.rule.text();
        self.reporter.not_visible(Probe::Idle, &text.en, &text.zh).await;
        false
    }

    async fn idle(&self, permit: &Permit, ip: IpAddr, speech: Speech) {
        let started = Instant::now();
        self.reporter.send(ProbeEvent::Started { probe: Probe::Idle }).await;
        let holds = idle::send(permit, ip, speech, self.plan.max_idle, &self.reporter).await;
        let mut reading = idle::interpret(&holds);
        if let Speech::Plain(_) = speech {
            let finding = Finding::new(
                "measured before login; after login other timers may hold",
                "这是登录前的测量；登录后可能是别的定时器",
            );
            reading.findings.push(finding);
        }
        self.reporter.publish(Probe::Idle, started, reading).await;
    }
}
