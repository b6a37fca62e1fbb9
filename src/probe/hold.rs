//! One held connection of the `idle` probe: open it, be quiet, and see who ends it.

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::oneshot,
    time::timeout,
};

use super::{
    banner::{self, Heard},
    event::show_bytes,
    http::Stream,
    permit::{Account, Permit, Shape},
    protocol::Protocol,
    talk::{self, Cut},
    target::Scheme,
    tcp,
};

/// How long to wait for the answer to a late write. Linux repeats a segment after 0.2, 0.6 and 1.4 s,
/// so what is unacknowledged then is lost for good: four losses in a row are no accident.
pub(super) const LATE: Duration = Duration::from_millis(2200);
/// How long the request before the silence may take.
const OPENING: Duration = Duration::from_secs(10);
/// How long a greeting may take. judgement: those that take longer look our name up, and their
/// login timer runs meanwhile.
const GREETING: Duration = Duration::from_millis(1500);

/// How a target is talked to before and after the silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// A HEAD request, answered in full, on a connection that is kept alive.
    Http(Scheme),
    /// A greeting is read; the protocol's heartbeat is the late write.
    Plain(Protocol),
}

/// One connection to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// How long to be quiet.
    pub(super) silence: Duration,
    /// Whether TCP keepalive runs meanwhile, and how often.
    pub(super) keepalive: Option<Duration>,
    /// Whether the application's own heartbeat runs meanwhile, and how often.
    pub(super) ping: Option<Duration>,
    /// How long to wait before dialling, so that a timer and an event can be told apart.
    pub(super) delay: Duration,
}

/// What became of a held connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// FIN during the silence.
    Fin,
    /// RST during the silence.
    Rst,
    /// The late write was answered, or at least acknowledged.
    Alive,
    /// The late write was answered by a RST, or by a FIN without an answer.
    ResetByWrite,
    /// The late write was never acknowledged.
    Silent,
    /// Open at the end, and nothing could be written to find out more.
    Open,
    /// The server announced that it closes after each answer.
    Closes,
    /// The connection was not established, or its opening failed.
    NotOpened,
}

/// The record of one held connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hold {
    pub(super) order: Order,
    pub(super) end: End,
    /// Whether it was told to write before its own silence was over.
    pub(super) hurried: bool,
    /// From the last byte of the opening to the late write, or to the end.
    pub(super) quiet: Duration,
    /// When it ended, for comparison with the others.
    pub(super) ended: Instant,
    /// The `Server` field, where HTTP was spoken.
    pub(super) server: Option<String>,
    /// What the server said during the silence.
    pub(super) words: String,
}

struct Opened {
    stream: Box<dyn Stream>,
    server: Option<String>,
    closes: bool,
    /// When the silence began.
    since: Instant,
}

/// Opens a connection, is quiet as ordered, and says what became of it. A silence that comes over
/// `hurry` takes the place of the ordered one.
pub(super) async fn hold(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    order: Order,
    hurry: oneshot::Receiver<Duration>,
) -> Hold {
    tokio::time::sleep(order.delay).await;
    let mut record = Hold {
        order,
        end: End::NotOpened,
        hurried: false,
        quiet: Duration::ZERO,
        ended: Instant::now(),
        server: None,
        words: String::new(),
    };
    if let Ok(Ok(mut opened)) = timeout(OPENING, open(permit, ip, speech)).await {
        record.server = opened.server.take();
        if let Some(every) = order.keepalive {
            let _ = opened.stream.conn().set_keepalive(every);
        }
        record.end = if opened.closes {
            End::Closes
        } else {
            let since = opened.since;
            stay(&mut *opened.stream, since, permit, speech, &mut record, hurry).await
        };
    }
    record.ended = Instant::now();
    record
}

