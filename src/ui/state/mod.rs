//! The state of the pages: what was said so far and which step comes next, or which hops a ladder has.
//!
//! It lives in the address of the page, so back, reload and a pasted link work, with or without
//! script. Nothing here knows a page, a socket or a store.

mod form;
mod ladder;
mod step;
mod wizard;

pub use form::{decode, encode};
pub use ladder::{LadderAct, LadderForm, ladder_href, ladder_pairs, written};
pub use step::{Opening, Step, current_step, single_probe};
pub use wizard::Wizard;
