//! The `store` station.
