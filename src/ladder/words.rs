//! What the ladder says, in both languages.

use crate::knowledge::Text;

use super::{
    Inversion,
    model::{Hop, Ladder, Limit, Role, Timer},
    rules::{Finding, Rule},
    units::shown,
};

/// The name of a hop, safe to print.
fn name(ladder: &Ladder, at: usize) -> String {
    ladder.hops.get(at).map_or_else(String::new, |hop| hop.name.clone())
}

/// The setting of hop `at` that has one of `roles`.
fn setting(ladder: &Ladder, at: usize, roles: &[Role]) -> String {
    let timer = |hop: &Hop| {
        roles.iter().find_map(|role| hop.timer(*role).map(|timer| timer.setting.clone()))
    };
    ladder.hops.get(at).and_then(timer).unwrap_or_else(|| "keepalive".to_owned())
}

fn time(seconds: f64) -> Text {
    if seconds.is_finite() {
        let s = shown(seconds);
        Text { en: format!("{s} s"), zh: format!("{s} 秒") }
    } else {
        Text { en: "without limit".to_owned(), zh: "无限长".to_owned() }
    }
}

/// An inversion in words.
#[expect(clippy::too_many_lines, reason = "a table of sentences, two a rule")]
pub(super) fn inversion(ladder: &Ladder, finding: &Finding, settings: Vec<usize>) -> Inversion {
    let (early, late) = (name(ladder, finding.early), name(ladder, finding.late));
    let (e, l) = (time(finding.early_seconds), time(finding.late_seconds));
    let s = |at, roles: &[Role]| setting(ladder, at, roles);
    let (what, symptom) = match finding.rule {
        Rule::KeepaliveRace => {
            let (es, ls) =
                (s(finding.early, &[Role::KeepAlive]), s(finding.late, &[Role::PoolIdle]));
            (
                Text {
                    en: format!(
                        "{early} closes an idle connection after {} ({es}), but {late} uses it again for up to {} ({ls}).",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 空闲 {} 就关闭连接（{es}），而 {late} 在 {} 之内还会复用它（{ls}）。",
                        e.zh, l.zh
                    ),
                },
                Text {
                    en: format!(
                        "Now and then a request meets a connection that is just being closed: reset, 502, \"closed before a response\", or \"server has gone away\" from a database, mostly after a pause of about {}.",
                        e.en
                    ),
                    zh: format!(
                        "偶尔有请求正好撞上正在关闭的连接：连接被重置、502、“未收到响应就断开”，数据库则报“server has gone away”，多在停顿约 {} 之后。",
                        e.zh
                    ),
                },
            )
        }
        Rule::AnswerCutShort => {
            let (es, ls) = (s(finding.early, &[Role::Answer]), s(finding.late, &[Role::Work]));
            (
                Text {
                    en: format!(
                        "{early} waits {} for an answer ({es}), but {late} may take {} to make it ({ls}).",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 等响应最多等 {}（{es}），而 {late} 最长可以处理 {}（{ls}）。",
                        e.zh, l.zh
                    ),
                },
                Text {
                    en: format!(
                        "Slow requests fail with 504 or a timeout after exactly {}, while {late} goes on working.",
                        e.en
                    ),
                    zh: format!(
                        "慢请求恰好在 {} 时失败（504 或超时），而 {late} 还在继续处理。",
                        e.zh
                    ),
                },
            )
        }
        Rule::OuterGivesUpFirst => {
            let (es, ls) = (s(finding.early, &[Role::Answer]), s(finding.late, &[Role::Answer]));
            let what = if finding.early_seconds >= finding.late_seconds {
                Text {
                    en: format!(
                        "{early} ({es}) and {late} behind it ({ls}) give up at the same moment, after {}.",
                        e.en
                    ),
                    zh: format!("{early}（{es}）和里层的 {late}（{ls}）同在 {} 时放弃。", e.zh),
                }
            } else {
                Text {
                    en: format!(
                        "{early} gives up after {} ({es}), before {late} does after {} ({ls}).",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 等 {} 就放弃（{es}），而里层的 {late} 要等 {}（{ls}）。",
                        e.zh, l.zh
                    ),
                }
            };
            (
                what,
                Text {
                    en: format!(
                        "{late} logs that the client left (499, broken pipe) after {}; nobody reads its answer, and no hop tells which one was slow.",
                        e.en
                    ),
                    zh: format!(
                        "{late} 在 {} 时记录“客户端已断开”（499、broken pipe）；响应没人接收，也看不出到底是哪一跳慢。",
                        e.zh
                    ),
                },
            )
        }
        Rule::SilentDrop | Rule::ProbesTooLate => {
            let es = s(finding.early, &[Role::PathIdle]);
            let symptom = Text {
                en: format!(
                    "A connection that was quiet for {} looks open on both sides, but nothing passes: the next request hangs until a timeout, or is reset.",
                    e.en
                ),
                zh: format!(
                    "安静了 {} 的连接，两端看着都还连着，其实已经不通：下一个请求一直卡到超时，或被重置。",
                    e.zh
                ),
            };
            let what = if finding.rule == Rule::SilentDrop {
                Text {
                    en: format!(
                        "{early} forgets a connection after {} of silence ({es}); those of {late} may be silent {}, and nothing is sent meanwhile.",
                        e.en,
                        if finding.late_seconds.is_finite() {
                            format!("for {}", l.en)
                        } else {
                            l.en.clone()
                        }
                    ),
                    zh: format!(
                        "{early} 在连接安静 {} 之后就会忘掉它（{es}）；{late} 的连接可能安静{}，期间什么也不发。",
                        e.zh,
                        if finding.late_seconds.is_finite() {
                            format!(" {}", l.zh)
                        } else {
                            l.zh.clone()
                        }
                    ),
                }
            } else {
                Text {
                    en: format!(
                        "{early} forgets a connection after {} of silence ({es}), and the first keepalive probe comes only after {}.",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 在连接安静 {} 之后就会忘掉它（{es}），而第一个 keepalive 探测要等 {} 才发。",
                        e.zh, l.zh
                    ),
                }
            };
            (what, symptom)
        }
        Rule::PingTooSlow => {
            let es = s(finding.early, &[Role::StreamIdle, Role::Answer, Role::PathIdle]);
            (
                Text {
                    en: format!(
                        "{early} cuts a silent stream after {} ({es}), but {late} pings only every {}.",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 会切断安静了 {} 的长连接（{es}），而 {late} 每 {} 才发一次心跳。",
                        e.zh, l.zh
                    ),
                },
                Text {
                    en: format!("Websockets and streams drop after {} of silence.", e.en),
                    zh: format!("WebSocket 和流式连接安静 {} 就断。", e.zh),
                },
            )
        }
        Rule::HeadShorterThanKeepalive => (
            Text {
                en: format!(
                    "headersTimeout of {early} ({}) is not above its keepAliveTimeout ({}); Node.js counts both from the same moment.",
                    e.en, l.en
                ),
                zh: format!(
                    "{early} 的 headersTimeout（{}）没有大于 keepAliveTimeout（{}），而 Node.js 从同一刻开始计时。",
                    e.zh, l.zh
                ),
            },
            Text {
                en: format!(
                    "A reused connection is reset or answered with 408 after about {}.",
                    e.en
                ),
                zh: format!("复用的连接在约 {} 后被重置，或收到 408。", e.zh),
            },
        ),
        Rule::ConnectLongerThanOuter => {
            let (es, ls) = (s(finding.early, &[Role::Answer]), s(finding.late, &[Role::Connect]));
            (
                Text {
                    en: format!(
                        "{early} waits {} in all ({es}), but {late} may spend {} on connecting alone ({ls}).",
                        e.en, l.en
                    ),
                    zh: format!(
                        "{early} 总共只等 {}（{es}），而 {late} 光建立连接就可能花 {}（{ls}）。",
                        e.zh, l.zh
                    ),
                },
                Text {
                    en: format!(
                        "When a server is down, {early} times out before {late} can try another or say so."
                    ),
                    zh: format!("后端宕机时，{late} 还没来得及换一台或报错，{early} 就先超时了。"),
                },
            )
        }
    };
    let (what, symptom) = (tidy(what), tidy(symptom));
    Inversion {
        rule: finding.rule,
        hops: vec![finding.early, finding.late],
        after_seconds: finding.early_seconds,
        what,
        symptom,
        settings,
    }
}

