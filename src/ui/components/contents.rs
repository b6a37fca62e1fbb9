//! The way through a long report: links to its parts.

use leptos::prelude::*;

use crate::{
    report::{Report, VerdictState},
    ui::i18n::Texts,
};

/// What whoever answers goes to and fro between: id, text, and whether it needs a fix.
const PLACES: [(&str, &str, bool); 4] = [
    ("verdict", "jump-report", false),
    ("answer", "jump-questions", false),
    ("fixes", "jump-fixes", true),
    ("check-fixes", "jump-check", true),
];

/// Links between the report and what can be added to it, at the end of each long part: nobody scrolls
/// back through a page of a phone. `but` is the place that it stands in.
#[component]
pub fn Jump(
    /// The texts in the reader's language.
    texts: Texts,
    /// Whether the report has fixes.
    fixes: bool,
    /// Id of the place that needs no link.
    but: &'static str,
) -> impl IntoView {
    let links = PLACES.into_iter().filter(|(id, _, needs_fix)| (fixes || !needs_fix) && *id != but);
    view! {
        <p class="jump">
            {texts.t("jump-to")}
            {links
                .map(|(id, title, _)| view! { <a href=format!("#{id}")>{texts.t(title)}</a> })
                .collect_view()}
        </p>
    }
}

/// Links to what people look for on a report, in the order of the page.
#[component]
pub fn Contents(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// Whether others can add to it; `None` where it is not saved yet.
    open: Option<bool>,
    /// Whether the reader may answer.
    answers: bool,
) -> impl IntoView {
    let unsure = report.verdict.state == VerdictState::NotEnoughEvidence;
    let leads = report.causes.iter().any(|cause| Some(&cause.id) == report.verdict.cause.as_ref());
    let fixes = if unsure { "fixes-unsure" } else { "fixes-title" };
    let share = if open.is_some() { "shared-title" } else { "share-title" };
    let parts = [
        (answers, "answer", "ticket-questions"),
        (answers && !report.fixes.is_empty(), "check-fixes", "check-title"),
        (open == Some(true), "ticket", "ticket-title"),
        (unsure, "settle", "settle-title"),
        (leads, "help", "help-title"),
        (true, "fixes", fixes),
        (true, "ledger", "ledger-title"),
        (true, "message", "message-title"),
        (open != Some(false), "share", share),
    ];
    view! {
        <nav class="contents" aria-label=texts.t("contents-label")>
            {parts
                .into_iter()
                .filter(|(there, ..)| *there)
                .map(|(_, id, title)| view! { <a href=format!("#{id}")>{texts.t(title)}</a> })
                .collect_view()}
        </nav>
    }
}
