//! The box of the ladder page that reads configuration where it is pasted.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::browser;

/// The words of the box.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ConfigTexts {
    /// Label.
    pub label: String,
    /// What may go in.
    pub hint: String,
    /// `{component}: {n} timers`.
    pub found: String,
    /// Sentence for a text without timers.
    pub nothing: String,
    /// Where it goes, with script.
    pub stays: String,
    /// Where it goes, without.
    pub goes: String,
    /// Said where script runs and the reader cannot be loaded.
    pub unread: String,
    /// The button.
    pub button: String,
}

/// Box and button. With script only the timers leave the browser; without it the server reads the
/// configuration and keeps nothing of it.
#[island]
pub fn ConfigBox(
    /// What stands in it.
    text: String,
    /// Why it was not read; empty where it was.
    error: String,
    /// The words.
    texts: ConfigTexts,
) -> impl IntoView {
    let error = RwSignal::new(error);
    let found = RwSignal::new(Vec::<String>::new());
    let words = texts.clone();
    Effect::new(move |_| {
        let (nothing, unread) = (words.nothing.clone(), words.unread.clone());
        browser::send_hops("config", move |is_read| {
            error.set(if is_read { nothing.clone() } else { unread.clone() });
        });
        let template = words.found.clone();
        browser::watch_box("config", move |text| {
            let template = template.clone();
            let is_blank = text.trim().is_empty();
            browser::hops_in_box(text, move |hops| {
                // A refusal stands until there is something to read.
                if !hops.is_empty() || is_blank {
                    error.set(String::new());
                }
                let row = |hop: &crate::ladder::SketchHop| {
                    template
                        .replace("{component}", &hop.component)
                        .replace("{n}", &hop.timers.len().to_string())
                };
                found.set(hops.iter().map(row).collect());
            });
        });
    });
    view! {
        <div class="field">
            <label for="config">{texts.label}</label>
            <p class="hint" id="config-hint">{texts.hint}</p>
            <textarea
                id="config"
                name="config"
                rows="5"
                spellcheck="false"
                data-config="1"
                aria-describedby="config-error config-hint"
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
            >
                {text}
            </textarea>
            <p class="error" id="config-error" role="alert">{move || error.get()}</p>
            <ul class="config-found" aria-live="polite">
                {move || found.get().into_iter().map(|row| view! { <li>{row}</li> }).collect_view()}
            </ul>
            <p class="hint privacy-note only-js">{texts.stays}</p>
            <p class="hint privacy-note only-plain">{texts.goes}</p>
        </div>
        <button type="submit" class="button" name="do" value="read">{texts.button}</button>
    }
}
