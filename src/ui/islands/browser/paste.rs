//! Boxes that are read while somebody types, and forms that send their text without its secrets.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
    time::Duration,
};

use js_sys::Reflect;
use leptos::prelude::{document, set_timeout};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FormData, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement};

use crate::{
    intake::MAX_TEXT,
    redact::{Choices, redact_with},
    report::Diagnostician,
};

use super::{
    around, by_id,
    engine::{if_ready, with_engine},
    listen,
};

/// How long nothing is typed before the text is read. judgement: the pause between two words.
const PAUSE: Duration = Duration::from_millis(300);

/// Marks a page whose forms are masked; the page's own small script waits for it.
const MASKING: &str = "masking";

thread_local! {
    /// What a person chose for the box of each id.
    static CHOICES: RefCell<BTreeMap<String, Choices>> = const { RefCell::new(BTreeMap::new()) };
    static MASKS: Cell<bool> = const { Cell::new(false) };
}

/// Calls `act` with the engine once it is there; see [`with_engine`].
pub fn with_knowledge(knowledge: &str, act: impl FnOnce(&Diagnostician) + 'static) {
    with_engine(knowledge, act);
}

/// What is masked in the box `id` from now on.
pub fn set_choices(id: &str, choices: Choices) {
    CHOICES.with_borrow_mut(|all| all.insert(id.to_owned(), choices));
}

/// Calls `typed` with what stands in the box `id`: now, if anything does, and whenever typing pauses.
/// What is longer than can be read counts as nothing.
pub fn watch_box(id: &str, typed: impl Fn(String) + 'static) {
    let (typed, id) = (Rc::new(typed), id.to_owned());
    let look = {
        let (typed, id) = (Rc::clone(&typed), id.clone());
        move || {
            let Some(area) = by_id::<HtmlTextAreaElement>(&id) else { return };
            let is_long = usize::try_from(area.text_length()).unwrap_or(usize::MAX) > MAX_TEXT;
            typed(if is_long { String::new() } else { area.value() });
        }
    };
    if by_id::<HtmlTextAreaElement>(&id).is_some_and(|area| !area.value().trim().is_empty()) {
        look();
    }
    let turn = Rc::new(Cell::new(0_u64));
    let look = Rc::new(look);
    let selector = format!("#{id}");
    listen(&document(), "input", move |event| {
        if around(&event, &selector).is_none() {
            return;
        }
        let mine = turn.get() + 1;
        turn.set(mine);
        let (turn, look) = (Rc::clone(&turn), Rc::clone(&look));
        set_timeout(
            move || {
                if turn.get() == mine {
                    look();
                }
            },
            PAUSE,
        );
    });
}

/// What is selected in the box `id`.
pub fn selected_in(id: &str) -> String {
    let selected = || {
        let area = by_id::<HtmlTextAreaElement>(id)?;
        let (start, end) = (area.selection_start().ok()??, area.selection_end().ok()??);
        let units: Vec<u16> = area.value().encode_utf16().collect();
        let range = usize::try_from(start).ok()?..usize::try_from(end).ok()?;
        Some(String::from_utf16_lossy(units.get(range)?))
    };
    selected().unwrap_or_default()
}

/// From now on every form of the page sends its marked boxes without their secrets, and says which of
/// its fields that were. What stands in the boxes stays as it is.
pub fn mask_forms() {
    if MASKS.replace(true) {
        return;
    }
    // Fired whenever a form's fields are gathered, for sending or for a look.
    listen(&document(), "formdata", |event| {
        let _ = mask_fields(&event);
    });
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1(MASKING);
    }
}

fn mask_fields(event: &Event) -> Option<()> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let fields: FormData =
        Reflect::get(event, &JsValue::from_str("formData")).ok()?.dyn_into().ok()?;
    let marked = form.query_selector_all("[data-masked]").ok()?;
    let (mut checked, mut beside) = (Vec::new(), BTreeSet::new());
    for at in 0..marked.length() {
        let Some(field) = marked.get(at).and_then(|node| node.dyn_into::<Element>().ok()) else {
            continue;
        };
        let Some((name, value)) = name_and_value(&field) else { continue };
        if field.get_attribute("data-masked").as_deref() == Some("all") {
            mask_among(&fields, &name, &value);
            continue;
        }
        // A host is what it is all about; an address with a password in it is not.
        if field.has_type::<HtmlInputElement>() && !value.contains('@') {
            continue;
        }
        let choices = CHOICES.with_borrow(|all| all.get(&field.id()).cloned().unwrap_or_default());
        let after = field.get_attribute("data-after").unwrap_or_default();
        let masked = redact_with(&value, &choices, &after).text;
        if_ready(|doctor| beside.extend(doctor.beside(&value, &masked)));
        let _ = fields.set_with_str(&name, &masked);
        checked.push(name);
    }
    if !checked.is_empty() {
        let _ = fields.set_with_str("checked", &checked.join(","));
    }
    if !beside.is_empty() {
        let words: Vec<String> = beside.into_iter().collect();
        let _ = fields.append_with_str("beside", &words.join(","));
    }
    Some(())
}

/// Masks `value` among the values of the field `name`, which boxes to tick share with it.
fn mask_among(fields: &FormData, name: &str, value: &str) {
    let masked = redact_with(value, &Choices::default(), "").text;
    if masked == value {
        return;
    }
    let all = fields.get_all(name);
    fields.delete(name);
    for other in all.iter().filter_map(|other| other.as_string()) {
        let _ = fields.append_with_str(name, if other == value { &masked } else { &other });
    }
}

fn name_and_value(field: &Element) -> Option<(String, String)> {
    let named = if let Some(area) = field.dyn_ref::<HtmlTextAreaElement>() {
        (area.name(), area.value())
    } else {
        let input = field.dyn_ref::<HtmlInputElement>()?;
        (input.name(), input.value())
    };
    (!named.0.is_empty()).then_some(named)
}
