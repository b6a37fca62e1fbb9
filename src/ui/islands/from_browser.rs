//! The reader's own browser as a vantage: looks when it is told to, shows what it saw, and hands it on.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::intake::{BrowserLook, RequestEnd, RequestSeen, SocketSeen};

use super::browser;

/// The words of the page.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BrowserTexts {
    /// The button that consents.
    pub go: String,
    /// Said while it looks.
    pub running: String,
    /// The link that stops it.
    pub stop: String,
    /// The button that hands the findings on.
    pub take: String,
    /// Over the raw findings.
    pub raw: String,
    /// `{n}`, `{seconds}`: a request that was answered.
    pub answered: String,
    /// A request that failed.
    pub failed: String,
    /// A request that nothing came to.
    pub no_answer: String,
    /// A request that led to another host.
    pub redirected: String,
    /// `{lookup}`, `{connect}`, `{wait}` in milliseconds.
    pub phases: String,
    /// `{seconds}`: a WebSocket that still stood.
    pub socket_open: String,
    /// `{seconds}`, `{code}`: one that was closed.
    pub socket_closed: String,
    /// `{seconds}`: one that ended without a close frame.
    pub socket_cut: String,
    /// One that never opened.
    pub socket_failed: String,
}

impl BrowserTexts {
    /// One sentence about request number `n`, from 1.
    fn request(&self, n: usize, seen: &RequestSeen) -> String {
        let text = match seen.end {
            RequestEnd::Answered => &self.answered,
            RequestEnd::Failed => &self.failed,
            RequestEnd::NoAnswer => &self.no_answer,
            RequestEnd::Redirected => &self.redirected,
        };
        let text = text.replace("{n}", &n.to_string());
        let mut text = text.replace("{seconds}", &seconds(seen.millis));
        if let Some([lookup, connect, wait]) = seen.phases {
            let number = |millis: f64| format!("{millis:.0}");
            let phases = self.phases.replace("{lookup}", &number(lookup));
            let phases = phases.replace("{connect}", &number(connect));
            text.push_str(&phases.replace("{wait}", &number(wait)));
        }
        text
    }

    fn socket(&self, seen: &SocketSeen) -> String {
        let (text, millis) = match (seen.opened, seen.ended) {
            (None, _) => return self.socket_failed.clone(),
            (Some(opened), None) => (&self.socket_open, opened),
            (Some(_), Some(ended)) if seen.code == 1006 => (&self.socket_cut, ended),
            (Some(_), Some(ended)) => (&self.socket_closed, ended),
        };
        text.replace("{seconds}", &seconds(millis)).replace("{code}", &seen.code.to_string())
    }

    /// Everything seen so far, in sentences.
    fn lines(&self, look: &BrowserLook) -> Vec<String> {
        let requests = (1..).zip(&look.requests).map(|(n, seen)| self.request(n, seen));
        requests.chain(look.socket.iter().map(|seen| self.socket(seen))).collect()
    }
}

fn seconds(millis: f64) -> String {
    format!("{:.2}", millis / 1000.0)
}

/// The consent button, what the browser sees while it looks, and the button that hands it on.
///
/// It never looks by itself. Leaving the page, or its stop link, ends the look.
#[island]
pub fn FromBrowser(
    /// The address to request.
    url: String,
    /// The same for a WebSocket.
    socket_url: String,
    /// The address of this page.
    here: String,
    /// The words.
    texts: BrowserTexts,
) -> impl IntoView {
    let look = RwSignal::new(BrowserLook::default());
    let running = RwSignal::new(false);
    let over = RwSignal::new(false);
    // Drawn by script only: without it there is nothing to press.
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let start = move |_| {
        running.set(true);
        browser::look_at(&url, &socket_url, move |seen, is_over| {
            look.set(seen);
            if is_over {
                running.set(false);
                over.set(true);
            }
        });
    };
    let json = move || serde_json::to_string(&look.get()).unwrap_or_default();
    let words = texts.clone();
    let lines = move || {
        let lines = words.lines(&look.get());
        lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()
    };
    view! {
        <p class="probe-actions" hidden=move || !awake.get() || running.get() || over.get()>
            <button type="button" class="primary" on:click=start>{texts.go}</button>
        </p>
        <p class="probe-actions" role="status" hidden=move || !running.get()>
            <strong>{texts.running}</strong>
            <a class="button" href=here>{texts.stop}</a>
        </p>
        <ul class="browser-seen" aria-live="polite">{lines}</ul>
        <input type="hidden" name="look" value=json />
        <details class="raw" hidden=move || !over.get()>
            <summary>{texts.raw}</summary>
            <code>{json}</code>
        </details>
        <p class="probe-actions" hidden=move || !over.get()>
            <button type="submit" class="primary">{texts.take}</button>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_told_in_sentences() {
        let texts = BrowserTexts {
            answered: "{n} answered after {seconds} s".to_owned(),
            phases: " ({lookup}/{connect}/{wait})".to_owned(),
            socket_closed: "closed after {seconds} s with {code}".to_owned(),
            socket_cut: "cut".to_owned(),
            ..BrowserTexts::default()
        };
        let request = RequestSeen {
            millis: 1234.0,
            end: RequestEnd::Answered,
            error: String::new(),
            phases: Some([1.0, 2.4, 3.0]),
        };
        let closed = |code| Some(SocketSeen { opened: Some(1.0), ended: Some(500.0), code });
        let mut look =
            BrowserLook { url: String::new(), requests: vec![request], socket: closed(1001) };
        assert_eq!(
            texts.lines(&look),
            ["1 answered after 1.23 s (1/2/3)", "closed after 0.50 s with 1001"]
        );
        look.socket = closed(1006);
        assert_eq!(texts.lines(&look)[1], "cut");
    }
}
