//! The draft of the first page, in the browser's own storage.

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement, Storage};

use crate::intake::MAX_TEXT;

use super::{around, by_id, listen};

/// Key of the text in the storage.
const TEXT_KEY: &str = "hangup.text";
/// Key of the host in the storage.
const TARGET_KEY: &str = "hangup.target";

/// What stands in the box. A text beyond the limit is measured and not read: copying 10 MB with
/// every key would make typing stall.
#[derive(Clone, Debug)]
pub enum Typed {
    /// The text.
    Text(String),
    /// More than can be read: its length, UTF-16 units, which for logs are bytes.
    TooLong(usize),
}

fn typed_in(area: &HtmlTextAreaElement) -> Typed {
    match usize::try_from(area.text_length()).unwrap_or(usize::MAX) {
        length if length > MAX_TEXT => Typed::TooLong(length),
        _ => Typed::Text(area.value()),
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

fn text_box() -> Option<HtmlTextAreaElement> {
    by_id("text")
}

fn target_field() -> Option<HtmlInputElement> {
    by_id("target")
}

/// Puts the kept draft back into empty fields; whether anything came back. With `instead` the text
/// that stands there is only a masked copy of it and gives way.
pub fn restore_draft(instead: bool) -> bool {
    let (Some(storage), Some(text)) = (storage(), text_box()) else { return false };
    if let Some(prepared) = prepared_text() {
        text.set_value(&prepared);
        return false;
    }
    let target = target_field();
    let is_filled = !text.value().is_empty() || !typed_host(target.as_ref()).is_empty();
    let kept = |key: &str| storage.get_item(key).ok().flatten().unwrap_or_default();
    let (kept_text, kept_target) = (kept(TEXT_KEY), kept(TARGET_KEY));
    if is_filled && (!instead || kept_text.is_empty()) {
        return false;
    }
    text.set_value(&kept_text);
    if let Some(target) = target {
        target.set_value(&kept_target);
    }
    !kept_text.is_empty() || !kept_target.is_empty()
}

/// The text of a prepared link, `/read#text=…`: what stands behind `#` no browser sends. It is taken out of
/// the address, so that it is in no bookmark.
fn prepared_text() -> Option<String> {
    let location = window().location();
    let hash = location.hash().ok()?;
    let text = hash.strip_prefix("#text=")?.replace('+', " ");
    let text = js_sys::decode_uri_component(&text).ok()?.as_string()?;
    let bare = format!("{}{}", location.pathname().ok()?, location.search().ok()?);
    super::mark_run(&bare);
    (!text.trim().is_empty() && text.len() <= MAX_TEXT).then_some(text)
}

fn typed_host(target: Option<&HtmlInputElement>) -> String {
    target.map(HtmlInputElement::value).unwrap_or_default()
}

/// Keeps both fields with every change; `typed` gets the text.
pub fn keep_draft(typed: impl Fn(&Typed) + 'static) {
    listen(&document(), "input", move |event| {
        if around(&event, "#text, #target").is_none() {
            return;
        }
        let Some(text) = text_box() else { return };
        let text = typed_in(&text);
        if let (Some(storage), Typed::Text(text)) = (storage(), &text) {
            // What is beyond the browser's quota is kept by the page alone.
            let _ = storage.set_item(TEXT_KEY, text);
            if let Some(target) = target_field() {
                let _ = storage.set_item(TARGET_KEY, &target.value());
            }
        }
        if around(&event, "#text").is_some() {
            typed(&text);
        }
    });
}

/// Empties both fields and the storage.
pub fn forget_draft() {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(TEXT_KEY);
        let _ = storage.remove_item(TARGET_KEY);
    }
    if let Some(target) = target_field() {
        target.set_value("");
    }
    if let Some(text) = text_box() {
        text.set_value("");
        let _ = text.focus();
    }
}

/// Asks `may_start` with text and host before the form is sent, and keeps it where not.
pub fn guard_start(may_start: impl Fn(&Typed, &str) -> bool + 'static) {
    listen(&document(), "submit", move |event| {
        let is_start = event
            .target()
            .and_then(|form| form.dyn_into::<Element>().ok())
            .is_some_and(|form| form.has_attribute("data-start"));
        let Some(text) = text_box() else { return };
        if is_start && !may_start(&typed_in(&text), &typed_host(target_field().as_ref())) {
            event.prevent_default();
            let _ = text.focus();
        }
    });
}
