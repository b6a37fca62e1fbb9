//! A capture, fed in chunks: bytes in, conversations out.

use super::{
    container::{Container, Step},
    conversation::Conversation,
    icmp::Refusal,
    link,
    network::{Found, Network, Packet},
    segment::Segment,
    table::Table,
    unpack::Unpacker,
};

/// What bounds the memory of a [`Reader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Conversations that are open at the same time, 1 or more. Each takes up to about 700 bytes,
    /// and up to 3 KiB where many packets are missing.
    pub conversations: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { conversations: 200_000 }
    }
}

/// Something about the file that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// From this byte on nothing could be read. The offset counts in the file, or in what it unpacks
    /// to where it is compressed.
    Damaged {
        /// Where, in bytes from the start.
        offset: u64,
        /// What stands there.
        why: &'static str,
    },
    /// The file ends in the middle of a record that begins at this byte.
    CutShort {
        /// Where, in bytes from the start.
        offset: u64,
    },
    /// The compressed data is damaged or ends early; the offset counts in the compressed file.
    Compression {
        /// Where, in bytes from the start.
        offset: u64,
    },
    /// Conversations were concluded before their end because there were too many at a time.
    TooMany {
        /// How many.
        given_up: u64,
        /// The limit.
        limit: usize,
    },
    /// No packet could be looked into, because of its link type.
    UnknownLinkType {
        /// The number in the file.
        link: u16,
        /// Packets that were passed over.
        packets: u64,
    },
}

/// That a file is no capture at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCapture {
    /// It holds nothing.
    #[error("the file is empty")]
    Empty,
    /// It begins like something else.
    #[error("byte 0: neither pcap nor pcapng begins like this")]
    Format,
    /// It begins like a text: a log, a HAR.
    #[error(
        "byte 0: it begins like a text; logs and HAR files go to `hangup decode` or the page “Read a log”"
    )]
    Text,
    /// It is gzip, but what is inside begins like something else.
    #[error("byte 0 of the unpacked data: neither pcap nor pcapng begins like this")]
    Packed,
    /// It ends before the header does.
    #[error("the file ends at byte {0}, before its header does")]
    Short(u64),
}

/// Whom segments are told to.
pub(super) trait Listener {
    /// A segment, in the order of the file.
    fn see(&mut self, segment: &Segment<'_>);
    /// An ICMP error about a segment.
    fn complain(&mut self, refusal: &Refusal);
}

/// Reads pcap, pcapng, and gzip of either, chunk by chunk.
#[derive(Debug)]
pub struct Reader {
    stream: Stream<Table>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Reader {
    /// A reader within these limits.
    pub fn new(limits: Limits) -> Self {
        Self { stream: Stream::new(Table::new(limits.conversations)) }
    }

    /// Takes the next bytes of the file, as many or few as there are.
    pub fn push(&mut self, chunk: &[u8]) {
        self.stream.push(chunk);
    }

    /// The conversations that are over, since the last call; others of the same file may follow.
    pub fn take_finished(&mut self) -> Vec<Conversation> {
        std::mem::take(&mut self.stream.records.listener.finished)
    }

    /// Whether more bytes would change nothing: the file is damaged from here on, or is no capture.
    pub fn is_done(&self) -> bool {
        self.stream.is_done()
    }

    /// Packets that were read so far.
    pub fn packets(&self) -> u64 {
        self.stream.records.packets
    }

    /// The end of the file: the conversations that are left, in the order they began, and what should
    /// be known of the file. Fails where it is no capture.
    pub fn finish(self) -> Result<(Vec<Conversation>, Vec<Warning>), NoCapture> {
        let mut left = Vec::new();
        let warnings = self.finish_with(&mut |conversation| left.push(conversation))?;
        Ok((left, warnings))
    }

    /// The same; the conversations go to `take` one by one, so that they need not all be there at once
    /// beside their records.
    pub fn finish_with(
        self,
        take: &mut impl FnMut(Conversation),
    ) -> Result<Vec<Warning>, NoCapture> {
        let (mut table, mut warnings) = self.stream.finish()?;
        let (given_up, limit) = (table.given_up, table.limit);
        if given_up > 0 {
            warnings.push(Warning::TooMany { given_up, limit });
        }
        table.conclude(take);
        Ok(warnings)
    }
}

/// A file's bytes on their way to a listener.
#[derive(Debug)]
pub(super) struct Stream<L> {
    unpacker: Unpacker,
    pub(super) records: Records<L>,
}

impl<L: Listener> Stream<L> {
    pub(super) fn new(listener: L) -> Self {
        Self { unpacker: Unpacker::default(), records: Records::new(listener) }
    }

    pub(super) fn push(&mut self, chunk: &[u8]) {
        let records = &mut self.records;
        self.unpacker.push(chunk, &mut |unpacked| records.read(unpacked));
    }

    pub(super) fn is_done(&self) -> bool {
        self.records.stopped || self.unpacker.is_broken()
    }

