//! The `dns` probe: what the lookups of the permit say. Pure; the permit has sent them already.

use std::{fmt::Write as _, time::Duration};

use super::{
    event::{Family, Finding, Reading, seconds},
    policy::Policy,
    resolve::{Lookup, Outcome},
    resolvers,
};
use crate::evidence::{Course, End, Stretch};

/// From here on a lookup counts as slow. judgement: a recursive resolver answers a cold name within
/// half a second; glibc's first retry comes after 5 s.
const SLOW: Duration = Duration::from_secs(1);

/// Reads meaning into the lookups of one name; `compared` are those of each resolver by itself, and `policy`
/// knows which addresses are a NAT64's.
pub(super) fn interpret(lookups: &[Lookup], compared: &[Lookup], policy: &Policy) -> Reading {
    let mut reading = Reading::default();
    for lookup in lookups {
        reading.findings.push(describe(lookup, policy));
    }
    let found = lookups.iter().any(|lookup| lookup.outcome == Outcome::Found);
    let has = |wanted: &[Outcome]| {
        lookups.iter().find(|lookup| wanted.contains(&lookup.outcome)).map(raw)
    };
    let slow = lookups.iter().find(|lookup| lookup.elapsed >= SLOW).map(raw);
    let verdict = if found {
        // One silent family makes every client wait, so it counts as slow too.
        slow.map(|raw| ("slow", raw)).or_else(|| has(&[Outcome::Found]).map(|raw| ("ok", raw)))
    } else {
        has(&[Outcome::NoSuchName])
            .map(|raw| ("nxdomain", raw))
            .or_else(|| {
                let failed = [Outcome::ServerFailed, Outcome::ServerRefused];
                has(&failed).map(|raw| ("servfail", raw))
            })
            .or_else(|| has(&[Outcome::Timeout, Outcome::NoServer]).map(|raw| ("timeout", raw)))
            .or_else(|| has(&[Outcome::NoAddress]).map(|raw| ("no_address", raw)))
    };
    if let Some((value, raw)) = verdict {
        reading.observe("dns.result", value, &raw);
        // Both families are asked at once, and the slower one is waited for.
        let took = lookups.iter().map(|lookup| lookup.elapsed).max().unwrap_or_default();
        let end = if value == "timeout" { End::Silent } else { End::Ours };
        reading.course("dns.result", Course::ended(end).then(Stretch::Dns, took));
        value.clone_into(&mut reading.outcome);
    }
    resolvers::interpret(compared, &mut reading);
    reading
}

pub(super) fn raw(lookup: &Lookup) -> String {
    let kind = if lookup.v6 { "AAAA" } else { "A" };
    let said = match lookup.outcome {
        Outcome::Found => {
            lookup.addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        Outcome::NoSuchName => "NXDOMAIN".to_owned(),
        Outcome::NoAddress => "NODATA".to_owned(),
        Outcome::ServerFailed => "SERVFAIL".to_owned(),
        Outcome::ServerRefused => "REFUSED".to_owned(),
        Outcome::Timeout => "no answer".to_owned(),
        Outcome::NoServer => "the resolver's port is closed".to_owned(),
    };
    let mut raw = format!("{kind}: {said} ({} s", seconds(lookup.elapsed));
    if lookup.hidden > 0 {
        let _ = write!(raw, ", {} private", lookup.hidden);
    }
    if let Some(server) = lookup.server {
        let _ = write!(raw, ", from {server}");
    }
    if let Some(alias) = lookup.aliases.last() {
        raw.extend([", alias of ", alias]);
    }
    raw.push(')');
    raw
}

fn describe(lookup: &Lookup, policy: &Policy) -> Finding {
    let (kind, family) = if lookup.v6 { ("IPv6", Family::V6) } else { ("IPv4", Family::V4) };
    let count = lookup.addresses.len();
    let made_up = lookup.addresses.iter().filter(|ip| policy.translated(**ip).is_some()).count();
    let (en, zh) = match lookup.outcome {
        Outcome::Found if made_up > 0 && made_up == count => (
            format!(
                "{kind}: no address of its own; the resolver made {count} up for its NAT64 (DNS64)"
            ),
            format!("{kind}：本身没有地址；解析器为 NAT64 合成了 {count} 个（DNS64）"),
        ),
        Outcome::Found if lookup.elapsed >= SLOW => (
            format!("{kind}: {count} address(es), but only after {} s", seconds(lookup.elapsed)),
            format!("{kind}：{count} 个地址，但用了 {} 秒", seconds(lookup.elapsed)),
        ),
        Outcome::Found => {
            (format!("{kind}: {count} address(es)"), format!("{kind}：{count} 个地址"))
        }
        Outcome::NoSuchName => {
            (format!("{kind}: the name does not exist"), format!("{kind}：域名不存在"))
        }
        Outcome::NoAddress => (format!("{kind}: no address"), format!("{kind}：没有地址")),
        Outcome::ServerFailed => {
            (format!("{kind}: the name server failed"), format!("{kind}：域名服务器出错"))
        }
        Outcome::ServerRefused => (
            format!("{kind}: the name server refused to answer"),
            format!("{kind}：域名服务器拒绝回答"),
        ),
        Outcome::Timeout => (
            format!("{kind}: no answer from the name server"),
            format!("{kind}：域名服务器没有回应"),
        ),
        Outcome::NoServer => (
            format!("{kind}: nothing listens at the configured name server"),
            format!("{kind}：配置的域名服务器没有在监听"),
        ),
    };
    Finding::new(en, zh).of(family).raw(raw(lookup))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(v6: bool, outcome: Outcome, millis: u64) -> Lookup {
        let addresses = match outcome {
            Outcome::Found if v6 => vec!["2001:db8::1".parse().unwrap()],
            Outcome::Found => vec!["192.0.2.1".parse().unwrap()],
            _ => Vec::new(),
        };
        let elapsed = Duration::from_millis(millis);
        Lookup {
            v6,
            outcome,
            addresses,
            aliases: Vec::new(),
            server: None,
            elapsed,
            queries: 1,
            hidden: 0,
        }
    }

    #[test]
    fn each_pair_of_answers_has_one_reading() {
        use Outcome::{
            Found, NoAddress, NoServer, NoSuchName, ServerFailed, ServerRefused, Timeout,
        };
        for (v4, v6, millis, wanted) in [
            (Found, Found, 10, "ok"),
            (Found, NoAddress, 10, "ok"),
            (NoAddress, Found, 10, "ok"),
            (Found, NoAddress, 1500, "slow"),
            (Found, Timeout, 5000, "slow"),
            (NoSuchName, NoSuchName, 10, "nxdomain"),
            (NoAddress, NoAddress, 10, "no_address"),
            (ServerFailed, ServerFailed, 10, "servfail"),
            (ServerRefused, ServerRefused, 10, "servfail"),
            (Timeout, Timeout, 5000, "timeout"),
            (NoServer, NoServer, 1, "timeout"),
            (NoAddress, Timeout, 5000, "timeout"),
            (NoSuchName, Timeout, 5000, "nxdomain"),
        ] {
            let lookups = [lookup(false, v4, 10), lookup(true, v6, millis)];
            let reading = interpret(&lookups, &[], &Policy::default());
            assert_eq!(reading.outcome, wanted, "{v4:?} {v6:?}");
            assert!(reading.findings.iter().all(|finding| !finding.text.is_incomplete()));
        }
    }
}
