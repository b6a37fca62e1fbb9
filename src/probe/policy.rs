//! Which targets may be probed. Pure: no packet, no clock, the same answer for the same input.
//!
//! In: a [`Target`], the addresses a name answered with, or a redirect. Out: a [`Decision`] with a
//! stable rule. Invariant: what [`ranges`] calls *never* is opened by no setting.

use std::net::IpAddr;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{
    hostname::Host,
    names,
    ranges::{self, Class},
    rules::{self, Rule},
    target::{InvalidTarget, Target},
};
use crate::knowledge::Lang;

/// How many redirects are followed; browsers stop at 20, five are enough for login and CDN chains.
pub const MAX_REDIRECTS: usize = 5;

/// A network that the administrator opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The addresses.
    pub cidr: IpNet,
    /// The ports; the policy's own list where empty.
    #[serde(default)]
    pub ports: Vec<u16>,
}

/// What may be probed. The default is the public policy: public hosts, web ports.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Networks opened by the administrator: private, shared and documentation ranges.
    pub openings: Vec<Opening>,
    /// Ports that are open on every allowed host.
    pub ports: Vec<u16>,
    /// Names of private networks (`printer.local`, `intranet`) may be looked up. Their answers are
    /// still judged address by address.
    pub private_names: bool,
    /// Opens the machine itself, on every port. For tests and single-user desktop use only: whoever
    /// may start a probe can then talk to every local service.
    pub allow_loopback: bool,
    /// Addresses of this machine's interfaces; see [`own_addresses`](super::own_addresses).
    #[serde(skip)]
    pub own_addresses: Vec<IpAddr>,
    /// Host names this service is reached by, lower case.
    pub own_names: Vec<String>,
    /// Names whose owner asked not to be probed; everything below them counts too.
    pub opted_out_names: Vec<String>,
    /// Networks whose owner asked not to be probed.
    pub opted_out_networks: Vec<IpNet>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            openings: Vec::new(),
            ports: vec![80, 443, 8080, 8443],
            private_names: false,
            allow_loopback: false,
            own_addresses: Vec::new(),
            own_names: Vec::new(),
            opted_out_names: Vec::new(),
            opted_out_networks: Vec::new(),
        }
    }
}

/// Allow or deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The target may be probed.
    Allow,
    /// It may not.
    Deny,
}

/// What the policy says, and by which rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Allow or deny.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: Rule,
}

impl Decision {
    fn allow(rule: Rule) -> Self {
        Self { verdict: Verdict::Allow, rule }
    }

    fn deny(rule: Rule) -> Self {
        Self { verdict: Verdict::Deny, rule }
    }

    /// Whether the target may be probed.
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allow
    }

    /// One sentence in `lang`.
    pub fn reason(&self, lang: Lang) -> &'static str {
        self.rule.sentence(lang)
    }

    /// The rule, if the target may not be probed.
    fn refused(self) -> Result<Self, Rule> {
        if self.is_allowed() { Ok(self) } else { Err(self.rule) }
    }
}

impl From<InvalidTarget> for Decision {
    fn from(invalid: InvalidTarget) -> Self {
        Self::deny(invalid.rule())
    }
}

impl Policy {
    /// What can be said of `target` before any lookup.
    pub fn decide(&self, target: &Target) -> Decision {
        match target.host() {
            Host::Address(ip) => self.decide_address(*ip, target.port()),
            Host::Name(name) => self.decide_name(name, target.port()),
        }
    }

    /// What is to be said once the name of `target` answered with `answers`.
    ///
    /// Every address must be allowed. A public and a forbidden one side by side are refused as
    /// mixed: taking the public one would let the name's owner steer us.
    pub fn decide_answers(&self, target: &Target, answers: &[IpAddr]) -> Decision {
        let before = self.decide(target);
        if !before.is_allowed() {
            return before;
        }
        let each: Vec<Decision> =
            answers.iter().map(|ip| self.decide_address(*ip, target.port())).collect();
        let refused = each.iter().find(|decision| !decision.is_allowed());
        match (each.first(), refused) {
            (None, _) => Decision::deny(rules::NO_ADDRESS),
            (Some(first), None) => *first,
            (Some(_), Some(_)) if each.iter().any(Decision::is_allowed) => {
                Decision::deny(rules::MIXED_ANSWERS)
            }
            (Some(_), Some(refused)) => *refused,
        }
    }

