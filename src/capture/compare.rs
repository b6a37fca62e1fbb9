//! Two captures of the same connections, one at each end: what was sent here and never seen there.
//!
//! Conversations are matched by their initial sequence numbers, which survive address translation;
//! those without a handshake by their ends. Clocks need not agree.

use std::collections::BTreeMap;

use core::net::IpAddr;

use serde::Serialize;

use super::{conversation::Conversation, ranges::Ranges};

/// What the comparison needs to know of one direction.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trail {
    /// The number of the first segment: that of the SYN where one was seen.
    pub(super) first: Option<u32>,
    pub(super) stream: Ranges,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    pub(super) ttl: Option<u8>,
}

/// In which of the two captures a conversation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// In both.
    Both,
    /// In the first one alone: what was sent there never arrived, or the other end never captured it.
    FirstOnly,
    /// In the other one alone.
    OtherOnly,
}

/// One way in which the two captures differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gap {
    /// A RST with the address of `dst` that `dst` never sent: forged on the way.
    RstNeverSentDst,
    /// A RST with the address of `src` that `src` never sent: forged on the way.
    RstNeverSentSrc,
    /// The SYN was sent and never arrived.
    SynNeverArrived,
    /// The answer to the SYN was sent and never arrived.
    SynAckNeverArrived,
    /// A RST of `src` that never arrived.
    RstNeverArrivedSrc,
    /// A RST of `dst` that never arrived.
    RstNeverArrivedDst,
    /// A FIN of `src` that never arrived.
    FinNeverArrivedSrc,
    /// A FIN of `dst` that never arrived.
    FinNeverArrivedDst,
    /// Bytes of `src` that never arrived, while later ones did.
    LostSrc,
    /// Bytes of `dst` that never arrived, while later ones did.
    LostDst,
    /// The last bytes of `src` never arrived, or the other capture ended before.
    TailSrc,
    /// The last bytes of `dst` never arrived, or the other capture ended before.
    TailDst,
    /// A SYN or its answer that arrived, since what follows on it is there, and that the other capture lacks.
    OpeningMissed,
    /// The ports or addresses differ: they were translated on the way.
    Translated,
}

/// What two captures say of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Its ends as the capture shows them that has it; the first one where both have.
    pub src: IpAddr,
    /// Port of `src`.
    pub sport: u16,
    /// The other end.
    pub dst: IpAddr,
    /// Port of `dst`.
    pub dport: u16,
    /// When its first packet passed, by the same capture's clock, seconds since 1970.
    pub first_ts: f64,
    /// Which captures have it.
    pub seen: Seen,
    /// Bytes that `src` sent and that never arrived although later ones did.
    pub lost_src: u64,
    /// Bytes that `dst` sent and that never arrived although later ones did.
    pub lost_dst: u64,
    /// What differs, the gravest first.
    pub gaps: Vec<Gap>,
}

/// Compares two captures, the first taken near `src` unless the time to live says otherwise; in the
/// order of the first one, then what only the other one has.
pub fn compare(first: &[Conversation], other: &[Conversation]) -> Vec<Difference> {
    let mut by_key: BTreeMap<Key, Vec<usize>> = BTreeMap::new();
    for (at, conversation) in other.iter().enumerate().rev() {
        for key in keys(conversation) {
            by_key.entry(key).or_default().push(at);
        }
    }
    let mut taken = vec![false; other.len()];
    let mut differences = Vec::new();
    for here in first {
        let found = keys(here).into_iter().find_map(|key| {
            let candidates = by_key.get_mut(&key)?;
            candidates.retain(|at| taken.get(*at) == Some(&false));
            candidates.pop()
        });
        match found.and_then(|at| Some((at, other.get(at)?))) {
            Some((at, there)) => {
                if let Some(taken) = taken.get_mut(at) {
                    *taken = true;
                }
                differences.push(of_both(here, there));
            }
            None => differences.push(of_one(here, Seen::FirstOnly)),
        }
    }
    let left = other.iter().zip(taken).filter(|(_, taken)| !taken);
    differences.extend(left.map(|(there, _)| of_one(there, Seen::OtherOnly)));
    differences
}

/// What two records of one conversation have in common: the number of the SYN, or the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Opened(u32, u16),
    Ends(IpAddr, u16, IpAddr, u16),
}

