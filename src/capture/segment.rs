//! One TCP segment as a capture shows it.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::bytes;

/// An address and a port. IPv4 lies in the low 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Endpoint {
    pub(super) address: u128,
    pub(super) port: u16,
    pub(super) v6: bool,
}

impl Endpoint {
    /// The address in its usual form.
    pub(super) fn ip(self) -> IpAddr {
        match u32::try_from(self.address) {
            Ok(bits) if !self.v6 => Ipv4Addr::from_bits(bits).into(),
            _ => Ipv6Addr::from_bits(self.address).into(),
        }
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
        self.0 & 0x07 == 0
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
    pub(super) flags: Flags,
    pub(super) window: u16,
    /// The window scale of a SYN.
    pub(super) scale: Option<u8>,
    /// The largest segment a SYN asks for, bytes.
    pub(super) mss: Option<u16>,
    /// Payload on the wire, bytes.
    pub(super) len: u32,
    /// Payload that was stored.
    pub(super) payload: &'a [u8],
}

impl<'a> Segment<'a> {
    /// Reads a TCP header. `length` is the header and payload on the wire; `data` what was stored.
    /// A header of less than 20 bytes, stored or said, is none.
    pub(super) fn read(carrier: &Carrier, data: &'a [u8], length: u32) -> Option<Self> {
        let header: &[u8; 20] = data.first_chunk()?;
        let offset = u32::from(header[12] >> 4) * 4;
        if offset < 20 || offset > length {
            return None;
        }
        let flags = Flags(header[13]);
        let end = |address, port| Endpoint { address, port, v6: carrier.v6 };
        let mut segment = Self {
            from: end(carrier.from, u16::from_be_bytes([header[0], header[1]])),
            to: end(carrier.to, u16::from_be_bytes([header[2], header[3]])),
            time: carrier.time,
            ttl: carrier.ttl,
            id: carrier.id,
            seq: u32::from_be_bytes([header[4], header[5], header[6], header[7]]),
            ack: u32::from_be_bytes([header[8], header[9], header[10], header[11]]),
            flags,
            window: u16::from_be_bytes([header[14], header[15]]),
            scale: None,
            mss: None,
            len: length - offset,
            payload: data.get(offset as usize..).unwrap_or_default(),
        };
        if flags.syn() {
            segment.read_options(data.get(20..offset as usize).unwrap_or_default());
        }
        Some(segment)
    }

    /// Window scale and largest segment, out of the options of a SYN.
    fn read_options(&mut self, mut options: &[u8]) {
        while let Some((&kind, rest)) = options.split_first() {
            if kind == 0 {
                return;
            }
            if kind == 1 {
                options = rest;
                continue;
            }
            let size = usize::from(rest.first().copied().unwrap_or(0));
            let Some(body) = options.get(2..size) else { return };
            match kind {
                2 => self.mss = bytes::u16(body, 0),
                // RFC 7323 §2.3: a shift above 14 is taken as 14.
                3 => self.scale = body.first().map(|shift| (*shift).min(14)),
                _ => {}
            }
            options = options.get(size..).unwrap_or_default();
        }
    }

    /// Sequence numbers the segment takes: payload, and one each for SYN and FIN.
    pub(super) fn span(&self) -> u32 {
        self.len + u32::from(self.flags.syn()) + u32::from(self.flags.fin())
    }
}
