//! The DNS client against a name server of our own, and runs against scripted answers.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use hangup::probe::{
    Meter, Probe,
    policy::Policy,
    resolve::{DnsClient, Outcome, Resolve, ScriptedResolver},
};
use hickory_proto::{
    op::{Message, MessageType, OpCode, ResponseCode},
    rr::{
        Name, RData, Record, RecordType,
        rdata::{A, CNAME, TXT},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, UdpSocket},
};

use crate::support::{closed_port, plan, tell};

/// Answers by the first label of the name. `None`: no answer at all.
fn answer(query: &Message, over_tcp: bool) -> Option<Message> {
    let question = query.queries.first()?.clone();
    let name = question.name().clone();
    let label = name.iter().next().map(|label| String::from_utf8_lossy(label).into_owned())?;
    let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    let v4 = question.query_type() == RecordType::A;
    answer.add_query(question);
    let address = |name: &Name, last| {
        Record::from_rdata(name.clone(), 0, RData::A(A(Ipv4Addr::new(93, 184, 216, last))))
    };
    match label.as_str() {
        "gone" => answer.metadata.response_code = ResponseCode::NXDomain,
        "broken" => answer.metadata.response_code = ResponseCode::ServFail,
        "refused" => answer.metadata.response_code = ResponseCode::Refused,
        "mute" => return None,
        "half" if !v4 => return None,
        "long" if !over_tcp => answer.metadata.truncation = true,
        "forged" => answer.metadata.id ^= 1,
        "alias" if v4 => {
            let end = Name::from_ascii("end.example.com.").ok()?;
            answer.add_answer(Record::from_rdata(name, 0, RData::CNAME(CNAME(end.clone()))));
            answer.add_answer(address(&end, 7));
        }
        "loop" => {
            answer.add_answer(Record::from_rdata(name.clone(), 0, RData::CNAME(CNAME(name))));
        }
        "chain" => {
            let next = Name::from_ascii("chain.x.").ok()?.append_domain(&name).ok()?;
            answer.add_answer(Record::from_rdata(name, 0, RData::CNAME(CNAME(next))));
        }
        _ if v4 => {
            answer.add_answer(address(&name, 34));
        }
        _ => {}
    }
    Some(answer)
}

type Answers = fn(&Message, bool) -> Option<Message>;

async fn name_server() -> SocketAddr {
    server_that(answer).await
}

async fn server_that(answer: Answers) -> SocketAddr {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = udp.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            if let Some(answer) = answer(&query, false) {
                udp.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let length = stream.read_u16().await.unwrap();
            let mut buffer = vec![0; usize::from(length)];
            stream.read_exact(&mut buffer).await.unwrap();
            let bytes =
                answer(&Message::from_vec(&buffer).unwrap(), true).unwrap().to_vec().unwrap();
            stream.write_u16(u16::try_from(bytes.len()).unwrap()).await.unwrap();
            stream.write_all(&bytes).await.unwrap();
        }
    });
    address
}

#[tokio::test]
async fn texts_are_read_whole_and_behind_an_alias() {
    let client = DnsClient::new(vec![server_that(texts).await]);
    let meter = Meter::new(Duration::from_secs(30));
    let said = client.texts("_hangup.example.com", &meter).await;
    assert_eq!(said, ["v=spf1 -all", "burst=hangup.example.net"]);
    assert_eq!(client.texts("_hangup.alias.example.com", &meter).await, ["burst=*"]);
    assert!(client.texts("_hangup.gone.example.com", &meter).await.is_empty());
    assert!(client.texts("_hangup.mute.example.com", &meter).await.is_empty());
}

/// A name server that knows texts, one of them in two pieces and one behind an alias.
fn texts(query: &Message, _over_tcp: bool) -> Option<Message> {
    let name = query.queries.first()?.name().clone();
    let txt = |owner: &Name, pieces: &[&str]| {
        let pieces = pieces.iter().map(|piece| (*piece).to_owned()).collect();
        Record::from_rdata(owner.clone(), 60, RData::TXT(TXT::new(pieces)))
    };
    let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
    answer.add_query(query.queries.first()?.clone());
    match name.to_ascii().as_str() {
        "_hangup.example.com." => {
            answer.add_answer(txt(&name, &["v=spf1 -all"]));
            answer.add_answer(txt(&name, &["burst=hangup", ".example.net"]));
        }
        "_hangup.alias.example.com." => {
            let end = Name::from_ascii("proofs.example.org.").unwrap();
            answer.add_answer(Record::from_rdata(name, 60, RData::CNAME(CNAME(end.clone()))));
            answer.add_answer(txt(&end, &["burst=*"]));
        }
        "_hangup.gone.example.com." => answer.metadata.response_code = ResponseCode::NXDomain,
        _ => return None,
    }
    Some(answer)
}

