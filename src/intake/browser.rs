//! What the reader's own browser saw of a target, as it reports it, and what that says.
//!
//! A page may not see why a request failed: name, port, certificate and extension look the same to
//! it. What it can tell is whether an answer came, how fast it did not, and how a WebSocket ended.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::evidence::{Observation, Source};

/// Who looked.
const VANTAGE: &str = "browser";
/// Longest error text that is kept, characters.
const MAX_ERROR: usize = 200;
/// A failure this soon came before anything could have been waited for, milliseconds; the same bound
/// as the question about it.
const AT_ONCE: f64 = 500.0;
/// Most requests that are read.
const MAX_REQUESTS: usize = 4;
/// Longest that a browser's clock may say, milliseconds.
const DAY: f64 = 86_400_000.0;

/// One look of a browser at one target. Hostile: whoever sends it may have made it up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BrowserLook {
    /// The address that was asked for.
    pub url: String,
    /// The requests, one after the other.
    pub requests: Vec<RequestSeen>,
    /// The WebSocket, where one was tried.
    #[serde(default)]
    pub socket: Option<SocketSeen>,
}

/// How a request ended, as far as a page may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestEnd {
    /// An answer came; its status is not told across origins.
    Answered,
    /// It failed, for a reason that is not told.
    Failed,
    /// Nothing came in the time allowed.
    NoAnswer,
    /// It led to another host, which was not followed.
    Redirected,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSeen {
    /// From the call to its end, milliseconds.
    pub millis: f64,
    /// How it ended.
    pub end: RequestEnd,
    /// The browser's own words.
    #[serde(default)]
    pub error: String,
    /// Where the target allows it (`Timing-Allow-Origin`): lookup, connect with TLS, and wait for
    /// the answer, milliseconds.
    #[serde(default)]
    pub phases: Option<[f64; 3]>,
}

/// One WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketSeen {
    /// After how long it opened, milliseconds; none where it never did.
    pub opened: Option<f64>,
    /// After how long it ended, milliseconds; none where it still stood at the end of the look.
    pub ended: Option<f64>,
    /// Its close code; 1006 where no close frame came (RFC 6455 §7.4.1).
    pub code: u16,
}

/// Reads what a browser sent. Fails with a sentence that names the field or byte.
pub fn read_browser_look(json: &str) -> Result<BrowserLook, serde_json::Error> {
    let mut look: BrowserLook = serde_json::from_str(json)?;
    look.requests.truncate(MAX_REQUESTS);
    for request in &mut look.requests {
        request.error = request.error.chars().take(MAX_ERROR).collect();
        request.millis = sane(request.millis);
        request.phases = request.phases.map(|phases| phases.map(sane));
    }
    if let Some(socket) = &mut look.socket {
        socket.opened = socket.opened.map(sane);
        socket.ended = socket.ended.map(sane);
    }
    Ok(look)
}

fn sane(millis: f64) -> f64 {
    if millis.is_finite() { millis.clamp(0.0, DAY) } else { 0.0 }
}

impl BrowserLook {
    /// What the look says. `server` is what our own server has measured of the same target.
    pub fn observations(&self, server: &[Observation]) -> Vec<Observation> {
        let seen = |variable: &str, value: &str, raw: String| {
            Observation::seen(variable, value, Source::Probe).from_vantage(VANTAGE).with_raw(raw)
        };
        let mut all = Vec::new();
        let raw: Vec<String> = self.requests.iter().map(RequestSeen::raw).collect();
        let raw = raw.join("; ");
        let ends: Vec<RequestEnd> = self.requests.iter().map(|request| request.end).collect();
        let is_reached =
            |end: &RequestEnd| matches!(end, RequestEnd::Answered | RequestEnd::Redirected);
        if let Some(first) = self.requests.first() {
            let value = match first.end {
                RequestEnd::Answered | RequestEnd::Redirected => "answered",
                RequestEnd::NoAnswer => "no_answer",
                RequestEnd::Failed if first.millis < AT_ONCE => "fails_at_once",
                RequestEnd::Failed => "fails_later",
            };
            all.push(seen("browser.result", value, raw.clone()));
        }
        let fails = !ends.is_empty() && !ends.iter().any(is_reached);
        // Through a proxy nothing is kept but what the target said itself.
        let reached_by_server = server.iter().any(|other| {
            let is_word = matches!(
                other.variable.as_str(),
                "tls.result" | "http.result" | "banner.result" | "websocket.result"
            );
            other.vantage == "server"
                && other.variable == "tcp.result"
                && other.value.word() == Some("connected")
                || other.is_proxied() && is_word
        });
        let failed_for_server = server.iter().any(|other| {
            other.vantage == "server"
                && other.variable == "tcp.result"
                && other.value.word().is_some_and(|word| word != "connected")
        });
        if fails && (reached_by_server || failed_for_server) {
            let value = if reached_by_server { "works_elsewhere" } else { "fails_everywhere" };
            all.push(seen("other_network", value, format!("browser: {raw}; compare tcp.result")));
        }
        if let Some(socket) = &self.socket {
            all.extend(socket.result().map(|value| seen("websocket.result", value, socket.raw())));
        }
        all
    }
}

