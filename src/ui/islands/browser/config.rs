//! Configuration that is read here, so that only its timers are sent.

use js_sys::Reflect;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, FormData, HtmlFormElement, HtmlTextAreaElement};

use crate::{
    ladder::{hops_in, sketch_in},
    ui::state::written,
};

use super::{by_id, listen};

/// From now on the form around the box `id` sends the timers that were read in it, and never the text
/// itself. A text without any is not sent: `nothing` is called instead.
pub fn send_hops(id: &str, nothing: impl Fn() + 'static) {
    let own = id.to_owned();
    listen(&document(), "formdata", move |event| {
        let _ = replace_text(&event, &own);
    });
    let own = id.to_owned();
    listen(&document(), "submit", move |event| {
        let Some(area) = area_in(&event, &own) else { return };
        if !area.value().trim().is_empty() && hops_in(&area.value()).is_empty() {
            event.prevent_default();
            nothing();
            let _ = area.focus();
        }
    });
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("masking");
    }
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
    fields.delete(&area.name());
    let found = sketch_in(&area.value());
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
