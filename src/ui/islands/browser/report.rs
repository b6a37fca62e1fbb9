//! A saved report that moves while it is open.

use std::rc::Rc;

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{EventSource, MessageEvent};

use crate::{knowledge::Lang, ui::islands::Moved};

use super::{by_id, listen};

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

/// Puts another verdict above the fold: its sentence, and how sure it is. As text, never as markup.
pub fn retell(verdict: &str, sure: Option<(String, f64)>) {
    if let Some(heading) = by_id::<web_sys::Element>("verdict") {
        heading.set_text_content(Some(verdict));
    }
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    if let Some(line) = find(".confidence") {
        let _ = line.toggle_attribute_with_force("hidden", sure.is_none());
    }
    let Some((words, share)) = sure else { return };
    if let Some(number) = find(".confidence strong") {
        number.set_text_content(Some(&words));
    }
    if let Some(bar) = find(".sure-bar .bar-fill") {
        let _ = bar.set_attribute("width", &format!("{:.1}", share * 100.0));
    }
}
