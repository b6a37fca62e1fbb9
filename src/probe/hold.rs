//! One held connection of the `idle` probe: open it, be quiet, write when told to, and see who ends
//! it. A write that is answered begins a new silence.

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{io::AsyncReadExt, sync::mpsc, time::timeout};

use super::{
    banner::{self, Heard},
    event::show_bytes,
    http::Stream,
    idle::AT_ONCE,
    late::{Trust, write_late},
    permit::{Account, Permit, Shape},
    protocol::Protocol,
    talk::{self, Cut},
    target::Scheme,
    tcp,
};

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
    /// Whether TCP keepalive runs meanwhile, and how often.
    pub(super) keepalive: Option<Duration>,
    /// Whether the application's own heartbeat runs meanwhile, and how often.
    pub(super) ping: Option<Duration>,
    /// How long to wait before dialling, so that a timer and an event can be told apart.
    pub(super) delay: Duration,
}

/// What a held connection tells while it goes.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// It is open, and quiet from now on.
    Quiet,
    /// What it wrote is not acknowledged, though that would be due.
    Suspected,
    /// What it wrote was answered; it is quiet again.
    Answered(Hold),
    /// It is over.
    Over(Hold),
}

/// The two ways between a held connection and who conducts it.
pub(super) struct Line {
    /// Its number.
    pub(super) place: usize,
    /// Where it tells.
    pub(super) news: mpsc::UnboundedSender<(usize, News)>,
    /// Where it is told to write.
    pub(super) orders: mpsc::UnboundedReceiver<Write>,
    /// Whether any connection of the round has seen a segment lost that came through in the end.
    pub(super) lossy: Arc<AtomicBool>,
}

/// What a held connection is told: to write now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Write {
    /// The silence that this tries.
    pub(super) tried: Duration,
    /// Whether another connection, quiet for longer, is already suspected to be lost: then this one's
    /// loss confirms it, and is believed sooner.
    pub(super) seconds: bool,
}

impl Line {
    fn tell(&self, news: News) {
        // Nobody listens any more only where the whole round is dropped.
        let _ = self.news.send((self.place, news));
    }
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
    /// The silence that the late write tried; zero where it was ended before.
    pub(super) tried: Duration,
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

/// Opens a connection, is quiet, writes when told to, and tells what becomes of it.
pub(super) async fn hold(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    order: Order,
    mut line: Line,
) {
    tokio::time::sleep(order.delay).await;
    let mut record = Hold {
        order,
        end: End::NotOpened,
        tried: Duration::ZERO,
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
            if opened.stream.conn().facts().retransmits > 0 {
                line.lossy.store(true, Ordering::Relaxed);
            }
            line.tell(News::Quiet);
            let since = opened.since;
            stay(&mut *opened.stream, since, permit, speech, &mut record, &mut line).await
        };
    }
    record.ended = Instant::now();
    line.tell(News::Over(record));
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

/// The silences, with the heartbeats in them, and the late writes between them.
async fn stay(
    stream: &mut (dyn Stream + '_),
    mut start: Instant,
    permit: &Permit,
    speech: Speech,
    record: &mut Hold,
    line: &mut Line,
) -> End {
    let late = speech.late_write(permit);
    let mut buffer = [0_u8; 512];
    let mut beat = Instant::now();
    let mut answered_late = false;
    loop {
        let until_beat = record.order.ping.map(|every| every.saturating_sub(beat.elapsed()));
        let read = tokio::select! {
            write = line.orders.recv() => {
                let Some(write) = write else { return End::Open };
                record.quiet = start.elapsed();
                record.tried = write.tried;
                let Some(late) = &late else { return End::Open };
                let trust = Trust { lossy: &line.lossy, seconds: write.seconds };
                match write_late(stream, late, trust, || line.tell(News::Suspected)).await {
                    End::Alive => {
                        let ended = Instant::now();
                        let answered = Hold { end: End::Alive, ended, ..record.clone() };
                        record.tried = Duration::ZERO;
                        line.tell(News::Answered(answered));
                        start = Instant::now();
                        answered_late = true;
                        continue;
                    }
                    end => return end,
                }
            }
            () = tokio::time::sleep(until_beat.unwrap_or_default()), if until_beat.is_some() => {
                record.quiet = start.elapsed();
                let Some(late) = &late else { return End::Open };
                let trust = Trust { lossy: &line.lossy, seconds: false };
                match write_late(stream, late, trust, || {}).await {
                    End::Alive => beat = Instant::now(),
                    end => return end,
                }
                continue;
            }
            read = stream.read(&mut buffer) => read,
        };
        record.quiet = start.elapsed();
        // A close right behind an answer counts requests; it says nothing of silences.
        let counts = answered_late && record.quiet < AT_ONCE;
        match read {
            Ok(0) if counts => return End::Open,
            Ok(0) => return End::Fin,
            // What is left of the answer to a heartbeat.
            Ok(_) if record.order.ping.is_some() => {}
            Ok(read) => {
                // A body that should not be there, or a slow greeting: the silence begins after it.
                if record.quiet < Duration::from_secs(1) {
                    start = Instant::now();
                } else {
                    record.words = show_bytes(buffer.get(..read).unwrap_or_default());
                }
            }
            Err(error) => {
                return match Cut::of(&error) {
                    _ if counts => End::Open,
                    Cut::Rst => End::Rst,
                    Cut::Fin => End::Fin,
                    Cut::Other => End::NotOpened,
                };
            }
        }
    }
}

impl Speech {
    /// What is written after a silence; `None` where the protocol has nothing harmless to say.
    fn late_write(self, permit: &Permit) -> Option<Vec<u8>> {
        match self {
            Self::Http(scheme) => Some(talk::head_request(permit, scheme).into_bytes()),
            Self::Plain(protocol) => protocol.heartbeat().map(<[u8]>::to_vec),
        }
    }

    /// Whether anything can be written after a silence.
    pub(super) fn can_write_late(self) -> bool {
        match self {
            Self::Http(_) => true,
            Self::Plain(protocol) => protocol.heartbeat().is_some(),
        }
    }
}
