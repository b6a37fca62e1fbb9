//! Host and port as a case names them, and where they may stand in a command.
//!
//! What a person typed is hostile: only what can be a host name or an address, and a number, gets out.

use std::collections::BTreeSet;

/// Where the case says it breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// A name, or an address without brackets.
    host: String,
    /// The port, where it was named or follows from the scheme.
    pub(super) port: Option<u16>,
    scheme: Option<&'static str>,
    /// Whether it was given as the target; otherwise it was read in a text.
    pub(super) is_target: bool,
}

/// Ports on which databases and brokers listen, by the words that commands use for their hosts
/// (IANA's list of service names and ports).
const KEEPERS: [(&str, &[u16]); 3] = [
    ("DB_HOST", &[1433, 1521, 3306, 3307, 5432, 6379, 6380, 6432, 27017]),
    ("BROKER_HOST", &[1883, 4222, 5671, 5672, 8883, 9092]),
    ("SMTP_HOST", &[25, 465, 587]),
];

/// Above this a port of a log line is a client's own (the lowest that Linux hands out).
const FIRST_EPHEMERAL: u16 = 32_768;

impl Place {
    /// What `target` names; none where it is no plain host with or without scheme, port and path.
    pub(super) fn of_target(target: &str) -> Option<Self> {
        let target = target.trim();
        let (scheme, rest) = match target.split_once("://") {
            Some(("http", rest)) => (Some("http"), rest),
            Some(("https", rest)) => (Some("https"), rest),
            Some(_) => return None,
            None => (None, target),
        };
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = split(authority)?;
        let port = match (port, scheme) {
            (Some(port), _) => Some(port),
            (None, Some("http")) => Some(80),
            (None, Some(_)) => Some(443),
            (None, None) => None,
        };
        Some(Self { host, port, scheme, is_target: true })
    }

    /// The one `host:port` that stands in `text`; none where there are several.
    pub(super) fn in_text(text: &str) -> Option<Self> {
        let mut found = BTreeSet::new();
        let is_edge = |c: char| !(c.is_ascii_alphanumeric() || ".-:[]".contains(c));
        for word in text.split(is_edge) {
            let word = word.trim_matches([':', '.', '-']);
            let Some((host, Some(port))) = split(word) else { continue };
            let names_a_host =
                host.contains('.') && host.chars().any(|c| c.is_ascii_alphanumeric());
            if names_a_host && port < FIRST_EPHEMERAL && !is_time_or_file(&host) {
                found.insert((host, port));
            }
        }
        let mut found = found.into_iter();
        let (host, port) = found.next()?;
        found.next().is_none().then_some(Self {
            host,
            port: Some(port),
            scheme: None,
            is_target: false,
        })
    }

    /// What stands for the capital word `name` between `before` and `after`, if this place says so.
    pub(super) fn fill(&self, name: &str, before: &str, after: &str) -> Option<String> {
        let keeps = |word: &str, ports: &[u16]| {
            name == word && self.port.is_some_and(|port| ports.contains(&port))
        };
        match name {
            // The other machine's own address.
            _ if before.ends_with('$') => None,
            "PORT" => self.port.map(|port| port.to_string()),
            "HOST" => Some(self.host_before(after)),
            "URL" => Some(self.url(before)),
            _ if KEEPERS.iter().any(|(word, ports)| keeps(word, ports)) => {
                Some(self.host_before(after))
            }
            _ => None,
        }
    }

