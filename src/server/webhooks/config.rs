//! The receivers of the configuration.

use std::{fmt, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de::Error};

use crate::knowledge::Lang;

/// One receiver: `[[webhooks]]` in the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// What the delivery log calls it.
    pub name: String,
    /// How it wants to be spoken to.
    pub kind: ReceiverKind,
    /// Where it listens.
    pub url: ReceiverUrl,
    /// What requests are signed with: `generic`, `dingtalk`, `feishu`.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// What it hears of; everything where absent.
    #[serde(default = "every_occasion")]
    pub events: Vec<Occasion>,
    /// The language of the messages.
    #[serde(default)]
    pub lang: Lang,
}

fn every_occasion() -> Vec<Occasion> {
    vec![Occasion::Saved, Occasion::Answered, Occasion::Verified]
}

impl Webhook {
    /// One sentence on what makes no sense about it.
    pub fn fault(&self) -> Option<String> {
        if self.name.is_empty() || self.name.len() > 64 || self.name.contains(char::is_control) {
            return Some("the name of a webhook has 1 to 64 characters".to_owned());
        }
        if self.secret.is_some() && !self.kind.signs() {
            return Some(format!("`{}`: this kind of receiver takes no `secret`", self.name));
        }
        None
    }
}

/// What can happen to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Occasion {
    /// Somebody saved it and has a link.
    Saved,
    /// Somebody with the answer link added something.
    Answered,
    /// A fix was tried and checked.
    Verified,
    /// The operator pressed the test button.
    #[serde(skip)]
    Test,
}

impl Occasion {
    /// The occasion of that word.
    pub(super) fn parse(word: &str) -> Option<Self> {
        let all = [Self::Saved, Self::Answered, Self::Verified, Self::Test];
        all.into_iter().find(|occasion| occasion.word() == word)
    }

    /// As it stands in the configuration, in the store and in generic JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Answered => "answered",
            Self::Verified => "verified",
            Self::Test => "test",
        }
    }
}

/// Occasions as words, the test among them, for what the outbox keeps.
pub(super) mod words {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::Occasion;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(in crate::server::webhooks) fn serialize<S: Serializer>(
        occasion: &Occasion,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(occasion.word())
    }

    pub(in crate::server::webhooks) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Occasion, D::Error> {
        let word = String::deserialize(from)?;
        Occasion::parse(&word).ok_or_else(|| D::Error::custom("no such occasion"))
    }
}

/// The kinds of receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReceiverKind {
    /// A program: JSON, signed by HMAC-SHA256 where there is a secret.
    Generic,
    /// An incoming webhook of Slack, or of Mattermost and others that understand the same.
    Slack,
    /// A workflow of Microsoft Teams that waits for a webhook request.
    Teams,
    /// A robot of a DingTalk group.
    Dingtalk,
    /// A robot of a Feishu or Lark group.
    Feishu,
    /// A robot of a WeCom group.
    Wecom,
}

impl ReceiverKind {
    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Slack => "Slack",
            Self::Teams => "Teams",
            Self::Dingtalk => "DingTalk",
            Self::Feishu => "Feishu",
            Self::Wecom => "WeCom",
        }
    }

    /// Whether it knows signed requests.
    fn signs(self) -> bool {
        matches!(self, Self::Generic | Self::Dingtalk | Self::Feishu)
    }

    /// The shortest time between two requests. DingTalk takes 20 a minute (as
    /// http://zhuoqun.info/article/182 quotes it), WeCom as well
    /// (https://hexdocs.pm/wechat_sdk/WeChat.Work.ChatRobot.html), Feishu 100 a minute and 5 a second
    /// (https://docs.flashcat.cloud/en/flashduty/lark-integration-guide), all read 2026-11-28 and unsure,
    /// since none is the maker's own page; Slack one a second, unsure.
    pub(super) fn pause(self) -> Duration {
        match self {
            Self::Generic => Duration::ZERO,
            Self::Slack | Self::Teams | Self::Feishu => Duration::from_secs(1),
            Self::Dingtalk | Self::Wecom => Duration::from_secs(3),
        }
    }
}

/// `http` or `https`, with a host, and without user name and password.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceiverUrl(pub(super) url::Url);

impl FromStr for ReceiverUrl {
    type Err = String;

    // The address of a chat's webhook is its password: no sentence repeats it.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "this is no address such as `https://chat.example.com/hook`".to_owned();
        let url = url::Url::parse(text).map_err(|_| wrong())?;
        let plain = url.username().is_empty() && url.password().is_none();
        if matches!(url.scheme(), "http" | "https") && url.has_host() && plain {
            Ok(Self(url))
        } else {
            Err(wrong())
        }
    }
}

impl<'de> Deserialize<'de> for ReceiverUrl {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

impl fmt::Debug for ReceiverUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/…", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }
}

/// A secret of the configuration; never printed.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}
