//! Seconds against known constants.

use std::collections::{BTreeMap, BTreeSet};

use crate::knowledge::Base;

use super::{maths::exp2, scale};

/// Least spread around a constant, octaves.
const SPREAD_FLOOR: f64 = 0.03;

/// How often a probe finds a cut-off that has nothing to do with the cause.
const MEASURED_BY_CHANCE: f64 = 0.2;

/// Width of the background over log₂ seconds: from a tenth of a second to twelve days.
const OCTAVES: f64 = 23.0;

/// How much more a constant counts when the person named its component.
const NAMED: f64 = 8.0;

/// A constant of some component, in seconds.
struct Constant {
    id: String,
    component: String,
    seconds: f64,
    causes: Vec<usize>,
}

/// A constant that fits a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Id of the timeout entry.
    pub timeout: String,
    /// Whether its component was named.
    pub named: bool,
    /// Closeness, 0 to 1.
    pub closeness: f64,
}

/// Every constant in seconds, by the causes it speaks for.
pub(super) struct Timers {
    constants: Vec<Constant>,
    /// P(a sharp, repeatable time is seen | cause); none where the base says nothing.
    sharp: Vec<Option<f64>>,
}

impl Timers {
    pub(super) fn new(base: &Base, count: usize) -> Self {
        let index: BTreeMap<&str, usize> =
            base.causes.keys().enumerate().map(|(i, id)| (id.as_str(), i)).collect();
        let mut sharp: Vec<Option<f64>> = base
            .causes
            .values()
            .map(|cause| cause.seconds.map(|sign| scale::likelihood(sign.timer)))
            .collect();
        sharp.resize(count, None);
        let constants = base
            .timeouts
            .values()
            .filter(|timeout| timeout.unit == "s" && timeout.value > 0.0)
            .map(|timeout| Constant {
                id: timeout.id.clone(),
                component: timeout.component.clone(),
                seconds: timeout.value,
                causes: timeout
                    .causes
                    .iter()
                    .filter_map(|id| index.get(id.as_str()).copied())
                    .collect(),
            })
            .collect();
        Self { constants, sharp }
    }

    /// P(a sharp time | cause), the mean over all causes where the base says nothing.
    pub(super) fn sharpness(&self, cause: usize) -> f64 {
        self.sharp.get(cause).copied().flatten().unwrap_or(0.15)
    }

    /// The density of breaking after `seconds` under each cause, and under the background, per octave.
    ///
    /// A `measured` time is one that a probe found: that there is one at all already speaks for a
    /// timer. A told time may be anything that a person noticed.
    pub(super) fn densities(
        &self,
        seconds: f64,
        named: &BTreeSet<String>,
        measured: bool,
    ) -> (Vec<f64>, f64) {
        let flat = 1.0 / OCTAVES;
        let mut fitting = vec![0.0; self.sharp.len()];
        let mut weights = vec![0.0; self.sharp.len()];
        let (mut all_fitting, mut all_weights) = (0.0, 0.0);
        for constant in &self.constants {
            let weight = if named.contains(&constant.component) { NAMED } else { 1.0 };
            let height = kernel(seconds, constant.seconds);
            all_fitting += weight * height;
            all_weights += weight;
            for cause in &constant.causes {
                if let (Some(sum), Some(total)) = (fitting.get_mut(*cause), weights.get_mut(*cause))
                {
                    *sum += weight * height;
                    *total += weight;
                }
            }
        }
        let any = if all_weights > 0.0 { all_fitting / all_weights } else { flat };
        let fit = |cause: usize| match (fitting.get(cause), weights.get(cause)) {
            (Some(fitting), Some(weight)) if *weight > 0.0 => fitting / weight,
            _ => flat,
        };
        let sharp = self.sharp.iter().enumerate();
        if measured {
            // Settings are changed: half of all timers stand at no known constant.
            let timer = |cause, sharp: f64| sharp * (0.5 * fit(cause) + 0.5 * flat);
            let noise = flat * MEASURED_BY_CHANCE;
            let densities =
                sharp.map(|(cause, sharp)| timer(cause, sharp.unwrap_or(0.0)) + noise).collect();
            return (densities, noise * 2.0);
        }
        // Somebody who tells a number mostly has a sharp one, whatever the cause.
        let background = 0.5 * flat + 0.5 * any;
        let densities = sharp
            .map(|(cause, sharp)| match sharp {
                // A third of all timers that people tell of stand at no known constant.
                Some(sharp) => {
                    sharp * (0.67 * fit(cause) + 0.33 * flat) + (1.0 - sharp) * background * 0.6
                }
                None => background,
            })
            .collect();
        (densities, background)
    }

    /// The constants that `seconds` fits, those of named components first, then the closest.
    pub(super) fn fits(&self, seconds: f64, named: &BTreeSet<String>) -> Vec<Fit> {
        let mut fits: Vec<Fit> = self
            .constants
            .iter()
            .map(|constant| Fit {
                timeout: constant.id.clone(),
                named: named.contains(&constant.component),
                closeness: closeness(seconds, constant.seconds),
            })
            .filter(|fit| fit.closeness > 0.3)
            .collect();
        fits.sort_by(|a, b| {
            b.named
                .cmp(&a.named)
                .then(b.closeness.total_cmp(&a.closeness))
                .then_with(|| a.timeout.cmp(&b.timeout))
        });
        fits
    }
}

/// Spread of a measured or told time around a constant, in octaves: 3 %, and at least half a second
/// either way, because timers are polled and people round.
fn spread(constant: f64) -> f64 {
    SPREAD_FLOOR + 0.5 / constant.max(0.5) * std::f64::consts::LOG2_E * 0.5
}

fn closeness(seconds: f64, constant: f64) -> f64 {
    let distance =
        (super::maths::log2(seconds.max(0.001)) - super::maths::log2(constant)) / spread(constant);
    exp2(-0.5 * distance * distance * std::f64::consts::LOG2_E)
}

/// Normal density over log₂ seconds.
fn kernel(seconds: f64, constant: f64) -> f64 {
    closeness(seconds, constant) / (spread(constant) * 2.506_628_274_631_000_5)
}
