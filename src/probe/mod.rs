//! Live probes: text → target → policy → permit → dial → interpret. One door out.
//!
//! In: a [`target::Target`] and a [`policy::Policy`]. Out: [`crate::evidence::Observation`]s with
//! their raw findings, streamed while they are made.
//! Invariant: no socket to a target is opened outside `permit`, and no permit exists that the
//! policy did not give.

mod answer;
mod asked;
mod banner;
pub mod browser;
pub mod budget;
mod burst;
mod canary;
mod comb;
mod components;
mod conn;
mod consent;
mod dns;
mod dns64;
mod event;
pub mod explain;
mod frame;
mod goaway;
mod graph;
mod halfclose;
mod hold;
mod hostname;
mod http;
mod http2;
mod idle;
mod kind;
mod late;
mod mask;
pub mod meter;
mod mtu;
mod names;
pub mod nat64;
pub mod opt_out;
mod party;
mod path;
pub mod permit;
pub mod policy;
mod protocol;
mod proxied;
pub mod proxy;
pub mod ranges;
mod reset;
pub mod resolve;
mod resolvers;
mod reuse;
mod route;
pub mod rules;
mod run;
mod segments;
mod sender;
mod silence;
mod spread;
mod sys;
mod talk;
pub mod target;
mod tcp;
mod tls;
mod upgraded;
mod verify;
mod wave;
mod web;
mod websocket;

pub use conn::{Conn, FirstBytes};
pub use dns64::Synthesis;
pub use event::{Family, Finding, ProbeEvent};
pub use hostname::Host;
pub use idle::{DEFAULT_IDLE, MAX_IDLE};
pub use kind::Probe;
pub use meter::Meter;
pub use permit::{Account, Gate, Permit, Shape};
pub use run::{Plan, Run, run};
pub use sys::{Icmp, TcpFacts, own_addresses};
pub use verify::Roots;
