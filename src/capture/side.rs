//! One direction of a conversation: what it sent, in which order, how often.

use super::{ranges::Ranges, segment::Segment};

/// How much later than the highest byte an older one may come and count as reordered rather than
/// sent again, where no round trip was measured, nanoseconds. Wireshark's value
/// (`packet-tcp.c`, 3 ms).
const REORDERING: i64 = 3_000_000;

/// What a segment is, seen from its own direction's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// New bytes, or none.
    Fresh,
    /// Bytes, SYN or FIN that were sent before.
    Again,
    /// Asks whether the peer is still there: an old sequence number and at most one byte.
    KeepAlive,
}

/// The bookkeeping of one direction.
#[derive(Clone, Debug, Default)]
pub(super) struct Side {
    pub(super) packets: u64,
    /// Payload without repeats.
    pub(super) bytes: u64,
    /// Payload that was sent again, SYN and FIN included.
    pub(super) retransmits: u64,
    pub(super) keepalives: u64,
    pub(super) zero_windows: u64,
    /// SYNs, with ACK or without.
    pub(super) syns: u32,
    pub(super) fin: bool,
    pub(super) rst: bool,
    /// Something with ACK and without SYN came.
    pub(super) acked: bool,
    /// The number of the SYN, or the one before the first byte that was seen.
    pub(super) base: Option<u32>,
    /// One past the highest number sent, and when.
    pub(super) next: u32,
    pub(super) next_time: i64,
    /// The highest acknowledgement sent.
    pub(super) ack: Option<u32>,
    pub(super) window: u16,
    pub(super) scale: Option<u8>,
    pub(super) mss: Option<u16>,
    /// The payload's longest segment, bytes.
    pub(super) longest: u32,
    pub(super) stream: Ranges,
    /// Where `next` lies in the stream; sequence numbers go around after 4 GiB.
    top: i64,
    /// Of the longest segment that was sent again and never acknowledged: its length and how often.
    pub(super) stuck: u32,
    pub(super) stuck_times: u32,
    stuck_seq: u32,
    /// Time to live of the first packet that was no RST.
    pub(super) ttl: Option<u8>,
    pub(super) id: Option<u16>,
    pub(super) last_time: Option<i64>,
    pub(super) last_data: Option<i64>,
}

impl Side {
    /// Takes a segment of this direction. `round_trip` is the measured one, nanoseconds.
    pub(super) fn send(&mut self, segment: &Segment<'_>, round_trip: Option<i64>) -> Kind {
        let flags = segment.flags;
        self.packets += 1;
        self.last_time = Some(segment.time);
        self.fin |= flags.fin();
        self.rst |= flags.rst();
        if flags.syn() {
            self.syns = self.syns.saturating_add(1);
            self.scale = segment.scale;
            self.mss = segment.mss.or(self.mss);
        }
        if flags.ack() {
            self.acked |= !flags.syn() && !flags.rst();
            let newer = self.ack.is_none_or(|ack| after(segment.ack, ack));
            if newer && !flags.rst() {
                self.ack = Some(segment.ack);
            }
        }
        if flags.plain() && segment.window == 0 {
            self.zero_windows += 1;
        }
        if !flags.rst() {
            self.window = segment.window;
            self.ttl = self.ttl.or(Some(segment.ttl));
            self.id = segment.id.or(self.id);
        }
        let kind = self.place(segment, round_trip);
        match kind {
            Kind::Fresh => {}
            Kind::Again => self.again(segment),
            Kind::KeepAlive => self.keepalives += 1,
        }
        kind
    }

    /// Where the segment lies in the stream, and what that makes of it.
    fn place(&mut self, segment: &Segment<'_>, round_trip: Option<i64>) -> Kind {
        let flags = segment.flags;
        let span = segment.span();
        let first = u32::from(flags.syn());
        if self.base.is_none() {
            self.base = Some(segment.seq.wrapping_sub(1 - first));
            self.next = segment.seq;
            self.top = 0;
            self.next_time = segment.time;
        } else {
            let probe = segment.len <= 1
                && flags.plain()
                && segment.seq == self.next.wrapping_sub(1)
                && !self.fin;
            if probe {
                // The byte of a probe is an old one, or none at all.
                return Kind::KeepAlive;
            }
        }
        // A RST's number may be anything, and what it carries is a reason and no data.
        if flags.rst() {
            return Kind::Fresh;
        }
        let start = self.top + i64::from(segment.seq.wrapping_sub(self.next).cast_signed());
        let data = start + i64::from(first);
        let end = data + i64::from(segment.len);
        let seen = match segment.len {
            0 => span > 0,
            _ => self.stream.holds(data, end),
        };
        let old = span > 0 && start < self.top;
        self.bytes += self.stream.add(data, end);
        if segment.len > 0 {
            self.longest = self.longest.max(segment.len);
            self.last_data = Some(segment.time);
        }
        let reordered = || {
            segment.time.saturating_sub(self.next_time) < round_trip.unwrap_or(REORDERING) && !seen
        };
        let kind = if old && !reordered() { Kind::Again } else { Kind::Fresh };
        let end = start + i64::from(span);
        if end > self.top {
            self.top = end;
            self.next = segment.seq.wrapping_add(span);
            self.next_time = segment.time;
        }
        kind
    }

    fn again(&mut self, segment: &Segment<'_>) {
        self.retransmits += 1;
        if segment.len == 0 {
            return;
        }
        if self.stuck_times > 0 && self.stuck_seq == segment.seq {
            self.stuck_times += 1;
            self.stuck = self.stuck.max(segment.len);
        } else {
            (self.stuck, self.stuck_times, self.stuck_seq) = (segment.len, 1, segment.seq);
        }
    }

    /// The peer acknowledged up to `ack`: nothing below it is stuck.
    pub(super) fn acknowledged(&mut self, ack: u32) {
        if self.stuck_times > 0 && after(ack, self.stuck_seq) {
            self.stuck_times = 0;
        }
    }
}

/// Whether `a` lies behind `b` in sequence space (RFC 9293 §3.4).
pub(super) fn after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}
