//! Plain text: for tickets, mails, and whatever nobody thought of.

use super::{Dialect, Limit};

/// There is no markup; but whatever the text is pasted into may call people by `@`.
pub(super) const DIALECT: Dialect = Dialect {
    escape: |text| twinned_at(text),
    strong: ("", ""),
    bullet: "- ",
    line: "\n",
    colon: None,
    link: |words, url| format!("{words}: {url}"),
    limit: Limit::None,
};

fn twinned_at(text: &str) -> String {
    // Underscores and addresses are what they are in plain text.
    text.chars().map(|c| if c == '@' { super::inert::twin(c) } else { c }).collect()
}
