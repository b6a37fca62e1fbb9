//! The one door out: a [`Permit`] is what the policy gave, and only a permit dials.
//!
//! In: a target, judged before and after its lookup. Out: connections to the pinned addresses.
//! Invariant: a permit cannot be built or cloned elsewhere; what it resolved is never resolved
//! again; the address that answered is compared with the one that was dialled.

mod dial;
mod gate;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::timeout;

use self::dial::{explain, open};
pub use self::{
    dial::{DialError, DialFailure, Shape},
    gate::{Gate, Refusal},
};
pub use super::meter::Account;
use super::{
    conn::Conn,
    meter::Meter,
    proxy::{Proxy, Trouble},
    resolve::Lookup,
    rules,
    target::Target,
};

/// Leave to dial one target at pinned addresses, within one run's account.
#[derive(Debug)]
pub struct Permit {
    target: Target,
    addresses: Vec<IpAddr>,
    /// What stands behind those addresses that a NAT64 translates.
    behind: Vec<(IpAddr, Ipv4Addr)>,
    lookups: Vec<Lookup>,
    meter: Arc<Meter>,
    agent: Arc<str>,
    proxy: Option<Arc<Proxy>>,
}

impl Permit {
    /// The target it was given for.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The pinned addresses, IPv4 first.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// The IPv4 address behind `ip`, where `ip` is one that a NAT64 translates.
    pub fn behind(&self, ip: IpAddr) -> Option<Ipv4Addr> {
        self.behind.iter().find(|(outer, _)| *outer == ip).map(|(_, inner)| *inner)
    }

    /// The lookups behind the addresses, empty where none was needed.
    pub fn lookups(&self) -> &[Lookup] {
        &self.lookups
    }

    /// The `User-Agent` of its requests: who we are, to whoever reads the access log.
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Whether it dials through the operator's proxy.
    pub(super) fn is_proxied(&self) -> bool {
        self.proxy.is_some()
    }

    /// The account of the run.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Opens a connection to one of the pinned addresses.
    ///
    /// # Errors
    /// A [`DialError`] that says who refused, as far as the kernel knows.
    pub async fn dial(&self, ip: IpAddr, limit: Duration) -> Result<Conn, DialError> {
        self.dial_as(ip, limit, Account::Standing, Shape::default()).await
    }

    /// The same on another account of the run, by a socket with other settings.
    pub async fn dial_as(
        &self,
        ip: IpAddr,
        limit: Duration,
        account: Account,
        shape: Shape,
    ) -> Result<Conn, DialError> {
        let allowed = self.meter.take_dial(account);
        self.connect(ip, limit, allowed, shape).await
    }

    async fn connect(
        &self,
        ip: IpAddr,
        limit: Duration,
        allowed: bool,
        shape: Shape,
    ) -> Result<Conn, DialError> {
        let start = Instant::now();
        if !allowed || !self.addresses.contains(&ip) {
            let raw = rules::RUN_LIMIT.sentence(crate::knowledge::Lang::En).to_owned();
            return Err(DialError {
                kind: DialFailure::Limit,
                icmp: None,
                raw,
                elapsed: Duration::ZERO,
            });
        }
        let address = SocketAddr::new(ip, self.target.port());
        let limit = limit.min(self.meter.time_left());
        if let Some(proxy) = &self.proxy {
            return self.tunnel(proxy, address, limit).await;
        }
        match timeout(limit, open(address, shape)).await {
            Ok(Ok(stream)) => {
                Ok(Conn::new(stream, Arc::clone(&self.meter), address, start.elapsed()))
            }
            Ok(Err((error, icmp))) => Err(explain(&error, icmp, ip, start.elapsed())),
            Err(_) => Err(DialError {
                kind: DialFailure::Timeout,
                icmp: None,
                raw: format!("no answer within {:.1} s", limit.as_secs_f64()),
                elapsed: start.elapsed(),
            }),
        }
    }
}

impl Permit {
    /// Opens a tunnel to `address` through `proxy`. The socket has no shape: those packets end at the proxy.
    async fn tunnel(
        &self,
        proxy: &Proxy,
        address: SocketAddr,
        limit: Duration,
    ) -> Result<Conn, DialError> {
        let start = Instant::now();
        let failed = |trouble: Trouble, raw: &str| DialError {
            kind: DialFailure::Proxy(trouble),
            icmp: None,
            raw: format!("proxy: {raw}"),
            elapsed: start.elapsed(),
        };
        if address.ip().to_canonical().is_loopback() {
            return Err(failed(Trouble::Local, "not asked for loopback"));
        }
        let work = async {
            let peers = proxy.addresses().await;
            let peers = peers.map_err(|error| failed(Trouble::Unreachable, &error.to_string()))?;
            let mut why = "no address".to_owned();
            for peer in peers {
                let dialled = Instant::now();
                // A third of the time each, so that the second is tried, and heard, where the first is silent.
                let stream = match timeout(limit / 3, open(peer, Shape::default())).await {
                    Ok(Ok(stream)) => stream,
                    Ok(Err((error, _))) => {
                        why = error.to_string();
                        continue;
                    }
                    Err(_) => {
                        "no answer".clone_into(&mut why);
                        continue;
                    }
                };
                let mut conn = Conn::new(stream, Arc::clone(&self.meter), peer, start.elapsed());
                let asked = proxy.ask(&mut conn, address, &self.agent).await;
                asked.map_err(|(trouble, raw)| failed(trouble, &raw))?;
                return Ok(conn.tunnelled(address, dialled.elapsed()));
            }
            Err(failed(Trouble::Unreachable, &why))
        };
        let silent = format!("no answer within {:.1} s", limit.as_secs_f64());
        timeout(limit, work).await.unwrap_or_else(|_| Err(failed(Trouble::Silent, &silent)))
    }
}
