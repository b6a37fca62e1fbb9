//! The `reset` probe: how far away the sender of a RST is, compared with who answers the handshake,
//! and whether our bytes had arrived before.
//!
//! `IP_MINTTL` makes the kernel drop what comes with less time to live; the largest value at which
//! an answer is still heard is the answer's own. A RST from another distance than the SYN-ACK was
//! made by a box in between. An equal distance proves nothing: a box may copy it.

use std::{
    io,
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    conn::Conn,
    hold::Speech,
    permit::{Account, DialFailure, Permit, Shape},
    talk::{self, Cut},
    target::Scheme,
    tls,
};

/// How long one step of a search waits. Shorter than a second, so that no SYN is sent twice.
const STEP: Duration = Duration::from_millis(900);
/// How long the first request waits for its answer or its end.
const FIRST: Duration = Duration::from_secs(6);

/// What the request, or the connect before it, came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A RST in place of the handshake.
    Refused,
    /// A RST after our bytes.
    Reset {
        /// Whether the other side had acknowledged them.
        acknowledged: bool,
        /// Whether a TLS session stood by then.
        secured: bool,
    },
    /// No answer to our bytes, and no end.
    Silent {
        /// Whether the other side has acknowledged them.
        acknowledged: bool,
    },
    /// An answer, an orderly end, or no connection at all: nothing to search for.
    Nothing(String),
}

/// What was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trail {
    pub(super) seen: Seen,
    pub(super) elapsed: Duration,
    /// Time to live of the RST, as it arrived here.
    pub(super) reset_ttl: Option<u8>,
    /// Time to live of a handshake of the same host, and its port.
    pub(super) answer_ttl: Option<(u8, u16)>,
}

/// Looks once, and searches where a RST came. `beside` is another port of the host to compare a
/// refusal with.
pub(super) async fn send(
    permit: &Permit,
    ip: IpAddr,
    speech: Speech,
    beside: Option<&Permit>,
) -> Trail {
    let start = Instant::now();
    let seen = look(permit, ip, speech, Deaf::default(), FIRST).await;
    let mut trail = Trail { seen, elapsed: start.elapsed(), reset_ttl: None, answer_ttl: None };
    match trail.seen {
        Seen::Refused => {
            trail.reset_ttl = answer_ttl(permit, ip).await.map(|(ttl, _)| ttl);
            if let (Some(beside), true) = (beside, trail.reset_ttl.is_some()) {
                trail.answer_ttl = answer_ttl(beside, ip).await;
            }
        }
        Seen::Reset { secured, .. } => {
            trail.answer_ttl = answer_ttl(permit, ip).await;
            let mut search = Search::new();
            // Where the handshake passed unharmed, it must go on passing, wherever it comes from.
            let patience = if secured { STEP * 2 } else { STEP };
            while let Some(least) = search.next() {
                let deaf = Deaf { to: Some(least), once_secured: secured };
                let seen = look(permit, ip, speech, deaf, patience).await;
                search.take(least, matches!(seen, Seen::Reset { .. }));
            }
            // Heard whatever was asked for: in TLS 1.3 the end of the handshake itself may draw the
            // RST, before anything could be kept from being heard. Then nothing was measured.
            trail.reset_ttl = search.found().filter(|ttl| !secured || *ttl < 255);
        }
        Seen::Silent { .. } | Seen::Nothing(_) => {}
    }
    trail
}

/// The time to live of the answer to our SYN, SYN-ACK or RST, and the port that gave it.
async fn answer_ttl(permit: &Permit, ip: IpAddr) -> Option<(u8, u16)> {
    let mut search = Search::new();
    while let Some(least) = search.next() {
        let shape = Shape { min_ttl: Some(least), ..Shape::default() };
        let is_heard = match permit.dial_as(ip, STEP, Account::Search, shape).await {
            Ok(_) => true,
            Err(error) => error.kind == DialFailure::Refused && error.icmp.is_none(),
        };
        search.take(least, is_heard);
    }
    Some((search.found()?, permit.target().port()))
}