/// Why a timer got its value.
pub(super) fn why(ladder: &Ladder, finding: &Finding, at: usize, timer: &Timer) -> Text {
    let (early, late) = (name(ladder, finding.early), name(ladder, finding.late));
    let (e, l) = (time(finding.early_seconds), time(finding.late_seconds));
    let to = match timer.limit {
        Limit::Seconds(seconds) => time(seconds),
        _ => Text { en: "off".to_owned(), zh: "关闭".to_owned() },
    };
    tidy(match finding.rule {
        Rule::KeepaliveRace if timer.limit == Limit::Off => Text {
            en: format!(
                "neither {early} nor {late} can be set so that one outlives the other: use each connection once"
            ),
            zh: format!("{early} 和 {late} 都没法设成一个比另一个更久：每条连接只用一次"),
        },
        Rule::KeepaliveRace if at == finding.early => Text {
            en: format!(
                "{} is above the {} for which {late} reuses a connection, so {late} always closes first",
                to.en, l.en
            ),
            zh: format!("{} 大于 {late} 复用连接的 {}，这样总是 {late} 先关闭", to.zh, l.zh),
        },
        Rule::KeepaliveRace => Text {
            en: format!(
                "{} is below the {} after which {early} closes, so {late} never reuses a connection that is being closed",
                to.en, e.en
            ),
            zh: format!(
                "{} 小于 {early} 关闭连接的 {}，{late} 就不会复用正在关闭的连接",
                to.zh, e.zh
            ),
        },
        Rule::AnswerCutShort | Rule::OuterGivesUpFirst
            if timer.roles.contains(&Role::Work) && finding.early != at =>
        {
            Text {
                en: format!(
                    "what stands in front of it can wait no longer: answer within {}, and do longer work in the background",
                    to.en
                ),
                zh: format!("它前面的环节没法等更久：要在 {} 内响应，更久的工作放到后台做", to.zh),
            }
        }
        Rule::AnswerCutShort | Rule::OuterGivesUpFirst => Text {
            en: format!(
                "{}, so that each hop waits longer than everything behind it and no longer than what is in front of it",
                to.en
            ),
            zh: format!("设为 {}：每一跳都比它后面的等得久，又不超过它前面的", to.zh),
        },
        Rule::SilentDrop | Rule::ProbesTooLate if timer.roles.contains(&Role::PoolIdle) => Text {
            en: format!(
                "{} is below the {} after which {early} forgets, so idle connections are closed while they still work",
                to.en, e.en
            ),
            zh: format!("{} 小于 {early} 忘掉连接的 {}，空闲连接会在还通的时候就关掉", to.zh, e.zh),
        },
        Rule::SilentDrop | Rule::ProbesTooLate => Text {
            en: format!(
                "{} is a third of the {} after which {early} forgets, so one probe may be lost",
                to.en, e.en
            ),
            zh: format!("{} 是 {early} 忘掉连接的 {} 的三分之一，丢一个探测也不要紧", to.zh, e.zh),
        },
        Rule::PingTooSlow => Text {
            en: format!(
                "{} is half of the {} after which {early} cuts, so one ping may be late",
                to.en, e.en
            ),
            zh: format!("{} 是 {early} 切断的 {} 的一半，一次心跳迟到也不要紧", to.zh, e.zh),
        },
        Rule::HeadShorterThanKeepalive => Text {
            en: format!("{} is above keepAliveTimeout ({})", to.en, l.en),
            zh: format!("{} 大于 keepAliveTimeout（{}）", to.zh, l.zh),
        },
        Rule::ConnectLongerThanOuter => Text {
            en: format!("{} leaves {early}, which waits {}, time for another try", to.en, e.en),
            zh: format!("{early} 总共等 {}，{} 连不上就放弃，还来得及再试一次", e.zh, to.zh),
        },
    })
}

/// Without the space between a Chinese unit and the Chinese word behind it.
fn tidy(text: Text) -> Text {
    let mut zh = String::with_capacity(text.zh.len());
    let mut chars = text.zh.chars().peekable();
    while let Some(c) = chars.next() {
        let between = c == ' '
            && zh.ends_with(['秒', '长'])
            && chars.peek().is_some_and(|next| !next.is_ascii());
        if !between {
            zh.push(c);
        }
    }
    Text { zh, ..text }
}
