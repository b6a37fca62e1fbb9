//! The `http2` probe: speaks HTTP/2 by hand, keeps the connection quiet, pings, and reads the GOAWAY
//! with its code and the last stream.
//!
//! By hand, since client libraries hide the code of a GOAWAY that comes while nothing is asked.

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
    event::show_bytes,
    frame::{Frame, Frames, Framing, http2_frame},
    http::{Stream, host_field},
    permit::{Account, Permit, Shape},
    talk::Cut,
    target::{Scheme, Target},
    tcp, tls,
};

/// RFC 9113 §3.4.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long connection, SETTINGS and the answer to our request may take.
const OPENING: Duration = Duration::from_secs(10);
/// How long the answer to a PING may take.
const ANSWER: Duration = Duration::from_secs(4);
/// Frames read of one connection; a server that sends more is not listened to any longer.
const MAX_FRAMES: u32 = 500;
/// Frame types of RFC 9113 §6.
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;
/// END_STREAM and END_HEADERS: a request without a body, in one frame.
const WHOLE_REQUEST: u8 = 0x5;

/// How it ended, or how far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// No connection, or no answer to the preface.
    NotConnected(String),
    /// Another protocol was agreed on, or what came is no HTTP/2.
    NotHttp2(String),
    /// Open after the silence, and a PING is answered.
    Open,
    /// Open by its looks, but no PING is answered; whether it was acknowledged.
    NoPing(bool),
    /// The server announced the end: code, last stream, its debug text.
    Goaway(u32, u32, String),
    /// The connection ended without a GOAWAY.
    Cut(Cut),
}

/// What one visit showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) ending: Ending,
    /// From the last frame either side sent to the end.
    pub(super) quiet: Duration,
    /// The server's SETTINGS as `name=value`.
    pub(super) settings: Vec<String>,
    /// What became of our one request: `answered`, or the code of its RST_STREAM.
    pub(super) request: Option<Result<(), u32>>,
    /// PINGs the server sent by itself.
    pub(super) pings: u32,
}

/// Asks for the page by HTTP/2, is quiet for `silence`, and pings.
pub(super) async fn send(permit: &Permit, ip: IpAddr, scheme: Scheme, silence: Duration) -> Visit {
    let mut visit = Visit {
        ending: Ending::NotConnected("no answer in time".to_owned()),
        quiet: Duration::ZERO,
        settings: Vec::new(),
        request: None,
        pings: 0,
    };
    let mut stream = match timeout(OPENING, open(permit, ip, scheme)).await {
        Err(_) => return visit,
        Ok(Err(ending)) => {
            visit.ending = ending;
            return visit;
        }
        Ok(Ok(stream)) => stream,
    };
    let mut talk = Talk {
        stream: &mut *stream,
        frames: Frames::new(Framing::Http2, Vec::new()),
        last: Instant::now(),
        read: 0,
        visit: &mut visit,
    };
    let ending = talk.whole(permit, scheme, silence).await;
    visit.ending = ending;
    visit
}

/// Connects and, over TLS, agrees on `h2`; in plain text by prior knowledge (RFC 9113 §3.3).
async fn open(permit: &Permit, ip: IpAddr, scheme: Scheme) -> Result<Box<dyn Stream>, Ending> {
    let failed = |why: String| Ending::NotConnected(why);
    let conn = permit
        .dial_as(ip, tcp::LIMIT, Account::Extra, Shape::default())
        .await
        .map_err(|error| failed(error.raw))?;
    if scheme == Scheme::Http {
        return Ok(Box::new(conn));
    }
    let session = tls::connect(conn, permit.target().host(), &["h2", "http/1.1"])
        .await
        .map_err(|error| failed(error.to_string()))?;
    match session.stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Ok(Box::new(session.stream)),
        Some(other) => Err(Ending::NotHttp2(format!("ALPN {}", show_bytes(other)))),
        None => Err(Ending::NotHttp2("no ALPN".to_owned())),
    }
}

/// A request for the page in HPACK without a table of its own (RFC 7541 appendix A): indexed where
/// the static table has it, else a literal that is not indexed.
fn request(target: &Target, scheme: Scheme, agent: &str) -> Vec<u8> {
    let method_get = 0x82;
    let scheme_index = if scheme == Scheme::Http { 0x86 } else { 0x87 };
    let mut block = vec![method_get, scheme_index];
    // A path that does not fit one short literal is asked for as `/`, which every site has.
    let path = target.path();
    // An index above 14 takes a second byte (RFC 7541 §5.1); `user-agent` is 58.
    let fields: [(&[u8], &str); 3] = [
        (&[0x04], if path.len() <= 80 { path } else { "/" }),
        (&[0x01], &host_field(target, scheme)),
        (&[0x0f, 58 - 15], agent),
    ];
    for (name_index, value) in fields {
        let value = value.as_bytes();
        let value = value.get(..value.len().min(126)).unwrap_or_default();
        block.extend(name_index);
        block.push(u8::try_from(value.len()).unwrap_or_default());
        block.extend(value);
    }
    block
}

struct Talk<'a> {
    stream: &'a mut (dyn Stream + 'a),
    frames: Frames,
    last: Instant,
    read: u32,
    visit: &'a mut Visit,
}

