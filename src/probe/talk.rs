//! HTTP by hand: one request, and the head of its answer, on a connection that stays ours.
//!
//! A client library hides what the probes look for: whether the connection still lives, when the
//! end came, what was acknowledged. So the few lines that are needed are written and read here.
//! Reading is bounded: 32 KiB of head, whatever comes.

use std::{fmt::Write as _, io, net::IpAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    http::{Stream, host_field, is_reset},
    permit::{Account, Permit, Shape},
    target::Scheme,
    tcp, tls,
};

/// Bytes of head read of an answer.
const MAX_HEAD: usize = 32 * 1024;

/// The head of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The status, where the first line is one of HTTP/1.
    pub(super) status: Option<u16>,
    text: String,
    /// What came behind the head.
    pub(super) rest: Vec<u8>,
}

impl Head {
    /// Splits what was read at the empty line; `None` while there is none. Pure.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(bytes.get(..end)?).into_owned();
        let rest = bytes.get(end + 4..).unwrap_or_default().to_vec();
        let first = text.lines().next().unwrap_or_default();
        let status = first
            .strip_prefix("HTTP/1.")
            .and_then(|line| line.split(' ').nth(1))
            .and_then(|status| status.parse().ok())
            .filter(|status| (100..1000).contains(status));
        Some(Self { status, text, rest })
    }

    /// The first line, as it came. Hostile text.
    pub(super) fn first_line(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// The first field of that name, whatever its case. Hostile text.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.text
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .find(|(field, _)| field.trim().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// Whether the server announced that it closes after this answer (RFC 9112 §9.3).
    pub(super) fn closes(&self) -> bool {
        let connection = self.field("connection").unwrap_or_default().to_ascii_lowercase();
        connection.contains("close")
            || (self.text.starts_with("HTTP/1.0") && !connection.contains("keep-alive"))
    }
}

/// Opens a connection for a request, with TLS where `scheme` asks for it.
pub(super) async fn open(
    permit: &Permit,
    ip: IpAddr,
    scheme: Scheme,
    account: Account,
    shape: Shape,
) -> io::Result<Box<dyn Stream>> {
    let conn = permit
        .dial_as(ip, tcp::LIMIT, account, shape)
        .await
        .map_err(|error| io::Error::other(error.raw))?;
    Ok(match scheme {
        Scheme::Http => Box::new(conn),
        Scheme::Https => {
            Box::new(tls::connect(conn, permit.target().host(), &["http/1.1"]).await?.stream)
        }
    })
}

/// A HEAD request: its answer ends with its header, so that silence can begin.
pub(super) fn head_request(permit: &Permit, scheme: Scheme) -> String {
    request("HEAD", permit, scheme, &[])
}

/// One request without a body. `fields` come behind our own.
pub(super) fn request(
    method: &str,
    permit: &Permit,
    scheme: Scheme,
    fields: &[(&str, &str)],
) -> String {
    let mut text = format!(
        "{method} {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\nAccept: */*\r\n",
        permit.target().path(),
        host_field(permit.target(), scheme),
        permit.agent()
    );
    for (name, value) in fields {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n"
}

/// Sends one request and reads the head of its answer.
pub(super) async fn ask(stream: &mut (dyn Stream + '_), request: &str) -> io::Result<Head> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    read_head(stream).await
}

/// Interim answers that are passed over before a final one; W7 of the threat model.
pub(super) const MAX_INTERIM: usize = 8;

/// Reads to the empty line, at most 32 KiB. Up to eight interim answers (1xx but 101) are passed over.
pub(super) async fn read_head(stream: &mut (dyn Stream + '_)) -> io::Result<Head> {
    let mut bytes = Vec::new();
    let mut read_in_all = 0;
    let mut interim = 0;
    let mut buffer = [0_u8; 4096];
    loop {
        while let Some(head) = Head::parse(&bytes) {
            match head.status {
                Some(100 | 102..=199) if interim == MAX_INTERIM => {
                    return Err(io::Error::other("more than 8 interim answers (1xx)"));
                }
                Some(100 | 102..=199) => {
                    interim += 1;
                    bytes = head.rest;
                }
                _ => return Ok(head),
            }
        }
        if read_in_all > MAX_HEAD {
            return Err(io::Error::other("the head is larger than 32 KiB"));
        }
        let read = stream.read(&mut buffer).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        read_in_all += read;
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
    }
}

/// How a read or write came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// FIN; TLS that ends without `close_notify` is one too.
    Fin,
    /// RST.
    Rst,
    /// Our own limit, or what is no end of the connection.
    Other,
}

impl Cut {
    /// Reads meaning into an error.
    pub(super) fn of(error: &io::Error) -> Self {
        match error.kind() {
            _ if is_reset(error) => Self::Rst,
            // EPIPE: a RST answered what we wrote after their FIN; they had closed in order.
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => Self::Fin,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_to_its_empty_line() {
        let head = Head::parse(b"HTTP/1.1 200 OK\r\nserver:  nginx \r\n\r\nbody").unwrap();
        assert_eq!((head.status, head.field("Server")), (Some(200), Some("nginx")));
        assert_eq!(head.rest, b"body");
        assert!(!head.closes());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n").is_none());
        assert!(Head::parse(b"HTTP/1.0 200 OK\r\n\r\n").unwrap().closes());
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\nConnection: Close\r\n\r\n").unwrap().closes());
    }

    proptest::proptest! {
        #[test]
        fn no_head_is_too_strange(bytes: Vec<u8>) {
            if let Some(head) = Head::parse(&bytes) {
                let _ = (head.closes(), head.first_line(), head.field("a"));
                proptest::prop_assert!(head.rest.len() < bytes.len());
            }
        }
    }
}
