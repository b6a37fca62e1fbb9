//! What the worker of the capture page does: it reads the file slice by slice, keeps the conversations,
//! and answers the page with a few rows, one conversation, or its picture, ready to be shown.
//!
//! Compiled to a WASM file of its own (feature `worker`), which a browser loads when a file is dropped.
//! `shell.js` moves slices and messages; everything that decides is here. The page shares `protocol`.
#![warn(clippy::indexing_slicing)]

mod desk;
mod diagram;
pub mod protocol;
mod rows;

pub use desk::CaptureDesk;
