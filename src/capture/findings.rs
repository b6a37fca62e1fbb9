//! What stands out in a conversation.

use serde::Serialize;

use super::{
    conversation::{Close, Handshake},
    flow::{Flow, Reset},
    injection,
    segment::Moment,
    speech::Alert,
};

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// A silence that is worth a word. judgement: the shortest timers of servers are 5 s (Apache, Node).
pub(super) const IDLE: i64 = 4_500_000_000;
/// How long an end may leave the other's FIN unanswered. judgement: longer than any answer takes.
const CLOSE_WAIT: i64 = 60 * SECOND;
/// How often a segment is sent again before it counts as stuck. judgement: Linux has then waited
/// about 1.4 s in vain, far longer than a round trip.
pub(super) const STUCK: u32 = 3;
/// The payload of a packet that only fails where the path is narrower than the link: more than the
/// 1,280 bytes that every path of IPv6 takes (RFC 8200 §5), less its headers.
const LARGE: u32 = 1_200;
/// Bytes that an end may still send to one that has closed without anything being lost: a TLS
/// close_notify takes 24 to 53, and its FIN takes one. judgement
const GOODBYE: u32 = 64;
/// Repeats among the data segments that count as loss, in percent.
const LOSS_PERCENT: u64 = 1;

/// One thing that stands out, the gravest first; `docs/captures.md` explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// A router or host answered a segment with an ICMP error.
    IcmpError,
    /// Nobody answered the SYN.
    SynUnanswered,
    /// The SYN was answered with a RST.
    Refused,
    /// The answer to the SYN was never acknowledged.
    HandshakeUnfinished,
    /// A RST that its supposed sender probably did not send.
    RstFromMiddlebox,
    /// Large segments vanish, small ones arrive.
    MtuBlackHole,
    /// Data was sent again and again, and its receiver has gone silent.
    HalfOpen,
    /// The TLS handshake began and was not completed.
    TlsHandshakeStopped,
    /// A TLS alert that ends the connection, in the clear.
    TlsAlert,
    /// A RST right after data that followed a silence: the connection was dead already.
    RstAfterIdle,
    /// `dst` reset the connection while data was on its way to it.
    RstUnreadData,
    /// The connection was reset.
    Reset,
    /// The last word of a receiver was: my buffer is full.
    ZeroWindowStuck,
    /// `src` asked and `dst` ended the connection without an answer.
    ClosedWithoutAnswer,
    /// An HTTP request got no answer although the connection ended.
    HttpNoAnswer,
    /// An HTTP answer with a status of 500 or more.
    #[serde(rename = "http_status_5xx")]
    HttpStatus5xx,
    /// A MySQL server answered with an error.
    MysqlError,
    /// One end closed, and the other leaves its own side open.
    CloseWait,
    /// Silence before the connection was ended.
    IdleBeforeClose,
    /// More than one in a hundred segments from `src` was sent again.
    LossSrc,
    /// More than one in a hundred segments from `dst` was sent again.
    LossDst,
    /// A receiver's buffer was full for a while.
    ZeroWindow,
    /// Segments from `src` were sent again.
    RetransmissionSrc,
    /// Segments from `dst` were sent again.
    RetransmissionDst,
    /// TCP keepalive probes.
    Keepalive,
    /// A RST after the end was agreed upon; no harm is done.
    RstAfterFinHarmless,
    /// The same two ports were used again for a new connection.
    PortsReused,
    /// Only one direction is in the capture.
    OneSided,
    /// Bytes are missing that were acknowledged: the capture dropped packets.
    CaptureGaps,
}

