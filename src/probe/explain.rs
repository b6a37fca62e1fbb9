//! Why the policy says what it says: what matched, where that is written, and what would open it.
//!
//! In: a policy and a target, or what is wrong with its text. Out: an [`Explanation`]. Pure, and
//! about the text alone: nothing is looked up.

use std::net::IpAddr;

use super::{
    hostname::Host,
    names,
    nat64::{self, Inner},
    policy::Policy,
    ranges::{self, Class},
    rules::{self, Rule},
    target::Target,
};
use crate::knowledge::Text;

/// What stands behind a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The IPv4 address that was taken out of the target, and the prefix of the NAT64 it was taken out of.
    pub unwrapped: Option<String>,
    /// The network, name, ending or list that matched; `None` where nothing of the kind did.
    pub matched: Option<String>,
    /// Where that is written: a standard, a cloud's documentation, or a key of the configuration.
    pub source: &'static str,
    /// The key of the configuration that would open it; `None` where none does, or none is needed.
    pub opened_by: Option<&'static str>,
    /// What can be done, in one sentence.
    pub advice: Text,
}

impl Explanation {
    fn new(matched: Option<String>, source: &'static str, way: Way) -> Self {
        let (opened_by, en, zh) = way.words();
        let advice = Text { en: en.to_owned(), zh: zh.to_owned() };
        Self { unwrapped: None, matched, source, opened_by, advice }
    }
}

/// What opens a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// It is open.
    Open,
    /// No setting.
    Nothing,
    /// Another spelling of the text.
    Spelling,
    /// `probe.ports`, or a port of an opened network.
    Port,
    /// `probe.allow`.
    Network,
    /// `probe.allow_loopback`.
    Loopback,
    /// `probe.opt_out`.
    OptOut,
    /// `probe.nat64_prefixes`.
    Translator,
}

impl Way {
    fn words(self) -> (Option<&'static str>, &'static str, &'static str) {
        match self {
            Self::Open => (
                None,
                "Nothing stands in the way; the addresses that a name answers with are still judged one by one.",
                "没有阻拦；域名解析出的每个地址仍会逐个判断。",
            ),
            Self::Nothing => {
                (None, "No setting opens this, whoever asks.", "没有任何设置能开放它，无论谁来问。")
            }
            Self::Spelling => (
                None,
                "Write it in the form that the reason names; no setting makes this text readable.",
                "请按原因里说的写法重写；没有设置能让这段文字变得可读。",
            ),
            Self::Port => (
                Some("probe.ports"),
                "An administrator can add the port to `probe.ports`, or give it to one network in `probe.allow` (command line: --allow-port).",
                "管理员可以把端口加进 `probe.ports`，或在 `probe.allow` 里只给某个网段开放（命令行：--allow-port）。",
            ),
            Self::Network => (
                Some("probe.allow"),
                "An administrator can open the network, its ports and who may ask in `probe.allow` (command line: --allow).",
                "管理员可以在 `probe.allow` 里开放网段、端口和允许的访客（命令行：--allow）。",
            ),
            Self::Loopback => (
                Some("probe.allow_loopback"),
                "Only `probe.allow_loopback` opens the machine itself, for tests and one's own desk (command line: --allow-loopback).",
                "只有 `probe.allow_loopback` 能开放本机，仅用于测试和自己的电脑（命令行：--allow-loopback）。",
            ),
            Self::OptOut => (
                Some("probe.opt_out"),
                "Its owner asked not to be probed; only taking the entry out of `probe.opt_out` would open it.",
                "主机的主人要求不被探测；只有从 `probe.opt_out` 里删掉这一条才会开放。",
            ),
            Self::Translator => (
                Some("probe.nat64_prefixes"),
                "Where a NAT64 stands in the network, an administrator can name its prefix in `probe.nat64_prefixes`, with `probe.dns64` on; then the IPv4 address inside is judged (command line: --dns64 --nat64-prefix).",
                "如果网络里有 NAT64，管理员可以开启 `probe.dns64` 并在 `probe.nat64_prefixes` 里写明前缀；之后按其中的 IPv4 地址判断（命令行：--dns64 --nat64-prefix）。",
            ),
        }
    }

    /// What opens what `listed` refuses.
    fn of(listed: &ranges::Listed) -> Self {
        let is_translated = listed.network.is_some_and(nat64::is_made_for_it);
        if is_translated { Self::Translator } else { Self::of_class(listed.class) }
    }

    fn of_class(class: Class) -> Self {
        match class {
            Class::Public => Self::Open,
            Class::Admin => Self::Network,
            Class::Loopback => Self::Loopback,
            Class::Never => Self::Nothing,
        }
    }
}

