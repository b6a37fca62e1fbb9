//! The least that two good crates can do with a capture: pcap-parser and etherparse, with a table that
//! counts packets and bytes of each pair of ends. What Hangup is measured beside.

use std::{collections::HashMap, io::Read};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{LegacyPcapReader, PcapBlockOwned, PcapError, traits::PcapReaderIterator};

/// Both ends and their ports; packets and bytes.
type BareTable = HashMap<([u8; 4], [u8; 4], u16, u16), (u64, u64)>;

/// Packets and bytes of each pair of ends, and nothing else.
///
/// Gives how many pairs there are; stops at the first mistake of the file.
pub(crate) fn bare(file: impl Read) -> usize {
    let mut table = BareTable::new();
    let mut reader = LegacyPcapReader::new(256 * 1024, file).unwrap();
    loop {
        match reader.next() {
            Ok((used, block)) => {
                if let PcapBlockOwned::Legacy(packet) = block
                    && let Ok(sliced) = SlicedPacket::from_ethernet(packet.data)
                    && let Some(NetSlice::Ipv4(ip)) = &sliced.net
                    && let Some(TransportSlice::Tcp(tcp)) = &sliced.transport
                {
                    let a = (ip.header().source(), tcp.source_port());
                    let b = (ip.header().destination(), tcp.destination_port());
                    let key = if a < b { (a.0, b.0, a.1, b.1) } else { (b.0, a.0, b.1, a.1) };
                    let entry = table.entry(key).or_default();
                    entry.0 += 1;
                    entry.1 += tcp.payload().len() as u64;
                }
                reader.consume(used);
            }
            Err(PcapError::Incomplete(_)) => reader.refill().unwrap(),
            Err(_) => return table.len(),
        }
    }
}
