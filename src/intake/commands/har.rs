//! HAR files, as the developer tools of browsers save them: which requests failed, how far they came,
//! and how long they waited (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/; Chrome adds
//! `_error`).
//!
//! A HAR holds whole pages, so no pattern is asked about its text: what is left of it are the names of
//! the browser's errors, each on its line.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{
    Notes,
    curl::{answered, written_by},
};

/// More requests than this are not looked at.
const MAX_ENTRIES: usize = 20_000;

/// Shorter waits are no timer's, seconds.
const LEAST_WAIT: f64 = 1.0;

/// A failure this soon came before anything could have been waited for, and one this late was no answer;
/// the bounds of the look of the reader's own browser, milliseconds.
const AT_ONCE: f64 = 500.0;
const NO_ANSWER: f64 = 15_000.0;

/// A value of the type that is expected, or whatever stands there instead.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose<T> {
    Is(T),
    Other(IgnoredAny),
}

impl<T> Default for Loose<T> {
    fn default() -> Self {
        Self::Other(IgnoredAny)
    }
}

impl<T> Loose<T> {
    fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Other(_) => None,
        }
    }
}

#[derive(Deserialize)]
struct File {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    #[serde(default)]
    creator: Creator,
    entries: Vec<Entry>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Creator {
    name: Loose<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    request: Request,
    response: Response,
    timings: Timings,
    connection: Loose<String>,
    time: Loose<f64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Request {
    method: Loose<String>,
    url: Loose<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    status: Loose<i64>,
    #[serde(rename = "httpVersion")]
    version: Loose<String>,
    #[serde(rename = "_error")]
    error: Loose<String>,
    headers: Vec<Header>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    name: Loose<String>,
    value: Loose<String>,
}

/// Milliseconds; -1 or 0 where a phase did not happen.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Timings {
    dns: Loose<f64>,
    ssl: Loose<f64>,
    wait: Loose<f64>,
}

impl Entry {
    fn status(&self) -> u16 {
        self.response.status.get().and_then(|status| u16::try_from(*status).ok()).unwrap_or(0)
    }

    fn error(&self) -> &str {
        self.response.error.get().map_or("", String::as_str)
    }

    /// Without the query, which may hold secrets.
    fn url(&self) -> &str {
        let url = self.request.url.get().map_or("", String::as_str);
        url.split(['?', '#']).next().unwrap_or("")
    }

    fn wait(&self) -> f64 {
        self.timings.wait.get().copied().filter(|wait| wait.is_finite()).unwrap_or(0.0) / 1000.0
    }