/// What is behind a text that is no target.
pub fn explain_invalid(rule: Rule) -> Explanation {
    let source = match rule {
        rules::NUMBER => "WHATWG URL, inet_aton(3)",
        rules::IDN => "RFC 5891, UTS #46",
        rules::USERINFO | rules::PERCENT | rules::BRACKETS | rules::IPV6_BARE => "RFC 3986 §3.2",
        rules::ZONE => "RFC 6874, RFC 4007",
        rules::LABEL_TOO_LONG | rules::NAME_TOO_LONG | rules::EMPTY_LABEL => "RFC 1035 §2.3.4",
        rules::HYPHEN | rules::CHARACTER => "RFC 1123 §2.1",
        rules::IPV6 => "RFC 4291 §2.2",
        _ => "the grammar of targets",
    };
    Explanation::new(None, source, Way::Spelling)
}

impl Policy {
    /// What is behind the decision about `target`, before any lookup.
    pub fn explain(&self, target: &Target) -> Explanation {
        let rule = self.decide(target).rule;
        if rule == rules::PORT_NOT_ALLOWED {
            let mut ports = self.ports.clone();
            if let Host::Address(ip) = target.host() {
                let ip = self.party(*ip);
                ports.extend(self.openings_of(ip).flat_map(|opening| opening.ports.clone()));
            }
            ports.sort_unstable();
            ports.dedup();
            let ports: Vec<String> = ports.iter().map(u16::to_string).collect();
            let matched = Some(ports.join(", "));
            let unwrapped = self.explain_unwrapped(target);
            return Explanation {
                unwrapped,
                ..Explanation::new(matched, "probe.ports", Way::Port)
            };
        }
        let explained = match target.host() {
            Host::Address(ip) => self.explain_address(*ip, rule),
            Host::Name(name) => self.explain_name(name, rule),
        };
        Explanation { unwrapped: self.explain_unwrapped(target), ..explained }
    }

    /// The IPv4 address inside an address that was typed, and where that is written.
    fn explain_unwrapped(&self, target: &Target) -> Option<String> {
        let Host::Address(ip) = target.host() else { return None };
        match nat64::readings(&self.nat64, *ip).first()? {
            (known, Inner::Address(v4)) => Some(format!("{v4} in {}", known.prefix)),
            (known, _) => Some(format!("no address in {}", known.prefix)),
        }
    }

    fn explain_address(&self, outer: IpAddr, rule: Rule) -> Explanation {
        // The rule may be about the address itself or about the one inside.
        let is_about_outer = match rule {
            rules::OWN_ADDRESS => self.own_addresses.contains(&outer),
            rules::OPTED_OUT => self.opted_out_networks.iter().any(|net| net.contains(&outer)),
            _ => false,
        };
        let ip = if is_about_outer { outer } else { self.party(outer) };
        let listed = ranges::look_up(ip);
        match rule {
            rules::OWN_ADDRESS => {
                Explanation::new(Some(ip.to_string()), "this machine's interfaces", Way::Nothing)
            }
            rules::OPTED_OUT => {
                let entry = self.opted_out_networks.iter().find(|network| network.contains(&ip));
                Explanation::new(entry.map(ToString::to_string), "probe.opt_out", Way::OptOut)
            }
            rules::OPENED => {
                let opening = self.openings_of(ip).next().map(|opening| opening.cidr.to_string());
                Explanation::new(opening, "probe.allow", Way::Open)
            }
            rules::LOOPBACK_OPENED => {
                let network = listed.network.map(|network| network.to_string());
                Explanation::new(network, "probe.allow_loopback", Way::Open)
            }
            _ => {
                let network = listed.network.map(|network| network.to_string());
                Explanation::new(network, listed.source, Way::of(&listed))
            }
        }
    }

