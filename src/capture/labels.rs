//! The short words of tables and pictures: what stands out, how it began, how it ended, each step.

use crate::knowledge::Lang;

use super::{
    conversation::{Close, Closer, Conversation, Handshake},
    findings::Finding,
    icmp::Complaint,
    trace::{Act, Event, Word},
};

/// A finding in a few plain words.
pub fn finding(finding: Finding, lang: Lang) -> &'static str {
    let (en, zh) = match finding {
        Finding::IcmpError => ("ICMP error", "ICMP 报错"),
        Finding::SynUnanswered => ("nobody answers", "没有回应"),
        Finding::Refused => ("refused", "被拒绝"),
        Finding::HandshakeUnfinished => ("handshake unfinished", "握手未完成"),
        Finding::RstFromMiddlebox => ("RST forged on the way", "途中伪造的 RST"),
        Finding::MtuBlackHole => ("MTU black hole", "MTU 黑洞"),
        Finding::HalfOpen => ("half-open", "半开连接"),
        Finding::TlsHandshakeStopped => ("TLS handshake stopped", "TLS 握手中断"),
        Finding::TlsAlert => ("TLS alert", "TLS 告警"),
        Finding::RstAfterIdle => ("reset after silence", "静默后被重置"),
        Finding::RstUnreadData => ("reset with unread data", "未读数据就重置"),
        Finding::Reset => ("reset", "被重置"),
        Finding::ZeroWindowStuck => ("receiver stuck", "接收方卡住"),
        Finding::ClosedWithoutAnswer => ("closed without an answer", "没有回应就关闭"),
        Finding::HttpNoAnswer => ("request without an answer", "请求没有响应"),
        Finding::HttpStatus5xx => ("HTTP 5xx", "HTTP 5xx"),
        Finding::MysqlError => ("MySQL error", "MySQL 错误"),
        Finding::CloseWait => ("CLOSE-WAIT", "CLOSE-WAIT"),
        Finding::IdleBeforeClose => ("silence before the end", "结束前静默"),
        Finding::LossSrc => ("client’s packets get lost", "客户端方向丢包"),
        Finding::LossDst => ("server’s packets get lost", "服务端方向丢包"),
        Finding::ZeroWindow => ("buffer full at times", "缓冲区曾满"),
        Finding::RetransmissionSrc => ("client sent again", "客户端重传"),
        Finding::RetransmissionDst => ("server sent again", "服务端重传"),
        Finding::Keepalive => ("keepalives", "TCP 保活"),
        Finding::RstAfterFinHarmless => ("RST after FIN, harmless", "FIN 后的 RST，无害"),
        Finding::PortsReused => ("ports used again", "端口被复用"),
        Finding::OneSided => ("one direction only", "只有单向"),
        Finding::CaptureGaps => ("gaps in the capture", "抓包有缺口"),
    };
    in_lang(lang, en, zh)
}

/// How it began, in a few words.
pub fn handshake(handshake: Handshake, lang: Lang) -> &'static str {
    let (en, zh) = match handshake {
        Handshake::Complete => ("complete", "完整"),
        Handshake::SynNoAnswer => ("SYN, no answer", "SYN 无回应"),
        Handshake::SynRst => ("SYN refused", "SYN 被拒"),
        Handshake::SynIcmp => ("SYN, ICMP error", "SYN 遇 ICMP 报错"),
        Handshake::Midstream => ("not in the capture", "抓包里没有"),
        Handshake::Other => ("incomplete", "不完整"),
    };
    in_lang(lang, en, zh)
}

/// Who ended it and by what; where the capture does not show who is client and who is server, the
/// ends are named by their place in the row.
pub fn closing(conversation: &Conversation, lang: Lang) -> String {
    let kind = match conversation.close {
        Close::Fin => "FIN",
        Close::Rst => "RST",
        Close::None => return in_lang(lang, "open", "未关闭").to_owned(),
    };
    let midstream = conversation.handshake == Handshake::Midstream;
    let by = match (conversation.closer, midstream) {
        (Closer::Src, false) => in_lang(lang, "client", "客户端"),
        (_, false) => in_lang(lang, "server", "服务端"),
        (Closer::Src, true) => in_lang(lang, "left end", "左端"),
        (_, true) => in_lang(lang, "right end", "右端"),
    };
    format!("{kind} · {by}")
}