    /// What can be shown of it: `request 17: GET https://a.example/x: 504 after 60.0 s`.
    fn shown(&self, number: usize) -> String {
        let method = self.request.method.get().map_or("", String::as_str);
        let end = match (self.status(), self.error()) {
            (0, "") => "no status".to_owned(),
            (0, error) => error.to_owned(),
            (status, "") => status.to_string(),
            (status, error) => format!("{status}, {error}"),
        };
        let wait = self.wait();
        let after = if wait >= 0.1 { format!(" after {wait:.1} s") } else { String::new() };
        let clean = |text: &str, most: usize| -> String {
            text.chars().filter(|c| !c.is_control()).take(most).collect()
        };
        format!(
            "request {number}: {} {}: {}{after}",
            clean(method, 10),
            clean(self.url(), 200),
            clean(&end, 80)
        )
    }
}

/// Reads `text` where it is a HAR file, and returns what is left for the patterns: as many lines as
/// before. Requests are counted from 1.
pub(super) fn read(text: &str, notes: &mut Notes) -> Option<String> {
    if !text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('{')
        || !text.contains("\"entries\"")
    {
        return None;
    }
    let log = serde_json::from_str::<File>(text.trim_start_matches('\u{feff}')).ok()?.log;
    // In Firefox the field holds the port, not the connection.
    let names_connections = log.creator.name.get().is_some_and(|name| name == "WebInspector");
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut waits: Vec<(f64, String)> = Vec::new();
    let mut paths: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (number, entry) in (1..).zip(log.entries.iter().take(MAX_ENTRIES)) {
        let is_reused = entry.connection.get().filter(|_| names_connections).is_some_and(|id| {
            let shared = entry.response.version.get().is_some_and(|version| version.contains('2'));
            !id.is_empty() && !used.insert(id) && !shared
        });
        let failed = judge(entry, number, is_reused, notes);
        let counts = paths.entry(entry.url()).or_default();
        if failed {
            counts.0 += 1;
            waits.push((entry.wait(), entry.shown(number)));
        } else if (100..500).contains(&entry.status()) {
            counts.1 += 1;
        }
    }
    untold(log.entries.get(..MAX_ENTRIES).unwrap_or(&log.entries), &mut waits, notes);
    timer(&mut waits, notes);
    whole(&paths, log.entries.len(), notes);
    Some(errors_of(text))
}

/// What one request says, and whether it failed.
fn judge(entry: &Entry, number: usize, is_reused: bool, notes: &mut Notes) -> bool {
    let shown = entry.shown(number);
    if entry.timings.dns.get().is_some_and(|dns| *dns >= 2000.0) {
        notes.seen("dns.result", "slow", &shown);
    }
    let status = entry.status();
    if matches!(status, 429 | 500..=599) {
        answered(status, &shown, notes);
        let server = entry.response.headers.iter().find_map(|header| {
            let name = header.name.get().filter(|name| name.eq_ignore_ascii_case("server"));
            name.and(header.value.get())
        });
        if let Some(server) = server.filter(|_| status != 429) {
            written_by(&server.to_lowercase(), &shown, notes);
        }
        return true;
    }
    let is_tls = entry.url().starts_with("https:");
    let had_tls = !is_tls || is_reused || entry.timings.ssl.get().is_some_and(|ssl| *ssl > 0.0);
    let error = entry.error().strip_prefix("net::").unwrap_or(entry.error());
    // https://chromium.googlesource.com/chromium/src/+/main/net/base/net_error_list.h, 2026-11-28
    let found = match error {
        "ERR_NAME_NOT_RESOLVED" => ("dns.result", "nxdomain"),
        "ERR_DNS_TIMED_OUT" => ("dns.result", "timeout"),
        "ERR_DNS_SERVER_FAILED" => ("dns.result", "servfail"),
        "ERR_CONNECTION_REFUSED" => ("tcp.result", "refused"),
        "ERR_CONNECTION_TIMED_OUT" => ("tcp.result", "timeout"),
        "ERR_ADDRESS_UNREACHABLE" => ("tcp.result", "unreachable"),
        "ERR_CONNECTION_RESET" if had_tls => ("http.result", "reset"),
        "ERR_CONNECTION_CLOSED" | "ERR_EMPTY_RESPONSE" if had_tls => {
            ("http.result", "closed_empty")
        }
        "ERR_CONNECTION_RESET" | "ERR_CONNECTION_CLOSED" => ("tls.result", "cut"),
        "ERR_EMPTY_RESPONSE" => ("http.result", "closed_empty"),
        "ERR_TIMED_OUT" => ("http.result", "timeout"),
        "ERR_SSL_VERSION_OR_CIPHER_MISMATCH" => ("tls.result", "alert"),
        "ERR_CERT_DATE_INVALID" => ("tls.result", "cert_expired"),
        "ERR_CERT_COMMON_NAME_INVALID" => ("tls.result", "cert_name"),
        "ERR_CERT_AUTHORITY_INVALID" => ("tls.result", "cert_untrusted"),
        "ERR_CONTENT_LENGTH_MISMATCH" | "ERR_INCOMPLETE_CHUNKED_ENCODING" => {
            ("http.result", "truncated")
        }
        // Other errors are known as texts; these two are the person's own doing, or a blocker's.
        _ => return !matches!(error, "" | "ERR_ABORTED" | "ERR_BLOCKED_BY_CLIENT"),
    };
    notes.seen(found.0, found.1, &shown);
    if is_reused && matches!(found, ("http.result", "reset" | "closed_empty")) {
        notes.seen("phase", "reuse_keepalive", &shown);
    }
    true
}

/// Failures that all waited equally long name a timer.
fn timer(waits: &mut Vec<(f64, String)>, notes: &mut Notes) {
    waits.retain(|(wait, _)| *wait >= LEAST_WAIT);
    waits.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let Some((median, shown)) = waits.get(waits.len() / 2) else { return };
    // A moment on the way and in the queue comes on top.
    if waits.iter().all(|(wait, _)| (wait - median).abs() <= (median * 0.04).max(0.5)) {
        notes.seconds((median * 10.0).round() / 10.0, shown);
    }
}

/// Requests that ended without a status and without a reason: Firefox writes none. They count only where
/// nothing of their host was ever answered, for what a person leaves or a page takes back looks the same.
fn untold(entries: &[Entry], waits: &mut Vec<(f64, String)>, notes: &mut Notes) {
    let is_untold = |entry: &Entry| entry.status() == 0 && entry.error().is_empty();
    let host = |entry: &Entry| entry.url().split('/').nth(2).unwrap_or("").to_owned();
    let answered: BTreeSet<String> =
        entries.iter().filter(|entry| entry.status() > 0).map(host).collect();
    for (number, entry) in (1..).zip(entries) {
        let host = host(entry);
        if !is_untold(entry) || host.is_empty() || answered.contains(&host) {
            continue;
        }
        let took = entry.time.get().copied().filter(|took| took.is_finite()).unwrap_or(0.0);
        let result = match took {
            took if took < AT_ONCE => "fails_at_once",
            took if took < NO_ANSWER => "fails_later",
            _ => "no_answer",
        };
        if waits.is_empty() {
            notes.seen("browser.result", result, &entry.shown(number));
        }
        waits.push((took / 1000.0, entry.shown(number)));
    }
}

/// Whether all of it failed, one path alone, or nothing.
fn whole(paths: &BTreeMap<&str, (usize, usize)>, entries: usize, notes: &mut Notes) {
    let failed: usize = paths.values().map(|(failed, _)| failed).sum();
    let fine: usize = paths.values().map(|(_, fine)| fine).sum();
    let broken: Vec<&&str> =
        paths.iter().filter(|(_, (failed, _))| *failed > 0).map(|(path, _)| path).collect();
    if failed == 0 && fine > 0 && fine == entries {
        notes.seen("http.result", "ok", &format!("{fine} requests, all answered"));
    } else if let [only] = broken.as_slice()
        && failed >= 3
        && fine >= 5
    {
        let shown: String = only.chars().filter(|c| !c.is_control()).take(200).collect();
        let raw = format!("{failed} requests for {shown} failed, {fine} others were answered");
        notes.seen("one_path", "one_route", &raw);
    }
}

/// The names of the browser's errors, each on the line where it stands.
fn errors_of(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut rest = line;
        while let Some(at) = rest.find("\"net::ERR_") {
            rest = rest.get(at + 1..).unwrap_or("");
            let end = rest.find('"').unwrap_or(rest.len());
            let name = rest.get(..end).filter(|name| name.len() <= 80).unwrap_or("");
            if !matches!(name, "net::ERR_ABORTED" | "net::ERR_BLOCKED_BY_CLIENT") {
                out.push_str(name);
                out.push(' ');
            }
            rest = rest.get(end..).unwrap_or("");
        }
        out.push('\n');
    }
    out
}
