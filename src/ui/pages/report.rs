//! The report: one verdict above layers of detail, the same saved (`/d/…`) or not yet saved.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::{Request, request::Parts};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_params_map;

use crate::{
    api::{Desk, OpenedReport, Visitor},
    report::{NextStep, NotVisible, Report, RuledOut, StepKind, VerdictState},
    ui::{
        components::{
            ChainStrip, Constants, Fixes, Icon, LadderLink, Ledger, ReadFromText, SecondThoughts,
            ShareForm, Shared, Timeline, VerdictHead,
        },
        discreet::left_open,
        i18n::{Texts, texts},
        islands::CopyButtons,
        pages::{
            problem::ProblemPage,
            report_parts::{HappenedAndHelp, MessageToOps, Said},
        },
        state::Wizard,
    },
};

/// Where a report comes from.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// From the wizard, not saved yet.
    Wizard(Box<Wizard>),
    /// From the store.
    Stored(Box<OpenedReport>),
}

/// `/d/{token}`: a saved report. Unknown, expired and revoked links are one and the same page.
#[component]
pub fn ReportPage() -> impl IntoView {
    let texts = texts();
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let head = use_context::<Parts>().unwrap_or_else(|| Request::new(()).into_parts().0);
    let desk = expect_context::<Desk>();
    let visitor = Visitor::of(&desk, &head);
    Suspend::new(async move {
        match desk.open(&token, &visitor).await {
            Err(trouble) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
            Ok(opened) => {
                let report = opened.report.clone();
                let origin = Origin::Stored(Box::new(opened));
                view! {
                    <Meta name="robots" content="noindex, nofollow" />
                    <ReportView texts report origin desk />
                }
                .into_any()
            }
        }
    })
}

/// The layout of a report, saved or not.
#[component]
pub(super) fn ReportView(
    texts: Texts,
    report: Report,
    origin: Origin,
    desk: Desk,
) -> impl IntoView {
    let base = Arc::clone(desk.diagnostician.base());
    let (wizard, link) = match &origin {
        Origin::Wizard(wizard) => (Some((**wizard).clone()), None),
        Origin::Stored(opened) => (None, Some(opened.link.clone())),
    };
    let unsure = report.verdict.state == VerdictState::NotEnoughEvidence;
    let next = report.next.clone();
    view! {
        <Title text=texts.t("report-title") />
        <div class="wrap report">
            <VerdictHead texts report=report.clone() />
            <ChainStrip texts hops=report.chain.clone() />
            {unsure.then(|| view! { <NextSteps texts next=next.clone() wizard=wizard.clone() /> })}
            <HappenedAndHelp texts report=report.clone() base=Arc::clone(&base) />
            <Timeline texts observations=report.observations.clone() base=Arc::clone(&base) />
            <Constants texts constants=report.constants.clone() />
            <LadderLink texts report=report.clone() base=Arc::clone(&base) />
            <Fixes texts fixes=report.fixes.clone() unsure />
            <Ledger texts causes=report.causes.clone() />
            <SecondThoughts texts report=report.clone() />
            <div class="columns">
                <RuledOutList texts ruled_out=report.ruled_out.clone() />
                <NotVisibleList texts not_visible=report.not_visible.clone() />
            </div>
            {(!unsure).then(|| view! { <NextSteps texts next wizard=wizard.clone() /> })}
            <div class="columns">
                <MessageToOps texts report=report.clone() link />
                <div>
                    <ShareBox texts origin=origin.clone() masked=masked(&report, &origin, texts) />
                    <Export texts report=report.clone() origin />
                </div>
            </div>
            <section class="card" aria-labelledby="case">
                <h2 id="case">{texts.t("case-title")}</h2>
                <ReadFromText
                    texts
                    observations=report.observations.clone()
                    base=Arc::clone(&base)
                />
                <Said texts report base wizard />
            </section>
        </div>
        <CopyButtons />
    }
}

/// What is masked before the report is saved: "2 × passwords".
fn masked(report: &Report, origin: &Origin, texts: Texts) -> Vec<String> {
    let open = match origin {
        Origin::Wizard(wizard) => left_open(wizard),
        Origin::Stored(_) => BTreeSet::new(),
    };
    let counts = report.masked_but(&open).1;
    counts.into_iter().map(|(kind, n)| format!("{n} × {}", kind.label(texts.0))).collect()
}

