//! What is masked before it leaves the browser: counts by kind, each change, and the way to change
//! either.

use std::collections::BTreeMap;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    knowledge::Lang,
    redact::{Choices, Confidence, Kind, Mask, find_with, secret_of},
};

use super::{browser, paste::PasteState};

/// Most single masks that are listed; the others are masked all the same.
const LISTED: usize = 60;
/// How much of the line stands around a mask, characters.
const AROUND: usize = 24;
/// Longest piece of a secret that is shown, characters.
const SECRET_SHOWN: usize = 40;

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

/// One secret with the places it stands in.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    kind: Kind,
    secret: String,
    placeholder: String,
    line: usize,
    count: usize,
    before: String,
    shown: String,
    after: String,
    fixed: bool,
}

/// The panel of the box `id`, empty as long as the box is.
pub(super) fn mask_panel(
    id: &str,
    state: PasteState,
    after: String,
    lang: Lang,
    texts: MaskTexts,
) -> impl IntoView + use<> {
    let PasteState { text, choices, .. } = state;
    let masks = Memo::new(move |_| {
        let hidden = Choices { hidden: choices.get().hidden, ..Choices::default() };
        text.with(|text| find_with(text, &hidden, &after))
    });
    let rows = Memo::new(move |_| text.with(|text| rows(text, &masks.read())));
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
        let counts = counts(&masks.read());
        if counts.is_empty() {
            return view! { <p class="muted">{none.clone()}</p> }.into_any();
        }
        let pills = counts.into_iter().map(|(kind, (count, fixed))| {
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
        let all = rows.get();
        let left = all.len().saturating_sub(LISTED);
        let items = all.into_iter().take(LISTED).map(|row| view_row(row, choices, &texts));
        view! {
            <ul class="mask-rows">{items.collect_view()}</ul>
            {(left > 0)
                .then(|| view! { <p class="muted">{more.replace("{n}", &left.to_string())}</p> })}
        }
    };
    view! {
        <section class="masks" aria-labelledby=format!("{id}-masks") hidden=move || text.read().trim().is_empty()>
            <h2 id=format!("{id}-masks")>{title}</h2>
            <p class="muted">{hint}</p>
            {kinds}
            <details class="mask-each" hidden=move || rows.read().is_empty()>
                <summary>{move || each.replace("{n}", &rows.read().len().to_string())}</summary>
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

fn view_row(row: Row, choices: RwSignal<Choices>, texts: &MaskTexts) -> impl IntoView + use<> {
    let Row { kind, secret, placeholder, line, count, before, shown, after, fixed } = row;
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

/// How many masks of each kind there are, and whether all of them are beyond choice.
fn counts(masks: &[Mask]) -> BTreeMap<Kind, (usize, bool)> {
    let mut counts = BTreeMap::new();
    for mask in masks {
        let (count, fixed) = counts.entry(mask.kind).or_insert((0, true));
        *count += 1;
        *fixed &= is_fixed(mask);
    }
    counts
}

fn is_fixed(mask: &Mask) -> bool {
    mask.confidence == Confidence::High
}

/// Each secret once, where it stands first.
fn rows(text: &str, masks: &[Mask]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let mut known: BTreeMap<(Kind, &str), usize> = BTreeMap::new();
    let (mut line, mut counted) = (1, 0);
    for mask in masks {
        line += text.get(counted..mask.start).unwrap_or("").matches('\n').count();
        counted = mask.start;
        let secret = secret_of(text, mask);
        if let Some(row) = known.get(&(mask.kind, secret)).and_then(|at| rows.get_mut(*at)) {
            row.count += 1;
            continue;
        }
        known.insert((mask.kind, secret), rows.len());
        let before = text.get(..mask.start).unwrap_or("");
        let before = before.rsplit('\n').next().unwrap_or("");
        let after = text.get(mask.end..).unwrap_or("").split('\n').next().unwrap_or("");
        rows.push(Row {
            kind: mask.kind,
            secret: secret.to_owned(),
            placeholder: mask.placeholder.clone(),
            line,
            count: 1,
            before: tail(before),
            shown: head(text.get(mask.start..mask.end).unwrap_or(""), SECRET_SHOWN),
            after: head(after, AROUND),
            fixed: is_fixed(mask),
        });
    }
    rows
}

fn head(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_owned(),
    }
}

fn tail(text: &str) -> String {
    match text.char_indices().rev().nth(AROUND) {
        Some((start, _)) => format!("…{}", text.get(start..).unwrap_or("")),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_listed_once_with_its_line_and_its_neighbours() {
        let text = "one\npassword=Hunter42xyz from 203.0.113.9\nagain Hunter42xyz";
        let rows = rows(text, &find_with(text, &Choices::default(), ""));
        let brief: Vec<_> =
            rows.iter().map(|row| (row.secret.as_str(), row.line, row.count)).collect();
        assert_eq!(brief, [("Hunter42xyz", 2, 2), ("203.0.113.9", 2, 1)]);
        assert_eq!(rows[0].before, "password=");
        assert_eq!(rows[1].shown, "9");
    }

    #[test]
    fn long_neighbours_are_cut_between_characters() {
        assert_eq!(tail(&"断".repeat(100)).chars().count(), AROUND + 2);
        assert_eq!(head(&"断".repeat(100), 5).chars().count(), 6);
    }
}
