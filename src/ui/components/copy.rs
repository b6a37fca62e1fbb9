//! Things to copy: a command, a link, a message.

use leptos::prelude::*;

use crate::ui::{components::Icon, i18n::Texts};

/// A button that copies the text of the nearest `.copyable` around it; shown only with script.
#[component]
pub fn CopyText(
    /// The texts in the reader's language.
    texts: Texts,
    /// What is copied, for people who hear the page.
    #[prop(into)]
    what: String,
) -> impl IntoView {
    view! {
        <button type="button" class="copy" data-copy=texts.t("copied") aria-label=texts.with("copy-what", &[("what", what.into())])>
            <Icon name="copy" />
            <span>{texts.t("copy")}</span>
        </button>
    }
}

/// A command or a piece of configuration, with its copy button.
#[component]
pub fn Command(
    /// The texts in the reader's language.
    texts: Texts,
    /// The command, one or more lines.
    command: String,
) -> impl IntoView {
    view! {
        <div class="command copyable">
            <pre tabindex="0">
                <code>{command}</code>
            </pre>
            <CopyText texts what=texts.t("copy-command") />
        </div>
    }
}
