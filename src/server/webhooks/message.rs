//! What a receiver is sent: the notice in its own format, with nothing in it that could act there.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Occasion, ReceiverKind, Webhook, sign};
use crate::{
    knowledge::Lang,
    report::{one_line, percent},
};

/// The longest sentence that is passed on, characters. WeCom takes 4096 bytes of markdown, a
/// Chinese character takes three (https://work.weixin.qq.com/api/doc/90000/90136/91770, read 2026-11-28 up to the
/// limit of texts, 2048; the one of markdown is unsure).
const SENTENCE: usize = 500;

/// What happened to a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Announcement {
    /// What happened.
    #[serde(with = "super::config::words")]
    pub occasion: Occasion,
    /// The verdict's sentence, in the report's language.
    pub sentence: String,
    /// Id of the leading cause, if one leads.
    pub cause: Option<String>,
    /// Probability of the leading cause, 0 to 1.
    pub probability: f64,
    /// The name that whoever answered gave.
    pub who: Option<String>,
    /// The link to look at the report, where we know it.
    pub link: Option<String>,
}

impl Announcement {
    /// What the test button sends.
    pub(super) fn test() -> Self {
        Self {
            occasion: Occasion::Test,
            sentence: "Hangup".to_owned(),
            cause: None,
            probability: 0.0,
            who: None,
            link: None,
        }
    }

    /// What happened, in one line without a full stop.
    fn headline(&self, lang: Lang) -> String {
        let who = self.who.as_deref().map(|who| shortened(who, 80));
        match (lang, self.occasion, who) {
            (Lang::En, Occasion::Saved, _) => "A broken connection was diagnosed".to_owned(),
            (Lang::Zh, Occasion::Saved, _) => "有一份新的断连诊断报告".to_owned(),
            (Lang::En, Occasion::Answered, Some(who)) => format!("{who} answered on a report"),
            (Lang::Zh, Occasion::Answered, Some(who)) => format!("{who} 回复了诊断报告"),
            (Lang::En, Occasion::Answered, None) => "A report was answered".to_owned(),
            (Lang::Zh, Occasion::Answered, None) => "诊断报告有新的回复".to_owned(),
            (Lang::En, Occasion::Verified, _) => "A fix was tried and checked".to_owned(),
            (Lang::Zh, Occasion::Verified, _) => "已尝试修复并重新检查".to_owned(),
            (Lang::En, Occasion::Test, _) => "A test message; this webhook works".to_owned(),
            (Lang::Zh, Occasion::Test, _) => "这是一条测试消息，Webhook 工作正常".to_owned(),
        }
    }

    fn open(lang: Lang) -> &'static str {
        match lang {
            Lang::En => "Open the report",
            Lang::Zh => "打开报告",
        }
    }
}

/// A request that is ready to leave.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) url: url::Url,
    pub(super) body: String,
    pub(super) headers: Vec<(&'static str, String)>,
}

/// The request for one try of delivery `id` at `now`, Unix seconds.
pub(super) fn request(webhook: &Webhook, notice: &Announcement, id: u64, now: i64) -> Outgoing {
    let mut url = webhook.url.0.clone();
    let mut headers = Vec::new();
    let secret = webhook.secret.as_ref().map(super::Secret::reveal);
    let mut body = body(webhook.kind, notice, webhook.lang);
    match (webhook.kind, secret) {
        (ReceiverKind::Dingtalk, Some(secret)) => {
            let at = now.saturating_mul(1000);
            url.query_pairs_mut()
                .append_pair("timestamp", &at.to_string())
                .append_pair("sign", &sign::dingtalk(secret, at));
        }
        (ReceiverKind::Feishu, Some(secret)) => {
            body["timestamp"] = json!(now.to_string());
            body["sign"] = json!(sign::feishu(secret, now));
        }
        _ => {}
    }
    let body = body.to_string();
    if webhook.kind == ReceiverKind::Generic {
        headers.push(("x-hangup-event", notice.occasion.word().to_owned()));
        headers.push(("x-hangup-delivery", id.to_string()));
        headers.push(("x-hangup-timestamp", now.to_string()));
        if let Some(secret) = secret {
            let signature = format!("sha256={}", sign::generic(secret, now, &body));
            headers.push(("x-hangup-signature", signature));
        }
    }
    Outgoing { url, body, headers }
}

