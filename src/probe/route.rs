//! What the ways of the `path` probe mean. Pure.

use std::net::IpAddr;

use super::{
    event::{Finding, Reading, seconds},
    mask::masked,
    path::{Answer, Step, Way},
    ranges::{self, Class},
};

/// How a way ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The host answered, by letting in or refusing.
    Reached,
    /// A box on the way, or the host, says no by ICMP.
    Rejected,
    /// Silence after the last hop that answered.
    Stops,
    /// The same routers again and again.
    Loops,
    /// Nothing was sent.
    NotSent,
}

impl Way {
    fn end(&self) -> End {
        if self.loops() {
            return End::Loops;
        }
        match self.steps.last().map(|step| &step.answer) {
            Some(Answer::Open | Answer::Refused) => End::Reached,
            Some(Answer::Rejected(_)) => End::Rejected,
            Some(Answer::NotSent(_)) | None => End::NotSent,
            Some(Answer::Hop(_) | Answer::Silent) => End::Stops,
        }
    }

    /// The last router that answered.
    fn last_hop(&self) -> Option<(u8, IpAddr)> {
        self.steps.iter().rev().find_map(|step| match step.answer {
            Answer::Hop(Some(from)) => Some((step.ttl, from)),
            _ => None,
        })
    }

    /// Whether a router comes back after another one: a loop. Three times, so that a way which
    /// changes between two SYNs is none.
    fn loops(&self) -> bool {
        let hops: Vec<IpAddr> = self
            .steps
            .iter()
            .filter_map(|step| match step.answer {
                Answer::Hop(from) => from,
                _ => None,
            })
            .collect();
        let mut visits: Vec<IpAddr> = hops;
        visits.dedup();
        visits.iter().any(|hop| visits.iter().filter(|other| *other == hop).count() >= 3)
    }

    /// The same with routers of inner networks masked, unless `target` is of one itself: where a
    /// stranger may ask, the way there must not draw the network it starts from.
    fn masked(&self, target: IpAddr) -> String {
        let shown = |step: &Step| shown(step, target);
        let steps: Vec<String> = self.steps.iter().map(shown).collect();
        format!("port {}: {}", self.port, steps.join(" "))
    }
}

/// An address of a router as it may be told.
fn router(from: IpAddr, target: IpAddr) -> String {
    let is_public = |ip| ranges::classify(ip).0 == Class::Public;
    match from {
        _ if is_public(from) || !is_public(target) => from.to_string(),
        _ => masked(from),
    }
}

fn shown(step: &Step, target: IpAddr) -> String {
    let what = match &step.answer {
        Answer::Hop(Some(from)) => router(*from, target),
        Answer::Hop(None) => "?".to_owned(),
        Answer::Open => "open".to_owned(),
        Answer::Refused => "refused".to_owned(),
        Answer::Rejected(icmp) => icmp.to_string(),
        Answer::Silent => "*".to_owned(),
        Answer::NotSent(why) => why.clone(),
    };
    format!("{}={what}", step.ttl)
}

/// Reads meaning into the way to the port and to another port of the host, where one was allowed.
pub(super) fn interpret(way: &Way, beside: Option<&Way>, ip: IpAddr) -> Reading {
    let end = way.end();
    if end == End::NotSent {
        let mut reading =
            Reading::not_visible("no packet could be sent that way", "没能沿这条路发出数据包");
        reading.findings.push(Finding::new("nothing was sent", "什么也没发出").raw(way.masked(ip)));
        return reading;
    }
    let beside = beside.filter(|way| way.end() != End::NotSent);
    let other = beside.map(Way::end);
    let (value, en, zh) = match (end, other) {
        (End::Reached, _) => {
            let hops = way.steps.last().map_or(0, |step| step.ttl);
            (
                "reaches",
                format!("the port answers from {hops} hop(s) away"),
                format!("端口在 {hops} 跳处回应"),
            )
        }
        (End::Loops, _) => (
            "loops",
            "packets go round in a loop between routers".to_owned(),
            "数据包在路由器之间打转".to_owned(),
        ),
        (End::Rejected, _) => {
            ("rejected", "a box says no by ICMP".to_owned(), "有设备用 ICMP 明确拒绝".to_owned())
        }
        (_, Some(End::Reached)) => {
            let (en, zh) = after(way, ip);
            (
                "port_stops",
                format!("this port is dropped {en}, while another port of the host answers"),
                format!("这个端口{zh}被丢弃，而同一主机的其他端口有回应"),
            )
        }
        (_, Some(_)) => {
            let (en, zh) = after(way, ip);
            (
                "all_stops",
                format!("nothing comes back {en}, for another port neither"),
                format!("{zh}再无回应，其他端口也一样"),
            )
        }
        (_, None) => {
            let (en, zh) = after(way, ip);
            ("stops", format!("nothing comes back {en}"), format!("{zh}再无回应"))
        }
    };
    let mut raw = way.masked(ip);
    if let Some(beside) = beside {
        raw.extend(["; ", &beside.masked(ip)]);
    }
    let mut reading = Reading::default();
    reading.findings.extend(way.steps.iter().filter_map(|step| hop(step, way.port, ip)));
    reading.findings.push(Finding::new(en, zh).at(ip).raw(&raw));
    // Where only this port was looked at, it stays open whether others would pass.
    if value != "stops" {
        reading.observe("path.result", value, &raw);
    }
    value.clone_into(&mut reading.outcome);
    reading
}

