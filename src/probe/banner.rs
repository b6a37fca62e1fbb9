//! The `banner` probe: what a server says before login, and what it means.
//!
//! At most one harmless message is sent, and only to a port that stays quiet: `PING` (Redis answers
//! it, HTTP servers call it a bad request), or, on the usual port of a protocol, what its clients say
//! before their login: PostgreSQL's start, AMQP's header, Kafka's ApiVersions, MongoDB's hello.

use std::{
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    event::{Finding, Reading, seconds, show_bytes},
    http::is_reset,
    permit::Permit,
    protocol::Protocol,
    tcp,
};
use crate::evidence::{Course, End, Stretch};

/// How long a port that should greet may take. sshd and MySQL look the client's name up first,
/// which takes 5 s per dead name server (measured, 2026-11-22).
const GREETING: Duration = Duration::from_secs(8);
/// How long to listen on a port of unknown kind before speaking.
const LISTEN: Duration = Duration::from_millis(1500);
/// How long an answer to our line may take.
const ANSWER: Duration = Duration::from_secs(3);
/// Bytes of greeting read.
const MAX_GREETING: usize = 1024;

/// How the listening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Still open.
    Open,
    /// FIN.
    Closed,
    /// RST.
    Reset,
    /// No TCP connection.
    NotConnected,
}

/// What the server said, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) bytes: Vec<u8>,
    pub(super) ending: Ending,
    pub(super) elapsed: Duration,
}

/// Connects, listens, and speaks one line where the server waits for one.
pub(super) async fn send(permit: &Permit, ip: IpAddr) -> Said {
    let expected = Protocol::of_port(permit.target().port());
    let mut heard = Heard::default();
    let mut said =
        Said { bytes: Vec::new(), ending: Ending::NotConnected, elapsed: Duration::ZERO };
    let Ok(mut conn) = permit.dial(ip, tcp::LIMIT).await else { return said };
    let start = Instant::now();
    let patience = match expected {
        Protocol::Redis
        | Protocol::Postgres
        | Protocol::Rabbitmq
        | Protocol::Kafka
        | Protocol::Mongodb
        | Protocol::Memcached => Duration::ZERO,
        _ if expected.greets() => GREETING,
        _ => LISTEN,
    };
    said.ending = listen(&mut conn, patience, &mut heard).await;
    if heard.bytes.is_empty() && said.ending == Ending::Open && !expected.greets() {
        let sent = conn.write_all(expected.opener()).await;
        said.ending = match sent {
            Ok(()) => listen(&mut conn, ANSWER, &mut heard).await,
            Err(error) if is_reset(&error) => Ending::Reset,
            Err(_) => Ending::Closed,
        };
    }
    said.elapsed = start.elapsed();
    said.bytes = heard.bytes;
    said
}

/// What was said on a connection so far, and when it was last.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) bytes: Vec<u8>,
    pub(super) last: Option<Instant>,
}

/// Reads until something was said and the line is quiet for a moment, the limit, or the end.
pub(super) async fn listen(
    stream: &mut (impl tokio::io::AsyncRead + Unpin),
    patience: Duration,
    heard: &mut Heard,
) -> Ending {
    let end = Instant::now() + patience;
    let mut buffer = [0_u8; 512];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        // An error packet and the FIN behind it come together; a greeting is followed by silence.
        let wait = if heard.bytes.is_empty() { left } else { left.min(Duration::from_millis(250)) };
        match timeout(wait, stream.read(&mut buffer)).await {
            Err(_) => return Ending::Open,
            Ok(Ok(0)) => return Ending::Closed,
            Ok(Ok(read)) => {
                heard.bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
                heard.last = Some(Instant::now());
                if heard.bytes.len() >= MAX_GREETING {
                    return Ending::Open;
                }
            }
            Ok(Err(error)) if is_reset(&error) => return Ending::Reset,
            Ok(Err(_)) => return Ending::Closed,
        }
    }
}

/// What a greeting is: its protocol, the word for `banner.result`, and a more exact component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Greeting {
    pub(super) protocol: Protocol,
    result: &'static str,
    component: Option<&'static str>,
}

impl Greeting {
    /// Whether it says in words that we are not let in.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self.result, "limit" | "blocked")
    }
}

