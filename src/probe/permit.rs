//! The one door out: a [`Permit`] is what the policy gave, and only a permit dials.
//!
//! In: a target, judged before and after its lookup. Out: connections to the pinned addresses.
//! Invariant: a permit cannot be built or cloned elsewhere; what it resolved is never resolved
//! again; the address that answered is compared with the one that was dialled.

use std::{
    fmt::Write as _,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsFd,
    sync::Arc,
    time::{Duration, Instant},
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{net::TcpStream, time::timeout};

pub use super::meter::Account;
use super::{
    conn::Conn,
    dns64::Dns64,
    meter::Meter,
    nat64::Known,
    policy::Policy,
    proxy::{Proxy, Trouble},
    resolve::{Lookup, Outcome, Resolve},
    rules::{self, Rule},
    sys::{self, Icmp},
    target::Target,
};

/// What every request says of its sender.
const PRODUCT: &str = concat!("hangup/", env!("CARGO_PKG_VERSION"), " (connection probe)");

/// Hands out permits: the policy and the resolver it judges the answers of.
#[derive(Clone)]
pub struct Gate {
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    agent: Arc<str>,
    dns64: Option<Arc<Dns64>>,
    proxy: Option<Arc<Proxy>>,
}

/// Why no permit was given, with the lookups made until then.
#[derive(Debug)]
pub struct Refusal {
    /// The rule that refused.
    pub rule: Rule,
    /// What the name answered with, where it was asked.
    pub lookups: Vec<Lookup>,
}

impl From<Rule> for Refusal {
    fn from(rule: Rule) -> Self {
        Self { rule, lookups: Vec::new() }
    }
}

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

/// Why a dial failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialError {
    /// What kind of failure.
    pub kind: DialFailure,
    /// The ICMP message behind it, where one came.
    pub icmp: Option<Icmp>,
    /// The system's own words.
    pub raw: String,
    /// Time from the first packet to the failure.
    pub elapsed: Duration,
}

/// The kinds of dial failure that can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DialFailure {
    /// A RST, or ICMP port unreachable.
    Refused,
    /// A RST after the handshake had begun.
    Reset,
    /// No answer within the limit.
    Timeout,
    /// A router or host says that there is no path.
    Unreachable,
    /// A router or host says that a rule forbids it.
    Prohibited,
    /// This machine has no route or no address of that family: nothing was sent.
    NotFromHere,
    /// The run's account is used up, or the address is not part of the permit.
    Limit,
    /// The operator's proxy gave no tunnel: nothing was seen of the target.
    Proxy(Trouble),
}

/// What is set on a socket before it connects; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Routers that a packet of ours may pass (time to live, hop limit).
    pub ttl: Option<u8>,
    /// Packets that come with less time to live than this are not heard.
    pub min_ttl: Option<u8>,
    /// The largest segment, bytes: announced to the other side and kept by ours.
    pub mss: Option<u16>,
}

impl Shape {
    fn apply(self, socket: &Socket, v6: bool) -> io::Result<()> {
        match self.ttl {
            Some(ttl) if v6 => socket.set_unicast_hops_v6(u32::from(ttl))?,
            Some(ttl) => socket.set_ttl_v4(u32::from(ttl))?,
            None => {}
        }
        if let Some(mss) = self.mss {
            socket.set_tcp_mss(u32::from(mss))?;
        }
        self.min_ttl.map_or(Ok(()), |least| sys::set_min_ttl(socket.as_fd(), v6, least))
    }
}

