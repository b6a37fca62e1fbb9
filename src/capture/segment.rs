//! One TCP segment as a capture shows it.

use core::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroI64,
};

use super::bytes;

/// An address and a port. IPv4 lies in the low 32 bits. In two halves, since a whole `u128` would make
/// everything that holds one longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Endpoint {
    high: u64,
    low: u64,
    port: u16,
    v6: bool,
}

impl From<SocketAddr> for Endpoint {
    fn from(socket: SocketAddr) -> Self {
        let (address, v6) = match socket.ip() {
            IpAddr::V4(v4) => (u128::from(v4.to_bits()), false),
            IpAddr::V6(v6) => (v6.to_bits(), true),
        };
        Self::new(address, socket.port(), v6)
    }
}

impl Endpoint {
    pub(super) fn new(address: u128, port: u16, v6: bool) -> Self {
        let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or(0);
        Self { high: half(address >> 64), low: half(address), port, v6 }
    }

    pub(super) fn port(self) -> u16 {
        self.port
    }

    /// The address in its usual form.
    pub(super) fn ip(self) -> IpAddr {
        let address = u128::from(self.high) << 64 | u128::from(self.low);
        match u32::try_from(address) {
            Ok(bits) if !self.v6 => Ipv4Addr::from_bits(bits).into(),
            _ => Ipv6Addr::from_bits(address).into(),
        }
    }
}

/// A time or a length of time, nanoseconds, such that an `Option` of it takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(NonZeroI64);

impl Moment {
    /// The least number there is stands for nothing: it becomes the next one.
    pub(super) fn of(nanoseconds: i64) -> Self {
        // Zero is a length of time like others, the least number is none that a file can hold.
        Self(NonZeroI64::new(nanoseconds ^ i64::MIN).unwrap_or(NonZeroI64::MIN))
    }

    pub(super) fn nanoseconds(self) -> i64 {
        self.0.get() ^ i64::MIN
    }
}

/// The bits of a TCP header that say what a segment does (RFC 9293 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(pub(super) u8);

impl Flags {
    pub(super) fn fin(self) -> bool {
        self.0 & 0x01 != 0
    }
    pub(super) fn syn(self) -> bool {
        self.0 & 0x02 != 0
    }
    pub(super) fn rst(self) -> bool {
        self.0 & 0x04 != 0
    }
    pub(super) fn ack(self) -> bool {
        self.0 & 0x10 != 0
    }
    /// A SYN without ACK: the wish to connect.
    pub(super) fn opens(self) -> bool {
        self.0 & 0x12 == 0x02
    }
    /// SYN and ACK: the answer to that wish.
    pub(super) fn accepts(self) -> bool {
        self.0 & 0x12 == 0x12
    }
    /// Neither SYN, FIN nor RST.
    pub(super) fn plain(self) -> bool {
        !(self.syn() || self.fin() || self.rst())
    }
}

/// What the network layer says of the packet that a segment came in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier {
    pub(super) from: u128,
    pub(super) to: u128,
    pub(super) v6: bool,
    /// Time to live or hop limit.
    pub(super) ttl: u8,
    /// The identification of an IPv4 header.
    pub(super) id: Option<u16>,
    /// Nanoseconds since 1970.
    pub(super) time: i64,
}

/// One segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: Endpoint,
    pub(super) to: Endpoint,
    pub(super) time: i64,
    pub(super) ttl: u8,
    pub(super) id: Option<u16>,
    pub(super) seq: u32,
    pub(super) ack: u32,
    /// None where the header says that it is shorter than a header can be.
    pub(super) flags: Flags,
    /// A SYN without ACK, whatever else is wrong with the header.
    pub(super) opens: bool,
    pub(super) window: u16,
    /// Payload on the wire, bytes.
    pub(super) len: u32,
    /// Payload that was stored.
    pub(super) payload: &'a [u8],
    /// The header says a length that cannot be, or was cut short: its flags count, and no more.
    pub(super) damaged: bool,
}

impl<'a> Segment<'a> {
    /// Reads a TCP header. `length` is the header and payload on the wire; `data` what was stored.
    /// `None` where not even the flags were stored.
    pub(super) fn read(carrier: &Carrier, data: &'a [u8], length: u32) -> Option<Self> {
        let header: &[u8; 14] = data.first_chunk()?;
        let offset = u32::from(header[12] >> 4) * 4;
        let damaged = offset < 20 || offset > length || data.len() < 20;
        let flags = Flags(header[13]);
        let short = offset < 20;
        let end = |address, port| Endpoint::new(address, port, carrier.v6);
        let mut segment = Self {
            from: end(carrier.from, u16::from_be_bytes([header[0], header[1]])),
            to: end(carrier.to, u16::from_be_bytes([header[2], header[3]])),
            time: carrier.time,
            ttl: carrier.ttl,
            id: carrier.id,
            seq: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ack: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            flags: if short { Flags(0) } else { flags },
            opens: flags.opens(),
            window: bytes::u16(data, 14).unwrap_or(u16::MAX),
            len: length.saturating_sub(offset),
            payload: &[],
            damaged,
        };
        if !damaged {
            segment.payload = data.get(offset as usize..).unwrap_or_default();
        }
        Some(segment)
    }

    /// Sequence numbers the segment takes: payload, and one each for SYN and FIN.
    pub(super) fn span(&self) -> u32 {
        self.len + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }
}
