//! Text into hits and observations: which known patterns a pasted text holds, and on which line; what
//! the output of commands counts up to; and the rhythm of a log.
//!
//! Intake knows no causes. It is given patterns with the observations they stand for, and never
//! fails as a whole: what it cannot read it leaves out.
#![warn(clippy::indexing_slicing)]

mod browser;
mod collect;
mod commands;
mod denial;
mod matcher;
mod numbers;
mod paste;
mod required;
mod rhythm;

pub use browser::{BrowserLook, RequestEnd, RequestSeen, SocketSeen, read_browser_look};
pub use collect::COLLECT_SCRIPT;
pub use commands::{Output, read_output};
pub use matcher::{Hit, Matcher, Pattern, PatternError};
pub use numbers::seconds_in;
pub use paste::{MAX_TEXT, PasteError, binary_at, check_paste};
pub use rhythm::rhythm;
