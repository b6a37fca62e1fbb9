//! The `server` station.