async fn open(permit: &Permit, ip: IpAddr, speech: Speech) -> io::Result<Opened> {
    let Speech::Http(scheme) = speech else {
        let dialled = permit.dial_as(ip, tcp::LIMIT, Account::Hold, Shape::default()).await;
        let mut stream = dialled.map_err(|error| io::Error::other(error.raw))?;
        // A server that does not greet counts from the connect, one that does from its greeting.
        let connected = Instant::now();
        let mut heard = Heard::default();
        banner::listen(&mut stream, GREETING, &mut heard).await;
        let since = heard.last.unwrap_or(connected);
        return Ok(Opened { stream: Box::new(stream), server: None, closes: false, since });
    };
    let mut stream = talk::open(permit, ip, scheme, Account::Hold, Shape::default()).await?;
    let head = talk::ask(&mut *stream, &talk::head_request(permit, scheme)).await?;
    let server = head.field("server").map(str::to_owned);
    Ok(Opened { stream, server, closes: head.closes(), since: Instant::now() })
}

/// The silence, with the heartbeats in it, and the late write at its end.
async fn stay(
    stream: &mut (dyn Stream + '_),
    mut start: Instant,
    permit: &Permit,
    speech: Speech,
    record: &mut Hold,
    mut hurry: oneshot::Receiver<Duration>,
) -> End {
    let late = match speech {
        Speech::Http(scheme) => Some(talk::head_request(permit, scheme).into_bytes()),
        Speech::Plain(protocol) => protocol.heartbeat().map(<[u8]>::to_vec),
    };
    let mut buffer = [0_u8; 512];
    let mut silence = record.order.silence;
    // A controller that is gone hurries nobody.
    let mut may_hurry = true;
    let mut beat = Instant::now();
    loop {
        let left = silence.saturating_sub(start.elapsed());
        let until_beat = record.order.ping.map(|every| every.saturating_sub(beat.elapsed()));
        let wait = until_beat.map_or(left, |until| until.min(left));
        let read = tokio::select! {
            sooner = &mut hurry, if may_hurry => {
                may_hurry = false;
                if let Ok(sooner) = sooner {
                    silence = silence.min(sooner);
                    record.hurried = true;
                }
                continue;
            }
            read = timeout(wait, stream.read(&mut buffer)) => read,
        };
        record.quiet = start.elapsed();
        match read {
            Err(_) if record.quiet < silence => {
                let Some(late) = &late else { return End::Open };
                match write_late(stream, late).await {
                    End::Alive => beat = Instant::now(),
                    end => return end,
                }
            }
            Err(_) => break,
            Ok(Ok(0)) => return End::Fin,
            // What is left of the answer to a heartbeat.
            Ok(Ok(_)) if record.order.ping.is_some() => {}
            Ok(Ok(read)) => {
                // A body that should not be there, or a slow greeting: the silence begins after it.
                if record.quiet < Duration::from_secs(1) {
                    start = Instant::now();
                } else {
                    record.words = show_bytes(buffer.get(..read).unwrap_or_default());
                }
            }
            Ok(Err(error)) => {
                return match Cut::of(&error) {
                    Cut::Rst => End::Rst,
                    Cut::Fin => End::Fin,
                    Cut::Other => End::NotOpened,
                };
            }
        }
    }
    match late {
        Some(late) => write_late(stream, &late).await,
        None => End::Open,
    }
}

async fn write_late(stream: &mut (dyn Stream + '_), late: &[u8]) -> End {
    let mut buffer = [0_u8; 512];
    let asking = async {
        stream.write_all(late).await?;
        stream.flush().await?;
        stream.read(&mut buffer).await
    };
    match timeout(LATE, asking).await {
        Ok(Ok(0)) => End::ResetByWrite,
        Ok(Ok(_)) => End::Alive,
        Ok(Err(error)) if error.kind() == io::ErrorKind::QuotaExceeded => End::Open,
        Ok(Err(_)) => End::ResetByWrite,
        // No answer: acknowledged means that the path is alive and the application slow.
        Err(_) if stream.conn().facts().unacknowledged == 0 => End::Alive,
        Err(_) => End::Silent,
    }
}