impl Talk<'_> {
    async fn whole(&mut self, permit: &Permit, scheme: Scheme, silence: Duration) -> Ending {
        let mut hello = PREFACE.to_vec();
        hello.extend(http2_frame(SETTINGS, 0, 0, &[]));
        if let Err(ending) = self.write(&hello).await {
            return ending;
        }
        // The other side's SETTINGS come first, RFC 9113 §3.4.
        match timeout(OPENING, self.until(|frame| frame.kind == SETTINGS)).await {
            Err(_) => return Ending::NotConnected("no SETTINGS in time".to_owned()),
            Ok(Err(ending)) => return ending,
            Ok(Ok(())) => {}
        }
        let asked = http2_frame(
            HEADERS,
            WHOLE_REQUEST,
            1,
            &request(permit.target(), scheme, permit.agent()),
        );
        if let Err(ending) = self.write(&asked).await {
            return ending;
        }
        let is_answer =
            |frame: &Frame| frame.stream == 1 && matches!(frame.kind, HEADERS | RST_STREAM);
        if let Ok(Err(ending)) = timeout(OPENING, self.until(is_answer)).await {
            return ending;
        }
        let ended = timeout(silence, self.until(|_| false)).await;
        self.visit.quiet = self.last.elapsed();
        if let Ok(Err(ending)) = ended {
            return ending;
        }
        if let Err(ending) = self.write(&http2_frame(PING, 0, 0, b"hangup??")).await {
            return ending;
        }
        let pong = self.until(|frame| frame.kind == PING && frame.flags & ACK != 0);
        match timeout(ANSWER, pong).await {
            Err(_) => Ending::NoPing(self.stream.conn().facts().unacknowledged == 0),
            Ok(Err(ending)) => ending,
            Ok(Ok(())) => Ending::Open,
        }
    }

    /// Reads frames until one is `wanted`, answering what must be answered. A GOAWAY ends it.
    async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Result<(), Ending> {
        let mut buffer = [0_u8; 4096];
        loop {
            while let Some(frame) = self.frames.next().map_err(|why| self.broken(why))? {
                self.read += 1;
                if self.read > MAX_FRAMES {
                    return Err(Ending::NotHttp2("more frames than a visit may read".to_owned()));
                }
                self.take(&frame).await?;
                if wanted(&frame) {
                    return Ok(());
                }
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Err(self.cut(Cut::Fin)),
                Ok(read) => self.frames.push(buffer.get(..read).unwrap_or_default()),
                Err(error) => return Err(self.cut(Cut::of(&error))),
            }
        }
    }

    async fn take(&mut self, frame: &Frame) -> Result<(), Ending> {
        let word = |at: usize| {
            let four = frame.payload.get(at..at + 4)?;
            Some(u32::from_be_bytes(four.try_into().ok()?))
        };
        if frame.kind == GOAWAY {
            let last = word(0).unwrap_or_default() & 0x7fff_ffff;
            let code = word(4).unwrap_or_default();
            let debug = show_bytes(frame.payload.get(8..).unwrap_or_default());
            return Err(Ending::Goaway(code, last, debug));
        }
        self.last = Instant::now();
        match frame.kind {
            SETTINGS if frame.flags & ACK == 0 => {
                self.visit.settings = settings(&frame.payload);
                self.write(&http2_frame(SETTINGS, ACK, 0, &[])).await?;
            }
            PING if frame.flags & ACK == 0 => {
                self.visit.pings = self.visit.pings.saturating_add(1);
                self.write(&http2_frame(PING, ACK, 0, &frame.payload)).await?;
            }
            HEADERS if frame.stream == 1 => self.visit.request = Some(Ok(())),
            RST_STREAM if frame.stream == 1 => {
                self.visit.request = Some(Err(word(0).unwrap_or_default()));
            }
            _ => {}
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Ending> {
        let writing = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await?;
            io::Result::Ok(())
        };
        let written = writing.await;
        written.map_err(|error| self.cut(Cut::of(&error)))
    }

    /// A connection that never said anything in HTTP/2 has not ended it either, unless a proxy did.
    fn cut(&self, cut: Cut) -> Ending {
        if self.read == 0 && !self.stream.conn().is_tunnel() {
            let first = self.stream.conn().first_bytes().get();
            let shown = show_bytes(&first);
            return Ending::NotHttp2(format!("closed after {} bytes: {shown}", first.len()));
        }
        Ending::Cut(cut)
    }

    fn broken(&self, why: &str) -> Ending {
        let first = self.stream.conn().first_bytes().get();
        let is_text = first.starts_with(b"HTTP/1");
        Ending::NotHttp2(if is_text { show_bytes(&first) } else { why.to_owned() })
    }
}

/// The parameters of RFC 9113 §6.5.2 by name.
fn settings(payload: &[u8]) -> Vec<String> {
    let read = |pair: &[u8]| {
        let [a, b, value @ ..] = pair.first_chunk::<6>()?;
        let name = match u16::from_be_bytes([*a, *b]) {
            1 => "header_table_size",
            2 => "enable_push",
            3 => "max_concurrent_streams",
            4 => "initial_window_size",
            5 => "max_frame_size",
            6 => "max_header_list_size",
            8 => "enable_connect_protocol",
            _ => return None,
        };
        Some(format!("{name}={}", u32::from_be_bytes(*value)))
    };
    payload.chunks(6).filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_named_and_strange_ones_left_out() {
        let payload = [0, 3, 0, 0, 0, 128, 0, 99, 0, 0, 0, 1, 0, 5, 0, 0];
        assert_eq!(settings(&payload), ["max_concurrent_streams=128"]);
    }

    #[test]
    fn the_request_is_plain_hpack() {
        let target = Target::parse("http://a.example/x").unwrap();
        let wanted = b"\x82\x86\x04\x02/x\x01\x09a.example\x0f\x2b\x02me";
        assert_eq!(request(&target, Scheme::Http, "me"), wanted);
        let long = Target::parse(&format!("http://a.example/{}", "x".repeat(300))).unwrap();
        assert!(request(&long, Scheme::Http, &"a".repeat(300)).len() < 255 + 130);
    }
}
