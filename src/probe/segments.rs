//! What the exchanges of the `mtu` probe mean. Pure.

use super::{
    event::{Finding, Reading, seconds},
    mtu::{Exchange, Stage},
    talk::Cut,
};

/// Reads meaning into the exchange with normal segments and the one with small ones.
pub(super) fn interpret(normal: &Exchange, small: Option<&Exchange>) -> Reading {
    if normal.stage == Stage::Connect || !normal.failure.is_empty() {
        let mut reading = Reading::not_visible("no connection for it", "没有可用的连接");
        let finding = Finding::new("the large request could not be sent", "没能发出大请求");
        reading.findings.push(finding.raw(shown(normal)));
        return reading;
    }
    let mut raw = format!("normal: {}", shown(normal));
    if let Some(small) = small {
        raw.extend(["; small: ", &shown(small)]);
    }
    let (value, en, zh) = match (normal.stage, normal.cut, small) {
        (Stage::Done, ..) => (
            "passes",
            "a large request and its answer pass in full segments",
            "大请求和响应能以正常分段通过",
        ),
        (_, Some(_), _) => {
            let mut reading = Reading::not_visible(
                "the server ends the connection on a large request; that says nothing about packet sizes",
                "服务端遇到大请求就断开；这与数据包大小无关",
            );
            let finding = Finding::new("ended by the other side", "被对方断开");
            reading.findings.push(finding.raw(raw));
            return reading;
        }
        (_, None, Some(small)) if small.stage == Stage::Done => (
            "black_hole",
            "full segments vanish and small ones pass: a link on the way is narrower than both ends believe (MTU black hole)",
            "正常分段消失、小分段能通过：路上有链路的 MTU 比两端以为的小（MTU 黑洞）",
        ),
        _ => (
            "stalls",
            "a large request stalls with small segments too, so packet size is not the reason",
            "用小分段发大请求也卡住，所以与数据包大小无关",
        ),
    };
    let mut reading = Reading::default();
    reading.observe("mtu.result", value, &raw);
    reading.findings.push(Finding::new(en, zh).raw(&raw));
    value.clone_into(&mut reading.outcome);
    reading
}

fn shown(exchange: &Exchange) -> String {
    let stage = match exchange.stage {
        Stage::Connect => "no connection",
        Stage::Tls => "stalled in the TLS handshake",
        Stage::Request => "request not acknowledged",
        Stage::Answer => "request acknowledged, answer stalled",
        Stage::Done => "complete",
    };
    let cut = match exchange.cut {
        Some(Cut::Rst) => ", RST",
        Some(_) => ", FIN",
        None => "",
    };
    format!(
        "{stage}{cut} after {} s (MSS {}, {} retransmits, {} bytes came){}{}",
        seconds(exchange.elapsed),
        exchange.mss,
        exchange.retransmits,
        exchange.received,
        if exchange.failure.is_empty() { "" } else { ": " },
        exchange.failure
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn exchange(stage: Stage, cut: Option<Cut>) -> Exchange {
        Exchange {
            stage,
            cut,
            failure: String::new(),
            mss: 1460,
            retransmits: 0,
            received: 0,
            elapsed: Duration::from_secs(1),
        }
    }

    #[test]
    fn only_what_small_segments_cure_is_a_black_hole() {
        let done = exchange(Stage::Done, None);
        let word = |normal: Stage, small: Option<&Exchange>| {
            interpret(&exchange(normal, None), small).outcome
        };
        for stage in [Stage::Tls, Stage::Request, Stage::Answer] {
            assert!(exchange(stage, None).stalled());
            assert_eq!(word(stage, Some(&done)), "black_hole");
            assert_eq!(word(stage, Some(&exchange(stage, None))), "stalls");
        }
        assert_eq!(word(Stage::Done, None), "passes");
        let cut = exchange(Stage::Request, Some(Cut::Rst));
        assert!(!cut.stalled() && interpret(&cut, None).not_visible.is_some());
        assert!(interpret(&exchange(Stage::Connect, None), None).not_visible.is_some());
    }
}
