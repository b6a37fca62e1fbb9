//! An open connection that counts what passes, and keeps the first bytes that came.

use std::{
    io,
    net::SocketAddr,
    os::fd::{AsFd, OwnedFd},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::{
    meter::Meter,
    sys::{self, TcpFacts},
};

/// How many of the first bytes received are kept: enough to tell protocols apart.
const KEPT: usize = 256;

/// A connection that a permit opened.
#[derive(Debug)]
pub struct Conn {
    stream: TcpStream,
    meter: Arc<Meter>,
    peer: SocketAddr,
    connected_in: Duration,
    first: FirstBytes,
    is_tunnel: bool,
}

/// The first bytes a connection received, readable while another layer owns the connection.
#[derive(Clone, Debug, Default)]
pub struct FirstBytes(Arc<Mutex<Vec<u8>>>);

impl FirstBytes {
    /// The bytes so far, at most 256.
    pub fn get(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }
}

impl Conn {
    pub(super) fn new(
        stream: TcpStream,
        meter: Arc<Meter>,
        peer: SocketAddr,
        connected_in: Duration,
    ) -> Self {
        Self { stream, meter, peer, connected_in, first: FirstBytes::default(), is_tunnel: false }
    }

    /// The same connection to a proxy, which has become a tunnel to `peer`: what came before is forgotten.
    pub(super) fn tunnelled(self, peer: SocketAddr, connected_in: Duration) -> Self {
        Self { peer, connected_in, first: FirstBytes::default(), is_tunnel: true, ..self }
    }

    /// Whether a proxy stands in between: then the kernel knows of the connection to the proxy alone.
    pub(super) fn is_tunnel(&self) -> bool {
        self.is_tunnel
    }

    /// The address that was dialled and answered.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// How long the TCP handshake took.
    pub fn connected_in(&self) -> Duration {
        self.connected_in
    }

    /// What the kernel knows of the connection now.
    pub fn facts(&self) -> TcpFacts {
        sys::tcp_facts(self.stream.as_fd()).unwrap_or_default()
    }

    /// A handle on the first bytes received.
    pub fn first_bytes(&self) -> FirstBytes {
        self.first.clone()
    }

    /// From now on, hears nothing that comes with less time to live than `least`.
    pub fn set_min_ttl(&self, least: u8) -> io::Result<()> {
        sys::set_min_ttl(self.stream.as_fd(), self.peer.is_ipv6(), least)
    }

    /// A second handle on the socket, to ask the kernel about it when another layer owns or has
    /// dropped the connection.
    pub(super) fn watch(&self) -> Watch {
        Watch { socket: self.stream.as_fd().try_clone_to_owned().ok(), v6: self.peer.is_ipv6() }
    }

    /// Sends TCP keepalive segments after `idle` without data, then every `idle`.
    pub fn set_keepalive(&self, idle: Duration) -> io::Result<()> {
        let settings = socket2::TcpKeepalive::new().with_time(idle).with_interval(idle);
        socket2::SockRef::from(&self.stream).set_tcp_keepalive(&settings)
    }
}

/// What the kernel knows of a connection, whoever owns it. The socket stays open as long as this.
#[derive(Debug)]
pub(super) struct Watch {
    socket: Option<OwnedFd>,
    v6: bool,
}

impl Watch {
    /// What the kernel knows now.
    pub(super) fn facts(&self) -> TcpFacts {
        self.socket.as_ref().and_then(|socket| sys::tcp_facts(socket.as_fd())).unwrap_or_default()
    }

    /// From now on, the connection hears nothing that comes with less time to live than `least`.
    pub(super) fn set_min_ttl(&self, least: u8) -> io::Result<()> {
        let socket = self.socket.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        sys::set_min_ttl(socket.as_fd(), self.v6, least)
    }
}

fn used_up() -> io::Error {
    io::Error::new(io::ErrorKind::QuotaExceeded, "the run's limit of bytes or time is used up")
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let left = usize::try_from(self.meter.received_left()).unwrap_or(usize::MAX);
        let room = left.min(buf.remaining());
        if room == 0 && buf.remaining() > 0 {
            return Poll::Ready(Err(used_up()));
        }
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        self.first.push(part.filled());
        buf.advance(read);
        self.meter.count_received(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Conn {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let left = usize::try_from(self.meter.sent_left()).unwrap_or(usize::MAX);
        let part = buf.get(..left.min(buf.len())).unwrap_or_default();
        if part.is_empty() && !buf.is_empty() {
            return Poll::Ready(Err(used_up()));
        }
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, part))?;
        self.meter.count_sent(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
