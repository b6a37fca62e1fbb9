//! The `cli` station.

pub mod target;
