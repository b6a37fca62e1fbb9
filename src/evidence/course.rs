//! One connection in numbers: what its time was spent on, one stretch after the other, and who ended it.
//!
//! Whoever measured writes it beside the observation, so that no drawing has to read a sentence.

use core::time::Duration;

use serde::{Deserialize, Serialize};

/// What a stretch of a connection was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stretch {
    /// Looking up the name.
    Dns,
    /// Connecting.
    Tcp,
    /// The TLS handshake.
    Tls,
    /// From the request, or the opening where the server speaks first, to the first byte of the answer.
    FirstByte,
    /// Reading the answer.
    Body,
    /// Both sides had their say, in a capture: everything between the handshake and the last silence.
    Talk,
    /// Nothing on the wire.
    Silence,
}

impl Stretch {
    /// Every one of them.
    pub const ALL: [Self; 7] =
        [Self::Dns, Self::Tcp, Self::Tls, Self::FirstByte, Self::Body, Self::Talk, Self::Silence];

    /// Its id, for texts and styles.
    pub fn id(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
            Self::FirstByte => "first-byte",
            Self::Body => "body",
            Self::Talk => "talk",
            Self::Silence => "silence",
        }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The other side said goodbye.
    Fin,
    /// The other side, or something on the way in its name, slammed the door.
    Rst,
    /// The same, and the reset was traced to something on the way.
    RstWay,
    /// The other side said in its protocol that it ends: a close frame, a GOAWAY.
    Farewell,
    /// The other side refused the handshake by an alert.
    Alert,
    /// Nothing came back any more.
    Silent,
    /// A router or a filter said that there is no way through.
    Icmp,
    /// We ended it: the answer was there, or the test was over.
    Ours,
    /// In a capture: whoever had opened the connection said goodbye.
    FinClient,
    /// In a capture: whoever had opened it slammed the door.
    RstClient,
    /// In a capture: the server slammed the door.
    RstServer,
}

impl End {
    /// Every one of them.
    pub const ALL: [Self; 11] = [
        Self::Fin,
        Self::Rst,
        Self::RstWay,
        Self::Farewell,
        Self::Alert,
        Self::Silent,
        Self::Icmp,
        Self::Ours,
        Self::FinClient,
        Self::RstClient,
        Self::RstServer,
    ];

    /// Its id, for texts and styles.
    pub fn id(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::RstWay => "rst-way",
            Self::Farewell => "farewell",
            Self::Alert => "alert",
            Self::Silent => "silent",
            Self::Icmp => "icmp",
            Self::Ours => "ours",
            Self::FinClient => "fin-client",
            Self::RstClient => "rst-client",
            Self::RstServer => "rst-server",
        }
    }
}

/// A stretch and how long it took.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// What it was spent on.
    pub on: Stretch,
    /// Milliseconds, 0 or more.
    pub millis: f64,
}

/// The course of one connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// In order of time.
    pub spans: Vec<Span>,
    /// How it ended.
    pub end: End,
}

/// Most stretches of a course: each of them once, and room. What comes from outside is held to it.
const MOST: usize = 12;
/// The longest stretch that is believed, milliseconds: eleven days, longer than any timer we know.
const LONGEST: f64 = 1e9;

impl Course {
    /// A course that ended so, without any stretch yet.
    pub fn ended(end: End) -> Self {
        Self { spans: Vec::new(), end }
    }

    /// The same with a stretch more. Microseconds are kept, what is finer is noise.
    #[must_use]
    pub fn then(self, on: Stretch, took: Duration) -> Self {
        self.then_seconds(on, took.as_secs_f64())
    }

    /// The same, from seconds.
    #[must_use]
    pub fn then_seconds(mut self, on: Stretch, seconds: f64) -> Self {
        let millis = libm::round(seconds * 1e6) / 1e3;
        if millis > 0.0 {
            self.spans.push(Span { on, millis });
        }
        self
    }

    /// Whether it can be drawn: anybody may have written it.
    pub fn is_sound(&self) -> bool {
        let sound = |span: &Span| (0.0..=LONGEST).contains(&span.millis);
        self.spans.len() <= MOST && self.spans.iter().all(sound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_words_are_its_ids() {
        for stretch in Stretch::ALL {
            assert_eq!(serde_json::to_value(stretch).unwrap(), stretch.id());
        }
        for end in End::ALL {
            assert_eq!(serde_json::to_value(end).unwrap(), end.id());
        }
    }

    #[test]
    fn a_stretch_of_no_time_is_none() {
        let course = Course::ended(End::Fin)
            .then(Stretch::Dns, Duration::ZERO)
            .then(Stretch::Tcp, Duration::from_micros(3100))
            .then_seconds(Stretch::Tls, f64::NAN);
        assert_eq!(course.spans, [Span { on: Stretch::Tcp, millis: 3.1 }]);
        assert!(course.is_sound());
    }

    #[test]
    fn what_nobody_can_have_measured_is_not_drawn() {
        for millis in [-1.0, f64::NAN, f64::INFINITY, 1e12] {
            let course = Course { spans: vec![Span { on: Stretch::Tcp, millis }], end: End::Ours };
            assert!(!course.is_sound());
        }
        let span = Span { on: Stretch::Tcp, millis: 1.0 };
        assert!(!Course { spans: vec![span; 99], end: End::Ours }.is_sound());
    }
}
