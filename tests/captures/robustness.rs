//! Bytes that were never meant to be read: no panic, no endless memory, and the same answer however
//! the file is cut into chunks.

use hangup::capture::{Conversation, Limits, Reader, observations, sentence};
use hangup::knowledge::Lang;
use proptest::prelude::*;

use crate::{
    agreement::{files, folder},
    writer::{ACK, Client, FIN, PSH, SYN, Server, Wire, ethernet, gzip, pcap},
};

/// A few connections, in a file of about a kilobyte.
fn made() -> Vec<u8> {
    let mut wire = Wire::open(443);
    wire.wait(0.1).send(Client, PSH | ACK, &[22, 3, 1, 0, 5, 1, 0, 0, 1, 9]).icmp(3, 4, 1400);
    wire.wait(6.0).send(Server, PSH | ACK, &[21, 3, 3, 0, 2, 2, 40]).send(Server, FIN | ACK, b"");
    wire.seq = [5, 6];
    wire.send(Client, SYN, b"").send(Server, SYN | ACK, b"").send(
        Client,
        PSH | ACK,
        b"GET / HTTP/1.1",
    );
    pcap(1, &ethernet(&wire.packets))
}

/// Reads everything that can be read out of `bytes`, in chunks of these lengths over and over.
fn survive(bytes: &[u8], lengths: &[usize]) -> Option<Vec<Conversation>> {
    let mut reader = Reader::new(Limits { conversations: 64 });
    let mut rest = bytes;
    let mut all = Vec::new();
    for length in lengths.iter().cycle() {
        let (chunk, tail) = rest.split_at((*length).clamp(1, rest.len().max(1)).min(rest.len()));
        reader.push(chunk);
        all.extend(reader.take_finished());
        rest = tail;
        if rest.is_empty() {
            break;
        }
    }
    all.extend(reader.finish().ok()?.0);
    for conversation in &all {
        observations(conversation);
        serde_json::to_string(conversation).unwrap();
        for lang in Lang::ALL {
            sentence(conversation, lang);
        }
    }
    Some(all)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn random_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in 0..7_usize) {
        let magics: [&[u8]; 7] = [
            b"", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x1f\x8b\x08\x00", b"\x34\xcd\xb2\xa1",
            b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d",
        ];
        survive(&[magics[magic], &bytes].concat(), &[bytes.len() + 12]);
    }

    #[test]
    fn random_packets_do_no_harm(
        link in 0..290_u32,
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 1..6),
        first in prop::sample::select(vec![0x45_u8, 0x4f, 0x60, 0x08, 0x88, 0x00]),
    ) {
        let packets: Vec<_> = packets.into_iter().map(|mut packet| {
            if let Some(byte) = packet.first_mut() {
                *byte = first;
            }
            (0, packet)
        }).collect();
        survive(&pcap(link, &packets), &[4096]);
    }

    #[test]
    fn damaged_captures_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), packed in any::<bool>()) {
        let mut bytes = made();
        if packed {
            bytes = gzip(&bytes);
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survive(&bytes, &[4096]);
    }

    #[test]
    fn no_packet_is_lost_or_counted_twice(limit in 1..7_usize, steps in prop::collection::vec((0..12_u16, any::<bool>(), 0..4_usize), 1..200)) {
        let mut packets = Vec::new();
        let mut wires: Vec<Wire> = (0..12).map(|port| {
            let mut wire = Wire::to(443);
            wire.ports[0] = 30_000 + port;
            wire
        }).collect();
        for (at, (flow, from_client, kind)) in (0_i64..).zip(&steps) {
            let wire = &mut wires[usize::from(*flow)];
            wire.now += at * 1_000_000_000;
            let flags = [SYN, ACK, PSH | ACK, FIN | ACK][*kind];
            wire.send(if *from_client { Client } else { Server }, flags, b"x");
            packets.extend(wire.packets.pop());
        }
        let mut reader = Reader::new(Limits { conversations: limit });
        reader.push(&pcap(1, &ethernet(&packets)));
        let mut all = reader.take_finished();
        all.extend(reader.finish().unwrap().0);
        let counted: u64 = all.iter().map(|one| one.packets_src + one.packets_dst).sum();
        prop_assert_eq!(counted, steps.len() as u64);
    }

    #[test]
    fn chunks_make_no_difference(lengths in prop::collection::vec(1..200_usize, 1..20), packed in any::<bool>()) {
        let bytes = if packed { gzip(&made()) } else { made() };
        prop_assert_eq!(survive(&bytes, &lengths), survive(&bytes, &[bytes.len()]));
    }
}

#[test]
fn a_capture_cut_anywhere_gives_what_came_before() {
    let file = made();
    for end in 24..file.len() {
        let all = survive(&file[..end], &[end]).unwrap();
        assert!(all.len() <= 2 && (end < 100 || !all.is_empty()), "cut at {end}");
    }
}

/// Real captures, each cut and damaged in several places that depend on its bytes alone.
#[test]
fn real_captures_cut_and_damaged_do_no_harm() {
    let Some(folder) = folder() else {
        println!("skipped: no folder `shared/captures` beside the project");
        return;
    };
    let mut lots = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: usize| {
        lots = lots.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (lots >> 33) as usize % below.max(1)
    };
    for path in files(&folder) {
        let bytes = std::fs::read(path).unwrap();
        for _ in 0..4 {
            survive(&bytes[..draw(bytes.len())], &[1 << 16]);
            let mut damaged = bytes.clone();
            for _ in 0..=draw(20) {
                let at = draw(damaged.len());
                damaged[at] = draw(256) as u8;
            }
            survive(&damaged, &[1 << 16]);
        }
        survive(&bytes, &[1 + draw(3000), 1 + draw(50)]);
    }
}
