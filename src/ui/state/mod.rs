//! The state of the wizard: what was said so far, and which step comes next.
//!
//! It lives in the address of the page, so back, reload and a pasted link work, with or without
//! script. Nothing here knows a page, a socket or a store.

mod form;
mod step;
mod wizard;

pub use form::{decode, encode};
pub use step::{Opening, Step, current_step, single_probe};
pub use wizard::Wizard;
