//! What an address is: public, special, or never to be dialled. Pure tables, no I/O.
//!
//! The ranges are those of the IANA special-purpose registries (IPv4 and IPv6, read 2026-11-22).
//! IPv6 is an allow-list: `2000::/3` without its special blocks. Whole transition spaces are
//! refused, since every one of them can carry a forbidden IPv4 address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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

type V4Row = ([u8; 4], u8, Class, Rule);
type V6Row = ([u16; 8], u8, Class, Rule);

/// First match wins, so exceptions stand before their block.
const V4: &[V4Row] = &[
    ([0, 0, 0, 0], 8, Class::Never, rules::UNSPECIFIED),
    ([10, 0, 0, 0], 8, Class::Admin, rules::PRIVATE),
    // Alibaba Cloud metadata, inside the carrier block.
    ([100, 100, 100, 200], 32, Class::Never, rules::METADATA),
    ([100, 64, 0, 0], 10, Class::Admin, rules::CGNAT),
    ([127, 0, 0, 0], 8, Class::Loopback, rules::LOOPBACK),
    // Azure's platform address; it looks public.
    ([168, 63, 129, 16], 32, Class::Never, rules::METADATA),
    ([169, 254, 169, 0], 24, Class::Never, rules::METADATA),
    ([169, 254, 170, 0], 24, Class::Never, rules::METADATA),
    ([169, 254, 42, 42], 32, Class::Never, rules::METADATA),
    ([169, 254, 0, 23], 32, Class::Never, rules::METADATA),
    ([169, 254, 0, 0], 16, Class::Never, rules::LINK_LOCAL),
    ([172, 16, 0, 0], 12, Class::Admin, rules::PRIVATE),
    // Oracle Cloud classic metadata.
    ([192, 0, 0, 192], 32, Class::Never, rules::METADATA),
    ([192, 0, 0, 0], 24, Class::Admin, rules::SPECIAL),
    ([192, 0, 2, 0], 24, Class::Admin, rules::DOCUMENTATION),
    // RFC 7526: the withdrawn 6to4 relay anycast block.
    ([192, 88, 99, 0], 24, Class::Never, rules::EMBEDDED),
    ([192, 168, 0, 0], 16, Class::Admin, rules::PRIVATE),
    ([198, 18, 0, 0], 15, Class::Admin, rules::BENCHMARKING),
    ([198, 51, 100, 0], 24, Class::Admin, rules::DOCUMENTATION),
    ([203, 0, 113, 0], 24, Class::Admin, rules::DOCUMENTATION),
    ([224, 0, 0, 0], 4, Class::Never, rules::MULTICAST),
    ([255, 255, 255, 255], 32, Class::Never, rules::BROADCAST),
    ([240, 0, 0, 0], 4, Class::Admin, rules::RESERVED),
];

/// First match wins. What matches nothing is public inside `2000::/3` and reserved outside.
const V6: &[V6Row] = &[
    ([0; 8], 128, Class::Never, rules::UNSPECIFIED),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128, Class::Loopback, rules::LOOPBACK),
    ([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, Class::Never, rules::EMBEDDED), // mapped
    ([0, 0, 0, 0, 0, 0, 0, 0], 96, Class::Never, rules::EMBEDDED),      // compatible
    ([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, Class::Never, rules::EMBEDDED), // translated, RFC 2765
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, Class::Never, rules::EMBEDDED), // NAT64, RFC 6052
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, Class::Never, rules::EMBEDDED), // NAT64, RFC 8215
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64, Class::Admin, rules::SPECIAL),   // discard, RFC 6666
    ([0x100, 0, 0, 1, 0, 0, 0, 0], 64, Class::Admin, rules::SPECIAL),   // dummy prefix, RFC 9780
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, Class::Never, rules::EMBEDDED), // Teredo, RFC 4380
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, Class::Admin, rules::SPECIAL),  // IETF assignments
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32, Class::Admin, rules::DOCUMENTATION),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, Class::Never, rules::EMBEDDED), // 6to4, RFC 3056
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, Class::Admin, rules::DOCUMENTATION), // RFC 9637
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16, Class::Admin, rules::SPECIAL),  // SRv6 SIDs, RFC 9602
    // Metadata inside unique local space: AWS, GCP, Oracle, Scaleway, Akamai, Alibaba.
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0], 32, Class::Never, rules::METADATA),
    ([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, Class::Never, rules::METADATA),
    ([0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128, Class::Never, rules::METADATA),
    ([0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42], 128, Class::Never, rules::METADATA),
    ([0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1], 128, Class::Never, rules::METADATA),
    ([0xfd00, 0x100, 0, 0, 0, 0, 0x100, 0x200], 128, Class::Never, rules::METADATA),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, Class::Admin, rules::PRIVATE),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, Class::Never, rules::LINK_LOCAL),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, Class::Admin, rules::PRIVATE), // site-local, RFC 3879
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, Class::Never, rules::MULTICAST),
];

/// What `ip` is and which rule says so; [`rules::PUBLIC`] for a public address.
pub fn classify(ip: IpAddr) -> (Class, Rule) {
    match ip {
        IpAddr::V4(v4) => classify_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6),
    }
}

fn classify_v4(ip: Ipv4Addr) -> (Class, Rule) {
    let bits = ip.to_bits();
    V4.iter()
        .find(|(net, length, ..)| {
            let mask = u32::MAX.checked_shl(32 - u32::from(*length)).unwrap_or(0);
            bits & mask == Ipv4Addr::from(*net).to_bits()
        })
        .map_or((Class::Public, rules::PUBLIC), |(.., class, rule)| (*class, *rule))
}

fn classify_v6(ip: Ipv6Addr) -> (Class, Rule) {
    let bits = ip.to_bits();
    let row = V6.iter().find(|(net, length, ..)| {
        let mask = u128::MAX.checked_shl(128 - u32::from(*length)).unwrap_or(0);
        bits & mask == Ipv6Addr::from(*net).to_bits()
    });
    match row {
        Some((.., Class::Never, rule)) => (Class::Never, *rule),
        _ if is_isatap(ip) => (Class::Never, rules::EMBEDDED),
        Some((.., class, rule)) => (*class, *rule),
        None if bits >> 125 == 1 => (Class::Public, rules::PUBLIC), // 2000::/3
        None => (Class::Never, rules::RESERVED),
    }
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
        for (net, length, class_wanted, _) in V4.iter().filter(|row| row.1 < 32) {
            let first = Ipv4Addr::from(*net).to_bits();
            let last = first | (u32::MAX >> length);
            for bits in [first, last] {
                assert_ne!(
                    classify_v4(Ipv4Addr::from_bits(bits)).0,
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
