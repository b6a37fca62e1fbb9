//! The `tcp` probe: connects to each address of the target and says who refused, and how.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use futures::future::join_all;

use super::{
    conn::Conn,
    event::{Finding, Reading, seconds},
    permit::{DialError, DialFailure, Permit},
    sys::{TcpFacts, own_addresses},
};
use crate::evidence::{Course, End, Stretch};

/// Hard limit of one connect: SYNs go out at 0, 1 and 3 s, so two losses are survived.
pub(super) const LIMIT: Duration = Duration::from_secs(5);
/// Addresses dialled of one name, so that the other probes keep their share of the run's dials.
const MAX_ADDRESSES: usize = 6;

/// What one connect came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) ip: IpAddr,
    pub(super) result: Result<Connected, DialError>,
    /// Who refused by ICMP, if somebody did: `host`, `router` or `own`.
    pub(super) sender: Option<&'static str>,
    /// The server's own address, where the one dialled is a NAT64's.
    pub(super) behind: Option<Ipv4Addr>,
}

/// A connect that went through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Connected {
    elapsed: Duration,
    /// What the kernel knows; nothing of a target behind a proxy.
    facts: Option<TcpFacts>,
}

/// Chooses the addresses to dial: both families, at most six.
fn plan(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let v4: Vec<_> = addresses.iter().filter(|ip| ip.is_ipv4()).copied().collect();
    let v6: Vec<_> = addresses.iter().filter(|ip| ip.is_ipv6()).copied().collect();
    let half = MAX_ADDRESSES / 2;
    let v4_share = v4.len().min(half.max(MAX_ADDRESSES.saturating_sub(v6.len())));
    let v6_share = v6.len().min(MAX_ADDRESSES - v4_share);
    v4.into_iter().take(v4_share).chain(v6.into_iter().take(v6_share)).collect()
}

/// Dials every planned address at once and hangs up, but on the first that connected where `keep`
/// says so: whoever asks for the page next need not connect again.
pub(super) async fn send(permit: &Permit, keep: bool) -> (Vec<Attempt>, Option<Conn>) {
    let dial = |ip: IpAddr| async move {
        let result = permit.dial(ip, LIMIT).await;
        let from = result.as_ref().err().and_then(|error| error.icmp?.from);
        let behind = permit.behind(ip);
        let sender = from.map(|from| match from {
            from if from == ip => "host",
            from if own_addresses().contains(&from) => "own",
            _ => "router",
        });
        match result {
            Ok(conn) => {
                let facts = (!conn.is_tunnel()).then(|| conn.facts());
                let connected = Connected { elapsed: conn.connected_in(), facts };
                (Attempt { ip, result: Ok(connected), sender, behind }, keep.then_some(conn))
            }
            Err(error) => (Attempt { ip, result: Err(error), sender, behind }, None),
        }
    };
    let dialled = join_all(plan(permit.addresses()).into_iter().map(dial)).await;
    let (attempts, kept): (Vec<Attempt>, Vec<Option<Conn>>) = dialled.into_iter().unzip();
    (attempts, kept.into_iter().flatten().next())
}

/// The address to use for the probes that follow.
pub(super) fn best(attempts: &[Attempt]) -> Option<IpAddr> {
    attempts.iter().find(|attempt| attempt.result.is_ok()).map(|attempt| attempt.ip)
}

/// Reads meaning into the attempts. Pure.
pub(super) fn interpret(attempts: &[Attempt]) -> Reading {
    let findings =
        attempts.iter().flat_map(|attempt| [Some(describe(attempt)), translated(attempt)]);
    let findings = findings.flatten().collect();
    let mut reading = Reading { findings, ..Reading::default() };
    // An address that this machine has no route to says nothing about the target, nor does a proxy.
    let visible: Vec<&Attempt> = attempts
        .iter()
        .filter(|attempt| {
            !matches!(&attempt.result, Err(error)
                if matches!(error.kind, DialFailure::NotFromHere | DialFailure::Limit | DialFailure::Proxy(_)))
        })
        .collect();
    if visible.is_empty() {
        let refused = |attempt: &Attempt| matches!(&attempt.result, Err(error) if matches!(error.kind, DialFailure::Proxy(_)));
        let (en, zh) = if attempts.iter().any(refused) {
            ("the proxy opened no way to the target", "代理没有放行到目标的连接")
        } else {
            ("this machine has no route to any address of the target", "本机没有到目标地址的路由")
        };
        let mut unseen = Reading::not_visible(en, zh);
        unseen.findings = reading.findings;
        return unseen;
    }
    let (result, shown) = overall(&visible);
    reading.observe("tcp.result", result, &shown.map(raw).unwrap_or_default());
    if let Some(attempt) = shown {
        reading.course("tcp.result", course(attempt));
    }
    result.clone_into(&mut reading.outcome);
    if result != "connected"
        && let Some(refused) = visible.iter().find(|attempt| attempt.sender.is_some())
    {
        reading.observe("icmp.sender", refused.sender.unwrap_or_default(), &raw(refused));
    }
    // The two addresses of localhost are assumed, not looked up; most programs listen on one.
    if !visible.iter().all(|attempt| attempt.ip.is_loopback()) {
        observe_families(&visible, &mut reading);
        observe_addresses(&visible, &mut reading);
    }
    reading
}

