//! The conversations that are open, found by their two ends.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashTable;

use super::{
    conversation::Conversation,
    flow::Flow,
    icmp::Refusal,
    reader::Listener,
    segment::{Endpoint, Segment},
};

/// No slot: the end of a chain.
const NONE: u32 = u32::MAX;
/// How long a conversation that ended is kept for its last stray packets when room is short,
/// nanoseconds. Twice the longest usual TIME-WAIT.
const STRAY: i64 = 240_000_000_000;

/// The two ends, the smaller first.
pub(super) type Pair = (Endpoint, Endpoint);

#[derive(Debug)]
struct Slot {
    hash: u64,
    flow: Flow,
    /// Its neighbours in the order of last use.
    older: u32,
    newer: u32,
}

// What one more open conversation costs: 200,000 of them stay below 64 MiB and 400 bytes for each.
const _: () = assert!(size_of::<Slot>() <= 640);

impl Slot {
    fn is_of(&self, (a, b): &Pair) -> bool {
        let [src, dst] = &self.flow.ends;
        src == a && dst == b || src == b && dst == a
    }
}

/// Open conversations, at most `limit` of them.
#[derive(Debug)]
pub(super) struct Table {
    index: HashTable<u32>,
    slots: Vec<Slot>,
    oldest: u32,
    newest: u32,
    pub(super) limit: usize,
    /// When the last packet passed.
    now: i64,
    /// Conversations that were given up because there were too many.
    pub(super) given_up: u64,
    pub(super) finished: Vec<Conversation>,
}

impl Table {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            index: HashTable::new(),
            slots: Vec::new(),
            oldest: NONE,
            newest: NONE,
            limit: limit.clamp(1, NONE as usize - 1),
            now: i64::MIN,
            given_up: 0,
            finished: Vec::new(),
        }
    }

    /// Hands over what is finished, then concludes all that are open, in the order they began.
    pub(super) fn conclude(&mut self, take: &mut impl FnMut(Conversation)) {
        let now = self.now;
        self.finished.drain(..).for_each(&mut *take);
        self.index.clear();
        self.slots.sort_unstable_by_key(|slot| (slot.flow.begun, slot.flow.ends));
        self.slots.drain(..).for_each(|slot| take(slot.flow.conclude(now)));
        (self.oldest, self.newest) = (NONE, NONE);
    }

    fn find(&self, pair: &Pair, hash: u64) -> Option<u32> {
        let same = |at: &u32| self.slots.get(*at as usize).is_some_and(|slot| slot.is_of(pair));
        self.index.find(hash, same).copied()
    }

    fn open(&mut self, pair: Pair, segment: &Segment<'_>) {
        if self.slots.len() >= self.limit {
            self.make_room(segment.time);
        }
        let hash = hash(&pair);
        let mut flow = Flow::new(segment);
        flow.see(segment);
        let at = u32::try_from(self.slots.len()).unwrap_or(NONE);
        self.slots.push(Slot { hash, flow, older: self.newest, newer: NONE });
        self.link_newest(at);
        let slots = &self.slots;
        self.index.insert_unique(hash, at, |at| slots.get(*at as usize).map_or(0, |s| s.hash));
    }

    fn link_newest(&mut self, at: u32) {
        match self.slots.get_mut(self.newest as usize) {
            Some(before) => before.newer = at,
            None => self.oldest = at,
        }
        self.newest = at;
    }

    /// Takes the slot out of the order of use.
    fn unlink(&mut self, at: u32) {
        let Some((older, newer)) = self.slots.get(at as usize).map(|s| (s.older, s.newer)) else {
            return;
        };
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    /// Makes the slot the one that was used last.
    fn touch(&mut self, at: u32) {
        if self.newest == at {
            return;
        }
        self.unlink(at);
        let newest = self.newest;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            (slot.older, slot.newer) = (newest, NONE);
        }
        self.link_newest(at);
    }

    /// Concludes the conversation that was quiet for the longest time; says so where it had not
    /// ended, or not long ago.
    fn make_room(&mut self, now: i64) {
        let at = self.oldest;
        self.unlink(at);
        let Some(slot) = self.slots.get(at as usize) else { return };
        let over = slot.flow.is_closed() && now.saturating_sub(slot.flow.last) > STRAY;
        self.given_up += u64::from(!over);
        let (hash, conversation) = (slot.hash, slot.flow.conclude(now));
        self.finished.push(conversation);
        if let Ok(entry) = self.index.find_entry(hash, |found| *found == at) {
            entry.remove();
        }
        self.slots.swap_remove(at as usize);
        self.moved(at);
    }

    /// The last slot now lies at `at`: whoever pointed to it points there.
    fn moved(&mut self, at: u32) {
        let Some(slot) = self.slots.get(at as usize) else { return };
        let (hash, older, newer) = (slot.hash, slot.older, slot.newer);
        let before = u32::try_from(self.slots.len()).unwrap_or(NONE);
        if let Some(found) = self.index.find_mut(hash, |found| *found == before) {
            *found = at;
        }
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = at,
            None => self.oldest = at,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = at,
            None => self.newest = at,
        }
    }
}

impl Listener for Table {
    /// Takes a segment into its conversation, or opens one.
    fn see(&mut self, segment: &Segment<'_>) {
        self.now = self.now.max(segment.time);
        let pair = pair(segment.from, segment.to);
        let newest = self.slots.get(self.newest as usize);
        let found = match newest {
            // Packets come in runs.
            Some(slot) if slot.is_of(&pair) => Some(self.newest),
            _ => self.find(&pair, hash(&pair)),
        };
        let Some(at) = found else {
            self.open(pair, segment);
            return;
        };
        self.touch(at);
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        if slot.flow.is_over_for(segment) {
            slot.flow.replaced = true;
            let mut next = Flow::new(segment);
            next.see(segment);
            let before = std::mem::replace(&mut slot.flow, next);
            self.finished.push(before.conclude(segment.time));
        } else {
            slot.flow.see(segment);
        }
    }

    /// Takes an ICMP error to the conversation that it is about.
    fn complain(&mut self, refusal: &Refusal) {
        let pair = pair(refusal.from, refusal.to);
        if let Some(at) = self.find(&pair, hash(&pair))
            && let Some(slot) = self.slots.get_mut(at as usize)
        {
            slot.flow.complain(refusal);
        }
    }
}

/// The two ends, whichever of them sent.
pub(super) fn pair(a: Endpoint, b: Endpoint) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

/// The same on every machine, so that the same file gives the same output.
fn hash(pair: &Pair) -> u64 {
    let mut hasher = DefaultHasher::new();
    pair.hash(&mut hasher);
    hasher.finish()
}
