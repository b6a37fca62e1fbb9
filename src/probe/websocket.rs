//! The `websocket` probe: asks for the upgrade as a browser does, keeps the connection quiet, pings,
//! and reads how and with which code it is closed.

use std::{
    io,
    net::IpAddr,
    time::{Duration, Instant},
};

use base64::Engine as _;
use sha1::{Digest as _, Sha1};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::{
    event::show_bytes,
    frame::{Frames, Framing, websocket_frame},
    http::{Stream, host_field},
    permit::{Account, Permit, Shape},
    talk::{self, Cut, Head},
    target::Scheme,
};

/// How long the upgrade may take.
const OPENING: Duration = Duration::from_secs(10);
/// How long the answer to a ping, or to our close, may take.
const ANSWER: Duration = Duration::from_secs(4);
/// Opcodes of RFC 6455 §11.8.
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Close code 1000: we are done.
const DONE: [u8; 2] = [0x03, 0xe8];

/// How it ended, or how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// No connection, or no answer to the request.
    NotConnected(String),
    /// Another answer than 101: its first line.
    Refused(u16, String),
    /// 101, but the answer does not belong to our key.
    NotOurs,
    /// Open after the silence, and a ping was answered. The code the server closed with.
    Open(Option<u16>),
    /// Open after the silence by its looks, but no ping is answered; whether it was acknowledged.
    NoPong(bool),
    /// The server closed with a close frame.
    Closed(Option<u16>, String),
    /// The connection ended without one.
    Cut(Cut),
    /// What came is no WebSocket frame.
    Broken(&'static str),
}

/// What one visit showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) ending: Ending,
    /// From the upgrade, or the last byte either side sent, to the end.
    pub(super) quiet: Duration,
    /// From the upgrade to the end.
    pub(super) age: Duration,
    /// Pings the server sent by itself.
    pub(super) pings: u32,
    /// Fields of the answer worth showing.
    pub(super) fields: String,
    /// The `Server` field.
    pub(super) server: String,
}

/// Asks for the upgrade, is quiet for `silence`, pings and closes.
pub(super) async fn send(permit: &Permit, ip: IpAddr, scheme: Scheme, silence: Duration) -> Visit {
    let mut visit = Visit {
        ending: Ending::NotConnected("no answer in time".to_owned()),
        quiet: Duration::ZERO,
        age: Duration::ZERO,
        pings: 0,
        fields: String::new(),
        server: String::new(),
    };
    let mut random = [0_u8; 20];
    if let Err(error) = getrandom::fill(&mut random) {
        visit.ending = Ending::NotConnected(format!("no random numbers: {error}"));
        return visit;
    }
    let (key, mask) = random.split_at(16);
    let key = base64::engine::general_purpose::STANDARD.encode(key);
    let mask = <[u8; 4]>::try_from(mask).unwrap_or_default();
    match timeout(OPENING, upgrade(permit, ip, scheme, &key)).await {
        Err(_) => {}
        Ok(Err(error)) => {
            visit.ending = match Cut::of(&error) {
                Cut::Other => Ending::NotConnected(error.to_string()),
                cut => Ending::Cut(cut),
            };
        }
        Ok(Ok((mut stream, head))) => {
            visit.read_fields(&head);
            match head.status {
                Some(101) if !belongs(&head, &key) => visit.ending = Ending::NotOurs,
                Some(101) => {
                    let mut talk = Talk::new(&mut *stream, head.rest, mask);
                    visit.ending = talk.stay(silence).await;
                    visit.quiet = talk.quiet;
                    visit.age = talk.since.elapsed();
                    visit.pings = talk.pings;
                }
                status => {
                    let line = head.first_line().to_owned();
                    visit.ending = Ending::Refused(status.unwrap_or_default(), line);
                }
            }
        }
    }
    visit
}

impl Visit {
    fn read_fields(&mut self, head: &Head) {
        for name in ["upgrade", "connection", "server", "location", "sec-websocket-version"] {
            if let Some(value) = head.field(name) {
                self.fields.extend(["; ", name, ": ", value]);
            }
        }
        head.field("server").unwrap_or_default().clone_into(&mut self.server);
    }
}

async fn upgrade(
    permit: &Permit,
    ip: IpAddr,
    scheme: Scheme,
    key: &str,
) -> io::Result<(Box<dyn Stream>, Head)> {
    let mut stream = talk::open(permit, ip, scheme, Account::Extra, Shape::default()).await?;
    let target = permit.target();
    // A page of the same site: servers that check the origin let it in.
    let origin = format!("{}://{}", scheme.as_str(), host_field(target, scheme));
    let fields = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", key),
        ("Origin", &origin),
    ];
    let request = talk::request("GET", permit, scheme, &fields);
    let head = talk::ask(&mut *stream, &request).await?;
    Ok((stream, head))
}

