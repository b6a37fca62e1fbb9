//! Who counts as one party: the network behind an address, the owner behind a name. Pure.

use std::net::IpAddr;

/// The network one party owns: an IPv4 address, or the /64 of an IPv6 one (every customer has one).
pub(super) fn network_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// The name one party probably owns: the last two labels, three below `co.uk` and its kind.
///
/// judgement: the public-suffix list would be exact, and is a quarter of a megabyte. Where this
/// guesses too wide, customers of one hosting domain share one account, which is the safe side.
pub(super) fn owner_of(name: &str) -> String {
    const SECOND: [&str; 9] = ["co", "com", "net", "org", "gov", "edu", "ac", "or", "ne"];
    let labels: Vec<&str> = name.rsplit('.').collect();
    let keep = match labels.as_slice() {
        [top, second, ..] if top.len() == 2 && SECOND.contains(second) => 3,
        _ => 2,
    };
    let mut kept: Vec<&str> = labels.into_iter().take(keep).collect();
    kept.reverse();
    kept.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_is_its_64_and_a_mapped_one_its_ipv4() {
        let net = |text: &str| network_of(text.parse().unwrap()).to_string();
        assert_eq!(net("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(net("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(owner_of("a.b.example.co.uk"), "example.co.uk");
    }
}
