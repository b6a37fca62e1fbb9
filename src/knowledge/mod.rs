//! What is known about broken connections: causes, questions, signatures, timeouts, fixes.
//!
//! Knowledge is data. `docs/knowledge-format.md` describes the files; [`load`] reads a folder,
//! [`check`] says what is wrong with it, file and line.

mod base;
mod check;
mod entry;
mod experience;
mod files;
mod load;
mod place;
mod probes;
mod text;

pub use base::Base;
pub use check::check;
pub use entry::{
    Cause, Check, Citation, Client, ClientFact, Component, Cue, Fix, HowTo, Likelihood, Lookalike,
    Looks, Phrase, Prior, Question, SecondsSign, Signature, Timeout, Variable, VariableKind,
    VariableOption, Variant, Verification,
};
pub use experience::Experience;
#[cfg(not(target_arch = "wasm32"))]
pub use files::built_in;
pub use files::{Files, read_folder};
pub use load::{Loaded, Problem, load};
pub use place::{Place, Places};
pub use probes::{LiveProbe, PROBES, ProbeGroup};
pub use text::{Lang, Text};
