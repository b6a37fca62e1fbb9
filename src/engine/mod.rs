//! What to believe and what to do next: pure functions over evidence and knowledge.
//!
//! The engine does no I/O, reads no clock, draws no random number and names no cause. The same case
//! gives the same bytes on every machine.

mod belief;
mod maths;
mod model;
mod planner;
#[cfg(test)]
mod properties;
pub mod scale;
mod timers;

pub use belief::{Belief, Weighed};
pub use model::{Model, SOMETHING_ELSE};
pub use planner::{Plan, Situation, Step, StepKind};
pub use timers::Fit;
