//! What the probes of the command line may reach, and how long they may hold.

use std::{sync::Arc, time::Duration};

use clap::Args;
use ipnet::IpNet;

use super::Failure;
use crate::probe::{
    Gate, MAX_IDLE,
    nat64::{Known, Prefix},
    own_addresses,
    policy::{Opening, Policy},
    resolve::DnsClient,
};

/// Options of every command that probes.
#[derive(Args)]
pub(super) struct Reach {
    /// Longest silence of the idle test, such as 65s or 2m; at most 5m.
    #[arg(long, default_value = "65s", value_parser = parse_idle)]
    pub(super) max_idle: Duration,
    /// Allow this machine itself (127.0.0.1, localhost), on every port.
    #[arg(long)]
    allow_loopback: bool,
    /// Allow a private network, such as 10.0.0.0/8, and names inside it. May be repeated.
    #[arg(long, value_name = "CIDR")]
    allow: Vec<IpNet>,
    /// Allow a port beside 80, 443, 8080 and 8443. May be repeated.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    allow_port: Vec<u16>,
    /// In a network without IPv4: learn from the resolvers behind which prefixes its NAT64 stands, and judge
    /// addresses there by the IPv4 address inside.
    #[arg(long)]
    dns64: bool,
    /// A prefix of the NAT64 beside those that are learnt, such as 64:ff9b::/96. May be repeated.
    #[arg(long, value_name = "PREFIX", requires = "dns64")]
    nat64_prefix: Vec<Prefix>,
    /// Dial through this HTTP proxy, such as http://proxy.example.com:3128 or http://user:password@10.0.0.1:3128;
    /// it is told the address, never the name. Other variables such as `HTTP_PROXY` are not heeded.
    #[arg(long, value_name = "URL", env = "HANGUP_PROBE_PROXY", hide_env_values = true)]
    proxy: Option<String>,
}

/// Reads `65`, `65s` or `2m`.
fn parse_idle(text: &str) -> Result<Duration, String> {
    let (digits, unit) = match text.strip_suffix('m') {
        Some(minutes) => (minutes, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let limit = Duration::from_secs(1)..=MAX_IDLE;
    let duration = digits.parse::<u64>().ok().and_then(|number| number.checked_mul(unit));
    duration
        .map(Duration::from_secs)
        .filter(|duration| limit.contains(duration))
        .ok_or_else(|| format!("`{text}` is no time from 1s to {}s", MAX_IDLE.as_secs()))
}

impl Reach {
    /// The public policy, opened by what was asked for. Whoever runs the command can reach these
    /// networks by other programs too; the never-list stays closed all the same.
    fn policy(&self) -> Policy {
        let mut policy = Policy::default();
        policy.ports.extend(&self.allow_port);
        let ports = policy.ports.clone();
        let open = |cidr: &IpNet| Opening { cidr: *cidr, ports: ports.clone(), from: Vec::new() };
        policy.openings = self.allow.iter().map(open).collect();
        policy.private_names = !self.allow.is_empty();
        policy.allow_loopback = self.allow_loopback;
        policy.own_addresses = own_addresses();
        policy.nat64 = self.nat64_prefix.iter().copied().map(Known::written).collect();
        policy.shows_inner = true;
        policy
    }

    /// The door that this policy guards.
    ///
    /// # Errors
    /// What was given as a proxy is none; the text is not repeated, since it may hold a password.
    pub(super) fn gate(&self) -> Result<Gate, Failure> {
        let mut gate = Gate::new(Arc::new(self.policy()), Arc::new(DnsClient::from_system()));
        if self.dns64 {
            gate = gate.with_dns64();
        }
        if let Some(proxy) = self.proxy.as_ref().filter(|proxy| !proxy.is_empty()) {
            let proxy = proxy.parse();
            gate = gate.with_proxy(proxy.map_err(|wrong: String| {
                Failure::usage(format!("--proxy (HANGUP_PROBE_PROXY): {wrong}"))
            })?);
        }
        Ok(gate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silence_is_read_in_seconds_or_minutes_and_bounded() {
        assert_eq!(parse_idle("65s"), Ok(Duration::from_secs(65)));
        assert_eq!(parse_idle("2m"), Ok(Duration::from_mins(2)));
        for bad in ["", "0s", "6m", "1h", "-1s", "99999999999999999999m"] {
            assert!(parse_idle(bad).is_err(), "{bad}");
        }
    }
}
