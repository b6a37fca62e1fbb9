//! Text → [`Target`]: the one strict parser of what a person or a redirect names as a host.
//!
//! Invariant: no I/O, no allow or deny. A text that two programs could read differently is invalid,
//! whatever it would resolve to.

use std::net::{IpAddr, Ipv6Addr};

use super::{
    hostname::{self, Host, is_hidden},
    rules::{self, Rule},
};
use crate::knowledge::Lang;

/// The longest text looked at, in bytes; browsers and proxies cut URLs at this order of length.
const MAX_BYTES: usize = 2048;

/// How a target is spoken to, where its text says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP, port 80 by default.
    Http,
    /// HTTP over TLS, port 443 by default.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Host and port to look at, and the path where a URL was given.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    host: Host,
    port: u16,
    scheme: Option<Scheme>,
    absolute: bool,
    path: String,
}

/// Why a text is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.sentence(Lang::En))]
pub struct InvalidTarget(Rule);

impl InvalidTarget {
    /// The rule that was broken.
    pub fn rule(&self) -> Rule {
        self.0
    }

    /// One sentence in `lang`.
    pub fn reason(&self, lang: Lang) -> &'static str {
        self.0.sentence(lang)
    }
}

impl From<Rule> for InvalidTarget {
    fn from(rule: Rule) -> Self {
        Self(rule)
    }
}

impl Target {
    /// Reads `host`, `host:port`, `http(s)://…` or an IPv6 address bare or in brackets.
    ///
    /// Spaces around the text are dropped. The port is 443 where none is given (80 for `http://`).
    pub fn parse(text: &str) -> Result<Self, InvalidTarget> {
        let text = text.trim_matches(' ');
        check_characters(text)?;
        let (scheme, rest) = split_scheme(text)?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        if scheme.is_none() && authority.is_empty() {
            return Err(if tail.starts_with("//") { rules::SLASHES } else { rules::NO_HOST }.into());
        }
        if authority.contains('@') {
            return Err(rules::USERINFO.into());
        }
        let (host, port, absolute) = parse_authority(authority, scheme)?;
        if scheme.is_none() && matches!(host, Host::Address(_)) && is_prefix_length(tail) {
            return Err(rules::RANGE.into());
        }
        let target = Self { host, port, scheme, absolute, path: encode_path(tail) };
        target.check_against_whatwg(text)?;
        Ok(target)
    }

    /// Where a redirect from here leads. `location` is the header's value.
    pub fn join(&self, location: &str) -> Result<Self, InvalidTarget> {
        let location = location.trim_matches(' ');
        check_characters(location)?;
        let scheme = self.scheme.unwrap_or(Scheme::Https);
        let before_path = location.split(['/', '?', '#']).next().unwrap_or_default();
        if before_path.contains(':') {
            // A scheme: `split_scheme` takes http and https with their slashes and nothing else.
            return match split_scheme(location)? {
                (Some(_), _) => Self::parse(location),
                (None, _) => Err(rules::SCHEME.into()),
            };
        }
        if location.starts_with("//") {
            return Self::parse(&format!("{}:{location}", scheme.as_str()));
        }
        let base = self.path.split('?').next().unwrap_or("/");
        let path = match location.chars().next() {
            Some('/') => encode_path(location),
            Some('?') => encode_path(&format!("{base}{location}")),
            Some('#') | None => self.path.clone(),
            Some(_) => {
                let folder = &base[..=base.rfind('/').unwrap_or(0)];
                encode_path(&format!("{folder}{location}"))
            }
        };
        Ok(Self { path, scheme: Some(scheme), ..self.clone() })
    }

