#![recursion_limit = "256"]
//! Hangup finds out who hung up on a broken connection, why, and what to do about it.
//!
//! The folders are the stations of the data's path, in order: `evidence` (what is known), `intake`
//! (text and bytes become evidence), `knowledge` (causes, questions, signatures, timeouts, fixes),
//! `engine` (belief and the next step), `report` (what a person reads). `api` and `ui` are compiled
//! for the browser too; `probe`, `store`, `server` and `cli` for the server alone. This file is the
//! only place that gates modules.

pub mod engine;
pub mod evidence;
pub mod intake;
pub mod knowledge;
pub mod report;

#[cfg(feature = "ui")]
pub mod api;
#[cfg(feature = "ui")]
pub mod ui;

#[cfg(feature = "ssr")]
pub mod app;
#[cfg(feature = "ssr")]
pub mod cli;
#[cfg(feature = "ssr")]
pub mod probe;
#[cfg(feature = "ssr")]
pub mod server;
#[cfg(feature = "ssr")]
pub mod store;