#[tokio::test]
async fn each_kind_of_answer_is_told_apart() {
    let client = DnsClient::new(vec![name_server().await]);
    for (name, v6, wanted) in [
        ("good.example.com", false, Outcome::Found),
        ("good.example.com", true, Outcome::NoAddress),
        ("alias.example.com", false, Outcome::Found),
        ("long.example.com", false, Outcome::Found),
        ("gone.example.com", false, Outcome::NoSuchName),
        ("broken.example.com", false, Outcome::ServerFailed),
        ("refused.example.com", false, Outcome::ServerRefused),
        ("loop.example.com", false, Outcome::NoAddress),
        ("chain.example.com", false, Outcome::NoAddress),
        ("mute.example.com", false, Outcome::Timeout),
        ("forged.example.com", false, Outcome::Timeout),
    ] {
        let start = Instant::now();
        let meter = Meter::new(Duration::from_secs(30));
        let found = client.lookup(name, v6, &meter).await;
        assert_eq!(found.outcome, wanted, "{name}");
        assert!(start.elapsed() < Duration::from_millis(5300), "{name}");
        assert!(found.queries <= 20, "{name}");
    }
    let alias =
        client.lookup("alias.example.com", false, &Meter::new(Duration::from_secs(9))).await;
    assert_eq!(alias.aliases, ["end.example.com."]);
    let nobody = DnsClient::new(vec![closed_port().await]);
    let found = nobody.lookup("good.example.com", false, &Meter::new(Duration::from_secs(9))).await;
    assert_eq!(found.outcome, Outcome::NoServer);
}

#[tokio::test]
async fn a_second_server_helps_when_the_first_is_mute() {
    let mute = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let servers = vec![mute.local_addr().unwrap(), name_server().await];
    let found = DnsClient::new(servers)
        .lookup("good.example.com", false, &Meter::new(Duration::from_secs(9)))
        .await;
    assert_eq!(found.outcome, Outcome::Found);
    assert!(found.elapsed > Duration::from_secs(1));
}

#[tokio::test]
async fn several_resolvers_are_compared_and_named() {
    let good = name_server().await;
    let mute = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let dead = closed_port().await;
    let refuses = server_that(|query, _| {
        let mut answer = answer(query, false)?;
        answer.metadata.response_code = ResponseCode::Refused;
        answer.answers.clear();
        Some(answer)
    })
    .await;
    let denies = server_that(|query, _| {
        let mut answer = answer(query, false)?;
        answer.metadata.response_code = ResponseCode::NXDomain;
        answer.answers.clear();
        Some(answer)
    })
    .await;
    let private = server_that(|query, _| {
        let mut answer = answer(query, false)?;
        let name = query.queries.first()?.name().clone();
        answer.answers = vec![Record::from_rdata(name, 0, RData::A(A(Ipv4Addr::new(10, 0, 0, 5))))];
        Some(answer)
    })
    .await;
    for (second, wanted, part) in [
        (name_server().await, "agree", "IPv4 1 address(es)"),
        (mute.local_addr().unwrap(), "one_fails", "IPv4 no answer"),
        (dead, "one_fails", "IPv4 nothing listens there"),
        (refuses, "one_fails", "IPv4 it refused"),
        (denies, "differ", "IPv4 no such name"),
        (private, "differ", "IPv4 1 private address(es)"),
    ] {
        let client = Arc::new(DnsClient::new(vec![good, second]));
        let told =
            tell(plan("good.example.com", &[Probe::Dns], 1), Policy::default(), client).await;
        assert_eq!(told.value("dns.resolvers").as_deref(), Some(wanted), "{:?}", told.0);
        assert_eq!(told.value("dns.result").as_deref(), Some("ok"), "{:?}", told.0);
        let shown = format!("{:?}", told.0);
        assert!(shown.contains(&format!("resolver {second}: {part}")), "{shown}");
        assert!(!shown.contains("10.0.0.5"), "{shown}");
    }
    // The first one fails: the answer of the second is used, and the first is named.
    let client = Arc::new(DnsClient::new(vec![dead, good]));
    let told = tell(plan("good.example.com", &[Probe::Dns], 1), Policy::default(), client).await;
    assert_eq!(told.value("dns.resolvers").as_deref(), Some("one_fails"), "{:?}", told.0);
    let alone = Arc::new(DnsClient::new(vec![good]));
    let told = tell(plan("good.example.com", &[Probe::Dns], 1), Policy::default(), alone).await;
    assert!(told.value("dns.resolvers").is_none(), "{:?}", told.0);
}

#[tokio::test]
async fn a_name_that_does_not_exist_makes_the_rest_not_visible() {
    let client = DnsClient::new(vec![name_server().await]);
    let told = tell(plan("gone.example.com", &[], 1), Policy::default(), Arc::new(client)).await;
    assert_eq!(told.value("dns.result").as_deref(), Some("nxdomain"));
    assert!(
        [Probe::Tcp, Probe::Tls, Probe::Http, Probe::Idle]
            .iter()
            .all(|probe| told.is_hidden(*probe))
    );
    assert!(told.value("tcp.result").is_none());
}