/// Recognises a greeting by its bytes; `port` decides between protocols that begin alike. Pure.
pub(super) fn recognise(bytes: &[u8], port: u16) -> Option<Greeting> {
    let text = String::from_utf8_lossy(bytes);
    let has = |part: &str| text.contains(part);
    let of =
        |protocol: Protocol, result| Greeting { protocol, result, component: protocol.component() };
    if let Some(greeting) = recognise_mysql(bytes, &text) {
        return Some(greeting);
    }
    let expected = Protocol::of_port(port);
    let line = text.lines().next().unwrap_or_default();
    let greeting = match line {
        _ if line.starts_with("SSH-") => of(Protocol::Ssh, "greeting"),
        _ if has("Exceeded MaxStartups") => of(Protocol::Ssh, "limit"),
        _ if has("Not allowed at this time") => of(Protocol::Ssh, "blocked"),
        _ if line.starts_with("HTTP/") => of(Protocol::Http, "greeting"),
        _ if line.starts_with("AMQP") => of(Protocol::Rabbitmq, "greeting"),
        "+PONG" => of(Protocol::Redis, "greeting"),
        _ if line.starts_with("-NOAUTH") => of(Protocol::Redis, "greeting"),
        _ if line.starts_with("-DENIED") => of(Protocol::Redis, "blocked"),
        _ if line.starts_with("-ERR max number of clients") => of(Protocol::Redis, "limit"),
        _ if line.starts_with("-ERR") && expected == Protocol::Redis => {
            of(Protocol::Redis, "error")
        }
        _ if line.starts_with("-LOADING") || line.starts_with("-MISCONF") => {
            of(Protocol::Redis, "error")
        }
        _ if line.starts_with("* OK") || line.starts_with("+OK") => of(Protocol::Mail, "greeting"),
        _ if line.starts_with("220") => {
            let ftp = has("FTP") || expected == Protocol::Ftp;
            let protocol = if ftp { Protocol::Ftp } else { Protocol::Smtp };
            let component = if has("Postfix") { Some("postfix") } else { protocol.component() };
            Greeting { component, ..of(protocol, "greeting") }
        }
        _ if line.starts_with("421") => of(line_protocol(expected), "limit"),
        _ if line.starts_with("554") || line.starts_with("530") => {
            of(line_protocol(expected), "blocked")
        }
        _ if line.starts_with("VERSION ") && expected == Protocol::Memcached => {
            of(Protocol::Memcached, "greeting")
        }
        _ if is_amqp_start(bytes) => {
            let component = has("RabbitMQ").then_some("rabbitmq");
            Greeting { component, ..of(Protocol::Rabbitmq, "greeting") }
        }
        _ if is_mongodb_reply(bytes) => of(Protocol::Mongodb, mongodb_result(bytes)),
        _ if expected == Protocol::Kafka => of(Protocol::Kafka, kafka_result(bytes)?),
        _ if expected == Protocol::Postgres => of(Protocol::Postgres, postgres_result(bytes)?),
        _ => return None,
    };
    Some(greeting)
}

fn line_protocol(expected: Protocol) -> Protocol {
    if expected == Protocol::Ftp { Protocol::Ftp } else { Protocol::Smtp }
}

/// A MySQL packet: three bytes of length, sequence 0, then version 10 or an error packet.
fn recognise_mysql(bytes: &[u8], text: &str) -> Option<Greeting> {
    let (length, kind) = match bytes {
        [a, b, c, 0, kind, ..] => (u32::from_le_bytes([*a, *b, *c, 0]) as usize, *kind),
        _ => return None,
    };
    if length < 3 || bytes.len() > length + 4 + 64 || length > 4096 {
        return None;
    }
    let component = Some(if text.contains("MariaDB") { "mariadb" } else { "mysql" });
    let result = match kind {
        10 => "greeting",
        // Error codes of MySQL's server error reference.
        0xff => match u16::from_le_bytes([*bytes.get(5)?, *bytes.get(6)?]) {
            1040 | 1203 => "limit",
            1129 | 1130 => "blocked",
            _ => "error",
        },
        _ => return None,
    };
    Some(Greeting { protocol: Protocol::Mysql, result, component })
}

/// AMQP 0-9-1 §2.3.5: a method frame (1) on channel 0 with class 10 (connection), method 10 (start).
fn is_amqp_start(bytes: &[u8]) -> bool {
    matches!(bytes, [1, 0, 0, _, _, _, _, 0, 10, 0, 10, ..])
}

/// A reply in MongoDB's wire protocol: OP_MSG (2013), or OP_REPLY (1) of old servers, to our request.
fn is_mongodb_reply(bytes: &[u8]) -> bool {
    let word = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        Some(u32::from_le_bytes(four.try_into().ok()?))
    };
    word(8) == Some(7) && matches!(word(12), Some(1 | 2013))
}

/// `ok: 0.0` and an `errmsg` stand in a refusal.
fn mongodb_result(bytes: &[u8]) -> &'static str {
    let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    if has(b"\x02errmsg\0") { "error" } else { "greeting" }
}

