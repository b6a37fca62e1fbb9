//! IPv4 and IPv6: to the TCP segment inside, through extension headers, fragments and tunnels.

use super::{
    bytes::{u8, u16, u32},
    fragments::{Fragments, Piece},
    icmp::{self, Refusal},
    link::{self, MAX_LAYERS},
    segment::{Carrier, Segment},
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
            4 | 41 => Some(*data),
            47 => generic(data),
            UDP => in_udp(data),
            _ => None,
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

/// Generic routing encapsulation (RFC 2784, 2890; version 1 is PPTP's, RFC 2637).
fn generic(data: &[u8]) -> Option<&[u8]> {
    let flags = u16(data, 0)?;
    let ether_type = u16(data, 2)?;
    let has = |bit: u16| usize::from(flags & bit != 0);
    if flags & 7 == 1 {
        let header = 8 + 4 * (has(0x1000) + has(0x0080));
        return link::in_ppp(data.get(header..)?);
    }
    let header = 4 + 4 * (has(0xc000) + has(0x2000) + has(0x1000));
    let rest = data.get(header..)?;
    match ether_type {
        // Cisco's cache protocol: version 2 puts four bytes before the packet.
        0x883e => match u8(rest, 0)? >> 4 {
            4 => Some(rest),
            _ => rest.get(4..),
        },
        // ERSPAN: none, 8 or 12 bytes before the frame, by its version.
        0x88be if has(0x1000) == 0 => link::in_ethernet(rest),
        0x88be => link::in_ethernet(rest.get(8..)?),
        0x22eb => link::in_ethernet(rest.get(12..)?),
        _ => link::in_type(ether_type, rest),
    }
}

/// Tunnels over UDP, by their port: VXLAN, Geneve, GTP, Teredo, L2TP.
fn in_udp(data: &[u8]) -> Option<&[u8]> {
    let (from, to) = (u16(data, 0)?, u16(data, 2)?);
    let payload = data.get(8..)?;
    let is = |port: u16| from == port || to == port;
    if is(4789) || is(8472) {
        return link::in_ethernet(payload.get(8..)?);
    }
    if is(6081) {
        let options = usize::from(u8(payload, 0)? & 0x3f) * 4;
        return link::in_type(u16(payload, 2)?, payload.get(8 + options..)?);
    }
    if is(2152) {
        return gtp(payload);
    }
    if is(3544) {
        return teredo(payload);
    }
    if is(1701) {
        return l2tp(payload);
    }
    None
}

/// GTP-U (3GPP TS 29.281 §5): user data is message 255.
fn gtp(payload: &[u8]) -> Option<&[u8]> {
    let flags = u8(payload, 0)?;
    if flags >> 4 != 3 || u8(payload, 1)? != 255 {
        return None;
    }
    let optional = flags % 8;
    if optional == 0 {
        return payload.get(8..);
    }
    let mut next = u8(payload, 11)?;
    let mut rest = payload.get(12..)?;
    for _ in 0..MAX_LAYERS {
        if flags & 4 == 0 || next == 0 {
            return Some(rest);
        }
        let size = usize::from(u8(rest, 0)?) * 4;
        next = u8(rest, size.checked_sub(1)?)?;
        rest = rest.get(size..)?;
    }
    None
}

/// RFC 4380 §5.1.1: an authentication part and an origin part may come first.
fn teredo(mut payload: &[u8]) -> Option<&[u8]> {
    if payload.starts_with(&[0, 1]) {
        let size = 13 + usize::from(u8(payload, 2)?) + usize::from(u8(payload, 3)?);
        payload = payload.get(size..)?;
    }
    if payload.starts_with(&[0, 0]) {
        payload = payload.get(8..)?;
    }
    (u8(payload, 0)? >> 4 == 6).then_some(payload)
}

/// RFC 2661 §3.1: a data message with its optional fields.
fn l2tp(payload: &[u8]) -> Option<&[u8]> {
    let flags = u16(payload, 0)?;
    if flags & 0x800f != 2 {
        return None;
    }
    let mut header =
        6 + 2 * usize::from(flags & 0x4000 != 0) + 4 * usize::from(flags & 0x0800 != 0);
    if flags & 0x0200 != 0 {
        header += 2 + usize::from(u16(payload, header)?);
    }
    link::in_ppp(payload.get(header..)?)
}
