//! Parts of the report with words of their own: what happened, who can do what, the message to ops.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::Base,
    report::{Report, ReportFix},
    ui::{
        components::{Answers, CopyText},
        figures::percent,
        i18n::Texts,
        state::Wizard,
    },
};

/// Who of the vocabulary counts as the reader; everybody else is ops.
const READER: [&str; 2] = ["user", "developer"];
/// How many observations the message to ops quotes.
const QUOTED: usize = 4;

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
                                <p>{technical}</p>
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

/// A message in plain text, filled in, with the three questions that ops alone can answer.
#[component]
pub(super) fn MessageToOps(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// Address of the saved report, where it is saved.
    link: Option<String>,
) -> impl IntoView {
    let message = message(texts, &report, link.as_deref());
    view! {
        <section class="card" aria-labelledby="message">
            <h2 id="message">{texts.t("message-title")}</h2>
            <p class="muted">{texts.t("message-hint")}</p>
            <div class="copyable">
                <textarea readonly rows="14" aria-labelledby="message">{message}</textarea>
                <CopyText texts what=texts.t("message-title") />
            </div>
        </section>
    }
}

fn message(texts: Texts, report: &Report, link: Option<&str>) -> String {
    let leading =
        report.causes.iter().find(|cause| Some(&cause.id) == report.verdict.cause.as_ref());
    let mut lines = vec![texts.t("message-greeting"), String::new()];
    if let Some(target) = &report.case.target {
        lines.push(texts.with("message-target", &[("target", target.as_str().into())]));
    }
    lines.push(report.verdict.sentence.clone());
    if let Some(cause) = leading {
        let sure = percent(cause.probability);
        lines.push(texts.with("message-sure", &[("sure", sure.into())]));
        lines.push(String::new());
        lines.push(texts.t("message-evidence"));
        let quoted = cause.evidence.iter().filter(|item| item.bits > 0.0).take(QUOTED);
        lines.extend(quoted.map(|item| format!("- {}", item.label)));
    }
    lines.push(String::new());
    lines.push(texts.t("message-please"));
    for question in ["message-firewall", "message-pool", "message-deploy"] {
        lines.push(texts.t(question));
    }
    if let Some(link) = link {
        lines.push(String::new());
        lines.push(texts.with("message-link", &[("link", link.into())]));
    }
    lines.join("\n")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::Lang;

    #[test]
    fn the_message_asks_the_three_questions_in_both_languages() {
        let report = crate::ui::pages::sample::report();
        let english = message(Texts(Lang::En), &report, Some("https://hangup.example/d/x"));
        for part in
            ["firewall", "pool", "deployed", "https://hangup.example/d/x", "app.example.com"]
        {
            assert!(english.contains(part), "{part} is missing in:\n{english}");
        }
        let chinese = message(Texts(Lang::Zh), &report, None);
        for part in ["防火墙", "连接池", "发布"] {
            assert!(chinese.contains(part), "{part} is missing in:\n{chinese}");
        }
    }
}
