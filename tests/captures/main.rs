//! Packet captures: agreement with other programs over real ones, known truth over made ones, and
//! bytes that were never meant to be read.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers of a packet are cut to its fields"
)]

mod agreement;
mod both_ends;
#[cfg(feature = "ssr")]
mod command;
mod desk;
mod formats;
mod made;
mod robustness;
mod traces;
mod writer;
