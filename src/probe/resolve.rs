//! Name lookups: what a resolver said, and our own DNS client to make it say it.
//!
//! In: an absolute ASCII name. Out: a [`Lookup`], which keeps apart what system resolvers blur: no
//! such name, no address, server failed, refused, no answer.
//! Invariant: only the configured resolvers are asked; no hosts file, no search list, no cache.

use std::{
    collections::VecDeque,
    fs,
    future::Future,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use hickory_proto::{
    op::{Edns, Message, MessageType, Query, ResponseCode},
    rr::{Name, RData, Record, RecordType},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use super::{dns64::Synthesis, meter::Meter};

/// Hard limit of one lookup, retries included.
pub const LIMIT: Duration = Duration::from_secs(5);
/// How long one server may take before the next try. judgement: resolvers answer a cold name within
/// a second; glibc waits 5 s, which leaves no room for a second try.
const TRY: Duration = Duration::from_millis(1600);
/// RFC 9715 §3.1 and DNS flag day 2020: larger answers fragment on real paths.
const UDP_SIZE: u16 = 1232;
/// CNAMEs followed; public chains have one to four.
const MAX_ALIASES: usize = 8;
/// Addresses kept of one answer.
const MAX_ADDRESSES: usize = 32;

/// What a lookup came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// There is at least one address.
    Found,
    /// NXDOMAIN: the name does not exist.
    NoSuchName,
    /// The name exists and has no address of this family.
    NoAddress,
    /// SERVFAIL, or an answer that makes no sense.
    ServerFailed,
    /// The server refuses to answer us.
    ServerRefused,
    /// No server answered in time.
    Timeout,
    /// The servers' port is closed.
    NoServer,
}

/// One lookup of one address family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Whether AAAA was asked, rather than A.
    pub v6: bool,
    /// What it came to.
    pub outcome: Outcome,
    /// The addresses, at most 32.
    pub addresses: Vec<IpAddr>,
    /// The names that the name led to by CNAME.
    pub aliases: Vec<String>,
    /// Who answered last.
    pub server: Option<SocketAddr>,
    /// From the first query to the last answer.
    pub elapsed: Duration,
    /// Queries sent.
    pub queries: u32,
    /// Addresses that were found and are not shown, since the target's owner keeps them private.
    pub hidden: usize,
}

impl Lookup {
    fn new(v6: bool, outcome: Outcome) -> Self {
        let (addresses, aliases) = (Vec::new(), Vec::new());
        let elapsed = Duration::ZERO;
        Self { v6, outcome, addresses, aliases, server: None, elapsed, queries: 0, hidden: 0 }
    }
}

/// A lookup under way.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Lookup> + Send + 'a>>;

/// Lookups under way.
pub type PendingAll<'a> = Pin<Box<dyn Future<Output = Vec<Lookup>> + Send + 'a>>;

/// Texts of a name under way.
pub type PendingTexts<'a> = Pin<Box<dyn Future<Output = Vec<String>> + Send + 'a>>;

/// What several servers make up under way.
pub type PendingSyntheses<'a> = Pin<Box<dyn Future<Output = Vec<Synthesis>> + Send + 'a>>;

/// Something that answers lookups: the DNS client, or a script in tests.
pub trait Resolve: Send + Sync {
    /// Looks `name` up (ASCII, no trailing dot), AAAA where `v6`, on the run's account.
    fn lookup<'a>(&'a self, name: &'a str, v6: bool, meter: &'a Meter) -> Pending<'a>;

    /// Looks `name` up at every server by itself, both families, to compare them; nothing where
    /// there is one server only.
    fn compare<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingAll<'a> {
        let _ = (name, meter);
        Box::pin(std::future::ready(Vec::new()))
    }

    /// The AAAA records that each server has for `name` (ASCII, no trailing dot), with their time to live:
    /// for a name that is known to have none, so that they show a DNS64. Servers without any are left out.
    fn synthesized<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingSyntheses<'a> {
        let _ = (name, meter);
        Box::pin(std::future::ready(Vec::new()))
    }

    /// The TXT records of `name` (ASCII, no trailing dot), each with its pieces joined; none where there are
    /// none or no server says.
    fn texts<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingTexts<'a> {
        let _ = (name, meter);
        Box::pin(std::future::ready(Vec::new()))
    }
}

