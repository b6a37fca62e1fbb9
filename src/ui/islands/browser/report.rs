//! A saved report that moves while it is open.

use std::rc::Rc;

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use crate::{
    knowledge::Lang,
    ui::{figures::percent, islands::Moved},
};

use super::listen;

/// What is heard of a report.
pub enum Heard {
    /// Something was added.
    Moved(Box<Moved>),
    /// It was revoked or has expired.
    Gone,
}

/// Follows the report under `token` from event `after` on, in `lang`. The browser comes back by
/// itself after a loss of the network, and names the last event it has heard.
pub fn follow_report(token: &str, after: u64, lang: Lang, heard: impl Fn(Heard) + 'static) {
    let lang = lang.tag();
    let address = format!("/api/v1/diagnoses/{token}/events?after={after}&lang={lang}");
    let Ok(stream) = EventSource::new(&address) else { return };
    let heard = Rc::new(heard);
    let hear = Rc::clone(&heard);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let moved = event.data().as_string().and_then(|data| serde_json::from_str(&data).ok());
        if let Some(moved) = moved {
            hear(Heard::Moved(moved));
        }
    });
    stream.set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
    let closing = stream.clone();
    listen(&stream, "end", move |_| {
        closing.close();
        heard(Heard::Gone);
    });
}

/// Puts another verdict above the fold, whole: its state, its sentence, how sure it is, what to do first, and
/// where the repair stands. As text, never as markup.
pub fn retell(moved: &Moved, lang: Lang) {
    let head = &moved.head;
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    let tell = |selector: &str, words: &str| {
        if let Some(place) = find(selector) {
            place.set_text_content(Some(words));
        }
    };
    if let Some(section) = find(".verdict") {
        let _ = section.set_attribute("class", &format!("verdict verdict-{}", head.state));
    }
    // The sign before it is that of the former state.
    tell(".verdict-state", &head.standing);
    tell("#verdict", &head.sentence);
    tell(".first-step p", &head.step);
    tell("#repair", &moved.state);
    if let Some(repair) = find("#repair") {
        let _ = repair.set_attribute("class", &format!("fix-state tone-{}", moved.state_tone));
        let _ = repair.toggle_attribute_with_force("hidden", moved.state.is_empty());
    }
    if let Some(step) = find(".first-step") {
        // What is repaired needs no first step.
        let _ = step.toggle_attribute_with_force("hidden", moved.state_tone == "good");
    }
    if let Some(line) = find(".confidence") {
        let _ = line.toggle_attribute_with_force("hidden", head.sure.is_none());
    }
    let Some(share) = head.sure else { return };
    tell(".confidence strong", &percent(share, lang));
    tell(".sureness", &head.sureness);
    if let Some(bar) = find(".sure-bar .bar-fill") {
        let _ = bar.set_attribute("width", &format!("{:.1}", share * 100.0));
    }
}
