//! What an address is: public, special, or never to be dialled. Pure tables, no I/O.
//!
//! The ranges are those of the IANA special-purpose registries (IPv4 and IPv6, read 2026-11-22).
//! IPv6 is an allow-list: `2000::/3` without its special blocks. Whole transition spaces are
//! refused, since every one of them can carry a forbidden IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::rules::{self, Rule};

/// Who may open an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Public; needs no opening.
    Public,
    /// The administrator may open it by CIDR.
    Admin,
    /// The machine itself: opened by its own switch, never by a CIDR.
    Loopback,
    /// No setting opens it.
    Never,
}

/// Network, length of its prefix, who may open it, why, and where that is written.
type V4Row = ([u8; 4], u8, Class, Rule, &'static str);
type V6Row = ([u16; 8], u8, Class, Rule, &'static str);

/// What the tables say of an address.
#[derive(Clone, Copy, Debug)]
pub struct Listed {
    /// The network that holds it; `None` where no row does.
    pub network: Option<IpNet>,
    /// Who may open it.
    pub class: Class,
    /// The rule.
    pub rule: Rule,
    /// The document or the service behind the row.
    pub source: &'static str,
}

/// First match wins, so exceptions stand before their block.
const V4: &[V4Row] = &[
    ([0, 0, 0, 0], 8, Class::Never, rules::UNSPECIFIED, "RFC 791 §3.2"),
    ([10, 0, 0, 0], 8, Class::Admin, rules::PRIVATE, "RFC 1918"),
    // Alibaba Cloud metadata, inside the carrier block.
    ([100, 100, 100, 200], 32, Class::Never, rules::METADATA, "Alibaba Cloud metadata"),
    ([100, 64, 0, 0], 10, Class::Admin, rules::CGNAT, "RFC 6598"),
    ([127, 0, 0, 0], 8, Class::Loopback, rules::LOOPBACK, "RFC 1122 §3.2.1.3"),
    // Azure's platform address; it looks public.
    ([168, 63, 129, 16], 32, Class::Never, rules::METADATA, "Azure platform address"),
    (
        [169, 254, 169, 0],
        24,
        Class::Never,
        rules::METADATA,
        "cloud metadata (AWS, GCP, Azure, OpenStack)",
    ),
    ([169, 254, 170, 0], 24, Class::Never, rules::METADATA, "AWS container credentials"),
    ([169, 254, 42, 42], 32, Class::Never, rules::METADATA, "Scaleway metadata"),
    ([169, 254, 0, 23], 32, Class::Never, rules::METADATA, "Tencent Cloud metadata"),
    ([169, 254, 0, 0], 16, Class::Never, rules::LINK_LOCAL, "RFC 3927"),
    ([172, 16, 0, 0], 12, Class::Admin, rules::PRIVATE, "RFC 1918"),
    // Oracle Cloud classic metadata.
    ([192, 0, 0, 192], 32, Class::Never, rules::METADATA, "Oracle Cloud classic metadata"),
    ([192, 0, 0, 0], 24, Class::Admin, rules::SPECIAL, "RFC 6890 §2.1"),
    ([192, 0, 2, 0], 24, Class::Admin, rules::DOCUMENTATION, "RFC 5737"),
    // RFC 7526: the withdrawn 6to4 relay anycast block.
    ([192, 88, 99, 0], 24, Class::Never, rules::EMBEDDED, "RFC 7526"),
    ([192, 168, 0, 0], 16, Class::Admin, rules::PRIVATE, "RFC 1918"),
    ([198, 18, 0, 0], 15, Class::Admin, rules::BENCHMARKING, "RFC 2544"),
    ([198, 51, 100, 0], 24, Class::Admin, rules::DOCUMENTATION, "RFC 5737"),
    ([203, 0, 113, 0], 24, Class::Admin, rules::DOCUMENTATION, "RFC 5737"),
    ([224, 0, 0, 0], 4, Class::Never, rules::MULTICAST, "RFC 1112"),
    ([255, 255, 255, 255], 32, Class::Never, rules::BROADCAST, "RFC 919"),
    ([240, 0, 0, 0], 4, Class::Admin, rules::RESERVED, "RFC 1112 §4"),
];

/// First match wins. What matches nothing is public inside `2000::/3` and reserved outside.
const V6: &[V6Row] = &[
    ([0; 8], 128, Class::Never, rules::UNSPECIFIED, "RFC 4291 §2.5.2"),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Class::Loopback, rules::LOOPBACK, "RFC 4291 §2.5.3"),
    (
        [0, 0, 0, 0, 0, 0xffff, 0, 0],
        96,
        Class::Never,
        rules::EMBEDDED,
        "RFC 4291 §2.5.5.2, IPv4-mapped",
    ),
    (
        [0, 0, 0, 0, 0, 0, 0, 0],
        96,
        Class::Never,
        rules::EMBEDDED,
        "RFC 4291 §2.5.5.1, IPv4-compatible",
    ),
    (
        [0, 0, 0, 0, 0xffff, 0, 0, 0],
        96,
        Class::Never,
        rules::EMBEDDED,
        "RFC 2765 §2.1, IPv4-translated",
    ),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, Class::Never, rules::EMBEDDED, "RFC 6052, NAT64"),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Class::Never, rules::EMBEDDED, "RFC 8215, local NAT64"),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Class::Admin, rules::SPECIAL, "RFC 6666, discard"),
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, Class::Admin, rules::SPECIAL, "RFC 9780, dummy prefix"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Class::Never, rules::EMBEDDED, "RFC 4380, Teredo"),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Class::Admin, rules::SPECIAL, "RFC 2928, IETF assignments"),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Class::Admin, rules::DOCUMENTATION, "RFC 3849"),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Class::Never, rules::EMBEDDED, "RFC 3056, 6to4"),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Class::Admin, rules::DOCUMENTATION, "RFC 9637"),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, Class::Admin, rules::SPECIAL, "RFC 9602, SRv6 SIDs"),
    // Metadata inside unique local space: AWS, GCP, Oracle, Scaleway, Akamai, Alibaba.
    (
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0],
        32,
        Class::Never,
        rules::METADATA,
        "AWS metadata, DNS and time",
    ),
    (
        [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254],
        128,
        Class::Never,
        rules::METADATA,
        "Google Cloud metadata",
    ),
    (
        [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe],
        128,
        Class::Never,
        rules::METADATA,
        "Oracle Cloud metadata",
    ),
    ([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, Class::Never, rules::METADATA, "Scaleway metadata"),
    (
        [0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1],
        128,
        Class::Never,
        rules::METADATA,
        "Akamai metadata",
    ),
    (
        [0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200],
        128,
        Class::Never,
        rules::METADATA,
        "Alibaba Cloud metadata",
    ),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Class::Admin, rules::PRIVATE, "RFC 4193"),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Class::Never, rules::LINK_LOCAL, "RFC 4291 §2.5.6"),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Class::Admin, rules::PRIVATE, "RFC 3879"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Class::Never, rules::MULTICAST, "RFC 4291 §2.7"),
];

