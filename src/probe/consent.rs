//! Whether the owner of a host has agreed to a burst: weapon W5 of the threat model. Pure.
//!
//! A visitor without a name could point ten connections at anybody's server. So a server asks for a sign that
//! only the domain's owner can set: a TXT record beside the name. Networks that the administrator opened need
//! none, and neither does loopback or the command line, whose user is known.

use std::net::IpAddr;

use super::{
    policy::Policy,
    ranges::{self, Class},
    target::Target,
};
use crate::knowledge::Text;

/// The label below which the record stands, with an underscore so that no host has it (RFC 8552).
const LABEL: &str = "_hangup";
/// What the record begins with; the host name of the server that may, or `*`, follows.
const SAYS: &str = "burst=";

/// The name whose TXT records are to be asked for before `policy` allows a burst at `ip`, if it wants a proof;
/// an error where none can be given, because the target is an address.
pub(super) fn wanted(
    policy: &Policy,
    target: &Target,
    ip: IpAddr,
) -> Option<Result<String, Unproved>> {
    let ip = policy.party(ip);
    let is_strange =
        ranges::classify(ip).0 == Class::Public && policy.openings_of(ip).next().is_none();
    (policy.burst_wants_proof && is_strange)
        .then(|| target.name().map(|name| format!("{LABEL}.{name}")).ok_or(Unproved::Address))
}

/// Whether one of `records` lets the server that is reached by one of `own_names` burst.
pub(super) fn is_given(records: &[String], own_names: &[String]) -> bool {
    records.iter().filter_map(|record| record.trim().strip_prefix(SAYS)).any(|who| {
        let who = who.trim().trim_end_matches('.');
        who == "*" || own_names.iter().any(|own| own.eq_ignore_ascii_case(who))
    })
}

/// Why a burst is not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unproved {
    /// An address has no owner that could be asked by name.
    Address,
    /// The record is not there; its name, and the server's own.
    NoRecord(String, String),
}

impl Unproved {
    /// For a record that was looked for at `name` and not found.
    pub(super) fn at(name: String, own_names: &[String]) -> Self {
        let own = own_names.first().map_or("*", String::as_str);
        Self::NoRecord(name, own.to_owned())
    }

    /// One sentence in both languages.
    pub(super) fn text(&self) -> Text {
        let (en, zh) = match self {
            Self::Address => (
                "ten connections at once need the consent of the host's owner, which an address cannot give; use its name".to_owned(),
                "同时建立十个连接需要主机所有者同意，IP 地址无法证明；请改用域名".to_owned(),
            ),
            Self::NoRecord(name, own) => (
                format!("ten connections at once need the consent of the host's owner: a TXT record at {name} that says {SAYS}{own}"),
                format!("同时建立十个连接需要主机所有者同意：请在 {name} 添加 TXT 记录，内容为 {SAYS}{own}"),
            ),
        };
        Text { en, zh }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::policy::Opening;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn strangers_hosts_want_a_proof_and_ones_own_do_not() {
        let opening = Opening { cidr: "8.8.8.0/24".parse().unwrap(), ports: vec![], from: vec![] };
        let policy = Policy {
            burst_wants_proof: true,
            openings: vec![opening],
            allow_loopback: true,
            ..Policy::default()
        };
        let named = Target::parse("shop.example.com").unwrap();
        let record = "_hangup.shop.example.com".to_owned();
        assert_eq!(wanted(&policy, &named, ip("1.1.1.1")), Some(Ok(record)));
        let bare = Target::parse("1.1.1.1").unwrap();
        assert_eq!(wanted(&policy, &bare, ip("1.1.1.1")), Some(Err(Unproved::Address)));
        for own in ["8.8.8.8", "127.0.0.1"] {
            assert_eq!(wanted(&policy, &named, ip(own)), None, "{own}");
        }
        assert_eq!(wanted(&Policy::default(), &named, ip("1.1.1.1")), None, "the command line");
    }

    #[test]
    fn a_record_names_this_server_or_all() {
        let own = ["hangup.example.net".to_owned()];
        let says = |record: &str| is_given(&["v=spf1 -all".to_owned(), record.to_owned()], &own);
        assert!(says("burst=hangup.example.net") && says(" burst=Hangup.Example.net. "));
        assert!(says("burst=*"));
        assert!(!says("burst=other.example.net") && !says("burst=") && !says("hangup.example.net"));
        assert!(!is_given(&["burst=".to_owned()], &[]), "a server without a name");
    }
}
