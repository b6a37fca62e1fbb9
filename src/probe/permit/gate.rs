//! Who gets a permit: the policy, asked before and after the lookup, for targets, redirects and ports.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use super::{
    super::{
        dns64::Dns64,
        hostname::Host,
        meter::Meter,
        nat64::Known,
        policy::Policy,
        proxy::Proxy,
        resolve::{Lookup, Outcome, Resolve},
        rules::{self, Rule},
        target::Target,
    },
    Permit,
};

/// What every request says of its sender.
const PRODUCT: &str = concat!("hangup/", env!("CARGO_PKG_VERSION"), " (connection probe)");

/// Hands out permits: the policy and the resolver it judges the answers of.
#[derive(Clone)]
pub struct Gate {
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    agent: Arc<str>,
    dns64: Option<Arc<Dns64>>,
    proxy: Option<Arc<Proxy>>,
}

/// Why no permit was given, with the lookups made until then.
#[derive(Debug)]
pub struct Refusal {
    /// The rule that refused.
    pub rule: Rule,
    /// What the name answered with, where it was asked.
    pub lookups: Vec<Lookup>,
}

impl From<Rule> for Refusal {
    fn from(rule: Rule) -> Self {
        Self { rule, lookups: Vec::new() }
    }
}

impl Gate {
    /// A gate that judges by `policy` and asks `resolver`.
    pub fn new(policy: Arc<Policy>, resolver: Arc<dyn Resolve>) -> Self {
        Self { policy, resolver, agent: PRODUCT.into(), dns64: None, proxy: None }
    }

    /// The same gate, whose requests say where their reader learns about them: `about` is the URL of
    /// a page.
    #[must_use]
    pub fn with_about(mut self, about: &str) -> Self {
        let product = PRODUCT.trim_end_matches(')');
        self.agent = format!("{product}; +{about})").into();
        self
    }

    /// The same gate, which learns from its resolver behind which prefixes a NAT64 stands.
    #[must_use]
    pub fn with_dns64(mut self) -> Self {
        self.dns64 = Some(Arc::default());
        self
    }

    /// The same gate, whose permits dial through `proxy`.
    #[must_use]
    pub fn with_proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = Some(Arc::new(proxy));
        self
    }

    /// The proxy that the way to a target leads through, once it was judged by the rule `by`. This machine is
    /// dialled directly: its names mean the proxy itself to a proxy.
    fn way(&self, by: Rule) -> Option<Arc<Proxy>> {
        self.proxy.clone().filter(|_| by != rules::LOOPBACK_OPENED)
    }

    /// Whether probes of `target` go through a proxy.
    pub(in crate::probe) fn is_proxied(&self, target: &Target) -> bool {
        self.way(self.policy.decide(target).rule).is_some()
    }

    /// The same gate under its policy with the prefixes that its resolver shows now, where it is to learn
    /// them and `target` is a name: an address was typed, and is judged by what is written down.
    pub async fn informed(self, target: &Target, meter: &Meter) -> Self {
        let Some(dns64) = self.dns64.clone() else { return self };
        if target.name().is_none() || !self.policy.decide(target).is_allowed() {
            return self;
        }
        let prefixes = dns64.prefixes(&*self.resolver, meter).await;
        let mut policy = Policy::clone(&self.policy);
        for prefix in prefixes {
            if !policy.nat64.iter().any(|known| known.prefix == prefix) {
                policy.nat64.push(Known { prefix, learnt: true });
            }
        }
        self.under(Arc::new(policy))
    }

    /// The same gate under another policy.
    #[must_use]
    pub fn under(&self, policy: Arc<Policy>) -> Self {
        Self { policy, ..self.clone() }
    }

    /// The policy it judges by.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The same, for whoever outlives the gate.
    pub(in crate::probe) fn shared_policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy)
    }

    /// Judges `target`, resolves its name once, judges every answer, and pins them.
    ///
    /// # Errors
    /// The rule that refuses, before any packet where the text alone decides.
    pub async fn permit(&self, target: &Target, meter: &Arc<Meter>) -> Result<Permit, Refusal> {
        let decision = self.policy.decide(target);
        if !decision.is_allowed() {
            return Err(decision.rule.into());
        }
        let proxy = self.way(decision.rule);
        let (addresses, lookups) = match (target.host(), target.name()) {
            (Host::Address(ip), _) => (vec![*ip], Vec::new()),
            // RFC 6761 §6.3: localhost is not looked up.
            (_, Some(_)) if decision.rule == rules::LOOPBACK_OPENED => {
                (vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], Vec::new())
            }
            (_, name) => {
                let name = name.unwrap_or_default();
                let (v4, v6) = tokio::join!(
                    self.resolver.lookup(name, false, meter),
                    self.resolver.lookup(name, true, meter),
                );
                let addresses = v4.addresses.iter().chain(&v6.addresses).copied().collect();
                (addresses, vec![v4, v6])
            }
        };
        // Half an answer is not judged as a whole one: a family that failed stays unused, and the
        // other one is judged alone.
        let decision = self.policy.decide_answers(target, &addresses);
        if !decision.is_allowed() {
            return Err(Refusal { rule: decision.rule, lookups });
        }
        let mut aliases = lookups.iter().flat_map(|lookup| &lookup.aliases);
        if let Some(rule) = aliases.find_map(|alias| self.policy.forbids_alias(alias)) {
            return Err(Refusal { rule, lookups });
        }
        let (meter, agent) = (Arc::clone(meter), Arc::clone(&self.agent));
        let behind = addresses.iter().filter_map(|ip| Some((*ip, self.policy.translated(*ip)?)));
        let behind = behind.collect();
        Ok(Permit { target: target.clone(), addresses, behind, lookups, meter, agent, proxy })
    }

    /// Judges a redirect from `from` as hop `hop` (from 1) and gives a permit for it.
    pub async fn follow(
        &self,
        from: &Permit,
        location: &str,
        hop: usize,
    ) -> Result<Permit, Refusal> {
        let target = self.policy.follow(&from.target, location, hop)?;
        self.permit(&target, &from.meter).await
    }
}

