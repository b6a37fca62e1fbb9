//! The `mtu` probe: the same large request with segments of normal and of small size.
//!
//! Where a link is narrower than both ends believe, and the ICMP messages that would say so are
//! filtered (RFC 2923 §2.1), small packets pass and full ones vanish. `TCP_MAXSEG` set before the
//! connect makes both sides keep to small segments; if the hang disappears, it was that.

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    http::Stream,
    permit::{Account, Permit, Shape},
    talk::{self, Cut},
    target::Scheme,
    tcp, tls,
};

/// Segments that pass every link IPv4 (RFC 791: 576 bytes) or IPv6 (RFC 8200 §5: 1280) promises.
const SMALL: u16 = 536;
const SMALL_V6: u16 = 1220;
/// Bytes that make the request longer than two full segments; servers accept twice as much.
const PADDING: usize = 3500;
/// Bytes of answer wanted, so that the server sends full segments too.
const WANTED: usize = 6000;
/// How long each stage may take.
const LIMIT: Duration = Duration::from_secs(8);

/// How far one exchange came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    /// The connection itself.
    Connect,
    /// The TLS handshake: certificates are long.
    Tls,
    /// The large request, which was not acknowledged.
    Request,
    /// The answer, after the request was acknowledged.
    Answer,
    /// All of it.
    Done,
}

/// One exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) stage: Stage,
    /// What ended it, where it was no silence.
    pub(super) cut: Option<Cut>,
    /// What failed, where that was neither.
    pub(super) failure: String,
    /// The largest segment we could send, bytes, as the two sides agreed.
    pub(super) mss: u32,
    pub(super) retransmits: u32,
    pub(super) received: usize,
    pub(super) elapsed: Duration,
}

impl Exchange {
    /// Whether it went quiet, as in a black hole: neither done, nor ended by the other side.
    pub(super) fn stalled(&self) -> bool {
        self.cut.is_none()
            && self.failure.is_empty()
            && matches!(self.stage, Stage::Tls | Stage::Request | Stage::Answer)
    }
}

/// Both exchanges, the small one only where the normal one did not come through.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    scheme: Scheme,
) -> (Exchange, Option<Exchange>) {
    let normal = exchange(permit, ip, scheme, None).await;
    if !normal.stalled() {
        return (normal, None);
    }
    let small = if ip.is_ipv6() { SMALL_V6 } else { SMALL };
    let small = exchange(permit, ip, scheme, Some(small)).await;
    (normal, Some(small))
}

async fn exchange(permit: &Permit, ip: IpAddr, scheme: Scheme, mss: Option<u16>) -> Exchange {
    let start = Instant::now();
    let mut record = Exchange {
        stage: Stage::Connect,
        cut: None,
        failure: String::new(),
        mss: 0,
        retransmits: 0,
        received: 0,
        elapsed: Duration::ZERO,
    };
    let shape = Shape { mss, ..Shape::default() };
    match permit.dial_as(ip, tcp::LIMIT, Account::Extra, shape).await {
        Err(error) => record.failure = error.raw,
        Ok(conn) => {
            record.mss = conn.facts().mss;
            record.stage = Stage::Tls;
            let stream: io::Result<Box<dyn Stream>> = match scheme {
                Scheme::Http => Ok(Box::new(conn)),
                Scheme::Https => {
                    let host = permit.target().host();
                    match timeout(LIMIT, tls::connect(conn, host, &["http/1.1"])).await {
                        Err(_) => Err(io::ErrorKind::TimedOut.into()),
                        Ok(session) => session.map(|session| Box::new(session.stream) as _),
                    }
                }
            };
            match stream {
                Ok(mut stream) => {
                    record.stage = Stage::Request;
                    talk_at_length(&mut *stream, permit, scheme, &mut record).await;
                    record.retransmits = stream.conn().facts().retransmits;
                }
                Err(error) => record.fail(&error),
            }
        }
    }
    record.elapsed = start.elapsed();
    record
}

impl Exchange {
    fn fail(&mut self, error: &io::Error) {
        match Cut::of(error) {
            _ if error.kind() == io::ErrorKind::TimedOut => {}
            Cut::Other => self.failure = error.to_string(),
            cut => self.cut = Some(cut),
        }
    }
}

/// A GET with a long field, and its answer read as far as it is wanted.
async fn talk_at_length(
    stream: &mut (dyn Stream + '_),
    permit: &Permit,
    scheme: Scheme,
    record: &mut Exchange,
) {
    let padding = "x".repeat(PADDING);
    let fields = [("Connection", "close"), ("X-Hangup-Padding", padding.as_str())];
    let request = talk::request("GET", permit, scheme, &fields);
    let asking = async {
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let mut buffer = [0_u8; 4096];
        while record.received < WANTED {
            let read = stream.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            record.received += read;
        }
        io::Result::Ok(())
    };
    let asked = timeout(LIMIT, asking).await;
    match asked {
        Ok(Ok(())) if record.received > 0 => record.stage = Stage::Done,
        Ok(Ok(())) => record.cut = Some(Cut::Fin),
        // The end of an answer without `close_notify` is an end all the same.
        Ok(Err(error)) if record.received > 0 && Cut::of(&error) == Cut::Fin => {
            record.stage = Stage::Done;
        }
        Ok(Err(error)) => record.fail(&error),
        Err(_) if stream.conn().facts().unacknowledged == 0 => record.stage = Stage::Answer,
        Err(_) => {}
    }
}
