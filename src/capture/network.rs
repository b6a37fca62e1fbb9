//! IPv4 and IPv6: to the TCP segment inside, through extension headers, fragments and tunnels.

use super::{
    bytes::{u8, u16, u32},
    fragments::{Fragments, Piece},
    icmp::{self, Refusal},
    layers::MAX_LAYERS,
    segment::{Carrier, Segment},
    tunnel,
};

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP6: u8 = 58;

/// What a packet turned out to hold.
#[derive(Debug)]
pub(super) enum Found<'a> {
    Segment(Segment<'a>),
    /// A router or host says that a segment did not arrive.
    Refusal(Refusal),
}

/// Reads IP packets; remembers the fragments of those that came in pieces.
#[derive(Debug, Default)]
pub(super) struct Network {
    fragments: Fragments,
}

/// An IP packet: when it passed, what was stored, and its bytes on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) time: i64,
    pub(super) data: &'a [u8],
    pub(super) wire: u32,
}

/// A packet's payload: the protocol, what was stored and how long it was.
struct Inner<'a> {
    carrier: Carrier,
    protocol: u8,
    data: &'a [u8],
    length: u32,
    /// Offset and whether more follow, where this is a fragment.
    piece: Option<(u32, Piece)>,
}

impl Network {
    /// Reads a packet and hands what it found to `take`.
    pub(super) fn read(&mut self, packet: Packet<'_>, take: &mut impl FnMut(Found<'_>)) {
        self.ip(packet, take, 0);
    }

    fn ip(&mut self, packet: Packet<'_>, take: &mut impl FnMut(Found<'_>), depth: usize) {
        if depth > MAX_LAYERS {
            return;
        }
        let inner = match u8(packet.data, 0).map(|byte| byte >> 4) {
            Some(4) => v4(packet),
            Some(6) => v6(packet),
            _ => None,
        };
        let Some(inner) = inner else { return };
        match inner.piece {
            None => self.payload(&inner, take, depth),
            Some((id, piece)) => {
                let key = (inner.carrier.from, inner.carrier.to, id, inner.protocol);
                let whole = self.fragments.add(key, piece, inner.data, inner.length);
                if let Some(whole) = whole {
                    let (data, length) = (whole.data.as_slice(), whole.length);
                    let inner = Inner { data, length, piece: None, ..inner };
                    self.payload(&inner, take, depth);
                }
            }
        }
    }

    fn payload(&mut self, inner: &Inner<'_>, take: &mut impl FnMut(Found<'_>), depth: usize) {
        let Inner { carrier, data, length, .. } = inner;
        let packet = match inner.protocol {
            TCP => {
                if let Some(segment) = Segment::read(carrier, data, *length) {
                    take(Found::Segment(segment));
                }
                return;
            }
            ICMP | ICMP6 => {
                if let Some(refusal) = icmp::read(inner.protocol == ICMP6, data) {
                    take(Found::Refusal(refusal));
                }
                return;
            }
            UDP => tunnel::over_udp(data),
            protocol => tunnel::over_ip(protocol, data),
        };
        if let Some(packet) = packet {
            let header = u32::try_from(data.len() - packet.len()).unwrap_or(u32::MAX);
            let wire = length.saturating_sub(header);
            self.ip(Packet { time: carrier.time, data: packet, wire }, take, depth + 1);
        }
    }
}

/// RFC 791.
fn v4(Packet { time, data, wire }: Packet<'_>) -> Option<Inner<'_>> {
    let head: &[u8; 20] = data.first_chunk()?;
    let header = usize::from(head[0] & 0x0f) * 4;
    // A sender that leaves the cutting to its network card stores 0; a damaged length is too long.
    let total = match u32::from(u16::from_be_bytes([head[2], head[3]])) {
        0 => wire,
        total => total.min(wire),
    };
    let length = total.checked_sub(u32::try_from(header).ok()?)?;
    let end = (total as usize).min(data.len());
    let offset = u16::from_be_bytes([head[6], head[7]]);
    let id = u16::from_be_bytes([head[4], head[5]]);
    let at = u32::from(offset & 0x1fff) * 8;
    let more = offset & 0x2000 != 0;
    let address = |at| u32(head, at).map(u128::from);
    let carrier = Carrier {
        from: address(12)?,
        to: address(16)?,
        v6: false,
        ttl: head[8],
        id: Some(id),
        time,
    };
    (header >= 20).then_some(())?;
    let data = data.get(header..end)?;
    let piece = (more || at > 0).then_some((u32::from(id), Piece { at, more }));
    Some(Inner { carrier, protocol: head[9], data, length, piece })
}

/// RFC 8200, with its extension headers.
fn v6(Packet { time, data, wire }: Packet<'_>) -> Option<Inner<'_>> {
    let head: &[u8; 40] = data.first_chunk()?;
    let address =
        |at: usize| head.get(at..)?.first_chunk().map(|bytes| u128::from_be_bytes(*bytes));
    let carrier =
        Carrier { from: address(8)?, to: address(24)?, v6: true, ttl: head[7], id: None, time };
    let wire = wire.saturating_sub(40);
    let mut length = match u32::from(u16::from_be_bytes([head[4], head[5]])) {
        0 => wire,
        length => length.min(wire),
    };
    let mut rest = data.get(40..40 + (length as usize).min(data.len() - 40))?;
    let (mut protocol, mut piece) = (head[6], None);
    for _ in 0..MAX_LAYERS {
        let size = match protocol {
            // Hop by hop, routing, destination options, mobility, host identity, shim.
            0 | 43 | 60 | 135 | 139 | 140 => (usize::from(u8(rest, 1)?) + 1) * 8,
            // RFC 4302: the authentication header counts in units of four, less two.
            51 => (usize::from(u8(rest, 1)?) + 2) * 4,
            44 => {
                let offset = u16(rest, 2)?;
                let (at, more) = (u32::from(offset & 0xfff8), offset & 1 != 0);
                if more || at > 0 {
                    piece = Some((u32(rest, 4)?, Piece { at, more }));
                }
                8
            }
            _ => break,
        };
        protocol = u8(rest, 0)?;
        rest = rest.get(size..)?;
        length = length.checked_sub(u32::try_from(size).ok()?)?;
        if piece.is_some() {
            break;
        }
    }
    Some(Inner { carrier, protocol, data: rest, length, piece })
}
