//! One conversation step by step, from a second look at the file: who sent what when.

use std::collections::VecDeque;

use core::net::SocketAddr;

use super::{
    conclude::seconds,
    conversation::Conversation,
    flow::Flow,
    icmp::{Complaint, Refusal},
    reader::{Listener, NoCapture, Stream},
    segment::{Endpoint, Segment},
    side::Kind,
    speech::{Speech, alert_name},
    table::{Pair, pair},
};

/// How many steps are kept of the beginning, and as many of the end. judgement: more than this nobody
/// reads, and the end tells who hung up.
const KEPT: usize = 80;
/// Packets of one direction that follow each other sooner than this are one step, nanoseconds.
/// judgement: shorter than a person would call a pause.
const TOGETHER: i64 = 200_000_000;
/// The most words that one step bears.
const WORDS: usize = 4;

/// Where an arrow begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The end that opened the connection.
    Src,
    /// The end that was called.
    Dst,
    /// Somebody in between: a router or firewall.
    Way,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Asks to connect.
    Syn,
    /// Accepts.
    SynAck,
    /// The third packet of the handshake.
    Ack,
    /// Payload for the first time.
    Data,
    /// Payload that was sent before.
    Again,
    /// The receiver's buffer is full.
    ZeroWindow,
    /// There is room in it again.
    WindowOpen,
    /// Asks whether the peer is still there.
    KeepAlive,
    /// Has nothing more to send.
    Fin,
    /// Ends it hard; with its time to live, and the one its sender's other packets bore last.
    Rst {
        /// Of the RST.
        ttl: u8,
        /// Of the other packets; `None` where there were none.
        usual: Option<u8>,
    },
    /// An ICMP error, and what a narrower link takes, bytes (0 where it is not said).
    Icmp(Complaint, u32),
}

/// What was said in a step, as far as it is in the clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// TLS: the client begins.
    ClientHello,
    /// TLS: the server answers.
    ServerHello,
    /// TLS: an alert, by its name in RFC 8446.
    Alert(&'static str),
    /// An HTTP/1 request.
    Request,
    /// An HTTP/1 answer.
    Status(u16),
    /// A MySQL server introduces itself.
    MysqlGreeting,
    /// A MySQL server's error.
    MysqlError(u16),
}

/// One step: a packet, or several of one kind that followed each other closely.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// When its first packet passed, seconds since the conversation's first.
    pub at: f64,
    /// When its last packet passed.
    pub until: f64,
    /// Who sent it.
    pub from: Lane,
    /// To whom.
    pub to: Lane,
    /// What it does.
    pub act: Act,
    /// How many packets it stands for.
    pub packets: u64,
    /// Their payload, bytes.
    pub bytes: u64,
    /// What was said in it.
    pub words: Vec<Word>,
}

/// Steps between the first and the last ones that were not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// How many steps.
    pub steps: u64,
    /// Their packets.
    pub packets: u64,
    /// Their payload, bytes.
    pub bytes: u64,
    /// Packets among them that were sent again.
    pub again: u64,
}

/// The steps of one conversation, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// The first ones.
    pub first: Vec<Event>,
    /// What was left out after them, where there were more than can be shown.
    pub left_out: Option<LeftOut>,
    /// The last ones.
    pub last: Vec<Event>,
}

/// Reads a capture again, for the steps of one conversation alone. Keeps a bounded number of them.
#[derive(Debug)]
pub struct Tracer {
    stream: Stream<Watch>,
}

impl Tracer {
    /// Looks for `conversation`, which was read from the same file.
    pub fn new(conversation: &Conversation) -> Self {
        Self { stream: Stream::new(Watch::new(conversation)) }
    }

    /// Takes the next bytes of the file, as many or few as there are.
    pub fn push(&mut self, chunk: &[u8]) {
        self.stream.push(chunk);
    }

    /// Whether more bytes would change nothing: the conversation is over, or the file is damaged.
    pub fn is_done(&self) -> bool {
        self.stream.is_done() || self.stream.records.listener.over
    }

    /// The steps. Fails where the file is no capture.
    pub fn finish(self) -> Result<Trace, NoCapture> {
        let (mut watch, _) = self.stream.finish()?;
        if let Some(event) = watch.open.take() {
            watch.keep(event);
        }
        let left_out = (watch.left_out.steps > 0).then_some(watch.left_out);
        Ok(Trace { first: watch.first, left_out, last: watch.last.into() })
    }
}

/// An event while packets may still join it.
#[derive(Debug)]
struct Open {
    event: Event,
    until: i64,
}

/// Watches one pair of ends.
#[derive(Debug)]
struct Watch {
    src: Endpoint,
    pair: Pair,
    begun: i64,
    end: i64,
    flow: Option<Box<Flow>>,
    /// It is over: what follows belongs to another conversation of the same ends.
    over: bool,
    /// The last time to live of packets that are no RST, of `src` and `dst`.
    ttls: [Option<u8>; 2],
    open: Option<Open>,
    first: Vec<Event>,
    last: VecDeque<Event>,
    left_out: LeftOut,
    shaken: bool,
}

impl Watch {
    fn new(conversation: &Conversation) -> Self {
        let end = |socket: SocketAddr| Endpoint::from(socket);
        let (src, dst) = (end(conversation.source()), end(conversation.destination()));
        let (begun, end) = conversation.span;
        Self {
            src,
            pair: pair(src, dst),
            begun,
            end,
            flow: None,
            over: false,
            ttls: [None; 2],
            open: None,
            first: Vec::new(),
            last: VecDeque::new(),
            left_out: LeftOut::default(),
            shaken: false,
        }
    }

