//! What is known about broken connections: causes, questions, signatures, timeouts, fixes.

mod text;

pub use text::{Lang, Text};
