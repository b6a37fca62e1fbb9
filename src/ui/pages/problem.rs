//! One clear page for whatever went wrong.

use axum::http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;

use crate::ui::{components::prose, i18n::texts};

/// The statuses that have texts of their own.
fn known(status: StatusCode) -> u16 {
    match status.as_u16() {
        code @ (400 | 403 | 404 | 413 | 421 | 429 | 503 | 507) => code,
        code if code < 500 => 400,
        _ => 500,
    }
}

/// Says what happened and what to do next, and sets the status of the answer.
#[component]
pub fn ProblemPage(
    /// The status.
    status: StatusCode,
    /// A sentence of its own, instead of the usual one for that status.
    #[prop(optional, into)]
    sentence: Option<String>,
) -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(status);
    }
    let texts = texts();
    let code = known(status);
    let sentence = sentence.unwrap_or_else(|| texts.t(&format!("problem-{code}")));
    view! {
        <Title text=texts.t(&format!("problem-{code}-title")) />
        <div class="wrap problem">
            <p class="problem-code">{status.as_u16()}</p>
            <h1>{texts.t(&format!("problem-{code}-title"))}</h1>
            <p class="lead">{prose(&sentence)}</p>
            <p>
                <a class="button primary" href="/">{texts.t("start-again")}</a>
            </p>
        </div>
    }
}
