//! The `http` probe: one GET, its phases timed, redirects followed through the policy.

use std::{
    error::Error as _,
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use http_body_util::{BodyExt, Empty};
use hyper::{
    HeaderMap, Request,
    body::{Bytes, Incoming},
    client::conn::http1,
    header,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::Notify,
    time::timeout,
};

use super::{
    conn::{Conn, FirstBytes},
    permit::{DialFailure, Gate, Permit},
    proxy::Trouble,
    rules::Rule,
    talk,
    target::{Scheme, Target},
    tcp, tls,
};

/// Hard limit of the whole probe, redirects included.
pub(super) const LIMIT: Duration = Duration::from_secs(15);
/// Bytes of header read.
const MAX_HEAD: usize = 32 * 1024;
/// Header fields read.
const MAX_FIELDS: usize = 100;
/// Bytes of body read, as sent: nothing is ever decompressed.
const MAX_BODY: usize = 64 * 1024;
/// Bytes of body kept, to recognise error pages.
const KEPT_BODY: usize = 2048;

/// What stands before the first bytes of an answer that cannot be read as HTTP.
pub(super) const NOT_HTTP: &str = "not HTTP: ";

/// One request and its answer, or what came instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    pub(super) url: String,
    /// Host the request went to.
    pub(super) host: String,
    pub(super) ending: Ending,
    pub(super) phases: Phases,
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: String,
    /// Why a redirect was not followed, if it was not.
    pub(super) stopped: Option<Rule>,
}

/// How long each phase took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Phases {
    pub(super) dns: Duration,
    pub(super) tcp: Duration,
    pub(super) tls: Duration,
    /// From the request to the first byte of the answer's head.
    pub(super) first_byte: Duration,
    /// From there to the end of what was read.
    pub(super) body: Duration,
}

/// How one request ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a status, and the body read to its end or to our limit.
    Status(u16),
    /// With a status, and a body shorter than announced.
    Truncated(u16),
    /// The connection was closed before an answer.
    ClosedEmpty,
    /// The connection was reset before an answer.
    Reset,
    /// No answer in time.
    #[default]
    Timeout,
    /// An answer that is not HTTP, or beyond the limits.
    Garbage(String),
    /// Interim answers (1xx) and no end of them.
    Interim,
    /// The connection or its TLS could not be set up.
    NotConnected(String),
    /// The proxy in between gave no tunnel.
    NoTunnel(Trouble, String),
}

/// Whether the other side reset the connection.
///
/// EPIPE is not among them: Linux gives it when a RST answers what we wrote after a FIN had come
/// (measured 2026-11-22), so the other side had closed in order.
pub(super) fn is_reset(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted)
}

/// Asks for the page, and follows its redirects as far as `gate` lets us.
///
/// `open` is a connection to the address that nothing was sent on yet, where there is one.
/// `charge` puts the target of a redirect on the account of whoever asked, before anything is sent
/// there: a page that redirects must not send us to others at no cost.
pub(super) async fn send(
    gate: &Gate,
    permit: &Permit,
    seat: (IpAddr, Scheme),
    open: Option<Conn>,
    charge: Charge<'_>,
) -> Vec<Hop> {
    let mut hops = Vec::new();
    let _ = timeout(LIMIT, follow(gate, permit, seat, open, charge, &mut hops)).await;
    hops
}

/// Charges a redirect, or says which limit is reached.
pub(super) type Charge<'a> = &'a (dyn Fn(&Permit) -> Result<(), Rule> + Sync);

/// Fills `hops`; a hop that was cut off by the limit stays in it as a timeout.
async fn follow(
    gate: &Gate,
    permit: &Permit,
    (mut ip, mut scheme): (IpAddr, Scheme),
    mut open: Option<Conn>,
    charge: Charge<'_>,
    hops: &mut Vec<Hop>,
) {
    let mut owned: Option<Permit> = None;
    for number in 1.. {
        let permit = owned.as_ref().unwrap_or(permit);
        hops.push(Hop::default());
        let Some(hop) = hops.last_mut() else { return };
        fetch(permit, ip, scheme, open.take(), hop).await;
        let Some(location) = hop.location() else { return };
        match gate.follow(permit, &location, number).await {
            Ok(next) => {
                if let Err(rule) = charge(&next) {
                    hop.stopped = Some(rule);
                    return;
                }
                let Some(first) = next.addresses().first() else { return };
                ip = *first;
                scheme = next.target().scheme().unwrap_or(Scheme::Https);
                owned = Some(next);
            }
            Err(refusal) => {
                hop.stopped = Some(refusal.rule);
                return;
            }
        }
    }
}

impl Hop {
    /// Whether a server answered, whatever it said.
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.ending, Ending::Status(_) | Ending::Truncated(_))
    }

    /// Where a redirect leads, if the answer is one.
    fn location(&self) -> Option<String> {
        match self.ending {
            Ending::Status(301 | 302 | 303 | 307 | 308) => {
                self.field("location").map(str::to_owned)
            }
            _ => None,
        }
    }

    /// The first field of that lower-case name.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// One request, on `open` or a new connection. Fills `hop` as it goes, so that a cut-off shows how far it came.
