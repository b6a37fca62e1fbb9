//! What was sent here and never seen there, and the other way round.

use leptos::prelude::*;

use crate::{ui::islands::browser, worker::protocol::Ask};

use super::{Scene, table::pages};

/// The differences between the two captures; nothing until both were read.
pub(super) fn compared(scene: Scene) -> impl IntoView {
    let rows = move || {
        let found = scene.differences.get().unwrap_or_default();
        found
            .rows
            .into_iter()
            .map(|row| {
                view! {
                    <li>
                        <strong>
                            <bdi>{row.src}</bdi>
                            " → "
                            <bdi>{row.dst}</bdi>
                        </strong>
                        <span>{row.sentence}</span>
                    </li>
                }
            })
            .collect_view()
    };
    let head = move || {
        scene.differences.get().map(|found| {
            let places = [("n", found.all.to_string()), ("m", found.differing.to_string())];
            scene.with(if found.differing == 0 { "cap-agree" } else { "cap-differ" }, &places)
        })
    };
    let now = move || {
        scene.differences.with(|found| {
            found.as_ref().map_or((0, 0, 0, 0), |f| (f.page, f.from, f.rows.len(), f.differing))
        })
    };
    view! {
        <div class="differences" hidden=move || scene.differences.with(Option::is_none)>
            <p role="status" class="drop-found">{head}</p>
            <ul aria-label=scene.t("cap-differences")>{rows}</ul>
            {pages(scene, now, |page| browser::ask_capture(&Ask::Differences { page }))}
        </div>
    }
}
