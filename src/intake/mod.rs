//! The `intake` station.
