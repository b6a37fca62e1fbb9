//! What stands out in a conversation.

use serde::Serialize;

use super::flow::Flow;

/// One thing that stands out; `docs/captures.md` explains each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// placeholder until the list is written
    Refused,
}

/// The findings of a conversation, the gravest first.
pub(super) fn of(_flow: &Flow) -> Vec<Finding> {
    Vec::new()
}