    /// Whether a redirect from `from` to `location` may be followed, as hop number `hop` (from 1).
    /// The new target is parsed and judged like a typed one; its answers are still to be judged.
    pub fn follow(&self, from: &Target, location: &str, hop: usize) -> Result<Target, Rule> {
        if hop > MAX_REDIRECTS {
            return Err(rules::REDIRECT_LIMIT);
        }
        let target = from.join(location).map_err(|_| rules::REDIRECT_INVALID)?;
        self.decide(&target).refused()?;
        Ok(target)
    }

    fn decide_name(&self, name: &str, port: u16) -> Decision {
        if self.own_names.iter().any(|own| own == name) {
            return Decision::deny(rules::OWN_NAME);
        }
        if names::is_or_below(name, &self.opted_out_names) {
            return Decision::deny(rules::OPTED_OUT);
        }
        let rule = match names::judge(name) {
            Some((Class::Loopback, _)) if self.allow_loopback => {
                return Decision::allow(rules::LOOPBACK_OPENED);
            }
            Some((Class::Admin, _)) if self.private_names => rules::OPENED,
            Some((_, refused)) => return Decision::deny(refused),
            None => rules::PUBLIC,
        };
        // A port may belong to one opened network; the answers decide which.
        let somewhere = self.allow_loopback
            || self.openings.iter().any(|opening| opening.ports.contains(&port));
        if somewhere || self.ports.contains(&port) {
            Decision::allow(rule)
        } else {
            Decision::deny(rules::PORT_NOT_ALLOWED)
        }
    }