    /// Seconds since the beginning.
    fn since(&self, time: i64) -> f64 {
        seconds(time.saturating_sub(self.begun))
    }

    /// Takes a step, or adds it to the one before.
    fn step(&mut self, time: i64, from: Lane, act: Act, bytes: u32, words: &[Word]) {
        let at = self.since(time);
        let to = match from {
            Lane::Src => Lane::Dst,
            Lane::Dst | Lane::Way => Lane::Src,
        };
        if let Some(Open { event, until }) = &mut self.open
            && event.from == from
            && event.act == act
            && time.saturating_sub(*until) < TOGETHER
        {
            *until = time;
            event.until = event.until.max(at);
            event.packets += 1;
            event.bytes += u64::from(bytes);
            let room = WORDS.saturating_sub(event.words.len());
            event.words.extend(words.iter().take(room));
            return;
        }
        let bytes = u64::from(bytes);
        let words = words.iter().copied().take(WORDS).collect();
        let event = Event { at, until: at, from, to, act, packets: 1, bytes, words };
        if let Some(before) = self.open.replace(Open { event, until: time }) {
            self.keep(before);
        }
    }

    fn keep(&mut self, Open { event, .. }: Open) {
        if self.first.len() < KEPT {
            self.first.push(event);
            return;
        }
        self.last.push_back(event);
        if self.last.len() > KEPT
            && let Some(event) = self.last.pop_front()
        {
            self.left_out.steps += 1;
            self.left_out.packets += event.packets;
            self.left_out.bytes += event.bytes;
            self.left_out.again += if event.act == Act::Again { event.packets } else { 0 };
        }
    }
}

/// What `after` heard that `before` had not.
fn heard(before: &Speech, after: &Speech) -> Vec<Word> {
    let mut words = Vec::new();
    if after.tls.client_hello && !before.tls.client_hello {
        words.push(Word::ClientHello);
    }
    if after.tls.server_hello && !before.tls.server_hello {
        words.push(Word::ServerHello);
    }
    if after.alert != before.alert
        && let Some(name) = after.alert.and_then(|alert| alert_name(alert.description))
    {
        words.push(Word::Alert(name));
    }
    if after.requests > before.requests {
        words.push(Word::Request);
    }
    if after.answers > before.answers
        && let Some(status) = after.status
    {
        words.push(Word::Status(status));
    }
    if after.mysql && !before.mysql {
        words.push(Word::MysqlGreeting);
    }
    if before.mysql_error.is_none()
        && let Some(error) = after.mysql_error
    {
        words.push(Word::MysqlError(error));
    }
    words
}

impl Listener for Watch {
    fn see(&mut self, segment: &Segment<'_>) {
        if self.over || pair(segment.from, segment.to) != self.pair {
            return;
        }
        let mut flow = match self.flow.take() {
            Some(flow) if flow.is_over_for(segment) || segment.time > self.end => {
                self.over = true;
                return;
            }
            Some(flow) => flow,
            None if segment.time == self.begun => Box::new(Flow::new(segment)),
            None => return,
        };
        let before = flow.speech.clone();
        let full = flow.is_full(segment);
        let kind = flow.see(segment);
        let words = heard(&before, &flow.speech);
        let accepted = flow.accepted;
        self.flow = Some(flow);
        let at = usize::from(segment.from != self.src);
        let from = if at == 0 { Lane::Src } else { Lane::Dst };
        let usual = self.ttls.get(at).copied().flatten();
        let flags = segment.flags;
        if !flags.rst()
            && let Some(ttl) = self.ttls.get_mut(at)
        {
            *ttl = Some(segment.ttl);
        }
        let shaken = self.shaken;
        let mut step = |act, bytes| self.step(segment.time, from, act, bytes, &words);
        if flags.rst() {
            step(Act::Rst { ttl: segment.ttl, usual }, segment.len);
            return;
        }
        if kind == Kind::Copy {
            return;
        }
        if flags.opens() {
            step(Act::Syn, segment.len);
        } else if flags.accepts() {
            step(Act::SynAck, segment.len);
        } else if kind == Kind::KeepAlive {
            step(Act::KeepAlive, segment.len);
        } else if segment.len > 0 {
            step(if kind == Kind::Again { Act::Again } else { Act::Data }, segment.len);
        } else if flags.plain() && segment.window == 0 {
            step(Act::ZeroWindow, 0);
        } else if flags.plain() && full {
            step(Act::WindowOpen, 0);
        } else if flags.plain() && at == 0 && accepted && !shaken {
            step(Act::Ack, 0);
        }
        if flags.fin() {
            self.step(segment.time, from, Act::Fin, 0, &[]);
        }
        // Only the very next packet of the caller can be the third of the handshake.
        self.shaken |= at == 0 && accepted;
    }

    fn complain(&mut self, refusal: &Refusal) {
        if self.over || self.flow.is_none() || pair(refusal.from, refusal.to) != self.pair {
            return;
        }
        // The error bears no time of its own here: it follows what it is about at once.
        let at = self.open.as_ref().map_or(self.begun, |open| open.until);
        let act = Act::Icmp(refusal.complaint, refusal.mtu);
        let to = if refusal.from == self.src { Lane::Src } else { Lane::Dst };
        self.step(at, Lane::Way, act, 0, &[]);
        if let Some(Open { event, .. }) = &mut self.open {
            event.to = to;
        }
    }
}
