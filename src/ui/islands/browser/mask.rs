//! Forms that send their text without its secrets: kept back until the worker has masked it.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use js_sys::Reflect;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    Element, Event, FormData, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlTextAreaElement,
    SubmitEvent,
};

use crate::{
    reader::protocol::{Ask, Field, Say},
    redact::Choices,
};

use super::{
    listen,
    reader::{ask_now, knowledge_lies_at},
};

/// Marks a page whose forms are masked; the page's own small script waits for it.
const MASKING: &str = "masking";
/// Marks a page that has said that it cannot mask, and sends the text as it is when asked again.
const UNMASKED: &str = "unmasked";

/// The fields as they were asked about, what they are masked, and what they said besides.
type Answer = (Vec<Field>, Vec<String>, BTreeSet<String>);

thread_local! {
    /// What a person chose for the box of each id.
    static CHOICES: RefCell<BTreeMap<String, Choices>> = const { RefCell::new(BTreeMap::new()) };
    static MASKS: Cell<bool> = const { Cell::new(false) };
    /// The worker's last answer.
    static ANSWER: RefCell<Option<Answer>> = const { RefCell::new(None) };
    /// Whether the fields are gathered for a look in this browser, and not to be sent.
    static LOOKING: Cell<bool> = const { Cell::new(false) };
    /// Counts presses, since the last one counts.
    static PRESSES: Cell<u64> = const { Cell::new(0) };
}

/// What is masked in the box `id` from now on.
pub fn set_choices(id: &str, choices: Choices) {
    CHOICES.with_borrow_mut(|all| all.insert(id.to_owned(), choices));
}

/// From now on every form of the page sends its marked boxes without their secrets, and says which of
/// its fields that were. What stands in the boxes stays as it is. `knowledge` is where that lies, empty
/// where it is not known; with it, what the masks cover is told besides.
pub fn mask_forms(knowledge: &str) {
    knowledge_lies_at(knowledge);
    if MASKS.replace(true) {
        return;
    }
    listen(&document(), "submit", |event| {
        let _ = keep_back(&event);
    });
    // Fired whenever a form's fields are gathered, for sending or for a look.
    listen(&document(), "formdata", |event| {
        let _ = mask_fields(&event);
    });
    mark_masking();
}

/// Says to the page's small script that forms may go.
pub(super) fn mark_masking() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().remove_1(UNMASKED);
        let _ = root.class_list().add_1(MASKING);
    }
}

/// Has the page say that it cannot mask.
pub(super) fn mark_unmasked() {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().add_1(UNMASKED);
    }
}

/// Whether the page has said that it cannot mask.
pub(super) fn is_unmasked() -> bool {
    document().document_element().is_some_and(|root| root.class_list().contains(UNMASKED))
}

/// A form that waits, and the button it was sent with.
pub(super) struct Kept {
    form: HtmlFormElement,
    button: Option<HtmlElement>,
    press: u64,
}

impl Kept {
    /// Keeps back the form that `event` is about to send.
    pub(super) fn back(event: &Event) -> Option<Self> {
        event.prevent_default();
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        let _ = form.set_attribute("aria-busy", "true");
        let button = event.dyn_ref::<SubmitEvent>().and_then(SubmitEvent::submitter);
        let press = PRESSES.get() + 1;
        PRESSES.set(press);
        Some(Self { form, button, press })
    }

    /// Sends it, unless a button was pressed since: then that one does. Whoever kept it is asked again.
    pub(super) fn send(self) {
        self.keep();
        if PRESSES.get() == self.press {
            let _ = self.form.request_submit_with_submitter(self.button.as_ref());
        }
    }

    /// Lets it stand.
    pub(super) fn keep(&self) {
        let _ = self.form.remove_attribute("aria-busy");
    }
}

/// The fields of `form`, gathered for a look in this browser: with their secrets.
pub(super) fn fields_for_a_look(form: &HtmlFormElement) -> Option<FormData> {
    LOOKING.set(true);
    let fields = FormData::new_with_form(form);
    LOOKING.set(false);
    fields.ok()
}

