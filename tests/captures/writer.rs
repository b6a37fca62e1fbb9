//! Captures made on the spot: packets of one client and one server, written in any format.

use std::{io::Write, net::Ipv4Addr};

use hangup::capture::{Conversation, Reader, Warning};

pub(crate) const FIN: u8 = 0x01;
pub(crate) const SYN: u8 = 0x02;
pub(crate) const RST: u8 = 0x04;
pub(crate) const PSH: u8 = 0x08;
pub(crate) const ACK: u8 = 0x10;

/// Which of the two ends sends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Server,
}
pub(crate) use End::{Client, Server};

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 10), 40_000);
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(198, 51, 100, 20), 443);

/// A packet: nanoseconds since 1970, and an IPv4 packet.
pub(crate) type Packet = (i64, Vec<u8>);

/// A connection that is written down packet by packet.
pub(crate) struct Wire {
    pub(crate) packets: Vec<Packet>,
    pub(crate) now: i64,
    /// The next sequence numbers, client's and server's.
    pub(crate) seq: [u32; 2],
    pub(crate) ports: [u16; 2],
    /// What the packets of each end bear: time to live, IP ID.
    pub(crate) ttl: [u8; 2],
    pub(crate) id: [u16; 2],
    pub(crate) window: [u16; 2],
}

impl Wire {
    /// Nothing sent yet; the server listens on `port`.
    pub(crate) fn to(port: u16) -> Self {
        Self {
            packets: Vec::new(),
            now: 1_700_000_000_000_000_000,
            seq: [1000, 900_000],
            ports: [CLIENT.1, port],
            ttl: [64, 52],
            id: [100, 7000],
            window: [64_000, 64_000],
        }
    }

    /// After a handshake with a round trip of 20 ms.
    pub(crate) fn open(port: u16) -> Self {
        let mut wire = Self::to(port);
        wire.send(Client, SYN, b"");
        wire.wait(0.02).send(Server, SYN | ACK, b"");
        wire.wait(0.0001).send(Client, ACK, b"");
        wire
    }

    /// Lets time pass, seconds.
    pub(crate) fn wait(&mut self, seconds: f64) -> &mut Self {
        self.now += (seconds * 1e9) as i64;
        self
    }

    /// Sends a segment with the next number.
    pub(crate) fn send(&mut self, from: End, flags: u8, payload: &[u8]) -> &mut Self {
        let at = from as usize;
        let seq = self.seq[at];
        self.raw(from, flags, seq, payload);
        let taken =
            payload.len() as u32 + u32::from(flags & SYN != 0) + u32::from(flags & FIN != 0);
        self.seq[at] = seq.wrapping_add(taken);
        self
    }

    /// Sends a segment with any number; acknowledges what the other end sent.
    pub(crate) fn raw(&mut self, from: End, flags: u8, seq: u32, payload: &[u8]) -> &mut Self {
        let at = from as usize;
        let ack = if flags & ACK == 0 { 0 } else { self.seq[at ^ 1] };
        self.acking(from, flags, seq, ack, payload)
    }

    /// Sends a segment with any numbers.
    pub(crate) fn acking(
        &mut self,
        from: End,
        flags: u8,
        seq: u32,
        ack: u32,
        payload: &[u8],
    ) -> &mut Self {
        let at = from as usize;
        self.id[at] = self.id[at].wrapping_add(1);
        let (source, other) = if at == 0 { (CLIENT.0, SERVER.0) } else { (SERVER.0, CLIENT.0) };
        let tcp =
            tcp([self.ports[at], self.ports[at ^ 1]], seq, ack, flags, self.window[at], payload);
        let packet = ip(source, other, 6, self.ttl[at], self.id[at], &tcp);
        self.packets.push((self.now, packet));
        self
    }

    /// An ICMP error about the last packet, sent to its sender.
    pub(crate) fn icmp(&mut self, kind: u8, code: u8, word: u32) -> &mut Self {
        let quoted = self.packets.last().unwrap().1.clone();
        let mut body = vec![kind, code, 0, 0];
        body.extend(word.to_be_bytes());
        body.extend(&quoted[..quoted.len().min(28)]);
        let to = Ipv4Addr::new(quoted[12], quoted[13], quoted[14], quoted[15]);
        self.packets.push((self.now, ip(Ipv4Addr::new(203, 0, 113, 1), to, 1, 250, 1, &body)));
        self
    }

    /// Both ends close in order, the first one first.
    pub(crate) fn close(&mut self, first: End) -> &mut Self {
        let second = if first == Client { Server } else { Client };
        self.send(first, FIN | ACK, b"").wait(0.01).send(second, FIN | ACK, b"");
        self.wait(0.01).send(first, ACK, b"")
    }

    /// The only conversation in it.
    pub(crate) fn read(&self) -> Conversation {
        let (mut all, warnings) = read(&pcap(1, &ethernet(&self.packets)));
        assert_eq!((all.len(), warnings), (1, Vec::new()));
        all.remove(0)
    }
}

pub(crate) fn tcp(
    ports: [u16; 2],
    seq: u32,
    ack: u32,
    flags: u8,
    window: u16,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(ports[0].to_be_bytes());
    bytes.extend(ports[1].to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    bytes.extend([0x50, flags]);
    bytes.extend(window.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

pub(crate) fn ip(
    from: Ipv4Addr,
    to: Ipv4Addr,
    protocol: u8,
    ttl: u8,
    id: u16,
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend((20 + body.len() as u16).to_be_bytes());
    bytes.extend(id.to_be_bytes());
    bytes.extend([0x40, 0, ttl, protocol, 0, 0]);
    bytes.extend(from.octets());
    bytes.extend(to.octets());
    bytes.extend(body);
    bytes
}

/// Each packet behind the same bytes.
pub(crate) fn behind(header: &[u8], packets: &[Packet]) -> Vec<Packet> {
    packets.iter().map(|(time, packet)| (*time, [header, packet].concat())).collect()
}

pub(crate) fn ethernet(packets: &[Packet]) -> Vec<Packet> {
    behind(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0], packets)
}

/// A classic pcap file, little-endian, in microseconds.
pub(crate) fn pcap(link: u32, packets: &[Packet]) -> Vec<u8> {
    let mut file = Vec::new();
    file.extend(0xa1b2_c3d4_u32.to_le_bytes());
    file.extend([2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    file.extend(262_144_u32.to_le_bytes());
    file.extend(link.to_le_bytes());
    for (time, packet) in packets {
        file.extend(((time / 1_000_000_000) as u32).to_le_bytes());
        file.extend((((time % 1_000_000_000) / 1000) as u32).to_le_bytes());
        file.extend((packet.len() as u32).to_le_bytes());
        file.extend((packet.len() as u32).to_le_bytes());
        file.extend(packet);
    }
    file
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// All conversations and warnings of a file.
pub(crate) fn read(file: &[u8]) -> (Vec<Conversation>, Vec<Warning>) {
    let mut reader = Reader::default();
    reader.push(file);
    let mut all = reader.take_finished();
    let (rest, warnings) = reader.finish().unwrap();
    all.extend(rest);
    (all, warnings)
}
