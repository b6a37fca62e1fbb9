//! What the pages ask for: bodies of a few lines over engine, store and probes.
//!
//! In go tokens, texts and targets; out come reports, links and findings. Invariant: nothing here
//! knows a page or the state of the wizard; that is `ui`, which builds on this.

mod desk;
mod exports;
mod knowledge;
mod probes;
mod shares;
mod visitor;

pub use crate::server::Problem;
pub use desk::{Desk, Trouble};
pub use exports::{Export, export};
pub use knowledge::{KNOWLEDGE_ROUTE, knowledge_path, serve_knowledge};
pub use probes::Run;
pub use shares::{ManagedLink, OpenedReport, Saved, delete};
pub use visitor::Visitor;
