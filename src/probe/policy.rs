//! Which targets may be probed. Pure: no packet, no clock, the same answer for the same input.
//!
//! In: a [`Target`], the addresses a name answered with, or a redirect. Out: a [`Decision`] with a
//! stable rule. Invariant: what [`ranges`] calls *never* is opened by no setting.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::{
    hostname::Host,
    names,
    nat64::{self, Inner, Known},
    opt_out::OptOut,
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
    /// The visitors that it is opened to, by their address; everybody where empty.
    #[serde(default)]
    pub from: Vec<IpNet>,
}

/// What may be probed. The default is the public policy: public hosts, web ports.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Networks opened by the administrator: private, shared and documentation ranges.
    pub openings: Vec<Opening>,
    /// Ports that are open on every public host, and in openings that name none.
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
    /// Prefixes behind which a NAT64 stands: an address within one is judged by the IPv4 address it
    /// carries. Without any, all of NAT64's space is refused.
    #[serde(skip)]
    pub nat64: Vec<Known>,
    /// A burst at somebody else's public host wants a record that its owner has set; see
    /// [`consent`](super::consent). For servers whose visitors nobody knows.
    #[serde(skip)]
    pub burst_wants_proof: bool,
    /// Addresses of inner networks are shown in findings. For the command line, whose user sees the
    /// network anyway; on a server whoever may not probe an inner address sees it masked.
    #[serde(skip)]
    pub shows_inner: bool,
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
            nat64: Vec::new(),
            burst_wants_proof: false,
            shows_inner: false,
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
    /// The policy as it is for a visitor from `client`: without what is opened to others only.
    #[must_use]
    pub fn seen_from(&self, client: IpAddr) -> Self {
        let client = client.to_canonical();
        let is_for = |opening: &&Opening| {
            opening.from.is_empty() || opening.from.iter().any(|network| network.contains(&client))
        };
        let openings: Vec<Opening> = self.openings.iter().filter(is_for).cloned().collect();
        // Names of inner networks are of use to whoever may probe one.
        let private_names =
            self.private_names && (self.openings.is_empty() || !openings.is_empty());
        Self { openings, private_names, ..self.clone() }
    }

    /// Adds one entry to those who asked not to be probed.
    pub fn opt_out(&mut self, entry: OptOut) {
        match entry {
            OptOut::Name(name) => self.opted_out_names.push(name),
            OptOut::Network(network) => self.opted_out_networks.push(network),
        }
    }

    /// Whether `ip` may be shown to whoever this policy is for: it is public, or theirs to probe.
    pub fn may_show(&self, ip: IpAddr) -> bool {
        let ip = self.party(ip);
        self.shows_inner
            || match ranges::classify(ip).0 {
                Class::Public => true,
                Class::Admin => self.openings_of(ip).next().is_some(),
                Class::Loopback => self.allow_loopback,
                Class::Never => false,
            }
    }

    /// The IPv4 address behind `ip`, where `ip` is one that a known NAT64 translates.
    pub fn translated(&self, ip: IpAddr) -> Option<Ipv4Addr> {
        match nat64::readings(&self.nat64, ip).first() {
            Some((_, Inner::Address(v4))) => Some(*v4),
            _ => None,
        }
    }

    /// Whose `ip` is: the address behind it where it is translated, and else itself.
    pub(super) fn party(&self, ip: IpAddr) -> IpAddr {
        self.translated(ip).map_or(ip, IpAddr::V4)
    }

    /// The openings that hold `ip`.
    pub(super) fn openings_of(&self, ip: IpAddr) -> impl Iterator<Item = &Opening> {
        self.openings.iter().filter(move |opening| opening.cidr.contains(&ip))
    }

    /// What forbids the target for one of the names that its name led to, if anything does: an alias
    /// must not lead where its owner, or ours, does not want us.
    pub fn forbids_alias(&self, alias: &str) -> Option<Rule> {
        let alias = alias.trim_end_matches('.').to_ascii_lowercase();
        if self.own_names.contains(&alias) {
            return Some(rules::OWN_NAME);
        }
        if names::is_or_below(&alias, &self.opted_out_names) {
            return Some(rules::OPTED_OUT);
        }
        names::judge(&alias)
            .filter(|listed| listed.rule == rules::METADATA_NAME)
            .map(|listed| listed.rule)
    }

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
            Some(listed) => match listed.class {
                Class::Loopback if self.allow_loopback => {
                    return Decision::allow(rules::LOOPBACK_OPENED);
                }
                Class::Admin if self.private_names => rules::OPENED,
                _ => return Decision::deny(listed.rule),
            },
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
        let readings = nat64::readings(&self.nat64, ip);
        if readings.is_empty() {
            return self.decide_plain(ip, port);
        }
        if self.own_addresses.contains(&ip) {
            return Decision::deny(rules::OWN_ADDRESS);
        }
        if self.opted_out_networks.iter().any(|network| network.contains(&ip)) {
            return Decision::deny(rules::OPTED_OUT);
        }
        // Where two prefixes read it differently, both must be allowed: either may be the true one.
        let each: Vec<Decision> = readings
            .iter()
            .map(|(known, inner)| self.decide_translated(*known, *inner, port))
            .collect();
        let refused = each.iter().find(|decision| !decision.is_allowed());
        *refused.or(each.first()).unwrap_or(&Decision::deny(rules::EMBEDDED))
    }

    /// What is to be said of the address that a NAT64 behind `known` would dial: the same as of that
    /// address itself. A resolver's word about the prefix opens no inner network and no other port: were it
    /// a lie, the address would be another host.
    fn decide_translated(&self, known: Known, inner: Inner, port: u16) -> Decision {
        let Inner::Address(v4) = inner else { return Decision::deny(rules::EMBEDDED) };
        let decision = self.decide_plain(v4.into(), port);
        match decision.rule {
            _ if !decision.is_allowed() => decision,
            // The translator's own loopback, not ours.
            rules::LOOPBACK_OPENED => Decision::deny(rules::LOOPBACK),
            rules::PUBLIC if known.learnt && !self.ports.contains(&port) => {
                Decision::deny(rules::PORT_NOT_ALLOWED)
            }
            rules::PUBLIC => decision,
            _ if known.learnt => Decision::deny(rules::TRANSLATED),
            _ => decision,
        }
    }

    fn decide_plain(&self, ip: IpAddr, port: u16) -> Decision {
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
        // Inside, the administrator's word is the whole word: one who opens a database's port there has not
        // opened the web pages beside it.
        let opened = self.openings_of(ip).any(|opening| {
            let ports = if opening.ports.is_empty() { &self.ports } else { &opening.ports };
            ports.contains(&port)
        });
        match class {
            Class::Never | Class::Loopback => Decision::deny(rule),
            Class::Admin if self.openings_of(ip).next().is_none() => Decision::deny(rule),
            Class::Admin if opened => Decision::allow(rules::OPENED),
            Class::Public if opened || self.ports.contains(&port) => Decision::allow(rules::PUBLIC),
            Class::Admin | Class::Public => Decision::deny(rules::PORT_NOT_ALLOWED),
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
