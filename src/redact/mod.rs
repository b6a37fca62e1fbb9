//! What nobody else should read in a pasted text: found, named, and replaced by placeholders.
//!
//! [`find`] says where the secrets are; [`apply`] writes the text without them. The two are apart so
//! that a page can show each mask with its count and let a person take a kind back. A placeholder
//! such as `<password-1>` is stable: the same secret has the same one throughout a text, so that what
//! belongs together can still be seen. Redacting a redacted text changes nothing.
//!
//! Pure functions in linear time: the same in the browser, on the server and on the command line.
#![warn(clippy::indexing_slicing)]

mod checks;
mod choices;
mod kind;
mod mask;
mod rules;
mod scan;
#[cfg(test)]
mod tests;

pub use choices::{Choices, find_with, left_open, masked_in, numbers_in, redact_with, secret_of};
pub use kind::{Confidence, Kind};
pub use mask::{Mask, Redaction, apply, counts};
pub use scan::{blind, find};

/// `text` without the secrets of every kind that is on by default, and all masks found.
pub fn redact(text: &str) -> Redaction {
    let masks = find(text);
    let kept = Kind::off_by_default();
    Redaction { text: apply(text, &masks, &kept), masks }
}

/// The secrets in `text` whose very shape gives them away: private keys, cloud keys, tokens of known
/// services. A server refuses a text that holds one, instead of storing it silently.
pub fn high_confidence(text: &str) -> Vec<Mask> {
    let mut masks = find(text);
    masks.retain(|mask| mask.confidence == Confidence::High);
    masks
}