/// Our DNS client over UDP, with TCP where an answer is cut.
#[derive(Clone, Debug)]
pub struct DnsClient {
    servers: Vec<SocketAddr>,
}

impl DnsClient {
    /// Asks `servers`, in turn.
    pub fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers }
    }

    /// Asks the first three `nameserver` lines of `/etc/resolv.conf`, or port 53 of this machine
    /// where there are none (resolv.conf(5)).
    pub fn from_system() -> Self {
        Self::new(parse_resolv_conf(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default()))
    }

    async fn resolve(&self, name: &str, v6: bool, meter: &Meter, found: &mut Lookup) -> Outcome {
        let kind = if v6 { RecordType::AAAA } else { RecordType::A };
        let Ok(mut wanted) = Name::from_ascii(format!("{name}.")) else {
            return Outcome::NoSuchName;
        };
        loop {
            let answer = match self.ask(&wanted, kind, meter, found).await {
                Ok(answer) => answer,
                Err(outcome) => return outcome,
            };
            let before = found.aliases.len();
            let end = follow_aliases(&answer, wanted, &mut found.aliases);
            found.addresses = addresses_of(&answer, &end);
            if !found.addresses.is_empty() {
                return Outcome::Found;
            }
            if found.aliases.len() == before || found.aliases.len() >= MAX_ALIASES {
                return match answer.metadata.response_code {
                    ResponseCode::NXDomain => Outcome::NoSuchName,
                    _ => Outcome::NoAddress,
                };
            }
            if answer.metadata.response_code == ResponseCode::NXDomain {
                return Outcome::NoSuchName; // RFC 2308 §2.1: the code is about the chain's end.
            }
            wanted = end;
        }
    }

    /// Asks the servers in turn, twice at most, until one gives a usable answer.
    async fn ask(
        &self,
        name: &Name,
        kind: RecordType,
        meter: &Meter,
        found: &mut Lookup,
    ) -> Result<Message, Outcome> {
        let mut worst = Outcome::NoServer;
        for server in self.servers.iter().chain(&self.servers).take(self.servers.len().max(3)) {
            if !meter.take_query() {
                // What was asked before counts, not that no more may be.
                return Err(if found.queries > 0 { worst } else { Outcome::Timeout });
            }
            found.queries += 1;
            let outcome = match timeout(TRY, exchange(*server, name, kind, meter)).await {
                Err(_) => Outcome::Timeout,
                Ok(Err(error)) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
                    Outcome::NoServer
                }
                Ok(Err(_)) => Outcome::ServerFailed,
                Ok(Ok(answer)) => {
                    found.server = Some(*server);
                    match answer.metadata.response_code {
                        ResponseCode::NoError | ResponseCode::NXDomain => return Ok(answer),
                        ResponseCode::Refused => Outcome::ServerRefused,
                        _ => Outcome::ServerFailed,
                    }
                }
            };
            // What a server said is worth more than another one's silence.
            let rank = |outcome| match outcome {
                Outcome::NoServer => 0,
                Outcome::Timeout => 1,
                _ => 2,
            };
            if rank(outcome) >= rank(worst) {
                worst = outcome;
            }
        }
        Err(worst)
    }
}

impl Resolve for DnsClient {
    fn lookup<'a>(&'a self, name: &'a str, v6: bool, meter: &'a Meter) -> Pending<'a> {
        Box::pin(async move {
            let start = Instant::now();
            let mut found = Lookup::new(v6, Outcome::Timeout);
            let limit = LIMIT.min(meter.time_left());
            if let Ok(outcome) = timeout(limit, self.resolve(name, v6, meter, &mut found)).await {
                found.outcome = outcome;
            }
            found.elapsed = start.elapsed();
            found
        })
    }

    fn compare<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingAll<'a> {
        match self.servers.as_slice() {
            [] | [_] => Box::pin(std::future::ready(Vec::new())),
            servers => Box::pin(compare(servers, name, meter)),
        }
    }

    fn synthesized<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingSyntheses<'a> {
        let asked =
            self.servers.iter().take(COMPARED).map(|server| synthesis(*server, name, meter));
        let all = futures::future::join_all(asked);
        Box::pin(async move { all.await.into_iter().flatten().collect() })
    }

    fn texts<'a>(&'a self, name: &'a str, meter: &'a Meter) -> PendingTexts<'a> {
        Box::pin(async move {
            let Ok(wanted) = Name::from_ascii(format!("{name}.")) else { return Vec::new() };
            let mut found = Lookup::new(false, Outcome::Timeout);
            let asked = self.ask(&wanted, RecordType::TXT, meter, &mut found);
            match timeout(LIMIT.min(meter.time_left()), asked).await {
                Ok(Ok(answer)) => texts_of(&answer, wanted),
                _ => Vec::new(),
            }
        })
    }
}

