//! Attributes of AWS load balancers: the command line's table or JSON, Terraform, annotations.

use std::sync::LazyLock;

use regex::Regex;

use super::Reading;

static ATTRIBUTE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?P<name>idle_timeout\.timeout_seconds|client_keep_alive\.seconds)["'\s|=:,]{1,40}(?:(?i:value)["'\s=:]{1,40})?(?P<value>[0-9]{1,7})"#,
    )
    .ok()
});

/// The command line sorts the two of each pair by its own mind: `{ "Value": "60", "Key": "idle_timeout…" }`.
static VALUE_FIRST: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)"value"\s*:\s*"(?P<value>[0-9]{1,7})"\s*,\s*"key"\s*:\s*"(?P<name>idle_timeout\.timeout_seconds|client_keep_alive\.seconds)""#,
    )
    .ok()
});

static TERRAFORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*(?P<name>idle_timeout|client_keep_alive)\s*=\s*(?P<value>[0-9]{1,7})").ok()
});

pub(super) fn alb(text: &str) -> Vec<Reading> {
    let mut found = Vec::new();
    for regex in
        [&VALUE_FIRST, &ATTRIBUTE, &TERRAFORM].into_iter().filter_map(|regex| regex.as_ref())
    {
        for own in regex.captures_iter(text) {
            let (Some(name), Some(value)) = (own.name("name"), own.name("value")) else { continue };
            let line = text.get(..value.start()).unwrap_or("").matches('\n').count() + 1;
            let name = match name.as_str() {
                "idle_timeout" => "idle_timeout.timeout_seconds",
                "client_keep_alive" => "client_keep_alive.seconds",
                name => name,
            };
            found.push(Reading::new(name, value.as_str(), line));
            if found.len() >= 100 {
                return found;
            }
        }
    }
    found
}
