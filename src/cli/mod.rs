//! The `cli` station.
