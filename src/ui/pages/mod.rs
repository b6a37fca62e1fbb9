//! One file a page. A page reads the request, asks `api` for what it shows, and lays it out.

mod about_probes;
mod diagnose;
mod home;
mod problem;
mod report;
mod report_parts;
mod step;
mod step_parts;
mod step_probe;

pub use about_probes::AboutProbesPage;
pub use diagnose::DiagnosePage;
pub use home::{HomePage, Rejected};
pub use problem::{Problem, ProblemPage};
pub use report::ReportPage;
