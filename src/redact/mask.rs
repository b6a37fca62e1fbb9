//! Masks, and the text with them applied.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::kind::{Confidence, Kind};

/// One thing to be hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mask {
    /// What it is.
    pub kind: Kind,
    /// Where it begins in the original text, bytes from 0; on a character boundary.
    pub start: usize,
    /// Where it ends, bytes from 0, exclusive.
    pub end: usize,
    /// How sure that is.
    pub confidence: Confidence,
    /// What stands in its place, such as `<password-1>`.
    pub placeholder: String,
}

/// A redacted text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Redaction {
    /// The text, placeholders in place of the secrets.
    pub text: String,
    /// Every mask in the order of the text, those that were not applied among them.
    pub masks: Vec<Mask>,
}

/// Writes `text` with each of `masks` in place, but for those of the kinds in `kept`.
///
/// Masks come from [`super::find`] over the same text; one that does not fit the text is left out.
pub fn apply(text: &str, masks: &[Mask], kept: &BTreeSet<Kind>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for mask in masks.iter().filter(|mask| !kept.contains(&mask.kind)) {
        let Some(before) = text.get(at..mask.start) else { continue };
        if mask.end < mask.start || !text.is_char_boundary(mask.end) {
            continue;
        }
        out.push_str(before);
        out.push_str(&mask.placeholder);
        at = mask.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// How many masks of each kind there are.
pub fn counts(masks: &[Mask]) -> BTreeMap<Kind, usize> {
    let mut counts = BTreeMap::new();
    for mask in masks {
        *counts.entry(mask.kind).or_insert(0) += 1;
    }
    counts
}