    /// An IPv6 address needs brackets where something follows it that belongs to the address.
    fn host_before(&self, after: &str) -> String {
        if self.host.contains(':') && after.starts_with([':', '/']) {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }

    /// The address without a path, which may hold a secret; in quotes where a program reads it.
    fn url(&self, before: &str) -> String {
        let host = self.host_before("/");
        let scheme = self.scheme.unwrap_or(if self.port == Some(80) { "http" } else { "https" });
        let usual = if scheme == "http" { 80 } else { 443 };
        let port = match self.port {
            Some(port) if port != usual => format!(":{port}"),
            _ => String::new(),
        };
        let url = format!("{scheme}://{host}{port}/");
        if before.ends_with('(') || before.ends_with(", ") { format!("\"{url}\"") } else { url }
    }
}

/// `a.log:12` and `10.02.2026:13` are no places.
fn is_time_or_file(host: &str) -> bool {
    let end = host.rsplit('.').next().unwrap_or_default();
    let is_address = host.parse::<core::net::Ipv4Addr>().is_ok();
    !is_address
        && (end.chars().any(|c| c.is_ascii_digit())
            || matches!(
                end,
                "c" | "cc"
                    | "conf"
                    | "cpp"
                    | "cs"
                    | "go"
                    | "h"
                    | "java"
                    | "js"
                    | "kt"
                    | "log"
                    | "mjs"
                    | "php"
                    | "pl"
                    | "py"
                    | "rb"
                    | "rs"
                    | "scala"
                    | "sh"
                    | "sql"
                    | "ts"
                    | "tsx"
                    | "txt"
                    | "xml"
                    | "yaml"
                    | "yml"
            ))
}

/// `host`, `host:port`, `[address]:port` or a bare IPv6 address.
fn split(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').filter(|(host, _)| host.contains(':'))?;
        (host, rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""))?)
    } else if text.matches(':').count() > 1 {
        (text, "")
    } else {
        text.split_once(':').unwrap_or((text, ""))
    };
    let is_v6 = host.contains(':');
    let fits = if is_v6 {
        host.parse::<core::net::Ipv6Addr>().is_ok()
    } else {
        host.len() <= 253
            && host.starts_with(|c: char| c.is_ascii_alphanumeric())
            && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c))
    };
    let port = match port {
        "" => None,
        port => Some(port.parse().ok().filter(|port| *port > 0)?),
    };
    fits.then(|| (host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_host_gets_out() {
        let place = |target| Place::of_target(target).map(|place| (place.host, place.port));
        assert_eq!(place("db.example:3306"), Some(("db.example".to_owned(), Some(3306))));
        assert_eq!(place("https://a.example/x?token=1"), Some(("a.example".to_owned(), Some(443))));
        assert_eq!(place("[2001:db8::1]:80"), Some(("2001:db8::1".to_owned(), Some(80))));
        assert_eq!(place("a.example"), Some(("a.example".to_owned(), None)));
        for hostile in [
            "a;id",
            "$(id)",
            "--json",
            "`id`",
            "a b",
            "user:pw@a.example",
            "a:99999",
            "a\nb",
            "[x]:1",
            "",
        ] {
            assert_eq!(place(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn a_text_names_a_place_only_where_it_is_the_only_one() {
        let place = |text| Place::in_text(text).map(|place| (place.host, place.port));
        assert_eq!(
            place("Can't connect to MySQL server on 'db.example.com:3306' (110)"),
            Some(("db.example.com".to_owned(), Some(3306)))
        );
        assert_eq!(
            place("10.0.0.5:51234 -> 10.0.0.9:5432"),
            Some(("10.0.0.9".to_owned(), Some(5432)))
        );
        assert_eq!(place("a.example:80 then b.example:80"), None);
        assert_eq!(place("at server.js:120 and main.go:7 on 28.11.2026:10"), None);
    }

    #[test]
    fn an_address_gets_brackets_and_a_database_its_own_word() {
        let place = Place::of_target("[2001:db8::1]:5432").unwrap();
        assert_eq!(place.fill("HOST", "curl ", ":5432").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(place.fill("HOST", "ping -6 ", "").as_deref(), Some("2001:db8::1"));
        assert_eq!(place.fill("DB_HOST", "//", "/DB").as_deref(), Some("[2001:db8::1]"));
        assert_eq!(place.fill("BROKER_HOST", "", ""), None);
        assert_eq!(place.fill("HOST", "$", ""), None);
        let web = Place::of_target("http://a.example:8080/secret").unwrap();
        assert_eq!(web.fill("URL", "get(", ")").as_deref(), Some("\"http://a.example:8080/\""));
    }
}
