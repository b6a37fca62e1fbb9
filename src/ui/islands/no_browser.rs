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
pub fn mask_forms() {}

/// See the browser's own.
pub fn set_choices(_id: &str, _choices: crate::redact::Choices) {}

/// See the browser's own.
pub fn watch_box(_id: &str, _typed: impl Fn(String) + 'static) {}

/// See the browser's own.
pub fn with_knowledge(_knowledge: &str, _act: impl FnOnce(&Diagnostician) + 'static) {}

/// See the browser's own.
pub fn selected_in(_id: &str) -> String {
    String::new()
}

/// See the browser's own.
pub fn send_hops(_id: &str, _nothing: impl Fn() + 'static) {}

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
