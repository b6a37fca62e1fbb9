//! A conversation as evidence for the engine: the one place where findings become observations.

use crate::evidence::{Course, End, Observation, Source, Stretch, Value};

use super::{
    conversation::{Close, Closer, Conversation, Handshake},
    findings::Finding,
    icmp::Complaint,
};

/// Ports whose servers greet first: FTP, SSH, SMTP, POP3, IMAP, submission, MySQL.
const GREETING_PORTS: [u16; 7] = [21, 22, 25, 110, 143, 587, 3306];

/// Every variable that [`observations`] may speak of.
pub const VARIABLES: [&str; 16] = [
    "tcp.result",
    "phase",
    "ending",
    "closer",
    "fail_speed",
    "seconds",
    "request_n",
    "loss",
    "size",
    "socket_state",
    "tls.result",
    "tls_check",
    "http.result",
    "banner.result",
    "component",
    "message",
];

/// What the engine may know of a conversation, in variables that `knowledge/variables/` declares.
///
/// A connection that did what it was for yields only what is certain: that it connected.
pub fn observations(conversation: &Conversation) -> Vec<Observation> {
    let mut notes = Notes { raw: raw(conversation), found: Vec::new() };
    connect(conversation, &mut notes);
    if conversation.findings.iter().any(|finding| finding.is_failure() || timed(*finding)) {
        end(conversation, &mut notes);
        moment(conversation, &mut notes);
    }
    path(conversation, &mut notes);
    speech(conversation, &mut notes);
    if let Some(first) = notes.found.first_mut() {
        first.course = Some(course(conversation));
    }
    notes.found
}

/// The conversation in numbers: the handshake, what was said, the last silence, and who ended it.
fn course(conversation: &Conversation) -> Course {
    let has = |finding| conversation.findings.contains(&finding);
    let details = &conversation.details;
    let end = match (conversation.closer, conversation.close) {
        _ if has(Finding::RstFromMiddlebox) => End::RstWay,
        _ if has(Finding::MtuBlackHole) || has(Finding::HalfOpen) => End::Silent,
        _ if conversation.handshake == Handshake::SynIcmp => End::Icmp,
        (Closer::Src, Close::Fin) => End::FinClient,
        (Closer::Src, Close::Rst) => End::RstClient,
        (Closer::Dst, Close::Fin) => End::Fin,
        (Closer::Dst, Close::Rst) => End::RstServer,
        _ => End::Silent,
    };
    let quiet = details
        .idle_before_reset
        .or(details.idle_before_stuck)
        .or(details.quiet_before_close)
        .unwrap_or_default();
    let tcp = details.round_trip.unwrap_or_default();
    // Whoever waits for an answer is not idle.
    let waits = waits(conversation);
    let last = if waits { Stretch::FirstByte } else { Stretch::Silence };
    Course::ended(end)
        .then_seconds(Stretch::Tcp, tcp)
        .then_seconds(Stretch::Talk, conversation.duration - tcp - quiet)
        .then_seconds(last, quiet)
}

/// Whether somebody waited for an answer when it ended.
fn waits(conversation: &Conversation) -> bool {
    let waiting = [Finding::ClosedWithoutAnswer, Finding::HttpNoAnswer];
    waiting.iter().any(|finding| conversation.findings.contains(finding))
}

/// A silence before an orderly end is no failure, but its length names a timer.
fn timed(finding: Finding) -> bool {
    finding == Finding::IdleBeforeClose
}

struct Notes {
    raw: String,
    found: Vec<Observation>,
}

impl Notes {
    /// The first word about a variable stays.
    fn say(&mut self, variable: &str, value: impl Into<Value>) {
        debug_assert!(VARIABLES.contains(&variable), "{variable} is not in the list");
        if self.found.iter().all(|before| before.variable != variable) {
            let seen = Observation::seen(variable, value, Source::Capture);
            self.found.push(seen.with_raw(&self.raw));
        }
    }
}

/// The two ends and what stands out, for the ledger.
fn raw(conversation: &Conversation) -> String {
    let ids: Vec<String> = conversation.findings.iter().map(|finding| finding.id()).collect();
    let (src, dst) = (conversation.source(), conversation.destination());
    format!("{src} > {dst}: {}", ids.join(", "))
}

fn connect(conversation: &Conversation, notes: &mut Notes) {
    let has = |finding| conversation.findings.contains(&finding);
    match conversation.handshake {
        Handshake::Complete => notes.say("tcp.result", "connected"),
        Handshake::SynNoAnswer => {
            notes.say("tcp.result", "timeout");
            notes.say("phase", "connect");
            notes.say("ending", "silence");
            notes.say("closer", "nobody");
        }
        Handshake::SynRst => {
            notes.say("tcp.result", "refused");
            notes.say("phase", "connect");
            notes.say("ending", "refused");
            if conversation.duration < 0.5 {
                notes.say("fail_speed", "instant");
            }
        }
        Handshake::SynIcmp => {
            let result = match conversation.details.icmp {
                Some(Complaint::Prohibited) => "prohibited",
                Some(Complaint::PortUnreachable) => "refused",
                _ => "unreachable",
            };
            notes.say("tcp.result", result);
            notes.say("phase", "connect");
            notes.say("ending", "refused");
        }
        Handshake::Other if has(Finding::HandshakeUnfinished) => {
            let reset = conversation.close == Close::Rst;
            notes.say("tcp.result", if reset { "reset" } else { "timeout" });
            notes.say("phase", "connect");
        }
        Handshake::Midstream | Handshake::Other => {}
    }
}

