//! The area that takes a capture: a file that is dropped on it, or chosen in its field.

use leptos::prelude::*;

use super::browser;

/// `inside`, and the file field with the id `field`; each file goes to `take`. `is_done` marks an area whose
/// file was read.
pub(super) fn drop_area(
    class: &'static str,
    field: &'static str,
    is_done: Signal<bool>,
    take: impl Fn(browser::Chosen) + Clone + 'static,
    inside: impl IntoView + 'static,
) -> impl IntoView {
    let over = RwSignal::new(false);
    let (drop, choose) = (take.clone(), take);
    view! {
        <div
            class=class
            class:is-over=move || over.get()
            class:is-done=move || is_done.get()
            on:dragover=move |event| {
                event.prevent_default();
                over.set(true);
            }
            on:dragleave=move |_| over.set(false)
            on:drop=move |event| {
                over.set(false);
                if let Some(file) = browser::dropped(&event) {
                    drop(file);
                }
            }
        >
            <input
                type="file"
                id=field
                class="visually-hidden"
                tabindex="-1"
                aria-hidden="true"
                accept=".pcap,.pcapng,.cap,.dmp,.gz"
                on:change=move |event| {
                    if let Some(file) = browser::chosen(&event) {
                        choose(file);
                    }
                }
            />
            {inside}
        </div>
    }
}
