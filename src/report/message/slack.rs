//! Slack's mrkdwn (https://api.slack.com/reference/surfaces/formatting, read 2026-11-28).

use super::{Dialect, Limit, twinned};

/// `&`, `<` and `>` are its control characters and have entities; `*`, `_`, `~` and backticks have
/// no escape, and a person's own paste calls everybody by a bare `@channel`.
pub(super) const DIALECT: Dialect = Dialect {
    escape: |text| {
        twinned(text, "*~`@").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    },
    strong: ("*", "*"),
    bullet: "• ",
    line: "\n",
    // Bold ends only before a space or ASCII punctuation.
    colon: Some(": "),
    link: |words, url| format!("<{}|{words}>", url.replace('&', "&amp;")),
    // `text` of chat.postMessage: 4,000 characters are advised, 40,000 cut off
    // (https://api.slack.com/changelog/2018-04-truncating-really-long-messages).
    limit: Limit::Characters(4_000),
};
