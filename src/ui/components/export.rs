//! The report as a file: by links where it is saved, by a form where it is not.

use leptos::prelude::*;

use crate::ui::{components::HiddenState, i18n::Texts, state::Wizard};

/// The files and the words for them. The pictures need a link that lives on, so a report that is not
/// saved has none to offer.
const FILES: [(&str, &str); 4] = [
    ("report.md", "export-markdown"),
    ("evidence.csv", "export-csv"),
    ("card.svg", "export-card"),
    ("badge.svg", "export-badge"),
];

/// Links to the files of a saved report, below the `path` of its page.
#[component]
pub fn SavedFiles(
    /// The texts in the reader's language.
    texts: Texts,
    /// Path of the report's page.
    path: String,
) -> impl IntoView {
    FILES
        .map(|(file, words)| view! { <a href=format!("{path}/{file}")>{texts.t(words)}</a> })
        .collect_view()
}

/// Buttons that make the same files of a report that is not saved.
#[component]
pub fn UnsavedFiles(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state whose report it is.
    wizard: Wizard,
) -> impl IntoView {
    view! {
        <form class="exports" method="post" action="/export">
            <HiddenState wizard />
            {FILES
                .into_iter()
                .take(3)
                .map(|(file, words)| {
                    view! {
                        <button type="submit" class="link-button" name="file" value=file>
                            {texts.t(words)}
                        </button>
                    }
                })
                .collect_view()}
        </form>
    }
}