/// What `ip` is and which rule says so; [`rules::PUBLIC`] for a public address.
pub fn classify(ip: IpAddr) -> (Class, Rule) {
    let listed = look_up(ip);
    (listed.class, listed.rule)
}

/// What the tables say of `ip`, with the row that says it.
pub fn look_up(ip: IpAddr) -> Listed {
    match ip {
        IpAddr::V4(v4) => look_up_v4(v4),
        IpAddr::V6(v6) => look_up_v6(v6),
    }
}

/// Who may open what the rows say that overlap `net`; the block outside `2000::/3` has no row.
pub(super) fn overlapping(net: Ipv6Net) -> Vec<Class> {
    let of = |row: &V6Row| Ipv6Net::new(row.0.into(), row.1).ok();
    let overlaps =
        |row: &&V6Row| of(row).is_some_and(|row| row.contains(&net) || net.contains(&row));
    V6.iter().filter(overlaps).map(|row| row.2).collect()
}

fn look_up_v4(ip: Ipv4Addr) -> Listed {
    let bits = ip.to_bits();
    let row = V4.iter().find(|(net, length, ..)| {
        let mask = u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
        bits & mask == Ipv4Addr::from(*net).to_bits()
    });
    let found = |(net, length, class, rule, source): &V4Row| Listed {
        network: Ipv4Net::new((*net).into(), *length).ok().map(IpNet::V4),
        class: *class,
        rule: *rule,
        source,
    };
    let public = (Class::Public, rules::PUBLIC, "IANA IPv4 special-purpose registry");
    row.map_or_else(|| unlisted(public), found)
}