fn body(kind: ReceiverKind, notice: &Announcement, lang: Lang) -> Value {
    let headline = notice.headline(lang);
    let sentence = match notice.cause {
        Some(_) => {
            let sure = percent(notice.probability, lang);
            let sentence = shortened(&notice.sentence, SENTENCE);
            match lang {
                Lang::En => format!("{sentence} ({sure})"),
                Lang::Zh => format!("{sentence}（{sure}）"),
            }
        }
        None => shortened(&notice.sentence, SENTENCE),
    };
    let open = Announcement::open(lang);
    let link = notice.link.as_deref();
    match kind {
        ReceiverKind::Generic => json!({
            "event": notice.occasion.word(),
            "headline": headline,
            "sentence": shortened(&notice.sentence, SENTENCE),
            "cause": notice.cause,
            "probability": notice.probability,
            "who": notice.who.as_deref().map(|who| shortened(who, 80)),
            "link": link,
        }),
        ReceiverKind::Slack => {
            let (headline, sentence) = (slack(&headline), slack(&sentence));
            let link = link.map(|link| format!("\n<{}|{open}>", slack(link))).unwrap_or_default();
            json!({ "text": format!("*{headline}*\n{sentence}{link}") })
        }
        ReceiverKind::Teams => {
            let block =
                |text: &str| json!({ "type": "TextBlock", "text": markdown(text), "wrap": true });
            let actions: Vec<Value> = link
                .map(|link| json!({ "type": "Action.OpenUrl", "title": open, "url": link }))
                .into_iter()
                .collect();
            json!({
                "type": "message",
                "attachments": [{
                    "contentType": "application/vnd.microsoft.card.adaptive",
                    "content": {
                        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                        "type": "AdaptiveCard",
                        "version": "1.4",
                        "body": [
                            { "type": "TextBlock", "text": markdown(&headline), "wrap": true, "weight": "Bolder" },
                            block(&sentence),
                        ],
                        "actions": actions,
                    },
                }],
            })
        }
        ReceiverKind::Dingtalk => {
            let link = link.map(|link| format!("\n\n[{open}]({link})")).unwrap_or_default();
            let text = format!("**{}**\n\n{}{link}", markdown(&headline), markdown(&sentence));
            json!({
                "msgtype": "markdown",
                "markdown": { "title": mentionless(&headline), "text": text },
                "at": { "isAtAll": false },
            })
        }
        ReceiverKind::Feishu => {
            let (headline, sentence) = (mentionless(&headline), mentionless(&sentence));
            let link = link.map(|link| format!("\n{open}: {link}")).unwrap_or_default();
            json!({
                "msg_type": "text",
                "content": { "text": format!("{headline}\n{sentence}{link}") },
            })
        }
        ReceiverKind::Wecom => {
            let link = link.map(|link| format!("\n[{open}]({link})")).unwrap_or_default();
            let content = format!("**{}**\n{}{link}", markdown(&headline), markdown(&sentence));
            json!({ "msgtype": "markdown", "markdown": { "content": content } })
        }
    }
}

/// One inert line of at most `most` characters.
fn shortened(text: &str, most: usize) -> String {
    let line = one_line(text);
    let mut rest = line.chars();
    let mut kept: String = rest.by_ref().take(most).collect();
    if rest.next().is_some() {
        kept.push('…');
    }
    kept
}

/// Slack's own escapes: with them no `<!channel>`, no `<@user>` and no named link can arise; its marks
/// for bold and code stay, and only change how letters look. Mattermost reads markdown's links and
/// `@all` as well.
fn slack(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace("](", "] (").replace('@', "＠")
}

/// Without what mentions somebody in DingTalk (`@`), Feishu (`<at …>`) and WeCom (`<@…>`), and
/// without links that hide where they lead.
fn mentionless(text: &str) -> String {
    text.replace('@', "＠").replace('<', "＜").replace('>', "＞").replace("](", "] (")
}

/// Mentionless, and with a backslash before what markdown would act on.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in mentionless(text).chars() {
        if "\\`*_[]()#+!|~".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [ReceiverKind; 6] = [
        ReceiverKind::Generic,
        ReceiverKind::Slack,
        ReceiverKind::Teams,
        ReceiverKind::Dingtalk,
        ReceiverKind::Feishu,
        ReceiverKind::Wecom,
    ];

    fn notice(sentence: &str) -> Announcement {
        Announcement {
            occasion: Occasion::Answered,
            sentence: sentence.to_owned(),
            cause: Some("nat_idle_drop".to_owned()),
            probability: 0.72,
            who: Some(sentence.to_owned()),
            link: Some("https://hangup.example.com/d/x".to_owned()),
        }
    }

    #[test]
    fn what_would_act_in_a_chat_lies_still() {
        let hostile = "<!channel> <@U1> @all <at user_id=\"all\">x</at> [click](https://evil.example) \
            ![x](https://evil.example/i.png)\n# head\u{202e}\u{7}";
        for kind in KINDS.into_iter().filter(|kind| *kind != ReceiverKind::Generic) {
            for lang in Lang::ALL {
                let said = body(kind, &notice(hostile), lang).to_string();
                for acts in ["<!channel>", "<@U1>", "<at ", "](https://evil", "\u{202e}", "\\u0007"]
                {
                    assert!(!said.contains(acts), "{kind:?}: {acts} in {said}");
                }
                assert!(!said.contains("@all"), "{kind:?}: {said}");
            }
        }
    }

    #[test]
    fn a_long_sentence_stays_within_the_smallest_limit() {
        for kind in KINDS {
            let said = body(kind, &notice(&"断".repeat(100_000)), Lang::Zh).to_string();
            assert!(said.len() < 4096, "{kind:?}: {}", said.len());
        }
    }

    #[test]
    fn each_kind_says_what_why_and_where() {
        for kind in KINDS {
            let said = body(kind, &notice("The NAT forgot the connection"), Lang::En).to_string();
            assert!(said.contains("The NAT forgot the connection"), "{said}");
            assert!(said.contains("https://hangup.example.com/d/x"), "{said}");
            assert!(said.contains("72") || said.contains("0.72"), "{said}");
        }
    }
}
