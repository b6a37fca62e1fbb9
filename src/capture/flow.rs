//! One conversation while it is being read.

use super::{
    conversation::Close,
    icmp::{Complaint, Refusal},
    segment::{Endpoint, Moment, Segment},
    side::{Kind, REORDERING, Side, after},
    speech::Speech,
    zeek::Zeek,
};

/// The first FIN or RST.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// 0 for `src`, 1 for `dst`.
    pub(super) by: u8,
    pub(super) kind: Close,
    /// Silence before it, nanoseconds; `None` where it is the first packet.
    pub(super) idle: Option<Moment>,
    /// The same since the last payload or SYN, acknowledgements and keepalives not counted.
    pub(super) quiet: Option<Moment>,
}

/// The first RST of the end that reset it, and what its sender's other packets look like.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the packets")]
pub(super) struct Reset {
    pub(super) by: usize,
    pub(super) ttl: u8,
    pub(super) id: Option<u16>,
    pub(super) usual_id: Option<u16>,
    /// The sender's IP ID counts its packets.
    pub(super) id_counts: bool,
    /// Its number is the one that its sender would use next.
    pub(super) in_order: bool,
    /// Nanoseconds since the other end's last packet.
    pub(super) since_peer: Option<i64>,
    /// Its sender went on as if nothing had happened.
    pub(super) ignored_by_sender: bool,
    /// RSTs of that sender, and whether all bore the same number.
    pub(super) count: u32,
    pub(super) same_number: bool,
    number: u32,
    /// Bytes on their way to its sender that it had not acknowledged.
    pub(super) unread: u32,
    /// The other end tried to connect again.
    retried: bool,
    time: i64,
    /// Both ends had sent FIN already.
    pub(super) after_fins: bool,
    /// The sender of the RST had sent FIN, or had received one.
    pub(super) after_fin: bool,
}

/// The record of a conversation; index 0 of everything is `src`.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the packets")]
pub(super) struct Flow {
    pub(super) ends: [Endpoint; 2],
    pub(super) sides: [Side; 2],
    pub(super) begun: i64,
    pub(super) last: i64,
    /// Whether the opening SYN was seen.
    pub(super) opened: bool,
    pub(super) accepted: bool,
    pub(super) round_trip: Option<Moment>,
    pub(super) ending: Option<Ending>,
    pub(super) reset: Option<Box<Reset>>,
    pub(super) complaint: Option<Complaint>,
    pub(super) mtu: Option<u32>,
    pub(super) speech: Speech,
    /// When the first FIN of each end passed.
    pub(super) fins: [Option<Moment>; 2],
    /// A SYN began another conversation of the same ends after this one.
    pub(super) replaced: bool,
    pub(super) zeek: Zeek,
    /// `src` is not whom Zeek takes for the originator.
    pub(super) turned: bool,
    syn_time: Option<Moment>,
    /// When the last payload or SYN passed.
    last_word: Option<Moment>,
}

impl Flow {
    /// A conversation that begins with `segment`.
    pub(super) fn new(segment: &Segment<'_>) -> Self {
        // Who answers a SYN was called.
        let ends = if segment.flags.accepts() {
            [segment.to, segment.from]
        } else {
            [segment.from, segment.to]
        };
        Self {
            ends,
            sides: [Side::default(), Side::default()],
            begun: segment.time,
            last: segment.time,
            opened: false,
            accepted: false,
            round_trip: None,
            ending: None,
            reset: None,
            complaint: None,
            mtu: None,
            speech: Speech::default(),
            fins: [None; 2],
            replaced: false,
            zeek: Zeek::new(segment.time),
            turned: false,
            syn_time: None,
            last_word: None,
        }
    }

    /// Whether `segment` begins another conversation of the same ends: a SYN with another number. With
    /// the same number it is repeated, even after a RST (Windows tries three times to connect).
    pub(super) fn is_over_for(&self, segment: &Segment<'_>) -> bool {
        let base = self.sides.get(self.index(segment)).and_then(|side| side.base);
        segment.opens && base.is_some_and(|base| base != segment.seq)
    }

    /// Whether somebody ended it.
    pub(super) fn is_closed(&self) -> bool {
        self.reset.is_some() || self.fins.iter().all(Option::is_some)
    }

    /// Whether the last word of this segment's sender was that its buffer is full.
    pub(super) fn is_full(&self, segment: &Segment<'_>) -> bool {
        self.sides.get(self.index(segment)).is_some_and(|side| side.last_window_zero)
    }

    /// 0 where the segment comes from `src`.
    fn index(&self, segment: &Segment<'_>) -> usize {
        usize::from(self.ends[0] != segment.from)
    }

