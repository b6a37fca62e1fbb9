//! Text into hits: which known patterns a pasted text holds, and on which line.
//!
//! Intake knows no causes. It is given patterns with the observations they stand for, and never
//! fails as a whole: what it cannot read it says.
#![warn(clippy::indexing_slicing)]

mod denial;
mod matcher;
mod numbers;
mod paste;
mod required;

pub use matcher::{Hit, Matcher, Pattern, PatternError};
pub use numbers::seconds_in;
pub use paste::{MAX_TEXT, PasteError, binary_at, check_paste};
