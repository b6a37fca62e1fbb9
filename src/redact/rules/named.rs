//! What a name beside it gives away: `DB_PASSWORD=…`, `"client_secret": "…"`, `密码：…`.

use std::{ops::Range, sync::LazyLock};

use regex::{Captures, Regex};

use super::{Rule, secret, unquoted};
use crate::redact::{
    checks,
    kind::{Confidence, Kind},
};

/// Name, sign, value. The value is quoted, or ends where a list of fields would.
macro_rules! named {
    ($words:literal) => {
        concat!(
            r#"(?i)(?P<b>[^\s"'=:,;&?(){}\[\]]{0,64}?)(?P<w>"#,
            $words,
            r#")(?P<n>[\w.\]-]{0,40})(?P<q>\\?["']\]?|</?[a-z]{0,1}>)?(?P<sep>\s{0,8}(?:=>|:=|==|=|:|：|为：|为:|是：|是:)\s{0,8}|>)(?P<s>\\?"(?:[^"\\]|\\[^"])+\\?"|'[^']+'|`[^`]+`|[^\s,;&"'<>(){}\[\]|，。；、）】”]+)"#
        )
    };
}

const fn named(kind: Kind, needs: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { kind, confidence: Confidence::Medium, needs, pattern, check: value }
}

pub(super) const RULES: &[Rule] = &[
    named(
        Kind::Password,
        &[
            "passw",
            "passphrase",
            "passwd",
            "pwd",
            "pass=",
            "pass:",
            "_pass",
            "passcode",
            "密码",
            "口令",
            "pass\"",
            "pass'",
        ],
        named!(r"password|passphrase|passwd|passcode|passwort|pwd|(?:^|[^a-z])pass|密码|口令"),
    ),
    named(
        Kind::ApiKey,
        &["api", "access", "license", "licence", "admin", "app_key", "密钥"],
        named!(
            r"api[_. -]?key|api[_-]?secret|api[_-]?token|access[_. -]?key(?:[_-]?secret)?|x-api-key|licen[sc]e[_-]?key|admin[_-]?key|(?:^|[^0-9a-z])app_key|密钥"
        ),
    ),
    named(
        Kind::Secret,
        &[
            "secret",
            "credential",
            "private",
            "encryption",
            "signing",
            "master",
            "account",
            "auth",
            "sas",
        ],
        named!(
            r"secret|credentials?|private[_-]?key|encryption[_-]?key|signing[_-]?key|master[_-]?key|account[_-]?key|auth[_-]?key|hmac[_-]?key|client[_-]?key[_-]?data"
        ),
    ),
    named(
        Kind::Token,
        &["token", "csrf", "令牌", "nonce", "jwt", "bearer"],
        named!(r"token|csrf|jwt|bearer|令牌"),
    ),
];

/// Ends of names that tell of a secret and are none: `password_file`, `token_type`, `tokens`.
const OPEN_ENDS: &[&str] = &[
    "file",
    "files",
    "path",
    "type",
    "types",
    "name",
    "names",
    "count",
    "length",
    "len",
    "ttl",
    "expiry",
    "expires",
    "expire",
    "age",
    "policy",
    "url",
    "uri",
    "endpoint",
    "algorithm",
    "alg",
    "size",
    "limit",
    "reset",
    "min",
    "max",
    "s",
    "ized",
    "izer",
    "less",
    "required",
    "enabled",
    "valid",
    "status",
    "error",
    "version",
    "field",
    "prompt",
    "ref",
    "refs",
    "mount",
    "lifetime",
    "expired",
    "invalid",
    "class",
    "manager",
    "store",
    "provider",
    "timeout",
    "auth",
    "authentication",
    "encryption",
    "hint",
    "strength",
    "change",
    "changed",
    "attempts",
    "history",
    "index",
    "in",
    "at",
    "_at",
    "duration",
    "seconds",
    "source",
    "from",
    "issuer",
    "audience",
    "scope",
    "usage",
];

