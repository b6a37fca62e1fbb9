//! The `tls` probe: one handshake, and what a strict client would say of its certificate.

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::{io::AsyncReadExt, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::sync::CancellationToken;

use super::{
    conn::Conn,
    event::{Finding, Reading, seconds, show_bytes},
    hostname::Host,
    permit::Permit,
    tcp,
    verify::{self, Recorder, Roots, Trouble},
};
use crate::evidence::{Course, End, Stretch};

/// Hard limit of one handshake.
pub(super) const LIMIT: Duration = Duration::from_secs(10);
/// How long to listen for a late alert. TLS 1.3 refuses a missing client certificate only after the
/// handshake looks complete (RFC 8446 §4.4.2.4).
const LATE_ALERT: Duration = Duration::from_millis(300);

/// How a handshake ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Complete.
    Complete,
    /// The server sent an alert.
    Alert(String),
    /// The server closed (`false`) or reset (`true`) without a word.
    Cut(bool),
    /// What came back is not TLS.
    NotTls,
    /// Nothing came in time.
    Timeout,
    /// The server offered what no current client accepts.
    Incompatible(String),
    /// Not even TCP.
    NotConnected(String),
}

/// What one handshake showed.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    pub(super) ending: Ending,
    elapsed: Duration,
    version: String,
    alpn: String,
    chain: Vec<CertificateDer<'static>>,
    first: Vec<u8>,
}

/// An established session and what it took.
pub(super) struct Session {
    pub(super) stream: TlsStream<Conn>,
    pub(super) recorder: std::sync::Arc<Recorder>,
}

/// The name to ask for: a host name goes into SNI, an address does not.
pub(super) fn server_name(host: &Host) -> Option<ServerName<'static>> {
    match host {
        Host::Address(ip) => Some(ServerName::IpAddress((*ip).into())),
        Host::Name(name) => ServerName::try_from(name.clone()).ok(),
    }
}

/// Shakes hands on an open connection, offering `alpn`.
pub(super) async fn connect(conn: Conn, host: &Host, alpn: &[&str]) -> io::Result<Session> {
    let (config, recorder) = Recorder::config(alpn).map_err(io::Error::other)?;
    let name = server_name(host).ok_or_else(|| io::Error::other("the name fits no certificate"))?;
    let stream = TlsConnector::from(config).connect(name, conn).await?;
    Ok(Session { stream, recorder })
}

/// Dials `ip` and shakes hands once. `answered` is cancelled when a request over another session of
/// the same kind was answered: then no alert comes late, and none is waited for.
pub(super) async fn send(permit: &Permit, ip: IpAddr, answered: &CancellationToken) -> Handshake {
    let mut handshake = Handshake {
        ending: Ending::Timeout,
        elapsed: Duration::ZERO,
        version: String::new(),
        alpn: String::new(),
        chain: Vec::new(),
        first: Vec::new(),
    };
    let conn = match permit.dial(ip, tcp::LIMIT).await {
        Ok(conn) => conn,
        Err(error) => {
            handshake.ending = Ending::NotConnected(error.raw);
            return handshake;
        }
    };
    let first = conn.first_bytes();
    let start = Instant::now();
    let alpn = ["h2", "http/1.1"];
    let result = timeout(LIMIT, connect(conn, permit.target().host(), &alpn)).await;
    handshake.elapsed = start.elapsed();
    handshake.first = first.get();
    handshake.ending = match result {
        Err(_) => Ending::Timeout,
        Ok(Err(error)) => classify(&error, &handshake.first),
        Ok(Ok(mut session)) => {
            let (_, state) = session.stream.get_ref();
            handshake.version =
                state.protocol_version().map_or_else(String::new, |v| format!("{v:?}"));
            handshake.alpn = state.alpn_protocol().map(show_bytes).unwrap_or_default();
            handshake.chain = session.recorder.chain();
            late_alert(&mut session.stream, answered).await.map_or(Ending::Complete, Ending::Alert)
        }
    };
    handshake
}

async fn late_alert(stream: &mut TlsStream<Conn>, answered: &CancellationToken) -> Option<String> {
    let mut byte = [0_u8; 1];
    let read = tokio::select! {
        biased;
        read = timeout(LATE_ALERT, stream.read(&mut byte)) => read,
        () = answered.cancelled() => return None,
    };
    match read {
        Ok(Err(error)) => match tls_error(&error)? {
            rustls::Error::AlertReceived(alert) => Some(format!("{alert:?}")),
            _ => None,
        },
        _ => None,
    }
}

fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref()?.downcast_ref()
}

/// Reads meaning into a failed handshake. Pure.
pub(super) fn classify(error: &io::Error, first: &[u8]) -> Ending {
    // RFC 8446 §5.1: an answer begins with a handshake (22) or an alert (21) record, version 3.x.
    let speaks_tls = matches!(first, [21 | 22, 3, ..] | [21 | 22]);
    if !first.is_empty() && !speaks_tls {
        return Ending::NotTls;
    }
    match tls_error(error) {
        Some(rustls::Error::AlertReceived(alert)) => Ending::Alert(format!("{alert:?}")),
        Some(other) => Ending::Incompatible(other.to_string()),
        None if matches!(
            error.kind(),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe
        ) =>
        {
            Ending::Cut(false)
        }
        None if super::http::is_reset(error) => Ending::Cut(true),
        None if error.kind() == io::ErrorKind::TimedOut => Ending::Timeout,
        None => Ending::Incompatible(error.to_string()),
    }
}

