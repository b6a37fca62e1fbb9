//! The `knowledge` station.
