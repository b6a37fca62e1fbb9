//! What is masked before it leaves the browser: counts by kind, each change, and the way to change
//! either.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    knowledge::Lang,
    reader::protocol::{KindCount, Mark, Marks},
    redact::{Choices, Kind},
};

use super::{browser, paste::PasteState};

/// The words of the masks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MaskTexts {
    /// Heading.
    pub title: String,
    /// What the boxes do.
    pub hint: String,
    /// Said of kinds that cannot be left open.
    pub always: String,
    /// `See each change ({n})`.
    pub each: String,
    /// `Line {n}`.
    pub line: String,
    /// `on {n} places`.
    pub times: String,
    /// `{n} more are masked as well`.
    pub more: String,
    /// Label of the field for another word.
    pub hide: String,
    /// Its button.
    pub hide_button: String,
    /// Said where nothing is found.
    pub none: String,
    /// Word for a mask that is on.
    pub on: String,
    /// Word for one that is off.
    pub off: String,
}

/// The panel of the box `id`, empty as long as the box is.
pub(super) fn mask_panel(
    id: &str,
    state: PasteState,
    lang: Lang,
    texts: MaskTexts,
) -> impl IntoView + use<> {
    let PasteState { marks, choices, .. } = state;
    let marks = Memo::new(move |_| marks.get().unwrap_or_default());
    let word = RwSignal::new(String::new());
    let box_id = id.to_owned();
    let hide = move |_| {
        let typed = word.get_untracked();
        let typed = if typed.trim().is_empty() { browser::selected_in(&box_id) } else { typed };
        let typed = typed.trim().to_owned();
        if typed.len() > 1 {
            choices.update(|choices| {
                if !choices.hidden.contains(&typed) {
                    choices.hidden.push(typed);
                }
            });
            word.set(String::new());
        }
    };
    let field = format!("{id}-hide");
    let (always, none, each, more) =
        (texts.always.clone(), texts.none.clone(), texts.each.clone(), texts.more.clone());
    let (title, hint) = (texts.title.clone(), texts.hint.clone());
    let (label, button) = (texts.hide.clone(), texts.hide_button.clone());
    let kinds = move || {
        let counts = marks.get().kinds;
        if counts.is_empty() {
            return view! { <p class="muted">{none.clone()}</p> }.into_any();
        }
        let pills = counts.into_iter().map(|KindCount { kind, count, fixed }| {
            let covered = move || fixed || !choices.read().open_kinds.contains(&kind);
            let toggle = move |_| {
                choices.update(|choices| {
                    if !choices.open_kinds.remove(&kind) {
                        choices.open_kinds.insert(kind);
                    }
                });
            };
            view! {
                <label class="pill" title=fixed.then(|| always.clone())>
                    <input type="checkbox" prop:checked=covered disabled=fixed on:change=toggle />
                    <span>{format!("{count} × {}", kind.label(lang))}</span>
                </label>
            }
        });
        view! { <div class="chips mask-kinds">{pills.collect_view()}</div> }.into_any()
    };
    let listed = move || {
        let Marks { rows, all, .. } = marks.get();
        let left = all.saturating_sub(rows.len());
        let items = rows.into_iter().map(|row| view_row(row, choices, &texts));
        view! {
            <ul class="mask-rows">{items.collect_view()}</ul>
            {(left > 0)
                .then(|| view! { <p class="muted">{more.replace("{n}", &left.to_string())}</p> })}
        }
    };
    view! {
        <section class="masks" aria-labelledby=format!("{id}-masks") hidden=move || state.marks.read().is_none()>
            <h2 id=format!("{id}-masks")>{title}</h2>
            <p class="muted">{hint}</p>
            {kinds}
            <details class="mask-each" hidden=move || marks.read().rows.is_empty()>
                <summary>{move || each.replace("{n}", &marks.read().all.to_string())}</summary>
                {listed}
            </details>
            <div class="field-row mask-hide">
                <label for=field.clone()>{label}</label>
                <input
                    type="text"
                    id=field
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=move || word.get()
                    on:input=move |event| word.set(event_target_value(&event))
                />
                <button type="button" class="button" on:click=hide>{button}</button>
            </div>
        </section>
    }
}

fn view_row(row: Mark, choices: RwSignal<Choices>, texts: &MaskTexts) -> impl IntoView + use<> {
    let Mark { kind, secret, placeholder, line, count, before, shown, after, fixed } = row;
    let (own, open) = (secret.clone(), secret.clone());
    let chosen = kind == Kind::Chosen;
    let covered = move || {
        let choices = choices.read();
        fixed || chosen || !(choices.open_kinds.contains(&kind) || choices.open.contains(&own))
    };
    let toggle = move |_| {
        choices.update(|choices| {
            if chosen {
                choices.hidden.retain(|word| *word != open);
            } else if choices.open_kinds.remove(&kind) {
                // The whole kind was open, this one of it may not have been.
                choices.open.remove(&open);
            } else if !choices.open.remove(&open) {
                choices.open.insert(open.clone());
            }
        });
    };
    let place = texts.line.replace("{n}", &line.to_string());
    let times = (count > 1).then(|| texts.times.replace("{n}", &count.to_string()));
    let label = format!("{place}: {shown}");
    let (on, off, always) = (texts.on.clone(), texts.off.clone(), texts.always.clone());
    let state = covered.clone();
    let word = move || match (fixed, state()) {
        (true, _) => always.clone(),
        (false, true) => on.clone(),
        (false, false) => off.clone(),
    };
    let (pressed, diff) = (covered.clone(), covered);
    view! {
        <li>
            <button
                type="button"
                class="mask-toggle"
                aria-pressed=move || if pressed() { "true" } else { "false" }
                aria-label=label
                disabled=fixed
                on:click=toggle
            >
                {word}
            </button>
            <span class="mask-place">{place} {times.map(|times| format!(" · {times}"))}</span>
            <code>
                {before}
                <span class="mask-diff" class:is-off=move || !diff()>
                    <del>{shown}</del>
                    <ins>{placeholder}</ins>
                </span>
                {after}
            </code>
        </li>
    }
}
