//! Link layers: from a frame to the network packet inside it.
//!
//! Numbers of link types: <https://www.tcpdump.org/linktypes.html> (read 2026-11-28). A frame that
//! holds no IP packet gives `None`; nothing here fails.

use super::bytes::{Order, u8, u16, u32};

/// The most layers that are peeled off one frame; what is nested deeper is made to annoy.
pub(super) const MAX_LAYERS: usize = 16;

/// What a link type announces about the bytes that follow.
#[derive(Clone, Copy, Debug)]
enum Layer {
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

/// The IP packet in a frame of link type `link`.
pub(super) fn network(link: u16, frame: &[u8]) -> Option<&[u8]> {
    let (layer, rest) = enter(link, frame, 0)?;
    peel(layer, rest)
}

/// The IP packet in an Ethernet frame, as tunnels carry it.
pub(super) fn in_ethernet(frame: &[u8]) -> Option<&[u8]> {
    peel(Layer::Ethernet, frame)
}

/// The IP packet behind an EtherType, as tunnels carry it.
pub(super) fn in_type(ether_type: u16, rest: &[u8]) -> Option<&[u8]> {
    peel(Layer::Type(ether_type), rest)
}

/// The IP packet in a PPP frame, as tunnels carry it.
pub(super) fn in_ppp(frame: &[u8]) -> Option<&[u8]> {
    peel(Layer::Ppp, frame)
}

/// Whether frames of link type `link` can be looked into at all.
pub(super) fn is_known(link: u16) -> bool {
    matches!(
        link,
        0 | 1 | 6 | 7 | 9 | 10 | 12 | 14 | 50 | 51 | 100 | 101 | 104
            ..=109
                | 113
                | 117
                | 119
                | 122
                | 123
                | 127
                | 129
                | 163
                | 166
                | 178
                | 192
                | 204
                | 228
                | 229
                | 239
                | 242
                | 274
                | 276
    )
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
        274 => (Layer::Ethernet, after(8)?),
        _ => return None,
    })
}

/// Peels layer after layer until IP comes.
fn peel(mut layer: Layer, mut rest: &[u8]) -> Option<&[u8]> {
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
        0x893f => (Layer::Type(u16(rest, 6)?), rest.get(8..)?),
        0x8926 => (Layer::Type(u16(rest, 4)?), rest.get(6..)?),
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

/// The address family of BSD's loopback, in either byte order.
fn family(frame: &[u8]) -> Option<&[u8]> {
    let mut family = u32(frame, 0)?;
    if family > 0xffff {
        family = family.swap_bytes();
    }
    matches!(family, 2 | 10 | 24 | 28 | 30).then(|| frame.get(4..))?
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
        // Aggregates hold several frames behind other headers.
        if u8(frame, header)? & 0x80 != 0 {
            return None;
        }
        header += 2;
        if flags & 0x80 != 0 {
            header += 4;
        }
    }
    frame.get(header..)
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
