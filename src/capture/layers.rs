//! Layers between the link and IP, peeled one by one.

use super::bytes::{u8, u16, u32};

/// The most layers that are peeled off one frame; what is nested deeper is made to annoy.
pub(super) const MAX_LAYERS: usize = 16;

/// What is announced about the bytes that follow.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layer {
    Ethernet,
    /// An EtherType and its payload.
    Type(u16),
    /// IEEE 802.2, with SNAP or without.
    Llc,
    Ppp,
    /// IPv4 or IPv6, told apart by the first four bits.
    Ip,
    Wifi,
    Mpls,
}

/// The IP packet in it; `None` where none comes.
pub(super) fn peel(mut layer: Layer, mut rest: &[u8]) -> Option<&[u8]> {
    for _ in 0..MAX_LAYERS {
        (layer, rest) = match layer {
            Layer::Ip => return Some(rest),
            Layer::Ethernet => match u16(rest, 12)? {
                // A length and not a type (IEEE 802.3 §3.2.6).
                0..=1500 => (Layer::Llc, rest.get(14..)?),
                ether_type => (Layer::Type(ether_type), rest.get(14..)?),
            },
            Layer::Type(ether_type) => by_type(ether_type, rest)?,
            Layer::Llc => llc(rest)?,
            Layer::Ppp => ppp(rest)?,
            Layer::Wifi => (Layer::Llc, wifi(rest)?),
            Layer::Mpls => mpls(rest)?,
        };
    }
    None
}

fn by_type(ether_type: u16, rest: &[u8]) -> Option<(Layer, &[u8])> {
    Some(match ether_type {
        0x0800 | 0x86dd => (Layer::Ip, rest),
        // VLAN tags, of customers and providers.
        0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => match u16(rest, 2)? {
            0..=1500 => (Layer::Llc, rest.get(4..)?),
            inner => (Layer::Type(inner), rest.get(4..)?),
        },
        0x8847 | 0x8848 => (Layer::Mpls, rest),
        // PPPoE: version and type, code, session, length.
        0x8864 => (Layer::Ppp, rest.get(6..)?),
        // Provider backbone bridging, E-tag, VN-tag.
        0x88e7 => (Layer::Ethernet, rest.get(4..)?),
        // The latter is Cisco's metadata.
        0x893f | 0x8909 => (Layer::Type(u16(rest, 6)?), rest.get(8..)?),
        0x8926 => (Layer::Type(u16(rest, 4)?), rest.get(6..)?),
        // Cisco's FabricPath, TRILL, service chains (RFC 8300).
        0x8903 => (Layer::Ethernet, rest.get(2..)?),
        0x22f3 => (Layer::Ethernet, rest.get(6 + usize::from(u16(rest, 0)? >> 6 & 0x1f) * 4..)?),
        0x894f => {
            let inner = rest.get(usize::from(u16(rest, 0)? & 0x3f) * 4..)?;
            match u8(rest, 3)? {
                1 | 2 => (Layer::Ip, inner),
                3 => (Layer::Ethernet, inner),
                _ => return None,
            }
        }
        // MACsec that signs and does not encrypt (IEEE 802.1AE §9.5).
        0x88e5 if u8(rest, 0)? & 0x0c == 0 => {
            let tag = if u8(rest, 0)? & 0x20 == 0 { 6 } else { 14 };
            (Layer::Type(u16(rest, tag)?), rest.get(tag + 2..)?)
        }
        0x6558 => (Layer::Ethernet, rest),
        0x880b => (Layer::Ppp, rest),
        _ => return None,
    })
}

fn llc(rest: &[u8]) -> Option<(Layer, &[u8])> {
    match (u8(rest, 0)?, u8(rest, 1)?) {
        (0xaa, 0xaa) => Some((Layer::Type(u16(rest, 6)?), rest.get(8..)?)),
        (0x06, 0x06) => Some((Layer::Ip, rest.get(3..)?)),
        // OSI network layer: the identifier of RFC 2684 §5 tells IP.
        (0xfe, 0xfe) => match u8(rest, 3)? {
            0xcc | 0x8e => Some((Layer::Ip, rest.get(4..)?)),
            0xcf => Some((Layer::Ppp, rest.get(4..)?)),
            _ => None,
        },
        _ => None,
    }
}

fn ppp(mut rest: &[u8]) -> Option<(Layer, &[u8])> {
    if let [0xff, 0x03, inner @ ..] = rest {
        rest = inner;
    }
    let (protocol, rest) = match u8(rest, 0)? {
        // RFC 1661 §6.5: the protocol may be squeezed into one byte, which is then odd.
        short if short & 1 == 1 => (u16::from(short), rest.get(1..)?),
        _ => (u16(rest, 0)?, rest.get(2..)?),
    };
    match protocol {
        // The latter two are EtherTypes, in Cisco's HDLC.
        0x0021 | 0x0057 | 0x0800 | 0x86dd => Some((Layer::Ip, rest)),
        0x0281 | 0x0283 => Some((Layer::Mpls, rest)),
        _ => None,
    }
}

/// Pops labels until the bottom of the stack; what follows is told by its first four bits.
fn mpls(mut rest: &[u8]) -> Option<(Layer, &[u8])> {
    for _ in 0..MAX_LAYERS {
        let label = u32(rest, 0)?;
        rest = rest.get(4..)?;
        if label & 0x100 != 0 {
            return match u8(rest, 0)? >> 4 {
                4 | 6 => Some((Layer::Ip, rest)),
                // RFC 4448 §4.6: a control word begins with four zero bits.
                0 => Some((Layer::Ethernet, rest.get(4..)?)),
                _ => Some((Layer::Ethernet, rest)),
            };
        }
    }
    None
}

/// A data frame of 802.11 that is not encrypted (IEEE 802.11 §9.2.4).
fn wifi(frame: &[u8]) -> Option<&[u8]> {
    let (control, flags) = (u8(frame, 0)?, u8(frame, 1)?);
    let data = control & 0x0c == 0x08;
    let (no_body, quality) = (control & 0x40 != 0, control & 0x80 != 0);
    let protected = flags & 0x40 != 0;
    if !data || no_body || protected {
        return None;
    }
    let mut header = 24;
    if flags & 0x03 == 0x03 {
        header += 6;
    }
    if quality {
        // An aggregate holds several frames, each behind its own header; the first one is read.
        let aggregate = u8(frame, header)? & 0x80 != 0;
        header += 2;
        if flags & 0x80 != 0 {
            header += 4;
        }
        if aggregate {
            header += 14;
        }
    }
    frame.get(header..)
}