/// A field that is masked.
struct Marked {
    name: String,
    /// Whether boxes to tick share its name.
    among: bool,
    field: Field,
}

fn keep_back(event: &Event) -> Option<()> {
    // Another reason keeps it back.
    if event.default_prevented() {
        return None;
    }
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let fields = filled(&marked_in(&form)?);
    if is_unmasked() || answer_to(&fields).is_some() {
        return None;
    }
    let kept = Kept::back(event)?;
    ask_now("", &Ask::Mask { fields: fields.clone() }, move |said| match said {
        Some(Say::Masked { texts, beside }) if texts.len() == fields.len() => {
            ANSWER.set(Some((fields, texts, beside)));
            kept.send();
        }
        _ => {
            mark_unmasked();
            kept.keep();
        }
    });
    Some(())
}

/// The marked fields of `form`.
fn marked_in(form: &HtmlFormElement) -> Option<Vec<Marked>> {
    let found = form.query_selector_all("[data-masked]").ok()?;
    let mut marked = Vec::new();
    for at in 0..found.length() {
        let Some(field) = found.get(at).and_then(|node| node.dyn_into::<Element>().ok()) else {
            continue;
        };
        let Some((name, text)) = name_and_value(&field) else { continue };
        let among = field.get_attribute("data-masked").as_deref() == Some("all");
        if among {
            let field = Field { text, ..Field::default() };
            marked.push(Marked { name, among, field });
            continue;
        }
        // A host is what it is all about; an address with a password in it is not.
        if field.has_type::<HtmlInputElement>() && !text.contains('@') {
            continue;
        }
        let choices = CHOICES.with_borrow(|all| all.get(&field.id()).cloned().unwrap_or_default());
        let after = field.get_attribute("data-after").unwrap_or_default();
        marked.push(Marked { name, among, field: Field { text, choices, after, beside: true } });
    }
    Some(marked)
}

/// Those with something in them, as the worker is asked about them.
fn filled(marked: &[Marked]) -> Vec<Field> {
    let fields = marked.iter().map(|marked| &marked.field);
    fields.filter(|field| !field.text.is_empty()).cloned().collect()
}

/// What the worker said to just these fields; to none it need not be asked.
fn answer_to(fields: &[Field]) -> Option<(Vec<String>, BTreeSet<String>)> {
    if fields.is_empty() {
        return Some(Default::default());
    }
    ANSWER.with_borrow(|answer| {
        let (asked, texts, beside) = answer.as_ref()?;
        (asked == fields).then(|| (texts.clone(), beside.clone()))
    })
}

fn mask_fields(event: &Event) -> Option<()> {
    if LOOKING.get() {
        return None;
    }
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let fields: FormData =
        Reflect::get(event, &JsValue::from_str("formData")).ok()?.dyn_into().ok()?;
    let marked = marked_in(&form)?;
    let Some((texts, beside)) = answer_to(&filled(&marked)) else {
        // Nothing goes unmasked, unless the person was told so and pressed again.
        if !is_unmasked() {
            for marked in &marked {
                fields.delete(&marked.name);
            }
        }
        return None;
    };
    let (mut texts, mut checked) = (texts.into_iter(), Vec::new());
    for Marked { name, among, field } in marked {
        let masked = if field.text.is_empty() { String::new() } else { texts.next()? };
        if among {
            mask_among(&fields, &name, &field.text, &masked);
        } else {
            let _ = fields.set_with_str(&name, &masked);
            checked.push(name);
        }
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

/// Puts `masked` in the place of `value` among the values of the field `name`, which boxes to tick share.
fn mask_among(fields: &FormData, name: &str, value: &str, masked: &str) {
    if masked == value {
        return;
    }
    let all = fields.get_all(name);
    fields.delete(name);
    for other in all.iter().filter_map(|other| other.as_string()) {
        let _ = fields.append_with_str(name, if other == value { masked } else { &other });
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
