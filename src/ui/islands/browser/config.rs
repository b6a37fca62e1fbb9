//! Configuration that is read here, so that only its timers are sent.

use std::cell::RefCell;

use js_sys::Reflect;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, FormData, HtmlFormElement, HtmlTextAreaElement};

use crate::{
    ladder::{Sketch, SketchHop},
    reader::protocol::{Ask, Say},
    ui::state::written,
};

use super::{
    by_id, listen,
    mask::{Kept, is_unmasked, mark_masking, mark_unmasked},
    reader::{ask_now, ask_reader},
};

thread_local! {
    /// The text that was read last, and what was found in it.
    static FOUND: RefCell<Option<(String, Sketch)>> = const { RefCell::new(None) };
}

/// Calls `found` with the components that `text` configures, once they are known.
pub fn hops_in_box(text: String, found: impl FnOnce(Vec<SketchHop>) + 'static) {
    if text.trim().is_empty() {
        return found(Vec::new());
    }
    ask_reader("timers", "", Ask::Timers { text: text.clone() }, move |said| {
        if let Some(Say::Timers(sketch)) = said {
            let hops = sketch.hops.clone();
            FOUND.set(Some((text, sketch)));
            found(hops);
        }
    });
}

/// From now on the form around the box `id` sends the timers that were read in it, and never the text
/// itself. A text without any is not sent: `refused` is called instead, with whether it was read at all.
/// What was not read is sent as it is when asked again.
pub fn send_hops(id: &str, refused: impl Fn(bool) + Clone + 'static) {
    let own = id.to_owned();
    listen(&document(), "formdata", move |event| {
        let _ = replace_text(&event, &own);
    });
    let own = id.to_owned();
    listen(&document(), "submit", move |event| {
        let Some(area) = area_in(&event, &own) else { return };
        let text = area.value();
        if text.trim().is_empty() || is_unmasked() {
            return;
        }
        let Some(kept) = (match found_in(&text) {
            Some(found) if !found.hops.is_empty() => return,
            _ => Kept::back(&event),
        }) else {
            return;
        };
        let refused = refused.clone();
        ask_now("", &Ask::Timers { text: text.clone() }, move |said| {
            let Some(Say::Timers(sketch)) = said else {
                mark_unmasked();
                kept.keep();
                return refused(false);
            };
            let is_empty = sketch.hops.is_empty();
            FOUND.set(Some((text, sketch)));
            if is_empty {
                kept.keep();
                refused(true);
                let _ = area.focus();
            } else {
                kept.send();
            }
        });
    });
    mark_masking();
}

fn found_in(text: &str) -> Option<Sketch> {
    FOUND.with_borrow(|found| {
        found.as_ref().filter(|(read, _)| read == text).map(|(_, sketch)| sketch.clone())
    })
}

/// The box, if the event is about its form.
fn area_in(event: &Event, id: &str) -> Option<HtmlTextAreaElement> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let area: HtmlTextAreaElement = by_id(id)?;
    (area.form()? == form).then_some(area)
}

fn replace_text(event: &Event, id: &str) -> Option<()> {
    let area = area_in(event, id)?;
    let fields: FormData =
        Reflect::get(event, &JsValue::from_str("formData")).ok()?.dyn_into().ok()?;
    let found = found_in(&area.value());
    if found.is_none() && is_unmasked() {
        // The page has said that the server reads it then.
        return None;
    }
    fields.delete(&area.name());
    let found = found?;
    for (name, said) in [("slowest", &found.slowest), ("cut", &found.cut_off)] {
        if !said.is_empty() {
            let _ = fields.set_with_str(name, said);
        }
    }
    for hop in found.hops {
        let _ = fields.append_with_str("found", &hop.component);
        if !hop.name.is_empty() {
            let _ = fields.append_with_str("name", &hop.name);
        }
        for timer in &hop.timers {
            let _ = fields.append_with_str(&format!("set.{}", timer.setting), &written(timer));
        }
    }
    Some(())
}
