//! The `ui` station.
