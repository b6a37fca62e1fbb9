//! The kinds of things that are masked, and how sure a find is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::knowledge::Lang;

/// How sure it is that a find is what its kind says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It looks odd; nothing says what it is.
    Low,
    /// A name or a place beside it says what it is.
    Medium,
    /// Its own shape says what it is.
    High,
}

/// Declares the kinds in one table: variant, placeholder word, English, 简体中文.
macro_rules! kinds {
    ($($variant:ident $slug:literal $en:literal $zh:literal)*) => {
        /// A kind of secret, or of personal data.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Kind { $(#[doc = $en] #[serde(rename = $slug)] $variant,)* }

        impl Kind {
            /// Every kind, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word in the placeholder and in JSON: `password` gives `<password-1>`.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }

            /// What a person calls it.
            pub fn label(self, lang: Lang) -> &'static str {
                match (self, lang) {
                    $((Self::$variant, Lang::En) => $en, (Self::$variant, Lang::Zh) => $zh,)*
                }
            }
        }
    };
}

kinds! {
    PrivateKey "private-key" "private keys" "私钥"
    AwsKeyId "aws-key-id" "AWS access key ids" "AWS 访问密钥 ID"
    AwsSecret "aws-secret" "AWS secret keys" "AWS 私有访问密钥"
    GoogleKey "google-key" "Google keys and tokens" "谷歌密钥和令牌"
    AzureKey "azure-key" "Azure keys" "Azure 密钥"
    AlibabaKey "alibaba-key" "Alibaba Cloud keys" "阿里云密钥"
    TencentKey "tencent-key" "Tencent Cloud keys" "腾讯云密钥"
    GithubToken "github-token" "GitHub tokens" "GitHub 令牌"
    GitlabToken "gitlab-token" "GitLab tokens" "GitLab 令牌"
    SlackToken "slack-token" "Slack tokens" "Slack 令牌"
    StripeKey "stripe-key" "Stripe keys" "Stripe 密钥"
    AiKey "ai-key" "keys of AI services" "AI 服务密钥"
    RegistryToken "registry-token" "tokens of package and image registries" "软件包与镜像仓库令牌"
    VaultToken "vault-token" "Vault and Terraform tokens" "Vault 与 Terraform 令牌"
    MailKey "mail-key" "keys of mail and message services" "邮件与短信服务密钥"
    BotToken "bot-token" "tokens of chat bots" "聊天机器人令牌"
    Webhook "webhook" "webhook addresses" "Webhook 地址"
    ServiceToken "service-token" "tokens of other services" "其他服务的令牌"
    Jwt "jwt" "JSON web tokens" "JWT 令牌"
    Authorization "authorization" "authorization headers" "授权请求头"
    Cookie "cookie" "cookies" "Cookie"
    HeaderSecret "header-secret" "other secret headers" "其他含密钥的请求头"
    UrlPassword "url-password" "passwords in addresses" "网址里的密码"
    QueryToken "query-token" "tokens in addresses and forms" "网址和表单里的令牌"
    Saml "saml" "SAML messages" "SAML 报文"
    Session "session" "session ids" "会话 ID"
    Password "password" "passwords" "密码"
    CommandPassword "command-password" "passwords on command lines" "命令行里的密码"
    PasswordHash "password-hash" "password hashes" "密码哈希"
    ApiKey "api-key" "API keys" "API 密钥"
    Token "token" "tokens" "令牌"
    Secret "secret" "other named secrets" "其他具名密钥"
    SnmpCommunity "snmp-community" "SNMP communities" "SNMP 团体名"
    WifiKey "wifi-key" "Wi-Fi keys" "Wi-Fi 密码"
    VpnKey "vpn-key" "VPN keys" "VPN 密钥"
    Email "email" "e-mail addresses" "邮箱地址"
    Phone "phone" "mobile numbers" "手机号"
    NationalId "national-id" "national id numbers" "身份证号"
    Card "card" "card numbers" "银行卡号"
    Ipv4 "ip" "IPv4 addresses (last part)" "IPv4 地址（最后一段）"
    Ipv6 "ipv6" "IPv6 addresses (after the network)" "IPv6 地址（网络号之后）"
    Mac "mac" "hardware addresses" "MAC 地址"
    Unknown "unknown" "long random strings" "较长的随机字符串"
    Chosen "hidden" "words you chose to hide" "你选择隐藏的内容"
}

impl Kind {
    /// The kind with this placeholder word.
    pub fn parse(slug: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.slug() == slug)
    }

    /// What is only suggested: random strings are request ids as often as secrets.
    pub fn off_by_default() -> BTreeSet<Self> {
        BTreeSet::from([Self::Unknown])
    }

    /// Whether other places where the same text stands are masked too. Addresses and numbers are
    /// found by their own shape wherever they stand.
    pub(super) fn spreads(self) -> bool {
        self < Self::SnmpCommunity
    }
}
