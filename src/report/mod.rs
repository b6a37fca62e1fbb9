//! The `report` station.