    /// Takes a segment; what it is, seen from its own direction's past.
    pub(super) fn see(&mut self, segment: &Segment<'_>) -> Kind {
        if segment.flags.opens() && !self.opened && self.ends[0] != segment.from {
            self.turn();
        }
        let from = self.index(segment);
        if !segment.damaged {
            self.zeek.see(from ^ usize::from(self.turned), segment);
        }
        self.shake(from, segment);
        self.note_end(from, segment);
        let idle = segment.time.saturating_sub(self.last);
        self.last = self.last.max(segment.time);
        let [a, b] = &mut self.sides;
        let (side, peer) = if from == 0 { (a, b) } else { (b, a) };
        let kind = side.send(segment, self.round_trip.map(Moment::nanoseconds), peer.ack);
        if segment.len > 0 && kind == Kind::Fresh {
            side.idle_before_data = idle;
        }
        if (segment.len > 0 || segment.flags.syn()) && kind != Kind::KeepAlive {
            self.last_word = Some(Moment::of(segment.time));
        }
        if segment.flags.ack() {
            peer.acknowledged(segment.ack);
        }
        if kind == Kind::Fresh && segment.len > 0 {
            self.speech.hear(from, segment.payload);
        }
        kind
    }

    /// How long both sides were silent before the first FIN or RST. `None` where somebody sent the same data
    /// again and again until then: nobody answering is not nobody speaking.
    pub(super) fn quiet_before_close(&self) -> Option<Moment> {
        let is_stuck = self.sides.iter().any(|side| side.stuck_times >= super::findings::STUCK);
        self.ending.and_then(|ending| ending.quiet).filter(|_| !is_stuck)
    }

    /// The silence before the data that `reset` answered, nanoseconds; 0 where it answered none.
    pub(super) fn idle_before_last_word(&self, reset: &Reset) -> i64 {
        let peer = self.sides.get(reset.by ^ 1);
        peer.filter(|_| self.speech.last_by.map(usize::from) == Some(reset.by ^ 1))
            .map_or(0, |p| p.idle_before_data)
    }

    /// An ICMP error about a segment of this conversation.
    pub(super) fn complain(&mut self, refusal: &Refusal) {
        self.complaint = self.complaint.or(Some(refusal.complaint));
        if refusal.complaint == Complaint::TooBig {
            self.mtu = Some(refusal.mtu);
        }
    }

    /// The opening SYN came after other packets: its sender is `src`.
    fn turn(&mut self) {
        self.ends.swap(0, 1);
        self.sides.swap(0, 1);
        self.fins.swap(0, 1);
        self.speech.turn();
        if let Some(ending) = &mut self.ending {
            ending.by ^= 1;
        }
        if let Some(reset) = &mut self.reset {
            reset.by ^= 1;
        }
        self.turned = !self.turned;
    }

    fn shake(&mut self, from: usize, segment: &Segment<'_>) {
        if segment.flags.opens() {
            self.opened = true;
            self.syn_time = Some(Moment::of(segment.time));
        }
        self.accepted |= segment.flags.accepts() && from == 1;
        if self.round_trip.is_none()
            && from == 0
            && self.accepted
            && segment.flags.ack()
            && let Some(syn) = self.syn_time
        {
            self.round_trip = Some(since(syn, segment));
        }
    }

    fn note_end(&mut self, from: usize, segment: &Segment<'_>) {
        let flags = segment.flags;
        if let Some(reset) = &mut self.reset {
            if reset.by != from {
                reset.retried |= flags.syn();
            } else if flags.rst() {
                reset.count = reset.count.saturating_add(1);
                reset.same_number &= segment.seq == reset.number;
            } else if !reset.retried && segment.time.saturating_sub(reset.time) > REORDERING {
                reset.ignored_by_sender |= segment.len > 0 || flags.syn();
            }
        }
        if !flags.fin() && !flags.rst() {
            return;
        }
        let kind = if flags.rst() { Close::Rst } else { Close::Fin };
        let begun = self.sides.iter().any(|side| side.packets > 0);
        let idle = begun.then(|| since(Moment::of(self.last), segment));
        let quiet = self.last_word.map(|last| since(last, segment));
        self.ending.get_or_insert(Ending { by: u8::from(from != 0), kind, idle, quiet });
        if flags.rst() && self.reset.is_none() {
            self.reset = Some(Box::new(self.describe(from, segment)));
        }
        if flags.fin()
            && let Some(fin) = self.fins.get_mut(from)
        {
            fin.get_or_insert(Moment::of(segment.time));
        }
    }

    fn describe(&self, from: usize, segment: &Segment<'_>) -> Reset {
        let [a, b] = &self.sides;
        let (side, peer) = if from == 0 { (a, b) } else { (b, a) };
        let received = if segment.flags.ack() { Some(segment.ack) } else { side.ack };
        Reset {
            by: from,
            ttl: segment.ttl,
            id: segment.id,
            usual_id: side.id,
            id_counts: side.id_counts,
            in_order: side.base.is_none()
                || segment.seq == side.next
                || peer.ack == Some(segment.seq),
            since_peer: peer.last_time.map(|time| segment.time.saturating_sub(time.nanoseconds())),
            ignored_by_sender: false,
            count: 1,
            same_number: true,
            number: segment.seq,
            unread: received
                .filter(|ack| peer.base.is_some() && after(peer.next, *ack))
                .map_or(0, |ack| peer.next.wrapping_sub(ack)),
            retried: false,
            time: segment.time,
            after_fins: self.fins.iter().all(Option::is_some),
            after_fin: self.fins.iter().any(Option::is_some),
        }
    }
}
/// How long after `moment` a segment comes; nothing where its clock went back.
fn since(moment: Moment, segment: &Segment<'_>) -> Moment {
    Moment::of(segment.time.saturating_sub(moment.nanoseconds()).max(0))
}
