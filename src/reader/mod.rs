//! What the worker of the pages does with a text: it says what the text tells, what is secret in it,
//! which timers it configures, and where an answer would lead.
//!
//! Compiled to a WASM file of its own (feature `reader`), which a browser loads when there is something
//! to read: patterns and engine are most of what the pages would else load. `shell.js` moves messages;
//! everything that decides is here. The pages share `protocol`.
#![warn(clippy::indexing_slicing)]

mod desk;
mod marks;
pub mod protocol;

pub use desk::TextDesk;
