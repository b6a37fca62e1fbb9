//! The same connection in every wrapping: file formats, link layers, tunnels, pieces.

use std::net::Ipv4Addr;

use hangup::capture::{
    Close, Conversation, Handshake, Limits, NoCapture, Reader, Warning, ZeekState,
};

use crate::writer::{
    ACK, Client, PSH, Packet, SYN, Server, Wire, behind, ethernet, gzip, ip, pcap, read, tcp,
};

fn wire() -> Wire {
    let mut wire = Wire::open(80);
    wire.wait(0.01).send(Client, PSH | ACK, b"GET / HTTP/1.1\r\n\r\n");
    wire.wait(0.02).send(Server, PSH | ACK, b"HTTP/1.1 200 OK\r\n\r\n").close(Server);
    wire
}

/// Times are compared in whole microseconds, which every format keeps.
fn assert_same(file: &[u8], what: &str) {
    let wanted = wire().read();
    let (all, warnings) = read(file);
    assert_eq!(warnings, [], "{what}");
    assert_eq!(all.len(), 1, "{what}");
    let seen = &all[0];
    let times = |one: &Conversation| [one.first_ts, one.duration].map(|s| (s * 1e6).round() as i64);
    assert_eq!(times(seen), times(&wanted), "{what}");
    let plain =
        |one: &Conversation| (one.src, one.dport, one.zeek_state, one.bytes_src, one.bytes_dst);
    assert_eq!(plain(seen), plain(&wanted), "{what}");
}

/// A pcap file with any magic number, byte order and unit.
fn classic(magic: u32, big: bool, unit: i64, packets: &[Packet]) -> Vec<u8> {
    let number = |value: u32| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let short = |value: u16| if big { value.to_be_bytes() } else { value.to_le_bytes() };
    let mut file = Vec::new();
    file.extend(number(magic));
    file.extend([short(2), short(4)].concat());
    file.extend([number(0), number(0), number(65_535), number(1)].concat());
    for (time, packet) in packets {
        let fraction = (time % 1_000_000_000) / unit;
        let length = packet.len() as u32;
        let fields = [(time / 1_000_000_000) as u32, fraction as u32, length, length].map(number);
        file.extend(fields.concat());
        file.extend(packet);
    }
    file
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padded = body.len().next_multiple_of(4);
    let length = (padded as u32 + 12).to_le_bytes();
    let mut bytes = [&kind.to_le_bytes()[..], &length, body].concat();
    bytes.resize(8 + padded, 0);
    bytes.extend(length);
    bytes
}

fn section() -> Vec<u8> {
    let mut body = 0x1a2b_3c4d_u32.to_le_bytes().to_vec();
    body.extend([1, 0, 0, 0]);
    body.extend(u64::MAX.to_le_bytes());
    block(0x0a0d_0d0a, &body)
}

fn interface(link: u16, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut body = link.to_le_bytes().to_vec();
    body.extend([0; 2]);
    body.extend(65_535_u32.to_le_bytes());
    for (code, value) in options {
        body.extend(code.to_le_bytes());
        body.extend((value.len() as u16).to_le_bytes());
        body.extend(*value);
        body.resize(body.len().next_multiple_of(4), 0);
    }
    block(1, &body)
}

fn enhanced(interface: u32, units: u64, packet: &[u8]) -> Vec<u8> {
    let mut body = interface.to_le_bytes().to_vec();
    body.extend(((units >> 32) as u32).to_le_bytes());
    body.extend((units as u32).to_le_bytes());
    body.extend((packet.len() as u32).to_le_bytes());
    body.extend((packet.len() as u32).to_le_bytes());
    body.extend(packet);
    block(6, &body)
}

#[test]
fn every_kind_of_classic_file_reads_alike() {
    let packets = ethernet(&wire().packets);
    assert_same(&classic(0xa1b2_c3d4, false, 1000, &packets), "little-endian");
    assert_same(&classic(0xa1b2_c3d4, true, 1000, &packets), "big-endian");
    assert_same(&classic(0xa1b2_3c4d, false, 1, &packets), "nanoseconds");
    assert_same(&classic(0xa1b2_3c4d, true, 1, &packets), "nanoseconds, big-endian");
    assert_same(&gzip(&pcap(1, &packets)), "gzip");
    let (head, tail) = packets.split_at(4);
    let first = gzip(&pcap(1, head));
    let second = gzip(&pcap(1, tail)[24..]);
    assert_same(&[first, second].concat(), "gzip in two members");
}

