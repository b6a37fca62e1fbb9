//! The draft of the first page, in the browser's own storage.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout, window};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement, Storage};

use crate::{intake::MAX_TEXT, report::Diagnostician};

use super::{around, by_id, engine::with_engine, listen};

/// Key of the text in the storage.
const TEXT_KEY: &str = "hangup.text";
/// Key of the host in the storage.
const TARGET_KEY: &str = "hangup.target";
/// How long nothing is typed before the text is read. judgement: the pause between two sentences.
const PAUSE: Duration = Duration::from_millis(400);

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

/// Puts the kept draft back into empty fields; whether anything came back.
pub fn restore_draft() -> bool {
    let (Some(storage), Some(text), Some(target)) = (storage(), text_box(), target_field()) else {
        return false;
    };
    if !text.value().is_empty() || !target.value().is_empty() {
        return false;
    }
    let kept = |key: &str| storage.get_item(key).ok().flatten().unwrap_or_default();
    let (kept_text, kept_target) = (kept(TEXT_KEY), kept(TARGET_KEY));
    text.set_value(&kept_text);
    target.set_value(&kept_target);
    !kept_text.is_empty() || !kept_target.is_empty()
}

/// Keeps both fields with every change; `typed` gets the text.
pub fn keep_draft(typed: impl Fn(&Typed) + 'static) {
    listen(&document(), "input", move |event| {
        let (Some(text), Some(target)) = (text_box(), target_field()) else { return };
        let text = typed_in(&text);
        if let (Some(storage), Typed::Text(text)) = (storage(), &text) {
            // What is beyond the browser's quota is kept by the page alone.
            let _ = storage.set_item(TEXT_KEY, text);
            let _ = storage.set_item(TARGET_KEY, &target.value());
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
    if let (Some(text), Some(target)) = (text_box(), target_field()) {
        text.set_value("");
        target.set_value("");
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
        let (Some(text), Some(target)) = (text_box(), target_field()) else { return };
        if is_start && !may_start(&typed_in(&text), &target.value()) {
            event.prevent_default();
            let _ = text.focus();
        }
    });
}

/// Calls `read` with the engine and the text whenever typing pauses, unless it is over `longest`
/// bytes.
pub fn read_while_typing(
    knowledge: String,
    longest: usize,
    read: impl Fn(&Diagnostician, &str) + 'static,
) {
    let turn = Rc::new(Cell::new(0_u64));
    let read = Rc::new(read);
    listen(&document(), "input", move |event| {
        if around(&event, "#text").is_none() {
            return;
        }
        let mine = turn.get() + 1;
        turn.set(mine);
        let (turn, read, knowledge) = (Rc::clone(&turn), Rc::clone(&read), knowledge.clone());
        set_timeout(
            move || {
                let Some(Typed::Text(text)) = text_box().as_ref().map(typed_in) else { return };
                if turn.get() == mine && text.len() <= longest {
                    with_engine(&knowledge, move |doctor| read(doctor, &text));
                }
            },
            PAUSE,
        );
    });
}