impl RequestSeen {
    fn raw(&self) -> String {
        let end = match self.end {
            RequestEnd::Answered => "answered",
            RequestEnd::Failed => "failed",
            RequestEnd::NoAnswer => "no answer",
            RequestEnd::Redirected => "redirected to another host",
        };
        let mut raw = format!("{end} after {:.0} ms", self.millis);
        if let Some([lookup, connect, wait]) = self.phases {
            // Writing into a String cannot fail.
            let _ = write!(raw, " (lookup {lookup:.0}, connect {connect:.0}, wait {wait:.0})");
        }
        if !self.error.is_empty() {
            raw.extend([": ", self.error.as_str()]);
        }
        raw
    }
}

impl SocketSeen {
    /// The value of `websocket.result`; a socket that never opened says nothing of the server, since
    /// a page is not told why.
    fn result(&self) -> Option<&'static str> {
        self.opened?;
        Some(match (self.ended, self.code) {
            (None, _) => "open",
            (Some(_), 1006) => "cut",
            (Some(_), _) => "closed",
        })
    }

    fn raw(&self) -> String {
        let opened = self.opened.unwrap_or_default();
        match self.ended {
            None => format!("opened after {opened:.0} ms, still open"),
            Some(ended) => {
                format!(
                    "opened after {opened:.0} ms, closed after {ended:.0} ms, code {}",
                    self.code
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(end: RequestEnd, millis: f64) -> RequestSeen {
        RequestSeen { millis, end, error: String::new(), phases: None }
    }

    fn values(look: &BrowserLook, server: &[Observation]) -> Vec<String> {
        let shown = |seen: &Observation| format!("{}={}", seen.variable, seen.value);
        look.observations(server).iter().map(shown).collect()
    }

    #[test]
    fn a_failure_says_how_fast_and_is_compared_with_the_server() {
        let look = |end, millis| BrowserLook {
            requests: vec![request(end, millis), request(end, millis)],
            ..BrowserLook::default()
        };
        let at_once = look(RequestEnd::Failed, 12.0);
        assert_eq!(values(&at_once, &[]), ["browser.result=fails_at_once"]);
        let server = |value: &str| {
            [Observation::seen("tcp.result", value, Source::Probe).from_vantage("server")]
        };
        let apart = values(&look(RequestEnd::NoAnswer, 15_000.0), &server("connected"));
        assert_eq!(apart, ["browser.result=no_answer", "other_network=works_elsewhere"]);
        let proxied = Observation::seen("http.result", "ok", Source::Probe)
            .from_vantage(crate::evidence::PROXIED);
        let apart = values(&look(RequestEnd::Failed, 12.0), &[proxied]);
        assert_eq!(apart, ["browser.result=fails_at_once", "other_network=works_elsewhere"]);
        let both = values(&look(RequestEnd::Failed, 3000.0), &server("timeout"));
        assert_eq!(both, ["browser.result=fails_later", "other_network=fails_everywhere"]);
        let answered = look(RequestEnd::Answered, 30.0);
        assert_eq!(values(&answered, &server("timeout")), ["browser.result=answered"]);
    }

    #[test]
    fn a_websocket_tells_how_it_ended_only_where_it_had_opened() {
        let of = |opened, ended, code| {
            let socket = Some(SocketSeen { opened, ended, code });
            values(&BrowserLook { socket, ..BrowserLook::default() }, &[])
        };
        assert_eq!(of(Some(5.0), Some(1000.0), 1001), ["websocket.result=closed"]);
        assert_eq!(of(Some(5.0), Some(1000.0), 1006), ["websocket.result=cut"]);
        assert_eq!(of(Some(5.0), None, 0), ["websocket.result=open"]);
        assert!(of(None, Some(5.0), 1006).is_empty());
    }

    #[test]
    fn what_was_made_up_is_refused_or_bounded() {
        assert!(read_browser_look("{\"url\": 7}").is_err());
        assert!(read_browser_look("{\"url\": \"\", \"requests\": [], \"x\": 1}").is_err());
        let long = "x".repeat(5000);
        let request = format!("{{\"millis\": 1e300, \"end\": \"failed\", \"error\": \"{long}\"}}");
        let look =
            format!("{{\"url\": \"\", \"requests\": [{}]}}", [request.as_str(); 9].join(","));
        let look = read_browser_look(&look).unwrap();
        assert_eq!(look.requests.len(), MAX_REQUESTS);
        let is_bounded = |seen: &RequestSeen| seen.millis <= DAY && seen.error.len() == MAX_ERROR;
        assert!(look.requests.iter().all(is_bounded));
    }
}