/// Servers that are compared; resolv.conf(5) knows three too.
const COMPARED: usize = 3;

async fn compare(servers: &[SocketAddr], name: &str, meter: &Meter) -> Vec<Lookup> {
    let one = async |server: SocketAddr, v6| {
        let mut found = DnsClient::new(vec![server]).lookup(name, v6, meter).await;
        found.server = Some(server);
        found
    };
    let asked =
        servers.iter().take(COMPARED).flat_map(|server| [(*server, false), (*server, true)]);
    let all = futures::future::join_all(asked.map(|(server, v6)| one(server, v6))).await;
    // What was not asked, since the run's queries are used up, says nothing of the server.
    all.into_iter().filter(|lookup| lookup.queries > 0).collect()
}

/// What one server has for a name that has no IPv6 address.
async fn synthesis(server: SocketAddr, name: &str, meter: &Meter) -> Option<Synthesis> {
    let wanted = Name::from_ascii(format!("{name}.")).ok()?;
    let client = DnsClient::new(vec![server]);
    let mut found = Lookup::new(true, Outcome::Timeout);
    let asked = client.ask(&wanted, RecordType::AAAA, meter, &mut found);
    let answer = timeout(LIMIT.min(meter.time_left()), asked).await.ok()?.ok()?;
    let end = follow_aliases(&answer, wanted, &mut Vec::new());
    let v6 = |ip| match ip {
        IpAddr::V6(v6) => Some(v6),
        IpAddr::V4(_) => None,
    };
    let addresses: Vec<Ipv6Addr> = addresses_of(&answer, &end).into_iter().filter_map(v6).collect();
    let ttl = answer.answers.iter().map(|record| record.ttl).min()?;
    let ttl = Duration::from_secs(ttl.into());
    (!addresses.is_empty()).then_some(Synthesis { addresses, ttl })
}

/// Reads the `nameserver` lines. Search lists and options are none of our business.
fn parse_resolv_conf(text: &str) -> Vec<SocketAddr> {
    let mut servers: Vec<SocketAddr> = text
        .lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let address = (words.next() == Some("nameserver")).then(|| words.next())??;
            Some(SocketAddr::new(address.parse().ok()?, 53))
        })
        .take(3) // MAXNS of resolv.conf(5)
        .collect();
    if servers.is_empty() {
        servers.push(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 53));
    }
    servers
}

/// One question and its answer, over TCP where UDP has no room for it.
async fn exchange(
    server: SocketAddr,
    name: &Name,
    kind: RecordType,
    meter: &Meter,
) -> std::io::Result<Message> {
    let mut query = Message::query();
    query.metadata.recursion_desired = true;
    query.add_query(Query::query(name.clone(), kind));
    let mut edns = Edns::new();
    edns.set_max_payload(UDP_SIZE).set_version(0);
    query.set_edns(edns);
    let bytes = query.to_vec().map_err(std::io::Error::other)?;

    let any = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    // Connected, so that the kernel drops other senders and reports a closed port.
    socket.connect(server).await?;
    socket.send(&bytes).await?;
    meter.count_sent(bytes.len());
    let mut buffer = vec![0; usize::from(UDP_SIZE)];
    loop {
        let length = socket.recv(&mut buffer).await?;
        meter.count_received(length);
        if meter.received_left() == 0 {
            return Err(std::io::ErrorKind::QuotaExceeded.into());
        }
        let Some(answer) = read_answer(buffer.get(..length).unwrap_or_default(), &query) else {
            continue; // Not our answer; the true one may still come.
        };
        if !answer.metadata.truncation {
            return Ok(answer);
        }
        return exchange_over_tcp(server, &bytes, &query, meter).await;
    }
}

