//! What an instance has learned: how often each cause was confirmed here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Confirmed cases, and how much they count against the built-in base rates.
///
/// The base rates are read as a Dirichlet prior of `strength` pseudo-cases, so that a cause with base
/// rate `p` that was confirmed `n` times among `N` starts at `(strength · p + n) / (strength + N)`
/// (Gelman et al., Bayesian Data Analysis, 3rd ed., §3.4). A strength of 0 switches learning off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Experience {
    /// Pseudo-cases behind the base rates, ≥ 0.
    pub strength: f64,
    /// Confirmed cases by cause.
    pub confirmed: BTreeMap<String, u64>,
}

impl Experience {
    /// Whether it changes nothing.
    pub fn is_off(&self) -> bool {
        self.strength <= 0.0 || self.confirmed.values().all(|count| *count == 0)
    }

    /// `rates` by cause, which sum to at most 1, each shifted by the cases confirmed for its cause.
    /// Cases of causes that are not among them do not count.
    pub fn shift(&self, rates: &[(&str, f64)]) -> Vec<f64> {
        let count = |id: &str| self.confirmed.get(id).copied().unwrap_or(0);
        if self.is_off() {
            return rates.iter().map(|(_, rate)| *rate).collect();
        }
        #[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^52")]
        let float = |count: u64| count as f64;
        let total: f64 = rates.iter().map(|(id, _)| float(count(id))).sum();
        let shifted = |(id, rate): &(&str, f64)| {
            (self.strength * rate + float(count(id))) / (self.strength + total)
        };
        rates.iter().map(shifted).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_cases_as_the_strength_weigh_half() {
        let mut experience = Experience { strength: 10.0, ..Experience::default() };
        assert!(experience.is_off());
        experience.confirmed.insert("a".to_owned(), 10);
        let shifted = experience.shift(&[("a", 0.1), ("b", 0.6), ("other", 0.3)]);
        assert_eq!(shifted, [0.55, 0.3, 0.15]);
        experience.strength = 0.0;
        assert_eq!(experience.shift(&[("a", 0.1)]), [0.1]);
    }
}
