//! What is said of one TCP conversation.

use core::net::IpAddr;

use serde::Serialize;

use super::{findings::Finding, zeek::ZeekState};

/// How a conversation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Handshake {
    /// SYN, SYN-ACK, ACK.
    Complete,
    /// One SYN or several, and no answer.
    SynNoAnswer,
    /// SYN, and a RST for an answer.
    SynRst,
    /// SYN, and an ICMP error for an answer.
    SynIcmp,
    /// The beginning was not seen.
    Midstream,
    /// A SYN and something else: one direction alone, both opening, no third packet.
    Other,
}

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Closer {
    /// Who opened it.
    Src,
    /// Who was called.
    Dst,
    /// Nobody, as far as was seen.
    None,
}

/// How it was ended first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Close {
    /// In order.
    Fin,
    /// Hard.
    Rst,
    /// Not at all, as far as was seen.
    None,
}

/// One TCP conversation; times in seconds, amounts in bytes and packets.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conversation {
    /// Who sent the first SYN, or the first packet where none was seen.
    pub src: IpAddr,
    /// Its port.
    pub sport: u16,
    /// The other end.
    pub dst: IpAddr,
    /// Its port.
    pub dport: u16,
    /// When its first packet passed, seconds since 1970.
    pub first_ts: f64,
    /// From its first packet to its last.
    pub duration: f64,
    /// How it began.
    pub handshake: Handshake,
    /// Who sent the first FIN or RST.
    pub closer: Closer,
    /// Which of them it was.
    pub close: Close,
    /// Silence before that, seconds.
    pub idle_before_close: Option<f64>,
    /// Payload from `src`, repeats not counted.
    pub bytes_src: u64,
    /// Payload from `dst`, repeats not counted.
    pub bytes_dst: u64,
    /// Packets from `src`.
    pub packets_src: u64,
    /// Packets from `dst`.
    pub packets_dst: u64,
    /// Segments that were sent again, by either end.
    pub retransmits: u64,
    /// Packets that said: my buffer is full.
    pub zero_windows: u64,
    /// Packets that asked whether the peer is still there.
    pub keepalives: u64,
    /// Whether either end sent a TLS alert that could be read.
    pub tls_alert: bool,
    /// Zeek's word for it.
    pub zeek_state: ZeekState,
    /// Ids of what stands out, the gravest first; `docs/captures.md` explains each.
    pub findings: Vec<Finding>,
}
