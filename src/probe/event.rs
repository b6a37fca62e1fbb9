//! What a run tells while it goes: its probes, findings, observations, and what stays invisible.
//!
//! In: what the probes' pure `interpret` functions read. Out: [`ProbeEvent`]s as the page, the API
//! and the command line get them.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::{
    evidence::{Course, Observation, Source, Value},
    knowledge::Text,
};

use super::{kind::Probe, mask, policy::Policy, proxied};

/// Who looks, in every observation of this station.
const VANTAGE: &str = "server";
/// How often a long probe says that it goes on.
const PROGRESS: std::time::Duration = std::time::Duration::from_secs(5);
/// Characters kept of a raw finding; enough for a status line and its headers of interest.
const MAX_RAW: usize = 400;

/// An address family, where a finding belongs to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// IPv4.
    #[serde(rename = "v4")]
    V4,
    /// IPv6.
    #[serde(rename = "v6")]
    V6,
    /// Both or neither.
    #[serde(rename = "-")]
    Any,
}

impl From<std::net::IpAddr> for Family {
    fn from(ip: std::net::IpAddr) -> Self {
        if ip.is_ipv4() { Self::V4 } else { Self::V6 }
    }
}

/// One sentence about what a probe found, with the raw finding beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The address family it is about.
    pub family: Family,
    /// The address it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The sentence.
    pub text: Text,
    /// What it rests on. Hostile text.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub raw: String,
    /// Whether the sentence is about the proxy in between, not about what lies behind it.
    #[serde(skip)]
    pub(super) is_about_proxy: bool,
}

impl Finding {
    /// A finding about no particular address.
    pub(super) fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        let text = Text { en: en.into(), zh: zh.into() };
        Self { family: Family::Any, address: None, text, raw: String::new(), is_about_proxy: false }
    }

    /// The same, said of the proxy in between.
    pub(super) fn about_proxy(mut self) -> Self {
        self.is_about_proxy = true;
        self
    }

    pub(super) fn at(mut self, ip: std::net::IpAddr) -> Self {
        self.family = ip.into();
        self.address = Some(ip.to_string());
        self
    }

    pub(super) fn of(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    pub(super) fn raw(mut self, raw: impl AsRef<str>) -> Self {
        self.raw = clean(raw.as_ref());
        self
    }
}

/// What a pure `interpret` made of a probe's raw result.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    /// Sentences for people.
    pub(super) findings: Vec<Finding>,
    /// Facts for the engine.
    pub(super) observations: Vec<Observation>,
    /// One word for the end of the probe, such as `ok` or `refused`.
    pub(super) outcome: String,
    /// Set instead of an outcome where this vantage cannot show it.
    pub(super) not_visible: Option<Text>,
}

impl Reading {
    /// A reading that says nothing, and why.
    pub(super) fn not_visible(en: &str, zh: &str) -> Self {
        Self { not_visible: Some(text(en, zh)), ..Self::default() }
    }

    pub(super) fn observe(&mut self, variable: &str, value: impl Into<Value>, raw: &str) {
        let observation = Observation::seen(variable, value, Source::Probe)
            .from_vantage(VANTAGE)
            .with_raw(clean(raw));
        if !self.observations.contains(&observation) {
            self.observations.push(observation);
        }
    }

    /// Sets the connection it was made on beside the observation of `variable`.
    pub(super) fn course(&mut self, variable: &str, course: Course) {
        if let Some(seen) = self.observations.iter_mut().find(|seen| seen.variable == variable) {
            seen.course = Some(course);
        }
    }

    /// Whether a component was observed already.
    pub(super) fn component(&mut self, id: &str, raw: &str) {
        let known = self.observations.iter().any(|seen| {
            seen.variable == "component" && seen.value.word().is_some_and(|word| word == id)
        });
        if !known {
            self.observe("component", id, raw);
        }
    }
}

/// What a run tells, one at a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ProbeEvent {
    /// The policy or an account refused; nothing more comes but `Done`.
    Refused {
        /// The rule's stable id.
        rule: String,
        /// One sentence.
        text: Text,
    },
    /// A probe begins.
    Started {
        /// Which.
        probe: Probe,
    },
    /// A long probe is still going.
    Progress {
        /// Which.
        probe: Probe,
        /// Seconds since it began to wait.
        seconds: f64,
        /// What has held so far.
        text: Text,
    },
    /// A sentence about what was found.
    Finding {
        /// By which probe.
        probe: Probe,
        /// The sentence and what it rests on.
        #[serde(flatten)]
        finding: Finding,
    },
    /// A fact for the engine.
    Observation(Observation),
    /// A probe has ended.
    Finished {
        /// Which.
        probe: Probe,
        /// How long it took.
        millis: u64,
        /// One word, such as `ok`, `refused` or `fin`.
        outcome: String,
    },
    /// A probe that cannot say anything from here, and why.
    NotVisible {
        /// Which.
        probe: Probe,
        /// One sentence.
        why: Text,
    },
    /// The run is over.
    Done {
        /// All observations of the run.
        observations: Vec<Observation>,
        /// Whether it was stopped before its end.
        cancelled: bool,
    },
}

/// Sends a run's events and collects its observations.
#[derive(Debug)]
pub(super) struct Reporter {
    sender: mpsc::Sender<ProbeEvent>,
    /// Says which addresses whoever listens may see.
    policy: std::sync::Arc<Policy>,
    /// Whether what is seen is seen through a proxy.
    is_proxied: bool,
    observations: Mutex<Vec<Observation>>,
}

