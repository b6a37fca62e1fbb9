//! The page before a report: a password, or a press that deletes it. It says nothing of what lies
//! behind, and looking at it changes nothing, so that preview robots can look as they like.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::{components::Icon, i18n::Texts};

/// Asks for the password, for the press, or for both.
#[component]
pub fn Opening(
    /// The texts in the reader's language.
    texts: Texts,
    /// The token in the page's address.
    token: String,
    /// Whether it has a password.
    password: bool,
    /// Whether opening it deletes it.
    burns: bool,
) -> impl IntoView {
    let (title, text, go) = if burns {
        ("opening-burns-title", "opening-burns", "opening-burns-go")
    } else {
        ("opening-locked-title", "opening-locked", "opening-locked-go")
    };
    let action = format!("/d/{token}/{}", if burns { "open" } else { "unlock" });
    view! {
        <Title text=texts.t("opening-title") />
        <div class="wrap prose opening">
            <h1>
                <Icon name="link" />
                {texts.t(title)}
            </h1>
            <p class="lead">{texts.t(text)}</p>
            <form method="post" action=action class="say">
                {password
                    .then(|| {
                        view! {
                            <label class="stacked">
                                {texts.t("opening-password")}
                                <input
                                    type="password"
                                    name="password"
                                    required
                                    maxlength="256"
                                    autocomplete="off"
                                />
                            </label>
                        }
                    })}
                <button type="submit" class="primary">{texts.t(go)}</button>
            </form>
        </div>
    }
}
