//! The `probe` station.
