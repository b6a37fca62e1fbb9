//! One direction of a conversation: what it sent, in which order, how often.

use super::{
    compare::Trail,
    ranges::Ranges,
    segment::{Moment, Segment},
};

/// How much later than the highest byte an older one may come and count as reordered rather than
/// sent again, where no round trip was measured, nanoseconds. Wireshark's value
/// (`packet-tcp.c`, 3 ms).
pub(super) const REORDERING: i64 = 3_000_000;

/// What a segment is, seen from its own direction's past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// New bytes, or none.
    Fresh,
    /// Bytes, SYN or FIN that were sent before.
    Again,
    /// A segment that the capture has twice, or that was overtaken by its own repeat.
    Copy,
    /// Asks whether the peer is still there: an old sequence number and at most one byte.
    KeepAlive,
}

/// The bookkeeping of one direction.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the packets")]
pub(super) struct Side {
    pub(super) packets: u64,
    /// Payload without repeats.
    pub(super) bytes: u64,
    /// Payload that was sent again, SYN and FIN included.
    pub(super) retransmits: u32,
    pub(super) keepalives: u32,
    pub(super) zero_windows: u32,
    /// Segments with payload, and those among them that were sent again.
    pub(super) data_packets: u32,
    pub(super) data_again: u32,
    /// The longest payload that was seen, bytes.
    pub(super) longest: u32,
    /// The last packet said that the buffer is full.
    pub(super) last_window_zero: bool,
    /// SYNs, with ACK or without.
    pub(super) syns: u32,
    pub(super) fin: bool,
    pub(super) rst: bool,
    /// Something with ACK and without SYN came.
    pub(super) acked: bool,
    /// The number of the SYN, or the one before the first byte that was seen.
    pub(super) base: Option<u32>,
    /// The number of the first segment.
    first: u32,
    /// One past the highest number sent, and when.
    pub(super) next: u32,
    pub(super) next_time: i64,
    /// The highest acknowledgement sent.
    pub(super) ack: Option<u32>,
    pub(super) stream: Ranges,
    /// Where `next` lies in the stream; sequence numbers go around after 4 GiB.
    top: i64,
    /// Of a segment that was sent again and not acknowledged yet: its length, how often, since when.
    pub(super) stuck: u32,
    pub(super) stuck_times: u32,
    pub(super) stuck_since: Option<Moment>,
    stuck_seq: u32,
    /// The longest segment in flight and where it ends; the longest that was acknowledged.
    flying: u32,
    flying_end: u32,
    pub(super) largest_acknowledged: u32,
    /// Least and greatest time to live, of RSTs and of other packets.
    pub(super) ttls: Option<(u8, u8)>,
    pub(super) rst_ttls: Option<(u8, u8)>,
    pub(super) id: Option<u16>,
    /// The IP ID went up by a little with every packet so far.
    pub(super) id_counts: bool,
    pub(super) last_time: Option<Moment>,
    /// Silence of both ends before the last segment with payload, nanoseconds.
    pub(super) idle_before_data: i64,
}

impl Side {
    /// Takes a segment of this direction. `round_trip` is the measured one, nanoseconds; `received` what
    /// the peer acknowledged.
    pub(super) fn send(
        &mut self,
        segment: &Segment<'_>,
        round_trip: Option<i64>,
        received: Option<u32>,
    ) -> Kind {
        let flags = segment.flags;
        self.packets += 1;
        self.last_time = Some(Moment::of(segment.time));
        self.fin |= flags.fin();
        self.rst |= flags.rst();
        if flags.syn() {
            self.syns = self.syns.saturating_add(1);
        }
        if flags.ack() {
            self.acked |= !flags.syn() && !flags.rst();
            let newer = self.ack.is_none_or(|ack| after(segment.ack, ack));
            if newer && !flags.rst() {
                self.ack = Some(segment.ack);
            }
        }
        if flags.plain() && segment.window == 0 {
            self.zero_windows = self.zero_windows.saturating_add(1);
        }
        if !flags.rst() {
            self.last_window_zero = flags.plain() && segment.window == 0;
            self.ttls = Some(widen(self.ttls, segment.ttl));
            if let (Some(id), Some(before)) = (segment.id, self.id) {
                let counts = (1..=64).contains(&id.wrapping_sub(before));
                self.id_counts = counts && (self.id_counts || self.packets == 2);
            }
            self.id = segment.id.or(self.id);
        }
        if flags.rst() {
            self.rst_ttls = Some(widen(self.rst_ttls, segment.ttl));
        }
        let kind = self.place(segment, round_trip, received);
        match kind {
            Kind::Fresh | Kind::Copy => {}
            Kind::Again => self.again(segment),
            Kind::KeepAlive => self.keepalives = self.keepalives.saturating_add(1),
        }
        kind
    }

