//! Names that are refused before any DNS query. Pure tables, no I/O.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    ranges::{self, Class},
    rules::{self, Rule},
};

/// Names of the machine itself: RFC 6761 §6.3, and the lines of common `/etc/hosts` files.
const LOOPBACK: &[&str] = &[
    "localhost",
    "localdomain",
    "localhost6",
    "localdomain6",
    "ip6-localhost",
    "ip6-loopback",
    "localhost4",
    "localdomain4",
    "loopback",
];

/// Metadata services of clouds by name (AWS, GCP, Tencent, Equinix, IBM, OpenStack, Rancher).
const METADATA: &[&str] = &[
    "metadata",
    "instance-data",
    "metadata.google.internal",
    "metadata.goog",
    "instance-data.ec2.internal",
    "metadata.tencentyun.com",
    "metadata.packet.net",
    "metadata.platformequinix.com",
    "api.metadata.cloud.ibm.com",
    "metadata.azure.internal",
    "metadata.azure.com",
    "rancher-metadata",
    "rancher-metadata.rancher.internal",
];

/// Not DNS at all: RFC 7686 (.onion), RFC 9476 (.alt), RFC 6761 (.invalid), overlay networks.
const NOT_DNS: &[&str] = &["onion", "alt", "invalid", "i2p", "exit", "bit"];

/// Suffixes of private networks: RFC 6762 (.local and appendix G), RFC 8375 (.home.arpa), ICANN's
/// .internal (2024) and its name-collision list (.corp, .home), Kubernetes, Consul, routers.
const PRIVATE: &[&str] = &[
    "local",
    "lan",
    "internal",
    "intranet",
    "intra",
    "private",
    "corp",
    "home",
    "localdomain",
    "home.arpa",
    "test",
    "svc",
    "consul",
    "docker",
    "workgroup",
    "fritz.box",
    "priv",
    "domain",
    "router",
    "localnet",
    "service.arpa",
];

/// Public names that exist to answer with the loopback address, and everything below them.
const LOOPBACK_SERVICES: &[&str] = &[
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "localh.st",
    "localho.st",
    "yoogle.com",
    "fuf.me",
    "127-0-0-1.org.uk",
    "traefik.me",
    "bugbounty.dod.network",
    "mail.ebc.apple.com",
    "spoofed.burpcollaborator.net",
];

/// Services that answer with the address written in the name.
const ECHO_SERVICES: &[&str] = &["nip.io", "sslip.io", "xip.io"];

/// What the tables say of a name.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// The rule that refuses it.
    pub(super) rule: Rule,
    /// Who may open it.
    pub(super) class: Class,
    /// The entry that it is or ends in.
    pub(super) entry: String,
    /// Where the entry comes from.
    pub(super) source: &'static str,
}

