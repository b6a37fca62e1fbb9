//! One file a page. A page reads the request, asks `api` for what it shows, and lays it out.
#![expect(
    unreachable_pub,
    reason = "the types that `#[component]` and `#[island]` make are public inside private files"
)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "a component owns its properties, whatever it does with them"
)]

mod about_probes;
mod compare;
mod diagnose;
mod home;
mod manage;
mod problem;
mod report;
mod report_parts;
mod step;
mod step_parts;
mod step_probe;

pub use about_probes::AboutProbesPage;
pub use compare::ComparePage;
pub use diagnose::DiagnosePage;
pub use home::{HomePage, Rejected};
pub use manage::{DeletedPage, ManagePage};
pub use problem::ProblemPage;
pub use report::ReportPage;

#[cfg(test)]
mod sample;