#[test]
fn sections_and_interfaces_each_have_their_own_clock_and_link_type() {
    let packets = wire().packets;
    let plain = ethernet(&packets);
    let mut file = section();
    file.extend(block(0x0bad, &[1, 2, 3, 4]));
    file.extend(interface(1, &[(9, &[9])]));
    file.extend(interface(101, &[(9, &[0x8a])]));
    file.extend(interface(1, &[(14, &1_600_000_000_u64.to_le_bytes())]));
    for (at, (time, packet)) in packets.iter().enumerate() {
        let shifted = (time - 1_600_000_000_000_000_000) as u64 / 1000;
        let powers =
            u64::try_from((i128::from(*time) * 1024 + 999_999_999) / 1_000_000_000).unwrap();
        match at % 3 {
            0 => file.extend(enhanced(0, *time as u64, &plain[at].1)),
            // Units of 2⁻¹⁰ s are coarse: only in the middle, where no sum is made of them.
            1 => file.extend(enhanced(1, powers, packet)),
            _ => file.extend(enhanced(2, shifted, &plain[at].1)),
        }
        if at == 5 {
            file.extend(section());
            file.extend(interface(1, &[(9, &[9])]));
            for (time, packet) in &plain[6..] {
                file.extend(enhanced(0, *time as u64, packet));
            }
            break;
        }
    }
    assert_same(&file, "sections");
    assert_same(&gzip(&file), "sections in gzip");
}

#[test]
fn obsolete_and_simple_packet_blocks_are_read() {
    let mut file = section();
    file.extend(interface(1, &[]));
    for (time, packet) in ethernet(&wire().packets) {
        let units = (time / 1000) as u64;
        let mut body = [0_u16.to_le_bytes(), 0_u16.to_le_bytes()].concat();
        body.extend(((units >> 32) as u32).to_le_bytes());
        body.extend((units as u32).to_le_bytes());
        body.extend([(packet.len() as u32).to_le_bytes(); 2].concat());
        body.extend(&packet);
        file.extend(block(2, &body));
    }
    assert_same(&file, "obsolete packets");
    let mut file = section();
    file.extend(interface(1, &[]));
    for (_, packet) in ethernet(&wire().packets) {
        file.extend(block(3, &[&(packet.len() as u32).to_le_bytes()[..], &packet].concat()));
    }
    let (all, _) = read(&file);
    // They bear no time.
    assert_eq!((all.len(), all[0].first_ts, all[0].zeek_state), (1, 0.0, ZeekState::SF));
}

#[test]
fn every_link_layer_leads_to_the_same_connection() {
    let packets = wire().packets;
    let mac = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    let llc = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    let after_mac = |rest: &[u8]| [&mac[..], rest].concat();
    let cases: [(&str, u32, Vec<u8>); 22] = [
        ("VLAN", 1, after_mac(&[0x81, 0, 0, 5, 8, 0])),
        ("QinQ", 1, after_mac(&[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0])),
        ("MPLS", 1, after_mac(&[0x88, 0x47, 0, 1, 0, 64, 0, 1, 1, 64])),
        ("PPPoE", 1, after_mac(&[0x88, 0x64, 0x11, 0, 0, 1, 0, 60, 0, 0x21])),
        ("802.3 with SNAP", 1, after_mac(&[&[1, 0][..], &llc].concat())),
        ("cooked", 113, [&[0, 0, 0, 1, 0, 6][..], &[0; 8], &[8, 0]].concat()),
        ("cooked, version 2", 276, [&[8, 0, 0, 0, 0, 0, 0, 1][..], &[0; 12]].concat()),
        ("raw", 101, Vec::new()),
        ("raw, BSD's number", 12, Vec::new()),
        ("raw, OpenBSD's number", 14, Vec::new()),
        ("raw IPv4", 228, Vec::new()),
        ("loopback, little-endian", 0, vec![2, 0, 0, 0]),
        ("loopback, big-endian", 0, vec![0, 0, 0, 2]),
        ("OpenBSD loopback", 108, vec![0, 0, 0, 2]),
        ("PPP", 9, vec![0xff, 3, 0, 0x21]),
        ("PPP, squeezed", 9, vec![0x21]),
        ("Cisco HDLC", 104, vec![0x0f, 0, 8, 0]),
        ("FDDI", 10, [&[0x50][..], &mac, &llc].concat()),
        ("Token Ring", 6, [&[0x10, 0x40][..], &mac, &llc].concat()),
        ("802.11", 105, [&[0x88, 1, 0, 0][..], &[0; 20], &[0, 0], &llc].concat()),
        ("radiotap", 127, [&[0, 0, 8, 0, 0, 0, 0, 0, 0x08, 1, 0, 0][..], &[0; 20], &llc].concat()),
        ("PPI", 192, [&[0, 0, 8, 0, 1, 0, 0, 0][..], &mac, &[8, 0]].concat()),
    ];
    for (what, link, header) in cases {
        assert_same(&pcap(link, &behind(&header, &packets)), what);
    }
}