/// Behind which hop it goes quiet.
fn after(way: &Way, ip: IpAddr) -> (String, String) {
    way.last_hop().map_or_else(
        || ("from the first hop on".to_owned(), "从第一跳起".to_owned()),
        |(ttl, from)| {
            let from = router(from, ip);
            (format!("after hop {ttl} ({from})"), format!("在第 {ttl} 跳（{from}）之后"))
        },
    )
}

fn hop(step: &Step, port: u16, ip: IpAddr) -> Option<Finding> {
    let Answer::Hop(Some(from)) = step.answer else { return None };
    let raw = format!("port {port}, {} s", seconds(step.took));
    let from = router(from, ip);
    let (en, zh) = (format!("hop {}: {from}", step.ttl), format!("第 {} 跳：{from}", step.ttl));
    Some(Finding::new(en, zh).of(ip.into()).raw(raw))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn way(answers: &[Answer]) -> Way {
        let steps = answers.iter().zip(1..);
        let step = |(answer, ttl): (&Answer, u8)| Step {
            ttl,
            answer: answer.clone(),
            took: Duration::from_millis(5),
        };
        Way { port: 443, steps: steps.map(step).collect() }
    }

    fn hop_at(last: u8) -> Answer {
        Answer::Hop(Some(IpAddr::from([198, 20, 1, last])))
    }

    #[test]
    fn the_hop_after_which_only_this_port_is_dropped_is_named() {
        let stops = way(&[hop_at(1), hop_at(2), Answer::Silent, Answer::Silent]);
        let reaches = way(&[hop_at(1), hop_at(2), hop_at(3), Answer::Refused]);
        let ip = IpAddr::from([198, 20, 0, 1]);
        let word = |way: &Way, beside: Option<&Way>| interpret(way, beside, ip).outcome;
        assert_eq!(word(&stops, Some(&reaches)), "port_stops");
        assert_eq!(word(&stops, Some(&stops)), "all_stops");
        assert_eq!(word(&stops, None), "stops");
        assert_eq!(word(&reaches, None), "reaches");
        let reading = interpret(&stops, Some(&reaches), ip);
        let last = reading.findings.last().unwrap();
        assert!(last.text.en.contains("after hop 2 (198.20.1.2)"), "{}", last.text.en);
        assert!(interpret(&stops, None, ip).observations.is_empty());
    }

    #[test]
    fn routers_of_inner_networks_are_masked_on_the_way_to_a_public_host() {
        let inner = Answer::Hop(Some(IpAddr::from([10, 1, 2, 3])));
        let way = way(&[inner, Answer::Silent]);
        let told = |ip: [u8; 4]| interpret(&way, None, ip.into()).findings[1].clone();
        assert!(told([93, 184, 216, 34]).text.en.contains("after hop 1 (10.x.x.x)"));
        assert!(told([93, 184, 216, 34]).raw.contains("1=10.x.x.x 2=*"));
        assert!(told([10, 9, 9, 9]).text.en.contains("10.1.2.3"));
    }

    #[test]
    fn a_loop_is_seen_and_a_change_of_way_is_none() {
        let ip = IpAddr::from([198, 20, 0, 1]);
        let round = way(&[hop_at(1), hop_at(2), hop_at(1), hop_at(2), hop_at(1), hop_at(2)]);
        assert_eq!(interpret(&round, None, ip).outcome, "loops");
        let changed = way(&[hop_at(1), hop_at(2), hop_at(1), Answer::Open]);
        assert_eq!(interpret(&changed, None, ip).outcome, "reaches");
        assert!(interpret(&Way::default(), None, ip).not_visible.is_some());
    }
}
