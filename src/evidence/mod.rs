//! What is known about one broken connection: observations, from wherever they came.
//!
//! Answers, pasted text, probes and captures all end up here, in one form. This module knows
//! nothing of sockets, pages or log formats, and nothing of causes.
#![warn(clippy::indexing_slicing)]

mod course;

pub use course::{Course, End, Span, Stretch};
use serde::{Deserialize, Serialize};

/// Vantage of what our server saw through its operator's proxy.
pub const PROXIED: &str = "proxy";

/// Whether an observation was made, and what it said.
///
/// A thing that was *not looked at* has no observation at all. [`State::NotVisible`] means somebody
/// looked and this vantage cannot show it; it never weighs for or against a cause.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The variable has this value.
    #[default]
    Seen,
    /// The variable was looked at and does not have this value.
    RuledOut,
    /// It cannot be seen from this vantage.
    NotVisible,
}

/// Where an observation came from; its reliability depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Read out of pasted or typed text.
    Text,
    /// Said by a person: an opening fact or the answer to a question.
    Answer,
    /// Measured live.
    Probe,
    /// Read out of a packet capture.
    Capture,
    /// Reported by the read-only collector of another machine.
    Collect,
}

impl Source {
    /// The word used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Answer => "answer",
            Self::Probe => "probe",
            Self::Capture => "capture",
            Self::Collect => "collect",
        }
    }
}

/// The value of a variable.
#[derive(Clone, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A quantity in the variable's own unit (for `seconds`: seconds, 0 or more).
    Number(f64),
    /// One of the variable's declared options, or any name where the variable is open.
    Word(String),
}

impl Value {
    /// The option's name, if the value is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            Self::Number(_) => None,
        }
    }

    /// The quantity, if the value is one.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Word(_) => None,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Self::Word(word.to_owned())
    }
}

impl From<String> for Value {
    fn from(word: String) -> Self {
        Self::Word(word)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

/// One fact: a variable, its value, and how we know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// A variable that `knowledge/variables/` declares, such as `phase` or `tcp.result`.
    pub variable: String,
    /// One of the variable's options, or a number where the variable is a quantity.
    pub value: Value,
    /// Seen, ruled out, or not visible from this vantage.
    #[serde(default)]
    pub state: State,
    /// Where it came from.
    pub source: Source,
    /// Who looked: `user`, `server`, `browser`, or the name of a collector's machine.
    #[serde(default = "Observation::default_vantage")]
    pub vantage: String,
    /// The raw finding the reading rests on: the log line, the bytes received, the error text.
    /// Hostile text; shown as text only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// The connection it was made on, in numbers, where somebody measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
}

impl Observation {
    fn default_vantage() -> String {
        "user".to_owned()
    }

    /// A thing seen, from the user's own vantage.
    pub fn seen(variable: impl Into<String>, value: impl Into<Value>, source: Source) -> Self {
        Self {
            variable: variable.into(),
            value: value.into(),
            state: State::Seen,
            source,
            vantage: Self::default_vantage(),
            raw: None,
            course: None,
        }
    }

    /// The same observation, with the raw finding it rests on.
    #[must_use]
    pub fn with_raw(mut self, raw: impl Into<String>) -> Self {
        self.raw = Some(raw.into());
        self
    }

    /// The same observation, with the connection it was made on.
    #[must_use]
    pub fn with_course(mut self, course: Course) -> Self {
        self.course = Some(course);
        self
    }

    /// Whether a probe made it through the operator's proxy.
    pub fn is_proxied(&self) -> bool {
        self.source == Source::Probe && self.vantage == PROXIED
    }

    /// The same observation, made from another vantage.
    #[must_use]
    pub fn from_vantage(mut self, vantage: impl Into<String>) -> Self {
        self.vantage = vantage.into();
        self
    }

    /// The same observation in another state.
    #[must_use]
    pub fn in_state(mut self, state: State) -> Self {
        self.state = state;
        self
    }
}
