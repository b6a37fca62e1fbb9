//! The message to whoever runs the other side, filled in, for the place it is pasted into.
//!
//! In: a report, its knowledge, the link. Out: text. Everything in a message but our own sentences
//! is hostile: log lines, host names, banners. Each format has one file that says how it is kept
//! inert there.

mod dingtalk;
mod feishu;
#[cfg(test)]
pub(super) mod hostile;
pub(super) mod markdown;
mod plain;
mod since;
mod slack;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::{
    evidence::{Observation, State},
    knowledge::{Base, Lang},
};

use super::{
    Fitted, Report,
    compose::shorten,
    inert,
    label::label,
    words::{colon, say},
};

/// Most observations that a message quotes. judgement: the link has the rest.
const QUOTED: usize = 6;
/// Most calculated values that a message proposes. judgement: the link has the rest.
const PROPOSED: usize = 2;
/// Most characters of one value, before escaping. judgement: a sentence and a half.
const VALUE: usize = 260;
/// Most characters of one value after escaping, so that a value of nothing but markup does not
/// push the questions out of the message.
const ESCAPED: usize = 520;
/// The same where everything else was left out and the message is still too long. judgement: a host
/// name, or the beginning of a line.
const CUT: usize = 60;
/// What says how often and to whom it happens, in the order a person would tell it.
const OFTEN: [&str; 6] = ["interval", "seconds", "schedule", "load", "retry", "scope"];

/// Where a message is pasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// A ticket, a mail, anywhere.
    Plain,
    /// CommonMark, as GitHub, GitLab and most trackers read it.
    Markdown,
    /// Slack's mrkdwn.
    Slack,
    /// The Markdown of Feishu's cards.
    Feishu,
    /// The Markdown of DingTalk's robots.
    DingTalk,
}

impl Format {
    /// All of them, the most common first.
    pub const ALL: [Self; 5] =
        [Self::Plain, Self::Markdown, Self::Slack, Self::Feishu, Self::DingTalk];

    /// Its id, as pages and texts name it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Markdown => "markdown",
            Self::Slack => "slack",
            Self::Feishu => "feishu",
            Self::DingTalk => "dingtalk",
        }
    }

    fn dialect(self) -> &'static Dialect {
        match self {
            Self::Plain => &plain::DIALECT,
            Self::Markdown => &markdown::DIALECT,
            Self::Slack => &slack::DIALECT,
            Self::Feishu => &feishu::DIALECT,
            Self::DingTalk => &dingtalk::DIALECT,
        }
    }
}

/// How much fits into one message.
#[derive(Clone, Copy, Debug)]
enum Limit {
    None,
    Characters(usize),
    Bytes(usize),
}

impl Limit {
    fn holds(self, text: &str) -> bool {
        match self {
            Self::None => true,
            Self::Characters(most) => text.chars().count() <= most,
            Self::Bytes(most) => text.len() <= most,
        }
    }
}

/// How one format writes what a message consists of.
struct Dialect {
    /// Makes one line of hostile text inert. It never stands at the beginning of a line.
    escape: fn(&str) -> String,
    /// What stands around words that are to stand out.
    strong: (&'static str, &'static str),
    /// Before an item of a list.
    bullet: &'static str,
    /// Between two lines of one paragraph.
    line: &'static str,
    /// Between a label and its value where it is not the language's own colon.
    colon: Option<&'static str>,
    /// A link: the words, then an address that [`inert::address`] has been over.
    link: fn(&str, &str) -> String,
    limit: Limit,
}

/// A message before it is written in any format.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    lang: Lang,
    verdict: String,
    target: Option<String>,
    since: Option<String>,
    often: Vec<String>,
    evidence: Vec<String>,
    /// What to do about it, and the value that the case gives for it.
    proposal: Vec<String>,
    link: Option<String>,
}

impl Message {
    /// The message about `report`, in the report's language. `link` is the address of the saved
    /// report, where there is one.
    pub fn about(report: &Report, base: &Base, link: Option<&str>) -> Self {
        let lang = report.lang;
        let seen = |variable: &str| {
            report.observations.iter().find(|o| o.variable == variable && o.state == State::Seen)
        };
        let often: Vec<String> = OFTEN
            .iter()
            .filter_map(|variable| seen(variable))
            .map(|o| label(base, o, lang))
            .collect();
        let leading =
            report.causes.iter().find(|cause| Some(&cause.id) == report.verdict.cause.as_ref());
        let mut told: BTreeSet<String> = often.iter().cloned().collect();
        let evidence = match leading {
            Some(cause) => cause
                .evidence
                .iter()
                .filter(|item| item.bits > 0.0)
                .map(|item| item.label.clone())
                .filter(|label| told.insert(label.clone()))
                .take(QUOTED)
                .collect(),
            // Nothing stands out: then what was seen is all there is to say.
            None => report
                .observations
                .iter()
                .filter(|o| o.state == State::Seen)
                .map(|o: &Observation| label(base, o, lang))
                .filter(|label| told.insert(label.clone()))
                .take(QUOTED)
                .collect(),
        };
        Self {
            lang,
            verdict: report.verdict.sentence.clone(),
            target: report.case.target.clone(),
            since: since::since(report, base),
            often,
            evidence,
            proposal: leading.map(|cause| proposal(report, &cause.id)).unwrap_or_default(),
            link: link.map(inert::address),
        }
    }

