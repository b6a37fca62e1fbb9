//! A capture, fed in chunks: bytes in, conversations out.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use super::{
    container::{Container, Step},
    conversation::Conversation,
    link,
    network::{Found, Network, Packet},
    table::Table,
};

/// Compressed bytes that are unpacked at once: gzip makes at most about a thousand of one.
const GZIP_STEP: usize = 4096;

/// What bounds the memory of a [`Reader`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Conversations that are open at the same time, 1 or more. Each takes up to about 1 KiB, and up
    /// to 3 KiB where many packets are missing.
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
    /// It is gzip, but what is inside begins like something else.
    #[error("byte 0 of the unpacked data: neither pcap nor pcapng begins like this")]
    Packed,
    /// It ends before the header does.
    #[error("the file ends at byte {0}, before its header does")]
    Short(u64),
}

/// Reads pcap, pcapng, and gzip of either, chunk by chunk.
#[derive(Debug)]
pub struct Reader {
    gzip: Option<MultiGzDecoder<Vec<u8>>>,
    packed: bool,
    gzip_at: u64,
    gzip_broken: bool,
    /// The first bytes, until it is known whether they are compressed.
    begun: bool,
    container: Container,
    /// A record that has begun, and how many bytes it takes to go on.
    rest: Vec<u8>,
    need: usize,
    /// Bytes to pass over.
    skip: u64,
    /// Where `rest` lies in the file.
    offset: u64,
    stopped: bool,
    no_capture: Option<NoCapture>,
    packets: u64,
    unknown: (u16, u64),
    network: Network,
    table: Table,
    limits: Limits,
    warnings: Vec<Warning>,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Reader {
    /// A reader within these limits.
    pub fn new(limits: Limits) -> Self {
        Self {
            gzip: None,
            packed: false,
            gzip_at: 0,
            gzip_broken: false,
            begun: false,
            container: Container::Unknown,
            rest: Vec::new(),
            need: 4,
            skip: 0,
            offset: 0,
            stopped: false,
            no_capture: None,
            packets: 0,
            unknown: (0, 0),
            network: Network::default(),
            table: Table::new(limits.conversations),
            limits,
            warnings: Vec::new(),
        }
    }

    /// Takes the next bytes of the file, as many or few as there are.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.begun {
            self.unpack(chunk);
            return;
        }
        // Two bytes tell whether it is compressed (RFC 1952 §2.3.1).
        self.rest.extend_from_slice(chunk);
        if self.rest.len() >= 2 {
            let first = std::mem::take(&mut self.rest);
            self.begun = true;
            if first.starts_with(&[0x1f, 0x8b]) {
                self.packed = true;
                self.gzip = Some(MultiGzDecoder::new(Vec::new()));
            }
            self.unpack(&first);
        }
    }

    /// The conversations that are over, since the last call; others of the same file may follow.
    pub fn take_finished(&mut self) -> Vec<Conversation> {
        std::mem::take(&mut self.table.finished)
    }

    /// Whether more bytes would change nothing: the file is damaged from here on, or is no capture.
    pub fn is_done(&self) -> bool {
        self.stopped
    }

    /// Packets that were read so far.
    pub fn packets(&self) -> u64 {
        self.packets
    }

    /// The end of the file: the conversations that are left, in the order they began, and what should
    /// be known of the file. Fails where it is no capture.
    pub fn finish(mut self) -> Result<(Vec<Conversation>, Vec<Warning>), NoCapture> {
        if let Some(gzip) = self.gzip.take()
            && !self.gzip_broken
        {
            self.end_of_gzip(gzip);
        }
        if let Some(none) = self.no_capture {
            return Err(none);
        }
        if matches!(self.container, Container::Unknown) {
            let length = self.offset + self.rest.len() as u64;
            return Err(if length == 0 { NoCapture::Empty } else { NoCapture::Short(length) });
        }
        // Where the packed data ends early, what it holds does too.
        if !self.stopped && !self.gzip_broken && (!self.rest.is_empty() || self.skip > 0) {
            self.warnings.push(Warning::CutShort { offset: self.offset });
        }
        let (link, packets) = self.unknown;
        if packets > 0 && packets == self.packets {
            self.warnings.push(Warning::UnknownLinkType { link, packets });
        }
        let given_up = self.table.given_up;
        if given_up > 0 {
            let limit = self.limits.conversations;
            self.warnings.push(Warning::TooMany { given_up, limit });
        }
        self.table.conclude();
        Ok((self.table.finished, self.warnings))
    }

    fn unpack(&mut self, chunk: &[u8]) {
        let Some(mut gzip) = self.gzip.take() else {
            if !self.gzip_broken {
                self.read(chunk);
            }
            return;
        };
        for piece in chunk.chunks(GZIP_STEP) {
            let done = gzip.write_all(piece).and_then(|()| gzip.flush());
            let unpacked = std::mem::take(gzip.get_mut());
            self.read(&unpacked);
            if done.is_err() {
                self.gzip_broken = true;
                self.warnings.push(Warning::Compression { offset: self.gzip_at });
                return;
            }
            self.gzip_at += piece.len() as u64;
        }
        self.gzip = Some(gzip);
    }

    fn end_of_gzip(&mut self, mut gzip: MultiGzDecoder<Vec<u8>>) {
        let whole = gzip.try_finish().is_ok();
        let unpacked = std::mem::take(gzip.get_mut());
        self.read(&unpacked);
        if !whole {
            self.gzip_broken = true;
            self.warnings.push(Warning::Compression { offset: self.gzip_at });
        }
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
                            let table = &mut self.table;
                            self.network.read(packet, &mut |found| match found {
                                Found::Segment(segment) => table.see(&segment),
                                Found::Refusal(refusal) => table.complain(&refusal),
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
        if matches!(self.container, Container::Unknown) {
            self.no_capture = Some(if self.packed { NoCapture::Packed } else { NoCapture::Format });
        } else {
            self.warnings.push(Warning::Damaged { offset: self.offset, why });
        }
    }
}