/// Reads meaning into a handshake, at `now`. Pure.
pub(super) fn interpret(
    handshake: &Handshake,
    host: &Host,
    now: UnixTime,
    roots: &Roots,
) -> Reading {
    let mut reading = Reading::default();
    let took = seconds(handshake.elapsed);
    let (value, finding, raw) = match &handshake.ending {
        Ending::NotConnected(_) => {
            return Reading::not_visible("no TCP connection for it", "没有建立 TCP 连接");
        }
        Ending::Complete => return interpret_certificate(handshake, host, now, roots),
        Ending::Alert(alert) => (
            "alert",
            Finding::new(
                format!("the server refused with the alert {alert}"),
                format!("服务端用告警 {alert} 拒绝"),
            ),
            format!("TLS alert {alert} after {took} s"),
        ),
        Ending::Cut(reset) => (
            "cut",
            Finding::new(
                "the connection was cut in the middle of the handshake",
                "握手到一半连接被切断",
            ),
            format!("{} after {took} s in the handshake", if *reset { "RST" } else { "FIN" }),
        ),
        Ending::NotTls => (
            "not_tls",
            Finding::new("the port answers, but not in TLS", "端口有回应，但不是 TLS"),
            format!("first bytes: {}", show_bytes(&handshake.first)),
        ),
        Ending::Timeout => (
            "timeout",
            Finding::new("no answer to the handshake", "握手没有回应"),
            format!("no answer to the ClientHello within {took} s"),
        ),
        Ending::Incompatible(error) => (
            "alert",
            Finding::new(
                "server and current clients share no TLS version or cipher",
                "服务端与现代客户端没有共同的 TLS 版本或加密套件",
            ),
            error.clone(),
        ),
    };
    reading.observe("tls.result", value, &raw);
    reading.course("tls.result", course(handshake));
    reading.findings.push(finding.raw(raw));
    value.clone_into(&mut reading.outcome);
    reading
}

/// The handshake, in numbers.
fn course(handshake: &Handshake) -> Course {
    let end = match handshake.ending {
        Ending::Alert(_) => End::Alert,
        Ending::Cut(false) => End::Fin,
        Ending::Cut(true) => End::Rst,
        Ending::Timeout => End::Silent,
        Ending::Complete | Ending::NotTls | Ending::Incompatible(_) | Ending::NotConnected(_) => {
            End::Ours
        }
    };
    Course::ended(end).then(Stretch::Tls, handshake.elapsed)
}

fn interpret_certificate(
    handshake: &Handshake,
    host: &Host,
    now: UnixTime,
    roots: &Roots,
) -> Reading {
    let mut reading = Reading::default();
    let (line, days) = verify::describe(&handshake.chain, now).unwrap_or_default();
    let verdict = match server_name(host) {
        Some(name) => verify::judge(&handshake.chain, &name, now, roots),
        None => Err(Trouble::Name),
    };
    let (value, en, zh) = match verdict {
        Ok(()) => (
            "ok",
            format!("handshake complete; the certificate is good for {days} more days"),
            format!("握手完成；证书还有 {days} 天到期"),
        ),
        Err(Trouble::Expired) => (
            "cert_expired",
            format!("the certificate is out of date ({days} days left)"),
            format!("证书不在有效期内（剩余 {days} 天）"),
        ),
        Err(Trouble::Name) => (
            "cert_name",
            format!("the certificate is for other names than {host}"),
            format!("证书不是给 {host} 用的"),
        ),
        Err(Trouble::Untrusted) => (
            "cert_untrusted",
            "no path from the certificate to a trusted root: self-signed, a company's own, or an intermediate is missing".to_owned(),
            "证书链到不了受信任的根：自签名、公司自建，或缺少中间证书".to_owned(),
        ),
    };
    let raw = format!(
        "{} {} in {} s; {line}",
        handshake.version,
        handshake.alpn,
        seconds(handshake.elapsed)
    );
    reading.observe("tls.result", value, &raw);
    reading.course("tls.result", course(handshake));
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    value.clone_into(&mut reading.outcome);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_decides_before_the_library_s_words() {
        let eof = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(classify(&eof, b""), Ending::Cut(false));
        assert_eq!(classify(&eof, b"HTTP/1.1 400 Bad Request\r\n"), Ending::NotTls);
        assert_eq!(classify(&eof, b"SSH-2.0-OpenSSH_9.2\r\n"), Ending::NotTls);
        let reset = io::Error::from(io::ErrorKind::ConnectionReset);
        assert_eq!(classify(&reset, b""), Ending::Cut(true));
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::HandshakeFailure);
        let error = io::Error::other(alert);
        assert_eq!(classify(&error, &[21, 3, 3]), Ending::Alert("HandshakeFailure".into()));
    }
}
