//! The `api` station.
