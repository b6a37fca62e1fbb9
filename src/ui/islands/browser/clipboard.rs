//! The clipboard.

use std::rc::Rc;

use leptos::prelude::{document, window};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Element, HtmlInputElement, HtmlTextAreaElement};

use super::{around, listen};

/// Shows the copy buttons and makes them work; `copied` gets the word to say afterwards.
pub fn enable_copying(copied: impl Fn(String) + 'static) {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1("js");
    }
    let copied = Rc::new(copied);
    listen(&document(), "click", move |event| {
        let Some(button) = around(&event, "[data-copy]") else { return };
        let Some(text) = text_beside(&button) else { return };
        let word = button.get_attribute("data-copy").unwrap_or_default();
        let copied = Rc::clone(&copied);
        let writing = window().navigator().clipboard().write_text(&text);
        spawn_local(async move {
            if JsFuture::from(writing).await.is_ok() {
                let _ = button.class_list().add_1("is-copied");
                if let Ok(Some(label)) = button.query_selector("span") {
                    label.set_text_content(Some(&word));
                }
                copied(word);
            }
        });
    });
}

/// The text of the field or code in the `.copyable` around a button.
fn text_beside(button: &Element) -> Option<String> {
    let around = button.closest(".copyable").ok()??;
    let found = around.query_selector("textarea, input, code").ok()??;
    if let Some(area) = found.dyn_ref::<HtmlTextAreaElement>() {
        return Some(area.value());
    }
    if let Some(input) = found.dyn_ref::<HtmlInputElement>() {
        return Some(input.value());
    }
    found.text_content()
}