impl Gate {
    /// A gate that judges by `policy` and asks `resolver`.
    pub fn new(policy: Arc<Policy>, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy, resolver, agent: PRODUCT.into(), dns64: None, proxy: None }
    }

    /// The same gate, whose requests say where their reader learns about them: `about` is the URL of
    /// a page.
    #[must_use]
    pub fn with_about(mut self, about: &str) -> Self {
        let product = PRODUCT.trim_end_matches(')');
        self.agent = format!("{product}; +{about})").into();
        self
    }

    /// The same gate, which learns from its resolver behind which prefixes a NAT64 stands.
    #[must_use]
    pub fn with_dns64(mut self) -> Self {
        self.dns64 = Some(Arc::default());
        self
    }

    /// The same gate, whose permits dial through `proxy`.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(Arc::new(proxy));
        self
    }

    /// The proxy that the way to a target leads through, once it was judged by the rule `by`. This machine is
    /// dialled directly: its names mean the proxy itself to a proxy.
    fn way(&self, by: Rule) -> Option<Arc<Proxy>> {
        self.proxy.clone().filter(|_| by != rules::LOOPBACK_OPENED)
    }

    /// Whether probes of `target` go through a proxy.
    pub(super) fn is_proxied(&self, target: &Target) -> bool {
        self.way(self.policy.decide(target).rule).is_some()
    }

    /// The same gate under its policy with the prefixes that its resolver shows now, where it is to learn
    /// them and `target` is a name: an address was typed, and is judged by what is written down.
    pub async fn informed(self, target: &Target, meter: &Meter) -> Self {
        let Some(dns64) = self.dns64.clone() else { return self };
        if target.name().is_none() || !self.policy.decide(target).is_allowed() {
            return self;
        }
        let prefixes = dns64.prefixes(&*self.resolver, meter).await;
        let mut policy = Policy::clone(&self.policy);
        for prefix in prefixes {
            if !policy.nat64.iter().any(|known| known.prefix == prefix) {
                policy.nat64.push(Known { prefix, learnt: true });
            }
        }
        self.under(Arc::new(policy))
    }

    /// The same gate under another policy.
    #[must_use]
    pub fn under(&self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self.clone() }
    }

    /// The policy it judges by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same, for whoever outlives the gate.
    pub(super) fn shared_policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy)
    }

    /// Judges `target`, resolves its name once, judges every answer, and pins them.
    ///
    /// # Errors
    /// The rule that refuses, before any packet where the text alone decides.
    pub async fn permit(&self, target: &Target, meter: &Arc<Meter>) -> Result<Permit, Refusal> {
        let decision = self.policy.decide(target);
        if !decision.is_allowed() {
            return Err(decision.rule.into());
        }
        let proxy = self.way(decision.rule);
        let (addresses, lookups) = match (target.host(), target.name()) {
            (super::Host::Address(ip), _) => (vec![*ip], Vec::new()),
            // RFC 6761 §6.3: localhost is not looked up.
            (_, Some(_)) if decision.rule == rules::LOOPBACK_OPENED => {
                (vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], Vec::new())
            }
            (_, name) => {
                let name = name.unwrap_or_default();
                let (v4, v6) = tokio::join!(
                    self.resolver.lookup(name, false, meter),
                    self.resolver.lookup(name, true, meter),
                );
                let addresses = v4.addresses.iter().chain(&v6.addresses).copied().collect();
                (addresses, vec![v4, v6])
            }
        };
        // Half an answer is not judged as a whole one: a family that failed stays unused, and the
        // other one is judged alone.
        let decision = self.policy.decide_answers(target, &addresses);
        if !decision.is_allowed() {
            return Err(Refusal { rule: decision.rule, lookups });
        }
        let mut aliases = lookups.iter().flat_map(|lookup| &lookup.aliases);
        if let Some(rule) = aliases.find_map(|alias| self.policy.forbids_alias(alias)) {
            return Err(Refusal { rule, lookups });
        }
        let (meter, agent) = (Arc::clone(meter), Arc::clone(&self.agent));
        let behind = addresses.iter().filter_map(|ip| Some((*ip, self.policy.translated(*ip)?)));
        let behind = behind.collect();
        Ok(Permit { target: target.clone(), addresses, behind, lookups, meter, agent, proxy })
    }

    /// Judges a redirect from `from` as hop `hop` (from 1) and gives a permit for it.
    pub async fn follow(
        &self,
        from: &Permit,
        location: &str,
        hop: usize,
    ) -> Result<Permit, Refusal> {
        let target = self.policy.follow(&from.target, location, hop)?;
        self.permit(&target, &from.meter).await
    }
}

impl Gate {
    /// What each of several resolvers says of `target`, by itself. Nothing is dialled by it, and
    /// addresses that the policy does not open are counted, not told.
    pub async fn compare(&self, target: &Target, meter: &Arc<Meter>) -> Vec<Lookup> {
        let Some(name) = target.name() else { return Vec::new() };
        if !self.policy.decide(target).is_allowed() {
            return Vec::new();
        }
        let mut lookups = self.resolver.compare(name, meter).await;
        for lookup in &mut lookups {
            let found = lookup.addresses.len();
            let may_show = |ip: &IpAddr| self.policy.decide_answers(target, &[*ip]).is_allowed();
            lookup.addresses.retain(may_show);
            lookup.hidden = found - lookup.addresses.len();
            // One resolver that makes addresses up beside one that does not is no contradiction.
            lookup.addresses.retain(|ip| self.policy.translated(*ip).is_none());
            if lookup.outcome == Outcome::Found && lookup.addresses.is_empty() && lookup.hidden == 0
            {
                lookup.outcome = Outcome::NoAddress;
            }
        }
        lookups
    }

