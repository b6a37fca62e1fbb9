//! What a client may repeat after this kind of break, and after how long: a policy with the numbers of
//! the case, and code that carries it out.

use crate::{
    evidence::State,
    knowledge::{Base, Client, Lang},
};

use super::{
    Report,
    words::{say, seconds},
};

/// Where nothing was measured: below the shortest common limit, Node's 5 s
/// (`node.keep_alive_timeout` in `knowledge/timeouts/appservers.toml`).
const SHORT_IDLE: u32 = 4;

/// A client's policy for one case.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    /// The class that the leading cause names: `never`, `safe_once`, `safe_backoff`,
    /// `idempotent_only` or `pointless`.
    pub class: String,
    /// Repeats after the first try.
    pub retries: u32,
    /// The first wait, seconds; it doubles with each repeat, and a random part of it is waited.
    pub base: f64,
    /// The longest wait, seconds.
    pub cap: f64,
    /// Whole seconds after which an idle connection is given up, 1 or more.
    pub idle: u32,
    /// The seconds it was calculated from, where there were any.
    pub measured: Option<f64>,
    lang: Lang,
}

impl RetryPolicy {
    /// The policy for the leading cause of `report`; `None` where none leads.
    pub fn of(report: &Report, base: &Base) -> Option<Self> {
        let cause = base.causes.get(report.verdict.cause.as_ref()?)?;
        let measured = report.breaks_after().filter(|measured| *measured >= 1.0);
        // judgement: three repeats over some seconds outlast a restart of one backend; what may have
        // run gets fewer; a race on a kept connection is over with the next fresh one.
        let (retries, base, cap) = match cause.retry.as_str() {
            "safe_once" => (1, 0.1, 1.0),
            "safe_backoff" => (3, 1.0, 30.0),
            "idempotent_only" => (2, 0.5, 10.0),
            _ => (0, 1.0, 30.0),
        };
        let idle = measured.map_or(SHORT_IDLE, idle_below);
        Some(Self {
            class: cause.retry.clone(),
            retries,
            base,
            cap,
            idle,
            measured,
            lang: report.lang,
        })
    }

    /// The code of `client` with its gaps filled.
    pub fn code(&self, client: &Client) -> String {
        self.fill(client.code.trim_start_matches('\n'))
    }

    /// A fact of a client with its gaps filled, in the report's language.
    pub fn fact(&self, text: &str) -> String {
        self.fill(text)
    }

    fn fill(&self, text: &str) -> String {
        let millis = |seconds: f64| format!("{:.0}", seconds * 1000.0);
        let gaps = [
            ("say_idle", self.say_idle()),
            ("say_repeat", self.say_repeat()),
            ("say_methods", say(self.lang, "retry-say-methods", &[])),
            ("retries", self.retries.to_string()),
            ("attempts", (self.retries + 1).to_string()),
            ("base_ms", millis(self.base)),
            ("base", seconds(self.base)),
            ("cap_ms", millis(self.cap)),
            ("cap", seconds(self.cap)),
            ("idle_ms", (self.idle * 1000).to_string()),
            ("idle", self.idle.to_string()),
        ];
        gaps.iter().fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("{{{{{name}}}}}"), value)
        })
    }

    fn say_idle(&self) -> String {
        let idle = self.idle.to_string();
        match self.measured {
            Some(measured) => say(
                self.lang,
                "retry-say-idle",
                &[("idle", &idle), ("seconds", &seconds(measured))],
            ),
            None => say(self.lang, "retry-say-idle-unknown", &[("idle", &idle)]),
        }
    }

    fn say_repeat(&self) -> String {
        let id = match (self.class.as_str(), self.retries) {
            ("never", _) => "retry-say-never",
            (_, 0) => "retry-say-pointless",
            (_, 1) => "retry-say-once",
            _ => "retry-say-backoff",
        };
        say(self.lang, id, &[("retries", &self.retries.to_string()), ("cap", &seconds(self.cap))])
    }
}

/// Whole seconds safely below a cut-off of `measured` seconds: a fifth less, at least 2 s less where
/// there is room, never under 1.
///
/// judgement: a fifth covers a clock that is read late and a request that is a while on its way.
pub(super) fn idle_below(measured: f64) -> u32 {
    let below = (measured * 0.8).min(measured - 2.0).floor().clamp(1.0, 86_400.0);
    // Clamped: the whole number fits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped above")]
    let whole = below as u32;
    whole
}

impl Report {
    /// The clients of `base`: those of the person's own stack first, then the others; and how many
    /// the first are.
    pub fn clients<'a>(&self, base: &'a Base) -> (Vec<&'a Client>, usize) {
        let named = |client: &&Client| {
            let is_theirs = |id: &String| {
                self.observations.iter().any(|o| {
                    o.variable == "component"
                        && o.state == State::Seen
                        && o.value.word() == Some(id.as_str())
                })
            };
            is_theirs(&client.component) || client.also.iter().any(is_theirs)
        };
        let (mut first, others): (Vec<_>, Vec<_>) = base.clients.values().partition(named);
        let count = first.len();
        first.extend(others);
        (first, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_limit_stays_below_the_cut_off() {
        for (measured, idle) in
            [(1.0, 1), (2.5, 1), (5.0, 3), (60.0, 48), (350.0, 280), (1e9, 86_400)]
        {
            assert_eq!(idle_below(measured), idle, "{measured}");
        }
    }
}
