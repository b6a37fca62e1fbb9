//! What the pages ask for: bodies of a few lines over engine, store and probes.
//!
//! In go tokens, texts and targets; out come reports, links and findings. Invariant: nothing here
//! knows a page or the state of the wizard; that is `ui`, which builds on this.

mod desk;
mod exports;
mod knowledge;
pub mod operator;
mod probes;
mod shares;
mod ticket;
mod visitor;

pub use crate::{
    server::{DeliveryState, Path, Problem},
    store::Event,
};
pub use desk::{Desk, Trouble};
pub use exports::{Export, export};
pub use knowledge::{KNOWLEDGE_ROUTE, knowledge_path, serve_knowledge};
pub use operator::{CauseCount, Overview};
pub use probes::{Run, observations};
pub use shares::{Link, ManagedLink, OpenedReport, Saved, Ticket, Wish, delete, minute};
pub use ticket::{Said, Tried};
pub use visitor::{Visitor, redirect_keeping};
