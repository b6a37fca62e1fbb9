//! The server's twin of `browser`: effects never run here, so nothing here does anything.

use crate::{
    intake::BrowserLook,
    ladder::SketchHop,
    reader::protocol::{Ask, Say},
};

/// What a person is about to answer; see the browser's own.
pub struct Choice {
    /// The form as it would be sent.
    pub query: String,
    /// The option in words.
    pub label: String,
}

/// See the browser's own.
pub fn enable_copying(_copied: impl Fn(String) + 'static) {}

/// See the browser's own.
pub fn choose_by_number() {}

/// See the browser's own.
pub fn has_options() -> bool {
    false
}

/// See the browser's own.
pub fn watch_choices(
    _look: impl Fn(&Choice, Box<dyn Fn() -> bool>) + 'static,
    _back: impl Fn() + 'static,
) {
}

/// What stands in the box; see the browser's own.
pub enum Typed {
    /// The text.
    Text(String),
    /// More than can be read: its length.
    TooLong(usize),
}

/// See the browser's own.
pub fn restore_draft(_instead: bool) -> bool {
    false
}

/// See the browser's own.
pub fn keep_draft(_typed: impl Fn(&Typed) + 'static) {}

/// See the browser's own.
pub fn forget_draft() {}

/// See the browser's own.
pub fn guard_start(_may_start: impl Fn(&Typed, &str) -> bool + 'static) {}

/// See the browser's own.
pub fn mask_forms(_knowledge: &str) {}

/// See the browser's own.
pub fn set_choices(_id: &str, _choices: crate::redact::Choices) {}

/// See the browser's own.
pub fn watch_box(_id: &str, _typed: impl Fn(String) + 'static) {}

/// See the browser's own.
pub fn ask_reader(
    _purpose: &str,
    _knowledge: &str,
    _ask: Ask,
    _heard: impl FnOnce(Option<Say>) + 'static,
) {
}

/// See the browser's own.
pub fn selected_in(_id: &str) -> String {
    String::new()
}

/// See the browser's own.
pub fn hops_in_box(_text: String, _found: impl FnOnce(Vec<SketchHop>) + 'static) {}

/// See the browser's own.
pub fn send_hops(_id: &str, _refused: impl Fn(bool) + Clone + 'static) {}

/// What is heard of a run; see the browser's own.
pub enum Live {
    /// One event, as JSON.
    Event(serde_json::Value),
    /// The end, and why.
    End(String),
}

/// The probes a person has ticked; see the browser's own.
#[derive(Clone, Debug, Default)]
pub struct Ticked {
    /// Their names.
    pub only: Vec<String>,
    /// Whether those that send more are agreed to.
    pub agrees: bool,
}

/// See the browser's own.
pub fn ticked_probes() -> Ticked {
    Ticked::default()
}

/// See the browser's own.
pub fn start_run(
    _target: &str,
    _only: &[String],
    _silence: u64,
    _lang: crate::knowledge::Lang,
    _started: impl FnOnce(Result<String, Option<String>>) + 'static,
) {
}

/// See the browser's own.
pub fn follow_run(_id: &str, _heard: impl Fn(Live) + 'static) {}

/// See the browser's own.
pub fn cancel_run(_id: &str) {}

/// See the browser's own.
pub fn mark_run(_address: &str) {}

/// See the browser's own.
pub fn go(_address: &str) {}

/// What is heard of a report; see the browser's own.
pub enum Heard {
    /// Something was added.
    Moved(Box<super::Moved>),
    /// It is gone.
    Gone,
}

/// See the browser's own.
pub fn follow_report(
    _token: &str,
    _after: u64,
    _lang: crate::knowledge::Lang,
    _heard: impl Fn(Heard) + 'static,
) {
}

/// See the browser's own.
pub fn retell(_moved: &super::Moved, _lang: crate::knowledge::Lang) {}

/// How sealing ended; see the browser's own.
pub enum SealEnd {
    /// Saved.
    Saved,
    /// It cannot be encrypted here.
    CannotEncrypt,
    /// The server did not take it.
    Refused(Option<String>),
}

/// See the browser's own.
pub fn seal(
    _text: String,
    _lives: u64,
    _draft: Option<String>,
    _ended: impl FnOnce(SealEnd) + 'static,
) {
}

/// See the browser's own.
pub fn unseal(_sealed: String, _opened: impl FnOnce(Option<serde_json::Value>, String) + 'static) {}

/// See the browser's own.
pub fn whole_address() -> String {
    String::new()
}
/// See the browser's own.
pub fn look_at(_url: &str, _socket_url: &str, _seen: impl Fn(BrowserLook, bool) + 'static) {}

/// What is heard of the worker of captures; see the browser's own.
pub enum CaptureNews {
    /// How far a file is.
    Progress {
        /// Which file.
        slot: u32,
        /// Bytes read.
        read: f64,
        /// Bytes of the file.
        total: f64,
        /// Packets so far.
        packets: f64,
        /// Since the file was begun.
        millis: f64,
    },
    /// An answer, and whether it was stopped before its end.
    Said(Box<crate::worker::protocol::Say>, bool),
    /// The worker or the file is lost.
    Lost(String),
}

/// A file; see the browser's own.
pub struct Chosen;

impl Chosen {
    /// Its name.
    pub fn name(&self) -> String {
        String::new()
    }
}

/// See the browser's own.
pub fn dropped(_event: &leptos::ev::DragEvent) -> Option<Chosen> {
    None
}

/// See the browser's own.
pub fn chosen(_event: &leptos::ev::Event) -> Option<Chosen> {
    None
}

/// See the browser's own.
pub fn open_dialogue(_id: &str) {}

/// See the browser's own.
pub fn focus_soon(_id: &'static str) {}

/// See the browser's own.
pub fn read_capture(
    _address: &str,
    _lang: crate::knowledge::Lang,
    _slot: u32,
    _file: Chosen,
    _heard: impl Fn(CaptureNews) + 'static,
) {
}

/// See the browser's own.
pub fn ask_capture(_ask: &crate::worker::protocol::Ask) {}

/// See the browser's own.
pub fn trace_capture(_id: u32) {}

/// See the browser's own.
pub fn stop_capture() {}

/// See the browser's own.
pub fn guard_drops() {}
