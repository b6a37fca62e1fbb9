//! Where a file is dropped or chosen, and how far its reading is.

use leptos::prelude::*;

use crate::ui::islands::{browser, drop_area::drop_area};

use super::{Phase, Progress, Scene};

/// A drop zone with a button, then the progress with a way to stop, then what came of it.
pub(super) fn drop_zone(
    scene: Scene,
    slot: u32,
    take: impl Fn(browser::Chosen) + Clone + 'static,
) -> impl IntoView {
    let phase = scene.phase(slot);
    let field = if slot == 0 { "capture-file" } else { "other-file" };
    let reading = move || matches!(phase.get(), Phase::Reading(_));
    let button = move || {
        let again = matches!(phase.get(), Phase::Read(..) | Phase::Lost(_));
        scene.t(if again { "cap-again" } else { "cap-choose" })
    };
    let inside = view! {
            <div class="drop-ask" hidden=reading>
                <p class="drop-words">{scene.t(if slot == 0 { "cap-drop" } else { "cap-other-drop" })}</p>
                <button
                    type="button"
                    class=if slot == 0 { "primary" } else { "button" }
                    on:click=move |_| browser::open_dialogue(field)
                >
                    {button}
                </button>
                {(slot == 0).then(|| view! { <p class="hint">{scene.t("cap-formats")}</p> })}
            </div>
            {progress(scene, phase)}
            <div class="drop-result" role="status">{move || result(scene, phase.get())}</div>
            <p class="error" role="alert">
                {move || match phase.get() {
                    Phase::Lost(sentence) => sentence,
                    _ => String::new(),
                }}
            </p>
    };
    let is_done = Signal::derive(move || matches!(phase.get(), Phase::Read(..)));
    drop_area("drop", field, is_done, take, inside)
}

/// The bar, the speed, and the button that stops.
fn progress(scene: Scene, phase: RwSignal<Phase>) -> impl IntoView {
    let now = Memo::new(move |_| match phase.get() {
        Phase::Reading(progress) => Some(progress),
        _ => None,
    });
    let name = move || now.get().map(|now| scene.with("cap-reading", &[("name", now.name)]));
    let share = move || now.get().map_or(0.0, |now| 100.0 * now.read / now.total.max(1.0));
    let figures = move || now.get().map(|now| figures(scene, &now));
    view! {
        <div class="drop-progress" hidden=move || now.get().is_none()>
            <p class="drop-words">{name}</p>
            <progress max="100" value=move || format!("{:.1}", share()) aria-label=move || name().unwrap_or_default()></progress>
            <p class="drop-figures">{figures}</p>
            <button type="button" class="button" on:click=move |_| browser::stop_capture()>
                {scene.t("cap-stop")}
            </button>
        </div>
    }
}

/// Megabytes read and to read, speed and packets.
fn figures(scene: Scene, now: &Progress) -> String {
    let megabytes = |bytes: f64| format!("{:.0}", bytes / 1e6);
    // Bytes of a millisecond are thousands of a second.
    let speed = if now.millis > 0.0 { now.read / now.millis / 1000.0 } else { 0.0 };
    scene.with(
        "cap-reading-at",
        &[
            ("read", megabytes(now.read)),
            ("total", megabytes(now.total)),
            ("speed", format!("{speed:.0}")),
            ("packets", format!("{:.0}", now.packets)),
        ],
    )
}

/// What came of a file, in sentences.
fn result(scene: Scene, phase: Phase) -> impl IntoView {
    let Phase::Read(name, summary, stopped) = phase else { return ().into_any() };
    let (all, failed) = (summary.conversations, summary.failed);
    let places = [
        ("name", name),
        ("n", all.to_string()),
        ("m", failed.to_string()),
        ("packets", summary.packets.to_string()),
    ];
    let found = scene.with(if all == 0 { "cap-found-none" } else { "cap-found" }, &places);
    let stopped = stopped.then(|| scene.t("cap-stopped"));
    let not_kept = (summary.not_kept > 0)
        .then(|| scene.with("cap-not-kept", &[("n", summary.not_kept.to_string())]));
    let notes = stopped.into_iter().chain(not_kept).chain(summary.warnings);
    view! {
        <p class="drop-found">{found}</p>
        <ul class="drop-notes">{notes.map(|note| view! { <li>{note}</li> }).collect_view()}</ul>
    }
    .into_any()
}
