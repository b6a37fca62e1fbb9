//! The probes of a port that speaks HTTP: TLS where it is due, the page beside it, and what rests on
//! both.
//!
//! In: a permit, the address and an open connection. Out: what they tell, through the reporter.
//! Invariant: what came of the page is told only where TLS held.

use std::{convert::Infallible, future::pending, net::IpAddr, pin::Pin, time::Instant};

use futures::future::{MaybeDone, maybe_done};
use rustls::pki_types::UnixTime;
use tokio_util::sync::CancellationToken;

use super::{
    answer,
    conn::Conn,
    event::ProbeEvent,
    graph::{Context, NO_TLS},
    hold::Speech,
    http,
    kind::Probe,
    permit::Permit,
    target::{Scheme, Target},
    tls,
};

/// How a target is spoken to by its URL or its port, where either says so.
pub(super) fn web_of(target: &Target) -> Option<Scheme> {
    let by_port = match target.port() {
        443 | 8443 => Some(Scheme::Https),
        80 | 8080 => Some(Scheme::Http),
        _ => None,
    };
    target.scheme().or(by_port)
}

impl Context {
    /// What can be seen of a port that speaks HTTP. The scheme that proved right, if one did.
    ///
    /// `open` is a connection for the page. Where TLS is due, the page is asked for while the `tls`
    /// probe shakes hands on a connection of its own, so that a far server costs no round trip twice;
    /// what came of it is told only where TLS held.
    pub(super) async fn web(
        &self,
        permit: &Permit,
        ip: IpAddr,
        scheme: Scheme,
        mut open: Option<Conn>,
    ) -> Option<Scheme> {
        let mut scheme = scheme;
        let mut page = None;
        if scheme == Scheme::Http {
            self.hide(&[Probe::Tls], ("the address is plain HTTP", "这是明文 HTTP 地址")).await;
        } else {
            // Asked for TLS by its URL or its port; of other ports nobody said that they speak it.
            let is_due = web_of(permit.target()).is_some();
            let started = Instant::now();
            let early = (is_due && self.plan.wants(Probe::Http))
                .then(|| Box::pin(maybe_done(self.ask(permit, (ip, scheme), open.take()))));
            page = early.map(|early| (started, early));
            match self.tls_beside(permit, ip, is_due, page.as_mut().map(|(_, page)| page)).await {
                tls::Ending::Complete => {}
                _ if !is_due => scheme = Scheme::Http,
                _ => {
                    self.hide_above(Probe::Tls, NO_TLS).await;
                    return None;
                }
            }
        }
        let http = async {
            if !self.plan.wants(Probe::Http) {
                return;
            }
            let (started, mut page) = page.unwrap_or_else(|| {
                let page = self.ask(permit, (ip, scheme), open.take());
                (Instant::now(), Box::pin(maybe_done(page)))
            });
            self.reporter.send(ProbeEvent::Started { probe: Probe::Http }).await;
            page.as_mut().await;
            let hops = page.as_mut().take_output().unwrap_or_default();
            self.reporter.publish(Probe::Http, started, answer::interpret(&hops)).await;
        };
        tokio::join!(
            http,
            self.idle(permit, ip, Speech::Http(scheme)),
            self.reuse(permit, ip, scheme),
            self.websocket(permit, ip, scheme),
            self.halfclose(permit, ip, scheme),
            self.http2(permit, ip, scheme),
        );
        Some(scheme)
    }

    /// Shakes hands while `page`, where there is one, is asked for.
    async fn tls_beside<F: Future<Output = Vec<http::Hop>>>(
        &self,
        permit: &Permit,
        ip: IpAddr,
        is_due: bool,
        page: Option<&mut Pin<Box<MaybeDone<F>>>>,
    ) -> tls::Ending {
        let answered = CancellationToken::new();
        let asking = async {
            if let Some(page) = page {
                page.as_mut().await;
                let hops = page.as_mut().output_mut();
                if hops.is_some_and(|hops| hops.first().is_some_and(http::Hop::is_answered)) {
                    answered.cancel();
                }
            }
            pending::<Infallible>().await
        };
        tokio::select! {
            ending = self.tls(permit, ip, is_due, &answered) => ending,
            never = asking => match never {},
        }
    }

    /// Shakes hands. Where TLS is not due, a port that does not speak it is no fault.
    async fn tls(
        &self,
        permit: &Permit,
        ip: IpAddr,
        is_due: bool,
        answered: &CancellationToken,
    ) -> tls::Ending {
        let shown = self.plan.wants(Probe::Tls);
        let started = Instant::now();
        if shown {
            self.reporter.send(ProbeEvent::Started { probe: Probe::Tls }).await;
        }
        let handshake = tls::send(permit, ip, answered).await;
        if shown && !is_due && handshake.ending != tls::Ending::Complete {
            self.hide(&[Probe::Tls], ("the port does not speak TLS", "这个端口不是 TLS")).await;
        } else if shown {
            let host = permit.target().host();
            let reading = tls::interpret(&handshake, host, UnixTime::now(), &self.plan.roots);
            self.reporter.publish(Probe::Tls, started, reading).await;
        }
        handshake.ending
    }

    /// Asks for the page; redirects are charged to the visitor.
    async fn ask(
        &self,
        permit: &Permit,
        seat: (IpAddr, Scheme),
        open: Option<Conn>,
    ) -> Vec<http::Hop> {
        let charge = |next: &Permit| {
            let charged =
                self.on_ticket(|ticket| ticket.charge_redirect(next.target(), next.addresses()));
            charged.map_err(|busy| busy.rule)
        };
        http::send(&self.gate, permit, seat, open, &charge).await
    }
}
