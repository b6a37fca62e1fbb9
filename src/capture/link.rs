//! Link layers: from a frame to the network packet inside it.
//!
//! Numbers of link types: <https://www.tcpdump.org/linktypes.html> (read 2026-11-28). A frame that
//! holds no IP packet gives `None`; nothing here fails.

use super::{
    bytes::{Order, u8, u16, u32},
    layers::{Layer, peel},
};

/// Link types whose frames are looked into.
const KNOWN: [u16; 45] = [
    0, 1, 6, 7, 8, 9, 10, 12, 14, 15, 50, 51, 99, 100, 101, 104, 105, 107, 108, 109, 113, 117, 119,
    122, 123, 127, 129, 138, 149, 163, 166, 178, 192, 197, 204, 228, 229, 239, 240, 241, 242, 258,
    274, 276, 284,
];

/// Whether frames of link type `link` can be looked into at all.
pub(super) fn is_known(link: u16) -> bool {
    KNOWN.contains(&link)
}

/// The IP packet in a frame of link type `link`.
pub(super) fn network(link: u16, frame: &[u8]) -> Option<&[u8]> {
    let (layer, rest) = enter(link, frame, 0)?;
    peel(layer, rest)
}

/// Takes the header off that belongs to the link type.
fn enter(link: u16, frame: &[u8], depth: usize) -> Option<(Layer, &[u8])> {
    let after = |bytes: usize| frame.get(bytes..);
    Some(match link {
        1 => (Layer::Ethernet, frame),
        0 | 108 => (Layer::Ip, family(frame)?),
        12 | 14 | 101 | 228 | 229 => (Layer::Ip, frame),
        113 => (Layer::Type(u16(frame, 14)?), after(16)?),
        276 => (Layer::Type(u16(frame, 0)?), after(20)?),
        9 | 50 => (Layer::Ppp, frame),
        166 | 204 => (Layer::Ppp, after(1)?),
        51 => (Layer::Ppp, after(6)?),
        104 => (Layer::Type(u16(frame, 2)?), after(4)?),
        6 => (Layer::Llc, token_ring(frame)?),
        10 => (Layer::Llc, after(13)?),
        100 => (Layer::Llc, frame),
        122 => (Layer::Llc, after(16)?),
        123 => (Layer::Llc, after(4)?),
        107 => frame_relay(frame)?,
        109 => (Layer::Ip, after(12)?),
        // The header's length is said without its padding.
        117 => (Layer::Ip, after(usize::from(u8(frame, 0)?).next_multiple_of(4))?),
        7 => arcnet(frame, 2)?,
        129 => arcnet(frame, 4)?,
        105 => (Layer::Wifi, frame),
        119 => (Layer::Wifi, after(144)?),
        127 => (Layer::Wifi, after(usize::from(Order::Little.u16(frame, 2)?))?),
        163 => (Layer::Wifi, after(u32(frame, 4)? as usize)?),
        178 => (Layer::Ethernet, juniper(frame)?),
        192 if depth == 0 => {
            let inner = u16::try_from(Order::Little.u32(frame, 4)?).ok()?;
            return enter(inner, after(usize::from(Order::Little.u16(frame, 2)?))?, 1);
        }
        239 => (Layer::Ip, nflog(frame)?),
        242 => (Layer::Type(u16(frame, 40)?), after(44)?),
        8 => (Layer::Ip, after(16)?),
        15 => (Layer::Ip, after(24)?),
        99 => (Layer::Type(u16(frame, 6)?), after(44)?),
        138 | 284 => (Layer::Type(u16(frame, 16)?), after(18)?),
        197 => extensible_record(frame)?,
        240 => (Layer::Ethernet, after(4)?),
        241 => (Layer::Ethernet, after(12)?),
        149 | 258 if depth == 0 => {
            let inner = u16::try_from(Order::Little.u32(frame, 8)?).ok()?;
            return enter(inner, after(Order::Little.u32(frame, 0)? as usize)?, 1);
        }
        274 => (Layer::Ethernet, after(8)?),
        _ => return None,
    })
}

/// The address family of BSD's loopback, in either byte order.
fn family(frame: &[u8]) -> Option<&[u8]> {
    let mut family = u32(frame, 0)?;
    if family > 0xffff {
        family = family.swap_bytes();
    }
    matches!(family, 2 | 10 | 24 | 28 | 30).then(|| frame.get(4..))?
}

fn token_ring(frame: &[u8]) -> Option<&[u8]> {
    let routed = u8(frame, 8)? & 0x80 != 0;
    let route = if routed { usize::from(u8(frame, 14)? & 0x1f) } else { 0 };
    frame.get(14 + route..)
}

/// RFC 2427: NLPID behind the address and the control byte.
fn frame_relay(frame: &[u8]) -> Option<(Layer, &[u8])> {
    match u8(frame, 3)? {
        0xcc | 0x8e => Some((Layer::Ip, frame.get(4..)?)),
        // A pad byte of zero aligns the SNAP header.
        0x00 if u8(frame, 4)? == 0x80 => Some((Layer::Type(u16(frame, 8)?), frame.get(10..)?)),
        0x80 => Some((Layer::Type(u16(frame, 7)?), frame.get(9..)?)),
        _ => None,
    }
}

/// RFC 1201 and RFC 1051; `addresses` is the length of what stands before the protocol.
fn arcnet(frame: &[u8], addresses: usize) -> Option<(Layer, &[u8])> {
    match u8(frame, addresses)? {
        // A split flag and a sequence number follow.
        212 => Some((Layer::Ip, frame.get(addresses + 4..)?)),
        240 => Some((Layer::Ip, frame.get(addresses + 1..)?)),
        _ => None,
    }
}

/// Juniper's header: magic number, flags and, if the flags say so, extensions.
fn juniper(frame: &[u8]) -> Option<&[u8]> {
    let flags = u8(frame, 3)?;
    let no_link_layer = flags & 0x02 != 0;
    if frame.get(..3)? != [0x4d, 0x47, 0x43] || no_link_layer {
        return None;
    }
    let extensions = if flags & 0x80 != 0 { 2 + usize::from(u16(frame, 4)?) } else { 0 };
    frame.get(4 + extensions..)
}

/// Linux's netfilter log: fields of type, length and value; the packet is of type 9.
fn nflog(frame: &[u8]) -> Option<&[u8]> {
    let mut fields = frame.get(4..)?;
    loop {
        let size = usize::from(Order::Little.u16(fields, 0)?);
        if size < 4 {
            return None;
        }
        if Order::Little.u16(fields, 2)? & 0x7fff == 9 {
            return fields.get(4..size.min(fields.len()));
        }
        fields = fields.get(size.next_multiple_of(4)..)?;
    }
}

/// Endace's extensible record format: a header, extensions while the type's high bit says so.
fn extensible_record(frame: &[u8]) -> Option<(Layer, &[u8])> {
    let kind = u8(frame, 8)?;
    let (mut at, mut more) = (16, kind & 0x80 != 0);
    for _ in 0..8 {
        if more {
            more = u8(frame, at)? & 0x80 != 0;
            at += 8;
        }
    }
    match kind & 0x7f {
        // Ethernet, with two bytes that align it.
        2 | 11 | 16 | 20 => Some((Layer::Ethernet, frame.get(at + 2..)?)),
        22 | 23 => Some((Layer::Ip, frame.get(at..)?)),
        _ => None,
    }
}
