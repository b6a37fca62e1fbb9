//! Whether several resolvers say the same of one name. Pure.
//!
//! Different addresses are no difference: large sites answer every resolver with others. What counts
//! is whether there are any, whether a server fails, and whether one gives private addresses.

use std::{collections::BTreeMap, net::SocketAddr};

use super::{
    dns::raw,
    event::{Finding, Reading, seconds},
    resolve::{Lookup, Outcome},
};

/// What one resolver says of one family, as far as it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    /// Public addresses.
    Found,
    /// Private ones, which are not shown.
    Private,
    /// None.
    Nothing,
    /// It failed, refused, or did not answer.
    Failed,
}

impl Said {
    fn of(lookup: &Lookup) -> Self {
        match lookup.outcome {
            Outcome::Found if lookup.addresses.is_empty() => Self::Private,
            Outcome::Found => Self::Found,
            Outcome::NoSuchName | Outcome::NoAddress => Self::Nothing,
            Outcome::ServerFailed
            | Outcome::ServerRefused
            | Outcome::Timeout
            | Outcome::NoServer => Self::Failed,
        }
    }
}

/// Adds what the comparison of at least two resolvers shows.
pub(super) fn interpret(compared: &[Lookup], reading: &mut Reading) {
    let mut by_server: BTreeMap<SocketAddr, Vec<&Lookup>> = BTreeMap::new();
    for lookup in compared {
        if let Some(server) = lookup.server {
            by_server.entry(server).or_default().push(lookup);
        }
    }
    if by_server.len() < 2 {
        return;
    }
    for (server, lookups) in &by_server {
        reading.findings.push(describe(*server, lookups));
    }
    let said = |v6: bool| {
        let family = compared.iter().filter(move |lookup| lookup.v6 == v6);
        family.map(Said::of).collect::<std::collections::BTreeSet<Said>>()
    };
    let families = [said(false), said(true)];
    let answers = |said: &std::collections::BTreeSet<Said>| {
        said.iter().filter(|said| **said != Said::Failed).count()
    };
    let differs = families.iter().any(|said| answers(said) > 1);
    let fails = families.iter().any(|said| said.contains(&Said::Failed) && answers(said) > 0);
    let (value, en, zh) = if differs {
        (
            "differ",
            "the resolvers contradict each other: which answer a program gets depends on which one it asks",
            "各解析器的回答互相矛盾：程序拿到什么取决于问了哪一个",
        )
    } else if fails {
        (
            "one_fails",
            "a resolver fails where another one answers: every lookup that asks it first is slow or fails",
            "有解析器失败，而其他解析器能回答：先问它的查询会变慢或失败",
        )
    } else {
        ("agree", "all resolvers say the same", "所有解析器回答一致")
    };
    let raws: Vec<String> = compared.iter().map(raw).collect();
    let raws = raws.join("; ");
    reading.observe("dns.resolvers", value, &raws);
    reading.findings.push(Finding::new(en, zh).raw(raws));
}

/// One resolver: what it says of both families, and how long the slower answer took.
fn describe(server: SocketAddr, lookups: &[&Lookup]) -> Finding {
    let took = lookups.iter().map(|lookup| lookup.elapsed).max().unwrap_or_default();
    let (mut en, mut zh) = (Vec::new(), Vec::new());
    for lookup in lookups {
        let family = if lookup.v6 { "IPv6" } else { "IPv4" };
        let (said, said_zh) = word(lookup);
        en.push(format!("{family} {said}"));
        zh.push(format!("{family} {said_zh}"));
    }
    let raws: Vec<String> = lookups.iter().map(|lookup| raw(lookup)).collect();
    let took = seconds(took);
    Finding::new(
        format!("resolver {server}: {} ({took} s)", en.join(", ")),
        format!("解析器 {server}：{}（{took} 秒）", zh.join("，")),
    )
    .raw(raws.join("; "))
}

fn word(lookup: &Lookup) -> (String, String) {
    let both = |en: &str, zh: &str| (en.to_owned(), zh.to_owned());
    let (shown, hidden) = (lookup.addresses.len(), lookup.hidden);
    match lookup.outcome {
        Outcome::Found if shown == 0 => {
            (format!("{hidden} private address(es)"), format!("{hidden} 个私有地址"))
        }
        Outcome::Found => (format!("{shown} address(es)"), format!("{shown} 个地址")),
        Outcome::NoSuchName => both("no such name", "域名不存在"),
        Outcome::NoAddress => both("no address", "没有地址"),
        Outcome::ServerFailed => both("it failed", "出错"),
        Outcome::ServerRefused => both("it refused", "拒绝回答"),
        Outcome::Timeout => both("no answer", "没有回应"),
        Outcome::NoServer => both("nothing listens there", "没有服务在监听"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn lookup(server: u16, v6: bool, outcome: Outcome, private: bool) -> Lookup {
        let is_found = outcome == Outcome::Found;
        let addresses =
            if is_found && !private { vec!["192.0.2.1".parse().unwrap()] } else { Vec::new() };
        Lookup {
            v6,
            outcome,
            addresses,
            aliases: Vec::new(),
            server: Some(SocketAddr::new("192.0.2.53".parse().unwrap(), server)),
            elapsed: Duration::from_millis(3),
            queries: 1,
            hidden: usize::from(private),
        }
    }

    #[test]
    fn only_contradictions_and_failures_count() {
        use Outcome::{Found, NoAddress, NoSuchName, ServerFailed, Timeout};
        for (first, second, private, wanted) in [
            (Found, Found, false, "agree"),
            (Found, Found, true, "differ"),
            (Found, NoSuchName, false, "differ"),
            (Found, Timeout, false, "one_fails"),
            (NoSuchName, ServerFailed, false, "one_fails"),
            (Timeout, ServerFailed, false, "agree"),
        ] {
            let compared = [
                lookup(1, false, first, false),
                lookup(1, true, NoAddress, false),
                lookup(2, false, second, private),
                lookup(2, true, NoAddress, false),
            ];
            let mut reading = Reading::default();
            interpret(&compared, &mut reading);
            let seen = &reading.observations[0];
            assert_eq!(seen.value.word(), Some(wanted), "{first:?} {second:?}");
            assert_eq!(reading.findings.len(), 3);
            assert!(reading.findings[0].text.en.starts_with("resolver 192.0.2.53:1: IPv4 "));
            assert!(reading.findings.iter().all(|finding| !finding.text.is_incomplete()));
        }
        let mut alone = Reading::default();
        interpret(&[lookup(1, false, Found, false)], &mut alone);
        assert_eq!(alone, Reading::default());
    }
}
