//! Envoy, Istio and Kubernetes: keys and values with the keys above them, by indentation.
//!
//! Also reads the same as JSON, pretty-printed: its keys stand in quotes.

use std::sync::LazyLock;

use regex::Regex;

use super::{Dialect, Reading};

/// A key with a number behind it, several a line where braces are used.
static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?P<key>[A-Za-z][A-Za-z0-9_./-]{0,120})["']?\s*:\s*["']?(?P<value>[0-9][0-9A-Za-z._]{0,30})"#).ok()
});

/// A key at the beginning of a line.
static KEY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"^(?P<space>[\s-]*)["']?(?P<key>[A-Za-z@][A-Za-z0-9_./@-]{0,120})["']?\s*:"#).ok()
});

pub(super) fn read(text: &str, dialect: Dialect) -> Vec<Reading> {
    let mut found = Vec::new();
    let (Some(pair), Some(key)) = (PAIR.as_ref(), KEY.as_ref()) else { return found };
    let mut above: Vec<(usize, String)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.split(" #").next().unwrap_or("");
        if content.trim_start().starts_with('#') || content.len() > 4096 {
            continue;
        }
        if let Some(own) = key.captures(content) {
            let indent = own.name("space").map_or(0, |space| space.len());
            above.retain(|(other, _)| *other < indent);
            above.push((indent, own.name("key").map_or("", |key| key.as_str()).to_owned()));
            above.truncate(64);
        }
        for own in pair.captures_iter(content) {
            let (Some(name), Some(value)) = (own.name("key"), own.name("value")) else { continue };
            let before = content.get(..name.start()).unwrap_or("");
            let under = |word: &str| {
                above.iter().any(|(_, key)| key.contains(word)) || before.contains(word)
            };
            let name = named(name.as_str(), dialect, under);
            found.push(Reading::new(name, value.as_str(), number));
        }
    }
    found
}

/// The name of a setting, by the keys it stands under.
fn named(key: &str, dialect: Dialect, under: impl Fn(&str) -> bool) -> String {
    match (dialect, key) {
        (Dialect::Ingress, _) => key.rsplit('/').next().unwrap_or(key).to_owned(),
        (Dialect::Envoy, "idle_timeout") if under("cluster") || under("upstream") => {
            "cluster.idle_timeout".to_owned()
        }
        (Dialect::Envoy, "idle_timeout") if !under("hash_policy") => {
            "listener.idle_timeout".to_owned()
        }
        (Dialect::Envoy, "keepalive_time") => "tcp_keepalive.keepalive_time".to_owned(),
        // Only routes have a plain `timeout` that bounds an answer; health checks have one of their own.
        (Dialect::Envoy, "timeout") if !under("route") || under("health_check") => {
            "other".to_owned()
        }
        (Dialect::Istio, "time") if under("tcpKeepalive") => "tcpkeepalive.time".to_owned(),
        (Dialect::Istio, "timeout") if !under("http") => "other".to_owned(),
        _ => key.to_owned(),
    }
}
