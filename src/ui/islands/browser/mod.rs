//! What the islands do in the browser. The server has a twin of this that does nothing.
//!
//! Listeners are set once for the whole page and live as long as it, so their closures are leaked on
//! purpose. Whatever the browser refuses (no storage, no clipboard) is left out without a word: all
//! of it is an extra.

mod capture;
#[cfg(feature = "hydrate")]
mod choices;
mod clipboard;
#[cfg(feature = "hydrate")]
mod config;
#[cfg(feature = "hydrate")]
mod draft;
#[cfg(feature = "hydrate")]
mod live;
#[cfg(feature = "hydrate")]
mod look;
#[cfg(feature = "hydrate")]
mod mask;
#[cfg(feature = "hydrate")]
mod paste;
#[cfg(feature = "hydrate")]
mod reader;
#[cfg(feature = "hydrate")]
mod report;
#[cfg(feature = "hydrate")]
mod sealed;
mod worker;

pub use capture::{
    Chosen, Heard as CaptureNews, ask_capture, chosen, dropped, guard_drops, open_dialogue,
    read_capture, stop_capture,
};
#[cfg(feature = "capture-page")]
pub use capture::{focus_soon, trace_capture};
#[cfg(feature = "hydrate")]
pub use choices::{Choice, choose_by_number, has_options, watch_choices};
pub use clipboard::enable_copying;
#[cfg(feature = "hydrate")]
pub use config::{hops_in_box, send_hops};
#[cfg(feature = "hydrate")]
pub use draft::{Typed, forget_draft, guard_start, keep_draft, restore_draft};
#[cfg(feature = "hydrate")]
pub use live::{Live, Ticked, cancel_run, follow_run, go, mark_run, start_run, ticked_probes};
#[cfg(feature = "hydrate")]
pub use look::look_at;
#[cfg(feature = "hydrate")]
pub use mask::{mask_forms, set_choices};
#[cfg(feature = "hydrate")]
pub use paste::{selected_in, watch_box};
#[cfg(feature = "hydrate")]
pub use reader::ask_reader;
#[cfg(feature = "hydrate")]
pub use report::{Heard, follow_report, retell};
#[cfg(feature = "hydrate")]
pub use sealed::{SealEnd, seal, unseal, whole_address};

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, EventTarget};

/// Calls `act` for every `kind` of event at `target`, for as long as the page lives.
fn listen(target: &EventTarget, kind: &str, act: impl Fn(Event) + 'static) {
    let listener = Closure::<dyn Fn(Event)>::new(act).into_js_value();
    // It fails only for an argument of the wrong kind.
    let _ = target.add_event_listener_with_callback(kind, listener.unchecked_ref());
}

/// The element of this id, as `T`.
fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// The nearest element around the event's target that `selector` fits, the target included.
fn around(event: &Event, selector: &str) -> Option<Element> {
    event.target()?.dyn_into::<Element>().ok()?.closest(selector).ok().flatten()
}
