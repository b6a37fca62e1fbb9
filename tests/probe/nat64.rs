//! A network without IPv4: a name server that makes AAAA records up (DNS64), honest or lying.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use hangup::probe::{
    Gate, Meter,
    nat64::{Known, Prefix},
    policy::{Opening, Policy},
    resolve::DnsClient,
    target::Target,
};
use hickory_proto::{
    op::{Message, MessageType, OpCode},
    rr::{
        RData, Record, RecordType,
        rdata::{A, AAAA},
    },
};
use tokio::net::UdpSocket;

/// What the names of the tests answer with, by their first label; none of them has an AAAA of its own, and
/// those that end in `-six` keep their A to themselves.
fn own_address(label: &[u8]) -> Vec<Ipv4Addr> {
    let of = |text: &str| text.parse().unwrap();
    match label.strip_suffix(b"-six").unwrap_or(label) {
        b"ipv4only" => vec![of("192.0.0.170"), of("192.0.0.171")],
        b"public" => vec![of("93.184.216.34")],
        b"inner" => vec![of("10.1.2.3")],
        b"metadata" => vec![of("169.254.169.254")],
        b"loopback" => vec![of("127.0.0.1")],
        _ => Vec::new(),
    }
}

/// A name server that translates by `prefix`, and says so by another one where it lies.
async fn dns64(prefix: Prefix, said: Prefix) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let question = query.queries[0].clone();
            let name = question.name().clone();
            let label = name.iter().next().unwrap_or_default().to_vec();
            let by = if label == b"ipv4only" { said } else { prefix };
            let v6 = question.query_type() == RecordType::AAAA;
            let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
            answer.add_query(question);
            let is_kept = !v6 && label.ends_with(b"-six");
            for v4 in own_address(&label).into_iter().filter(|_| !is_kept) {
                let data = if v6 { RData::AAAA(AAAA(by.wrap(v4))) } else { RData::A(A(v4)) };
                answer.add_answer(Record::from_rdata(name.clone(), 60, data));
            }
            socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
        }
    });
    address
}

/// What a gate that learns says of `name`: the addresses to dial, or the rule that refuses.
async fn judged(server: SocketAddr, policy: Policy, name: &str) -> Result<Vec<IpAddr>, String> {
    let gate = Gate::new(Arc::new(policy), Arc::new(DnsClient::new(vec![server]))).with_dns64();
    let target = Target::parse(name).unwrap();
    let meter = Arc::new(Meter::new(Duration::from_secs(30)));
    let gate = gate.informed(&target, &meter).await;
    match gate.permit(&target, &meter).await {
        Ok(permit) => {
            for ip in permit.addresses().iter().filter(|ip| ip.is_ipv6()) {
                assert_eq!(permit.behind(*ip), Some(own_address(b"public")[0]), "{ip}");
            }
            Ok(permit.addresses().to_vec())
        }
        Err(refusal) => Err(refusal.rule.id.to_owned()),
    }
}

const PREFIXES: [&str; 8] = [
    "64:ff9b::/96",
    "64:ff9b:1:abcd::/96",
    "2a00:1::/32",
    "2a00:1:200::/40",
    "2a00:1:2::/48",
    "2a00:1:2:300::/56",
    "2a00:1:2:3::/64",
    "2a00:1:2:3::/96",
];

#[tokio::test]
async fn what_stands_behind_a_learnt_prefix_is_judged_by_its_own_address() {
    for text in PREFIXES {
        let prefix: Prefix = text.parse().unwrap();
        let server = dns64(prefix, prefix).await;
        let public = own_address(b"public")[0];
        let wanted = [IpAddr::V4(public), prefix.wrap(public).into()];
        let mut reached = judged(server, Policy::default(), "public.example.com").await.unwrap();
        reached.sort_unstable();
        assert_eq!(reached, wanted, "{text}");
        for (name, rule) in
            [("inner", "private"), ("metadata", "metadata"), ("loopback", "loopback")]
        {
            for name in [format!("{name}.example.com"), format!("{name}-six.example.com")] {
                let refused = judged(server, Policy::default(), &name).await.unwrap_err();
                assert_eq!(refused, rule, "{text} {name}");
            }
        }
    }
}

/// A resolver's word opens nothing: what an administrator opened is reached by its IPv4 address, or through
/// a prefix that stands in the configuration, and through no learnt one.
#[tokio::test]
async fn a_learnt_prefix_leads_into_no_inner_network() {
    let prefix: Prefix = "64:ff9b::/96".parse().unwrap();
    let server = dns64(prefix, prefix).await;
    let cidr = "10.0.0.0/8".parse().unwrap();
    let opening = Opening { cidr, ports: vec![80, 443], from: Vec::new() };
    let open = Policy { openings: vec![opening], ..Policy::default() };
    let refused = judged(server, open.clone(), "inner-six.example.com").await.unwrap_err();
    assert_eq!(refused, "translated_inner");
    let refused = judged(server, open.clone(), "inner.example.com").await.unwrap_err();
    assert_eq!(refused, "mixed_answers");
    let written = Policy { nat64: vec![Known::written(prefix)], ..open };
    let target = Target::parse("[64:ff9b::10.1.2.3]").unwrap();
    assert!(written.decide(&target).is_allowed());
    let metadata = Target::parse("[64:ff9b::169.254.169.254]").unwrap();
    assert!(!written.decide(&metadata).is_allowed());
}

/// The prefix it speaks of is not the one it translates by: what it makes up is then judged as it stands, and
/// ordinary addresses that fall under its word are judged by both.
#[tokio::test]
async fn a_resolver_that_lies_about_its_prefix_opens_nothing() {
    let honest: Prefix = "64:ff9b::/96".parse().unwrap();
    let lie: Prefix = "2a00:1:2:3::/96".parse().unwrap();
    let server = dns64(honest, lie).await;
    let refused = judged(server, Policy::default(), "public-six.example.com").await.unwrap_err();
    assert_eq!(refused, "embedded_ipv4");
    let own: Ipv6Addr = "2a00:1:2:3::10.0.0.1".parse().unwrap();
    let learnt = Policy { nat64: vec![Known { prefix: lie, learnt: true }], ..Policy::default() };
    let decision = learnt.decide(&Target::parse(&format!("[{own}]")).unwrap());
    assert!(!decision.is_allowed());
}

/// Off, as it is without a word in the configuration, nothing of a translator's space is ever dialled.
#[tokio::test]
async fn without_the_switch_nothing_is_learnt() {
    let prefix: Prefix = "64:ff9b::/96".parse().unwrap();
    let server = dns64(prefix, prefix).await;
    let gate = Gate::new(Arc::new(Policy::default()), Arc::new(DnsClient::new(vec![server])));
    let target = Target::parse("public-six.example.com").unwrap();
    let meter = Arc::new(Meter::new(Duration::from_secs(30)));
    let gate = gate.informed(&target, &meter).await;
    let refusal = gate.permit(&target, &meter).await.map(|_| ()).unwrap_err();
    assert_eq!(refusal.rule.id, "embedded_ipv4");
}
