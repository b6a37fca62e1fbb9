//! Logarithms that give the same bits everywhere.
//!
//! The standard library calls the platform's `log2` and `exp2`, which differ in the last bit between
//! glibc and WASM; `libm` is the same code on both.

/// Logarithm to base 2.
pub(super) fn log2(value: f64) -> f64 {
    libm::log2(value)
}

/// Two to the power of `value`.
pub(super) fn exp2(value: f64) -> f64 {
    libm::exp2(value)
}

/// Normalises log₂ weights to probabilities that sum to 1.
pub(super) fn softmax2(weights: &[f64]) -> Vec<f64> {
    let highest = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let raw: Vec<f64> = weights.iter().map(|weight| exp2(weight - highest)).collect();
    let sum: f64 = raw.iter().sum();
    raw.into_iter().map(|value| value / sum).collect()
}

/// Entropy in bits.
pub(super) fn entropy(probabilities: &[f64]) -> f64 {
    probabilities.iter().filter(|p| **p > 0.0).map(|p| -p * log2(*p)).sum()
}

/// `base` above 0 to the power of `exponent`.
pub(super) fn pow(base: f64, exponent: f64) -> f64 {
    exp2(exponent * log2(base))
}
