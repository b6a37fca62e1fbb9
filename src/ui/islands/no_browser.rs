//! The server's twin of `browser`: effects never run here, so nothing here does anything.

use crate::report::Diagnostician;

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
    _knowledge: String,
    _look: impl Fn(&Diagnostician, &Choice) + 'static,
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
pub fn restore_draft() -> bool {
    false
}

/// See the browser's own.
pub fn keep_draft(_typed: impl Fn(&Typed) + 'static) {}

/// See the browser's own.
pub fn forget_draft() {}

/// See the browser's own.
pub fn guard_start(_may_start: impl Fn(&Typed, &str) -> bool + 'static) {}

/// See the browser's own.
pub fn read_while_typing(
    _knowledge: String,
    _longest: usize,
    _read: impl Fn(&Diagnostician, &str) + 'static,
) {
}

/// What is heard of a run; see the browser's own.
pub enum Live {
    /// One event, as JSON.
    Event(serde_json::Value),
    /// The end, and why.
    End(String),
}

/// See the browser's own.
pub fn start_run(
    _target: &str,
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
pub fn retell(_verdict: &str, _sure: Option<(String, f64)>) {}

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
