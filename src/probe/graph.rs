//! The graph of a run: which probes rest on which, and what goes on at once.
//!
//! In: the plan and the gate. Out: what the probes tell, through the reporter.
//! Invariant: a failed parent makes its children not visible, never failed; probes that do not rest
//! on each other run at once.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use super::{
    banner,
    budget::{Ticket, TooMany},
    conn::Conn,
    dns,
    event::{Finding, ProbeEvent, Reporter},
    hold::Speech,
    idle,
    kind::Probe,
    meter::Meter,
    permit::{Gate, Permit},
    protocol::Protocol,
    proxied::{BLIND, THROUGH},
    resolve::Lookup,
    rules::Rule,
    run::Plan,
    silence,
    target::Scheme,
    tcp,
    web::web_of,
};

/// One run, as its probes see it.
pub(super) struct Context {
    pub(super) plan: Plan,
    pub(super) gate: Gate,
    pub(super) ticket: Mutex<Option<Ticket>>,
    pub(super) reporter: Reporter,
}

/// Where the probes came to sit: the address, how it is spoken to, and how the connect went.
pub(super) struct Seat {
    pub(super) ip: IpAddr,
    pub(super) speech: Option<Speech>,
    pub(super) connect: String,
}

/// How the port is spoken to, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spoken {
    Web(Scheme),
    Plain(Protocol),
}

const NO_LOOKUP: (&str, &str) = ("no lookup was needed", "不需要解析域名");
const NO_NAME: (&str, &str) = ("the name has no usable address", "域名没有可用的地址");
const NO_TCP: (&str, &str) =
    ("no TCP connection, so nothing can be seen above it", "TCP 都连不上，上层看不到");
pub(super) const NO_TLS: (&str, &str) =
    ("no TLS session, so nothing can be seen above it", "TLS 没有建立，上层看不到");
const NOT_ALLOWED: (&str, &str) = ("this target may not be probed", "不允许探测这个目标");

/// Probes that are about HTTP alone.
const NEEDS_HTTP: [Probe; 7] = [
    Probe::Tls,
    Probe::Http,
    Probe::Reuse,
    Probe::Websocket,
    Probe::Halfclose,
    Probe::Http2,
    Probe::Mtu,
];

impl Context {
    /// Runs what the plan wants, on the account of `meter`.
    pub(super) async fn execute(&self, meter: &Arc<Meter>) {
        let started = Instant::now();
        let permit = self.resolve(meter, started).await;
        self.hide_blind().await;
        let Some(permit) = permit else { return };
        let lookup = self.looked_up(permit.lookups(), meter, started);
        if !Probe::ALL.into_iter().any(|probe| probe != Probe::Dns && self.plan.wants(probe)) {
            return lookup.await;
        }
        // The way is of interest most where nothing connects. The resolvers are compared meanwhile.
        let (seat, (), (), ()) =
            tokio::join!(self.connected(&permit), self.path(&permit), self.reset(&permit), lookup);
        // Alone and last: what a burst does to a server must not be seen by the other probes.
        match (seat.speech, seat.connect.as_str()) {
            (Some(speech), _) => self.burst(&permit, seat.ip, speech).await,
            (None, "connected") => self.hide(&[Probe::Burst], NO_TLS).await,
            // Hidden with all that rests on the connection.
            (None, _) => {}
        }
        self.canary(&permit, &seat).await;
    }

    /// What rests on a connection.
    async fn connected(&self, permit: &Permit) -> Seat {
        let (ip, connect, open) = self.connect(permit).await;
        let Some(ip) = ip else {
            let ip = permit.addresses().first().copied().unwrap_or(Ipv4Addr::UNSPECIFIED.into());
            return Seat { ip, speech: None, connect };
        };
        let speech = match self.find_protocol(permit, ip).await {
            Spoken::Web(scheme) => {
                // A handshake that stalls may do so for the size of its packets.
                let web = self.web(permit, ip, scheme, open);
                let (proved, ()) = tokio::join!(web, self.mtu(permit, ip, scheme));
                proved.map(Speech::Http)
            }
            Spoken::Plain(protocol) => {
                self.plain(permit, ip, protocol).await;
                Some(Speech::Plain(protocol))
            }
        };
        Seat { ip, speech, connect }
    }

