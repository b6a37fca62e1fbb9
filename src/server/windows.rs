//! How often somebody may do something: counts in windows of fixed length.
//!
//! Unlike a leaky bucket it can be looked at without being charged, which is what counting failures
//! needs. Bounded: beyond [`KEYS`] keys the oldest windows go first.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::http::StatusCode;

use super::problem::Problem;

/// Keys that are kept. judgement: 100 bytes each, so some 2 MB.
const KEYS: usize = 20_000;

/// A count for each key, over windows of the same length.
#[derive(Debug)]
pub struct Windows<K> {
    most: u32,
    length: Duration,
    counts: Mutex<BTreeMap<K, (Instant, u32)>>,
}

impl<K: Ord + Clone> Windows<K> {
    /// At most `most` in each window of `length`.
    pub fn new(most: u32, length: Duration) -> Self {
        Self { most, length, counts: Mutex::default() }
    }

    /// How long `key` has to wait; nothing where it has not used up its window.
    pub fn wait(&self, key: &K) -> Option<Duration> {
        self.wait_at(key, Instant::now())
    }

    /// Counts one for `key`, or says how long it has to wait.
    pub fn take(&self, key: &K) -> Result<(), Duration> {
        self.take_at(key, 1, Instant::now())
    }

    /// Counts `many` at once. What is more than a whole window is let through where it is the first.
    pub fn take_many(&self, key: &K, many: u32) -> Result<(), Duration> {
        self.take_at(key, many, Instant::now())
    }

    /// Takes back one that was counted for `key`: it was none.
    pub fn give_back(&self, key: &K) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, count)) = counts.get_mut(key) {
            *count = count.saturating_sub(1);
        }
    }

    fn wait_at(&self, key: &K, now: Instant) -> Option<Duration> {
        self.wait_for(key, 1, now)
    }

    fn wait_for(&self, key: &K, many: u32, now: Instant) -> Option<Duration> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, count) = counts.get(key)?;
        let left = self.length.checked_sub(now.saturating_duration_since(*since))?;
        (*count > 0 && count.saturating_add(many) > self.most).then_some(left)
    }

    fn take_at(&self, key: &K, many: u32, now: Instant) -> Result<(), Duration> {
        if let Some(wait) = self.wait_for(key, many, now) {
            return Err(wait);
        }
        let is_over = |since: &Instant| now.saturating_duration_since(*since) >= self.length;
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= KEYS {
            counts.retain(|_, (since, _)| !is_over(since));
            let oldest = counts.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone())
                && counts.len() >= KEYS
            {
                counts.remove(&oldest);
            }
        }
        let entry = counts.entry(key.clone()).or_insert((now, 0));
        if is_over(&entry.0) {
            *entry = (now, 0);
        }
        entry.1 = entry.1.saturating_add(many);
        Ok(())
    }
}

/// What one client is counted by: an IPv4 address, or the /64 that an IPv6 client has to itself.
pub(super) fn bucket(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(address) if address.to_ipv4_mapped().is_none() => {
            let network = u128::from(address) >> 64 << 64;
            IpAddr::V6(network.into())
        }
        other => other.to_canonical(),
    }
}

/// The answer to somebody who has used up a window.
pub fn too_often(wait: Duration) -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-often",
        "That was too often in a short time. Wait a little and try again.",
        "短时间内操作过于频繁，请稍候再试。",
    )
    .retry_after(wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_ends_and_looking_costs_nothing() {
        let windows = Windows::new(2, Duration::from_secs(10));
        let now = Instant::now();
        for _ in 0..5 {
            assert_eq!(windows.wait_at(&"a", now), None);
        }
        assert!(windows.take_at(&"a", 1, now).is_ok() && windows.take_at(&"a", 1, now).is_ok());
        assert!(windows.take_at(&"a", 1, now).is_err() && windows.wait_at(&"a", now).is_some());
        windows.give_back(&"a");
        assert!(windows.take_at(&"a", 1, now).is_ok() && windows.take_at(&"a", 1, now).is_err());
        assert!(windows.take_at(&"b", 1, now).is_ok(), "each key has a window of its own");
        assert!(windows.take_at(&"a", 1, now + Duration::from_secs(11)).is_ok());
        assert!(windows.take_at(&"c", 9, now).is_ok() && windows.take_at(&"c", 1, now).is_err());
    }

    #[test]
    fn a_whole_network_of_ipv6_is_one_client() {
        let same = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9"].map(|a| bucket(a.parse().unwrap()));
        assert_eq!(same[0], same[1]);
        assert_ne!(same[0], bucket("2001:db8:1:3::1".parse().unwrap()));
        assert_eq!(
            bucket("::ffff:192.0.2.1".parse().unwrap()),
            bucket("192.0.2.1".parse().unwrap())
        );
    }
}
