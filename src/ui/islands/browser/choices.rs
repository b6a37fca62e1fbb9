//! The options of a step: number keys, and what would be answered if the form were sent now.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, HtmlButtonElement, HtmlElement, HtmlFormElement, HtmlInputElement,
    KeyboardEvent, UrlSearchParams,
};

use crate::ui::state::encode;

use super::{around, listen, mask::fields_for_a_look};

/// How long the pointer rests on an option before it is weighed. judgement: longer than passing by,
/// shorter than reading.
const REST: Duration = Duration::from_millis(120);

/// What a person is about to answer.
pub struct Choice {
    /// The form as it would be sent.
    pub query: String,
    /// The option in words.
    pub label: String,
}

/// Whether the page holds options to choose from.
pub fn has_options() -> bool {
    matches!(document().query_selector("[data-step] .option"), Ok(Some(_)))
}

/// Puts the focus on the nth option for the keys 1–9, on the last one for 0.
pub fn choose_by_number() {
    listen(&document(), "keydown", |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        let typing = around(event, "input:not([type=radio], [type=checkbox]), textarea").is_some();
        if typing || event.ctrl_key() || event.alt_key() || event.meta_key() {
            return;
        }
        let Some(digit) = event.key().parse::<u32>().ok().filter(|digit| *digit <= 9) else {
            return;
        };
        let Ok(options) = document().query_selector_all("[data-step] .option") else { return };
        let at = match digit {
            0 => options.length().checked_sub(1),
            // The last option is "don't know", and has its own key.
            digit => Some(digit - 1).filter(|at| at + 1 < options.length()),
        };
        let option = at.and_then(|at| options.get(at));
        if let Some(option) = option.and_then(|option| option.dyn_into::<HtmlElement>().ok()) {
            event.prevent_default();
            let _ = option.focus();
        }
    });
}

/// Calls `look` whenever an option comes under the pointer, into focus, or changes, with whether that is
/// still so; `back` when it is left again.
pub fn watch_choices(
    look: impl Fn(&Choice, Box<dyn Fn() -> bool>) + 'static,
    back: impl Fn() + 'static,
) {
    let turn = Rc::new(Cell::new(0_u64));
    let look = Rc::new(look);
    let (turn_of_look, look_back) = (Rc::clone(&turn), Rc::new(back));
    let consider = Rc::new(move |event: Event| {
        let Some(choice) = choice(&event) else { return };
        let mine = turn_of_look.get() + 1;
        turn_of_look.set(mine);
        let (turn, look) = (Rc::clone(&turn_of_look), Rc::clone(&look));
        set_timeout(
            move || {
                if turn.get() == mine {
                    look(&choice, Box::new(move || turn.get() == mine));
                }
            },
            REST,
        );
    });
    for kind in ["pointerover", "focusin", "change", "input"] {
        let consider = Rc::clone(&consider);
        listen(&document(), kind, move |event| consider(event));
    }
    for kind in ["pointerout", "focusout"] {
        let (turn, back) = (Rc::clone(&turn), Rc::clone(&look_back));
        listen(&document(), kind, move |event| {
            if around(&event, "[data-step] button[name]").is_some() {
                turn.set(turn.get() + 1);
                back();
            }
        });
    }
}

/// The form of the step around the event, as it would be sent with the option the event is about.
fn choice(event: &Event) -> Option<Choice> {
    let form: HtmlFormElement = around(event, "form[data-step]")?.dyn_into().ok()?;
    let fields = fields_of(&form)?;
    if let Some(button) = around(event, "button[name]") {
        let button: HtmlButtonElement = button.dyn_into().ok()?;
        let (name, value) = (button.name(), button.value());
        let chosen = encode([(name.as_str(), value.as_str())]);
        return Some(Choice { query: format!("{fields}&{chosen}"), label: words_of(&button) });
    }
    // Boxes and fields speak when they change, not when the pointer passes over them.
    let input: HtmlInputElement = event.target()?.dyn_into().ok()?;
    matches!(event.type_().as_str(), "change" | "input").then(|| {
        let label = input.closest("label").ok().flatten();
        let label = label.map_or_else(|| input.value(), |label| words_of(&label));
        Choice { query: fields, label }
    })
}

fn fields_of(form: &HtmlFormElement) -> Option<String> {
    let pairs: JsValue = fields_for_a_look(form)?.into();
    Some(String::from(UrlSearchParams::new_with_str_sequence_sequence(&pairs).ok()?.to_string()))
}

/// The words of an option without its key.
fn words_of(element: &Element) -> String {
    let words = element.query_selector("span").ok().flatten();
    let words = words.as_ref().unwrap_or(element).text_content();
    words.unwrap_or_default().trim().to_owned()
}