impl Finding {
    /// All of them, the gravest first.
    pub const ALL: [Self; 29] = [
        Self::IcmpError,
        Self::SynUnanswered,
        Self::Refused,
        Self::HandshakeUnfinished,
        Self::RstFromMiddlebox,
        Self::MtuBlackHole,
        Self::HalfOpen,
        Self::TlsHandshakeStopped,
        Self::TlsAlert,
        Self::RstAfterIdle,
        Self::RstUnreadData,
        Self::Reset,
        Self::ZeroWindowStuck,
        Self::ClosedWithoutAnswer,
        Self::HttpNoAnswer,
        Self::HttpStatus5xx,
        Self::MysqlError,
        Self::CloseWait,
        Self::IdleBeforeClose,
        Self::LossSrc,
        Self::LossDst,
        Self::ZeroWindow,
        Self::RetransmissionSrc,
        Self::RetransmissionDst,
        Self::Keepalive,
        Self::RstAfterFinHarmless,
        Self::PortsReused,
        Self::OneSided,
        Self::CaptureGaps,
    ];

    /// Whether the connection did not do what it was opened for.
    pub fn is_failure(self) -> bool {
        self <= Self::CloseWait
    }

    /// The word used in JSON.
    pub fn id(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| value.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

/// The findings of a conversation, the gravest first; `now` is the time of the capture's last packet.
pub(super) fn of(flow: &Flow, now: i64) -> Vec<Finding> {
    let mut found = Vec::new();
    beginning(flow, &mut found);
    ending(flow, now, &mut found);
    middle(flow, &mut found);
    speech(flow, &mut found);
    found.sort_unstable();
    found.dedup();
    found
}

fn beginning(flow: &Flow, found: &mut Vec<Finding>) {
    let [src, dst] = &flow.sides;
    match flow.handshake() {
        Handshake::SynNoAnswer => found.push(Finding::SynUnanswered),
        Handshake::SynRst => found.push(Finding::Refused),
        Handshake::Other if flow.accepted && src.bytes == 0 => {
            found.push(Finding::HandshakeUnfinished);
        }
        _ => {}
    }
    if flow.complaint.is_some() || flow.mtu.is_some() {
        found.push(Finding::IcmpError);
    }
    let only_syns = src.packets == u64::from(src.syns);
    if src.packets.min(dst.packets) == 0 && !only_syns && src.packets + dst.packets > 1 {
        found.push(Finding::OneSided);
    }
    if flow.replaced {
        found.push(Finding::PortsReused);
    }
}

/// A RST that changes nothing: both ends had said that they are done, or its sender had and nothing
/// was on its way to it, or no more than a goodbye.
fn is_harmless(flow: &Flow, reset: &Reset) -> bool {
    let said_goodbye = flow.fins.get(reset.by).is_some_and(Option::is_some);
    let little = reset.unread == 0 || said_goodbye && reset.unread <= GOODBYE;
    reset.after_fins || reset.after_fin && little && !is_stuck(flow)
}

/// Whether data was on its way to the end that reset the connection.
fn unread(flow: &Flow, reset: &Reset) -> bool {
    reset.unread > 0 && flow.sides.get(reset.by ^ 1).is_some_and(|peer| peer.bytes > 0)
}

fn is_stuck(flow: &Flow) -> bool {
    flow.sides.iter().any(|side| side.stuck_times >= STUCK)
}

fn ending(flow: &Flow, now: i64, found: &mut Vec<Finding>) {
    let established = flow.handshake() != Handshake::SynRst;
    if let Some(reset) = &flow.reset
        && established
    {
        let injected = injection::probability(flow, reset) >= 0.5;
        if injected {
            found.push(Finding::RstFromMiddlebox);
        } else if is_harmless(flow, reset) {
            found.push(Finding::RstAfterFinHarmless);
        } else if flow.idle_before_last_word(reset) >= IDLE {
            found.push(Finding::RstAfterIdle);
        } else if unread(flow, reset) {
            found.push(Finding::RstUnreadData);
        } else {
            found.push(Finding::Reset);
        }
    }
    if flow.quiet_before_close() >= Some(Moment::of(IDLE)) && established {
        found.push(Finding::IdleBeforeClose);
    }
    if let [Some(fin), None] | [None, Some(fin)] = flow.fins.map(|fin| fin.map(Moment::nanoseconds))
        && flow.reset.is_none()
        && now.saturating_sub(fin) >= CLOSE_WAIT
        && flow.sides.iter().all(|side| side.packets > 0)
    {
        found.push(Finding::CloseWait);
    }
}

fn middle(flow: &Flow, found: &mut Vec<Finding>) {
    let pairs = [
        (Finding::LossSrc, Finding::RetransmissionSrc),
        (Finding::LossDst, Finding::RetransmissionDst),
    ];
    for (side, (loss, repeats)) in flow.sides.iter().zip(pairs) {
        if side.data_again > 0 {
            found.push(repeats);
        }
        if side.data_again >= 3
            && u64::from(side.data_again) * 100 > u64::from(side.data_packets) * LOSS_PERCENT
        {
            found.push(loss);
        }
    }
    for (at, side) in flow.sides.iter().enumerate() {
        let Some(peer) = flow.sides.get(at ^ 1) else { continue };
        if side.stuck_times >= STUCK && peer.packets > 0 && flow.opened {
            found.push(if is_black_hole(flow, at) {
                Finding::MtuBlackHole
            } else {
                Finding::HalfOpen
            });
        }
        if side.zero_windows > 0 {
            found.push(Finding::ZeroWindow);
            if side.last_window_zero && flow.reset.is_none() && !flow.is_closed() {
                found.push(Finding::ZeroWindowStuck);
            }
        }
        if side.keepalives > 0 {
            found.push(Finding::Keepalive);
        }
        if peer.ack.is_some_and(|ack| side.lost_to_capture(ack)) {
            found.push(Finding::CaptureGaps);
        }
    }
    let hidden = (0..2).any(|at| is_hidden_hole(flow, at));
    if flow.mtu.is_some() && is_stuck(flow) || hidden {
        found.push(Finding::MtuBlackHole);
    }
}

/// The same seen from the receiver's end: what is large never comes, what is small does, and the receiver
/// still waits for the large.
fn is_hidden_hole(flow: &Flow, at: usize) -> bool {
    let (Some(side), Some(peer)) = (flow.sides.get(at), flow.sides.get(at ^ 1)) else {
        return false;
    };
    let awaited = peer.ack.map_or(0, |ack| side.awaited(ack));
    flow.opened && flow.accepted && side.longest < LARGE && awaited >= u64::from(LARGE)
}

/// Only what is large is stuck, and nothing as large was ever acknowledged, while the peer is alive:
/// it spoke after the segment was first sent, or smaller segments of the same side arrived.
fn is_black_hole(flow: &Flow, at: usize) -> bool {
    let (Some(side), Some(peer)) = (flow.sides.get(at), flow.sides.get(at ^ 1)) else {
        return false;
    };
    let large = side.stuck >= LARGE;
    let first = side.largest_acknowledged < side.stuck;
    let alive =
        peer.last_time > side.stuck_since || flow.mtu.is_some() || side.largest_acknowledged == 0;
    large && first && alive
}

fn speech(flow: &Flow, found: &mut Vec<Finding>) {
    let speech = &flow.speech;
    let [src, dst] = &flow.sides;
    let tls = speech.tls;
    if let Some(Alert { fatal: true, .. }) = speech.alert {
        found.push(Finding::TlsAlert);
    }
    let over = flow.ending.is_some() || is_stuck(flow);
    let stopped = tls.client_hello && !tls.encrypted.iter().any(|encrypted| *encrypted);
    if stopped && over {
        found.push(Finding::TlsHandshakeStopped);
    }
    if speech.server_error.is_some() {
        found.push(Finding::HttpStatus5xx);
    }
    if speech.mysql_error.is_some() {
        found.push(Finding::MysqlError);
    }
    let by_dst = flow.ending.is_some_and(|ending| ending.by == 1);
    if by_dst && src.bytes > 0 && dst.bytes == 0 && dst.packets > 0 {
        found.push(Finding::ClosedWithoutAnswer);
    }
    let ended = flow.ending.is_some_and(|ending| ending.by == 1 || ending.kind == Close::Rst);
    if ended && speech.requests > speech.answers && dst.packets > 0 && speech.last_by == Some(0) {
        found.push(Finding::HttpNoAnswer);
    }
}