    /// The TXT records of `name`; see [`Resolve::texts`]. Nothing is dialled by it.
    pub(super) async fn texts(&self, name: &str, meter: &Meter) -> Vec<String> {
        self.resolver.texts(name, meter).await
    }

    /// A permit for another port of the addresses that `permit` pinned, judged like a target of its
    /// own. On the account of the same run.
    ///
    /// # Errors
    /// The rule that refuses.
    pub fn beside(&self, permit: &Permit, port: u16) -> Result<Permit, Rule> {
        let target = permit.target.with_port(port);
        let decision = self.policy.decide_answers(&target, &permit.addresses);
        if !decision.is_allowed() {
            return Err(decision.rule);
        }
        Ok(Permit {
            target,
            addresses: permit.addresses.clone(),
            behind: permit.behind.clone(),
            lookups: Vec::new(),
            meter: Arc::clone(&permit.meter),
            agent: Arc::clone(&permit.agent),
            proxy: permit.proxy.clone(),
        })
    }
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

/// Connects one socket. By hand rather than by tokio, which closes the socket on an error before
/// its error queue can be read.
async fn open(address: SocketAddr, shape: Shape) -> Result<TcpStream, (io::Error, Option<Icmp>)> {
    let plain = |error| (error, None);
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP)).map_err(plain)?;
    socket.set_nonblocking(true).map_err(plain)?;
    socket.set_tcp_nodelay(true).map_err(plain)?;
    shape.apply(&socket, address.is_ipv6()).map_err(plain)?;
    sys::queue_icmp_errors(socket.as_fd(), address.is_ipv6(), true);
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(plain(error)),
    }
    let stream = TcpStream::from_std(socket.into()).map_err(plain)?;
    stream.writable().await.map_err(plain)?;
    if let Some(error) = stream.take_error().map_err(plain)? {
        return Err((error, sys::take_icmp_error(stream.as_fd())));
    }
    sys::queue_icmp_errors(stream.as_fd(), address.is_ipv6(), false);
    match stream.peer_addr() {
        Ok(peer) if peer == address => Ok(stream),
        Ok(peer) => Err(plain(io::Error::other(format!("connected to {peer}, not to {address}")))),
        Err(error) => Err(plain(error)),
    }
}

/// Reads meaning into a failed connect. Pure.
fn explain(error: &io::Error, icmp: Option<Icmp>, ip: IpAddr, elapsed: Duration) -> DialError {
    let code = error.raw_os_error().unwrap_or_default();
    let kind = match code {
        _ if icmp.is_some_and(|icmp| icmp.is_prohibition()) => DialFailure::Prohibited,
        libc::ECONNREFUSED => DialFailure::Refused,
        libc::ECONNRESET | libc::ECONNABORTED => DialFailure::Reset,
        libc::ETIMEDOUT => DialFailure::Timeout,
        // Without an ICMP message these come from our own routing table, and nothing was sent.
        libc::ENETUNREACH | libc::EINVAL | libc::EADDRNOTAVAIL | libc::EAFNOSUPPORT
            if icmp.is_none() =>
        {
            DialFailure::NotFromHere
        }
        libc::EACCES | libc::EPERM => DialFailure::Prohibited,
        libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM => DialFailure::NotFromHere,
        _ => DialFailure::Unreachable,
    };
    let mut raw = format!("connect {ip}: {error}");
    if let Some(icmp) = icmp {
        let _ = write!(raw, " ({icmp})");
    }
    DialError { kind, icmp, raw, elapsed }
}

impl Refusal {
    /// Whether the name could not be resolved, rather than the policy saying no.
    pub fn is_lookup_failure(&self) -> bool {
        self.rule == rules::NO_ADDRESS
            && self.lookups.iter().any(|lookup| lookup.outcome != Outcome::Found)
    }
}
