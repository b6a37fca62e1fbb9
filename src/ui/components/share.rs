//! The share box: save a report, hand on its link, end it.

use leptos::prelude::*;

use crate::{
    api::ManagedLink,
    ui::{
        components::{CopyText, Icon},
        i18n::Texts,
        state::Wizard,
    },
};

/// How long a link may live: seconds and the text that says so. The second is the one preset.
pub const EXPIRIES: [(i64, &str); 4] = [
    (60 * 60, "expiry-hour"),
    (24 * 60 * 60, "expiry-day"),
    (7 * 24 * 60 * 60, "expiry-week"),
    (30 * 24 * 60 * 60, "expiry-month"),
];
/// A week, long enough for a team to read it and short enough to be forgotten.
const PRESET: i64 = 7 * 24 * 60 * 60;

/// Saves the report of `wizard` under a link.
#[component]
pub fn ShareForm(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state whose report is saved.
    wizard: Wizard,
    /// What is masked before it is saved, with its count; empty where nothing is.
    masked: Vec<String>,
) -> impl IntoView {
    let masked = (!masked.is_empty())
        .then(|| texts.with("share-masked", &[("kinds", masked.join(", ").into())]));
    view! {
        <section class="card share" aria-labelledby="share">
            <h2 id="share">
                <Icon name="link" />
                {texts.t("share-title")}
            </h2>
            <p>{texts.t("share-what")}</p>
            {masked.map(|masked| view! { <p class="notice">{masked}</p> })}
            <form method="post" action="/save">
                <HiddenState wizard />
                <fieldset class="inline-choices">
                    <legend>{texts.t("share-expiry")}</legend>
                    {EXPIRIES
                        .into_iter()
                        .map(|(seconds, text)| {
                            view! {
                                <label class="pill">
                                    <input
                                        type="radio"
                                        name="expiry"
                                        value=seconds
                                        checked=seconds == PRESET
                                    />
                                    <span>{texts.t(text)}</span>
                                </label>
                            }
                        })
                        .collect_view()}
                </fieldset>
                <button type="submit" class="primary">{texts.t("share-save")}</button>
            </form>
        </section>
    }
}

/// The state of the wizard as hidden fields.
#[component]
pub fn HiddenState(
    /// The state.
    wizard: Wizard,
    /// Keys that the form asks for itself.
    #[prop(optional)]
    asked: Vec<String>,
) -> impl IntoView {
    wizard
        .hidden(&asked)
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view()
}

/// What a saved report offers: its link, and for whoever saved it the way to end it.
#[component]
pub fn Shared(
    /// The texts in the reader's language.
    texts: Texts,
    /// The whole address others open.
    link: String,
    /// The power over the report, where this browser holds it.
    managed: Option<ManagedLink>,
) -> impl IntoView {
    view! {
        <section class="card share" aria-labelledby="share">
            <h2 id="share">
                <Icon name="link" />
                {texts.t("shared-title")}
            </h2>
            <div class="copyable link-row">
                <input type="text" readonly id="link" aria-label=texts.t("share-link") value=link />
                <CopyText texts what=texts.t("share-link") />
            </div>
            {managed
                .map(|managed| {
                    let path = format!("/manage/{}", managed.token);
                    view! {
                        <p class="muted">{texts.with("share-ends", &[("when", managed.ends.into())])}</p>
                        <details class="manage">
                            <summary>{texts.t("manage-own")}</summary>
                            <p>
                                {texts.t("manage-keep")} " "
                                <a href=path.clone()>{texts.t("manage-link")}</a>
                            </p>
                            <form method="post" action=format!("{path}/delete")>
                                <button type="submit" class="danger">{texts.t("manage-delete")}</button>
                            </form>
                        </details>
                    }
                })}
        </section>
    }
}
