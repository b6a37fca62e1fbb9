//! The probes that run only where they are asked for, each from its beginning to what it tells.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{
    budget::Ticket,
    burst, canary,
    consent::{self, Unproved},
    event::{ProbeEvent, Reading},
    goaway,
    graph::{Context, Seat},
    halfclose,
    hold::Speech,
    http2, idle,
    kind::Probe,
    mtu, path,
    permit::Permit,
    protocol::Protocol,
    reset, reuse, route, segments, sender, spread,
    target::Scheme,
    upgraded, websocket,
};

const TRACING: (&str, &str) = ("tracing the way", "正在追踪路径");
const QUIET: (&str, &str) = ("still open and quiet", "仍然连着，没有数据");

impl Context {
    pub(super) async fn burst(&self, permit: &Permit, ip: IpAddr, speech: Speech) {
        if !self.plan.wants(Probe::Burst) {
            return;
        }
        if let Err(unproved) = self.may_burst(permit, ip).await {
            let text = unproved.text();
            self.reporter.not_visible(Probe::Burst, &text.en, &text.zh).await;
            return;
        }
        if let Err(busy) = self.on_ticket(Ticket::charge_burst) {
            let text = busy.rule.text();
            self.reporter.not_visible(Probe::Burst, &text.en, &text.zh).await;
            return;
        }
        let Some(started) = self.begin(Probe::Burst).await else { return };
        let shots = burst::send(permit, ip, speech).await;
        self.reporter.publish(Probe::Burst, started, spread::interpret(&shots)).await;
    }

    /// Whether the host's owner has agreed, where that is asked for.
    async fn may_burst(&self, permit: &Permit, ip: IpAddr) -> Result<(), Unproved> {
        let policy = self.gate.policy();
        let Some(name) = consent::wanted(policy, permit.target(), ip) else { return Ok(()) };
        let name = name?;
        let records = self.gate.texts(&name, permit.meter()).await;
        if consent::is_given(&records, &policy.own_names) {
            Ok(())
        } else {
            Err(Unproved::at(name, &policy.own_names))
        }
    }

    /// After a burst too, whether it was asked for or not: that is when a limit shows.
    pub(super) async fn canary(&self, permit: &Permit, seat: &Seat) {
        if !self.plan.wants(Probe::Canary) && !self.plan.wants(Probe::Burst) {
            return;
        }
        let started = Instant::now();
        self.reporter.send(ProbeEvent::Started { probe: Probe::Canary }).await;
        let seen = self.reporter.observations();
        let answer = seen.iter().find(|seen| seen.variable == "http.result");
        let answer = answer.and_then(|seen| seen.value.word());
        let scheme = match seat.speech {
            Some(Speech::Http(scheme)) => Some(scheme),
            _ => None,
        };
        let pairs = canary::send(permit, seat.ip, scheme, &seat.connect, answer).await;
        self.reporter.publish(Probe::Canary, started, canary::interpret(&pairs)).await;
    }

    pub(super) async fn reuse(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        if !self.plan.wants(Probe::Reuse) || !self.may_hold(Probe::Reuse).await {
            return;
        }
        let Some(started) = self.begin(Probe::Reuse).await else { return };
        let max = self.plan.max_idle;
        let tries = reuse::send(permit, ip, scheme, max, &self.reporter).await;
        self.reporter.publish(Probe::Reuse, started, reuse::interpret(&tries)).await;
    }

    pub(super) async fn websocket(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        if !self.plan.wants(Probe::Websocket) || !self.may_hold(Probe::Websocket).await {
            return;
        }
        let Some(started) = self.begin(Probe::Websocket).await else { return };
        let work = websocket::send(permit, ip, scheme, self.silence());
        let visit = self.reporter.while_waiting(Probe::Websocket, QUIET, work).await;
        self.reporter.publish(Probe::Websocket, started, upgraded::interpret(&visit)).await;
    }

