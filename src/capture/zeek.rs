//! Zeek's connection states, by its rules and its timers.
//!
//! What a state means: `scripts/base/protocols/conn/main.zeek`, function `conn_state`; how an
//! endpoint gets there: `TCPSessionAdapter.cc`; the timers: `scripts/base/init-bare.zeek`
//! (<https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html>, read 2026-11-28).

use serde::Serialize;

use super::segment::Segment;

/// Nanoseconds in a second.
const SECOND: i64 = 1_000_000_000;
/// `tcp_attempt_delay`: a SYN without any answer is given up.
const ATTEMPT: i64 = 5 * SECOND;
/// `tcp_connection_linger`, `tcp_close_delay`: what is closed is forgotten.
const LINGER: i64 = 5 * SECOND;
/// `tcp_SYN_timeout` and `tcp_session_timer`: when Zeek looks for what it may forget.
const FIRST_LOOK: i64 = 5 * SECOND;
const LOOK: i64 = 6 * SECOND;
/// `tcp_inactivity_timeout`: a connection that says nothing is forgotten.
const INACTIVITY: i64 = 300 * SECOND;

/// Zeek's word for a connection, relative to its `src`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum ZeekState {
    /// A SYN without any answer.
    S0,
    /// Established, not ended.
    S1,
    /// Established; `src` wants to end it and `dst` has not answered.
    S2,
    /// Established; `dst` wants to end it and `src` has not answered.
    S3,
    /// Established and ended in order.
    SF,
    /// The attempt was rejected.
    REJ,
    /// Established; `src` reset it.
    RSTO,
    /// `dst` reset it.
    RSTR,
    /// SYN, then RST, both from `src`, and nothing from `dst`.
    RSTOS0,
    /// SYN-ACK, then RST, both from `dst`; no SYN was seen.
    RSTRH,
    /// SYN, then FIN, both from `src`, and nothing from `dst`.
    SH,
    /// SYN-ACK, then FIN, both from `dst`; no SYN was seen.
    SHR,
    /// Anything else: traffic whose beginning was not seen.
    OTH,
}