fn look_up_v6(ip: Ipv6Addr) -> Listed {
    let bits = ip.to_bits();
    let row = V6.iter().find(|(net, length, ..)| {
        let mask = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
        bits & mask == Ipv6Addr::from(*net).to_bits()
    });
    let found = |(net, length, class, rule, source): &V6Row| Listed {
        network: Ipv6Net::new((*net).into(), *length).ok().map(IpNet::V6),
        class: *class,
        rule: *rule,
        source,
    };
    match row {
        Some(row @ (_, _, Class::Never, ..)) => found(row),
        _ if is_isatap(ip) => unlisted((Class::Never, rules::EMBEDDED, "RFC 5214 §6.1, ISATAP")),
        Some(row) => found(row),
        // 2000::/3
        None if bits >> 125 == 1 => {
            unlisted((Class::Public, rules::PUBLIC, "IANA IPv6 global unicast space, 2000::/3"))
        }
        None => unlisted((Class::Never, rules::RESERVED, "IANA: outside of 2000::/3")),
    }
}

fn unlisted((class, rule, source): (Class, Rule, &'static str)) -> Listed {
    Listed { network: None, class, rule, source }
}

/// RFC 5214 §6.1: interface ids `0000:5efe:a.b.c.d` and `0200:5efe:a.b.c.d` carry an IPv4 address.
fn is_isatap(ip: Ipv6Addr) -> bool {
    let [_, _, _, _, high, low, ..] = ip.segments();
    low == 0x5efe && (high & !0x0300) == 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn class(text: &str) -> Class {
        classify(text.parse().unwrap()).0
    }

    #[test]
    fn both_ends_of_each_v4_block_are_inside_and_their_neighbours_outside() {
        for (net, length, class_wanted, ..) in V4.iter().filter(|row| row.1 < 32) {
            let first = Ipv4Addr::from(*net).to_bits();
            let last = first | (u32::MAX >> length);
            for bits in [first, last] {
                assert_ne!(
                    look_up_v4(Ipv4Addr::from_bits(bits)).class,
                    Class::Public,
                    "{net:?}/{length} {class_wanted:?}"
                );
            }
        }
        for public in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "191.255.255.255",
            "192.0.1.0",
            "192.0.3.0",
            "192.88.98.255",
            "192.88.100.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "198.51.99.255",
            "198.51.101.0",
            "203.0.112.255",
            "203.0.114.0",
            "223.255.255.255",
            "168.63.129.15",
            "168.63.129.17",
            "192.31.196.1",
            "192.52.193.1",
            "192.175.48.1",
        ] {
            assert_eq!(class(public), Class::Public, "{public}");
        }
    }

    #[test]
    fn ipv6_is_public_only_inside_the_allow_list() {
        for public in [
            "2000::",
            "2001:200::1",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2400:cb00::1",
            "2620:4f:8000::1",
            "3ffe:ffff::1",
            "3fff:1000::1",
            "2a00:1450:4001:81b::200e",
        ] {
            assert_eq!(class(public), Class::Public, "{public}");
        }
        for never in [
            "::",
            "::7f00:1",
            "::ffff:8.8.8.8",
            "::ffff:0:8.8.8.8",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "2001::1",
            "2002:808:808::1",
            "fe80::1",
            "febf::1",
            "ff02::1",
            "4000::1",
            "1fff::1",
            "8000::1",
            "e000::1",
            "f000::1",
            "2a00:1450::5efe:a00:1",
            "2a00:1450::200:5efe:a00:1",
            "fd00:ec2::254",
            "fd12::5efe:a00:1",
        ] {
            assert_eq!(class(never), Class::Never, "{never}");
        }
        for admin in [
            "fc00::1",
            "fdff::1",
            "fec0::1",
            "2001:db8::1",
            "3fff::1",
            "5f00::1",
            "100::1",
            "2001:1::1",
        ] {
            assert_eq!(class(admin), Class::Admin, "{admin}");
        }
        assert_eq!(class("::1"), Class::Loopback);
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_never_public_inside_a_transition_prefix(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for segments in [
                [0, 0, 0, 0, 0, 0xffff, high, low],
                [0, 0, 0, 0, 0xffff, 0, high, low],
                [0, 0, 0, 0, 0, 0, high, low],
                [0x64, 0xff9b, 0, 0, 0, 0, high, low],
                [0x2002, high, low, 0, 0, 0, 0, 1],
                [0x2001, 0, 0x4136, 0xe378, 0x8000, 0x63bf, !high, !low],
                [0x2a00, 1, 2, 3, 0, 0x5efe, high, low],
                [0x2a00, 1, 2, 3, 0x200, 0x5efe, high, low],
            ] {
                prop_assert_ne!(classify(Ipv6Addr::from(segments).into()).0, Class::Public);
            }
        }
    }
}