    fn decide_address(&self, ip: IpAddr, port: u16) -> Decision {
        let (class, rule) = ranges::classify(ip);
        if class == Class::Loopback && self.allow_loopback {
            return Decision::allow(rules::LOOPBACK_OPENED);
        }
        if self.own_addresses.contains(&ip) && class != Class::Never && class != Class::Loopback {
            return Decision::deny(rules::OWN_ADDRESS);
        }
        if self.opted_out_networks.iter().any(|network| network.contains(&ip)) {
            return Decision::deny(rules::OPTED_OUT);
        }
        let opened = |opening: &&Opening| opening.cidr.contains(&ip);
        let port_opened =
            self.openings.iter().filter(opened).any(|opening| opening.ports.contains(&port));
        let port_allowed = port_opened || self.ports.contains(&port);
        match class {
            Class::Never | Class::Loopback => Decision::deny(rule),
            Class::Admin if !self.openings.iter().any(|opening| opened(&opening)) => {
                Decision::deny(rule)
            }
            _ if !port_allowed => Decision::deny(rules::PORT_NOT_ALLOWED),
            Class::Admin => Decision::allow(rules::OPENED),
            Class::Public => Decision::allow(rules::PUBLIC),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn decide(policy: &Policy, text: &str) -> &'static str {
        let decision = policy.decide(&Target::parse(text).unwrap());
        decision.rule.id
    }

    fn opened(cidrs: &[&str]) -> Policy {
        let openings = cidrs
            .iter()
            .map(|cidr| Opening { cidr: cidr.parse().unwrap(), ports: vec![3306] })
            .collect();
        Policy { openings, ..Policy::default() }
    }

    #[test]
    fn an_opening_opens_its_network_and_ports_and_nothing_else() {
        let policy = opened(&["10.0.0.0/8", "fd00::/8", "100.64.0.0/10"]);
        assert_eq!(decide(&policy, "10.1.2.3:3306"), "opened");
        assert_eq!(decide(&policy, "10.1.2.3:443"), "opened");
        assert_eq!(decide(&policy, "10.1.2.3:22"), "port_not_allowed");
        assert_eq!(decide(&policy, "192.168.1.1"), "private");
        assert_eq!(decide(&policy, "8.8.8.8:3306"), "port_not_allowed");
        assert_eq!(decide(&policy, "100.100.100.200"), "metadata");
        assert_eq!(decide(&policy, "[fd00:ec2::254]"), "metadata");
        assert_eq!(decide(&policy, "[fd00::1]:3306"), "opened");
        let name = Target::parse("db.example.com:3306").unwrap();
        assert!(policy.decide(&name).is_allowed());
        assert!(policy.decide_answers(&name, &["10.0.0.5".parse().unwrap()]).is_allowed());
        assert!(!policy.decide_answers(&name, &["8.8.8.8".parse().unwrap()]).is_allowed());
    }

    #[test]
    fn loopback_needs_its_own_switch() {
        assert_eq!(decide(&opened(&["127.0.0.0/8", "0.0.0.0/0", "::/0"]), "127.0.0.1"), "loopback");
        let policy = Policy {
            allow_loopback: true,
            own_addresses: vec!["127.0.0.1".parse().unwrap()],
            ..Policy::default()
        };
        assert_eq!(decide(&policy, "127.0.0.1:1234"), "loopback_opened");
        assert_eq!(decide(&policy, "localhost:1234"), "loopback_opened");
        assert_eq!(decide(&policy, "[::ffff:127.0.0.1]"), "embedded_ipv4");
        assert_eq!(decide(&policy, "0.0.0.0"), "unspecified");
    }

    #[test]
    fn own_and_opted_out_hosts_are_refused_even_when_public_or_opened() {
        let policy = Policy {
            own_addresses: vec!["198.20.0.9".parse().unwrap()],
            own_names: vec!["hangup.example.com".into()],
            opted_out_names: vec!["example.org".into()],
            opted_out_networks: vec!["1.1.1.0/24".parse().unwrap()],
            ..opened(&["0.0.0.0/0"])
        };
        assert_eq!(decide(&policy, "198.20.0.9"), "own_address");
        assert_eq!(decide(&policy, "hangup.example.com."), "own_name");
        assert_eq!(decide(&policy, "www.example.org"), "opted_out");
        assert_eq!(decide(&policy, "1.1.1.1"), "opted_out");
    }

    proptest! {
        #[test]
        fn no_opening_reaches_the_never_list(v4 in any::<u32>(), v6 in any::<u128>(), block in 0usize..12, port in 1u16..) {
            let everything = Policy {
                openings: vec![
                    Opening { cidr: "0.0.0.0/0".parse().unwrap(), ports: vec![port] },
                    Opening { cidr: "::/0".parse().unwrap(), ports: vec![port] },
                ],
                private_names: true,
                ..Policy::default()
            };
            let masks: [(u128, u32); 12] = [
                (0, 96), (0xffff << 32, 96), (0xffff << 48, 96), (0x64_ff9b << 96, 96), (0x2002 << 112, 16),
                (0x2001 << 112, 32), (0xfe80 << 112, 10), (0xff00 << 112, 8), (0xfd00_0ec2 << 96, 32), (1, 128),
                (0, 128), (0x4000 << 112, 3),
            ];
            let (net, length) = masks[block];
            let host = v6 & u128::MAX.checked_shr(length).unwrap_or(0);
            let [a, b, c, d] = Ipv4Addr::from_bits(v4).octets();
            let never: [IpAddr; 5] = [
                Ipv6Addr::from_bits(net | host).into(),
                Ipv4Addr::new(127, b, c, d).into(),
                Ipv4Addr::new(0, b, c, d).into(),
                Ipv4Addr::new(169, 254, c, d).into(),
                Ipv4Addr::new(0xe0 | (a & 0x0f), b, c, d).into(),
            ];
            for ip in never {
                prop_assert!(!everything.decide_address(ip, port).is_allowed(), "{}", ip);
            }
        }
    }
}
