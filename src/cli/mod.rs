//! The `cli` station.

pub mod probe;
pub mod target;