    /// Host and port in their one normal form: `example.com:443`, `[2001:db8::1]:80`.
    pub fn normalized(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The name to resolve, without the trailing dot, where the host is a name.
    pub fn name(&self) -> Option<&str> {
        match &self.host {
            Host::Name(name) => Some(name),
            Host::Address(_) => None,
        }
    }

    /// The port, 1 to 65535.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The scheme, where the text named one.
    pub fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The same host and port, spoken to by `scheme`.
    #[must_use]
    pub fn with_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Another port of the same host, of which it is not known how it is spoken to.
    #[must_use]
    pub(super) fn with_port(&self, port: u16) -> Self {
        Self { port, scheme: None, ..self.clone() }
    }

    /// Whether the name was typed with its trailing dot.
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// Path and query, percent-encoded, at least `/`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Reads the text once more the way browsers do; a different host or port is a trap.
    fn check_against_whatwg(&self, text: &str) -> Result<(), InvalidTarget> {
        let scheme = self.scheme.unwrap_or(Scheme::Https);
        let rebuilt = format!("{}://{}/", scheme.as_str(), self.normalized());
        let read = |url: &str| {
            let url = url::Url::parse(url).ok()?;
            Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
        };
        let wanted = Some((self.host.to_string(), self.port));
        // IPv6 compression differs in spelling only, so addresses are compared as addresses.
        let same = |other: Option<(String, u16)>| match (&self.host, &other) {
            (Host::Address(IpAddr::V6(mine)), Some((host, port))) => {
                host.trim_matches(['[', ']']).parse() == Ok(*mine) && *port == self.port
            }
            _ => {
                other.as_ref().map(|(host, port)| (host.trim_end_matches('.').to_owned(), *port))
                    == wanted
            }
        };
        if !same(read(&rebuilt)) || (self.scheme.is_some() && !same(read(text))) {
            return Err(rules::PARSERS.into());
        }
        Ok(())
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.normalized())
    }
}

fn check_characters(text: &str) -> Result<(), Rule> {
    if text.is_empty() {
        return Err(rules::EMPTY);
    }
    if text.len() > MAX_BYTES {
        return Err(rules::TOO_LONG);
    }
    for c in text.chars() {
        let broken = match c {
            _ if c.is_control() => rules::CONTROL,
            _ if is_hidden(c) => rules::HIDDEN,
            _ if c.is_whitespace() => rules::SPACE,
            '\\' => rules::BACKSLASH,
            _ => continue,
        };
        return Err(broken);
    }
    Ok(())
}

/// Splits `http://` or `https://` off. A text without a scheme comes back whole.
fn split_scheme(text: &str) -> Result<(Option<Scheme>, &str), Rule> {
    let is_scheme = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    };
    if let Some((word, rest)) = text.split_once("://")
        && is_scheme(word)
    {
        return match word.to_ascii_lowercase().as_str() {
            "http" => Ok((Some(Scheme::Http), rest)),
            "https" => Ok((Some(Scheme::Https), rest)),
            _ => Err(rules::SCHEME),
        };
    }
    // `file:/x`, `javascript:x`, `https:host`: a word before the first colon that no port follows.
    let authority = text.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((word, after)) = authority.split_once(':')
        && is_scheme(word)
        && !word.contains('.')
        && !after.starts_with(|c: char| c.is_ascii_digit())
        && authority.parse::<Ipv6Addr>().is_err()
        && !(after.contains(':') && word.chars().all(|c| c.is_ascii_hexdigit()))
    {
        let known = word.eq_ignore_ascii_case("http") || word.eq_ignore_ascii_case("https");
        return Err(if known { rules::SLASHES } else { rules::SCHEME });
    }
    Ok((None, text))
}

