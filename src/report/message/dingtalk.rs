//! The Markdown of DingTalk's robots (https://open.dingtalk.com/document/robots/custom-robot-access,
//! unsure, known second-hand): headings, quotes, bold, italic, links, pictures, lists, and no escape at all.

use super::{Dialect, Limit, feishu::ACTIVE, twinned};

pub(super) const DIALECT: Dialect = Dialect {
    // `!` opens a picture; it goes with its bracket.
    escape: |text| twinned(text, ACTIVE),
    strong: ("**", "**"),
    bullet: "- ",
    // Two spaces before the break, else the lines run together.
    line: "  \n",
    colon: None,
    link: |words, url| format!("[{words}]({url})"),
    // unsure: the documents speak of 20,000 bytes for a whole message.
    limit: Limit::Bytes(18_000),
};
