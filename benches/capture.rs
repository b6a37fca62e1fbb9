//! How fast a capture is read, beside the least that two good crates can do with it: pcap-parser and
//! etherparse with a table that counts packets and bytes of each pair of ends.
//!
//! `cargo bench --no-default-features --bench capture`
#![expect(clippy::cast_possible_truncation, reason = "numbers of a packet are cut to its fields")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start may stop")]

mod bare;

use std::hint::black_box;

use bare::bare;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hangup::capture::Reader;

/// Bytes of each capture.
const SIZE: usize = 64 * 1024 * 1024;

/// A segment behind IPv4 and Ethernet.
fn segment(
    flow: usize,
    from_client: bool,
    numbers: [u32; 2],
    flags: u8,
    payload: usize,
) -> Vec<u8> {
    let client = [10, (flow >> 16) as u8, (flow >> 8) as u8, flow as u8];
    let server = [192, 0, 2, 80];
    let ports = [20_000 + (flow % 40_000) as u16, 443];
    let (ends, ports) = if from_client {
        ([client, server], ports)
    } else {
        ([server, client], [ports[1], ports[0]])
    };
    let mut packet = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
    packet.extend((40 + payload as u16).to_be_bytes());
    packet.extend([0, 1, 0x40, 0, 64, 6, 0, 0]);
    packet.extend(ends.concat());
    packet.extend(ports.map(u16::to_be_bytes).concat());
    packet.extend(numbers.map(u32::to_be_bytes).concat());
    packet.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    packet.resize(packet.len() + payload, 0xaa);
    packet
}

/// Connections that open, send `payload` a hundred times with an acknowledgement for every second
/// segment, and close; `open` at a time, their packets mixed.
fn capture(payload: usize, open: usize) -> Vec<u8> {
    let mut file = Vec::with_capacity(SIZE + 4096);
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0]);
    let (mut round, mut time) = (0_usize, 0_u64);
    while file.len() < SIZE {
        let (generation, step) = (round / 155, (round % 155) as u32);
        for place in 0..open {
            let flow = generation * open + place;
            let sent = step.saturating_sub(2) / 3 * 2 * payload as u32;
            let packet = match step {
                0 => segment(flow, true, [1, 0], 0x02, 0),
                1 => segment(flow, false, [1, 2], 0x12, 0),
                2 => segment(flow, true, [2, 2], 0x10, 0),
                153 => segment(flow, false, [2 + 100 * payload as u32, 2], 0x11, 0),
                154 => segment(flow, true, [2, 3 + 100 * payload as u32], 0x11, 0),
                _ if step % 3 == 2 => segment(flow, true, [2, 2 + sent], 0x10, 0),
                _ if step % 3 == 0 => segment(flow, false, [2 + sent, 2], 0x18, payload),
                _ => segment(flow, false, [2 + sent + payload as u32, 2], 0x18, payload),
            };
            time += 3;
            file.extend(((time / 1_000_000) as u32).to_le_bytes());
            file.extend(((time % 1_000_000) as u32).to_le_bytes());
            file.extend((packet.len() as u32).to_le_bytes());
            file.extend((packet.len() as u32).to_le_bytes());
            file.extend(packet);
        }
        round += 1;
    }
    file
}

/// What `hangup capture` does, without the printing.
fn hangup(file: &[u8]) -> usize {
    let mut reader = Reader::default();
    let mut count = 0;
    for chunk in file.chunks(256 * 1024) {
        reader.push(chunk);
        count += reader.take_finished().len();
    }
    count + reader.finish().unwrap().0.len()
}

fn captures(c: &mut Criterion) {
    let mut group = c.benchmark_group("capture");
    group.sample_size(20);
    let kinds =
        [("big packets", 1460, 500), ("small packets", 16, 500), ("many connections", 16, 50_000)];
    for (name, payload, open) in kinds {
        let file = capture(payload, open);
        group.throughput(Throughput::Bytes(file.len() as u64));
        group.bench_with_input(BenchmarkId::new("hangup", name), &file, |b, file| {
            b.iter(|| hangup(black_box(file)));
        });
        group.bench_with_input(
            BenchmarkId::new("pcap-parser and etherparse", name),
            &file,
            |b, file| {
                b.iter(|| bare(black_box(file.as_slice())));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, captures);
criterion_main!(benches);
