//! Capture files into frames: classic pcap here, pcapng in its own file.
//!
//! Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng
//! (<https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcapng/>, read 2026-11-28).

use super::{bytes::Order, pcapng::Sections};

/// The most bytes a stored packet may have; libpcap and Wireshark refuse more
/// (`MAXIMUM_SNAPLEN` and `WTAP_MAX_PACKET_SIZE_STANDARD`, both 262,144).
pub(super) const MAX_PACKET: u32 = 262_144;

/// One packet as it lies in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// Nanoseconds since 1970, UTC.
    pub(super) time: i64,
    /// The LINKTYPE number.
    pub(super) link: u16,
    /// What was stored.
    pub(super) data: &'a [u8],
    /// Bytes on the wire, `data.len()` or more.
    pub(super) wire: u32,
}

/// What became of the bytes that were looked at.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// A packet, and how many bytes it took.
    Frame(Frame<'a>, usize),
    /// Something else that is done with: how many bytes to pass, perhaps more than are there.
    Pass(u64),
    /// So many bytes are needed, counted from the same place.
    Need(usize),
    /// What stands here cannot be read; one sentence that names the thing.
    Broken(&'static str),
}

/// The format of a file, once its first bytes are known.
#[derive(Debug)]
pub(super) enum Container {
    Unknown,
    Pcap(Pcap),
    Pcapng(Sections),
}

impl Container {
    /// Looks at `data`, which starts at a record's start.
    pub(super) fn step<'a>(&mut self, data: &'a [u8]) -> Step<'a> {
        match self {
            Self::Unknown => match Pcap::open(data) {
                Opened::Pcap(pcap, used) => {
                    *self = Self::Pcap(pcap);
                    Step::Pass(used)
                }
                Opened::Pcapng => {
                    *self = Self::Pcapng(Sections::default());
                    Step::Pass(0)
                }
                Opened::Need(bytes) => Step::Need(bytes),
                Opened::Other => Step::Broken("this is no pcap and no pcapng file"),
            },
            Self::Pcap(pcap) => pcap.step(data),
            Self::Pcapng(sections) => sections.step(data),
        }
    }
}

enum Opened {
    Pcap(Pcap, u64),
    Pcapng,
    Need(usize),
    Other,
}

/// What the header of a classic pcap file says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pcap {
    order: Order,
    /// Nanoseconds in a unit of the second time field.
    unit: i64,
    link: u16,
    /// Bytes of a record's header: 16, or 24 in the form that some Linux patches wrote.
    header: usize,
    /// Files before version 2.4 may have the two lengths the other way round.
    old: bool,
}

impl Pcap {
    fn open(data: &[u8]) -> Opened {
        let Some(magic) = Order::Big.u32(data, 0) else { return Opened::Need(4) };
        let (order, unit, header) = match magic {
            0xa1b2_c3d4 => (Order::Big, 1000, 16),
            0xd4c3_b2a1 => (Order::Little, 1000, 16),
            0xa1b2_3c4d => (Order::Big, 1, 16),
            0x4d3c_b2a1 => (Order::Little, 1, 16),
            0xa1b2_cd34 => (Order::Big, 1000, 24),
            0x34cd_b2a1 => (Order::Little, 1000, 24),
            0x0a0d_0d0a => return Opened::Pcapng,
            _ => return Opened::Other,
        };
        let (Some(minor), Some(link)) = (order.u16(data, 6), order.u32(data, 20)) else {
            return Opened::Need(24);
        };
        // The upper half holds the length of a frame check sequence.
        let link = u16::try_from(link & 0xffff).unwrap_or(u16::MAX);
        Opened::Pcap(Self { order, unit, link, header, old: minor < 4 }, 24)
    }

    fn step<'a>(&self, data: &'a [u8]) -> Step<'a> {
        let field = |at| self.order.u32(data, at);
        let (Some(seconds), Some(fraction), Some(mut kept), Some(length)) =
            (field(0), field(4), field(8), field(12))
        else {
            return Step::Need(self.header);
        };
        if self.old && kept > length {
            kept = length;
        }
        if kept > MAX_PACKET {
            return Step::Broken("a packet is said to be longer than 262,144 bytes");
        }
        let end = self.header + kept as usize;
        let Some(data) = data.get(self.header..end) else { return Step::Need(end) };
        let time = i64::from(seconds) * 1_000_000_000 + i64::from(fraction) * self.unit;
        Step::Frame(Frame { time, link: self.link, data, wire: length.max(kept) }, end)
    }
}
