//! Number keys choose an option of the step; Enter then sends it, as for any button.

use leptos::prelude::*;

use super::browser;

/// Listens for 1–9 and 0 and puts the focus on that option.
#[island]
pub fn StepKeys(
    /// What the keys do, in words; shown only where they work.
    hint: String,
) -> impl IntoView {
    let works = RwSignal::new(false);
    Effect::new(move |_| {
        browser::choose_by_number();
        // A step may have a field for free words, whether or not there is a box to paste into.
        browser::mask_forms("");
        works.set(browser::has_options());
    });
    view! { <p class="keys-hint" hidden=move || !works.get()>{hint}</p> }
}