    fn explain_name(&self, name: &str, rule: Rule) -> Explanation {
        let listed = names::judge(name);
        let entry = listed.as_ref().map(|listed| listed.entry.clone());
        match (rule, listed) {
            (rules::OWN_NAME, _) => {
                Explanation::new(Some(name.to_owned()), "base_url, hosts", Way::Nothing)
            }
            (rules::OPTED_OUT, _) => {
                let entry = self
                    .opted_out_names
                    .iter()
                    .find(|entry| names::is_or_below(name, std::slice::from_ref(*entry)));
                Explanation::new(entry.cloned(), "probe.opt_out", Way::OptOut)
            }
            (rules::OPENED, _) => Explanation::new(entry, "probe.allow", Way::Open),
            (rules::LOOPBACK_OPENED, _) => {
                Explanation::new(entry, "probe.allow_loopback", Way::Open)
            }
            (_, Some(listed)) => {
                // Opening its network does not open a name that an outsider points somewhere.
                let way = match listed.rule {
                    rules::WILDCARD_DNS => Way::Nothing,
                    _ => Way::of_class(listed.class),
                };
                Explanation::new(entry, listed.source, way)
            }
            (_, None) => Explanation::new(None, "no list holds this name", Way::Open),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::policy::Opening;

    fn explain(
        policy: &Policy,
        text: &str,
    ) -> (Option<String>, &'static str, Option<&'static str>) {
        let explained = policy.explain(&Target::parse(text).unwrap());
        assert!(!explained.advice.is_incomplete());
        (explained.matched, explained.source, explained.opened_by)
    }

    #[test]
    fn the_row_its_source_and_its_key_are_named() {
        let policy = Policy {
            opted_out_names: vec!["example.org".into()],
            opted_out_networks: vec!["1.1.1.0/24".parse().unwrap()],
            own_names: vec!["hangup.example.com".into()],
            ..Policy::default()
        };
        for (text, matched, source, opened_by) in [
            ("10.1.2.3", "10.0.0.0/8", "RFC 1918", Some("probe.allow")),
            (
                "169.254.169.254",
                "169.254.169.0/24",
                "cloud metadata (AWS, GCP, Azure, OpenStack)",
                None,
            ),
            ("[fd00:ec2::254]", "fd00:ec2::/32", "AWS metadata, DNS and time", None),
            ("127.0.0.1", "127.0.0.0/8", "RFC 1122 §3.2.1.3", Some("probe.allow_loopback")),
            (
                "printer.local",
                "local",
                "RFC 6762, RFC 8375, ICANN name collisions",
                Some("probe.allow"),
            ),
            (
                "metadata.google.internal",
                "metadata.google.internal",
                "the cloud's documentation",
                None,
            ),
            ("10.0.0.1.nip.io", "10.0.0.1", "the name itself", None),
            ("www.example.org", "example.org", "probe.opt_out", Some("probe.opt_out")),
            ("1.1.1.1", "1.1.1.0/24", "probe.opt_out", Some("probe.opt_out")),
            ("hangup.example.com", "hangup.example.com", "base_url, hosts", None),
            ("example.com:22", "80, 443, 8080, 8443", "probe.ports", Some("probe.ports")),
        ] {
            let wanted = (Some(matched.to_owned()), source, opened_by);
            assert_eq!(explain(&policy, text), wanted, "{text}");
        }
        assert_eq!(explain(&policy, "example.com").2, None);
    }

    #[test]
    fn what_was_unwrapped_is_told_and_judged_by_its_own_row() {
        let prefix = "64:ff9b::/96".parse().unwrap();
        let known = nat64::Known { prefix, learnt: false };
        let policy = Policy { nat64: vec![known], ..Policy::default() };
        let explained = policy.explain(&Target::parse("[64:ff9b::10.1.2.3]").unwrap());
        assert_eq!(explained.unwrapped.as_deref(), Some("10.1.2.3 in 64:ff9b::/96"));
        assert_eq!(explained.matched.as_deref(), Some("10.0.0.0/8"));
        assert_eq!((explained.source, explained.opened_by), ("RFC 1918", Some("probe.allow")));
        let refused = policy.explain(&Target::parse("[64:ff9b::8.8.8.8]:22").unwrap());
        assert_eq!(refused.unwrapped.as_deref(), Some("8.8.8.8 in 64:ff9b::/96"));
        assert_eq!(refused.opened_by, Some("probe.ports"));
        let closed = Policy::default().explain(&Target::parse("[64:ff9b::8.8.8.8]").unwrap());
        assert_eq!((closed.unwrapped, closed.opened_by), (None, Some("probe.nat64_prefixes")));
    }

    #[test]
    fn an_opening_is_named_where_it_opens() {
        let cidr = "10.0.0.0/8".parse().unwrap();
        let opening = Opening { cidr, ports: vec![3306], from: Vec::new() };
        let policy = Policy { openings: vec![opening], ..Policy::default() };
        let opened = (Some("10.0.0.0/8".to_owned()), "probe.allow", None);
        assert_eq!(explain(&policy, "10.1.2.3:3306"), opened);
        assert_eq!(explain(&policy, "10.1.2.3:22").0.as_deref(), Some("80, 443, 3306, 8080, 8443"));
    }
}
