//! Slack's mrkdwn (https://api.slack.com/reference/surfaces/formatting; unsure, known second-hand).

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
    // 4,000 characters are advised (Slack's page as https://zenn.dev/web_chima/scraps/87b949d2d59a40
    // quotes it), 40,000 are cut off (Microsoft's description of `MessageText` of its Slack connector,
    // learn.microsoft.com); both read 2026-11-28, unsure.
    limit: Limit::Characters(4_000),
};