impl Reporter {
    pub(super) fn new(
        sender: mpsc::Sender<ProbeEvent>,
        policy: std::sync::Arc<Policy>,
        is_proxied: bool,
    ) -> Self {
        Self { sender, policy, is_proxied, observations: Mutex::default() }
    }

    /// Sends one event; the run ends by itself when nobody listens any more.
    pub(super) async fn send(&self, event: ProbeEvent) {
        let _ = self.sender.send(event).await;
    }

    /// Publishes what a probe read, and how long it took.
    pub(super) async fn publish(
        &self,
        probe: Probe,
        started: std::time::Instant,
        mut reading: Reading,
    ) {
        mask::reading(&self.policy, &mut reading);
        // Names are looked up by ourselves.
        if self.is_proxied && probe != Probe::Dns {
            proxied::mark(&mut reading);
        }
        for finding in reading.findings {
            self.send(ProbeEvent::Finding { probe, finding }).await;
        }
        for observation in reading.observations {
            if self.remember(&observation) {
                self.send(ProbeEvent::Observation(observation)).await;
            }
        }
        let event = if let Some(why) = reading.not_visible {
            ProbeEvent::NotVisible { probe, why }
        } else {
            let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            ProbeEvent::Finished { probe, millis, outcome: reading.outcome }
        };
        self.send(event).await;
    }

    /// Tells one finding of a probe that has no reading to publish.
    pub(super) async fn finding(&self, probe: Probe, finding: Finding) {
        let mut reading = Reading { findings: vec![finding], ..Reading::default() };
        mask::reading(&self.policy, &mut reading);
        for finding in reading.findings {
            self.send(ProbeEvent::Finding { probe, finding }).await;
        }
    }

    /// Waits for `work`, and says every few seconds that it goes on.
    pub(super) async fn while_waiting<T>(
        &self,
        probe: Probe,
        (en, zh): (&str, &str),
        work: impl Future<Output = T>,
    ) -> T {
        let started = std::time::Instant::now();
        let mut tick = tokio::time::interval(PROGRESS);
        tick.tick().await;
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return done,
                _ = tick.tick() => {
                    let seconds = started.elapsed().as_secs_f64().round();
                    let text = text(
                        format!("{en}, {seconds} s"),
                        format!("{zh}，{seconds} 秒"),
                    );
                    self.send(ProbeEvent::Progress { probe, seconds, text }).await;
                }
            }
        }
    }

    pub(super) async fn not_visible(&self, probe: Probe, en: &str, zh: &str) {
        self.send(ProbeEvent::NotVisible { probe, why: text(en, zh) }).await;
    }

    /// Keeps an observation; false if the same value of the same variable is known already. Two
    /// probes that measure one number within a twentieth give one fact.
    fn remember(&self, observation: &Observation) -> bool {
        let mut all = self.observations.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = |seen: &Value, new: &Value| match (seen.number(), new.number()) {
            (Some(seen), Some(new)) => (seen - new).abs() <= seen.abs() / 20.0,
            _ => seen == new,
        };
        let known = all.iter().any(|seen| {
            seen.variable == observation.variable && is_same(&seen.value, &observation.value)
        });
        if !known {
            all.push(observation.clone());
        }
        !known
    }

    pub(super) fn observations(&self) -> Vec<Observation> {
        self.observations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

pub(super) fn text(en: impl Into<String>, zh: impl Into<String>) -> Text {
    Text { en: en.into(), zh: zh.into() }
}

/// A raw finding as it may be stored and shown: one line, no control, invisible or
/// direction-changing characters, at most 400 characters.
pub(super) fn clean(raw: &str) -> String {
    let mut kept = String::new();
    for c in raw.chars().take(MAX_RAW) {
        match c {
            '\n' | '\t' => kept.push(' '),
            _ if c.is_control() || super::hostname::is_hidden(c) => {
                kept.extend(c.escape_unicode());
            }
            _ => kept.push(c),
        }
    }
    kept
}

/// Bytes as text: printable ASCII as it is, the rest escaped.
pub(super) fn show_bytes(bytes: &[u8]) -> String {
    bytes
        .iter()
        .take(120)
        .flat_map(|byte| std::ascii::escape_default(*byte))
        .map(char::from)
        .collect()
}

/// Seconds with the digits that were measured: `0.0042`, `5.00`, `62.1`.
pub(super) fn seconds(duration: std::time::Duration) -> String {
    let value = duration.as_secs_f64();
    if value < 0.1 {
        format!("{value:.4}")
    } else if value < 1.0 {
        format!("{value:.3}")
    } else if value < 20.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_finding_is_one_line_without_tricks() {
        assert_eq!(clean("a\r\n\u{1b}[31mb\u{202e}c"), "a\\u{d} \\u{1b}[31mb\\u{202e}c");
        assert_eq!(clean(&"x".repeat(1000)).len(), MAX_RAW);
    }

    #[test]
    fn events_read_back_as_they_were_written() {
        let finding = Finding::new("a", "b").at("::1".parse().unwrap()).raw("r");
        let events = [
            ProbeEvent::Finding { probe: Probe::Tcp, finding },
            ProbeEvent::Observation(Observation::seen("tcp.result", "refused", Source::Probe)),
            ProbeEvent::Done { observations: Vec::new(), cancelled: false },
        ];
        for event in events {
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<ProbeEvent>(&json).unwrap(), event, "{json}");
        }
    }
}
