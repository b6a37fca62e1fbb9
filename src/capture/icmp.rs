//! ICMP errors that quote a TCP header: somebody on the way says why a segment did not arrive.

use serde::Serialize;

use super::{
    bytes::{u8, u16, u32},
    segment::Endpoint,
};

/// What an ICMP error says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Complaint {
    /// No way to the host or network.
    Unreachable,
    /// The host has no such service.
    PortUnreachable,
    /// A filter forbids it.
    Prohibited,
    /// The packet is larger than the next link takes.
    TooBig,
    /// The packet went around too long.
    Expired,
    /// Anything else.
    Other,
}

/// An ICMP error and the segment it is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) complaint: Complaint,
    /// What the next link takes, bytes; 0 where it is not said.
    pub(super) mtu: u32,
    /// Who sent the segment that did not arrive.
    pub(super) from: Endpoint,
    /// Where it was to go.
    pub(super) to: Endpoint,
}

/// Reads an ICMP message; `None` where it is no error or quotes no TCP header.
pub(super) fn read(v6: bool, data: &[u8]) -> Option<Refusal> {
    let (kind, code) = (u8(data, 0)?, u8(data, 1)?);
    let complaint = if v6 { complaint_v6(kind, code)? } else { complaint_v4(kind, code)? };
    let quoted = data.get(8..)?;
    let (from, to, ports) = if v6 { quoted_v6(quoted)? } else { quoted_v4(quoted)? };
    let end = |address, at| Some(Endpoint::new(address, u16(ports, at)?, v6));
    let mtu = if v6 { u32(data, 4)? } else { u32::from(u16(data, 6)?) };
    Some(Refusal { complaint, mtu, from: end(from, 0)?, to: end(to, 2)? })
}

/// RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1, RFC 1191 §4.
fn complaint_v4(kind: u8, code: u8) -> Option<Complaint> {
    Some(match (kind, code) {
        (3, 3) => Complaint::PortUnreachable,
        (3, 4) => Complaint::TooBig,
        (3, 9 | 10 | 13) => Complaint::Prohibited,
        (3, _) => Complaint::Unreachable,
        (11, _) => Complaint::Expired,
        (4 | 12, _) => Complaint::Other,
        _ => return None,
    })
}

/// RFC 4443 §3.
fn complaint_v6(kind: u8, code: u8) -> Option<Complaint> {
    Some(match (kind, code) {
        (1, 1 | 5 | 6) => Complaint::Prohibited,
        (1, 4) => Complaint::PortUnreachable,
        (1, _) => Complaint::Unreachable,
        (2, _) => Complaint::TooBig,
        (3, _) => Complaint::Expired,
        (4, _) => Complaint::Other,
        _ => return None,
    })
}

fn quoted_v4(packet: &[u8]) -> Option<(u128, u128, &[u8])> {
    let first_fragment = u16(packet, 6)? << 3 == 0;
    let tcp = u8(packet, 0)? >> 4 == 4 && u8(packet, 9)? == 6 && first_fragment;
    let header = usize::from(u8(packet, 0)? & 0x0f) * 4;
    let address = |at| u32(packet, at).map(u128::from);
    tcp.then_some((address(12)?, address(16)?, packet.get(header..)?))
}

fn quoted_v6(packet: &[u8]) -> Option<(u128, u128, &[u8])> {
    let address = |at: usize| packet.get(at..)?.first_chunk().map(|b| u128::from_be_bytes(*b));
    let tcp = u8(packet, 0)? >> 4 == 6 && u8(packet, 6)? == 6;
    tcp.then_some((address(8)?, address(24)?, packet.get(40..)?))
}
