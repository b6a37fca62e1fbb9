//! What the policy says, and that no opening reaches the never-list.

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn decide(policy: &Policy, text: &str) -> &'static str {
    let decision = policy.decide(&Target::parse(text).unwrap());
    decision.rule.id
}

fn opened(cidrs: &[&str]) -> Policy {
    let openings = cidrs
        .iter()
        .map(|cidr| Opening { cidr: cidr.parse().unwrap(), ports: vec![3306], from: Vec::new() })
        .collect();
    Policy { openings, ..Policy::default() }
}

#[test]
fn an_opening_opens_its_network_and_ports_and_nothing_else() {
    let policy = opened(&["10.0.0.0/8", "fd00::/8", "100.64.0.0/10"]);
    assert_eq!(decide(&policy, "10.1.2.3:3306"), "opened");
    assert_eq!(decide(&policy, "10.1.2.3:443"), "port_not_allowed");
    assert_eq!(decide(&policy, "10.1.2.3:22"), "port_not_allowed");
    assert_eq!(decide(&policy, "192.168.1.1"), "private");
    assert_eq!(decide(&policy, "8.8.8.8"), "public");
    assert_eq!(decide(&policy, "8.8.8.8:3306"), "port_not_allowed");
    assert_eq!(decide(&policy, "100.100.100.200"), "metadata");
    assert_eq!(decide(&policy, "[fd00:ec2::254]"), "metadata");
    assert_eq!(decide(&policy, "[fd00::1]:3306"), "opened");
    let name = Target::parse("db.example.com:3306").unwrap();
    assert!(policy.decide(&name).is_allowed());
    assert!(policy.decide_answers(&name, &["10.0.0.5".parse().unwrap()]).is_allowed());
    assert!(!policy.decide_answers(&name, &["8.8.8.8".parse().unwrap()]).is_allowed());
}

#[test]
fn an_opening_without_ports_has_those_of_the_web() {
    let mut policy = opened(&["10.0.0.0/8", "10.2.0.0/16"]);
    policy.openings[0].ports.clear();
    assert_eq!(decide(&policy, "10.1.2.3:443"), "opened");
    assert_eq!(decide(&policy, "10.1.2.3:3306"), "port_not_allowed");
    assert_eq!(decide(&policy, "10.2.0.3:3306"), "opened");
    assert_eq!(decide(&policy, "10.2.0.3:443"), "opened");
}

#[test]
fn loopback_needs_its_own_switch() {
    assert_eq!(decide(&opened(&["127.0.0.0/8", "0.0.0.0/0", "::/0"]), "127.0.0.1"), "loopback");
    let policy = Policy {
        allow_loopback: true,
        own_addresses: vec!["127.0.0.1".parse().unwrap()],
        ..Policy::default()
    };
    assert_eq!(decide(&policy, "127.0.0.1:1234"), "loopback_opened");
    assert_eq!(decide(&policy, "localhost:1234"), "loopback_opened");
    assert_eq!(decide(&policy, "[::ffff:127.0.0.1]"), "embedded_ipv4");
    assert_eq!(decide(&policy, "0.0.0.0"), "unspecified");
}

#[test]
fn own_and_opted_out_hosts_are_refused_even_when_public_or_opened() {
    let policy = Policy {
        own_addresses: vec!["198.20.0.9".parse().unwrap()],
        own_names: vec!["hangup.example.com".into()],
        opted_out_names: vec!["example.org".into()],
        opted_out_networks: vec!["1.1.1.0/24".parse().unwrap()],
        ..opened(&["0.0.0.0/0"])
    };
    assert_eq!(decide(&policy, "198.20.0.9"), "own_address");
    assert_eq!(decide(&policy, "hangup.example.com."), "own_name");
    assert_eq!(decide(&policy, "www.example.org"), "opted_out");
    assert_eq!(decide(&policy, "1.1.1.1"), "opted_out");
}

#[test]
fn an_opening_for_some_visitors_is_no_opening_for_others() {
    let mut policy = opened(&["10.0.0.0/8", "192.168.0.0/16"]);
    policy.private_names = true;
    policy.openings[0].from = vec!["10.9.0.0/16".parse().unwrap()];
    let inside = policy.seen_from("::ffff:10.9.1.2".parse().unwrap());
    assert_eq!(decide(&inside, "10.1.2.3:3306"), "opened");
    let outside = policy.seen_from("203.0.113.9".parse().unwrap());
    assert_eq!(decide(&outside, "10.1.2.3:3306"), "private");
    assert_eq!(decide(&outside, "192.168.1.1:3306"), "opened");
    policy.openings.pop();
    let stranger = policy.seen_from("203.0.113.9".parse().unwrap());
    assert_eq!(decide(&stranger, "db.internal:3306"), "private_name");
    assert_eq!(decide(&stranger, "db.example.com:3306"), "port_not_allowed");
    assert!(!stranger.may_show("10.1.2.3".parse().unwrap()));
    assert!(inside.may_show("10.1.2.3".parse().unwrap()));
}

#[test]
fn an_alias_does_not_lead_to_those_who_opted_out() {
    let mut policy = Policy { own_names: vec!["hangup.example.com".into()], ..Policy::default() };
    policy.opt_out("example.org".parse().unwrap());
    assert_eq!(policy.forbids_alias("CDN.Example.ORG."), Some(rules::OPTED_OUT));
    assert_eq!(policy.forbids_alias("hangup.example.com."), Some(rules::OWN_NAME));
    assert_eq!(policy.forbids_alias("metadata.google.internal."), Some(rules::METADATA_NAME));
    assert_eq!(policy.forbids_alias("example.net."), None);
}

proptest! {
    #[test]
    fn no_opening_reaches_the_never_list(v4 in any::<u32>(), v6 in any::<u128>(), block in 0usize..12, port in 1u16..) {
        let everything = Policy {
            openings: vec![
                Opening { cidr: "0.0.0.0/0".parse().unwrap(), ports: vec![port], from: Vec::new() },
                Opening { cidr: "::/0".parse().unwrap(), ports: vec![port], from: Vec::new() },
            ],
            private_names: true,
            ..Policy::default()
        };
        let masks: [(u128, u32); 12] = [
            (0, 96), (0xffff << 32, 96), (0xffff << 48, 96), (0x64_ff9b << 96, 96), (0x2002 << 112, 16),
            (0x2001 << 112, 32), (0xfe80 << 112, 10), (0xff00 << 112, 8), (0xfd00_0ec2 << 96, 32), (1, 128),
            (0, 128), (0x4000 << 112, 3),
        ];
        let (net, length) = masks[block];
        let host = v6 & u128::MAX.checked_shr(length).unwrap_or(0);
        let [a, b, c, d] = Ipv4Addr::from_bits(v4).octets();
        let never: [IpAddr; 5] = [
            Ipv6Addr::from_bits(net | host).into(),
            Ipv4Addr::new(127, b, c, d).into(),
            Ipv4Addr::new(0, b, c, d).into(),
            Ipv4Addr::new(169, 254, c, d).into(),
            Ipv4Addr::new(0xe0 | (a & 0x0f), b, c, d).into(),
        ];
        for ip in never {
            prop_assert!(!everything.decide_address(ip, port).is_allowed(), "{}", ip);
        }
    }
}
