//! What the store knows of a link beyond its report: how it is opened, and what happened since.

use super::{Token, UnixSeconds};
use crate::report::{Entry, FixState, Report};

/// Most events of one report. judgement: a ticket of two hundred entries is a chat, not a diagnosis.
pub const MOST_EVENTS: u64 = 200;

/// Most bytes of all events of one report together, each with the report after it. judgement: two
/// hundred entries of the usual size.
pub const MOST_EVENT_BYTES: u64 = 24 * 1024 * 1024;

/// On what terms something is saved.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The time.
    pub now: UnixSeconds,
    /// When its links end.
    pub expires_at: UnixSeconds,
    /// The hash of a password, in PHC form, where it has one.
    pub lock: Option<String>,
    /// Whether it is deleted when it is first opened. Such a report can only be read, never answered.
    pub burns: bool,
}

/// What lies under a link.
#[derive(Clone, Debug)]
pub enum Kept {
    /// A report, in its newest version.
    Report(Box<Report>),
    /// Something that was sealed in a browser: base64url, for nobody here to read.
    Sealed(String),
}

/// What a view or answer token leads to. Whoever holds it must still pass `lock` and `burns`.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Number of the report within the store; never shown.
    pub id: i64,
    /// What is kept.
    pub kept: Kept,
    /// Whether this was the token that may answer.
    pub may_answer: bool,
    /// The hash of its password.
    pub lock: Option<String>,
    /// Whether opening it deletes it.
    pub burns: bool,
    /// Number of the last event; 0 where nothing happened yet.
    pub version: u64,
    /// Where the repair stands.
    pub state: FixState,
    /// When it was saved.
    pub created_at: UnixSeconds,
    /// When its links end.
    pub expires_at: UnixSeconds,
}

/// An entry of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// From 1, without gaps.
    pub number: u64,
    /// When.
    pub at: UnixSeconds,
    /// The name that whoever did it gave. Hostile text.
    pub who: String,
    /// What happened, and how far it moved the report.
    pub entry: Entry,
    /// Whether the report was another one afterwards.
    pub has_version: bool,
}

/// An event to be added.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// The token that may answer.
    pub token: Token,
    /// The time.
    pub now: UnixSeconds,
    /// The number of the event that was last when `report` was made; the event is refused with
    /// [`StoreError::Changed`](super::StoreError::Changed) where another one came between.
    pub after: u64,
    /// The name given.
    pub who: String,
    /// What happened.
    pub entry: Entry,
    /// The report afterwards, where it is another one.
    pub report: Option<Box<Report>>,
    /// Whether a cause that this proves counts among those that are learned from.
    pub teaches: bool,
}

impl NewEvent {
    /// The cause that is to be counted, if this proves one.
    pub(super) fn lesson(&self) -> Option<&str> {
        self.entry.happening.confirms().filter(|_| self.teaches)
    }
}

/// A cause that a verified fix has proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedCause {
    /// Id of the cause.
    pub cause: String,
    /// When it was proved.
    pub at: UnixSeconds,
}
