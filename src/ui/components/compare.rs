//! The way to compare a report with another.

use leptos::prelude::*;

use crate::ui::i18n::Texts;

/// Asks for the link of another report.
#[component]
pub fn CompareForm(
    /// The texts in the reader's language.
    texts: Texts,
    /// The token of the report at hand; asked for where it is empty.
    first: String,
) -> impl IntoView {
    let known = !first.is_empty();
    view! {
        <form class="compare-form" method="get" action="/compare">
            {if known {
                view! { <input type="hidden" name="a" value=first /> }.into_any()
            } else {
                view! {
                    <label class="stacked">
                        <span>{texts.t("compare-first")}</span>
                        <input type="text" name="a" required autocomplete="off" />
                    </label>
                }
                    .into_any()
            }}
            <label class="stacked">
                <span>{texts.t(if known { "compare-with" } else { "compare-second" })}</span>
                <input type="text" name="b" required autocomplete="off" />
            </label>
            <button type="submit" class="button">{texts.t("compare-go")}</button>
        </form>
    }
}
