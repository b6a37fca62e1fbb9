//! `/diagnose`: one question at a time, the ranking at the side, the report when enough is known.

use std::{collections::BTreeMap, sync::Arc};

use axum::http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    api::{Desk, Problem, Run, knowledge_path},
    evidence::Observation,
    knowledge::Lang,
    redact::{masked_in, numbers_in},
    report::{Reading, Report},
    ui::{
        arrive::{Arrived, arrive},
        components::{
            Answers, ChainStrip, HiddenState, Icon, Measured, ReadFromCapture, families, hit_texts,
            paste_texts, ranked_rows,
        },
        discreet::masked_address,
        i18n::{Texts, texts},
        islands::{BoxShape, CopyButtons, LiveRanking, PasteBox, RankTexts, StepKeys, hit_list},
        pages::{
            problem::ProblemPage,
            report::{Origin, ReportView, in_both_languages},
            step::StepView,
        },
        state::{Wizard, current_step, decode},
    },
};

/// Longest text the browser re-ranks with, bytes; above it the ranking moves on the server alone.
const PREVIEW_TEXT: usize = 64 * 1024;
/// Recognised lines shown at once. judgement: the panel stays one screen high.
const HITS_SHOWN: usize = 4;

/// The wizard, or the report of its state where the address asks for it.
#[component]
pub fn DiagnosePage() -> impl IntoView {
    let texts = texts();
    let query = use_context::<Parts>().and_then(|parts| parts.uri.query().map(str::to_owned));
    let query = query.unwrap_or_default();
    let wizard = Wizard::parse(&query);
    let lang = decode(&query).into_iter().find(|(key, _)| key == "lang").map(|(_, lang)| lang);
    let lang = lang.as_deref().and_then(Lang::parse).map(Lang::tag);
    let desk = expect_context::<Desk>();
    Suspend::new(async move {
        match masked_address(&desk, &wizard, lang).await {
            Ok(Some(address)) => {
                leptos_axum::redirect(&address);
                return ().into_any();
            }
            Err(trouble) => {
                return view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any();
            }
            Ok(None) => {}
        }
        match arrive(&desk, wizard).await {
            Err(trouble) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
            Ok(Arrived::Moved(address)) => {
                leptos_axum::redirect(&address);
                ().into_any()
            }
            Ok(Arrived::Here(wizard, run)) => {
                let wizard = *wizard;
                let text = wizard.case.text.as_deref().unwrap_or("");
                let made = async {
                    let report = desk.diagnose_after(&wizard.case, &wizard.skipped, texts.0).await?;
                    // The report shows no reading of the text.
                    let text = if wizard.report { "" } else { text };
                    Ok::<_, Problem>((report, desk.reading(text, texts.0).await?))
                };
                let (report, said) = match made.await {
                    Ok(made) => made,
                    Err(problem) => {
                        let sentence = problem.sentence().get(texts.0);
                        return view! { <ProblemPage status=problem.status() sentence /> }
                            .into_any();
                    }
                };
                if wizard.report {
                    let origin = Origin::Wizard(Box::new(wizard));
                    let told = in_both_languages(&report, &origin, &desk).await;
                    view! { <ReportView texts report origin told desk /> }.into_any()
                } else {
                    view! { <WizardView texts wizard report said desk run /> }.into_any()
                }
            }
        }
    })
}

#[component]
fn WizardView(
    texts: Texts,
    wizard: Wizard,
    report: Report,
    said: Reading,
    desk: Desk,
    run: Option<Run>,
) -> impl IntoView {
    let base = Arc::clone(desk.diagnostician.base());
    let step = current_step(&wizard, &report);
    let enough = wizard.at_report().href();
    view! {
        <Title text=texts.t("wizard-title") />
        <div class="wrap wizard">
            <div class="wizard-main">
                <Ready texts report=report.clone() href=enough.clone() />
                <StepView texts step wizard=wizard.clone() report=report.clone() desk run />
                <p class="enough">
                    <a class="button" href=enough>
                        {texts.t("enough")}
                        <Icon name="arrow" />
                    </a>
                </p>
                <StepKeys hint=texts.t("keys-hint") />
            </div>
            <aside class="wizard-side" aria-label=texts.t("side-label")>
                <Ranking texts wizard=wizard.clone() report=report.clone() families=families(&base, texts) />
                <ChainStrip texts hops=report.chain.clone() />
                <WhatTextSays texts reading=said />
                <MaskedInText texts text=wizard.case.text.clone() />
                <ReadFromCapture
                    texts
                    observations=report.observations.clone()
                    base=Arc::clone(&base)
                />
                <Measured
                    texts
                    observations=report.observations.clone()
                    base=Arc::clone(&base)
                />
                <MoreLooks texts wizard=wizard.clone() />
                <Answers texts wizard=wizard.clone() base />
                <MoreText texts wizard />
            </aside>
        </div>
        <CopyButtons />
    }
}

