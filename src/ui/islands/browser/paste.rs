//! Boxes that are read while somebody types.

use std::{cell::Cell, rc::Rc, time::Duration};

use leptos::prelude::{document, set_timeout};
use web_sys::HtmlTextAreaElement;

use crate::intake::MAX_TEXT;

use super::{around, by_id, listen};

/// How long nothing is typed before the text is read. judgement: the pause between two words.
const PAUSE: Duration = Duration::from_millis(300);

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