/// One word for all attempts: connected if any is, else the failure that says most.
fn overall<'a>(visible: &[&'a Attempt]) -> (&'static str, Option<&'a Attempt>) {
    if let Some(connected) = visible.iter().find(|attempt| attempt.result.is_ok()) {
        return ("connected", Some(connected));
    }
    let order = [
        (DialFailure::Prohibited, "prohibited"),
        (DialFailure::Refused, "refused"),
        (DialFailure::Reset, "reset"),
        (DialFailure::Unreachable, "unreachable"),
        (DialFailure::Timeout, "timeout"),
    ];
    for (kind, word) in order {
        let of_kind =
            |attempt: &&&Attempt| matches!(&attempt.result, Err(error) if error.kind == kind);
        if let Some(attempt) = visible.iter().find(of_kind) {
            return (word, Some(attempt));
        }
    }
    ("timeout", None)
}

/// One connect, in numbers. One that went through was closed by us.
fn course(attempt: &Attempt) -> Course {
    let (end, took) = match &attempt.result {
        Ok(connected) => (End::Ours, connected.elapsed),
        Err(error) => {
            let end = match (error.kind, error.icmp) {
                (DialFailure::Refused | DialFailure::Reset, None) => End::Rst,
                (DialFailure::Timeout, _) => End::Silent,
                (DialFailure::NotFromHere | DialFailure::Limit | DialFailure::Proxy(_), _) => {
                    End::Ours
                }
                _ => End::Icmp,
            };
            (end, error.elapsed)
        }
    };
    Course::ended(end).then(Stretch::Tcp, took)
}

fn observe_families(visible: &[&Attempt], reading: &mut Reading) {
    let of = |v6: bool| {
        // What a NAT64 translates says nothing of the server's own IPv6: it has none.
        let is_of = |attempt: &&&Attempt| attempt.behind.is_none() && attempt.ip.is_ipv6() == v6;
        let mut family = visible.iter().filter(is_of).peekable();
        let known = family.peek().is_some();
        known.then(|| family.any(|attempt| attempt.result.is_ok()))
    };
    let value = match (of(false), of(true)) {
        (Some(true), Some(false)) => "v4_only",
        (Some(false), Some(true)) => "v6_only",
        (Some(_), Some(_)) => "same",
        _ => return,
    };
    let raw: Vec<String> = visible.iter().map(|attempt| raw(attempt)).collect();
    reading.observe("tcp.families", value, &raw.join("; "));
}

fn observe_addresses(visible: &[&Attempt], reading: &mut Reading) {
    // The same server twice, once through a NAT64, is one address of it.
    let is_direct = |v4: Ipv4Addr| visible.iter().any(|attempt| attempt.ip == IpAddr::V4(v4));
    let visible: Vec<&&Attempt> =
        visible.iter().filter(|attempt| !attempt.behind.is_some_and(is_direct)).collect();
    if visible.len() < 2 {
        return;
    }
    let connected = visible.iter().filter(|attempt| attempt.result.is_ok()).count();
    let value = match connected {
        0 => "all_fail",
        all if all == visible.len() => "all_ok",
        _ => "some_fail",
    };
    let raw = format!("{connected} of {} addresses connect", visible.len());
    reading.observe("tcp.addresses", value, &raw);
}

fn raw(attempt: &Attempt) -> String {
    match &attempt.result {
        Ok(connected) => {
            let took = seconds(connected.elapsed);
            let Some(facts) = connected.facts else {
                return format!("{}: connected in {took} s", attempt.ip);
            };
            format!(
                "{}: connected in {took} s (RTT {:.1} ms, {} retransmits)",
                attempt.ip,
                facts.rtt.as_secs_f64() * 1000.0,
                facts.retransmits
            )
        }
        Err(error) => format!("{}: {} after {} s", attempt.ip, error.raw, seconds(error.elapsed)),
    }
}

