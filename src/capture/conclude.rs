//! A conversation at its end: from the record to what is said of it.

use super::{
    conversation::{Close, Closer, Conversation, Details, Handshake},
    findings,
    flow::Flow,
    injection,
    segment::Moment,
    speech::alert_name,
    zeek::ZeekState,
};

impl Flow {
    /// How it began.
    pub(super) fn handshake(&self) -> Handshake {
        let ([src, dst], [source, destination]) = (&self.sides, self.ends);
        if !self.opened {
            return Handshake::Midstream;
        }
        if self.accepted {
            return if src.acked { Handshake::Complete } else { Handshake::Other };
        }
        let only_syns = src.bytes == 0
            && !src.acked
            && !src.fin
            && !src.rst
            && src.packets == u64::from(src.syns);
        let silent = dst.packets == 0;
        let refused = dst.rst && dst.bytes == 0 && !dst.acked && dst.syns == 0;
        // A SYN to itself has no other end.
        if source == destination {
            return Handshake::Other;
        }
        match self.complaint {
            Some(_) if silent && only_syns => Handshake::SynIcmp,
            _ if silent && only_syns => Handshake::SynNoAnswer,
            _ if refused && src.bytes == 0 => Handshake::SynRst,
            _ => Handshake::Other,
        }
    }

    /// Zeek's word, as seen from `src`.
    fn zeek_state(&self) -> ZeekState {
        let state = self.zeek.state();
        if self.turned { state.mirrored() } else { state }
    }

    /// What is said of it.
    pub(super) fn conclude(&self, now: i64) -> Conversation {
        let [src, dst] = &self.sides;
        let ending = self.ending;
        let [source, destination] = self.ends;
        Conversation {
            src: source.ip(),
            sport: source.port(),
            dst: destination.ip(),
            dport: destination.port(),
            first_ts: seconds(self.begun),
            duration: seconds(self.last.saturating_sub(self.begun)),
            handshake: self.handshake(),
            closer: match ending.map(|ending| ending.by) {
                None => Closer::None,
                Some(0) => Closer::Src,
                Some(_) => Closer::Dst,
            },
            close: ending.map_or(Close::None, |ending| ending.kind),
            idle_before_close: ending
                .and_then(|ending| ending.idle)
                .map(Moment::nanoseconds)
                .map(seconds),
            bytes_src: src.bytes,
            bytes_dst: dst.bytes,
            packets_src: src.packets,
            packets_dst: dst.packets,
            retransmits: u64::from(src.retransmits) + u64::from(dst.retransmits),
            zero_windows: u64::from(src.zero_windows) + u64::from(dst.zero_windows),
            keepalives: u64::from(src.keepalives) + u64::from(dst.keepalives),
            tls_alert: self.speech.alerts > 0,
            zeek_state: self.zeek_state(),
            findings: findings::of(self, now),
            details: self.details(),
            trails: [src.trail(), dst.trail()],
            span: (self.begun, self.last),
        }
    }

    /// What stands behind the findings.
    fn details(&self) -> Details {
        let [src, dst] = &self.sides;
        let reset = self.reset.as_deref().filter(|_| self.handshake() != Handshake::SynRst);
        Details {
            retransmits_src: src.retransmits.into(),
            retransmits_dst: dst.retransmits.into(),
            round_trip: self.round_trip.map(Moment::nanoseconds).map(seconds),
            rst_injected: reset
                .map(|reset| (injection::probability(self, reset) * 1000.0).round() / 1000.0),
            idle_before_reset: reset
                .map(|reset| self.idle_before_last_word(reset))
                .filter(|idle| *idle >= findings::IDLE)
                .map(seconds),
            quiet_before_close: self.quiet_before_close().map(Moment::nanoseconds).map(seconds),
            idle_before_stuck: self
                .sides
                .iter()
                .filter(|side| side.stuck_times >= findings::STUCK)
                .map(|side| side.idle_before_data)
                .find(|idle| *idle >= findings::IDLE)
                .map(seconds),
            rst_ttl_differs: src.rst_ttl_differs() || dst.rst_ttl_differs(),
            icmp: self.complaint,
            mtu: self.mtu,
            tls_alert_name: self.speech.alert.and_then(|alert| alert_name(alert.description)),
            tls_hello_answered: self
                .speech
                .tls
                .client_hello
                .then_some(self.speech.tls.server_hello),
            http_status: self.speech.server_error.or(self.speech.status),
            mysql: self.speech.mysql,
            mysql_error: self.speech.mysql_error,
        }
    }
}

/// Nanoseconds as seconds, to the microsecond or as near as the number goes.
pub(super) fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}