#[component]
fn ShareBox(texts: Texts, origin: Origin, masked: Vec<String>) -> impl IntoView {
    match origin {
        Origin::Wizard(wizard) => view! { <ShareForm texts wizard=*wizard masked /> }.into_any(),
        Origin::Stored(opened) => {
            view! { <Shared texts link=opened.link managed=opened.managed /> }.into_any()
        }
    }
}

/// The report as data: behind a link where it is saved, folded on the page where it is not.
#[component]
fn Export(texts: Texts, report: Report, origin: Origin) -> impl IntoView {
    match origin {
        Origin::Wizard(wizard) => {
            let json = serde_json::to_string_pretty(&report).unwrap_or_default();
            let href = Wizard { report: false, ..*wizard }.href();
            view! {
                <p class="exports">
                    <a href=href>{texts.t("back-to-questions")}</a>
                    <a href="/">{texts.t("start-again")}</a>
                </p>
                <details class="raw-json">
                    <summary>{texts.t("raw-json")}</summary>
                    <pre tabindex="0"><code>{json}</code></pre>
                </details>
            }
            .into_any()
        }
        Origin::Stored(opened) => view! {
            <p class="exports">
                <a href=opened.json>{texts.t("raw-json")}</a>
                <a href="/">{texts.t("start-again")}</a>
            </p>
        }
        .into_any(),
    }
}

/// How many causes of each list stand open. judgement: the rest is for the curious.
const LISTED: usize = 6;

#[component]
fn RuledOutList(texts: Texts, ruled_out: Vec<RuledOut>) -> impl IntoView {
    let more = ruled_out.len().saturating_sub(LISTED);
    let mut rows = ruled_out.into_iter().map(|ruled| {
        view! {
            <li>
                <Icon name="broken" />
                <span>
                    <strong>{ruled.name}</strong>
                    <span class="muted">{texts.t("because")} " " {ruled.why}</span>
                </span>
            </li>
        }
    });
    let first = rows.by_ref().take(LISTED).collect_view();
    let rest: Vec<_> = rows.collect();
    view! {
        <section class="card" aria-labelledby="ruled-out">
            <h2 id="ruled-out">{texts.t("ruled-out-title")}</h2>
            {first.is_empty().then(|| view! { <p class="muted">{texts.t("ruled-out-none")}</p> })}
            <ul class="signed">{first}</ul>
            {(more > 0)
                .then(|| {
                    view! {
                        <details>
                            <summary>{texts.with("more-of-them", &[("n", more.into())])}</summary>
                            <ul class="signed">{rest}</ul>
                        </details>
                    }
                })}
        </section>
    }
}

#[component]
fn NotVisibleList(texts: Texts, not_visible: Vec<NotVisible>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="not-visible">
            <h2 id="not-visible">{texts.t("not-visible-title")}</h2>
            {not_visible
                .is_empty()
                .then(|| view! { <p class="muted">{texts.t("not-visible-none")}</p> })}
            <ul class="signed">
                {not_visible
                    .into_iter()
                    .take(LISTED)
                    .map(|hidden| {
                        view! {
                            <li>
                                <Icon name="unseen" />
                                <span>
                                    <strong>{hidden.label}</strong>
                                    <span class="muted">{hidden.needs}</span>
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}

/// What would move the verdict most. Each step is a link where the report can still change.
#[component]
fn NextSteps(texts: Texts, next: Vec<NextStep>, wizard: Option<Wizard>) -> impl IntoView {
    if next.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="card next" aria-labelledby="next">
            <h2 id="next">{texts.t("next-title")}</h2>
            <ol class="signed">
                {next
                    .into_iter()
                    .map(|step| {
                        let cost = texts.with("takes-seconds", &[("n", step.cost_seconds.into())]);
                        let kind = texts.word("kind", kind_word(&step));
                        let label = match &wizard {
                            Some(wizard) => {
                                let href = wizard.back_at(&step_id(&step)).href();
                                view! { <a href=href>{step.label}</a> }.into_any()
                            }
                            None => view! { <strong>{step.label}</strong> }.into_any(),
                        };
                        view! {
                            <li>
                                <span class="tag">{kind}</span>
                                <span>{label} " " <span class="muted">{cost}</span></span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

fn kind_word(step: &NextStep) -> &'static str {
    match step.kind {
        StepKind::Question => "question",
        StepKind::Probe => "probe",
        StepKind::Check => "check",
    }
}

fn step_id(step: &NextStep) -> String {
    match step.kind {
        StepKind::Question => step.id.clone(),
        kind => format!("{}.{}", kind_word(&NextStep { kind, ..step.clone() }), step.id),
    }
}
