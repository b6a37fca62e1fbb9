//! What its own shape gives away: private keys, keys of clouds and services.
//!
//! Prefixes and lengths are those of the issuers' documents and of the public rule sets of gitleaks
//! and detect-secrets, read 2026-11; lengths are taken as lower bounds, because issuers grow them.

use std::ops::Range;

use regex::Captures;

use super::{Find, Rule, as_is, secret};
use crate::redact::kind::{Confidence, Kind};

/// A private key without an end is followed for at most so many lines; an RSA key of 16384 bits has
/// 200.
const MAX_KEY_LINES: usize = 220;

/// An end is looked for so far, bytes.
const MAX_KEY: usize = 32 * 1024;

const fn high(kind: Kind, needs: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { kind, confidence: Confidence::High, needs, pattern, check: as_is }
}

pub(super) const RULES: &[Rule] = &[
    high(
        Kind::AwsKeyId,
        &["akia", "asia", "abia", "acca"],
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
    ),
    Rule {
        kind: Kind::AwsSecret,
        confidence: Confidence::High,
        needs: &["secret", "aws"],
        pattern: r#"(?i:aws|secret)[\w ."'\\-]{0,30}?(?i:key|access|secret)[\w"'\\]{0,10}(?:\s{0,3}(?:=>|[:=,])\s{0,3}|\s{1,3})\\?["']?(?P<s>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        check: mixed_case,
    },
    // The secret beside its id, as both are copied from the console.
    Rule {
        kind: Kind::AwsSecret,
        confidence: Confidence::High,
        needs: &["akia", "asia"],
        pattern: r#"\b(?:AKIA|ASIA)[A-Z0-9]{16}["']?[\s,;:|/]{1,5}(?:[\w]{1,30}["']?\s{0,2}[:=]\s{0,2})?["']?(?P<s>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+=]|$)"#,
        check: mixed_case,
    },
    high(Kind::GoogleKey, &["aiza"], r"\bAIza[\w-]{35}"),
    high(Kind::GoogleKey, &["ya29.", "gocspx-"], r"\b(?:ya29\.[\w.-]{20,}|GOCSPX-[\w-]{20,})"),
    high(Kind::GoogleKey, &["1//0"], r"\b1//0[\w-]{40,}"),
    high(
        Kind::AzureKey,
        &["accountkey=", "sharedaccesskey="],
        r"(?i:AccountKey|SharedAccessKey)=(?P<s>[A-Za-z0-9+/]{40,}={0,2})",
    ),
    high(Kind::AzureKey, &["q~"], r"\b[\w~.-]{3}[0-9]Q~[\w~.-]{31,34}"),
    high(Kind::AlibabaKey, &["ltai"], r"\bLTAI[A-Za-z0-9]{12,26}\b"),
    high(Kind::TencentKey, &["akid"], r"\bAKID[A-Za-z0-9]{13,40}\b"),
    high(
        Kind::GithubToken,
        &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"],
        r"\bgh[pousr]_[A-Za-z0-9]{20,255}",
    ),
    high(Kind::GithubToken, &["github_pat_"], r"\bgithub_pat_[\w]{22,255}"),
    high(
        Kind::GitlabToken,
        &["gl"],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct)-[\w.-]{20,}",
    ),
    high(Kind::GitlabToken, &["gr1348941"], r"\bGR1348941[\w-]{20,}"),
    high(Kind::SlackToken, &["xox", "xapp-"], r"\b(?:xox[abeoprs](?:\.xox[bp])?|xapp)-[\w-]{10,}"),
    high(
        Kind::StripeKey,
        &["k_live_", "k_test_", "whsec_"],
        r"\b(?:[prs]k_(?:live|test)_[0-9A-Za-z]{10,}|whsec_[A-Za-z0-9+/=]{20,})",
    ),
    high(Kind::AiKey, &["sk-"], r"\bsk-(?:ant-|proj-|svcacct-|or-v1-)?[\w-]{20,}"),
    high(
        Kind::AiKey,
        &["hf_", "gsk_", "r8_", "pplx-", "xai-", "nvapi-", "tgp_v1_", "jina_"],
        r"\b(?:hf_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,}|pplx-[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|nvapi-[\w-]{50,}|tgp_v1_[\w-]{40,}|jina_[0-9a-f]{32}[\w-]{20,})",
    ),
    high(
        Kind::RegistryToken,
        &["npm_", "pypi-", "dckr_", "rubygems_", "cio"],
        r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|dckr_(?:pat|oat)_[\w-]{20,}|rubygems_[0-9a-f]{48}|cio[A-Za-z0-9]{32})\b",
    ),
    high(Kind::VaultToken, &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[\w-]{20,}"),
    high(Kind::VaultToken, &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    high(
        Kind::MailKey,
        &["sg.", "key-", "-us", "xkeysib-", "re_"],
        r"\b(?:SG\.[\w-]{16,32}\.[\w-]{16,64}|key-[0-9a-f]{32}|[0-9a-f]{32}-us[0-9]{1,2}|xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}|re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24})\b",
    ),
    high(Kind::MailKey, &["sk"], r"\bSK[0-9a-f]{32}\b"),
    high(Kind::BotToken, &[":aa"], r"(?:\b|bot)(?P<s>[0-9]{8,10}:AA[\w-]{32,35})"),
    // An address of Discord or Telegram has the token right behind a word.
    high(
        Kind::BotToken,
        &["."],
        r"(?:\b|bot)(?P<s>[MNO][A-Za-z0-9]{23,27}\.[\w-]{6}\.[\w-]{27,40})",
    ),
    high(
        Kind::Webhook,
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<s>[\w/]{20,})",
    ),
    high(
        Kind::Webhook,
        &["/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/(?P<s>[0-9]{5,25}/[\w-]{20,})",
    ),
    high(
        Kind::Webhook,
        &["oapi.dingtalk.com"],
        r"oapi\.dingtalk\.com/robot/send\?access_token=(?P<s>[0-9A-Za-z]{20,})",
    ),
    high(
        Kind::Webhook,
        &["qyapi.weixin"],
        r"qyapi\.weixin\.qq\.com/cgi-bin/webhook/send\?key=(?P<s>[0-9A-Za-z-]{20,})",
    ),
    high(
        Kind::Webhook,
        &["/open-apis/bot/"],
        r"(?:feishu\.cn|larksuite\.com)/open-apis/bot/(?:v2/)?hook/(?P<s>[0-9A-Za-z-]{20,})",
    ),
    high(
        Kind::Webhook,
        &["webhook.office.com", "outlook.office.com/webhook/", "/triggers/manual/"],
        r"(?:webhook\.office\.com/webhookb2/|outlook\.office\.com/webhook/|/triggers/manual/paths/invoke\?\S{0,200}?sig=)(?P<s>[\w@/%.-]{20,})",
    ),
    high(
        Kind::Webhook,
        &["hooks.zapier.com", "maker.ifttt.com", "hook.make.com", "hook.integromat.com"],
        r"(?:hooks\.zapier\.com/hooks/(?:catch|standard)/[0-9]{1,12}/|maker\.ifttt\.com/\S{0,80}?/with/key/|hook\.[\w.]{0,8}(?:make|integromat)\.com/)(?P<s>[\w-]{6,})",
    ),
    high(
        Kind::ServiceToken,
        &["secret_", "phc_", "phx_", "eaa", "pat-", "tskey-", "sbp_"],
        r"\b(?:secret_[A-Za-z0-9]{43}\b|ph[cx]_[A-Za-z0-9]{40,}|EAA[A-Za-z0-9]{90,}|tskey-[a-z]{1,10}-[\w-]{20,}|sbp_[0-9a-f]{40}|pat-(?:na|eu)[0-9]-[0-9a-f-]{36})",
    ),
    high(Kind::ServiceToken, &["do"], r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    high(Kind::ServiceToken, &["shp"], r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    high(
        Kind::ServiceToken,
        &["nrak-", "dapi", "pmak-", "atatt3"],
        r"\b(?:NRAK-[A-Z0-9]{27}|dapi[0-9a-f]{32}(?:-[0-9])?|PMAK-[0-9a-f]{24}-[0-9a-f]{34}|ATATT3[\w=-]{50,})",
    ),
    high(
        Kind::ServiceToken,
        &["glsa_", "glc_", "pscale_", "dp.", "lin_api_", "sq0", "sntry", "ntn_", "figd_"],
        r"\b(?:glsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}|glc_[A-Za-z0-9+/=]{32,}|pscale_(?:tkn|pw|oauth)_[\w.-]{30,}|dp\.(?:pt|st|ct|sa)\.[\w.-]{40,}|lin_api_[A-Za-z0-9]{40}|sq0(?:atp|csp|idp)-[\w-]{22,43}|sntry[su]_[\w=+/-]{40,}|ntn_[A-Za-z0-9]{40,}|figd_[\w-]{40,})",
    ),
    high(Kind::ServiceToken, &["age-secret-key-1"], r"\bAGE-SECRET-KEY-1[0-9A-Z]{50,62}"),
    high(
        Kind::Jwt,
        &["eyj"],
        r"\bey[Jw][A-Za-z0-9_-]{8,}\.(?:ey[A-Za-z0-9_-]{4,}|[A-Za-z0-9_-]{16,})(?:\.[A-Za-z0-9_-]*){0,3}",
    ),
    // Base64 of `-----BEGIN `, but not of a certificate, which is public.
    Rule {
        kind: Kind::PrivateKey,
        confidence: Confidence::High,
        needs: &["ls0tls1crudjti"],
        pattern: r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{40,}",
        check: no_certificate,
    },
    high(
        Kind::PasswordHash,
        &["$"],
        r"\$(?:1|2[abxy]|5|6|7|y|gy|apr1|argon2id?|argon2d|scrypt|pbkdf2[\w-]{0,12}|P|H)\$[A-Za-z0-9./+=,$-]{12,}",
    ),
    high(
        Kind::PasswordHash,
        &["{ssha", "{sha", "{smd5", "{crypt"],
        r"\{(?:SSHA|SHA|SMD5|CRYPT)[0-9]{0,3}\}[A-Za-z0-9+/=$.]{16,}",
    ),
    high(
        Kind::PasswordHash,
        &["scram-sha-"],
        r"\bSCRAM-SHA-(?:1|256|512)\$[0-9]{1,9}:[A-Za-z0-9+/=$:]{20,}",
    ),
    Rule {
        kind: Kind::PasswordHash,
        confidence: Confidence::Medium,
        needs: &["*"],
        pattern: r"(?:^|[^0-9A-Za-z_*])(?P<s>\*[0-9A-F]{40})\b",
        check: as_is,
    },
    Rule {
        kind: Kind::PasswordHash,
        confidence: Confidence::Medium,
        needs: &["md5"],
        pattern: r"(?i:password)\W{1,12}(?P<s>md5[0-9a-f]{32})\b",
        check: as_is,
    },
];

/// A secret of 40 characters has upper and lower case; a git hash has not.
fn mixed_case(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let has = |test: fn(&u8) -> bool| own.as_str().bytes().any(|byte| test(&byte));
    (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)).then(|| own.range())
}

/// `LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS` begins `-----BEGIN CERTIFICATE`, `…BQVUJMSUMg` a public key.
fn no_certificate(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let rest = own.as_str().get("LS0tLS1CRUdJTi".len()..)?;
    (!rest.starts_with("BDRVJUSUZJQ") && !rest.starts_with("BQVUJMSUMg")).then(|| own.range())
}

/// Blocks of private keys, over many lines or with `\n` written out; those without an end as far as
/// they look like one.
pub(in crate::redact) fn private_keys(text: &str) -> Vec<Find> {
    let mut finds: Vec<Find> = Vec::new();
    for (start, _) in text.match_indices("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----") {
        // RFC 4716 has it for public keys only; ssh.com's own tools write private ones in the same dress.
        let near = text.get(start + 4..).unwrap_or("");
        let end = near.find("---- END ").filter(|end| *end <= MAX_KEY).map_or(near.len(), |end| {
            let tail = near.get(end + 9..).unwrap_or("");
            end + 9 + tail.find("----").filter(|at| *at <= 64).map_or(0, |at| at + 4)
        });
        let range = start..start + 4 + end.min(near.len());
        let (kind, confidence) = (Kind::PrivateKey, Confidence::High);
        finds.push(Find { range, whole: None, kind, confidence, rule: 0 });
    }
    for (start, _) in text.match_indices("-----BEGIN ") {
        let is_inside = finds.last().is_some_and(|last| start < last.range.end);
        let head: &str = text.get(start + "-----BEGIN ".len()..).unwrap_or("");
        let title = title(head);
        // A title that holds a placeholder, blanked or not, is what an earlier masking left behind.
        let is_private = (title.contains("PRIVATE KEY") || title.contains("OpenVPN Static key"))
            && !title.contains(['<', '\n', '\r']);
        if is_inside || !is_private {
            continue;
        }
        let end = start + "-----BEGIN ".len() + key_length(head, title);
        let range = start..end;
        let (kind, confidence) = (Kind::PrivateKey, Confidence::High);
        finds.push(Find { range, whole: None, kind, confidence, rule: 0 });
    }
    finds
}

/// What stands behind `-----BEGIN `, up to the dashes after it or at most 64 bytes.
fn title(head: &str) -> &str {
    let mut end = head.find("-----").unwrap_or(0).min(64);
    while !head.is_char_boundary(end) {
        end -= 1;
    }
    head.get(..end).unwrap_or("")
}

/// How far the key reaches whose title stands at the beginning of `rest`, bytes.
fn key_length(rest: &str, title: &str) -> usize {
    let mut limit = rest.len().min(MAX_KEY);
    while !rest.is_char_boundary(limit) {
        limit -= 1;
    }
    let near = rest.get(..limit).unwrap_or(rest);
    let next = near.find("-----BEGIN ").unwrap_or(near.len());
    if let Some(end) = near.get(..next).and_then(|near| near.find("-----END ")) {
        let tail = near.get(end + "-----END ".len()..).unwrap_or("");
        let close = tail.find("-----").filter(|at| *at <= 64).map_or(0, |at| at + 5);
        return end + "-----END ".len() + close;
    }
    // Cut off: the rest of this line, then lines that end in base64; never into the next block.
    let near = near.get(..next).unwrap_or(near);
    let behind = near.get(title.len()..).unwrap_or("");
    let mut length = title.len() + if behind.starts_with("-----") { "-----".len() } else { 0 };
    let mut lines = near.get(length..).unwrap_or("").split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    let is_key = |word: &str| {
        let body = word.trim_end_matches('=');
        body.len() >= 16 && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/\\".contains(&b))
    };
    let written_out = first.split(|c: char| c.is_whitespace() || c == '"' || c == '\'').next();
    if written_out.is_some_and(|word| word.len() >= 16) {
        return length + written_out.map_or(0, str::len);
    }
    let mut pending = first.len();
    let mut count = 0;
    for line in lines {
        count += usize::from(!line.trim().is_empty());
        if count > MAX_KEY_LINES {
            break;
        }
        let last = line.trim_end().rsplit([' ', '\t', ':']).next().unwrap_or("");
        let is_header =
            ["Proc-Type", "DEK-Info", "Version:", "Comment:"].iter().any(|h| line.contains(h));
        pending += line.len();
        if is_key(last) {
            length += pending - (line.len() - line.trim_end().len());
            pending = line.len() - line.trim_end().len();
        } else if !is_header && !line.trim().is_empty() {
            break;
        }
    }
    length
}
