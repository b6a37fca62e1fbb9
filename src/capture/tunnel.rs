//! Tunnels: from what carries a packet to the packet that is carried.

use super::{
    bytes::{u8, u16},
    layers::{Layer, MAX_LAYERS, peel},
};

/// The IP packet that is carried in an IP packet of this protocol
/// (<https://www.iana.org/assignments/protocol-numbers>).
pub(super) fn over_ip(protocol: u8, data: &[u8]) -> Option<&[u8]> {
    match protocol {
        4 | 41 => Some(data),
        47 => generic(data),
        // EtherIP, RFC 3378.
        97 => peel(Layer::Ethernet, data.get(2..)?),
        // A PIM register message holds the packet itself, RFC 7761 §4.9.3.
        103 if u8(data, 0)? == 0x21 => data.get(8..),
        137 => peel(Layer::Mpls, data),
        _ => None,
    }
}

/// The IP packet that is carried over UDP; tunnels are known by their port, at either end.
pub(super) fn over_udp(data: &[u8]) -> Option<&[u8]> {
    let ports = [u16(data, 0)?, u16(data, 2)?];
    let payload = data.get(8..)?;
    ports.into_iter().find_map(|port| match port {
        // VXLAN, RFC 7348, and the port that Linux took first.
        4789 | 8472 => peel(Layer::Ethernet, payload.get(8..)?),
        4790 => vxlan_gpe(payload),
        6081 => geneve(payload),
        2152 => gtp(payload),
        3544 => teredo(payload),
        1701 => l2tp(payload),
        4341 => payload.get(8..),
        4754 => generic(payload),
        5072 => ayiya(payload),
        5247 => capwap(payload),
        6635 => peel(Layer::Mpls, payload),
        37_008 => tzsp(payload),
        _ => None,
    })
}

/// Generic routing encapsulation (RFC 2784, 2890; version 1 is PPTP's, RFC 2637).
fn generic(data: &[u8]) -> Option<&[u8]> {
    let flags = u16(data, 0)?;
    let ether_type = u16(data, 2)?;
    let has = |bit: u16| usize::from(flags & bit != 0);
    if flags & 7 == 1 {
        let header = 8 + 4 * (has(0x1000) + has(0x0080));
        return peel(Layer::Ppp, data.get(header..)?);
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
        0x88be if has(0x1000) == 0 => peel(Layer::Ethernet, rest),
        0x88be => peel(Layer::Ethernet, rest.get(8..)?),
        0x22eb => peel(Layer::Ethernet, rest.get(12..)?),
        // Aruba's access points carry 802.11 frames.
        0x8200..=0x83ff => peel(Layer::Wifi, rest),
        _ => peel(Layer::Type(ether_type), rest),
    }
}

/// RFC 8926 §3.4.
fn geneve(payload: &[u8]) -> Option<&[u8]> {
    let options = usize::from(u8(payload, 0)? & 0x3f) * 4;
    peel(Layer::Type(u16(payload, 2)?), payload.get(8 + options..)?)
}

/// VXLAN that says what it carries (draft-ietf-nvo3-vxlan-gpe).
fn vxlan_gpe(payload: &[u8]) -> Option<&[u8]> {
    let rest = payload.get(8..)?;
    match u8(payload, 3)? {
        1 | 2 => Some(rest),
        3 => peel(Layer::Ethernet, rest),
        _ => None,
    }
}

/// AYIYA (draft-massar-v6ops-ayiya): an identity and a signature stand before the packet.
fn ayiya(payload: &[u8]) -> Option<&[u8]> {
    let identity = 1_usize << (u8(payload, 0)? >> 4);
    let signature = usize::from(u8(payload, 1)? >> 4) * 4;
    let forwards = u8(payload, 2)? & 0x0f == 1 && matches!(u8(payload, 3)?, 4 | 41);
    forwards.then(|| payload.get(8 + identity + signature..))?
}

/// CAPWAP data that is neither encrypted nor in pieces, with an Ethernet frame (RFC 5415 §4.3).
fn capwap(payload: &[u8]) -> Option<&[u8]> {
    let header = usize::from(u8(payload, 1)? >> 3) * 4;
    let (kind, flags) = (u8(payload, 0)?, u16(payload, 2)?);
    let (wireless, fragment) = (flags & 0x0100 != 0, flags & 0x0080 != 0);
    (kind == 0 && !wireless && !fragment).then(|| peel(Layer::Ethernet, payload.get(header..)?))?
}

/// TaZmen sniffer protocol: fields up to an end mark, then the frame.
fn tzsp(payload: &[u8]) -> Option<&[u8]> {
    let ethernet = u16(payload, 2)? == 1;
    let mut fields = payload.get(4..)?;
    for _ in 0..256 {
        fields = match u8(fields, 0)? {
            0 => fields.get(1..)?,
            1 => return ethernet.then(|| peel(Layer::Ethernet, fields.get(1..)?))?,
            _ => fields.get(2 + usize::from(u8(fields, 1)?)..)?,
        };
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
    peel(Layer::Ppp, payload.get(header..)?)
}
