//! The box of the first page and of the log reader: keeps what is typed, says early what would be
//! refused, and shows what it understands and what it masks while the person still types.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    intake::{MAX_TEXT, PasteError, check_paste},
    knowledge::Lang,
};

use super::{
    browser,
    paste::{PasteReading, PasteState, PasteTexts, paste_panels, privacy_notes},
};

/// Most hits shown below the box of the first page before "more". judgement: the start stays one
/// screen.
const HITS_AT_START: usize = 3;

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
    /// The button that has the server read the text, where there is no script.
    pub read_button: String,
    /// Said when a draft came back.
    pub restored: String,
    /// Button that forgets it.
    pub clear: String,
    /// Sentence for a text that is too long; holds `{size}` and `{limit}`, KiB.
    pub too_long: String,
    /// Sentence for a text that is none.
    pub binary: String,
    /// Sentence for an empty start.
    pub empty: String,
    /// What stands below the box.
    pub paste: PasteTexts,
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

/// Text box and button; on the first page the host field too, on the reader's page more room.
#[island]
pub fn DraftBox(
    /// The text to start with.
    text: String,
    /// The host to start with.
    target: String,
    /// Why the last start was refused; empty where none was.
    error: String,
    /// Whether `text` came back from the server, masked by this browser before it was sent.
    was_masked: bool,
    /// Whether this is the reader's page.
    wide: bool,
    /// What the server read, where it did.
    read: Option<PasteReading>,
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
    let state = PasteState::new(read);
    let words = texts.clone();
    Effect::new(move |_| {
        restored.set(browser::restore_draft(was_masked));
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
        state.watch("text", "", &knowledge, lang);
    });
    let forget = move |_| {
        browser::forget_draft();
        restored.set(false);
        state.forget();
    };
    let privacy = privacy_notes(&texts.paste);
    let most = if wide { 0 } else { HITS_AT_START };
    let panels = paste_panels("text", state, most, lang, texts.paste);
    let host = (!wide).then(|| {
        view! {
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
                    data-masked="1"
                />
            </div>
        }
    });
    let read_button = wide.then(|| {
        view! {
            <button type="submit" class="button only-plain" formaction="/read">
                {texts.read_button}
            </button>
        }
    });
    view! {
        <div class="field">
            <label for="text">{texts.label}</label>
            <p class="hint" id="text-hint">{texts.hint}</p>
            <textarea
                id="text"
                name="text"
                rows=if wide { 12 } else { 6 }
                placeholder=texts.placeholder
                spellcheck="false"
                autofocus=refused
                data-masked="1"
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
        </div>
        <div class="start-row" class:is-wide=wide>
            {host}
            {read_button}
            <button type="submit" class="primary">{texts.button}</button>
        </div>
        <div class="paste">{privacy} {panels}</div>
    }
}