/// Reads host and port. The third value says whether the name had its trailing dot.
fn parse_authority(authority: &str, scheme: Option<Scheme>) -> Result<(Host, u16, bool), Rule> {
    let default = scheme.unwrap_or(Scheme::Https).default_port();
    if let Some(inside) = authority.strip_prefix('[') {
        let (inside, after) = inside.split_once(']').ok_or(rules::BRACKETS)?;
        let host = hostname::parse_bracketed(inside)?;
        let port = match after {
            "" => default,
            _ => parse_port(after.strip_prefix(':').ok_or(rules::BRACKETS)?, scheme)?,
        };
        return Ok((host, port, false));
    }
    if authority.matches(':').count() > 1 {
        if authority.contains('%') {
            return Err(rules::ZONE);
        }
        return match (authority.parse::<Ipv6Addr>(), scheme) {
            (Ok(v6), None) => Ok((Host::Address(v6.into()), default, false)),
            (Ok(_), Some(_)) => Err(rules::IPV6_BARE),
            (Err(_), _) if authority.contains('.') && !authority.starts_with(':') => {
                Err(rules::PORT)
            }
            (Err(_), _) => Err(rules::IPV6),
        };
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, parse_port(port, scheme)?),
        None => (authority, default),
    };
    let (host, absolute) = hostname::parse_unbracketed(host)?;
    Ok((host, port, absolute))
}

/// Reads a port. Leading zeros are harmless; an empty port means the default in a URL only.
fn parse_port(text: &str, scheme: Option<Scheme>) -> Result<u16, Rule> {
    if let ("", Some(scheme)) = (text, scheme) {
        return Ok(scheme.default_port());
    }
    if text.is_empty() || text.len() > 16 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(rules::PORT);
    }
    match text.parse::<u64>() {
        Ok(port @ 1..=65535) => u16::try_from(port).map_err(|_| rules::PORT),
        _ => Err(rules::PORT),
    }
}

/// `/24` after a bare address is a network, not a path.
fn is_prefix_length(tail: &str) -> bool {
    tail.strip_prefix('/').is_some_and(|digits| {
        (1..=3).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Path and query for the request line: the fragment is dropped, and whatever could end the line or
/// confuse a server is percent-encoded (RFC 3986 §3.3, §3.4).
fn encode_path(tail: &str) -> String {
    let tail = tail.split('#').next().unwrap_or_default();
    let mut path = String::with_capacity(tail.len() + 1);
    if !tail.starts_with('/') {
        path.push('/');
    }
    for byte in tail.bytes() {
        if byte.is_ascii_graphic() && !b"\"<>^`{|}\\".contains(&byte) {
            path.push(char::from(byte));
        } else {
            const HEX: [char; 16] =
                ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
            path.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_redirect_is_read_against_the_page_it_came_from() {
        let base = Target::parse("http://a.example.com/x/y?q").unwrap();
        for (location, wanted) in [
            ("/login", "a.example.com:80/login"),
            ("z", "a.example.com:80/x/z"),
            ("?p", "a.example.com:80/x/y?p"),
            ("//b.example.com/", "b.example.com:80/"),
            ("HTTPS://b.example.com", "b.example.com:443/"),
        ] {
            let target = base.join(location).unwrap();
            assert_eq!(format!("{}{}", target.normalized(), target.path()), wanted, "{location}");
        }
        for bad in [
            "file:///etc/passwd",
            "https:evil.example.com",
            "javascript:alert(1)",
            "/\\evil.example.com",
            "//a@b.example.com/",
        ] {
            assert!(base.join(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_parser_never_panics_and_its_normal_form_is_stable(text in "\\PC{0,80}|[a-z0-9.:/\\[\\]%@?#x-]{0,60}") {
            if let Ok(target) = Target::parse(&text) {
                let again = Target::parse(&target.normalized()).unwrap();
                prop_assert_eq!(again.normalized(), target.normalized());
                let _ = target.join(&text);
            }
        }

        #[test]
        fn a_number_is_never_a_name(number in any::<u64>()) {
            for text in [format!("{number}"), format!("0x{number:x}"), format!("0{number:o}"), format!("a.{number}"), format!("1.2.{number}.0x{number:X}")] {
                if let Ok(target) = Target::parse(&text) {
                    prop_assert!(target.name().is_none(), "{}", text);
                }
            }
        }
    }
}
