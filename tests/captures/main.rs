//! Packet captures: agreement with other programs over real ones, known truth over made ones, and
//! bytes that were never meant to be read.

mod agreement;
mod formats;
mod made;
mod robustness;
mod writer;