/// That the way leads through a NAT64, where it does.
fn translated(attempt: &Attempt) -> Option<Finding> {
    let v4 = attempt.behind?;
    let (en, zh) = match &attempt.result {
        Ok(_) => ("reached through NAT64", "经 NAT64 连通"),
        Err(_) => ("tried through NAT64", "尝试经 NAT64 连接"),
    };
    let en = format!("{en}; the server itself speaks IPv4 {v4}");
    let zh = format!("{zh}；服务器本身使用 IPv4 {v4}");
    Some(Finding::new(en, zh).at(attempt.ip))
}

fn describe(attempt: &Attempt) -> Finding {
    let (en, zh) = match &attempt.result {
        Ok(connected) if connected.facts.is_some_and(|facts| facts.retransmits > 0) => {
            ("connected, but packets had to be sent again", "连上了，但有数据包重发")
        }
        Ok(Connected { facts: None, .. }) => {
            return Finding::new("the proxy opened a tunnel", "代理已建立隧道")
                .about_proxy()
                .at(attempt.ip)
                .raw(raw(attempt));
        }
        Ok(_) => ("connected", "连上了"),
        Err(error) => match (error.kind, error.icmp) {
            (DialFailure::Refused, None) => (
                "refused at once: nothing listens, or a firewall says no",
                "立刻被拒绝：没有服务在监听，或防火墙拒绝",
            ),
            (DialFailure::Refused, Some(_)) => ("refused by an ICMP message", "被 ICMP 消息拒绝"),
            (DialFailure::Reset, _) => ("reset during the handshake", "握手时被重置"),
            (DialFailure::Timeout, _) => (
                "no answer at all: packets are dropped on the way",
                "完全没有回应：数据包在途中被丢弃",
            ),
            (DialFailure::Unreachable, _) => {
                ("a router says there is no way there", "路由器说到不了")
            }
            (DialFailure::Prohibited, _) => ("a firewall says it is prohibited", "防火墙明确禁止"),
            (DialFailure::NotFromHere, _) => {
                ("this machine cannot send to that address", "本机发不到这个地址")
            }
            (DialFailure::Proxy(trouble), _) => {
                let (en, zh) = trouble.sentence();
                return Finding::new(en, zh).about_proxy().at(attempt.ip).raw(raw(attempt));
            }
            (DialFailure::Limit, _) => {
                ("not tried: the limit of the run is reached", "没有尝试：已达到本次上限")
            }
        },
    };
    Finding::new(en, zh).at(attempt.ip).raw(raw(attempt))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(ip: &str) -> Attempt {
        let connected = Connected { elapsed: Duration::from_millis(3), facts: None };
        Attempt { ip: ip.parse().unwrap(), result: Ok(connected), sender: None, behind: None }
    }

    fn failed(ip: &str, kind: DialFailure) -> Attempt {
        let error = DialError { kind, icmp: None, raw: "x".into(), elapsed: Duration::ZERO };
        Attempt { ip: ip.parse().unwrap(), result: Err(error), sender: None, behind: None }
    }

    fn values(attempts: &[Attempt]) -> Vec<(String, String)> {
        let reading = interpret(attempts);
        reading
            .observations
            .into_iter()
            .map(|seen| (seen.variable, seen.value.to_string()))
            .collect()
    }

    #[test]
    fn families_are_compared_only_where_both_can_be_seen() {
        let both = values(&[ok("192.0.2.1"), failed("2001:db8::1", DialFailure::Timeout)]);
        assert!(both.contains(&("tcp.families".into(), "v4_only".into())));
        assert!(both.contains(&("tcp.addresses".into(), "some_fail".into())));
        let blind = values(&[ok("192.0.2.1"), failed("2001:db8::1", DialFailure::NotFromHere)]);
        assert_eq!(blind, [("tcp.result".to_owned(), "connected".to_owned())]);
        assert!(interpret(&[failed("::2", DialFailure::NotFromHere)]).not_visible.is_some());
    }

    #[test]
    fn a_rule_that_forbids_says_more_than_silence() {
        let attempts = [
            failed("192.0.2.1", DialFailure::Timeout),
            failed("192.0.2.2", DialFailure::Prohibited),
        ];
        assert_eq!(interpret(&attempts).outcome, "prohibited");
    }

    #[test]
    fn both_families_get_their_share_of_the_dials() {
        let many: Vec<IpAddr> = (1..=9)
            .map(|n| IpAddr::from([192, 0, 2, n]))
            .chain((1..=9).map(|n| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, n])))
            .collect();
        let chosen = plan(&many);
        assert_eq!(chosen.len(), 6);
        assert_eq!(chosen.iter().filter(|ip| ip.is_ipv6()).count(), 3);
        assert_eq!(plan(&many[..9]).len(), 6);
        assert_eq!(plan(&many[8..]).len(), 6);
    }
}