#[test]
fn tunnels_are_looked_into() {
    let packets = wire().packets;
    let (from, to) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
    let within = |protocol: u8, header: &[u8]| -> Vec<Packet> {
        packets
            .iter()
            .map(|(time, inner)| (*time, ip(from, to, protocol, 64, 9, &[header, inner].concat())))
            .collect()
    };
    let ethernet_header = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0];
    let udp = |port: u16, rest: &[u8]| {
        [&40_000_u16.to_be_bytes()[..], &port.to_be_bytes(), &[0; 4], rest].concat()
    };
    let vxlan = udp(4789, &[&[8, 0, 0, 0, 0, 0, 1, 0][..], &ethernet_header].concat());
    let geneve = udp(6081, &[0, 0, 8, 0, 0, 0, 1, 0]);
    let gtp = udp(2152, &[0x30, 255, 0, 60, 0, 0, 0, 1]);
    assert_same(&pcap(101, &within(4, &[])), "IP in IP");
    assert_same(&pcap(101, &within(47, &[0, 0, 8, 0])), "GRE");
    assert_same(&pcap(101, &within(47, &[0x20, 0, 8, 0, 0, 0, 0, 7])), "GRE with a key");
    assert_same(&pcap(101, &within(17, &vxlan)), "VXLAN");
    assert_same(&pcap(101, &within(17, &geneve)), "Geneve");
    let ayiya = udp(5072, &[&[0x44, 0x51, 0x11, 4, 0, 0, 0, 0][..], &[7; 36]].concat());
    let tzsp = udp(37_008, &[&[1, 0, 0, 1, 10, 1, 5, 1][..], &ethernet_header].concat());
    let capwap = udp(5247, &[&[0, 0x10, 0, 0, 0, 0, 0, 0][..], &ethernet_header].concat());
    let gre = udp(4754, &[0, 0, 8, 0]);
    assert_same(&pcap(101, &within(17, &gtp)), "GTP");
    assert_same(&pcap(101, &within(17, &ayiya)), "AYIYA");
    assert_same(&pcap(101, &within(17, &tzsp)), "TZSP");
    assert_same(&pcap(101, &within(17, &capwap)), "CAPWAP");
    assert_same(&pcap(101, &within(17, &gre)), "GRE over UDP");
    assert_same(&pcap(101, &within(97, &[&[0x30, 0][..], &ethernet_header].concat())), "EtherIP");
}

#[test]
fn a_packet_in_pieces_counts_once_and_whole() {
    let mut packets = Vec::new();
    let payload = [9; 3000];
    for (time, packet) in Wire::open(80).packets {
        packets.push((time, packet));
    }
    let time = packets[2].0 + 1_000_000;
    let segment = tcp([40_000, 80], 1001, 900_001, PSH | ACK, 64_000, &payload);
    let piece = |at: usize, end: usize, more: bool| {
        let mut packet = ip(
            Ipv4Addr::new(192, 0, 2, 10),
            Ipv4Addr::new(198, 51, 100, 20),
            6,
            64,
            77,
            &segment[at..end],
        );
        let field = (at as u16 / 8) | if more { 0x2000 } else { 0 };
        packet[6..8].copy_from_slice(&field.to_be_bytes());
        packet
    };
    // The last piece comes first.
    packets.push((time, piece(2960, segment.len(), false)));
    packets.push((time + 1000, piece(0, 1480, true)));
    packets.push((time + 1500, piece(0, 1480, true)));
    packets.push((time + 2000, piece(1480, 2960, true)));
    let (all, _) = read(&pcap(101, &packets));
    assert_eq!((all.len(), all[0].bytes_src, all[0].packets_src), (1, 3000, 3));
}