    /// Gets the permit. What the lookups of a refused target said is told here.
    async fn resolve(&self, meter: &Arc<Meter>, started: Instant) -> Option<Permit> {
        let is_name = self.plan.target.name().is_some();
        if self.plan.wants(Probe::Dns) && is_name {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Dns }).await;
        }
        let result = self.gate.permit(&self.plan.target, meter).await;
        match &result {
            Err(refusal) if refusal.is_lookup_failure() => {
                self.looked_up(&refusal.lookups, meter, started).await;
            }
            // What a public name answers with is public, and a wrong answer is what somebody looks
            // for; inner addresses are masked by the reporter.
            Err(refusal) if self.plan.wants(Probe::Dns) => {
                let reading = dns::interpret(&refusal.lookups, &[], self.gate.policy());
                for finding in reading.findings {
                    self.reporter.finding(Probe::Dns, finding).await;
                }
                self.hide(&[Probe::Dns], NOT_ALLOWED).await;
            }
            Ok(_) | Err(_) => {}
        }
        match result {
            Ok(permit) => {
                let port = self.plan.target.port();
                let policy = self.gate.policy();
                let parties: Vec<IpAddr> =
                    permit.addresses().iter().map(|ip| policy.party(*ip)).collect();
                let charged = self.on_ticket(|ticket| ticket.charge_addresses(&parties, port));
                if let Err(busy) = charged {
                    self.refuse(busy.rule).await;
                    return None;
                }
                Some(permit)
            }
            Err(refusal) if refusal.is_lookup_failure() => {
                self.hide_above(Probe::Dns, NO_NAME).await;
                None
            }
            Err(refusal) => {
                self.refuse(refusal.rule).await;
                self.hide_above(Probe::Dns, NOT_ALLOWED).await;
                None
            }
        }
    }

    /// Tells what the lookups said, and how several resolvers compare.
    async fn looked_up(&self, lookups: &[Lookup], meter: &Arc<Meter>, started: Instant) {
        if !self.plan.wants(Probe::Dns) {
            return;
        }
        if lookups.is_empty() {
            return self.hide(&[Probe::Dns], NO_LOOKUP).await;
        }
        let compared = self.gate.compare(&self.plan.target, meter).await;
        let reading = dns::interpret(lookups, &compared, self.gate.policy());
        self.reporter.publish(Probe::Dns, started, reading).await;
    }

    /// Charges the visitor's ticket, where there is one.
    pub(super) fn on_ticket(
        &self,
        charge: impl FnOnce(&mut Ticket) -> Result<(), TooMany>,
    ) -> Result<(), TooMany> {
        let mut ticket = self.ticket.lock().unwrap_or_else(PoisonError::into_inner);
        ticket.as_mut().map_or(Ok(()), charge)
    }

    async fn refuse(&self, rule: Rule) {
        let (rule, text) = (rule.id.to_owned(), rule.text());
        self.reporter.send(ProbeEvent::Refused { rule, text }).await;
    }

    /// Marks the wanted ones among `probes` as not visible.
    pub(super) async fn hide(&self, probes: &[Probe], why: (&str, &str)) {
        for probe in probes.iter().filter(|probe| self.plan.wants(**probe)) {
            self.reporter.not_visible(*probe, why.0, why.1).await;
        }
    }

    /// Marks what was asked for and shows nothing through a proxy.
    async fn hide_blind(&self) {
        let asked = BLIND.into_iter().filter(|probe| self.plan.asks(*probe));
        for probe in asked.filter(|_| self.plan.is_proxied) {
            self.reporter.not_visible(probe, THROUGH.0, THROUGH.1).await;
        }
    }

    /// Marks what rests on `parent` as not visible.
    pub(super) async fn hide_above(&self, parent: Probe, why: (&str, &str)) {
        let above: Vec<Probe> =
            Probe::ALL.into_iter().filter(|probe| probe.is_above(parent)).collect();
        self.hide(&above, why).await;
    }

    /// Connects to every address; returns the one to go on with, and the word for all of them.
    ///
    /// Where the page is asked for right after it, the connection is kept for that.
    async fn connect(&self, permit: &Permit) -> (Option<IpAddr>, String, Option<Conn>) {
        let shown = self.plan.wants(Probe::Tcp);
        let started = Instant::now();
        if shown {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Tcp }).await;
        }
        let keep = self.plan.wants(Probe::Http) && web_of(permit.target()).is_some();
        let (attempts, open) = tcp::send(permit, keep).await;
        let reading = tcp::interpret(&attempts);
        let word = reading.outcome.clone();
        if shown {
            self.reporter.publish(Probe::Tcp, started, reading).await;
        }
        let best = tcp::best(&attempts);
        if best.is_none() {
            self.hide_above(Probe::Tcp, NO_TCP).await;
        }
        (best, word, open)
    }

    /// By the URL's scheme, by the port, or by listening.
    async fn find_protocol(&self, permit: &Permit, ip: IpAddr) -> Spoken {
        let target = permit.target();
        if let Some(scheme) = web_of(target) {
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

    /// What can be seen of a port that does not speak HTTP.
    async fn plain(&self, permit: &Permit, ip: IpAddr, protocol: Protocol) {
        let why = ("the port speaks another protocol", "这个端口说的是别的协议");
        self.hide(&NEEDS_HTTP, why).await;
        self.idle(permit, ip, Speech::Plain(protocol)).await;
    }

    /// Whether the instance has a place for one more run that holds connections; says so where it
    /// has not.
    pub(super) async fn may_hold(&self, probe: Probe) -> bool {
        let Err(busy) = self.on_ticket(Ticket::hold) else { return true };
        let text = busy.rule.text();
        self.reporter.not_visible(probe, &text.en, &text.zh).await;
        false
    }

    pub(super) async fn idle(&self, permit: &Permit, ip: IpAddr, speech: Speech) {
        if !self.plan.wants(Probe::Idle) || !self.may_hold(Probe::Idle).await {
            return;
        }
        let started = Instant::now();
        self.reporter.send(ProbeEvent::Started { probe: Probe::Idle }).await;
        let (holds, standing) =
            idle::send(permit, ip, speech, self.plan.max_idle, &self.reporter).await;
        let mut reading = silence::interpret(&holds, standing);
        if let Speech::Plain(_) = speech {
            let finding = Finding::new(
                "measured before login; after login other timers may hold",
                "这是登录前的测量；登录后可能是别的定时器",
            );
            reading.findings.push(finding);
        }
        self.reporter.publish(Probe::Idle, started, reading).await;
    }

    /// Tells that a probe begins, where it is wanted.
    pub(super) async fn begin(&self, probe: Probe) -> Option<Instant> {
        if !self.plan.wants(probe) {
            return None;
        }
        self.reporter.send(ProbeEvent::Started { probe }).await;
        Some(Instant::now())
    }
}
