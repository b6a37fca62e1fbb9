//! What is said of one TCP conversation.

use core::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use super::{compare::Trail, findings::Finding, icmp::Complaint, zeek::ZeekState};

/// How a conversation began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// What stands behind them.
    #[serde(flatten)]
    pub details: Details,
    /// For the comparison with a capture from the other end.
    #[serde(skip)]
    pub(super) trails: [Trail; 2],
    /// When its first and its last packet passed, nanoseconds: where to find it in the file again.
    #[serde(skip)]
    pub(super) span: (i64, i64),
}

impl Conversation {
    /// `address:port` of `src`; IPv6 in brackets.
    pub fn source(&self) -> SocketAddr {
        SocketAddr::new(self.src, self.sport)
    }

    /// `address:port` of `dst`; IPv6 in brackets.
    pub fn destination(&self) -> SocketAddr {
        SocketAddr::new(self.dst, self.dport)
    }

    /// How much it deserves to be looked at: the gravest finding first, then the number of findings.
    /// Smaller is graver; ordinary conversations come last.
    pub fn rank(&self) -> (usize, Option<Finding>, usize) {
        let failed = self.findings.iter().filter(|finding| finding.is_failure()).count();
        let gravest = self.findings.first().copied();
        (usize::from(failed == 0), gravest, usize::MAX - self.findings.len())
    }

    /// Whether the connection did not do what it was opened for.
    pub fn failed(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_failure())
    }
}

/// The numbers behind the findings of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Details {
    /// Segments that `src` sent again.
    pub retransmits_src: u64,
    /// Segments that `dst` sent again.
    pub retransmits_dst: u64,
    /// From the SYN to the acknowledgement of its answer, seconds.
    pub round_trip: Option<f64>,
    /// How probable it is that the first RST was forged on the way, 0 to 1.
    pub rst_injected: Option<f64>,
    /// Whether a RST bears a time to live that no other packet of its sender has.
    pub rst_ttl_differs: bool,
    /// Silence before the data that a RST answered, seconds; from 4.5 s on.
    pub idle_before_reset: Option<f64>,
    /// Silence before the first FIN or RST since the last payload or SYN, seconds: acknowledgements and
    /// keepalives reset no timer of a program.
    pub quiet_before_close: Option<f64>,
    /// Silence before the data that nobody acknowledged, seconds; from 4.5 s on.
    pub idle_before_stuck: Option<f64>,
    /// What an ICMP error said.
    pub icmp: Option<Complaint>,
    /// What a narrower link takes, bytes, as an ICMP error said; 0 where it did not say it.
    pub mtu: Option<u32>,
    /// The gravest TLS alert in the clear, by its name in RFC 8446.
    pub tls_alert_name: Option<&'static str>,
    /// Whether a TLS client's first message got its answer.
    pub tls_hello_answered: Option<bool>,
    /// The first HTTP status of 500 or more, else the last one.
    pub http_status: Option<u16>,
    /// A MySQL server introduced itself.
    pub mysql: bool,
    /// The first error that it sent.
    pub mysql_error: Option<u16>,
}
