//! A conversation in a plain sentence, and what is wrong with a file.

use crate::knowledge::Lang;

use super::{
    compare::{Difference, Gap, Seen},
    conversation::{Close, Closer, Conversation, Handshake},
    findings::Finding,
    icmp::Complaint,
    reader::Warning,
};

/// What happened, in one or two sentences: the gravest finding, or how it went.
pub fn sentence(conversation: &Conversation, lang: Lang) -> String {
    let gravest = conversation.findings.iter().find(|finding| finding.is_failure());
    match gravest {
        Some(finding) => match lang {
            Lang::En => english(conversation, *finding),
            Lang::Zh => chinese(conversation, *finding),
        },
        None => ordinary(conversation, lang),
    }
}

/// Seconds with as many digits as they deserve.
fn seconds(value: f64) -> String {
    if value >= 10.0 {
        format!("{value:.0}")
    } else if value >= 0.1 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// Who reset or closed it; by address where the capture does not show who is client and who server.
fn closer(conversation: &Conversation, lang: Lang) -> String {
    let by_src = conversation.closer == Closer::Src;
    if conversation.handshake == Handshake::Midstream {
        let end = if by_src { conversation.source() } else { conversation.destination() };
        return match lang {
            Lang::En => end.to_string(),
            Lang::Zh => format!(" {end} "),
        };
    }
    let name = match (by_src, lang) {
        (true, Lang::En) => "the client",
        (true, Lang::Zh) => "客户端",
        (false, Lang::En) => "the server",
        (false, Lang::Zh) => "服务端",
    };
    name.to_owned()
}

/// The silence before the end, as a clause.
fn silence(conversation: &Conversation, lang: Lang) -> String {
    let details = &conversation.details;
    let idle = details.idle_before_reset.or(details.idle_before_stuck);
    let idle = idle.or(details.quiet_before_close);
    let idle = seconds(idle.unwrap_or(0.0));
    match lang {
        Lang::En => format!("after {idle} s of silence"),
        Lang::Zh => format!("静默 {idle} 秒后"),
    }
}

fn icmp_english(conversation: &Conversation) -> String {
    let said = match conversation.details.icmp {
        Some(Complaint::Unreachable) => "there is no way to the host",
        Some(Complaint::PortUnreachable) => "nothing listens on that port",
        Some(Complaint::Prohibited) => "a filter forbids it",
        Some(Complaint::TooBig) => {
            return match conversation.details.mtu {
                Some(mtu @ 1..) => {
                    format!(
                        "Somebody on the way says by ICMP: packets of more than {mtu} bytes do not pass."
                    )
                }
                _ => "Somebody on the way says by ICMP: the packets are too big.".to_owned(),
            };
        }
        Some(Complaint::Expired) => "the packet went in circles or too far",
        _ => "the packet was not accepted",
    };
    format!("Somebody on the way says by ICMP: {said}.")
}

fn icmp_chinese(conversation: &Conversation) -> String {
    let said = match conversation.details.icmp {
        Some(Complaint::Unreachable) => "到不了这台主机",
        Some(Complaint::PortUnreachable) => "该端口没有服务在监听",
        Some(Complaint::Prohibited) => "被过滤规则禁止",
        Some(Complaint::TooBig) => {
            return match conversation.details.mtu {
                Some(mtu @ 1..) => format!("途中设备发来 ICMP 报错：超过 {mtu} 字节的包过不去。"),
                _ => "途中设备发来 ICMP 报错：包太大。".to_owned(),
            };
        }
        Some(Complaint::Expired) => "包绕圈或走得太远，TTL 耗尽",
        _ => "包没有被接受",
    };
    format!("途中设备发来 ICMP 报错：{said}。")
}

fn english(conversation: &Conversation, finding: Finding) -> String {
    let details = &conversation.details;
    let who = closer(conversation, Lang::En);
    match finding {
        Finding::IcmpError => icmp_english(conversation),
        Finding::SynUnanswered => format!(
            "Nobody answers: {} in {} s, and nothing came back.",
            if conversation.packets_src == 1 {
                "one SYN".to_owned()
            } else {
                format!("{} SYNs", conversation.packets_src)
            },
            seconds(conversation.duration)
        ),
        Finding::Refused => {
            "Refused at once (RST to the SYN): nothing listens there, or a firewall rejects it.".to_owned()
        }
        Finding::HandshakeUnfinished => {
            "The server answered the SYN, and the client never finished the handshake.".to_owned()
        }
        Finding::RstFromMiddlebox => format!(
            "A RST that {who} probably did not send ({:.0} %): its TTL, IP ID or timing does not fit.",
            details.rst_injected.unwrap_or(0.5) * 100.0
        ),
        Finding::MtuBlackHole => {
            "Large packets vanish on the way while small ones arrive: a path MTU black hole.".to_owned()
        }
        Finding::HalfOpen if details.idle_before_stuck.is_some() => format!(
            "The next data {} was never acknowledged, however often it was sent: a box on the way forgot the connection, or the other end is gone.",
            silence(conversation, Lang::En)
        ),
        Finding::HalfOpen => {
            "Data was sent again and again, and the other end never acknowledged it: it is gone, or a box on the way forgot the connection."
                .to_owned()
        }
        Finding::TlsHandshakeStopped => match details.tls_hello_answered {
            Some(true) => "The TLS handshake stopped half-way.".to_owned(),
            _ => "The TLS client said hello and got no TLS answer.".to_owned(),
        },
        Finding::TlsAlert => format!(
            "The TLS handshake failed with the alert {}.",
            details.tls_alert_name.unwrap_or("unknown")
        ),
        Finding::RstAfterIdle => format!(
            "The next data {} met a RST: the connection was already dead on the other side.",
            silence(conversation, Lang::En)
        ),
        Finding::RstUnreadData => {
            "Reset while data was on its way to the end that reset it: it closed without reading.".to_owned()
        }
        Finding::Reset => format!("Reset (RST) by {who}, {} s after the beginning.", seconds(conversation.duration)),
        Finding::ZeroWindowStuck => {
            "The receiver's buffer is full and stays full: its program does not read.".to_owned()
        }
        Finding::ClosedWithoutAnswer => {
            format!("The server took the request and closed without an answer, {}.", silence(conversation, Lang::En))
        }
        Finding::HttpNoAnswer => "An HTTP request got no answer before the end.".to_owned(),
        Finding::HttpStatus5xx => {
            format!("The server answered HTTP {}.", details.http_status.unwrap_or(500))
        }
        Finding::MysqlError => {
            format!("MySQL answered with error {}.", details.mysql_error.unwrap_or(0))
        }
        Finding::CloseWait => format!(
            "Closed by {who}, and the other end leaves its side open (CLOSE-WAIT)."
        ),
        _ => ordinary(conversation, Lang::En),
    }
}

fn chinese(conversation: &Conversation, finding: Finding) -> String {
    let details = &conversation.details;
    let who = closer(conversation, Lang::Zh);
    match finding {
        Finding::IcmpError => icmp_chinese(conversation),
        Finding::SynUnanswered => format!(
            "没有回应：{} 秒内发了 {} 个 SYN，什么都没回来。",
            seconds(conversation.duration),
            conversation.packets_src
        ),
        Finding::Refused => "立刻被拒绝（SYN 得到 RST）：没有服务在监听，或防火墙拒绝。".to_owned(),
        Finding::HandshakeUnfinished => "服务端回应了 SYN，客户端却没有完成握手。".to_owned(),
        Finding::RstFromMiddlebox => format!(
            "这个 RST 多半不是{who}发的（{:.0}%）：TTL、IP ID 或时间对不上。",
            details.rst_injected.unwrap_or(0.5) * 100.0
        ),
        Finding::MtuBlackHole => "大包在途中消失，小包能到：路径 MTU 黑洞。".to_owned(),
        Finding::HalfOpen if details.idle_before_stuck.is_some() => format!(
            "{}再发的数据怎么重发都没有确认：途中设备忘了这条连接，或对端已经不在。",
            silence(conversation, Lang::Zh)
        ),
        Finding::HalfOpen => {
            "数据反复重发，对端始终没有确认：对端已经不在，或途中设备忘了这条连接。".to_owned()
        }
        Finding::TlsHandshakeStopped => match details.tls_hello_answered {
            Some(true) => "TLS 握手进行到一半就停了。".to_owned(),
            _ => "客户端发了 ClientHello，没有得到 TLS 回应。".to_owned(),
        },
        Finding::TlsAlert => {
            format!("TLS 握手失败，告警为 {}。", details.tls_alert_name.unwrap_or("unknown"))
        }
        Finding::RstAfterIdle => {
            format!("{}再发数据，得到 RST：连接在对端早已失效。", silence(conversation, Lang::Zh))
        }
        Finding::RstUnreadData => "发 RST 的一端还有数据没读就关闭了。".to_owned(),
        Finding::Reset => {
            format!("开始 {} 秒后被{who}重置（RST）。", seconds(conversation.duration))
        }
        Finding::ZeroWindowStuck => "接收方缓冲区一直是满的：它的程序没有在读数据。".to_owned(),
        Finding::ClosedWithoutAnswer => {
            format!("服务端收到请求，{}没有回应就关闭。", silence(conversation, Lang::Zh))
        }
        Finding::HttpNoAnswer => "有 HTTP 请求直到结束都没有得到响应。".to_owned(),
        Finding::HttpStatus5xx => {
            format!("服务端返回 HTTP {}。", details.http_status.unwrap_or(500))
        }
        Finding::MysqlError => {
            format!("MySQL 返回错误 {}。", details.mysql_error.unwrap_or(0))
        }
        Finding::CloseWait => {
            format!("{}已关闭，另一端一直不关（CLOSE-WAIT）。", who.trim_start())
        }
        _ => ordinary(conversation, Lang::Zh),
    }
}

fn ordinary(conversation: &Conversation, lang: Lang) -> String {
    let who = closer(conversation, lang);
    let idle = conversation.findings.contains(&Finding::IdleBeforeClose);
    let after = if idle { silence(conversation, lang) } else { String::new() };
    match (conversation.close, lang) {
        (Close::Fin, Lang::En) if idle => format!("Closed in order by {who} {after}."),
        (Close::Fin, Lang::Zh) if idle => format!("{after}，{}正常关闭。", who.trim_start()),
        (Close::Fin, Lang::En) => format!("Closed in order, first by {who}."),
        (Close::Fin, Lang::Zh) => format!("正常关闭，{}先关。", who.trim_start()),
        (Close::Rst, Lang::En) => format!("Reset (RST) by {who}."),
        (Close::Rst, Lang::Zh) => format!("被{who}重置（RST）。"),
        (Close::None, Lang::En) => match conversation.handshake {
            Handshake::Midstream => {
                "Neither its beginning nor its end is in the capture.".to_owned()
            }
            _ => "Still open at the end of the capture.".to_owned(),
        },
        (Close::None, Lang::Zh) => match conversation.handshake {
            Handshake::Midstream => "抓包里没有它的开头，也没有结尾。".to_owned(),
            _ => "抓包结束时连接仍然开着。".to_owned(),
        },
    }
}

/// What should be known of a file, in one sentence.
pub fn warning(warning: &Warning, lang: Lang) -> String {
    match (warning, lang) {
        (Warning::Damaged { offset, why }, Lang::En) => {
            format!("damaged at byte {offset}: {why}; what stands before it was read")
        }
        (Warning::Damaged { offset, why }, Lang::Zh) => {
            format!("文件在第 {offset} 字节处损坏（{why}）；之前的内容已读出")
        }
        (Warning::CutShort { offset }, Lang::En) => {
            format!(
                "cut short: the record at byte {offset} is not whole; what stands before it was read"
            )
        }
        (Warning::CutShort { offset }, Lang::Zh) => {
            format!("文件不完整：第 {offset} 字节处的记录被截断；之前的内容已读出")
        }
        (Warning::Compression { offset }, Lang::En) => {
            format!(
                "the gzip data is damaged or ends near byte {offset}; what came before it was read"
            )
        }
        (Warning::Compression { offset }, Lang::Zh) => {
            format!("gzip 数据在第 {offset} 字节附近损坏或中断；之前的内容已读出")
        }
        (Warning::TooMany { given_up, limit }, Lang::En) => format!(
            "more than {limit} conversations at a time: {given_up} were concluded before their end"
        ),
        (Warning::TooMany { given_up, limit }, Lang::Zh) => {
            format!("同时存在的会话超过 {limit} 个：其中 {given_up} 个提前输出")
        }
        (Warning::UnknownLinkType { link, packets }, Lang::En) => {
            format!(
                "none of the {packets} packets could be looked into: link type {link} is not known"
            )
        }
        (Warning::UnknownLinkType { link, packets }, Lang::Zh) => {
            format!("{packets} 个包都无法解析：不认识链路类型 {link}")
        }
    }
}

/// What two captures say of one conversation, in a sentence for its gravest difference.
pub fn difference(difference: &Difference, lang: Lang) -> String {
    let Difference { lost_src, lost_dst, seen, .. } = difference;
    let gravest = difference.gaps.iter().find(|gap| **gap != Gap::Translated);
    let (en, zh) = match gravest {
        Some(Gap::RstNeverSentDst) => (
            "The client received a RST that the server never sent: a box on the way made it."
                .to_owned(),
            "客户端收到了服务端从未发过的 RST：是途中设备发的。".to_owned(),
        ),
        Some(Gap::RstNeverSentSrc) => (
            "The server received a RST that the client never sent: a box on the way made it."
                .to_owned(),
            "服务端收到了客户端从未发过的 RST：是途中设备发的。".to_owned(),
        ),
        Some(Gap::SynNeverArrived) => (
            "The SYN was sent and never arrived: dropped on the way.".to_owned(),
            "SYN 发出后没有到达：途中被丢弃。".to_owned(),
        ),
        Some(Gap::SynAckNeverArrived) => (
            "The server answered the SYN, and the answer never arrived: dropped on the way back."
                .to_owned(),
            "服务端回应了 SYN，但回应没有到达：回程被丢弃。".to_owned(),
        ),
        Some(Gap::RstNeverArrivedSrc | Gap::RstNeverArrivedDst) => (
            "A RST was sent and never arrived: the other end still thinks that it is connected."
                .to_owned(),
            "RST 发出后没有到达：另一端还以为连接在。".to_owned(),
        ),
        Some(Gap::FinNeverArrivedSrc | Gap::FinNeverArrivedDst) => (
            "A FIN was sent and never arrived: the other end still thinks that it is connected."
                .to_owned(),
            "FIN 发出后没有到达：另一端还以为连接在。".to_owned(),
        ),
        Some(Gap::LostSrc | Gap::LostDst) => (
            format!(
                "Lost on the way: {lost_src} bytes of the client, {lost_dst} bytes of the server."
            ),
            format!("途中丢失：客户端 {lost_src} 字节，服务端 {lost_dst} 字节。"),
        ),
        Some(Gap::TailSrc | Gap::TailDst) => (
            "The last bytes never arrived, or the other capture ended before them.".to_owned(),
            "最后一段数据没有到达，或者另一份抓包先结束了。".to_owned(),
        ),
        Some(Gap::OpeningMissed) => (
            "Both captures agree, but for the handshake: one of them began later or missed a packet of it."
                .to_owned(),
            "两份抓包一致，只是其中一份漏了握手中的包：它开始得较晚，或者漏抓了。".to_owned(),
        ),
        Some(Gap::Translated) | None => match seen {
            Seen::Both => ("Both captures agree.".to_owned(), "两份抓包一致。".to_owned()),
            Seen::FirstOnly => {
                ("Only in the first capture.".to_owned(), "只出现在第一份抓包里。".to_owned())
            }
            Seen::OtherOnly => {
                ("Only in the other capture.".to_owned(), "只出现在另一份抓包里。".to_owned())
            }
        },
    };
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}