/// The value, if the name's end and the wording around it leave it a secret.
fn value(found: &Captures<'_>, line: &str) -> Option<Range<usize>> {
    let end = found
        .name("n")
        .map_or("", |end| end.as_str())
        .trim_matches(['_', '-', '.', ']', '"'])
        .to_lowercase();
    let last = end.rsplit(['_', '-', '.']).next().unwrap_or("");
    if OPEN_ENDS.contains(&last)
        || (last != end && OPEN_ENDS.contains(&end.as_str()))
        || end.starts_with("izer")
    {
        return None;
    }
    let word = found.name("w").map_or("", |word| word.as_str()).to_lowercase();
    let before = found.name("b").map_or("", |before| before.as_str());
    // `https://x-access-token:…@host`: the rule for addresses knows where it ends.
    if before.starts_with("//") {
        return None;
    }
    let matched = secret(found)?;
    let is_quoted = unquoted(&matched).1.len() < matched.len();
    let range = whole_line(found, line, &matched).unwrap_or_else(|| unquoted(&matched).0);
    let text = line.get(range.clone())?;
    let separator = found.name("sep").map_or("", |sep| sep.as_str()).trim();
    let is_password = word.contains("pass") || word == "pwd" || word == "密码" || word == "口令";
    // `PWD=/home/user`, `OLDPWD=…`
    let is_folder = word == "pwd"
        && text.starts_with(['/', '~', '.'])
        && (before.is_empty() || before.ends_with("OLD"));
    let is_short = text.chars().count() < if is_password || is_quoted { 3 } else { 6 };
    if is_folder || is_short || !checks::may_be_secret(text) || is_call(line, &range) {
        return None;
    }
    let is_prose =
        !is_quoted && separator != "=" && goes_on(text, line.get(range.end..)?, is_password);
    (!is_prose
        && (is_password
            || is_quoted
            || separator == "="
            || checks::is_distinct(text)
            || text.len() >= 12))
        .then_some(range)
}

/// Where a line is nothing but name and value, all of the value: it may hold `&` and `,`.
fn whole_line(
    found: &Captures<'_>,
    line: &str,
    matched: &regex::Match<'_>,
) -> Option<Range<usize>> {
    let name = found.get(0)?.start();
    let head = line.get(..name)?.trim_start();
    let is_first = head.is_empty()
        || matches!(head.trim_end(), "export" | "-" | "set" | "- " | "ENV" | "-e" | "SET");
    if !is_first {
        return None;
    }
    let rest = line.get(matched.start()..)?.trim_end();
    // `SESSION_SECRET=keyboard cat`: a file of variables takes a line as it is.
    let name = line.get(name..matched.start()).unwrap_or("");
    let is_variable = name.ends_with('=') && !name.contains(|c: char| c.is_lowercase());
    let is_one = !rest.contains(char::is_whitespace) || (is_variable && !rest.contains(['=', '#']));
    let is_bare = !rest.starts_with(['"', '\'', '`', '\\']) && is_one;
    let alone =
        !rest.ends_with(',') && !rest.contains(['"', '\'', '，', '。', '；']) && !is_form(rest);
    (is_bare && alone).then(|| matched.start()..matched.start() + rest.len())
}

/// `a=1&b=2`, `a;b=2`: further fields follow.
fn is_form(rest: &str) -> bool {
    ['&', ';', ','].iter().any(|sign| rest.split(*sign).skip(1).any(|part| part.contains('=')))
        || rest.contains("</")
}

/// `token: expected string`: a plain word, and the sentence goes on.
fn goes_on(text: &str, rest: &str, is_password: bool) -> bool {
    let is_plain = !checks::is_distinct(text);
    let next = rest.trim_start_matches([' ', '\t']);
    let more = rest.starts_with([' ', '\t', ',', '('])
        && next.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '(' | '"' | '\'' | '%'));
    is_plain && (more || (!is_password && text.len() < 12))
}

/// `password = getpass(`, `token=os.getenv(`: code, not a secret.
fn is_call(line: &str, range: &Range<usize>) -> bool {
    line.get(range.end..).is_some_and(|rest| {
        rest.starts_with('(') || rest.starts_with("['") || rest.starts_with("[\"")
    })
}

static NAME_ABOVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?i)^[\s-]*\\?"?(?:name|key)\\?"?\s*[:=]\s*["']?[0-9a-z_.-]*(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credential|_pass|_pwd|dsn)[0-9a-z_.-]*["']?,?\s*$"#).ok()
});

static VALUE_BELOW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)^\s*\\?"?value\\?"?\s*[:=]\s*(?P<s>"[^"]+"|'[^']+'|[^"'\s][^\r\n]*?)\s*,?\s*$"#,
    )
    .ok()
});

/// `value: …` on the line below `name: DB_PASSWORD`, as environments are written in YAML and JSON.
pub(super) fn value_below(above: &str, line: &str) -> Option<Range<usize>> {
    let is_value = line
        .get(..line.len().min(64))
        .is_none_or(|head| head.to_ascii_lowercase().contains("value"));
    if !is_value || above.len() > 512 || !NAME_ABOVE.as_ref()?.is_match(above) {
        return None;
    }
    let found = VALUE_BELOW.as_ref()?.captures(line)?;
    let (range, text) = unquoted(&found.name("s")?);
    checks::may_be_secret(text).then_some(range)
}