/// Whether the answer was made for our key (RFC 6455 §4.2.2), not replayed by something between.
fn belongs(head: &Head, key: &str) -> bool {
    let hash = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let wanted = base64::engine::general_purpose::STANDARD.encode(hash);
    head.field("sec-websocket-accept") == Some(wanted.as_str())
        && head.field("upgrade").is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// What comes in on an open WebSocket.
enum Heard {
    Pong,
    Close(Option<u16>, String),
    End(Ending),
}

struct Talk<'a> {
    stream: &'a mut (dyn Stream + 'a),
    frames: Frames,
    mask: [u8; 4],
    since: Instant,
    last: Instant,
    /// How long neither side had said anything when the silence ended.
    quiet: Duration,
    pings: u32,
}

impl<'a> Talk<'a> {
    fn new(stream: &'a mut (dyn Stream + 'a), already: Vec<u8>, mask: [u8; 4]) -> Self {
        let frames = Frames::new(Framing::WebSocket, already);
        let now = Instant::now();
        Self { stream, frames, mask, since: now, last: now, quiet: Duration::ZERO, pings: 0 }
    }

    /// The silence, the ping at its end, and our close.
    async fn stay(&mut self, silence: Duration) -> Ending {
        let heard = timeout(silence, self.listen()).await;
        self.quiet = self.last.elapsed();
        match heard {
            Err(_) => {}
            Ok(Heard::End(ending)) => return ending,
            Ok(Heard::Close(code, reason)) => return Ending::Closed(code, reason),
            Ok(Heard::Pong) => return Ending::Broken("a pong that nobody asked for"),
        }
        let pinging = async {
            if let Err(error) = self.write(PING, b"hangup").await {
                return Heard::End(Ending::Cut(Cut::of(&error)));
            }
            self.listen().await
        };
        match timeout(ANSWER, pinging).await {
            Err(_) => return Ending::NoPong(self.stream.conn().facts().unacknowledged == 0),
            Ok(Heard::End(ending)) => return ending,
            Ok(Heard::Close(code, reason)) => return Ending::Closed(code, reason),
            Ok(Heard::Pong) => {}
        }
        if self.write(CLOSE, &DONE).await.is_err() {
            return Ending::Open(None);
        }
        match timeout(ANSWER, self.listen()).await {
            Ok(Heard::Close(code, _)) => Ending::Open(code),
            _ => Ending::Open(None),
        }
    }

    /// Reads until something says more than data. Answers pings, as every client does.
    async fn listen(&mut self) -> Heard {
        let mut buffer = [0_u8; 2048];
        loop {
            loop {
                let frame = match self.frames.next() {
                    Ok(Some(frame)) => frame,
                    Ok(None) => break,
                    Err(why) => return Heard::End(Ending::Broken(why)),
                };
                if frame.kind != CLOSE {
                    self.last = Instant::now();
                }
                match frame.kind {
                    PONG => return Heard::Pong,
                    CLOSE => {
                        let (code, reason) = read_close(&frame.payload);
                        return Heard::Close(code, reason);
                    }
                    PING => {
                        self.pings = self.pings.saturating_add(1);
                        if let Err(error) = self.write(PONG, &frame.payload).await {
                            return Heard::End(Ending::Cut(Cut::of(&error)));
                        }
                    }
                    0..=2 => {}
                    _ => return Heard::End(Ending::Broken("a frame of an unknown kind")),
                }
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Heard::End(Ending::Cut(Cut::Fin)),
                Ok(read) => self.frames.push(buffer.get(..read).unwrap_or_default()),
                Err(error) => return Heard::End(Ending::Cut(Cut::of(&error))),
            }
        }
    }

    async fn write(&mut self, opcode: u8, payload: &[u8]) -> io::Result<()> {
        let frame = websocket_frame(opcode, payload, self.mask);
        self.stream.write_all(&frame).await?;
        self.stream.flush().await
    }
}

/// Code and reason of a close frame; RFC 6455 §5.5.1. The reason is hostile text.
fn read_close(payload: &[u8]) -> (Option<u16>, String) {
    let code = payload.first_chunk::<2>().map(|code| u16::from_be_bytes(*code));
    let reason = payload.get(2..).unwrap_or_default();
    let reason = std::str::from_utf8(reason).map_or_else(|_| show_bytes(reason), str::to_owned);
    (code, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_rfc_has_the_answer_of_the_rfc() {
        // RFC 6455 §1.3.
        let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        let head = Head::parse(answer).unwrap();
        assert!(belongs(&head, "dGhlIHNhbXBsZSBub25jZQ=="));
        assert!(!belongs(&head, "x3JJHMbDL1EzLkh9GBhXDw=="));
    }

    #[test]
    fn a_close_frame_may_be_empty_or_bad_text() {
        assert_eq!(read_close(b""), (None, String::new()));
        assert_eq!(read_close(b"\x03\xe9bye"), (Some(1001), "bye".to_owned()));
        assert_eq!(read_close(b"\x03\xe9\xff").1, "\\xff");
    }
}
