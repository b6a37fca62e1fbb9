//! How a calculated setting is written.

use super::{
    model::{Limit, Origin, Role, Timer},
    settings::SETTINGS,
    units::shown,
};

/// A timer that a component has and that is not in the ladder yet.
pub(super) fn new_timer(component: &str, role: Role) -> Timer {
    let own =
        SETTINGS.iter().find(|setting| setting.component == component && setting.roles == [role]);
    let (setting, snippet) = match (own, role) {
        (Some(own), _) => (own.name, own.snippet),
        (None, Role::TcpKeepalive) => (
            "net.ipv4.tcp_keepalive_time",
            "sysctl -w net.ipv4.tcp_keepalive_time={}  # and switch SO_KEEPALIVE on for the socket",
        ),
        (None, Role::PoolIdle) => {
            ("reuse of idle connections", "close idle connections after {} s")
        }
        (None, role) => (role.as_str(), ""),
    };
    Timer {
        setting: setting.to_owned(),
        roles: vec![role],
        limit: Limit::Never,
        origin: Origin::Calculated,
        max: None,
        snippet: snippet.to_owned(),
    }
}

/// The line of configuration that sets `timer`.
pub(super) fn snippet(timer: &Timer) -> String {
    match timer.limit {
        Limit::Seconds(seconds) if timer.snippet.is_empty() => {
            format!("{} = {} s", timer.setting, shown(seconds))
        }
        // Within one rounding of the milliseconds that dialects take.
        Limit::Seconds(seconds) => timer
            .snippet
            .replace("{ms}", &shown((seconds * 1000.0).round()))
            .replacen("{}", &shown(seconds), 1),
        _ if timer.roles == [Role::PoolIdle] => "Connection: close".to_owned(),
        _ => format!("{}: off", timer.setting),
    }
}
