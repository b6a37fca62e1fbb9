//! The timeout ladder: which timer of which hop runs out before the one that should, what that looks
//! like, and which settings mend it.
//!
//! [`read`] makes a [`Ladder`] of a file of hops, or of pasted configuration; [`judge`] finds its
//! inversions and calculates the settings after which none is left. Pure functions; `docs/ladder.md`
//! describes the file and the answer.
#![warn(clippy::indexing_slicing)]

mod defaults;
mod draw;
mod input;
mod model;
mod paste;
mod readers;
mod reuse;
mod rules;
mod settings;
mod sketch;
mod solve;
#[cfg(test)]
mod tests;
mod units;
mod words;
mod write;
mod written;

use serde::Serialize;

use crate::knowledge::{Base, Text};

pub use draw::draw;
pub use input::{LadderError, MAX_HOPS, read};
pub use model::{Hop, Ladder, Limit, Origin, Role, Timer};
pub use paste::{hops_in, sketch_in};
pub use reuse::{Reuse, longest_reuse};
pub use rules::Rule;
pub use sketch::{Sketch, SketchError, SketchHop, SketchTimer, settings_of};
pub use solve::{above, apply};

/// Two timers in the wrong order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Inversion {
    /// Which rule it breaks.
    pub rule: Rule,
    /// The hops it lies between, positions from 0; the one that gives up first comes first.
    pub hops: Vec<usize>,
    /// After how many seconds it shows.
    pub after_seconds: f64,
    /// What is wrong.
    pub what: Text,
    /// What people will see.
    pub symptom: Text,
    /// Indices into the calculated settings that remove it.
    pub settings: Vec<usize>,
}

/// A calculated setting.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calculated {
    /// Position of the hop, from 0.
    pub hop: usize,
    /// Name of the setting.
    pub setting: String,
    /// What it bounds.
    pub roles: Vec<Role>,
    /// Its value now, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<Limit>,
    /// The value to give it.
    pub to: Limit,
    /// Why this value.
    pub why: Text,
    /// The line of configuration.
    pub snippet: String,
}

/// What a measured cut-off fits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CutOff {
    /// The measured silence, seconds.
    pub seconds: f64,
    /// Hop and setting of each timer that it fits.
    pub fits: Vec<(usize, String)>,
    /// Ids of constants that it fits, where no hop has one: a hop is missing.
    pub missing: Vec<String>,
    /// In words.
    pub says: Text,
}

/// What is to be said of a ladder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// The hops, with every timer and where it came from.
    pub hops: Vec<Hop>,
    /// What is in the wrong order.
    pub inversions: Vec<Inversion>,
    /// The settings after which nothing is.
    pub settings: Vec<Calculated>,
    /// What the measured cut-off fits, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<CutOff>,
}

/// Finds the inversions of `ladder`, and the settings that remove them all.
pub fn judge(ladder: &Ladder, base: &Base) -> Judgement {
    let (inversions, settings) = solve::solve(ladder);
    let cut_off = ladder.cut_off.map(|seconds| rules::cut_off(ladder, base, seconds));
    Judgement { hops: ladder.hops.clone(), inversions, settings, cut_off }
}
