//! IPv4 addresses inside IPv6 ones, as translators (NAT64) read them: RFC 6052. Pure.
//!
//! In: a prefix, and an address. Out: what the translator would dial for it.
//! Invariant: `wrap` and `unwrap` are each other's inverse; an address in the prefix that `wrap` would not
//! make is malformed, never another IPv4 address.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv6Net};
use serde::{Deserialize, Deserializer, de::Error};

use super::ranges::{self, Class};

/// The lengths of prefixes that translators know (RFC 6052 §2.2).
pub const LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];
/// The octet that is 0 in every translated address, bits 64 to 71 (RFC 6052 §2.2).
const U: usize = 8;
/// The well-known prefix (RFC 6052 §2.1), and the block for prefixes of one's own (RFC 8215).
const WELL_KNOWN: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);
const LOCAL: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0);

/// A prefix behind which a translator stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Ipv6Net);

/// What an address is to one prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// Not within it.
    Outside,
    /// Within it, and no address that a translator makes.
    Malformed,
    /// This IPv4 address, translated.
    Address(Ipv4Addr),
}

/// A prefix and who says that a translator stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The prefix.
    pub prefix: Prefix,
    /// Whether a resolver says so (RFC 7050), rather than the configuration.
    pub learnt: bool,
}

impl Known {
    /// A prefix that stands in the configuration.
    pub fn written(prefix: Prefix) -> Self {
        Self { prefix, learnt: false }
    }
}