/// Who ended it, and how.
fn end(conversation: &Conversation, notes: &mut Notes) {
    let has = |finding| conversation.findings.contains(&finding);
    if has(Finding::MtuBlackHole) || has(Finding::HalfOpen) || has(Finding::ZeroWindowStuck) {
        notes.say("ending", "silence");
        notes.say("closer", "nobody");
        return;
    }
    if has(Finding::RstFromMiddlebox) {
        notes.say("closer", "odd_rst");
        notes.say("ending", "rst");
        return;
    }
    let reset = [Finding::Reset, Finding::RstAfterIdle, Finding::RstUnreadData];
    let reset = reset.into_iter().any(has);
    match (conversation.closer, conversation.close) {
        (Closer::None, _) | (_, Close::None) => {}
        (Closer::Src, close) => {
            notes.say("closer", "client");
            notes.say("ending", if reset || close == Close::Rst { "rst" } else { "fin" });
        }
        (Closer::Dst, Close::Fin) => {
            notes.say("closer", "server_fin");
            notes.say("ending", if reset { "rst" } else { "fin" });
        }
        (Closer::Dst, Close::Rst) => {
            notes.say("closer", "server_rst");
            notes.say("ending", "rst");
        }
    }
}

/// At which moment, and after how long a silence.
fn moment(conversation: &Conversation, notes: &mut Notes) {
    let has = |finding| conversation.findings.contains(&finding);
    let details = &conversation.details;
    if let Some(idle) = details.idle_before_reset.or(details.idle_before_stuck) {
        notes.say("phase", "reuse_keepalive");
        notes.say("seconds", idle);
        notes.say("request_n", "first_after_pause");
    } else if has(Finding::IdleBeforeClose)
        && let Some(idle) = details.quiet_before_close
    {
        notes.say("phase", if waits(conversation) { "request" } else { "idle" });
        notes.say("seconds", idle);
    } else if has(Finding::TlsHandshakeStopped) || has(Finding::TlsAlert) {
        notes.say("phase", "tls");
    } else if has(Finding::ClosedWithoutAnswer) || has(Finding::HttpNoAnswer) {
        notes.say("phase", "request");
    } else if has(Finding::MtuBlackHole) || has(Finding::HalfOpen) || has(Finding::RstUnreadData) {
        notes.say("phase", "mid_transfer");
    }
}

/// What the packets say of the way and of the two machines.
fn path(conversation: &Conversation, notes: &mut Notes) {
    let has = |finding| conversation.findings.contains(&finding);
    let data = conversation.packets_src + conversation.packets_dst;
    if has(Finding::MtuBlackHole) {
        notes.say("loss", "big_only");
        notes.say("size", "above_packet");
    } else if has(Finding::LossSrc) || has(Finding::LossDst) {
        let much = conversation.retransmits * 20 > data;
        notes.say("loss", if much { "much" } else { "little" });
    } else if conversation.handshake == Handshake::Complete
        && data >= 100
        && !has(Finding::HalfOpen)
    {
        // A hundred packets, and hardly one of them lost.
        notes.say("loss", "none");
    }
    if has(Finding::CloseWait) {
        notes.say("socket_state", "close_wait");
    }
}

/// What TLS, HTTP and a greeting would have said.
fn speech(conversation: &Conversation, notes: &mut Notes) {
    let has = |finding| conversation.findings.contains(&finding);
    let cut = conversation.close != Close::None;
    if has(Finding::TlsAlert) {
        notes.say("tls.result", "alert");
        notes.say("tls_check", "alert");
    } else if has(Finding::TlsHandshakeStopped) {
        notes.say("tls.result", if cut { "cut" } else { "timeout" });
        notes.say("tls_check", if cut { "cut" } else { "hang" });
    }
    match conversation.details.http_status {
        Some(502) => notes.say("http.result", "bad_gateway"),
        Some(503) => notes.say("http.result", "unavailable"),
        Some(504) => notes.say("http.result", "gateway_timeout"),
        Some(500..) => notes.say("http.result", "server_error"),
        Some(429) => notes.say("http.result", "limited"),
        Some(403) => notes.say("http.result", "forbidden"),
        _ if has(Finding::HttpNoAnswer) => {
            let reset = conversation.close == Close::Rst;
            notes.say("http.result", if reset { "reset" } else { "closed_empty" });
        }
        _ => {}
    }
    let silent = conversation.bytes_dst == 0 && conversation.handshake == Handshake::Complete;
    if silent && conversation.closer == Closer::Dst && GREETING_PORTS.contains(&conversation.dport)
    {
        let reset = conversation.close == Close::Rst;
        notes.say("banner.result", if reset { "reset" } else { "closed" });
    }
    if conversation.details.mysql {
        notes.say("component", "mysql");
    }
    let message = match conversation.details.mysql_error {
        Some(1040) => "mysql_1040",
        Some(1045 | 1130) => "mysql_1045_1130",
        Some(1053) => "mysql_1053",
        Some(1129) => "mysql_1129",
        Some(1153) => "mysql_1153",
        Some(1205 | 1213 | 1317 | 3024) => "mysql_1205_1317",
        Some(4031) => "mysql_4031",
        _ => return,
    };
    notes.say("message", message);
}