    /// Where the segment lies in the stream, and what that makes of it.
    fn place(
        &mut self,
        segment: &Segment<'_>,
        round_trip: Option<i64>,
        received: Option<u32>,
    ) -> Kind {
        let flags = segment.flags;
        let span = segment.span();
        let first = u32::from(flags.syn());
        if self.base.is_none() {
            self.base = Some(segment.seq.wrapping_sub(1 - first));
            (self.first, self.next) = (segment.seq, segment.seq);
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
        let start = self.top + i64::from(segment.seq.wrapping_sub(self.next).cast_signed());
        let data = start + i64::from(first);
        let end = data + i64::from(segment.len);
        // A RST's number may be anything; its payload, if it has one, is a reason in words.
        if flags.rst() {
            self.bytes += self.stream.add(data, end);
            return Kind::Fresh;
        }
        let old = span > 0 && start < self.top;
        let added = self.stream.add(data, end);
        self.bytes += added;
        if segment.len > 0 {
            self.data_packets = self.data_packets.saturating_add(1);
            self.longest = self.longest.max(segment.len);
            if segment.len >= self.flying {
                self.flying = segment.len;
                self.flying_end = segment.seq.wrapping_add(segment.len);
            }
        }
        // Sooner than any answer could have come, TCP sends nothing again: the packet was overtaken, or
        // captured twice. What was acknowledged already and a repeat of the newest segment are the
        // exceptions, as in Wireshark.
        let soon = segment.time.saturating_sub(self.next_time) < round_trip.unwrap_or(REORDERING);
        let behind = segment.seq.wrapping_add(span);
        let known = behind == self.next
            || segment.len > 0 && received.is_some_and(|ack| !after(behind, ack));
        let kind = match old {
            true if known || !soon => Kind::Again,
            true if added == 0 => Kind::Copy,
            _ => Kind::Fresh,
        };
        let end = start + i64::from(span);
        if end > self.top {
            self.top = end;
            self.next = segment.seq.wrapping_add(span);
            self.next_time = segment.time;
        }
        kind
    }

    fn again(&mut self, segment: &Segment<'_>) {
        self.retransmits = self.retransmits.saturating_add(1);
        if segment.len == 0 {
            return;
        }
        self.data_again = self.data_again.saturating_add(1);
        if self.stuck_times > 0 && self.stuck_seq == segment.seq {
            self.stuck_times = self.stuck_times.saturating_add(1);
            self.stuck = self.stuck.max(segment.len);
        } else if self.stuck_times == 0 || after(self.stuck_seq, segment.seq) {
            // The first of those that are missing is what the peer waits for.
            (self.stuck, self.stuck_times, self.stuck_seq) = (segment.len, 1, segment.seq);
            self.stuck_since = Some(Moment::of(segment.time));
        }
    }

    /// The peer acknowledged up to `ack`: nothing below it is stuck or in flight.
    pub(super) fn acknowledged(&mut self, ack: u32) {
        if self.stuck_times > 0 && after(ack, self.stuck_seq) {
            self.stuck_times = 0;
        }
        if self.flying > 0 && !after(self.flying_end, ack) {
            self.largest_acknowledged = self.largest_acknowledged.max(self.flying);
            self.flying = 0;
        }
    }

    /// Bytes that were never seen and that the peer still waits for, as it acknowledges up to `ack`.
    pub(super) fn awaited(&self, ack: u32) -> u64 {
        self.stream.gap_at(self.top + i64::from(ack.wrapping_sub(self.next).cast_signed()))
    }

    /// What a comparison with another capture needs.
    pub(super) fn trail(&self) -> Trail {
        Trail {
            // Offsets in the stream count from the first segment.
            first: self.base.map(|_| self.first),
            stream: self.stream.clone(),
            syn: self.syns > 0,
            fin: self.fin,
            rst: self.rst,
            ttl: self.ttls.map(|(_, most)| most),
        }
    }

    /// Whether a RST bears a time to live that no other packet of this direction has.
    pub(super) fn rst_ttl_differs(&self) -> bool {
        match (self.ttls, self.rst_ttls) {
            (Some((least, most)), Some((low, high))) => low < least || high > most,
            _ => false,
        }
    }

    /// Whether bytes below `ack` are missing although the peer has them.
    pub(super) fn lost_to_capture(&self, ack: u32) -> bool {
        self.stream.missing() > 0 && !after(self.next, ack)
    }
}

fn widen(range: Option<(u8, u8)>, value: u8) -> (u8, u8) {
    let (least, most) = range.unwrap_or((value, value));
    (least.min(value), most.max(value))
}

/// Whether `a` lies behind `b` in sequence space (RFC 9293 §3.4).
pub(super) fn after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}