impl Prefix {
    /// The prefix of `length` bits at `network`, which may lie in the blocks made for it, in global
    /// unicast space, or where an administrator may open it.
    ///
    /// # Errors
    /// One clause on what is wrong.
    pub fn new(network: Ipv6Addr, length: u8) -> Result<Self, &'static str> {
        if !LENGTHS.contains(&length) {
            return Err("its length is not 32, 40, 48, 56, 64 or 96");
        }
        let net = Ipv6Net::new(network, length).map_err(|_| "its length is above 128")?;
        if net.trunc() != net {
            return Err("it has bits behind its length");
        }
        if network.octets()[U] != 0 {
            return Err("bits 64 to 71 are not 0 (RFC 6052 §2.2)");
        }
        if length == 96 && network.segments()[4..6] == [0, 0x5efe] {
            return Err("its addresses would be ISATAP's");
        }
        let made_for_it = (network == WELL_KNOWN && length == 96)
            || (length >= 48 && Ipv6Net::new(LOCAL, 48).is_ok_and(|local| local.contains(&net)));
        let special = ranges::overlapping(net);
        if made_for_it {
            Ok(Self(net))
        } else if special.iter().any(|class| !matches!(class, Class::Admin)) {
            Err("it overlaps a block that is never opened")
        } else if special.is_empty() && ranges::classify(network.into()).0 != Class::Public {
            Err("it is no address space in use")
        } else {
            Ok(Self(net))
        }
    }

    /// Whether a resolver's word is enough for it: it is well known, or in public space, where it opens
    /// nothing that was not open before. A prefix in private space is the administrator's to name.
    pub fn may_be_learnt(self) -> bool {
        let special = ranges::overlapping(self.0);
        special.is_empty() || special.iter().all(|class| *class == Class::Never)
    }

    /// The address by which `v4` is reached through the translator.
    pub fn wrap(self, v4: Ipv4Addr) -> Ipv6Addr {
        let mut octets = self.0.addr().octets();
        for (place, octet) in self.places().zip(v4.octets()) {
            if let Some(slot) = octets.get_mut(place) {
                *slot = octet;
            }
        }
        octets.into()
    }

    /// What the translator would dial for `v6`. Bits behind the IPv4 address are to be 0; a translator may
    /// pass over others, so that such an address is taken for nothing at all.
    pub fn unwrap(self, v6: Ipv6Addr) -> Inner {
        if !self.0.contains(&v6) {
            return Inner::Outside;
        }
        let octets = v6.octets();
        let mut v4 = [0; 4];
        for (slot, place) in v4.iter_mut().zip(self.places()) {
            *slot = octets.get(place).copied().unwrap_or_default();
        }
        let v4 = Ipv4Addr::from(v4);
        if self.wrap(v4) == v6 { Inner::Address(v4) } else { Inner::Malformed }
    }

    /// Where the four octets of the IPv4 address lie: behind the prefix, and never in the octet U.
    fn places(self) -> impl Iterator<Item = usize> {
        let start = usize::from(self.0.prefix_len() / 8);
        (start..16).filter(|place| *place != U).take(4)
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Prefix {
    type Err = String;

    /// Reads `64:ff9b::/96`.
    fn from_str(text: &str) -> Result<Self, String> {
        let shown = || text.chars().take(80).flat_map(char::escape_debug).collect::<String>();
        match text.trim().parse() {
            Ok(IpNet::V6(net)) => Self::new(net.addr(), net.prefix_len())
                .map_err(|why| format!("`{}` is no prefix of a NAT64: {why}", shown())),
            _ => Err(format!("`{}` is no IPv6 prefix such as `64:ff9b::/96`", shown())),
        }
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// Whether `network` is one of the blocks that were set aside for translators.
pub(super) fn is_made_for_it(network: IpNet) -> bool {
    let blocks = [Ipv6Net::new(WELL_KNOWN, 96), Ipv6Net::new(LOCAL, 48)];
    blocks.into_iter().flatten().any(|block| network == IpNet::V6(block))
}

/// What `ip` is to each of `known` that holds it; the longest prefix first.
pub(super) fn readings(known: &[Known], ip: IpAddr) -> Vec<(Known, Inner)> {
    let IpAddr::V6(v6) = ip else { return Vec::new() };
    let mut readings: Vec<(Known, Inner)> = known
        .iter()
        .map(|known| (*known, known.prefix.unwrap(v6)))
        .filter(|(_, inner)| *inner != Inner::Outside)
        .collect();
    readings.sort_by_key(|(known, _)| std::cmp::Reverse(known.prefix.0.prefix_len()));
    readings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The table of RFC 6052 §2.4.
    #[test]
    fn the_examples_of_the_standard_are_read_and_made() {
        for (prefix, whole) in [
            ("2001:db8::/32", "2001:db8:c000:221::"),
            ("2001:db8:100::/40", "2001:db8:1c0:2:21::"),
            ("2001:db8:122::/48", "2001:db8:122:c000:2:2100::"),
            ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"),
            ("2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"),
            ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"),
            ("64:ff9b::/96", "64:ff9b::192.0.2.33"),
        ] {
            let read: Prefix = prefix.parse().unwrap();
            let v4 = Ipv4Addr::new(192, 0, 2, 33);
            let whole: Ipv6Addr = whole.parse().unwrap();
            assert_eq!(read.wrap(v4), whole, "{prefix}");
            assert_eq!(read.unwrap(whole), Inner::Address(v4), "{prefix}");
            assert_eq!(read.to_string(), prefix);
        }
    }

    #[test]
    fn a_prefix_lies_where_translators_may_and_nowhere_else() {
        for (text, why) in [
            ("64:ff9b::/64", "never opened"),
            ("64:ff9b::/32", "never opened"),
            ("64:ff9b:2::/96", "no address space"),
            ("::/96", "never opened"),
            ("::ffff:0:0/96", "never opened"),
            ("2002::/32", "never opened"),
            ("2001::/32", "never opened"),
            ("fe80::/64", "never opened"),
            ("ff00::/32", "never opened"),
            ("fd00:ec2::/48", "never opened"),
            ("fd00:42::/96", "never opened"),
            ("4000::/32", "no address space"),
            ("2a00:1::/33", "length"),
            ("2a00:1::1/96", "behind its length"),
            ("2a00:1:2:3:100::/96", "64 to 71"),
            ("2a00:1:2:3:0:5efe::/96", "ISATAP"),
            ("10.0.0.0/32", "no IPv6 prefix"),
            ("2a00:1::", "no IPv6 prefix"),
            ("", "no IPv6 prefix"),
        ] {
            let said = text.parse::<Prefix>().unwrap_err();
            assert!(said.contains(why), "{text}: {said}");
        }
        for (text, may_be_learnt) in [
            ("64:ff9b::/96", true),
            ("64:ff9b:1::/48", true),
            ("64:ff9b:1:2::/64", true),
            ("2a00:1:2:3::/96", true),
            ("fd12:3456::/96", false),
            ("2001:db8:1::/96", false),
        ] {
            assert_eq!(text.parse::<Prefix>().unwrap().may_be_learnt(), may_be_learnt, "{text}");
        }
    }

    proptest! {
        #[test]
        fn wrapping_and_unwrapping_undo_each_other(bits in any::<u32>(), network in any::<u64>(), which in 0_usize..6, noise in any::<u128>()) {
            let length = LENGTHS[which];
            // Somewhere in 2a00::/16, so that every prefix is one.
            let network = (u128::from(network) >> 16 | 0x2a00 << 48) << 64;
            let network = Ipv6Net::new(network.into(), length).unwrap().trunc().addr();
            let prefix = Prefix::new(network, length).unwrap();
            let v4 = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(prefix.unwrap(prefix.wrap(v4)), Inner::Address(v4));
            let other = Ipv6Addr::from_bits(network.to_bits() | noise >> length);
            match prefix.unwrap(other) {
                Inner::Address(v4) => prop_assert_eq!(prefix.wrap(v4), other),
                inner => prop_assert_eq!(inner, Inner::Malformed),
            }
        }

        #[test]
        fn no_text_is_too_strange_for_a_prefix(text in "\\PC{0,40}|[0-9a-f:./]{0,40}") {
            let _ = text.parse::<Prefix>();
        }
    }
}
