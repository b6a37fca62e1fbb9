//! The probe station against tables of targets and against real servers on loopback.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says why it failed"
)]

mod burst;
mod canary;
mod chains;
mod door;
mod environment;
mod generated;
mod halfclose;
mod http2;
mod idle;
mod ipv6;
mod lookups;
mod menagerie;
mod mtu;
mod nat64;
mod netns;
mod path;
mod policy;
mod proxied;
mod rebinding;
mod reset;
mod reused;
mod sealed;
mod servers;
mod support;
mod websocket;
mod zoo;