/// What refuses a name before any lookup, if anything does.
pub(super) fn judge(name: &str) -> Option<Listed> {
    let listed = |class, rule, entry: &str, source| {
        Some(Listed { rule, class, entry: entry.to_owned(), source })
    };
    let within =
        |list: &[&'static str]| list.iter().copied().find(|entry| is_or_below(name, &[*entry]));
    if let Some(entry) = within(METADATA) {
        return listed(Class::Never, rules::METADATA_NAME, entry, "the cloud's documentation");
    }
    if let Some(entry) = LOOPBACK.iter().find(|entry| **entry == name) {
        return listed(Class::Loopback, rules::LOOPBACK_NAME, entry, "RFC 6761 §6.3, /etc/hosts");
    }
    if is_or_below(name, &["localhost"]) {
        return listed(Class::Loopback, rules::LOOPBACK_NAME, "localhost", "RFC 6761 §6.3");
    }
    if name.starts_with("localhost.localdomain") {
        let entry = "localhost.localdomain";
        return listed(Class::Loopback, rules::LOOPBACK_NAME, entry, "/etc/hosts");
    }
    if let Some(entry) = within(NOT_DNS) {
        return listed(Class::Never, rules::NOT_DNS_NAME, entry, "RFC 6761, RFC 7686, RFC 9476");
    }
    if let Some(entry) = within(LOOPBACK_SERVICES) {
        return listed(Class::Never, rules::WILDCARD_DNS, entry, "it answers with loopback");
    }
    if let Some((class, entry)) = echoed(name) {
        return Some(Listed { rule: rules::WILDCARD_DNS, class, entry, source: "the name itself" });
    }
    if !name.contains('.') {
        return listed(Class::Admin, rules::SINGLE_LABEL, name, "RFC 1123 §2.1");
    }
    if let Some(entry) = within(PRIVATE) {
        let source = "RFC 6762, RFC 8375, ICANN name collisions";
        return listed(Class::Admin, rules::PRIVATE_NAME, entry, source);
    }
    // RFC 1123 §2.1: the highest label is alphabetic; international ones start with `xn--`.
    let last = name.rsplit('.').next().unwrap_or_default();
    let public = last.starts_with("xn--") || last.bytes().all(|byte| byte.is_ascii_lowercase());
    if public {
        return None;
    }
    listed(Class::Admin, rules::NO_PUBLIC_SUFFIX, last, "RFC 1123 §2.1")
}

/// Whether `name` is one of `list` or below one, at a label boundary.
pub(super) fn is_or_below<S: AsRef<str>>(name: &str, list: &[S]) -> bool {
    list.iter().any(|entry| {
        let entry = entry.as_ref();
        name == entry || name.strip_suffix(entry).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// The class of the address that an echo service would answer with, and the address, unless it is
/// public.
fn echoed(name: &str) -> Option<(Class, String)> {
    let service = ECHO_SERVICES.iter().find(|service| is_or_below(name, &[**service]))?;
    let rest = name.strip_suffix(service)?.strip_suffix('.')?;
    let address = echoed_address(rest)?;
    let class = ranges::classify(address).0;
    (class != Class::Public).then(|| (class, address.to_string()))
}

/// The address in `app.10.0.0.1`, `app-10-0-0-1`, `app.0a000001` or `--1` (IPv6, sslip.io).
fn echoed_address(rest: &str) -> Option<IpAddr> {
    let last = rest.rsplit('.').next()?;
    let dotted: Vec<&str> = rest.rsplitn(5, '.').take(4).collect();
    if let [d, c, b, a] = dotted[..] {
        let a = a.rsplit('-').next()?;
        if let Ok(v4) = format!("{a}.{b}.{c}.{d}").parse::<Ipv4Addr>() {
            return Some(v4.into());
        }
    }
    let dashed: Vec<&str> = last.rsplitn(5, '-').take(4).collect();
    if let [d, c, b, a] = dashed[..]
        && let Ok(v4) = format!("{a}.{b}.{c}.{d}").parse::<Ipv4Addr>()
    {
        return Some(v4.into());
    }
    let hex = last.rsplit('-').next()?;
    if hex.len() == 8
        && let Ok(bits) = u32::from_str_radix(hex, 16)
    {
        return Some(Ipv4Addr::from_bits(bits).into());
    }
    last.replace('-', ":").parse::<Ipv6Addr>().ok().map(IpAddr::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_counts_at_a_label_boundary_only() {
        assert_eq!(judge("printer.local").unwrap().rule, rules::PRIVATE_NAME);
        assert!(judge("notlocal.com").is_none());
        assert!(judge("mylocalhost.com").is_none());
        assert!(judge("localhost.example.com").is_none());
        assert!(judge("metadata.google.com").is_none());
    }

    #[test]
    fn echo_services_are_judged_by_the_address_they_would_answer() {
        for refused in [
            "company.127.0.0.1.nip.io",
            "app-10-0-0-1.sslip.io",
            "7f000001.nip.io",
            "a.b.192-168-1-1.nip.io",
            "--1.sslip.io",
        ] {
            assert_eq!(
                judge(refused).map(|listed| listed.rule),
                Some(rules::WILDCARD_DNS),
                "{refused}"
            );
        }
        for public in ["8.8.8.8.nip.io", "www.nip.io", "1-1-1-1.sslip.io", "nip.io"] {
            assert!(judge(public).is_none(), "{public}");
        }
    }
}