/// An answer to ApiVersions: our correlation id, then an error code; 35 names the versions that the
/// broker would take, which is a greeting too.
fn kafka_result(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [_, _, _, _, 0, 0, 0, 7, 0, 0 | 35, ..] => Some("greeting"),
        [_, _, _, _, 0, 0, 0, 7, _, _, ..] => Some("error"),
        _ => None,
    }
}

/// PostgreSQL answers with a request for authentication, or with an error message whose field `C` is
/// the SQLSTATE (PostgreSQL protocol, "Error and Notice Message Fields").
fn postgres_result(bytes: &[u8]) -> Option<&'static str> {
    let rest = match bytes {
        [b'R', ..] => return Some("greeting"),
        [b'E', _, _, _, _, rest @ ..] => rest,
        [b'E', ..] => return Some("error"),
        _ => return None,
    };
    let field = |name: u8| {
        rest.split(|byte| *byte == 0)
            .find(|field| field.first() == Some(&name))
            .map(|field| String::from_utf8_lossy(field.get(1..).unwrap_or_default()))
            .unwrap_or_default()
    };
    let message = field(b'M');
    Some(match &*field(b'C') {
        // An explicit `reject` line, whatever else is said.
        "28000" if message.contains("rejects") => "blocked",
        // There may be an entry for connections over TLS; that is no refusal.
        "28000" if message.contains("no encryption") || message.contains("SSL off") => "greeting",
        // 53300 too_many_connections. 57P03 (starting, shutting down, in recovery) is an error.
        "53300" => "limit",
        "28000" if message.contains("pg_hba.conf") => "blocked",
        // No such user, password or database: it talks to us as to anybody.
        "28000" | "28P01" | "3D000" => "greeting",
        _ => "error",
    })
}

/// Reads meaning into what was said. Pure.
pub(super) fn interpret(said: &Said, port: u16) -> Reading {
    let mut reading = Reading::default();
    let took = seconds(said.elapsed);
    let expected = Protocol::of_port(port);
    if let Some(greeting) = recognise(&said.bytes, port) {
        if greeting.protocol == Protocol::Http {
            return Reading::not_visible("the port speaks HTTP", "这个端口说的是 HTTP");
        }
        let raw = format!("{} ({took} s)", show_bytes(&said.bytes));
        if let Some(component) = greeting.component {
            reading.component(component, &raw);
        }
        let (en, zh) = sentence(greeting.result);
        conclude(&mut reading, greeting.result, Finding::new(en, zh), &raw);
        reading.course("banner.result", course(said));
        return reading;
    }
    let (value, how) = match said.ending {
        Ending::NotConnected => {
            return Reading::not_visible("no connection for it", "没有可用的连接");
        }
        _ if !said.bytes.is_empty() => {
            let raw = show_bytes(&said.bytes);
            let finding =
                Finding::new("a greeting of an unknown kind", "无法识别的问候语").raw(raw);
            reading.findings.push(finding);
            "unknown".clone_into(&mut reading.outcome);
            return reading;
        }
        Ending::Closed => ("closed", "FIN"),
        Ending::Reset => ("reset", "RST"),
        // Most servers wait for the client; silence means something only where a greeting is due.
        Ending::Open if expected == Protocol::Unknown || expected == Protocol::Http => {
            return Reading::not_visible(
                "the server waits for the client to speak; no protocol was recognised",
                "服务端在等客户端先说话；没有识别出协议",
            );
        }
        Ending::Open => ("silent", "nothing"),
    };
    let (en, zh) = sentence(value);
    let raw = format!("{how} after {took} s, 0 bytes");
    conclude(&mut reading, value, Finding::new(en, zh), &raw);
    reading.course("banner.result", course(said));
    reading
}

/// The wait for the greeting, in numbers.
fn course(said: &Said) -> Course {
    let end = match said.ending {
        Ending::Closed => End::Fin,
        Ending::Reset => End::Rst,
        Ending::Open if said.bytes.is_empty() => End::Silent,
        Ending::Open | Ending::NotConnected => End::Ours,
    };
    Course::ended(end).then(Stretch::FirstByte, said.elapsed)
}

fn conclude(reading: &mut Reading, value: &'static str, finding: Finding, raw: &str) {
    reading.observe("banner.result", value, raw);
    reading.findings.push(finding.raw(raw));
    value.clone_into(&mut reading.outcome);
}