fn keys(conversation: &Conversation) -> Vec<Key> {
    let [src, _] = &conversation.trails;
    let Conversation { src: from, sport, dst: to, dport, .. } = *conversation;
    let opened = src.first.filter(|_| src.syn).map(|number| Key::Opened(number, dport));
    opened.into_iter().chain([Key::Ends(from, sport, to, dport)]).collect()
}

fn of_one(conversation: &Conversation, seen: Seen) -> Difference {
    let [src, dst] = &conversation.trails;
    let lonely = src.syn && !dst.syn && seen == Seen::FirstOnly;
    let answer = dst.syn && !src.syn && seen == Seen::OtherOnly;
    let mut gaps = Vec::new();
    if lonely {
        gaps.push(Gap::SynNeverArrived);
    }
    if answer {
        gaps.push(Gap::SynAckNeverArrived);
    }
    difference(conversation, seen, [0; 2], gaps)
}

fn difference(of: &Conversation, seen: Seen, lost: [u64; 2], mut gaps: Vec<Gap>) -> Difference {
    gaps.sort_unstable();
    gaps.dedup();
    let Conversation { src, sport, dst, dport, first_ts, .. } = *of;
    let [lost_src, lost_dst] = lost;
    Difference { src, sport, dst, dport, first_ts, seen, lost_src, lost_dst, gaps }
}

/// What an end may have lost on the way, by direction.
struct Names {
    rst_forged: Gap,
    rst_lost: Gap,
    fin_lost: Gap,
    syn_lost: Gap,
    lost: Gap,
    tail: Gap,
}

const NAMES: [Names; 2] = [
    Names {
        rst_forged: Gap::RstNeverSentSrc,
        rst_lost: Gap::RstNeverArrivedSrc,
        fin_lost: Gap::FinNeverArrivedSrc,
        syn_lost: Gap::SynNeverArrived,
        lost: Gap::LostSrc,
        tail: Gap::TailSrc,
    },
    Names {
        rst_forged: Gap::RstNeverSentDst,
        rst_lost: Gap::RstNeverArrivedDst,
        fin_lost: Gap::FinNeverArrivedDst,
        syn_lost: Gap::SynAckNeverArrived,
        lost: Gap::LostDst,
        tail: Gap::TailDst,
    },
];

fn of_both(here: &Conversation, there: &Conversation) -> Difference {
    let mut gaps = Vec::new();
    let mut lost = [0; 2];
    let pairs = here.trails.iter().zip(&there.trails);
    for (((at, (a, b)), names), lost) in pairs.enumerate().zip(&NAMES).zip(&mut lost) {
        // Every hop takes one off: where the time to live is greater, the sender is nearer.
        let nearer = match (a.ttl, b.ttl) {
            (Some(a), Some(b)) if a != b => a > b,
            _ => at == 0,
        };
        let (near, far) = if nearer { (a, b) } else { (b, a) };
        let far_end = if nearer { there } else { here };
        // Nobody answers a SYN that did not arrive, nor goes on after an answer that did not.
        let follows = far_end.trails.iter().any(|trail| trail.stream.total() > 0)
            || at == 0 && far_end.trails.iter().any(|trail| trail.syn);
        let opening_lacks = near.syn && !far.syn;
        let (holes, tail) = holes(near, far);
        *lost = holes;
        let differs = [
            (far.rst && !near.rst, names.rst_forged),
            (near.rst && !far.rst, names.rst_lost),
            (near.fin && !far.fin, names.fin_lost),
            (opening_lacks && !follows, names.syn_lost),
            (opening_lacks && follows, Gap::OpeningMissed),
            (holes > 0, names.lost),
            (tail > 0, names.tail),
        ];
        gaps.extend(differs.into_iter().filter(|(differs, _)| *differs).map(|(_, gap)| gap));
    }
    let ends = |of: &Conversation| (of.source(), of.destination());
    if ends(here) != ends(there) {
        gaps.push(Gap::Translated);
    }
    difference(here, Seen::Both, lost, gaps)
}

/// Bytes that `near` has and `far` does not: before the last that `far` has, and behind it.
fn holes(near: &Trail, far: &Trail) -> (u64, u64) {
    let (Some(a), Some(b)) = (near.first, far.first) else {
        return (0, near.stream.total());
    };
    let shift = i64::from(a.wrapping_sub(b).cast_signed());
    near.stream.missing_in(&far.stream, shift)
}
