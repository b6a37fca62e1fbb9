//! Ten thousand names that change their mind, and a hundred thousand targets that try to look like
//! others, in a network without a way out: see `sealed`.

use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hangup::probe::{
    Gate, Meter, Permit,
    policy::Policy,
    resolve::{DnsClient, Lookup, Outcome, Pending, Resolve},
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

use crate::{
    generated::target_text,
    sealed::{Counted, NAME_SERVER, Random, counted, prove_the_counter, sealed},
};

const RUNS: u64 = 10_000;
const TARGETS: u64 = 100_000;

/// A name server whose every answer differs from the one before, with a time to live of 0.
///
/// `open` names always answer with one public address, `shut` ones with a forbidden one.
pub(crate) async fn flipping_name_server() {
    let socket = UdpSocket::bind(NAME_SERVER).await.unwrap();
    tokio::spawn(async move {
        let mut random = Random(1);
        let mut buffer = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let query = Message::from_vec(&buffer[..length]).unwrap();
            let question = query.queries[0].clone();
            let name = question.name().clone();
            let v6 = question.query_type() == RecordType::AAAA;
            let first = name.iter().next().unwrap_or_default().to_vec();
            let addresses = match first.as_slice() {
                [b'o', b'p', ..] if v6 => Vec::new(),
                [b'o', b'p', ..] => vec![random.public(false)],
                [b's', b'h', ..] => vec![random.forbidden(v6)],
                _ => random.answer(v6),
            };
            let mut answer = Message::new(query.metadata.id, MessageType::Response, OpCode::Query);
            answer.add_query(question);
            for address in addresses {
                let data = match address {
                    IpAddr::V4(v4) => RData::A(A(v4)),
                    IpAddr::V6(v6) => RData::AAAA(AAAA(v6)),
                };
                answer.add_answer(Record::from_rdata(name.clone(), 0, data));
            }
            let _ = socket.send_to(&answer.to_vec().unwrap(), from).await;
        }
    });
}

/// Dials every address that the permit pinned; how many there were.
async fn dial_all(permit: &Permit) -> u64 {
    for ip in permit.addresses() {
        let _ = permit.dial(*ip, Duration::from_millis(500)).await;
    }
    permit.addresses().len() as u64
}

#[test]
fn ten_thousand_names_that_rebind_reach_nothing_forbidden() {
    sealed("rebinding::ten_thousand_names_that_rebind_reach_nothing_forbidden", async {
        prove_the_counter();
        flipping_name_server().await;
        let resolver = Arc::new(DnsClient::new(vec![NAME_SERVER]));
        let gate = Gate::new(Arc::new(Policy::default()), resolver);
        let (mut permitted, mut refused, mut dialled) = (0_u64, 0_u64, 0_u64);
        for run in 0..RUNS {
            let target = Target::parse(&format!("http://n{run}.example.com/")).unwrap();
            let meter = Arc::new(Meter::new(Duration::from_secs(30)));
            let Ok(permit) = gate.permit(&target, &meter).await else {
                refused += 1;
                continue;
            };
            permitted += 1;
            dialled += dial_all(&permit).await;
            // A redirect to itself is resolved anew, and may meet the other answer.
            if let Ok(next) = gate.follow(&permit, "/again", 1).await {
                dialled += dial_all(&next).await;
            }
            // Whatever the name says now, what was not pinned is not dialled.
            let forbidden = Random(run).forbidden(false);
            assert!(permit.dial(forbidden, Duration::from_secs(1)).await.is_err());
        }
        println!("{permitted} runs permitted, {refused} refused");
        assert!(permitted > RUNS / 20 && refused > RUNS / 3, "{permitted} {refused}");
        nothing_was_sent_but_what_is_allowed(dialled);
    });
}

/// Answers by the name alone, without a wire, so that a hundred thousand targets take seconds.
struct ByName(AtomicU64);

impl Resolve for ByName {
    fn lookup<'a>(&'a self, name: &'a str, v6: bool, meter: &'a Meter) -> Pending<'a> {
        let seed = self.0.fetch_add(1, Ordering::Relaxed) ^ name.len() as u64;
        let addresses = Random(seed).answer(v6);
        let outcome = if addresses.is_empty() { Outcome::NoAddress } else { Outcome::Found };
        let _ = meter;
        let found = Lookup {
            v6,
            outcome,
            addresses,
            aliases: Vec::new(),
            server: None,
            elapsed: Duration::ZERO,
            queries: 1,
            hidden: 0,
        };
        Box::pin(std::future::ready(found))
    }
}

#[test]
fn a_hundred_thousand_generated_targets_reach_nothing_forbidden() {
    sealed("rebinding::a_hundred_thousand_generated_targets_reach_nothing_forbidden", async {
        prove_the_counter();
        let gate = Gate::new(Arc::new(Policy::default()), Arc::new(ByName(AtomicU64::new(0))));
        let start = Target::parse("http://start.example.com/a/b").unwrap();
        let (mut invalid, mut refused, mut permitted, mut dialled) = (0_u64, 0_u64, 0_u64, 0_u64);
        for seed in 0..TARGETS {
            let text = target_text(&mut Random(seed));
            // Every eighth comes as the target of a redirect.
            let target = match seed % 8 {
                0 => start.join(&text),
                _ => Target::parse(&text),
            };
            let Ok(target) = target else {
                invalid += 1;
                continue;
            };
            let meter = Arc::new(Meter::new(Duration::from_secs(30)));
            match gate.permit(&target, &meter).await {
                Ok(permit) => {
                    permitted += 1;
                    dialled += dial_all(&permit).await;
                }
                Err(_) => refused += 1,
            }
        }
        println!("{invalid} invalid, {refused} refused, {permitted} permitted");
        // All three must be met often, or the generator makes it too easy.
        for number in [invalid, refused, permitted] {
            assert!(number > TARGETS / 20, "{invalid} {refused} {permitted}");
        }
        nothing_was_sent_but_what_is_allowed(dialled);
    });
}

pub(crate) fn nothing_was_sent_but_what_is_allowed(dialled: u64) {
    let Counted { forbidden, strange_port, allowed } = counted();
    println!("{dialled} addresses dialled: {allowed} SYNs allowed, {forbidden} forbidden");
    assert_eq!((forbidden, strange_port), (0, 0));
    assert!(allowed > 1000 && allowed >= dialled.min(1000), "the counter saw {allowed} SYNs");
}