#[test]
fn ipv6_is_read_through_its_extension_headers() {
    let sixth = |body: &[u8], reverse: bool| {
        let mut ends = [[0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]; 2];
        ends[1][15] = 2;
        if reverse {
            ends.swap(0, 1);
        }
        let extensions = [60_u8, 0, 1, 4, 0, 0, 0, 0, 6, 0, 1, 4, 0, 0, 0, 0];
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend(((extensions.len() + body.len()) as u16).to_be_bytes());
        packet.extend([0, 64]);
        packet.extend(ends.concat());
        packet.extend(extensions);
        packet.extend(body);
        packet
    };
    let packets: Vec<Packet> = wire()
        .packets
        .iter()
        .map(|(time, packet)| (*time, sixth(&packet[20..], packet[12] != 192)))
        .collect();
    let (all, warnings) = read(&pcap(229, &packets));
    assert_eq!((all.len(), warnings), (1, Vec::new()));
    assert_eq!(
        (all[0].src.to_string().as_str(), all[0].zeek_state),
        ("2001:db8::1", ZeekState::SF)
    );
    assert_eq!(all[0].bytes_src, 18);
}

#[test]
fn a_short_snap_length_hides_no_bytes() {
    let mut file = pcap(101, &[])[..].to_vec();
    for (time, packet) in wire().packets {
        let kept = &packet[..40];
        file.extend(((time / 1_000_000_000) as u32).to_le_bytes());
        file.extend((((time % 1_000_000_000) / 1000) as u32).to_le_bytes());
        file.extend((kept.len() as u32).to_le_bytes());
        file.extend((packet.len() as u32).to_le_bytes());
        file.extend(kept);
    }
    assert_same(&file, "cut at 40 bytes");
}

#[test]
fn damage_is_named_by_its_byte_and_what_stands_before_it_is_read() {
    let file = pcap(1, &ethernet(&wire().packets));
    let cut = &file[..file.len() - 7];
    let (all, warnings) = read(cut);
    let last = file.len() - 16 - 54;
    assert_eq!(warnings, [Warning::CutShort { offset: last as u64 }]);
    assert_eq!((all.len(), all[0].close), (1, Close::Fin));
    let mut broken = file.clone();
    broken[24 + 16 + 54 + 8..][..4].copy_from_slice(&[0xff; 4]);
    let (all, warnings) = read(&broken);
    let offset = warnings.iter().find_map(|warning| match warning {
        Warning::Damaged { offset, .. } => Some(*offset),
        _ => None,
    });
    assert_eq!((offset, all[0].handshake), (Some(24 + 16 + 54), Handshake::SynNoAnswer));
    let packed = gzip(&file);
    let (all, warnings) = read(&packed[..packed.len() / 2]);
    assert!(matches!(warnings.as_slice(), [Warning::Compression { .. }]), "{warnings:?}");
    assert_eq!(all.len(), 1);
}

#[test]
fn what_is_no_capture_is_refused() {
    let refused = |bytes: &[u8]| {
        let mut reader = Reader::default();
        reader.push(bytes);
        reader.finish().unwrap_err()
    };
    assert_eq!(refused(b""), NoCapture::Empty);
    assert_eq!(refused(b"\xd4"), NoCapture::Short(1));
    assert_eq!(refused(b"\xd4\xc3\xb2\xa1\x02\x00"), NoCapture::Short(6));
    assert_eq!(refused(b"GET / HTTP/1.1"), NoCapture::Text);
    assert_eq!(refused(b"\x89PNG\r\n"), NoCapture::Format);
    assert_eq!(refused(&gzip(b"a text and no capture")), NoCapture::Packed);
    let (all, warnings) = read(&pcap(1, &[]));
    assert_eq!((all.len(), warnings), (0, Vec::new()));
    let (_, warnings) = read(&pcap(147, &wire().packets));
    let packets = wire().packets.len() as u64;
    assert_eq!(warnings, [Warning::UnknownLinkType { link: 147, packets }]);
}

#[test]
fn the_number_of_open_conversations_is_bounded_and_said() {
    let mut packets = Vec::new();
    for port in 0..50 {
        let mut wire = Wire::to(443);
        wire.ports[0] = 10_000 + port;
        wire.wait(f64::from(port)).send(Client, SYN, b"").wait(0.1).send(Server, SYN | ACK, b"");
        packets.extend(wire.packets);
    }
    let file = pcap(1, &ethernet(&packets));
    let mut reader = Reader::new(Limits { conversations: 8 });
    reader.push(&file);
    let early = reader.take_finished();
    assert_eq!(early.len(), 42);
    assert!(
        early.iter().zip(10_000..).all(|(one, port)| one.sport == port && one.packets_dst == 1)
    );
    let (rest, warnings) = reader.finish().unwrap();
    assert_eq!((rest.len(), warnings), (8, vec![Warning::TooMany { given_up: 42, limit: 8 }]));
}