/// A step of a conversation in a few words, without its time and direction.
pub fn step(event: &Event, lang: Lang) -> String {
    let mut text = act(event, lang);
    let words: Vec<String> = event.words.iter().map(|found| word(*found, lang)).collect();
    if !words.is_empty() {
        text = format!("{text}{}{}", in_lang(lang, ": ", "："), words.join(", "));
    }
    text
}

fn act(event: &Event, lang: Lang) -> String {
    let bytes = size(event.bytes);
    let packets = event.packets;
    // One packet is what every step is unless it says otherwise.
    let times = if packets > 1 { format!(" ×{packets}") } else { String::new() };
    let plain = |en: &str, zh: &str| format!("{}{times}", in_lang(lang, en, zh));
    match event.act {
        Act::Syn => plain("SYN", "SYN"),
        Act::SynAck => plain("SYN-ACK", "SYN-ACK"),
        Act::Ack => plain("ACK", "ACK"),
        Act::Data => match (packets, lang) {
            (1, _) => bytes,
            (_, Lang::En) => format!("{bytes} in {packets} packets"),
            (_, Lang::Zh) => format!("{bytes}，{packets} 个包"),
        },
        Act::Again => match lang {
            Lang::En => format!("sent again: {bytes}{times}"),
            Lang::Zh => format!("重传 {bytes}{times}"),
        },
        Act::ZeroWindow => plain("buffer full", "缓冲区满"),
        Act::WindowOpen => plain("buffer has room again", "缓冲区又有空间"),
        Act::KeepAlive => plain("keepalive", "保活探测"),
        Act::Fin => plain("FIN", "FIN"),
        Act::Rst { ttl, usual } => {
            let ttl = match (usual, lang) {
                (Some(usual), Lang::En) if usual != ttl => format!(" (TTL {ttl}, others {usual})"),
                (Some(usual), Lang::Zh) if usual != ttl => format!("（TTL {ttl}，其他包 {usual}）"),
                (_, Lang::En) => format!(" (TTL {ttl})"),
                (_, Lang::Zh) => format!("（TTL {ttl}）"),
            };
            format!("RST{times}{ttl}")
        }
        Act::Icmp(complaint, mtu) => format!("ICMP: {}{times}", icmp(complaint, mtu, lang)),
    }
}

fn icmp(complaint: Complaint, mtu: u32, lang: Lang) -> String {
    let (en, zh) = match complaint {
        Complaint::Unreachable => ("unreachable", "不可达"),
        Complaint::PortUnreachable => ("port unreachable", "端口不可达"),
        Complaint::Prohibited => ("prohibited", "被禁止"),
        Complaint::TooBig => ("too big", "包太大"),
        Complaint::Expired => ("TTL expired", "TTL 耗尽"),
        Complaint::Other => ("error", "报错"),
    };
    let text = in_lang(lang, en, zh);
    match (complaint, mtu) {
        (Complaint::TooBig, 1..) => format!("{text}, MTU {mtu}"),
        _ => text.to_owned(),
    }
}

fn word(word: Word, lang: Lang) -> String {
    match word {
        Word::ClientHello => "ClientHello".to_owned(),
        Word::ServerHello => "ServerHello".to_owned(),
        Word::Alert(name) => format!("{} {name}", in_lang(lang, "TLS alert", "TLS 告警")),
        Word::Request => in_lang(lang, "HTTP request", "HTTP 请求").to_owned(),
        Word::Status(status) => format!("HTTP {status}"),
        Word::MysqlGreeting => in_lang(lang, "MySQL greeting", "MySQL 问候").to_owned(),
        Word::MysqlError(error) => {
            format!("{} {error}", in_lang(lang, "MySQL error", "MySQL 错误"))
        }
    }
}

/// Bytes as people read them.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} B"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}

/// A length of time as people read it: from microseconds to hours.
pub fn seconds(value: f64, lang: Lang) -> String {
    let (number, en, zh) = match value {
        value if value < 0.001 => (value * 1e6, "µs", "微秒"),
        value if value < 1.0 => (value * 1e3, "ms", "毫秒"),
        value if value < 600.0 => (value, "s", "秒"),
        value if value < 36_000.0 => (value / 60.0, "min", "分钟"),
        value => (value / 3600.0, "h", "小时"),
    };
    let digits = usize::from(number > 0.0 && number < 10.0);
    format!("{number:.digits$} {}", in_lang(lang, en, zh))
}

fn in_lang<'a>(lang: Lang, en: &'a str, zh: &'a str) -> &'a str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}
