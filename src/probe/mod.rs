//! Live probes: text → target → policy → permit → dial → interpret. One door out.
//!
//! In: a [`target::Target`] and a [`policy::Policy`]. Out: [`crate::evidence::Observation`]s with
//! their raw findings, streamed while they are made.
//! Invariant: no socket to a target is opened outside `permit`, and no permit exists that the
//! policy did not give.

mod hostname;
mod names;
pub mod policy;
pub mod ranges;
pub mod rules;
pub mod target;

pub use hostname::Host;