    pub(super) async fn halfclose(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        let Some(started) = self.begin(Probe::Halfclose).await else { return };
        let pair = halfclose::send(permit, ip, scheme).await;
        self.reporter.publish(Probe::Halfclose, started, halfclose::interpret(&pair)).await;
    }

    pub(super) async fn http2(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        if !self.plan.wants(Probe::Http2) || !self.may_hold(Probe::Http2).await {
            return;
        }
        let Some(started) = self.begin(Probe::Http2).await else { return };
        let work = http2::send(permit, ip, scheme, self.silence());
        let visit = self.reporter.while_waiting(Probe::Http2, QUIET, work).await;
        self.reporter.publish(Probe::Http2, started, goaway::interpret(&visit)).await;
    }

    /// Traces the first address of each family. The first of all is what is observed; both are told.
    pub(super) async fn path(&self, permit: &Permit) {
        let Some(started) = self.begin(Probe::Path).await else { return };
        let first = |v6: bool| permit.addresses().iter().copied().find(|ip| ip.is_ipv6() == v6);
        let mut whole: Option<Reading> = None;
        for ip in [first(false), first(true)].into_iter().flatten() {
            let work = self.trace(permit, ip);
            let reading = self.reporter.while_waiting(Probe::Path, TRACING, work).await;
            match &mut whole {
                Some(whole) if whole.not_visible.is_none() => {
                    whole.findings.extend(reading.findings);
                }
                _ => whole = Some(reading),
            }
        }
        let Some(reading) = whole else { return };
        self.reporter.publish(Probe::Path, started, reading).await;
    }

    /// The way to the port, and to another one of the host where this one does not answer.
    async fn trace(&self, permit: &Permit, ip: IpAddr) -> Reading {
        let way = path::trace(permit, ip).await;
        if way.is_answered() {
            return route::interpret(&way, None, ip);
        }
        let beside = self.beside(permit);
        let beside = match &beside {
            Some(beside) => Some(path::trace(beside, ip).await),
            None => None,
        };
        route::interpret(&way, beside.as_ref(), ip)
    }

    pub(super) async fn mtu(&self, permit: &Permit, ip: IpAddr, scheme: Scheme) {
        let Some(started) = self.begin(Probe::Mtu).await else { return };
        let (normal, small) = mtu::send(permit, ip, scheme).await;
        let reading = segments::interpret(&normal, small.as_ref());
        self.reporter.publish(Probe::Mtu, started, reading).await;
    }

    /// Another port of the host, if the policy and the visitor's account allow one.
    fn beside(&self, permit: &Permit) -> Option<Permit> {
        let port = permit.target().port();
        let others = path::OTHER_PORTS.into_iter().filter(|other| *other != port);
        others.filter_map(|other| self.gate.beside(permit, other).ok()).find(|beside| {
            self.on_ticket(|ticket| ticket.charge_port(beside.target().port())).is_ok()
        })
    }

    /// By what the target says of itself; listening first would come too late to see a reset.
    pub(super) async fn reset(&self, permit: &Permit) {
        let Some(started) = self.begin(Probe::Reset).await else { return };
        let Some(ip) = permit.addresses().first().copied() else { return };
        let target = permit.target();
        let speech = match (target.scheme(), Protocol::of_port(target.port())) {
            (Some(scheme), _) => Speech::Http(scheme),
            (None, Protocol::Http) if matches!(target.port(), 443 | 8443) => {
                Speech::Http(Scheme::Https)
            }
            (None, Protocol::Http) => Speech::Http(Scheme::Http),
            (None, protocol) => Speech::Plain(protocol),
        };
        let trail = reset::send(permit, ip, speech, self.beside(permit).as_ref()).await;
        self.reporter.publish(Probe::Reset, started, sender::interpret(&trail)).await;
    }

    /// The silence of the probes that hold one connection.
    fn silence(&self) -> Duration {
        self.plan.max_idle.clamp(Duration::from_secs(1), idle::MAX_IDLE)
    }
}
