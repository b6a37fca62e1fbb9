//! What its place gives away: headers, addresses, forms, what somebody says.

use std::ops::Range;

use regex::Captures;

use super::{Rule, after, as_is, before, plausible, secret, unquoted};
use crate::redact::{
    checks,
    kind::{Confidence, Kind},
};

/// A header is masked up to here, bytes: servers take no longer ones.
const MAX_HEADER: usize = 16 * 1024;

pub(super) const fn medium(
    kind: Kind,
    needs: &'static [&'static str],
    pattern: &'static str,
) -> Rule {
    Rule { kind, confidence: Confidence::Medium, needs, pattern, check: plausible }
}

pub(super) const RULES: &[Rule] = &[
    // Headers, in a dump, in JSON, in a list of pairs.
    Rule {
        kind: Kind::Authorization,
        confidence: Confidence::Medium,
        needs: &["authorization"],
        pattern: r#"(?i)authorization\\?["']?(?:\s{0,3}(?:=>|[:=])|\\?"?\s{0,2},)\s{0,3}(?:\[\s{0,2})?(?:\\?"value\\?":\s{0,2})?\\?["']?(?:(?:bearer|basic|digest|negotiate|ntlm|token|apikey|api-key|hmac|aws4-hmac-sha256|key|bot)\s{1,3})?(?P<s>[^"'\r\n\\>\]]+)"#,
        check: credentials,
    },
    // These have parameters with quotes; they run to the end of the header.
    Rule {
        kind: Kind::Authorization,
        confidence: Confidence::Medium,
        needs: &["authorization"],
        pattern: r#"(?i)authorization\\?["']?\s{0,3}[:=]\s{0,3}(?:\\?"|')?(?:digest|oauth|aws4-hmac-sha256|signature|hawk|hmac)\s{1,3}(?P<s>[a-z-]{1,30}=.*[^\s'])"#,
        check: parameters,
    },
    Rule {
        kind: Kind::Authorization,
        confidence: Confidence::Medium,
        needs: &["bearer "],
        pattern: r"(?i)\bbearer\s{1,3}(?P<s>[\w.~+/=-]{12,})",
        check: distinct,
    },
    Rule {
        kind: Kind::Cookie,
        confidence: Confidence::Medium,
        needs: &["set-cookie"],
        pattern: r#"(?i)set-cookie2?\\?["']?(?:\s{0,3}(?:=>|[:=])|\\?"?\s{0,2},)\s{0,3}(?:\[\s{0,2})?(?:\\?"value\\?":\s{0,2})?\\?["']?[^\s=;,"']{1,128}=(?P<s>[^;\s"'\\]+)"#,
        check: plausible,
    },
    Rule {
        kind: Kind::Cookie,
        confidence: Confidence::Medium,
        needs: &["cookie"],
        pattern: r#"(?i)(?:^|[^-\w])cookies?\\?["']?(?:\s{0,3}(?:=>|[:=])|\\?"?\s{0,2},)\s{0,3}(?:\[\s{0,2})?(?:\\?"value\\?":\s{0,2})?\\?["']?(?P<s>[^\s=;,"'\\{]{1,128}=[^;\s"'\\]*(?:;\s{0,2}[^\s=;,"'\\]{1,128}(?:=[^;\s"'\\]*)?)*)"#,
        check: as_is,
    },
    Rule {
        kind: Kind::HeaderSecret,
        confidence: Confidence::Medium,
        needs: &["token", "secret", "key", "auth", "session", "credential"],
        pattern: r#"(?i)(?P<n>[a-z0-9]{1,30}(?:-[a-z0-9]{1,30}){1,6})\\?["']?(?:\s{0,2}:|",\s{0,2}"value"\s{0,2}:)\s{0,3}(?:\[\s{0,2})?\\?["']?(?P<s>[^\s"'\\,;]{6,})"#,
        check: secret_header,
    },
    // Addresses.
    medium(
        Kind::UrlPassword,
        &["://"],
        r#"://[^\s:/@?#"'<>]{0,128}:(?P<s>[^\s"'<>/?#]+)@[\w.\[-]"#,
    ),
    medium(
        Kind::UrlPassword,
        &["oracle:thin:", "sqlplus", "oracle:oci"],
        r#"(?:oracle:(?:thin|oci8?):|sqlplus\s{1,3}(?:-[\w]{1,4}\s{1,3})?)[^\s/@"']{1,64}/(?P<s>[^\s@"']{1,256})@"#,
    ),
    medium(
        Kind::UrlPassword,
        &["@tcp", "@unix"],
        r#"\b[\w.-]{1,64}:(?P<s>[^\s:"'=]{1,256})@(?:tcp|unix)6?\("#,
    ),
    Rule {
        kind: Kind::UrlPassword,
        confidence: Confidence::Medium,
        needs: &["://"],
        pattern: r"://(?P<s>[\w-]{20,255})(?::[^\s@/]{0,255})?@[\w.-]",
        check: distinct,
    },
    medium(
        Kind::Saml,
        &["saml", "assertion", "wresult"],
        r#"(?i)\b(?:SAMLRequest|SAMLResponse|SAMLart|client_assertion|assertion|wresult)\\?["']?(?:=|:\s{0,2})\\?["']?(?P<s>[A-Za-z0-9+/=%_.-]{20,})"#,
    ),
    Rule {
        kind: Kind::QueryToken,
        confidence: Confidence::Medium,
        needs: &[
            "token=",
            "code=",
            "state=",
            "sig=",
            "signature=",
            "key=",
            "ticket=",
            "auth=",
            "secret=",
            "credential=",
            "nonce=",
            "otp=",
            "pass=",
            "pwd=",
            "password=",
            "sid=",
            "session=",
        ],
        pattern: r#"(?i)(?:[?&#]|&amp;|%26|^)(?P<n>[\w.\[\]-]{0,40}?(?:token|code|state|sig|signature|key|apikey|ticket|auth|secret|credential|nonce|otp|pass|pwd|password|sid|session))=(?P<s>[^&\s"'<>#\\,;)\]}|]+)"#,
        check: query_value,
    },
    // A file of cookies as curl and browsers export it (Netscape's): domain, flag, path, secure, time, name.
    medium(
        Kind::Cookie,
        &["\tfalse\t", "\ttrue\t"],
        r"^(?:#HttpOnly_)?[\w.-]{1,253}\t(?:TRUE|FALSE)\t[^\t]{1,200}\t(?:TRUE|FALSE)\t[0-9]{1,12}\t[^\t]{1,128}\t(?P<s>[^\t]{4,4096})$",
    ),
    medium(
        Kind::Cookie,
        &["cookies["],
        r#"(?i)\bcookies?\[["']?[\w.-]{1,64}["']?\]\s{0,2}[=:]\s{0,2}["']?(?P<s>[^\s"';,]{6,})"#,
    ),
    medium(
        Kind::HeaderSecret,
        &["x-hub-signature", "x-slack-signature", "x-ms-authorization"],
        r#"(?i)\b(?:x-(?:hub|slack)-signature(?:-256)?\\?["']?\s{0,2}[:=]\s{0,3}["']?(?:sha1|sha256|v0)=|x-ms-authorization[a-z-]{0,20}\\?["']?\s{0,2}:\s{0,3}["']?(?:bearer\s)?)(?P<s>[\w.+/=~-]{16,})"#,
    ),
    // PHP, and WordPress with its keys and salts.
    medium(
        Kind::Password,
        &["define("],
        r#"(?i)\bdefine\(\s{0,3}["'][\w]{0,60}(?:password|passwd|secret|token|key|salt)[\w]{0,20}["']\s{0,3},\s{0,3}(?P<s>"[^"]{3,512}"|'[^']{3,512}')"#,
    ),
    medium(
        Kind::Password,
        &["otp", "verification", "one-time", "one_time", "验证码"],
        r#"(?i)(?:(?:^|[^0-9a-z])(?:otp|otp[_-]?code|one[-_ ]time[-_ ](?:code|password)|verification[-_ ]code)|验证码)\\?["']?\s{0,2}(?:[:=：]|is|为|是)\s{0,2}\\?["']?(?P<s>[0-9]{4,8})(?:[^0-9.]|$)"#,
    ),
    // The prompt of a terminal with the answer behind it.
    medium(
        Kind::Password,
        &["password for "],
        r"(?i)\bpassword for [^\s:]{1,64}:\s{1,3}(?P<s>[^\s:]{4,256})$",
    ),
    medium(
        Kind::Session,
        &["sess", "sid"],
        r#"(?i)\b(?:PHPSESSID|JSESSIONID(?:SSO)?|ASPSESSIONID[A-Z]{0,16}|ASP\.NET_SessionId|connect\.sid|session[_-]?id|sessid|laravel_session|sid)\\?["']?\s{0,2}[=:]\s{0,2}\\?["']?(?P<s>[\w%.:+/=~-]{8,512})"#,
    ),
    Rule {
        kind: Kind::Password,
        confidence: Confidence::Medium,
        needs: &["password ", "passwd ", "passphrase ", "token ", "secret ", "pwd "],
        pattern: r#"(?i)(?:password|passwd|passphrase|pwd|token|secret)\s{1,2}(?:(?:is|was|of|value)[:=]?\s{1,2})?(?P<s>"[^"]+"|'[^']+'|[^\s"',;:()<>=]{6,})"#,
        check: spoken,
    },
    Rule {
        kind: Kind::Secret,
        confidence: Confidence::Medium,
        needs: &["env ", "arg "],
        pattern: r"^\s*(?:ENV|ARG)\s{1,4}[\w]{0,64}?(?:PASS|PASSWORD|SECRET|TOKEN|KEY|PWD)\s{1,4}(?P<s>\S+)$",
        check: plausible,
    },
    medium(
        Kind::Password,
        &["</"],
        r"(?i)<(?:[\w]{1,20}:)?[\w.-]{0,40}(?:password|passwd|secret|token|apikey)(?:\s[^<>]{0,200})?>(?P<s>[^<>\s]{3,})</",
    ),
    medium(Kind::Password, &["auth "], r"^\s*AUTH\s{1,2}(?:[\w-]{1,64}\s{1,2})?(?P<s>[^\s]{6,})$"),
    medium(
        Kind::CommandPassword,
        &["smbclient", "rpcclient", "smbmap"],
        r#"\b(?:smbclient|rpcclient)\b.{0,300}?\s-U\s{0,2}["']?[^\s%]{1,64}%(?P<s>[^\s"']+)"#,
    ),
    medium(
        Kind::CommandPassword,
        &["/user:"],
        r"(?i)\bnet\s{1,2}use\b.{0,300}?/user:\S{1,64}\s{1,3}(?P<s>[^\s/]\S*)",
    ),
    medium(
        Kind::CommandPassword,
        &["sudo -s"],
        r#"\becho\s{1,3}["']?(?P<s>[^\s"'|]+)["']?\s{0,3}\|\s{0,3}sudo\s{1,3}-S"#,
    ),
    Rule {
        kind: Kind::Authorization,
        confidence: Confidence::Medium,
        needs: &["auth\"", "auth:", "_auth="],
        pattern: r#"(?i)(?:(?:^|[^0-9A-Za-z])_?auth\\?"?\s{0,2}:\s{0,2}\\?"|^\s{0,8}_auth\s{0,2}=\s{0,2}"?)(?P<s>[A-Za-z0-9+/]{8,}={0,2})"#,
        check: distinct,
    },
    Rule {
        kind: Kind::Session,
        confidence: Confidence::Medium,
        needs: &["session"],
        pattern: r#"(?i)\bsession\\?["']?\s{0,2}[=:]\s{0,2}\\?["']?(?P<s>[\w%.+/=~-]{16,})"#,
        check: distinct,
    },
];

