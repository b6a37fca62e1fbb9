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
mod admin;
mod capture;
mod compare;
mod diagnose;
mod from_browser;
mod home;
mod ladder;
mod ladder_hops;
mod ladder_result;
mod manage;
mod probe_choice;
mod problem;
mod read;
mod report;
mod report_parts;
mod reports;
mod step;
mod step_parts;
mod step_probe;

pub use about_probes::AboutProbesPage;
pub use admin::AdminPage;
pub use capture::CapturePage;
pub use compare::ComparePage;
pub use diagnose::DiagnosePage;
pub use from_browser::FromBrowserPage;
pub use home::{HomePage, Rejected};
pub use ladder::{LadderPage, Refused};
pub use manage::{DeletedPage, ManagePage};
pub use problem::ProblemPage;
pub use read::{ReadPage, ReadPaste};
pub use report::{Burned, ReportPage};
pub use reports::ReportsPage;

#[cfg(test)]
mod sample;
