//! Whether a RST was sent by the end whose address it bears, or by a box on the way.
//!
//! The signs are those of Weaver, Sommer and Paxson, "Detecting Forged TCP Reset Packets" (NDSS 2009,
//! <https://www.icir.org/vern/papers/reset-injection.ndss09.pdf>): time to live and IP ID that do not
//! fit the sender, a sender that goes on, several RSTs with different numbers. The weights are
//! judgement: each is a log-odds of how much more often a forged RST shows the sign.

use super::{
    flow::{Flow, Reset},
    segment::Moment,
};

/// Before any sign: about one RST in thirty is forged.
const PRIOR: f64 = -3.4;

/// The probability that `reset` is forged, 0 to 1.
pub(super) fn probability(flow: &Flow, reset: &Reset) -> f64 {
    let mut odds = PRIOR;
    odds += match flow.sides.get(reset.by).and_then(|side| side.ttls) {
        None => 0.0,
        Some((least, most)) if (least..=most).contains(&reset.ttl) => -1.5,
        // The same number of hops from another starting value (64, 128, 255): the kernel answers for a
        // program that sets its own, or a balancer in front of it does.
        Some((least, _)) if hops(least) == hops(reset.ttl) => 1.0,
        Some(_) => 4.5,
    };
    if let (Some(usual), Some(id)) = (reset.usual_id, reset.id) {
        let jump = id.wrapping_sub(usual);
        let counts = usual != 0 && reset.id_counts;
        // A counter that goes up by a few a packet, and a RST from somewhere else on the dial.
        odds += match (counts, jump) {
            (true, 1..=64) => -1.5,
            (true, _) if id != 0 => 2.0,
            (true, _) => 0.5,
            (false, _) => 0.0,
        };
    }
    // No TCP sends data after its own RST.
    if reset.ignored_by_sender {
        odds += 5.5;
    }
    if reset.count >= 3 && !reset.same_number {
        odds += 1.5;
    }
    if !reset.in_order {
        odds += 0.7;
    }
    if reset.after_fins {
        odds -= 2.0;
    }
    // Faster than the peer can answer.
    if let (Some(trip), Some(since)) = (flow.round_trip.map(Moment::nanoseconds), reset.since_peer)
        && reset.by == 1
        && trip > 5_000_000
        && since.saturating_mul(4) < trip
    {
        odds += 1.5;
    }
    1.0 / (1.0 + libm::exp(-odds))
}

/// Hops from the usual starting value above.
fn hops(ttl: u8) -> u8 {
    match ttl {
        0..=64 => 64 - ttl,
        65..=128 => 128 - ttl,
        _ => 255 - ttl,
    }
}
