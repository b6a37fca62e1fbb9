//! Packet captures: bytes in, TCP conversations out, and what they say about who hung up.
//!
//! Pure and streaming: a [`Reader`] is fed chunks of a pcap or pcapng file, on the command line and
//! in a browser alike. Nothing in a file can make it panic or keep more than its [`Limits`].
#![warn(clippy::indexing_slicing)]

mod bytes;
mod compare;
mod conclude;
mod container;
mod conversation;
mod findings;
mod flow;
mod fragments;
mod icmp;
mod injection;
mod labels;
mod layers;
mod link;
mod network;
mod observe;
mod pcapng;
mod ranges;
mod reader;
mod segment;
mod side;
mod speech;
mod table;
mod trace;
mod tunnel;
mod unpack;
mod words;
mod zeek;

pub use compare::{Difference, Gap, Seen, compare};
pub use conversation::{Close, Closer, Conversation, Details, Handshake};
pub use findings::Finding;
pub use icmp::Complaint;
pub use labels::{closing, finding, handshake, seconds, size, step};
pub use observe::{VARIABLES, observations};
pub use reader::{Limits, NoCapture, Reader, Warning};
pub use trace::{Act, Event, Lane, LeftOut, Trace, Tracer, Word};
pub use words::{difference, sentence, warning};
pub use zeek::ZeekState;
