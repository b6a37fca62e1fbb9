//! The same connections captured at both ends.

use hangup::{
    capture::{Conversation, Gap, Seen, compare, difference},
    knowledge::Lang,
};

use crate::writer::{ACK, Client, FIN, PSH, Packet, RST, SYN, Server, Wire, ethernet, pcap, read};

const DATA: u8 = PSH | ACK;

fn all(packets: &[Packet]) -> Vec<Conversation> {
    read(&pcap(1, &ethernet(packets))).0
}

/// The same packets twelve hops away: the server's time to live is still whole, the client's is not.
fn far(packets: &[Packet], keep: impl Fn(usize) -> bool) -> Vec<Packet> {
    let kept = packets.iter().enumerate().filter(|(at, _)| keep(*at));
    let moved = kept.map(|(_, (time, packet))| {
        let mut packet = packet.clone();
        packet[8] = if packet[12] == 192 { packet[8] - 12 } else { 64 };
        // Another clock.
        (time + 3_000_000_000, packet)
    });
    moved.collect()
}

fn wire() -> Wire {
    let mut wire = Wire::open(443);
    for _ in 0..4 {
        wire.wait(0.01).send(Client, DATA, &[1; 500]).wait(0.01).send(Server, DATA, &[2; 900]);
    }
    wire
}

#[test]
fn what_is_the_same_at_both_ends_has_no_gaps() {
    let mut wire = wire();
    wire.close(Client);
    let found = compare(&all(&wire.packets), &all(&far(&wire.packets, |_| true)));
    assert_eq!((found.len(), found[0].seen, found[0].gaps.len()), (1, Seen::Both, 0));
    let swapped = compare(&all(&far(&wire.packets, |_| true)), &all(&wire.packets));
    assert_eq!(swapped[0].gaps, []);
}

#[test]
fn a_handshake_that_one_capture_missed_is_no_loss() {
    let mut wire = wire();
    wire.close(Client);
    let (client, server) = (all(&wire.packets), all(&far(&wire.packets, |_| true)));
    let without_syn = all(&far(&wire.packets, |at| at != 0));
    let mut packets = wire.packets.clone();
    packets.remove(1);
    let without_answer = all(&packets);
    for (one, other) in [(&client, &without_syn), (&without_answer, &server)] {
        for found in [compare(one, other), compare(other, one)] {
            assert_eq!(found[0].gaps, [Gap::OpeningMissed]);
            assert!(difference(&found[0], Lang::En).contains("began later"));
        }
    }
}

#[test]
fn a_forged_reset_was_never_sent() {
    let mut wire = wire();
    let next = wire.seq[1];
    wire.wait(0.01).raw(Server, RST | ACK, next, b"");
    let last = wire.packets.len() - 1;
    let found = compare(&all(&wire.packets), &all(&far(&wire.packets, |at| at != last)));
    assert_eq!(found[0].gaps, [Gap::RstNeverSentDst]);
    assert!(difference(&found[0], Lang::En).contains("never sent"));
    assert!(difference(&found[0], Lang::Zh).contains("从未发过"));
}

#[test]
fn lost_bytes_are_counted_by_direction() {
    let mut wire = wire();
    wire.close(Server);
    let (here, there) = (all(&wire.packets), all(&far(&wire.packets, |at| at != 5)));
    let found = compare(&here, &there);
    assert_eq!((found[0].lost_src, found[0].lost_dst), (500, 0));
    assert_eq!(found[0].gaps, [Gap::LostSrc]);
    // What the server sent was captured there and never came here.
    let here = all(&wire
        .packets
        .iter()
        .enumerate()
        .filter(|(at, _)| *at != 6)
        .map(|(_, p)| p.clone())
        .collect::<Vec<_>>());
    let found = compare(&here, &all(&far(&wire.packets, |_| true)));
    assert_eq!(
        (found[0].lost_src, found[0].lost_dst, found[0].gaps.as_slice()),
        (0, 900, &[Gap::LostDst][..])
    );
}

#[test]
fn attempts_that_get_lost_say_on_which_way() {
    let mut wire = Wire::to(443);
    wire.send(Client, SYN, b"");
    let found = compare(&all(&wire.packets), &[]);
    assert_eq!(
        (found[0].seen, found[0].gaps.as_slice()),
        (Seen::FirstOnly, &[Gap::SynNeverArrived][..])
    );
    wire.wait(0.01).send(Server, SYN | ACK, b"");
    let found = compare(&all(&wire.packets[..1]), &all(&far(&wire.packets, |_| true)));
    assert_eq!(
        (found[0].seen, found[0].gaps.as_slice()),
        (Seen::Both, &[Gap::SynAckNeverArrived][..])
    );
}

#[test]
fn translated_addresses_are_matched_by_their_numbers() {
    let mut wire = wire();
    wire.send(Client, FIN | ACK, b"");
    let mut there = far(&wire.packets, |_| true);
    for (_, packet) in &mut there {
        let client = if packet[12] == 192 { 12 } else { 16 };
        packet[client..client + 4].copy_from_slice(&[203, 0, 113, 77]);
    }
    let found = compare(&all(&wire.packets), &all(&there));
    assert_eq!(
        (found.len(), found[0].seen, found[0].gaps.as_slice()),
        (1, Seen::Both, &[Gap::Translated][..])
    );
}
