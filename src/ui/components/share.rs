//! The share box: save a report, hand on its link, end it.

use leptos::prelude::*;

use crate::{
    api::OpenedReport,
    report::Report,
    ui::{
        components::{CopyText, Icon},
        i18n::Texts,
        islands::{SealButton, SealTexts, SealedReport, UnsealTexts},
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
    /// The report.
    report: Report,
    /// What is masked before it is saved, with its count; empty where nothing is.
    masked: Vec<String>,
) -> impl IntoView {
    let draft = wizard.draft.clone();
    let masked = (!masked.is_empty()).then(|| {
        texts.with("share-masked", &[("kinds", masked.join(&texts.t("list-comma")).into())])
    });
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
                <details class="share-more">
                    <summary>{texts.t("share-more")}</summary>
                    <label class="stacked">
                        {texts.t("share-password")}
                        <input type="password" name="password" maxlength="256" autocomplete="new-password" />
                    </label>
                    <label class="check">
                        <input type="checkbox" name="burn" value="1" />
                        <span>{texts.t("share-burn")}</span>
                    </label>
                    <p class="muted">{texts.t("share-burn-hint")}</p>
                </details>
                <button type="submit" class="primary">{texts.t("share-save")}</button>
            </form>
            <Seal texts report draft />
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

/// Sealing: what it is, what it does not protect against, and its button.
#[component]
fn Seal(texts: Texts, report: Report, draft: Option<String>) -> impl IntoView {
    let Ok((report, _)) = report.masked() else { return ().into_any() };
    let json = serde_json::to_string(&report).unwrap_or_default();
    let words = SealTexts {
        expiry: texts.t("share-expiry"),
        go: texts.t("seal-go"),
        cannot: texts.t("seal-cannot"),
        failed: texts.t("seal-failed"),
    };
    let seconds = |seconds: i64| u64::try_from(seconds).unwrap_or_default();
    let expiries = EXPIRIES.map(|(lives, text)| (seconds(lives), texts.t(text))).to_vec();
    view! {
        <details class="seal">
            <summary>{texts.t("seal-title")}</summary>
            <p>{texts.t("seal-what")}</p>
            <p class="muted">{texts.t("seal-not")}</p>
            <noscript><p class="notice">{texts.t("seal-script")}</p></noscript>
            <SealButton report=json expiries preset=seconds(PRESET) draft texts=words />
        </details>
    }
    .into_any()
}

/// The page of a sealed report; the browser does the rest.
#[component]
pub fn SealedPage(
    /// The texts in the reader's language.
    texts: Texts,
    /// What the server keeps, base64url.
    sealed: String,
) -> impl IntoView {
    let words = UnsealTexts {
        working: texts.t("sealed-working"),
        no_key: texts.t("sealed-no-key"),
        first_step: texts.t("first-step"),
        ranking: texts.t("ranking-title"),
        evidence: texts.t("ledger-title"),
        fixes: texts.t("fixes-title"),
        text: texts.t("sealed-text"),
        link: texts.t("sealed-link"),
        manage: texts.t("manage-link"),
    };
    view! {
        <leptos_meta::Title text=texts.t("opening-title") />
        <div class="wrap report sealed">
            <p class="verdict-state">
                <Icon name="link" />
                {texts.t("sealed-title")}
            </p>
            <noscript><p class="lead">{texts.t("seal-script")}</p></noscript>
            <SealedReport sealed texts=words />
            <p class="muted">{texts.t("seal-not")}</p>
        </div>
    }
}

/// What a saved report offers: its link, the one for ops, and for whoever saved it the way to end it.
#[component]
pub fn Shared(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report with its links.
    opened: OpenedReport,
) -> impl IntoView {
    if opened.ticket.burned {
        return ().into_any();
    }
    let OpenedReport { link, managed, ticket, .. } = opened;
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
            {ticket.locked.then(|| view! { <p class="muted">{texts.t("share-locked")}</p> })}
            {ticket
                .for_ops
                .map(|for_ops| {
                    view! {
                        <h3>{texts.t("share-ops")}</h3>
                        <p class="muted">{texts.t("share-ops-hint")}</p>
                        <div class="copyable link-row">
                            <input
                                type="text"
                                readonly
                                id="ops-link"
                                aria-label=texts.t("share-ops")
                                value=for_ops
                            />
                            <CopyText texts what=texts.t("share-ops") />
                        </div>
                    }
                })}
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
    .into_any()
}