/// Headers whose names sound secret and whose values are not.
const OPEN_HEADERS: &[&str] = &[
    "sec-websocket-key",
    "sec-websocket-accept",
    "www-authenticate",
    "proxy-authenticate",
    "x-cache-key",
    "cache-key",
    "surrogate-key",
    "public-key-pins",
    "idempotency-key",
    "authentication-results",
    "arc-authentication-results",
    "authentication-info",
    "x-authenticated-user",
    "key-id",
    "x-key-id",
    "ssh-keygen",
    "ssh-keyscan",
    "apt-key",
];

/// To the end of the line; not to the end of a file that has no line breaks.
fn parameters(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let mut end = own.end().min(own.start() + MAX_HEADER);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    Some(own.start()..end)
}

fn credentials(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let own = secret(found)?;
    let text = own.as_str();
    let scheme = ["bearer", "basic", "digest", "negotiate", "ntlm", "token", "apikey", "hmac"];
    if scheme.contains(&text.trim().to_lowercase().as_str()) {
        return None;
    }
    // A header runs to the end of its line; in a sentence or in a list of fields it is one word,
    // unless its scheme has parameters.
    let has_parameters = text.contains("Credential=")
        || text.contains("username=")
        || text.contains("oauth_")
        || text.contains("=\\");
    let begins_line = found.get(0).is_some_and(|all| {
        let head = before(line, all.start());
        head.trim().len() <= 3 || head.trim_end().ends_with(['"', '\'', '-'])
    });
    let end = if has_parameters || begins_line {
        text.trim_end().len()
    } else {
        text.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '}'))
            .unwrap_or(text.len())
    };
    let kept = text.get(..end)?;
    checks::may_be_secret(kept).then(|| own.start()..own.start() + end)
}