    /// The message for `format`. Where the place takes less, the last pieces of evidence go first,
    /// then the ends of all values; the questions and the link always stay.
    pub fn write(&self, format: Format) -> String {
        let dialect = format.dialect();
        let fewer = (0..=self.evidence.len()).rev().map(|quoted| (quoted, ESCAPED));
        let shorter = std::iter::successors(Some(ESCAPED), |most| Some((most / 2).max(CUT)))
            .skip(1)
            .map(|most| (0, most));
        let mut text = String::new();
        for (quoted, most) in fewer.chain(shorter) {
            text = self.written(dialect, quoted, most);
            if dialect.limit.holds(&text) || most == CUT {
                break;
            }
        }
        text
    }

    /// With the first `quoted` pieces of evidence, each value at most `most` characters long.
    fn written(&self, dialect: &Dialect, quoted: usize, most: usize) -> String {
        let say = |id: &str| say(self.lang, id, &[]);
        let strong = |text: &str| format!("{}{text}{}", dialect.strong.0, dialect.strong.1);
        let colon = dialect.colon.unwrap_or(colon(self.lang));
        let field = |label: &str, value: &str| {
            format!("{}{}{colon}{value}", dialect.bullet, strong(&say(label)))
        };
        let value = |text: &str| escaped(dialect, text, most);
        let mut facts = vec![field("message-what", &value(&self.verdict))];
        if let Some(target) = &self.target {
            facts.push(field("message-where", &value(target)));
        }
        let since = self.since.as_ref().map_or_else(|| say("message-fill-in"), |text| value(text));
        facts.push(field("message-since", &since));
        let often: Vec<String> = self.often.iter().map(|text| value(text)).collect();
        let often = match often.as_slice() {
            [] => say("message-fill-in"),
            often => often.join(&say("message-semicolon")),
        };
        facts.push(field("message-often", &often));
        let mut parts = vec![say("message-greeting"), facts.join(dialect.line)];
        if quoted > 0 {
            let mut lines = vec![strong(&say("message-evidence"))];
            let told = self.evidence.iter().take(quoted);
            lines.extend(told.map(|text| format!("{}{}", dialect.bullet, value(text))));
            parts.push(lines.join(dialect.line));
        }
        if !self.proposal.is_empty() {
            let mut lines = vec![strong(&say("message-proposal"))];
            let told = self.proposal.iter();
            lines.extend(told.map(|text| format!("{}{}", dialect.bullet, value(text))));
            parts.push(lines.join(dialect.line));
        }
        let mut questions = vec![strong(&say("message-please"))];
        for id in ["message-firewall", "message-pool", "message-deploy"] {
            questions.push(say(id));
        }
        parts.push(questions.join(dialect.line));
        if let Some(link) = &self.link {
            parts.push((dialect.link)(&say("message-link"), link));
        }
        parts.join("\n\n")
    }
}

/// The first fix for `cause`, and the values for it that were calculated from the case.
fn proposal(report: &Report, cause: &str) -> Vec<String> {
    let Some(fix) = report.fixes.iter().find(|fix| fix.cause == cause) else { return Vec::new() };
    let calculated = fix.fitted.iter().filter(|fitted| fitted.from_case);
    let value = |fitted: &Fitted| {
        let parts = [("value", &*fitted.value), ("reason", &*fitted.reason)];
        say(report.lang, "message-value", &parts)
    };
    std::iter::once(fix.title.clone()).chain(calculated.take(PROPOSED).map(value)).collect()
}

/// One line of `text`, inert and at most `most` characters long.
fn escaped(dialect: &Dialect, text: &str, most: usize) -> String {
    let mut line = shorten(&inert::one_line(text), VALUE);
    loop {
        let out = (dialect.escape)(&line);
        let count = line.chars().count();
        if out.chars().count() <= most || count < 2 {
            return out;
        }
        line = shorten(&line, count / 2);
    }
}

/// `text` with every character of `active` replaced by its full-width twin, and `_` where it could
/// begin or end a word. For chats whose markup has no escape.
fn twinned(text: &str, active: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let twin = |(at, c): (usize, &char)| {
        let acts = active.contains(*c)
            || *c == '_' && !inert::is_inside_word(&chars, at)
            || inert::is_scheme_colon(&chars, at);
        if acts { inert::twin(*c) } else { *c }
    };
    chars.iter().enumerate().map(twin).collect()
}