/// Says that the report is worth reading already, and still lets the person go on.
#[component]
fn Ready(texts: Texts, report: Report, href: String) -> impl IntoView {
    report.enough.then(|| {
        view! {
            <p class="ready">
                <Icon name="likely" />
                <span>{report.verdict.sentence}</span>
                <a href=href>{texts.t("ready-link")}</a>
            </p>
        }
    })
}

#[component]
fn Ranking(
    texts: Texts,
    wizard: Wizard,
    report: Report,
    families: BTreeMap<String, String>,
) -> impl IntoView {
    let long = wizard.case.text.as_ref().is_some_and(|text| text.len() > PREVIEW_TEXT);
    // The address holds no draft and no findings, so the island gets them with the page.
    let text = wizard.draft.is_some().then(|| wizard.case.text.clone()).flatten();
    let observations: Vec<Observation> = wizard.case.observations.clone();
    view! {
        <LiveRanking
            rows=ranked_rows(&report, texts)
            knowledge=if long { String::new() } else { knowledge_path() }
            lang=texts.0
            text=text.filter(|_| !long)
            observations
            texts=RankTexts {
                title: texts.t("ranking-title"),
                now: texts.t("ranking-now"),
                preview: texts.with("ranking-preview", &[("option", "{option}".into())]),
            }
            families
        />
    }
}

/// A way to the probes at any time, where there is a target.
#[component]
fn MoreLooks(texts: Texts, wizard: Wizard) -> impl IntoView {
    let at = wizard.at.as_deref().unwrap_or_default();
    let is_there = wizard.probe.is_some() || at == "probe" || at.starts_with("probe.");
    let due = wizard.case.target.is_some() && wizard.seen.is_some() && !is_there;
    due.then(|| {
        let href = wizard.back_at("probe").href();
        view! {
            <p>
                <a href=href>{texts.t("probe-more-looks")}</a>
            </p>
        }
    })
}

/// What was recognised in the pasted text: the line, whose it is, and what it means.
#[component]
fn WhatTextSays(texts: Texts, reading: Reading) -> impl IntoView {
    if reading == Reading::default() {
        return ().into_any();
    }
    view! {
        <section aria-labelledby="read">
            <h2 id="read">{texts.t("read-title")}</h2>
            {hit_list(reading, HITS_SHOWN, &hit_texts(texts))}
        </section>
    }
    .into_any()
}

/// How many secrets of which kind were masked in the text before it was kept.
#[component]
fn MaskedInText(texts: Texts, text: Option<String>) -> impl IntoView {
    let counts = masked_in(text.as_deref().unwrap_or(""));
    let kinds: Vec<String> =
        counts.into_iter().map(|(kind, n)| format!("{n} × {}", kind.label(texts.0))).collect();
    (!kinds.is_empty()).then(|| {
        let kinds = kinds.join(&texts.t("list-comma"));
        view! { <p class="notice">{texts.with("masked-in-text", &[("kinds", kinds.into())])}</p> }
    })
}

/// A folded box to add more text: another log line, the output of a command.
#[component]
fn MoreText(texts: Texts, wizard: Wizard) -> impl IntoView {
    let edit = wizard.back_at("text").href();
    let has_text = wizard.case.text.is_some();
    let capture = format!("/capture?{}", wizard.to_query());
    let after = numbers_in(wizard.case.text.as_deref().unwrap_or(""));
    view! {
        <details class="more-text">
            <summary>{texts.t("more-text")}</summary>
            <form method="post" action="/add">
                <HiddenState wizard />
                <PasteBox
                    shape=BoxShape { id: "more".to_owned(), name: "more".to_owned(), label: texts.t("more-text-label"), rows: 5, required: true, after, ..BoxShape::default() }
                    knowledge=knowledge_path()
                    lang=texts.0
                    texts=paste_texts(texts)
                />
                <button type="submit" class="button">{texts.t("more-text-add")}</button>
            </form>
        </details>
        <p>
            <a href=capture>{texts.t("more-capture")}</a>
        </p>
        {has_text.then(|| view! { <p><a href=edit>{texts.t("edit-text")}</a></p> })}
    }
}