/// The search for the largest value that is heard, by halving: eight steps at most. Pure.
#[derive(Clone, Copy, Debug)]
struct Search {
    low: u8,
    high: u8,
}

impl Search {
    fn new() -> Self {
        Self { low: 0, high: 255 }
    }

    /// The value to try next; `None` when it is found.
    fn next(self) -> Option<u8> {
        (self.low < self.high).then(|| self.low + (self.high - self.low).div_ceil(2))
    }

    /// Takes in whether `tried` was heard.
    fn take(&mut self, tried: u8, is_heard: bool) {
        if is_heard {
            self.low = tried;
        } else {
            self.high = tried.saturating_sub(1);
        }
    }

    /// The largest value that was heard, if any was.
    fn found(self) -> Option<u8> {
        (self.low > 0).then_some(self.low)
    }
}

/// What a connection does not hear, and from when on.
#[derive(Clone, Copy, Debug, Default)]
struct Deaf {
    /// What comes with less time to live than this.
    to: Option<u8>,
    /// Not from the connect on, but from the end of the TLS handshake.
    once_secured: bool,
}

/// Connects, says what a client would, and sees what comes.
async fn look(permit: &Permit, ip: IpAddr, speech: Speech, deaf: Deaf, patience: Duration) -> Seen {
    let conn = match permit.dial_as(ip, STEP * 3, Account::Search, Shape::default()).await {
        Ok(conn) => conn,
        Err(error) if error.kind == DialFailure::Refused && error.icmp.is_none() => {
            return Seen::Refused;
        }
        Err(error) => return Seen::Nothing(error.raw),
    };
    speak(permit, speech, conn, deaf, patience).await
}

async fn speak(
    permit: &Permit,
    speech: Speech,
    mut conn: Conn,
    deaf: Deaf,
    patience: Duration,
) -> Seen {
    let watch = conn.watch();
    let secured = AtomicBool::new(false);
    let talking = async {
        if let (Some(least), false) = (deaf.to, deaf.once_secured) {
            conn.set_min_ttl(least)?;
        }
        match speech {
            Speech::Http(Scheme::Https) => {
                let host = permit.target().host();
                let mut stream = tls::connect(conn, host, &["http/1.1"]).await?.stream;
                secured.store(true, Ordering::Relaxed);
                if let (Some(least), true) = (deaf.to, deaf.once_secured) {
                    watch.set_min_ttl(least)?;
                }
                let request = talk::head_request(permit, Scheme::Https);
                talk::ask(&mut stream, &request).await.map(drop)
            }
            Speech::Http(scheme) => {
                let request = talk::head_request(permit, scheme);
                talk::ask(&mut conn, &request).await.map(drop)
            }
            Speech::Plain(protocol) => {
                if !protocol.greets() {
                    conn.write_all(protocol.opener()).await?;
                }
                let mut byte = [0_u8; 1];
                match conn.read(&mut byte).await? {
                    0 => Err(io::ErrorKind::UnexpectedEof.into()),
                    _ => Ok(()),
                }
            }
        }
    };
    let ended = timeout(patience, talking).await;
    // TLS may own and drop the connection; the watch outlives it.
    let acknowledged = watch.facts().acknowledged.is_some_and(|bytes| bytes > 0);
    match ended {
        Err(_) => Seen::Silent { acknowledged },
        Ok(Ok(())) => Seen::Nothing("answered".to_owned()),
        Ok(Err(error)) => match Cut::of(&error) {
            Cut::Rst => Seen::Reset { acknowledged, secured: secured.load(Ordering::Relaxed) },
            Cut::Fin => Seen::Nothing("closed in order".to_owned()),
            Cut::Other => Seen::Nothing(error.to_string()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_to_live_is_found_in_eight_steps() {
        for ttl in 0..=255_u8 {
            let mut search = Search::new();
            let mut steps = 0;
            while let Some(tried) = search.next() {
                search.take(tried, tried <= ttl);
                steps += 1;
            }
            assert_eq!(search.found(), (ttl > 0).then_some(ttl));
            assert!(steps <= 8, "{ttl}: {steps}");
        }
    }
}
