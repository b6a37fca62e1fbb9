//! Packets that came in pieces: the first piece's bytes are kept, the others are counted.

use std::collections::{BTreeMap, VecDeque};

/// Source, destination, identification, protocol.
pub(super) type Key = (u128, u128, u32, u8);

/// The most packets that wait for their pieces; the oldest gives way.
const MAX_WAITING: usize = 256;
/// Bytes kept of a packet: all the headers and the beginning of what it says.
const MAX_KEPT: usize = 4096;

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece {
    /// Offset in the packet's payload, bytes.
    pub(super) at: u32,
    /// Whether another one follows.
    pub(super) more: bool,
}

/// A packet put together: its beginning, and how long it is.
#[derive(Debug, Default)]
pub(super) struct Whole {
    pub(super) data: Vec<u8>,
    pub(super) length: u32,
}

#[derive(Debug, Default)]
struct Waiting {
    data: Vec<u8>,
    first: bool,
    /// Bytes that came, and the places they came to, so that none counts twice.
    seen: Vec<(u32, u32)>,
    got: u32,
    total: Option<u32>,
}

/// The packets that are not whole yet.
#[derive(Debug, Default)]
pub(super) struct Fragments {
    waiting: BTreeMap<Key, Waiting>,
    order: VecDeque<Key>,
}

impl Fragments {
    /// Takes a fragment of `length` bytes, of which `data` was stored. Gives the packet once its
    /// first piece is there and as many bytes as the last piece says.
    pub(super) fn add(
        &mut self,
        key: Key,
        piece: Piece,
        data: &[u8],
        length: u32,
    ) -> Option<Whole> {
        if !self.waiting.contains_key(&key) {
            if self.order.len() >= MAX_WAITING
                && let Some(oldest) = self.order.pop_front()
            {
                self.waiting.remove(&oldest);
            }
            self.order.push_back(key);
        }
        let packet = self.waiting.entry(key).or_default();
        let known = packet.seen.contains(&(piece.at, length));
        // 65,535 bytes in pieces of eight: no honest packet has more.
        if !known && packet.seen.len() < 8192 {
            packet.seen.push((piece.at, length));
            packet.got = packet.got.saturating_add(length);
        }
        if piece.at == 0 {
            packet.first = true;
        }
        let at = piece.at as usize;
        if at <= packet.data.len() && packet.data.len() < MAX_KEPT {
            let fresh = data.get(packet.data.len() - at..).unwrap_or_default();
            packet.data.extend(fresh.iter().take(MAX_KEPT - packet.data.len()));
        }
        if !piece.more {
            packet.total = Some(piece.at.saturating_add(length));
        }
        let total = packet.total?;
        if !packet.first || packet.got < total {
            return None;
        }
        self.order.retain(|waiting| *waiting != key);
        let packet = self.waiting.remove(&key)?;
        Some(Whole { data: packet.data, length: total })
    }
}
