//! What page and worker say to each other, as JSON.

use serde::{Deserialize, Serialize};

use crate::{
    capture::{Close, Closer, Handshake},
    evidence::Observation,
};

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// A page of the table.
    Rows(Query),
    /// One conversation.
    One {
        /// Its number.
        id: u32,
    },
    /// A page of the differences between the two captures.
    Differences {
        /// From 0.
        page: u32,
    },
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum Say {
    /// A file was read.
    Read(Summary),
    /// A page of the table.
    Rows(Page),
    /// One conversation.
    One(Box<Detail>),
    /// Its picture.
    Picture(Picture),
    /// A page of the differences.
    Differences(Differences),
    /// It cannot be done; one sentence, which may be empty.
    Failed {
        /// Why.
        sentence: String,
    },
}

/// How the table is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// The gravest first.
    #[default]
    Worst,
    /// By the ends.
    Ends,
    /// By the time of the first packet.
    Start,
    /// By how it began.
    Handshake,
    /// By who ended it and how.
    Closing,
    /// By how long it lasted.
    Duration,
    /// By its payload in both directions.
    Bytes,
}

impl Sort {
    /// All of them, as the page offers them.
    pub const ALL: [Self; 7] = [
        Self::Worst,
        Self::Ends,
        Self::Start,
        Self::Handshake,
        Self::Closing,
        Self::Duration,
        Self::Bytes,
    ];

    /// Its word in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Ends => "ends",
            Self::Start => "start",
            Self::Handshake => "handshake",
            Self::Closing => "closing",
            Self::Duration => "duration",
            Self::Bytes => "bytes",
        }
    }

    /// Whether the greatest come first where nobody says otherwise.
    pub fn starts_descending(self) -> bool {
        matches!(self, Self::Duration | Self::Bytes)
    }
}

/// What is to be shown of the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// Order.
    pub sort: Sort,
    /// The other way round.
    pub descending: bool,
    /// Part of an address, or a port, of either end.
    pub text: String,
    /// Only those that this end ended.
    pub closer: Option<Closer>,
    /// Only those that ended so.
    pub close: Option<Close>,
    /// Only those that began so.
    pub handshake: Option<Handshake>,
    /// Only those with findings.
    pub findings_only: bool,
    /// From 0.
    pub page: u32,
}

/// What there is to say of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// 0 for the capture, 1 for the one from the other end.
    pub slot: u32,
    /// Conversations.
    pub conversations: u64,
    /// How many of them something is wrong with.
    pub failed: u64,
    /// Packets.
    pub packets: u64,
    /// Conversations that were counted and are not kept, because there are too many; the worst are.
    pub not_kept: u64,
    /// What should be known of the file, in sentences.
    pub warnings: Vec<String>,
    /// Why it could not be read at all.
    pub refusal: Option<String>,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its number.
    pub id: u32,
    /// Address and port of who opened it.
    pub src: String,
    /// Address and port of who was called.
    pub dst: String,
    /// How it began.
    pub handshake: String,
    /// Who ended it and how.
    pub closing: String,
    /// How long it lasted.
    pub duration: String,
    /// Payload of `src` and of `dst`.
    pub sent: [String; 2],
    /// What happened, in one or two sentences.
    pub sentence: String,
    /// What stands out, in a few words each, the gravest first.
    pub findings: Vec<String>,
    /// Whether it did not do what it was opened for.
    pub failed: bool,
}

/// A page of the table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// Which page, from 0.
    pub page: u32,
    /// The number of the first row, from 0.
    pub from: u32,
    /// How many fit the filter.
    pub matching: u32,
    /// How many there are.
    pub all: u32,
}

/// One conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// As in the table.
    pub row: Row,
    /// What it is evidence of.
    pub observations: Vec<Observation>,
}

/// The picture of a conversation: arrows between two lanes, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Its number.
    pub id: u32,
    /// Height, pixels.
    pub height: f64,
    /// A length of time and its length in the picture, pixels; none where nothing is to scale.
    pub scale: Option<(String, f64)>,
    /// From top to bottom.
    pub steps: Vec<Step>,
    /// What was left out in the middle, in words, and after how many steps.
    pub left_out: Option<(usize, String)>,
}

/// One arrow.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Where it lies, pixels from the top.
    pub y: f64,
    /// Since the beginning, in words.
    pub at: String,
    /// 0 for the lane of `src`, 1 for the middle, 2 for the lane of `dst`.
    pub from: u8,
    /// The same, of its point.
    pub to: u8,
    /// What it is, in words.
    pub text: String,
    /// `open`, `data`, `again`, `wait`, `fin` or `rst`.
    pub kind: String,
    /// The silence before it, where it is long enough to be drawn.
    pub gap: Option<Gap>,
}

/// A silence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Gap {
    /// Where it begins, pixels from the top.
    pub top: f64,
    /// Where it ends.
    pub bottom: f64,
    /// How long it was, in words.
    pub text: String,
    /// Too long to be drawn to scale.
    pub cut: bool,
    /// Long enough that a person would call it a silence.
    pub silence: bool,
}

/// One way in which the two captures differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// Address and port of who opened it.
    pub src: String,
    /// Address and port of who was called.
    pub dst: String,
    /// What differs, in a sentence.
    pub sentence: String,
}

/// A page of the differences.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// The rows.
    pub rows: Vec<DifferenceRow>,
    /// Which page, from 0.
    pub page: u32,
    /// The number of the first row, from 0.
    pub from: u32,
    /// Conversations of both captures, and those in which they differ.
    pub all: u32,
    /// How many differ.
    pub differing: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_the_orders_are_those_of_json() {
        for sort in Sort::ALL {
            assert_eq!(serde_json::to_value(sort).unwrap(), sort.id());
        }
    }

    #[test]
    fn what_is_said_can_be_read_again() {
        let asks = [
            Ask::Rows(Query { closer: Some(Closer::Src), ..Query::default() }),
            Ask::One { id: 3 },
            Ask::Differences { page: 1 },
        ];
        for ask in asks {
            let json = serde_json::to_string(&ask).unwrap();
            assert_eq!(serde_json::from_str::<Ask>(&json).unwrap(), ask);
        }
        for say in [Say::Read(Summary::default()), Say::Picture(Picture::default())] {
            let json = serde_json::to_string(&say).unwrap();
            assert_eq!(serde_json::from_str::<Say>(&json).unwrap(), say);
        }
    }
}