impl ZeekState {
    /// The same, had the other end opened the connection.
    pub(super) fn mirrored(self) -> Self {
        match self {
            Self::S2 => Self::S3,
            Self::S3 => Self::S2,
            Self::RSTO => Self::RSTR,
            Self::RSTR => Self::RSTO,
            Self::SH => Self::SHR,
            Self::SHR => Self::SH,
            same => same,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum End {
    #[default]
    Inactive,
    SynSent,
    SynAckSent,
    Partial,
    Established,
    Closed,
    Reset,
}

impl End {
    fn shakes(self) -> bool {
        matches!(self, Self::Inactive | Self::SynSent | Self::SynAckSent)
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Side {
    state: End,
    before: End,
    did_close: bool,
    /// The number before the first byte, once known.
    start: Option<u32>,
}

impl Side {
    fn set(&mut self, state: End) {
        if self.state != state {
            self.before = self.state;
            self.state = state;
        }
    }
}

/// One connection as Zeek follows it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the packets")]
pub(super) struct Zeek {
    /// Originator and responder.
    sides: [Side; 2],
    begun: i64,
    last: i64,
    /// When Zeek looks next for what it may forget.
    look: i64,
    /// When it is deleted, once its end is complete.
    delete: Option<i64>,
    /// Whether the timer of a quiet connection runs.
    timed: bool,
    /// The originator did more than send a SYN before it reset: `RSTOS0` is out of the question.
    more_than_syn: bool,
    saw_syn: bool,
    /// Bytes of payload were seen from anyone.
    data: bool,
    /// Zeek has forgotten it; the state stays as it is.
    forgotten: bool,
}

impl Zeek {
    pub(super) fn new(time: i64) -> Self {
        Self {
            sides: [Side::default(); 2],
            begun: time,
            last: time,
            look: time.saturating_add(FIRST_LOOK),
            delete: None,
            timed: false,
            more_than_syn: false,
            saw_syn: false,
            data: false,
            forgotten: false,
        }
    }

    /// Follows one segment; `from` is 0 for the originator and 1 for the responder.
    pub(super) fn see(&mut self, from: usize, segment: &Segment<'_>) {
        if !self.forgotten {
            self.expire(segment.time);
        }
        if self.forgotten {
            return;
        }
        if self.is_reuse(segment) {
            self.forgotten = true;
            return;
        }
        let [a, b] = &mut self.sides;
        let (end, peer) = if from == 0 { (a, b) } else { (b, a) };
        if end.state == End::Inactive {
            let syn = u32::from(!segment.flags.syn());
            end.start = Some(segment.seq.wrapping_sub(syn));
        }
        if segment.flags.ack() && peer.state == End::Inactive {
            peer.start = Some(segment.ack.wrapping_sub(1));
        }
        if !(end.did_close && peer.did_close) {
            self.last = segment.time;
        }
        if from == 0 {
            self.remember(segment);
        }
        self.data |= segment.len > 0 && !segment.flags.rst();
        let shook = self.sides.iter().all(|side| side.state.shakes());
        let [a, b] = &mut self.sides;
        let (end, peer) = if from == 0 { (a, b) } else { (b, a) };
        let closes = move_on(end, peer, from == 0, segment);
        if closes && !end.did_close {
            end.did_close = true;
            let complete = end.state == End::Reset || peer.did_close || peer.state == End::Inactive;
            if complete && self.delete.is_none() {
                self.delete = Some(self.last.saturating_add(LINGER));
            }
        }
        self.timed |= shook && self.sides.iter().any(|side| !side.state.shakes());
    }

    /// The letters of Zeek's history that `RSTOS0` excludes.
    fn remember(&mut self, segment: &Segment<'_>) {
        let flags = segment.flags;
        let several = u8::from(flags.syn()) + u8::from(flags.fin()) + u8::from(flags.rst()) > 1;
        let ack = flags.plain() && flags.ack() && segment.len == 0;
        if flags.opens() && !several && !self.more_than_syn {
            self.saw_syn = true;
        }
        self.more_than_syn |= several || flags.accepts() || flags.fin() || ack;
    }

    /// A SYN that cannot belong to the connection: Zeek starts another one (`IsReuse`).
    fn is_reuse(&self, segment: &Segment<'_>) -> bool {
        let [origin, answer] = &self.sides;
        if !segment.flags.syn() || segment.flags.ack() && origin.state != End::Inactive {
            return false;
        }
        let opener = if segment.flags.ack() { answer } else { origin };
        let crossed = origin.state == End::SynAckSent && answer.state == End::Inactive;
        let same = opener.start.is_none_or(|start| start == segment.seq)
            || crossed && answer.start == Some(segment.seq);
        origin.did_close && answer.did_close || !same
    }

    /// Lets the timers ring that were due before `now`.
    fn expire(&mut self, now: i64) {
        if let Some(delete) = self.delete {
            self.forgotten = now >= delete;
            return;
        }
        let [origin, answer] = &self.sides;
        let quiet = now.saturating_sub(self.last);
        let attempt = matches!(origin.state, End::SynSent | End::SynAckSent)
            && answer.state == End::Inactive
            && now.saturating_sub(self.begun) >= ATTEMPT;
        let both = origin.did_close && answer.did_close;
        let one = origin.did_close || answer.did_close;
        let half = [origin, answer].iter().any(|s| matches!(s.state, End::Reset | End::Inactive));
        let looks = self.look <= now;
        if looks {
            let behind = now.saturating_sub(self.look) / LOOK + 1;
            self.look = self.look.saturating_add(behind.saturating_mul(LOOK));
        }
        self.forgotten = attempt
            || looks && quiet > LINGER && (both || one && half)
            || self.timed && quiet >= INACTIVITY;
    }

    /// Zeek's word for it, as it stands.
    pub(super) fn state(&self) -> ZeekState {
        let [origin, answer] = [self.sides[0].state, self.sides[1].state];
        let unknown = |end| matches!(end, End::Inactive | End::Partial);
        match (origin, answer) {
            (End::SynSent | End::SynAckSent, End::Reset) => ZeekState::REJ,
            (End::Reset, End::Reset) if !self.data => ZeekState::REJ,
            (_, End::Reset) if unknown(origin) => ZeekState::RSTRH,
            (_, End::Reset) => ZeekState::RSTR,
            (End::Reset, _) if unknown(answer) => {
                if self.saw_syn && !self.more_than_syn {
                    ZeekState::RSTOS0
                } else {
                    ZeekState::OTH
                }
            }
            (End::Reset, _) => ZeekState::RSTO,
            (End::Closed, End::Closed) => ZeekState::SF,
            (End::Closed, _) if unknown(answer) => ZeekState::SH,
            (End::Closed, _) => ZeekState::S2,
            (_, End::Closed) if unknown(origin) => ZeekState::SHR,
            (_, End::Closed) => ZeekState::S3,
            (End::SynSent, End::Inactive) => ZeekState::S0,
            (End::Established, End::Established) => ZeekState::S1,
            _ => ZeekState::OTH,
        }
    }
}

/// `UpdateStateMachine`: what a segment does to the two ends; whether its sender is now closed.
fn move_on(end: &mut Side, peer: &mut Side, is_origin: bool, segment: &Segment<'_>) -> bool {
    let flags = segment.flags;
    match end.state {
        End::Inactive => wake(end, peer, is_origin, segment),
        End::SynSent | End::SynAckSent => {
            if flags.fin() {
                end.set(End::Closed);
            }
            if flags.rst() {
                end.set(End::Reset);
            }
            flags.fin() || flags.rst()
        }
        End::Established | End::Partial => {
            if flags.opens() && end.state == End::Partial && peer.state == End::Inactive {
                end.set(End::SynSent);
            }
            if flags.fin() && !flags.rst() {
                end.set(End::Closed);
                // FIN, then RST, then the other's FIN: an ordinary end after all.
                if peer.state == End::Reset && peer.before == End::Closed {
                    peer.set(End::Closed);
                }
            }
            if flags.rst() {
                end.set(End::Reset);
            }
            flags.fin() || flags.rst()
        }
        End::Closed => {
            let resets = flags.rst() && peer.state != End::Closed;
            if resets {
                end.set(End::Reset);
            }
            resets
        }
        End::Reset => false,
    }
}

/// `UpdateInactiveState`: the first that is seen of an end.
fn wake(end: &mut Side, peer: &mut Side, is_origin: bool, segment: &Segment<'_>) -> bool {
    let flags = segment.flags;
    if flags.syn() {
        if is_origin {
            end.set(if flags.ack() { End::SynAckSent } else { End::SynSent });
        } else {
            if peer.state == End::SynSent {
                peer.set(End::Established);
            }
            end.set(End::Established);
        }
    }
    if flags.fin() {
        end.set(End::Closed);
    }
    if flags.rst() {
        end.set(End::Reset);
    }
    if end.state == End::Inactive {
        let eccentric = !is_origin && segment.len == 0 && peer.state == End::SynSent;
        if eccentric {
            // Acknowledges a SYN before answering it.
        } else if flags.ack() && peer.state == End::Established {
            end.set(End::Established);
        } else {
            end.set(End::Partial);
        }
    }
    flags.fin() || flags.rst()
}
