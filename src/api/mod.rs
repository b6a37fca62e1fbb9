//! What the pages ask for and what their forms do: bodies of a few lines over engine, store, probes.
//!
//! In go the state of the wizard and the words of a visitor; out come reports, links and addresses to
//! go on at. Invariant: nothing here lays out a page.

mod arrive;
mod desk;
mod forms;
mod knowledge;
mod probes;
mod shares;

pub use arrive::{Arrived, Run};
pub use desk::{Desk, Trouble};
pub use forms::{Start, add, read_start};
pub use knowledge::{KNOWLEDGE_ROUTE, knowledge_path, serve_knowledge};
pub use probes::probe;
pub use shares::{ManagedLink, OpenedReport, delete, save};
