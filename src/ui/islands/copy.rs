//! Copy buttons: one listener for the whole page.

use leptos::prelude::*;

use super::browser;

/// Makes every button with `data-copy` copy the text of the `.copyable` around it, and says so to
/// people who hear the page.
#[island]
pub fn CopyButtons() -> impl IntoView {
    let said = RwSignal::new(String::new());
    Effect::new(move |_| browser::enable_copying(move |copied| said.set(copied)));
    view! { <p class="visually-hidden" role="status">{move || said.get()}</p> }
}
