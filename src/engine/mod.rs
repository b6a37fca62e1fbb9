//! The `engine` station.
