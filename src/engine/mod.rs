//! What to believe and what to do next: pure functions over evidence and knowledge.
//!
//! The engine does no I/O, reads no clock, draws no random number and names no cause. The same case
//! gives the same bytes on every machine.

mod belief;
mod hop;
mod maths;
mod model;
mod overturn;
mod pair;
mod planner;
#[cfg(test)]
mod properties;
mod remedy;
pub mod scale;
mod settling;
pub mod simulation;
mod timers;

pub use belief::{Belief, Counted, Weighed};
pub use hop::MissingHop;
pub use model::{Model, SOMETHING_ELSE};
pub use overturn::Overturn;
pub use pair::Pair;
pub use planner::{Plan, Situation, Step, StepKind};
pub use timers::Fit;
