//! The box of the first page: keeps what is typed, says early what would be refused, and shows which
//! errors it knows while the person still types.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    intake::{MAX_TEXT, PasteError, check_paste},
    knowledge::Lang,
};

use super::browser;

/// Most recognised errors shown while typing. judgement: two lines say enough.
const RECOGNISED: usize = 3;
/// Longest text that is read while typing, bytes; longer ones are read when they are sent.
const READ_WHILE_TYPING: usize = 64 * 1024;

/// The words of the box.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DraftTexts {
    /// Label of the box.
    pub label: String,
    /// What may go into it.
    pub hint: String,
    /// Shown while it is empty.
    pub placeholder: String,
    /// Label of the host field.
    pub target: String,
    /// What may go into that.
    pub target_hint: String,
    /// The one button.
    pub button: String,
    /// Said when a draft came back.
    pub restored: String,
    /// Button that forgets it.
    pub clear: String,
    /// Heading of what was recognised.
    pub recognised: String,
    /// Sentence for a text that is too long; holds `{size}` and `{limit}`, KiB.
    pub too_long: String,
    /// Sentence for a text that is none.
    pub binary: String,
    /// Sentence for an empty start.
    pub empty: String,
}

impl DraftTexts {
    /// Why a start with this text and host would be refused, as a sentence.
    fn refusal(&self, typed: &browser::Typed, target: &str) -> Option<String> {
        match typed {
            browser::Typed::TooLong(length) => Some(self.too_long(*length)),
            browser::Typed::Text(text) if text.trim().is_empty() => {
                target.trim().is_empty().then(|| self.empty.clone())
            }
            browser::Typed::Text(text) => self.unreadable(text),
        }
    }

    /// Why a text cannot be read, as a sentence.
    fn unreadable(&self, text: &str) -> Option<String> {
        match check_paste(text).err()? {
            PasteError::TooLong { bytes } => Some(self.too_long(bytes)),
            PasteError::Binary { .. } => Some(self.binary.clone()),
        }
    }

    fn too_long(&self, bytes: usize) -> String {
        self.too_long
            .replace("{size}", &bytes.div_ceil(1024).to_string())
            .replace("{limit}", &(MAX_TEXT / 1024).to_string())
    }
}

/// Text box, host field and button of the first page.
#[island]
pub fn DraftBox(
    /// The text to start with.
    text: String,
    /// The host to start with.
    target: String,
    /// Why the last start was refused; empty where none was.
    error: String,
    /// Address of the knowledge for the browser.
    knowledge: String,
    /// Language of what is recognised.
    lang: Lang,
    /// The words.
    texts: DraftTexts,
) -> impl IntoView {
    let refused = !error.is_empty();
    let error = RwSignal::new(error);
    let restored = RwSignal::new(false);
    let known = RwSignal::new(Vec::<String>::new());
    let words = texts.clone();
    Effect::new(move |_| {
        restored.set(browser::restore_draft());
        let check = words.clone();
        let on_typed = move |typed: &browser::Typed| {
            // While typing an empty box is no mistake.
            let wrong = match typed {
                browser::Typed::Text(text) => check.unreadable(text),
                browser::Typed::TooLong(length) => Some(check.too_long(*length)),
            };
            error.set(wrong.unwrap_or_default());
        };
        browser::keep_draft(on_typed);
        let check = words.clone();
        browser::guard_start(move |typed, target| {
            let refusal = check.refusal(typed, target);
            error.set(refusal.clone().unwrap_or_default());
            refusal.is_none()
        });
        browser::read_while_typing(knowledge.clone(), READ_WHILE_TYPING, move |doctor, text| {
            let base = doctor.base();
            let hits = doctor.decode(text).hits;
            let meanings = hits.iter().filter_map(|hit| base.signatures.get(&hit.signature));
            known.set(
                meanings.take(RECOGNISED).map(|found| found.meaning.get(lang).to_owned()).collect(),
            );
        });
    });
    let forget = move |_| {
        browser::forget_draft();
        restored.set(false);
        known.set(Vec::new());
    };
    view! {
        <div class="field">
            <label for="text">{texts.label}</label>
            <p class="hint" id="text-hint">{texts.hint}</p>
            <textarea
                id="text"
                name="text"
                rows="6"
                placeholder=texts.placeholder
                spellcheck="false"
                autofocus=refused
                aria-describedby="text-error text-hint"
                aria-invalid=move || (!error.read().is_empty()).then_some("true")
            >
                {text}
            </textarea>
            <p class="error" id="text-error" role="alert">{move || error.get()}</p>
            <p class="notice" hidden=move || !restored.get()>
                {texts.restored}
                " "
                <button type="button" class="link-button" on:click=forget>{texts.clear}</button>
            </p>
            <div class="recognised" aria-live="polite" hidden=move || known.read().is_empty()>
                <strong>{texts.recognised}</strong>
                <ul>
                    {move || known.get().into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}
                </ul>
            </div>
        </div>
        <div class="start-row">
            <div class="field">
                <label for="target">{texts.target}</label>
                <input
                    type="text"
                    id="target"
                    name="target"
                    value=target
                    placeholder=texts.target_hint
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    inputmode="url"
                />
            </div>
            <button type="submit" class="primary">{texts.button}</button>
        </div>
    }
}
