//! The `burst` probe: ten connections at once, held until all have ended, and what became of each.
//!
//! A full accept queue, a cap on connections, a rate limit and a pool without a free worker all
//! serve one connection and not ten. Ten is few enough to be no attack (weapon W5 of the threat
//! model), and it is run alone, after the other probes.

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use futures::future::join_all;
use tokio::{
    sync::Barrier,
    time::{sleep, timeout},
};

use super::{
    banner::{self, Heard},
    conn::Conn,
    hold::Speech,
    permit::{Account, DialFailure, Permit, Shape},
    protocol::Protocol,
    talk::{self, Cut},
    target::Scheme,
    tls,
};

/// Connections at once.
pub(super) const SIZE: usize = 10;
/// Hard limit of one connect. SYNs go out again at 1 and 3 s (and at 2 and 4 s on newer kernels), so
/// the steps that a full queue makes are seen.
const CONNECT: Duration = Duration::from_secs(5);
/// How long TLS and the answer may take.
const ANSWER: Duration = Duration::from_secs(6);
/// How long the connections are held together, so that a cap on their number shows.
const TOGETHER: Duration = Duration::from_millis(300);

/// What became of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Answered with a status.
    Answered(u16),
    /// Greeted or answered in another protocol, without a word of refusal.
    Greeted,
    /// The server said in words that a limit is reached.
    Limited(String),
    /// Refused at the connect.
    Refused,
    /// Connected, then ended without an answer.
    Cut(Cut),
    /// The SYN was never answered.
    NoConnect,
    /// Connected, and never answered; whether our bytes were acknowledged.
    Silent(bool),
    /// Connected to a port of which nobody knows what to say; still open at the end.
    Open,
    /// Our own limits, or a failure that is no refusal.
    Failed(String),
}

/// One connection of the burst.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shot {
    pub(super) fate: Fate,
    /// From the start of the burst to the established connection, or to its failure.
    pub(super) connect: Duration,
    /// SYNs that had to be sent again.
    pub(super) retransmits: u32,
    /// From there to the first answer, or to the end.
    pub(super) answer: Duration,
}

/// Fires all at once.
pub(super) async fn send(permit: &Permit, ip: IpAddr, speech: Speech) -> Vec<Shot> {
    // All leave together, so that the first to be done does not make room for the last.
    let door = Barrier::new(SIZE);
    join_all((0..SIZE).map(|_| shoot(permit, ip, speech, &door))).await
}

async fn shoot(permit: &Permit, ip: IpAddr, speech: Speech, door: &Barrier) -> Shot {
    let start = Instant::now();
    let mut shot = Shot {
        fate: Fate::NoConnect,
        connect: Duration::ZERO,
        retransmits: 0,
        answer: Duration::ZERO,
    };
    let dialled = permit.dial_as(ip, CONNECT, Account::Burst, Shape::default()).await;
    shot.connect = start.elapsed();
    let held = match dialled {
        Ok(conn) => {
            shot.retransmits = conn.facts().retransmits;
            let connected = Instant::now();
            let (fate, held) = speak(permit, speech, conn).await;
            shot.fate = fate;
            shot.answer = connected.elapsed();
            held
        }
        Err(error) => {
            shot.fate = match error.kind {
                DialFailure::Refused | DialFailure::Prohibited => Fate::Refused,
                DialFailure::Reset => Fate::Cut(Cut::Rst),
                DialFailure::Timeout => Fate::NoConnect,
                DialFailure::Unreachable
                | DialFailure::NotFromHere
                | DialFailure::Limit
                | DialFailure::Proxy(_) => Fate::Failed(error.raw),
            };
            None
        }
    };
    // Whoever waits longest decides; every connect and answer above has its own limit.
    door.wait().await;
    sleep(TOGETHER).await;
    drop(held);
    shot
}

/// Says the least that a working server answers, and keeps the connection for its return.
async fn speak(
    permit: &Permit,
    speech: Speech,
    conn: Conn,
) -> (Fate, Option<Box<dyn super::http::Stream>>) {
    match speech {
        Speech::Http(scheme) => ask(permit, scheme, conn).await,
        Speech::Plain(protocol) => hear(permit, protocol, conn).await,
    }
}

async fn ask(
    permit: &Permit,
    scheme: Scheme,
    conn: Conn,
) -> (Fate, Option<Box<dyn super::http::Stream>>) {
    let host = permit.target().host();
    let mut stream: Box<dyn super::http::Stream> = match scheme {
        Scheme::Http => Box::new(conn),
        Scheme::Https => match timeout(ANSWER, tls::connect(conn, host, &["http/1.1"])).await {
            Ok(Ok(session)) => Box::new(session.stream),
            Ok(Err(error)) => return (ending(&error), None),
            Err(_) => return (Fate::Silent(true), None),
        },
    };
    let request = talk::head_request(permit, scheme);
    let fate = match timeout(ANSWER, talk::ask(&mut *stream, &request)).await {
        Ok(Ok(head)) => match head.status {
            Some(status @ (429 | 503)) => Fate::Limited(format!("{status}")),
            Some(status) => Fate::Answered(status),
            None => Fate::Failed(format!("not HTTP: {}", head.first_line())),
        },
        Ok(Err(error)) => ending(&error),
        Err(_) => Fate::Silent(stream.conn().facts().unacknowledged == 0),
    };
    (fate, Some(stream))
}

async fn hear(
    permit: &Permit,
    protocol: Protocol,
    mut conn: Conn,
) -> (Fate, Option<Box<dyn super::http::Stream>>) {
    use tokio::io::AsyncWriteExt as _;
    let mut heard = Heard::default();
    let speaks_first = protocol.greets();
    if !speaks_first && protocol != Protocol::Unknown {
        // A failed write shows in the reading after it.
        let _ = conn.write_all(protocol.opener()).await;
    }
    let patience = if speaks_first { ANSWER } else { ANSWER / 2 };
    let end = banner::listen(&mut conn, patience, &mut heard).await;
    let said = banner::recognise(&heard.bytes, permit.target().port());
    let fate = match (said, end) {
        (Some(greeting), _) if greeting.is_refusal() => {
            Fate::Limited(super::event::show_bytes(&heard.bytes))
        }
        (Some(_), _) => Fate::Greeted,
        (None, _) if !heard.bytes.is_empty() => Fate::Greeted,
        (None, banner::Ending::Closed) => Fate::Cut(Cut::Fin),
        (None, banner::Ending::Reset) => Fate::Cut(Cut::Rst),
        (None, _) if protocol == Protocol::Unknown => Fate::Open,
        (None, _) => Fate::Silent(conn.facts().unacknowledged == 0),
    };
    (fate, Some(Box::new(conn)))
}

fn ending(error: &io::Error) -> Fate {
    match Cut::of(error) {
        Cut::Other => Fate::Failed(error.to_string()),
        cut => Fate::Cut(cut),
    }
}