fn sentence(result: &str) -> (&'static str, &'static str) {
    match result {
        "greeting" => ("the server greets as expected", "服务端正常问候"),
        "limit" => ("the server says that a limit is reached", "服务端说已达到上限"),
        "blocked" => {
            ("the server says that this address is not allowed", "服务端说这个地址不被允许")
        }
        "closed" => ("the server closed without a word", "服务端一声不吭就关闭"),
        "reset" => ("the server reset without a word", "服务端一声不吭就重置"),
        "silent" => {
            ("the server says nothing, though a greeting is due", "本该有问候语，服务端什么也不说")
        }
        _ => ("the server greets with an error", "服务端返回报错"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mysql(payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![u8::try_from(payload.len()).unwrap(), 0, 0, 0];
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn greetings_and_refusals_of_each_kind() {
        let v10 = mysql(b"\x0a5.5.5-10.11.19-MariaDB-0+deb12u1\0abcdefgh");
        let many = mysql(b"\xff\x10\x04Too many connections");
        let denied =
            mysql(b"\xff\x6a\x04Host '192.0.2.1' is not allowed to connect to this MariaDB server");
        let postgres = |code: &str, message: &str| {
            format!("E\0\0\0\x7fSFATAL\0VFATAL\0C{code}\0M{message}\0\0").into_bytes()
        };
        let pg_hba = postgres("28000", "no pg_hba.conf entry for host \"192.0.2.1\"");
        let too_many = postgres("53300", "sorry, too many clients already");
        let starting = postgres("57P03", "the database system is starting up");
        let only_tls = postgres("28000", "no pg_hba.conf entry for host, no encryption");
        let start = b"\x01\0\0\0\0\x01\xf0\0\x0a\0\x0a\0\x09product: RabbitMQ".as_slice();
        let reply = |document: &[u8]| {
            let head = b"\x40\0\0\0\x01\0\0\0\x07\0\0\0\xdd\x07\0\0\0\0\0\0\0";
            [head.as_slice(), document].concat()
        };
        let hello = reply(b"\x08isWritablePrimary\0\x01");
        let refused = reply(b"\x02errmsg\0\x05\0\0\0nope\0");
        for (bytes, port, component, wanted) in [
            (b"SSH-2.0-OpenSSH_9.2p1\r\n".as_slice(), 2222, "ssh", "greeting"),
            (b"Exceeded MaxStartups\r\n", 22, "ssh", "limit"),
            (&v10, 3306, "mariadb", "greeting"),
            (&many, 3306, "mysql", "limit"),
            (&denied, 3306, "mariadb", "blocked"),
            (b"+PONG\r\n", 6379, "redis", "greeting"),
            (b"-NOAUTH Authentication required.\r\n", 1, "redis", "greeting"),
            (b"-DENIED Redis is running in protected mode", 1, "redis", "blocked"),
            (b"-ERR max number of clients reached\r\n", 1, "redis", "limit"),
            (b"220 mail.example.com ESMTP Postfix\r\n", 25, "postfix", "greeting"),
            (b"220 (vsFTPd 3.0.3)\r\n", 21, "ftp", "greeting"),
            (b"R\0\0\0\x08\0\0\0\x03", 5432, "postgresql", "greeting"),
            (&pg_hba, 5432, "postgresql", "blocked"),
            (&too_many, 5432, "postgresql", "limit"),
            (&starting, 5432, "postgresql", "error"),
            (&only_tls, 5432, "postgresql", "greeting"),
            (start, 5672, "rabbitmq", "greeting"),
            (b"\0\0\x01\0\0\0\0\x07\0\0\0\0\0\x02", 9092, "kafka", "greeting"),
            (b"\0\0\0\x0a\0\0\0\x07\0\x23\0\0\0\0", 9092, "kafka", "greeting"),
            (&hello, 27017, "mongodb", "greeting"),
            (&refused, 27017, "mongodb", "error"),
            (b"VERSION 1.6.18\r\n", 11211, "memcached", "greeting"),
        ] {
            let said =
                Said { bytes: bytes.to_vec(), ending: Ending::Open, elapsed: Duration::ZERO };
            let reading = interpret(&said, port);
            assert_eq!(reading.outcome, wanted, "{}", show_bytes(bytes));
            let found = reading.observations.iter().find(|seen| seen.variable == "component");
            assert_eq!(found.unwrap().value.word(), Some(component), "{}", show_bytes(bytes));
        }
    }

    #[test]
    fn silence_counts_only_where_a_greeting_is_due() {
        let said = Said { bytes: Vec::new(), ending: Ending::Open, elapsed: Duration::ZERO };
        assert_eq!(interpret(&said, 22).outcome, "silent");
        assert!(interpret(&said, 9999).not_visible.is_some());
        let closed = Said { ending: Ending::Closed, ..said };
        assert_eq!(interpret(&closed, 9999).outcome, "closed");
    }

    proptest::proptest! {
        #[test]
        fn no_greeting_is_too_strange(bytes: Vec<u8>, port: u16) {
            let said = Said { bytes, ending: Ending::Closed, elapsed: Duration::ZERO };
            let reading = interpret(&said, port);
            proptest::prop_assert!(reading.findings.len() <= 1);
        }
    }
}