async fn exchange_over_tcp(
    server: SocketAddr,
    bytes: &[u8],
    query: &Message,
    meter: &Meter,
) -> std::io::Result<Message> {
    let mut stream = TcpStream::connect(server).await?;
    // RFC 1035 §4.2.2: two bytes of length before each message.
    let length = u16::try_from(bytes.len()).map_err(std::io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), bytes].concat()).await?;
    meter.count_sent(bytes.len() + 2);
    let length = stream.read_u16().await?;
    if u64::from(length) > meter.received_left() {
        return Err(std::io::ErrorKind::QuotaExceeded.into());
    }
    meter.count_received(usize::from(length) + 2);
    let mut buffer = vec![0; usize::from(length)];
    stream.read_exact(&mut buffer).await?;
    read_answer(&buffer, query).ok_or_else(|| std::io::Error::other("not the answer to our query"))
}

/// The message, if it is an answer to `query`: same id, same question.
fn read_answer(bytes: &[u8], query: &Message) -> Option<Message> {
    let answer = Message::from_vec(bytes).ok()?;
    let ours = answer.metadata.id == query.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && answer.queries == query.queries;
    ours.then_some(answer)
}

/// Walks the CNAMEs in `answer` from `name`, noting them, and returns the name at the end.
fn follow_aliases(answer: &Message, name: Name, aliases: &mut Vec<String>) -> Name {
    let mut current = name;
    while aliases.len() < MAX_ALIASES {
        let next = answer.answers.iter().find_map(|record| match &record.data {
            RData::CNAME(alias) if record.name == current => Some(alias.0.clone()),
            _ => None,
        });
        match next {
            Some(next) if next != current => {
                aliases.push(next.to_ascii());
                current = next;
            }
            _ => break,
        }
    }
    current
}

fn addresses_of(answer: &Message, owner: &Name) -> Vec<IpAddr> {
    let mut addresses: Vec<IpAddr> = Vec::new();
    for record in answer.answers.iter().filter(|record| record.name == *owner) {
        if let Some(ip) = record.data.ip_addr()
            && !addresses.contains(&ip)
            && addresses.len() < MAX_ADDRESSES
        {
            addresses.push(ip);
        }
    }
    addresses
}

/// The TXT records at the end of the aliases of `name`, as far as one answer holds them.
fn texts_of(answer: &Message, name: Name) -> Vec<String> {
    let end = follow_aliases(answer, name, &mut Vec::new());
    let text = |record: &Record| match &record.data {
        // RFC 7208 §3.3: pieces are put together without anything between.
        RData::TXT(txt) => Some(String::from_utf8_lossy(&txt.txt_data.concat()).into_owned()),
        _ => None,
    };
    answer.answers.iter().filter(|record| record.name == end).filter_map(text).collect()
}

/// A resolver that answers from a script: each lookup of either family takes the next answer's
/// addresses of that family; the last one is repeated.
#[derive(Debug, Default)]
pub struct ScriptedResolver {
    answers: Mutex<[VecDeque<Vec<IpAddr>>; 2]>,
}

impl ScriptedResolver {
    /// Answers with `answers`, one after the other.
    pub fn new(answers: &[Vec<IpAddr>]) -> Self {
        let of = |v6: bool| {
            let family = |answer: &Vec<IpAddr>| {
                answer.iter().copied().filter(|ip| ip.is_ipv6() == v6).collect()
            };
            answers.iter().map(family).collect()
        };
        Self { answers: Mutex::new([of(false), of(true)]) }
    }
}

impl Resolve for ScriptedResolver {
    fn lookup<'a>(&'a self, _: &'a str, v6: bool, meter: &'a Meter) -> Pending<'a> {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let script = &mut answers[usize::from(v6)];
        let addresses = if script.len() > 1 { script.pop_front() } else { script.front().cloned() };
        let mut found = Lookup::new(v6, Outcome::NoAddress);
        found.addresses = addresses.unwrap_or_default();
        found.queries = u32::from(meter.take_query());
        if !found.addresses.is_empty() {
            found.outcome = Outcome::Found;
        }
        Box::pin(std::future::ready(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolv_conf_gives_its_first_three_servers() {
        let text = "# x\nsearch lan\nnameserver 10.0.0.1\nnameserver ::1 # local\nnameserver bad\n\
                    nameserver 10.0.0.2\nnameserver 10.0.0.3";
        let servers = parse_resolv_conf(text);
        assert_eq!(servers.len(), 3);
        assert_eq!(servers[1].to_string(), "[::1]:53");
        assert_eq!(parse_resolv_conf("")[0].to_string(), "127.0.0.1:53");
    }
}