impl Gate {
    /// What each of several resolvers says of `target`, by itself. Nothing is dialled by it, and
    /// addresses that the policy does not open are counted, not told.
    pub async fn compare(&self, target: &Target, meter: &Arc<Meter>) -> Vec<Lookup> {
        let Some(name) = target.name() else { return Vec::new() };
        if !self.policy.decide(target).is_allowed() {
            return Vec::new();
        }
        let mut lookups = self.resolver.compare(name, meter).await;
        for lookup in &mut lookups {
            let found = lookup.addresses.len();
            let may_show = |ip: &IpAddr| self.policy.decide_answers(target, &[*ip]).is_allowed();
            lookup.addresses.retain(may_show);
            lookup.hidden = found - lookup.addresses.len();
            // One resolver that makes addresses up beside one that does not is no contradiction.
            lookup.addresses.retain(|ip| self.policy.translated(*ip).is_none());
            if lookup.outcome == Outcome::Found && lookup.addresses.is_empty() && lookup.hidden == 0
            {
                lookup.outcome = Outcome::NoAddress;
            }
        }
        lookups
    }

    /// The TXT records of `name`; see [`Resolve::texts`]. Nothing is dialled by it.
    pub(in crate::probe) async fn texts(&self, name: &str, meter: &Meter) -> Vec<String> {
        self.resolver.texts(name, meter).await
    }

    /// A permit for another port of the addresses that `permit` pinned, judged like a target of its
    /// own. On the account of the same run.
    ///
    /// # Errors
    /// The rule that refuses.
    pub fn beside(&self, permit: &Permit, port: u16) -> Result<Permit, Rule> {
        let target = permit.target.with_port(port);
        let decision = self.policy.decide_answers(&target, &permit.addresses);
        if !decision.is_allowed() {
            return Err(decision.rule);
        }
        Ok(Permit {
            target,
            addresses: permit.addresses.clone(),
            behind: permit.behind.clone(),
            lookups: Vec::new(),
            meter: Arc::clone(&permit.meter),
            agent: Arc::clone(&permit.agent),
            proxy: permit.proxy.clone(),
        })
    }
}

impl Refusal {
    /// Whether the name could not be resolved, rather than the policy saying no.
    pub fn is_lookup_failure(&self) -> bool {
        self.rule == rules::NO_ADDRESS
            && self.lookups.iter().any(|lookup| lookup.outcome != Outcome::Found)
    }
}
