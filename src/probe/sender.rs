//! What the trail of the `reset` probe means. Pure.

use super::{
    event::{Finding, Reading, seconds},
    reset::{Seen, Trail},
};

/// Reads meaning into a trail.
pub(super) fn interpret(trail: &Trail) -> Reading {
    let took = seconds(trail.elapsed);
    let mut reading = Reading::default();
    let what = match &trail.seen {
        Seen::Nothing(why) => {
            let mut reading = Reading::not_visible(
                "nothing was reset or left unanswered, so there is no sender to look for",
                "没有被重置，也没有不响应，不需要找是谁发的",
            );
            let finding = Finding::new("what came instead", "实际看到的");
            reading.findings.push(finding.raw(why));
            return reading;
        }
        Seen::Refused => format!("RST to the SYN after {took} s"),
        Seen::Reset { acknowledged, .. } => {
            observe_arrival(&mut reading, *acknowledged, &format!("RST after {took} s"));
            format!("RST after our bytes, after {took} s")
        }
        Seen::Silent { acknowledged } => {
            observe_arrival(&mut reading, *acknowledged, &format!("no answer in {took} s"));
            "silent".clone_into(&mut reading.outcome);
            return reading;
        }
    };
    let (Some(reset), Some((answer, port))) = (trail.reset_ttl, trail.answer_ttl) else {
        let raw = match trail.reset_ttl {
            Some(ttl) => {
                format!("{what}; its TTL is {ttl}, and nothing to compare it with answers")
            }
            None => format!("{what}; it did not come again"),
        };
        let (en, zh) = ("a reset, whose sender cannot be compared", "有重置，但无从比较是谁发的");
        reading.findings.push(Finding::new(en, zh).raw(raw));
        "unknown".clone_into(&mut reading.outcome);
        return reading;
    };
    let raw = format!("{what}; TTL of the RST {reset}, of the answer of port {port} {answer}");
    // Systems begin at 64, 128 or 255, so a host may answer with two beginnings; hops are what counts.
    let (value, en, zh) = if hops(reset) == hops(answer) {
        (
            "same",
            "the reset comes from as far away as the server; that does not prove that it is the server's",
            "重置来自与服务端相同的距离；但这不能证明就是服务端发的",
        )
    } else {
        (
            "elsewhere",
            "the reset comes from another distance than the server: probably a firewall or proxy in between",
            "重置来自与服务端不同的距离：多半是中间的防火墙或代理",
        )
    };
    reading.observe("reset.origin", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(raw));
    value.clone_into(&mut reading.outcome);
    reading
}

/// Hops to a sender, as far as the next usual beginning above tells.
fn hops(ttl: u8) -> u8 {
    [64, 128, 255].into_iter().find(|first| *first >= ttl).map_or(0, |first| first - ttl)
}

fn observe_arrival(reading: &mut Reading, acknowledged: bool, how: &str) {
    let (value, en, zh) = if acknowledged {
        (
            "acked",
            "our request had arrived: the other side acknowledged it",
            "我们的请求已经送达：对方确认过",
        )
    } else {
        (
            "unacked",
            "our request was never acknowledged: it did not arrive, or the answer to it did not come back",
            "我们的请求从未被确认：没有送达，或确认没有回来",
        )
    };
    let raw = format!("{how}, {}", if acknowledged { "acknowledged" } else { "not acknowledged" });
    reading.observe("request.arrival", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(raw));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn trail(seen: Seen, reset_ttl: Option<u8>, answer: Option<u8>) -> Trail {
        let answer_ttl = answer.map(|ttl| (ttl, 443));
        Trail { seen, elapsed: Duration::from_millis(5), reset_ttl, answer_ttl }
    }

    fn values(reading: &Reading) -> Vec<String> {
        let shown =
            |seen: &crate::evidence::Observation| format!("{}={}", seen.variable, seen.value);
        reading.observations.iter().map(shown).collect()
    }

    #[test]
    fn distance_tells_a_box_in_between_and_equality_proves_nothing() {
        let reset = |acknowledged| Seen::Reset { acknowledged, secured: false };
        let forged = interpret(&trail(reset(false), Some(63), Some(52)));
        assert_eq!(values(&forged), ["request.arrival=unacked", "reset.origin=elsewhere"]);
        let own = interpret(&trail(reset(true), Some(52), Some(52)));
        assert_eq!(values(&own), ["request.arrival=acked", "reset.origin=same"]);
        // The same host may begin its RSTs at 255 and its other packets at 64.
        let begun = interpret(&trail(Seen::Refused, Some(243), Some(52)));
        assert_eq!(values(&begun), ["reset.origin=same"]);
        let alone = interpret(&trail(Seen::Refused, Some(52), None));
        assert!(values(&alone).is_empty() && alone.outcome == "unknown");
        let silent = interpret(&trail(Seen::Silent { acknowledged: true }, None, None));
        assert_eq!(values(&silent), ["request.arrival=acked"]);
        let none = interpret(&trail(Seen::Nothing("answered".into()), None, None));
        assert!(none.not_visible.is_some());
    }
}