    pub(super) fn finish(mut self) -> Result<(L, Vec<Warning>), NoCapture> {
        let packed = self.unpacker.is_packed();
        let records = &mut self.records;
        let broken = self.unpacker.finish(&mut |unpacked| records.read(unpacked));
        self.records.finish(packed, broken)
    }
}

/// What a reader makes of unpacked bytes.
#[derive(Debug)]
pub(super) struct Records<L> {
    container: Container,
    /// A record that has begun, and how many bytes it takes to go on.
    rest: Vec<u8>,
    need: usize,
    /// Bytes to pass over.
    skip: u64,
    /// Where `rest` lies in the file.
    offset: u64,
    stopped: bool,
    /// Whether what is no capture begins like a text.
    is_text: bool,
    packets: u64,
    /// A link type that is not known, and its packets.
    unknown: (u16, u64),
    network: Network,
    pub(super) listener: L,
    warnings: Vec<Warning>,
}

impl<L: Listener> Records<L> {
    fn new(listener: L) -> Self {
        Self {
            container: Container::Unknown,
            rest: Vec::new(),
            need: 4,
            skip: 0,
            offset: 0,
            stopped: false,
            is_text: false,
            packets: 0,
            unknown: (0, 0),
            network: Network::default(),
            listener,
            warnings: Vec::new(),
        }
    }

    /// `packed`: the file is gzip; `broken`: the packed byte near which that breaks off.
    fn finish(mut self, packed: bool, broken: Option<u64>) -> Result<(L, Vec<Warning>), NoCapture> {
        if matches!(self.container, Container::Unknown) {
            let length = self.offset + self.rest.len() as u64;
            return Err(match (self.stopped, packed) {
                (true, true) => NoCapture::Packed,
                (true, false) if self.is_text => NoCapture::Text,
                (true, false) => NoCapture::Format,
                (false, _) if length == 0 => NoCapture::Empty,
                (false, _) => NoCapture::Short(length),
            });
        }
        if let Some(offset) = broken {
            self.warnings.push(Warning::Compression { offset });
        } else if !self.stopped && (!self.rest.is_empty() || self.skip > 0) {
            self.warnings.push(Warning::CutShort { offset: self.offset });
        }
        let (link, packets) = self.unknown;
        if packets > 0 && packets == self.packets {
            self.warnings.push(Warning::UnknownLinkType { link, packets });
        }
        Ok((self.listener, self.warnings))
    }

    /// Takes unpacked bytes.
    fn read(&mut self, mut chunk: &[u8]) {
        while !chunk.is_empty() && !self.stopped {
            if self.skip > 0 {
                let passed = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
                self.skip -= passed as u64;
                self.offset += passed as u64;
                chunk = chunk.get(passed..).unwrap_or_default();
                continue;
            }
            if self.rest.is_empty() {
                let used = self.consume(chunk);
                let rest = chunk.get(used..).unwrap_or_default();
                if self.skip == 0 && !self.stopped {
                    self.rest.extend_from_slice(rest);
                    return;
                }
                chunk = rest;
                continue;
            }
            // A record lies across two chunks: take what it still needs, and no more.
            let missing = self.need.saturating_sub(self.rest.len()).clamp(1, chunk.len());
            let (head, tail) = chunk.split_at(missing);
            self.rest.extend_from_slice(head);
            chunk = tail;
            if self.rest.len() >= self.need {
                let record = std::mem::take(&mut self.rest);
                let used = self.consume(&record);
                let rest = record.get(used..).unwrap_or_default();
                self.rest.extend_from_slice(rest);
            }
        }
    }

    /// Reads what is whole in `data`; how many bytes that was.
    fn consume(&mut self, data: &[u8]) -> usize {
        let mut at = 0;
        loop {
            let rest = data.get(at..).unwrap_or_default();
            let used = match self.container.step(rest) {
                Step::Need(bytes) => {
                    self.need = bytes.max(rest.len() + 1);
                    return at;
                }
                Step::Broken(why) => {
                    self.is_text = begins_like_text(rest);
                    self.stop(why);
                    return at;
                }
                Step::Pass(bytes) => {
                    let here = usize::try_from(bytes).unwrap_or(usize::MAX).min(rest.len());
                    self.skip = bytes - here as u64;
                    here
                }
                Step::Frame(frame, used) => {
                    self.packets += 1;
                    match link::network(frame.link, frame.data) {
                        Some(data) => {
                            let header = u32::try_from(frame.data.len() - data.len()).unwrap_or(0);
                            let wire = frame.wire.saturating_sub(header);
                            let packet = Packet { time: frame.time, data, wire };
                            let listener = &mut self.listener;
                            self.network.read(packet, &mut |found| match found {
                                Found::Segment(segment) => listener.see(&segment),
                                Found::Refusal(refusal) => listener.complain(&refusal),
                            });
                        }
                        None if !link::is_known(frame.link) => {
                            self.unknown = (frame.link, self.unknown.1 + 1);
                        }
                        None => {}
                    }
                    used
                }
            };
            at += used;
            self.offset += used as u64;
            if self.skip > 0 {
                return at;
            }
        }
    }

    fn stop(&mut self, why: &'static str) {
        self.stopped = true;
        if !matches!(self.container, Container::Unknown) {
            self.warnings.push(Warning::Damaged { offset: self.offset, why });
        }
    }
}

/// Whether the first four bytes are those of a text.
fn begins_like_text(data: &[u8]) -> bool {
    let head = data.get(..4).unwrap_or(data);
    let is_plain = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    head.starts_with(b"\xef\xbb\xbf") || (!head.is_empty() && head.iter().all(is_plain))
}
