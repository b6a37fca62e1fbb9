//! The Markdown of Feishu's and Lark's cards and robots
//! (https://open.feishu.cn/document/ukTMukTMukTM/uADOwUjLwgDM14CM4ATN; unsure, known second-hand).

use super::{Dialect, Limit, twinned};

/// Feishu escapes by entities, which a person who pastes would see as they are; twins are inert
/// both ways. `&` is among them because entities are read back.
pub(super) const ACTIVE: &str = "*~`@<>&[]#|";

pub(super) const DIALECT: Dialect = Dialect {
    escape: |text| twinned(text, ACTIVE),
    strong: ("**", "**"),
    bullet: "- ",
    line: "\n",
    colon: None,
    link: |words, url| format!("[{words}]({url})"),
    // A robot's request holds 20 KB; the rest is for the JSON around the text, where a Chinese
    // character stays three bytes.
    limit: Limit::Bytes(18_000),
};
