//! One connect: what is set on its socket, who refused it, and why.

use std::{
    fmt::Write as _,
    io,
    net::{IpAddr, SocketAddr},
    os::fd::AsFd,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::super::{
    proxy::Trouble,
    sys::{self, Icmp},
};

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

/// Connects one socket. By hand rather than by tokio, which closes the socket on an error before
/// its error queue can be read.
pub(super) async fn open(
    address: SocketAddr,
    shape: Shape,
) -> Result<TcpStream, (io::Error, Option<Icmp>)> {
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
pub(super) fn explain(
    error: &io::Error,
    icmp: Option<Icmp>,
    ip: IpAddr,
    elapsed: Duration,
) -> DialError {
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
