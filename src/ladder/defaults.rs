//! What a hop is, and the timers it has where nobody says otherwise.

use crate::knowledge::{Base, Component, Timeout};

use super::{
    model::{Hop, Limit, Origin, Role, Timer},
    settings::{SETTINGS, Setting},
};

/// Components that pass packets on and hold no connection of their own, beside everything that the
/// knowledge base places in the network.
const PACKETS: &[&str] = &[
    "nat",
    "firewall",
    "aws-nlb",
    "aws-nat-gateway",
    "aws-transit",
    "aws-security-group",
    "azure-lb",
    "azure-nat-gateway",
    "gcp-nat",
    "ipvs",
    "kube-proxy",
    "docker-swarm",
    "linux-firewall",
    "firewall-appliance",
    "home-router",
    "mobile-network",
    "keepalived",
];

/// Waits for an answer that their owner offers no way to lengthen.
const CANNOT_WAIT_LONGER: &[&str] = &[
    "cloudflare",
    "aws-api-gateway",
    "heroku",
    "azure-front-door",
    "azure-app-service",
    "aws-cloudfront",
];

/// A hop without timers.
pub(super) fn hop(base: &Base, component: &str, name: Option<&str>) -> Hop {
    let known = base.component_named(component);
    let id = known.map_or_else(|| component.trim().to_lowercase(), |known| known.id.clone());
    let shown: String =
        name.unwrap_or(component).chars().filter(|c| !c.is_control()).take(80).collect();
    let class =
        |class: &str| known.is_some_and(|known| known.classes.iter().any(|own| own == class));
    Hop {
        passes_packets: PACKETS.contains(&id.as_str()) || known.is_some_and(is_network),
        managed: class("cloud") || class("cdn") || CANNOT_WAIT_LONGER.contains(&id.as_str()),
        component: id,
        name: shown,
        timers: Vec::new(),
        notes: Vec::new(),
    }
}

/// A VPN ends connections no more than a switch does; a forward proxy does, and name servers are not
/// on the way at all.
fn is_network(component: &Component) -> bool {
    let ends_connections = ["dns", "forward-proxy", "shadowsocks"];
    component.hop == "network" && !ends_connections.contains(&component.id.as_str())
}

/// Adds to `hop` the default of each thing that nothing bounds yet, with its date.
pub(super) fn fill(base: &Base, hop: &mut Hop) {
    let own: Vec<&Setting> =
        SETTINGS.iter().filter(|setting| setting.component == hop.component).collect();
    for setting in &own {
        let Some(timeout) = base.timeouts.get(setting.default) else { continue };
        let is_named =
            hop.timers.iter().any(|timer| timer.setting.eq_ignore_ascii_case(setting.name));
        let is_bound =
            setting.roles.iter().any(|role| *role != Role::Other && hop.timer(*role).is_some());
        if !is_named && !is_bound {
            let limit = setting.limit(timeout.value);
            hop.timers.push(timer(setting, limit, default_of(timeout)));
        }
    }
    if own.is_empty() {
        fill_from_layers(base, hop);
    }
}

/// For components without a table of settings: one constant for each thing, the shortest.
fn fill_from_layers(base: &Base, hop: &mut Hop) {
    let mut constants: Vec<&Timeout> = base
        .timeouts
        .values()
        .filter(|timeout| {
            timeout.component == hop.component && timeout.unit == "s" && timeout.value > 0.0
        })
        .collect();
    constants.sort_by(|a, b| a.value.total_cmp(&b.value).then_with(|| a.id.cmp(&b.id)));
    let is_database =
        base.components.get(&hop.component).is_some_and(|known| known.hop == "database");
    for timeout in constants {
        let Some(role) = role_of(&timeout.layer, hop.passes_packets, is_database) else { continue };
        if hop.timer(role).is_some() {
            continue;
        }
        let fixed = role == Role::Answer && CANNOT_WAIT_LONGER.contains(&hop.component.as_str());
        hop.timers.push(Timer {
            setting: timeout.setting.clone(),
            roles: vec![role],
            limit: Limit::Seconds(timeout.value),
            origin: default_of(timeout),
            max: fixed.then_some(timeout.value),
            snippet: String::new(),
        });
    }
}

fn role_of(layer: &str, passes_packets: bool, is_database: bool) -> Option<Role> {
    Some(match (layer, passes_packets) {
        ("nat" | "idle", true) => Role::PathIdle,
        ("idle", false) if is_database => Role::KeepAlive,
        ("idle", false) => Role::StreamIdle,
        ("server_keepalive", false) => Role::KeepAlive,
        ("client_pool", false) => Role::PoolIdle,
        ("request", false) => Role::Answer,
        ("connect", false) => Role::Connect,
        _ => return None,
    })
}

fn default_of(timeout: &Timeout) -> Origin {
    let date = timeout.sources.first().map_or_else(String::new, |source| source.date.clone());
    Origin::Default { timeout: timeout.id.clone(), date, unsure: timeout.unsure }
}

/// A timer of a known setting.
pub(super) fn timer(setting: &Setting, limit: Limit, origin: Origin) -> Timer {
    Timer {
        setting: setting.name.to_owned(),
        roles: setting.roles.to_vec(),
        limit,
        origin,
        max: (setting.max > 0.0).then_some(setting.max),
        snippet: setting.snippet.to_owned(),
    }
}