#[tokio::test]
async fn mixed_and_private_answers_are_refused_and_not_shown() {
    for (answers, wanted) in [
        (vec!["93.184.216.34", "10.0.0.5"], "mixed_answers"),
        (vec!["10.0.0.5"], "private"),
        (vec!["127.0.0.1"], "loopback"),
        (vec!["::ffff:169.254.169.254"], "embedded_ipv4"),
    ] {
        let addresses: Vec<_> = answers.iter().map(|ip| ip.parse().unwrap()).collect();
        let resolver = Arc::new(ScriptedResolver::new(&[addresses]));
        let told = tell(plan("inner.example.com", &[], 1), Policy::default(), resolver).await;
        assert_eq!(told.refused_by(), Some(wanted));
        assert!(!format!("{:?}", told.0).contains("10.0.0.5"));
        // That a public name answers so is what somebody looks for; where inside is not theirs.
        assert_eq!(format!("{:?}", told.0).contains("10.x.x.x"), answers.contains(&"10.0.0.5"));
    }
}

#[tokio::test]
async fn whoever_may_probe_an_inner_network_sees_its_addresses() {
    use hangup::probe::policy::Opening;
    let cidr = "10.0.0.0/24".parse().unwrap();
    let from = vec!["192.168.7.0/24".parse().unwrap()];
    let opening = Opening { cidr, ports: vec![443], from };
    let policy = Policy { openings: vec![opening], ..Policy::default() };
    for (client, shown) in [("192.168.7.9", "10.0.0.5"), ("203.0.113.9", "10.x.x.x")] {
        let answers = vec!["93.184.216.34".parse().unwrap(), "10.0.0.5".parse().unwrap()];
        // Nothing is dialled: only the lookup is asked for.
        let resolver = Arc::new(ScriptedResolver::new(&[answers]));
        let policy = policy.seen_from(client.parse().unwrap());
        let told = tell(plan("inner.example.com", &[Probe::Dns], 1), policy, resolver).await;
        let addresses = format!("A: 93.184.216.34 {shown} (");
        assert!(format!("{:?}", told.0).contains(&addresses), "{client}: {:?}", told.0);
    }
}

#[tokio::test]
async fn a_redirect_is_resolved_and_judged_anew() {
    use crate::support::{loopback, server};
    use tokio::io::AsyncWriteExt as _;
    let address = server(|mut stream| async move {
        let mut buffer = [0; 2048];
        let _ = stream.read(&mut buffer).await;
        let answer = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n";
        let _ = stream.write_all(answer).await;
    })
    .await;
    // The name moves inside between two requests: the second one must not follow it.
    let answers = [vec!["127.0.0.1".parse().unwrap()], vec!["10.0.0.5".parse().unwrap()]];
    let resolver = Arc::new(ScriptedResolver::new(&answers));
    let target = format!("http://start.example.com:{}/", address.port());
    let told = tell(plan(&target, &[Probe::Http], 1), loopback(), resolver).await;
    assert!(format!("{:?}", told.0).contains("a redirect was not followed"), "{:?}", told.0);
    assert_eq!(told.value("http.result").as_deref(), Some("ok"));
}

#[tokio::test]
async fn a_redirect_is_charged_to_where_it_leads_and_requests_say_who_asks() {
    use crate::support::{loopback, server};
    use hangup::probe::{
        Gate,
        budget::{Budgets, Limits},
        run,
        target::Target,
    };
    use tokio::io::AsyncWriteExt as _;
    let (heads, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let address = server(move |mut stream| {
        let heads = heads.clone();
        async move {
            let mut buffer = [0; 2048];
            let read = stream.read(&mut buffer).await.unwrap_or_default();
            let _ = heads.send(String::from_utf8_lossy(&buffer[..read]).into_owned());
            let port = stream.local_addr().unwrap().port();
            let answer = format!(
                "HTTP/1.1 302 Found\r\nLocation: http://victim.example.net:{port}/\r\nContent-Length: 0\r\n\r\n"
            );
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    let budgets = Budgets::new(Limits::default());
    let victim = Target::parse("victim.example.net").unwrap();
    // The victim is being looked at twice already.
    let busy: Vec<_> =
        (1..=2).map(|last| budgets.admit([192, 0, 2, last].into(), &victim).unwrap()).collect();
    for (tickets, wanted) in [(busy, 1), (Vec::new(), 6)] {
        let answers = [vec![Ipv4Addr::LOCALHOST.into()]];
        let gate = Gate::new(Arc::new(loopback()), Arc::new(ScriptedResolver::new(&answers)))
            .with_about("https://hangup.example.org/about-probes");
        let plan =
            plan(&format!("http://start.example.com:{}/", address.port()), &[Probe::Http], 1);
        let ticket = budgets.admit([192, 0, 2, 9].into(), &plan.target).unwrap();
        let mut run = run(plan, gate, Some(ticket));
        while run.events.recv().await.is_some() {}
        let mut requests = 0;
        while let Ok(head) = heard.try_recv() {
            assert!(head.contains("; +https://hangup.example.org/about-probes)\r\n"), "{head}");
            requests += 1;
        }
        assert_eq!(requests, wanted);
        drop(tickets);
    }
}
