//! Parts of the report with words of their own: what happened, who can do what, what was said.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::Base,
    report::{Report, ReportFix},
    ui::{
        components::{Answers, prose},
        i18n::Texts,
        state::Wizard,
    },
};

/// Who of the vocabulary counts as the reader; everybody else is ops.
const READER: [&str; 2] = ["user", "developer"];

/// *What happened* beside *What can I do*, the latter for the reader and for ops.
#[component]
pub(super) fn HappenedAndHelp(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the explanation in depth.
    base: Arc<Base>,
) -> impl IntoView {
    let Some(cause) =
        report.causes.iter().find(|cause| Some(&cause.id) == report.verdict.cause.as_ref())
    else {
        return ().into_any();
    };
    let entry = base.causes.get(&cause.id);
    let technical = entry.map(|entry| entry.technical.get(texts.0).to_owned());
    let retry = entry.map(|entry| texts.word("retry", &entry.retry));
    let variant = entry.and_then(|entry| {
        let id = report.verdict.variant.as_ref()?;
        let variant = entry.variants.iter().find(|variant| &variant.id == id)?;
        Some(variant.name.get(texts.0).to_owned())
    });
    let (mine, theirs): (Vec<ReportFix>, Vec<ReportFix>) = report
        .fixes
        .iter()
        .filter(|fix| fix.cause == cause.id)
        .cloned()
        .partition(|fix| fix.who.iter().any(|who| READER.contains(&who.as_str())));
    view! {
        <div class="columns">
            <section class="card" aria-labelledby="happened">
                <h2 id="happened">{texts.t("happened-title")}</h2>
                <p class="plain">{cause.plain.clone()}</p>
                {variant.map(|name| view! { <p><span class="tag">{name}</span></p> })}
                {technical
                    .map(|technical| {
                        view! {
                            <details>
                                <summary>{texts.t("in-depth")}</summary>
                                <p>{prose(&technical)}</p>
                            </details>
                        }
                    })}
            </section>
            <section class="card" aria-labelledby="help">
                <h2 id="help">{texts.t("help-title")}</h2>
                <h3>{texts.t("help-you")}</h3>
                <FixLinks fixes=mine none=texts.t("help-you-none") />
                {retry.map(|retry| view! { <p class="muted">{retry}</p> })}
                <h3>{texts.t("help-ops")}</h3>
                <FixLinks fixes=theirs none=texts.t("help-ops-none") />
            </section>
        </div>
    }
    .into_any()
}

/// Most links to fixes in one list. judgement: the fixes themselves follow below.
const LINKS: usize = 3;

#[component]
fn FixLinks(fixes: Vec<ReportFix>, none: String) -> impl IntoView {
    if fixes.is_empty() {
        return view! { <p class="muted">{none}</p> }.into_any();
    }
    view! {
        <ul class="fix-links">
            {fixes
                .into_iter()
                .take(LINKS)
                .map(|fix| view! { <li><a href=format!("#fix-{}", fix.id)>{fix.title}</a></li> })
                .collect_view()}
        </ul>
    }
    .into_any()
}

/// What was said: with links that change it where the report is not saved yet, read-only else.
#[component]
pub(super) fn Said(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the words of questions and options.
    base: Arc<Base>,
    /// The state of the wizard, where there is one.
    wizard: Option<Wizard>,
) -> impl IntoView {
    let editable = wizard.is_some();
    let wizard = wizard.unwrap_or_else(|| Wizard { case: report.case, ..Wizard::default() });
    view! { <Answers texts wizard base editable /> }
}
