//! What one run may use up: dials, holds, DNS queries, bytes and time. Shared by all its permits.
//!
//! The numbers are those of the threat model: small enough that a run is no weapon against the
//! target, large enough for every probe.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// Bytes that one run may receive, over all its connections.
pub const MAX_RECEIVED: u64 = 1024 * 1024;
/// Bytes that one run may send.
pub const MAX_SENT: u64 = 64 * 1024;
/// Connections that the standing probes of one run may open, those of the idle test apart.
pub const MAX_DIALS: u64 = 12;
/// Connections that the idle test of one run may open.
pub const MAX_HOLDS: u64 = 12;
/// Connections that the test of reused connections may open.
pub const MAX_REUSES: u64 = 10;
/// Connections that the burst may open.
pub const MAX_BURST: u64 = 12;
/// SYNs that the trace may send: thirty hops three times, W9 of the threat model.
pub const MAX_TRACES: u64 = 90;
/// Connections that the search for the sender of a reset may open: three searches of 8 steps.
pub const MAX_SEARCHES: u64 = 24;
/// Connections that the remaining probes of one run may open, the repeat at the end apart.
pub const MAX_EXTRAS: u64 = 12;
/// Connections that the repeat at the end may open.
pub const MAX_REPEATS: u64 = 2;
/// DNS queries that one run may send.
pub const MAX_QUERIES: u64 = 20;

/// What a dial is charged to, so that no probe uses up the share of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// The standing probes.
    Standing,
    /// The idle test.
    Hold,
    /// The test of reused connections.
    Reuse,
    /// The burst.
    Burst,
    /// The trace.
    Trace,
    /// The search for the sender of a reset.
    Search,
    /// The remaining probes.
    Extra,
    /// The repeat at the end.
    Repeat,
}

impl Account {
    const ALL: [(Self, u64); 8] = [
        (Self::Standing, MAX_DIALS),
        (Self::Hold, MAX_HOLDS),
        (Self::Reuse, MAX_REUSES),
        (Self::Burst, MAX_BURST),
        (Self::Trace, MAX_TRACES),
        (Self::Search, MAX_SEARCHES),
        (Self::Extra, MAX_EXTRAS),
        (Self::Repeat, MAX_REPEATS),
    ];
}

/// The account of one run.
#[derive(Debug)]
pub struct Meter {
    received: AtomicU64,
    sent: AtomicU64,
    dials: [AtomicU64; Account::ALL.len()],
    queries: AtomicU64,
    deadline: Instant,
}

impl Meter {
    /// An untouched account that runs out after `wall`.
    pub fn new(wall: Duration) -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            received: zero(),
            sent: zero(),
            dials: Account::ALL.map(|_| zero()),
            queries: zero(),
            deadline: Instant::now() + wall,
        }
    }

    /// Bytes received so far.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Time left, zero when the run is over.
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) fn received_left(&self) -> u64 {
        if self.time_left().is_zero() { 0 } else { MAX_RECEIVED.saturating_sub(self.received()) }
    }

    pub(super) fn sent_left(&self) -> u64 {
        if self.time_left().is_zero() { 0 } else { MAX_SENT.saturating_sub(self.sent()) }
    }

    pub(super) fn count_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn count_sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Takes one dial of `account`; false when none is left.
    pub(super) fn take_dial(&self, account: Account) -> bool {
        let known = Account::ALL.iter().zip(&self.dials);
        known
            .filter(|((name, _), _)| *name == account)
            .any(|((_, limit), counter)| self.take(counter, *limit))
    }

    /// Takes one DNS query; false when none is left.
    pub(super) fn take_query(&self) -> bool {
        self.take(&self.queries, MAX_QUERIES)
    }

    fn take(&self, counter: &AtomicU64, limit: u64) -> bool {
        !self.time_left().is_zero() && counter.fetch_add(1, Ordering::Relaxed) < limit
    }
}
