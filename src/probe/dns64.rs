//! Which prefixes the resolvers of this network translate by: RFC 7050.
//!
//! A resolver that makes AAAA records up for hosts that have none (DNS64) does so for `ipv4only.arpa` too,
//! whose two IPv4 addresses are known, so that they show the prefix.
//! Invariant: no packet but the queries to the configured resolvers; what a resolver says opens nothing
//! that is not open without it.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    meter::Meter,
    nat64::{Inner, LENGTHS, Prefix},
    resolve::Resolve,
};

/// The name that has IPv4 addresses only (RFC 7050 §8.2).
pub(super) const NAME: &str = "ipv4only.arpa";
/// Its addresses (RFC 7050 §8.1).
const ADDRESSES: [Ipv4Addr; 2] = [Ipv4Addr::new(192, 0, 0, 170), Ipv4Addr::new(192, 0, 0, 171)];
/// Prefixes kept; networks have one or two.
const MOST: usize = 8;
/// How long an answer counts at least, whatever its time to live, and at most. judgement: an attack by a
/// time to live of 0 would ask before each run; a network that changes its translator does so by the day.
const SHORTEST: Duration = Duration::from_mins(1);
const LONGEST: Duration = Duration::from_hours(24);
/// How long nothing counts. judgement: a resolver that was away is asked again soon.
const NOTHING: Duration = Duration::from_mins(5);

/// What one resolver made up for the name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synthesis {
    /// The addresses.
    pub addresses: Vec<Ipv6Addr>,
    /// The shortest time to live among them.
    pub ttl: Duration,
}

/// What was learnt, as long as it counts.
#[derive(Debug, Default)]
pub(super) struct Dns64(Mutex<Option<Learnt>>);

#[derive(Clone, Debug)]
struct Learnt {
    until: Instant,
    prefixes: Vec<Prefix>,
}

impl Dns64 {
    /// The prefixes that `resolver` shows, asked for anew where the last answer has run out.
    pub(super) async fn prefixes(&self, resolver: &dyn Resolve, meter: &Meter) -> Vec<Prefix> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(learnt) = known.filter(|learnt| learnt.until > Instant::now()) {
            return learnt.prefixes;
        }
        let said = resolver.synthesized(NAME, meter).await;
        let ttl = said.iter().map(|said| said.ttl).min();
        let mut prefixes: Vec<Prefix> =
            said.iter().flat_map(|said| read(&said.addresses)).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        prefixes.truncate(MOST);
        let lasts = match ttl {
            Some(ttl) if !prefixes.is_empty() => ttl.clamp(SHORTEST, LONGEST),
            _ => NOTHING,
        };
        let learnt = Learnt { until: Instant::now() + lasts, prefixes: prefixes.clone() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(learnt);
        prefixes
    }
}

/// The prefixes in one resolver's answer: those that both addresses of the name stand behind, and that a
/// resolver may name. Pure.
fn read(addresses: &[Ipv6Addr]) -> Vec<Prefix> {
    let candidates = addresses.iter().flat_map(|address| {
        LENGTHS.into_iter().filter_map(|length| {
            let mask = u128::MAX << (128 - u32::from(length));
            Prefix::new(Ipv6Addr::from_bits(address.to_bits() & mask), length).ok()
        })
    });
    let shows = |prefix: &Prefix| {
        ADDRESSES.iter().all(|v4| addresses.contains(&prefix.wrap(*v4)))
            && ADDRESSES.iter().all(|v4| prefix.unwrap(prefix.wrap(*v4)) == Inner::Address(*v4))
    };
    let mut found: Vec<Prefix> =
        candidates.filter(|prefix| prefix.may_be_learnt() && shows(prefix)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_of(prefix: &str, both: bool) -> Vec<String> {
        let prefix: Prefix = prefix.parse().unwrap();
        let wanted = ADDRESSES.into_iter().take(if both { 2 } else { 1 });
        let addresses: Vec<Ipv6Addr> = wanted.map(|v4| prefix.wrap(v4)).collect();
        read(&addresses).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_prefix_of_each_length_is_found_where_both_addresses_stand_behind_it() {
        for prefix in [
            "64:ff9b::/96",
            "64:ff9b:1::/48",
            "2a00:1::/32",
            "2a00:1:200::/40",
            "2a00:1:2::/48",
            "2a00:1:2:300::/56",
            "2a00:1:2:3::/64",
            "2a00:1:2:3::/96",
        ] {
            assert_eq!(read_of(prefix, true), [prefix], "{prefix}");
            assert!(read_of(prefix, false).is_empty(), "{prefix}");
        }
    }

    #[test]
    fn a_resolver_names_no_private_space_and_no_ordinary_host() {
        assert!(read_of("fd00:1::/96", true).is_empty());
        assert!(read_of("2001:db8:1::/96", true).is_empty());
        for ordinary in ["2a00:1450:4001:81b::200e", "::1", "::ffff:192.0.0.170", "fe80::1"] {
            assert!(read(&[ordinary.parse().unwrap()]).is_empty(), "{ordinary}");
        }
        // Two addresses, of two prefixes.
        let one = "2a00:1::192.0.0.170".parse().unwrap();
        let other = "2a00:2::192.0.0.171".parse().unwrap();
        assert!(read(&[one, other]).is_empty());
    }
}