async fn fetch(permit: &Permit, ip: IpAddr, scheme: Scheme, open: Option<Conn>, hop: &mut Hop) {
    let target = permit.target();
    hop.url = format!("{}://{}{}", scheme.as_str(), target.normalized(), target.path());
    hop.host = target.host().to_string();
    let lookups = permit.lookups().iter().map(|lookup| lookup.elapsed);
    hop.phases.dns = lookups.max().unwrap_or_default();
    let dialled = match open {
        Some(conn) => Ok(conn),
        None => permit.dial(ip, tcp::LIMIT).await,
    };
    let conn = match dialled {
        Ok(conn) => conn,
        Err(error) => {
            hop.ending = match error.kind {
                DialFailure::Proxy(trouble) => Ending::NoTunnel(trouble, error.raw),
                _ => Ending::NotConnected(error.raw),
            };
            return;
        }
    };
    hop.phases.tcp = conn.connected_in();
    let first = conn.first_bytes();
    if scheme == Scheme::Http {
        return exchange(permit, scheme, conn, &first, hop).await;
    }
    let start = Instant::now();
    match timeout(tls::LIMIT, tls::connect(conn, target.host(), &["http/1.1"])).await {
        Ok(Ok(session)) => {
            hop.phases.tls = start.elapsed();
            exchange(permit, scheme, session.stream, &FirstBytes::default(), hop).await;
        }
        Ok(Err(error)) => hop.ending = Ending::NotConnected(format!("TLS: {error}")),
        Err(_) => hop.ending = Ending::NotConnected("TLS: no answer".to_owned()),
    }
}

/// Sends the request and reads the answer.
async fn exchange(
    permit: &Permit,
    scheme: Scheme,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    first: &FirstBytes,
    hop: &mut Hop,
) {
    let mut request = match request(permit, scheme) {
        Ok(request) => request,
        Err(error) => {
            hop.ending = Ending::Garbage(error.to_string());
            return;
        }
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD).max_headers(MAX_FIELDS);
    let (mut sender, connection) = match builder.handshake(TokioIo::new(stream)).await {
        Ok(pair) => pair,
        Err(error) => {
            hop.ending = classify(&error, first);
            return;
        }
    };
    let (interim, stormed) = (AtomicUsize::new(0), Arc::new(Notify::new()));
    let storm = Arc::clone(&stormed);
    hyper::ext::on_informational(&mut request, move |_| {
        if interim.fetch_add(1, Ordering::Relaxed) >= talk::MAX_INTERIM {
            storm.notify_one();
        }
    });
    let mut is_storm = false;
    let asking = async {
        let start = Instant::now();
        match sender.send_request(request).await {
            Ok(answer) => {
                hop.phases.first_byte = start.elapsed();
                read_answer(answer, hop).await;
            }
            Err(error) => hop.ending = classify(&error, first),
        }
    };
    // The connection only moves while it is polled; both end here, so that nothing outlives the
    // probe.
    let connection = async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = asking => {}
        () = connection => {}
        () = stormed.notified() => is_storm = true,
    }
    if is_storm {
        hop.ending = Ending::Interim;
    }
}

/// The `Host` field: browsers leave the scheme's own port out, and some servers insist on that.
pub(super) fn host_field(target: &Target, scheme: Scheme) -> String {
    match (scheme, target.port()) {
        (Scheme::Http, 80) | (Scheme::Https, 443) => target.host().to_string(),
        _ => target.normalized(),
    }
}

fn request(permit: &Permit, scheme: Scheme) -> Result<Request<Empty<Bytes>>, hyper::http::Error> {
    let target = permit.target();
    Request::get(target.path())
        .header(header::HOST, host_field(target, scheme))
        .header(header::USER_AGENT, permit.agent())
        .header(header::ACCEPT, "*/*")
        .header(header::ACCEPT_ENCODING, "identity")
        .body(Empty::new())
}

async fn read_answer(answer: hyper::Response<Incoming>, hop: &mut Hop) {
    let status = answer.status().as_u16();
    let headers = answer.headers();
    // Without a length the body ends with the connection, whether or not TLS says goodbye first.
    let has_length = headers.contains_key(header::CONTENT_LENGTH)
        || headers.contains_key(header::TRANSFER_ENCODING);
    hop.fields = fields(answer.headers());
    // Counts until the body proves otherwise, also if the limit cuts the reading off.
    hop.ending = Ending::Status(status);
    let start = Instant::now();
    let mut body = answer.into_body();
    let mut read = 0;
    let mut kept = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let Some(data) = frame.data_ref() else { continue };
                read += data.len();
                let room = KEPT_BODY.saturating_sub(kept.len()).min(data.len());
                kept.extend_from_slice(data.get(..room).unwrap_or_default());
                if read >= MAX_BODY {
                    break;
                }
            }
            Err(error) => {
                if has_length || matches!(classify(&error, &FirstBytes::default()), Ending::Reset) {
                    hop.ending = Ending::Truncated(status);
                }
                break;
            }
        }
    }
    hop.body = String::from_utf8_lossy(&kept).into_owned();
    hop.phases.body = start.elapsed();
}

/// The fields worth reading, as text. At most 100, as hyper was told.
fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// Reads meaning into hyper's error.
fn classify(error: &hyper::Error, first: &FirstBytes) -> Ending {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            if is_reset(io) {
                return Ending::Reset;
            }
            if io.kind() == io::ErrorKind::QuotaExceeded {
                return Ending::Garbage("more bytes than a run may read".to_owned());
            }
            if matches!(io.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe) {
                return Ending::ClosedEmpty;
            }
        }
        source = inner.source();
    }
    if error.is_parse_too_large() {
        return Ending::Garbage("the header is larger than 32 KiB".to_owned());
    }
    if error.is_parse() {
        let shown = super::event::show_bytes(&first.get());
        return Ending::Garbage(format!("{NOT_HTTP}{shown}"));
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Ending::ClosedEmpty;
    }
    Ending::Garbage(error.to_string())
}

/// A connection on which a request can be sent by hand, with or without TLS.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP connection underneath.
    fn conn(&self) -> &Conn;
}

impl Stream for Conn {
    fn conn(&self) -> &Conn {
        self
    }
}

impl Stream for tokio_rustls::client::TlsStream<Conn> {
    fn conn(&self) -> &Conn {
        self.get_ref().0
    }
}