pub(super) fn distinct(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    let (range, text) = unquoted(&secret(found)?);
    (checks::may_be_secret(text) && checks::is_distinct(text)).then_some(range)
}

/// `the token is 9f8e…`: a word follows, and it has letters and digits.
fn spoken(found: &Captures<'_>, _: &str) -> Option<Range<usize>> {
    let (range, text) = unquoted(&secret(found)?);
    let has = |test: fn(&u8) -> bool| text.bytes().any(|byte| test(&byte));
    let mixed =
        has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && !text.contains(['/', '.', '[']);
    (mixed && text.len() >= 6 && checks::may_be_secret(text)).then_some(range)
}

/// `X-Auth-Token: …`: the name holds a word for a secret, and the value is one.
fn secret_header(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let name = found.name("n")?;
    // `https://x-access-token:…@host` is an address.
    if before(line, name.start()).ends_with('/') {
        return None;
    }
    let name = name.as_str().to_lowercase();
    let secret_words = ["token", "secret", "key", "auth", "session", "credential"];
    let is_secret = secret_words.iter().any(|word| {
        name.split('-').any(|part| {
            part == *word || part.strip_suffix('s') == Some(word) || part.ends_with(word)
        })
    });
    let open =
        OPEN_HEADERS.contains(&name.as_str()) || name.ends_with("-id") && !name.contains("session");
    let value = secret(found)?.as_str();
    if !is_secret || open || value.len() < 6 {
        return None;
    }
    (checks::is_distinct(value) || value.len() >= 20).then(|| plausible(found, "")).flatten()
}

/// Names that are no secrets by themselves need a value that looks like one.
fn query_value(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let name = found.name("n")?.as_str().to_lowercase();
    let value = secret(found)?.as_str();
    // A whole line `NAME=value` is an environment variable, and `named` knows those.
    let form =
        |text: &str| text.contains(['&', '?']) || text.contains("%26") || text.contains("/#");
    let at = secret(found)?.start();
    if !form(before(line, at)) && !form(after(line, at)) {
        return None;
    }
    let weak =
        ["code", "state", "key", "auth", "sig", "session", "nonce", "ticket", "sid", "signature"]
            .contains(&name.as_str())
            || ["_code", "_state", "code", "state"].iter().any(|end| name.ends_with(end));
    let enough =
        if weak { value.len() >= 8 && checks::is_distinct(value) } else { value.len() >= 2 };
    (enough && !name.ends_with("-code") && !name.contains("country"))
        .then(|| plausible(found, ""))
        .flatten()
}
