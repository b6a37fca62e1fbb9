//! The report: one verdict above layers of detail, the same saved (`/d/…`) or not yet saved.

use std::{collections::BTreeSet, sync::Arc};

use axum::http::{Request, request::Parts};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::{Desk, Link, OpenedReport, Problem, Visitor},
    knowledge::{Base, Lang},
    report::{
        Case, Facts, FixState, NextStep, NotVisible, Report, RuledOut, StepKind, VerdictState,
    },
    ui::{
        components::{
            CaseLadder, ChainStrip, CheckFixes, CompareForm, Constants, Contents, Fixes, Icon,
            Jump, Ledger, MessageToOps, Opening, ReadFromText, RetryCode, SavedFiles, SealedPage,
            SecondThoughts, Settle, ShareForm, Shared, TicketBoard, Timeline, ToScale,
            UnsavedFiles, VerdictHead,
        },
        discreet::left_open,
        i18n::{Texts, texts},
        islands::CopyButtons,
        pages::{
            problem::ProblemPage,
            report_parts::{HappenedAndHelp, Said},
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

/// A report that was deleted in the moment it was opened; found in the context of that one answer.
#[derive(Clone, Debug)]
pub struct Burned(pub OpenedReport);

/// `/d/{token}`: a saved report. Unknown, expired and revoked links are one and the same page.
#[component]
pub fn ReportPage() -> impl IntoView {
    let texts = texts();
    let token = use_params_map().with_untracked(|params| params.get("token")).unwrap_or_default();
    let version = use_query_map().with_untracked(|query| query.get("version"));
    let head = use_context::<Parts>().unwrap_or_else(|| Request::new(()).into_parts().0);
    let burned = use_context::<Burned>();
    let desk = expect_context::<Desk>();
    let visitor = Visitor::of(&desk, &head);
    Suspend::new(async move {
        let link = match (burned, version.map(|version| version.parse())) {
            (Some(Burned(opened)), _) => Ok(Link::Open(Box::new(opened))),
            (None, Some(Err(_))) => Err(Problem::not_found().into()),
            (None, Some(Ok(version))) => desk.knock(&token, &visitor, Some(version)).await,
            (None, None) => desk.knock(&token, &visitor, None).await,
        };
        match link {
            Err(trouble) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
            Ok(Link::Press { password, burns }) => view! {
                <Opening texts token password burns />
            }
            .into_any(),
            Ok(Link::Sealed(sealed)) => view! {
                <SealedPage texts sealed />
            }
            .into_any(),
            Ok(Link::Open(opened)) => {
                let report = opened.report.clone();
                let origin = Origin::Stored(opened);
                let told = in_both_languages(&report, &origin, &desk).await;
                view! {
                        <ReportView texts report origin told desk />
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
    told: Vec<Report>,
    desk: Desk,
) -> impl IntoView {
    let base = Arc::clone(desk.diagnostician.base());
    let (wizard, link) = match &origin {
        Origin::Wizard(wizard) => (Some((**wizard).clone()), None),
        Origin::Stored(opened) => {
            let for_ops = opened.ticket.for_ops.clone();
            (None, Some(for_ops.unwrap_or_else(|| opened.link.clone())))
        }
    };
    let ticket = match &origin {
        Origin::Stored(opened) => Some(opened.ticket.clone()),
        Origin::Wizard(_) => None,
    };
    let repair = ticket.as_ref().map_or(FixState::Open, |ticket| ticket.state);
    let answers =
        ticket.as_ref().is_some_and(|ticket| ticket.power.is_some() && ticket.older.is_none());
    let unsure = report.verdict.state == VerdictState::NotEnoughEvidence;
    let next = report.next.clone();
    let listed = if answers { LISTED.1 } else { LISTED.0 };
    let has_fixes = !report.fixes.is_empty();
    view! {
        <Title text=texts.t("report-title") />
        <div class="wrap report">
            <VerdictHead texts report=report.clone() repair />
            <ChainStrip texts hops=report.chain.clone() />
            <Contents texts report=report.clone() open=ticket.as_ref().map(|ticket| !ticket.burned) answers />
            {ticket.clone().map(|ticket| view! { <TicketBoard texts report=report.clone() ticket base=Arc::clone(&base) worker=desk.package_file("capture-worker.js") /> })}
            {unsure
                .then(|| {
                    view! { <Settle texts report=report.clone() base=Arc::clone(&base) wizard=wizard.clone() /> }
                })}
            <HappenedAndHelp texts report=report.clone() base=Arc::clone(&base) />
            <Timeline texts observations=report.observations.clone() base=Arc::clone(&base) />
            <ToScale texts observations=report.observations.clone() />
            <Constants texts constants=report.constants.clone() />
            <CaseLadder texts report=report.clone() base=Arc::clone(&base) />
            <Fixes texts fixes=report.fixes.clone() unsure folded=answers />
            {ticket.map(|ticket| view! { <CheckFixes texts report=report.clone() ticket desk=desk.clone() /> })}
            <RetryCode texts report=report.clone() base=Arc::clone(&base) folded=answers />
            <Ledger texts causes=report.causes.clone() folded=answers />
            <SecondThoughts texts report=report.clone() />
            <div class="columns">
                <RuledOutList texts ruled_out=report.ruled_out.clone() shown=listed />
                <NotVisibleList texts not_visible=report.not_visible.clone() shown=listed />
            </div>
            {(!unsure).then(|| view! { <NextSteps texts next wizard=wizard.clone() /> })}
            <div class="columns">
                <MessageToOps texts reports=told base=Arc::clone(&base) link />
                <div>
                    <ShareBox texts origin=origin.clone() report=report.clone() />
                    <Export texts report=report.clone() origin />
                </div>
            </div>
            <WhatItRestsOn texts report base wizard />
            {answers.then(|| view! { <Jump texts fixes=has_fixes but="" /> })}
        </div>
        <CopyButtons />
    }
}

/// Characters of the pasted text that the page repeats. judgement: forty lines; the JSON has all of it.
const PASTED: usize = 4_000;

/// What was read, pasted and answered; nothing where nothing was said.
#[component]
fn WhatItRestsOn(
    texts: Texts,
    report: Report,
    base: Arc<Base>,
    wizard: Option<Wizard>,
) -> impl IntoView {
    let case = &report.case;
    if case.text.is_none() && case.answers.is_empty() && case.facts == Facts::default() {
        return ().into_any();
    }
    let pasted = case.text.as_deref().map(|text| {
        let end = text.char_indices().nth(PASTED).map(|(end, _)| end);
        let shown = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
        let shown = format!("{shown}{}", if end.is_some() { "…" } else { "" });
        view! {
            <details class="raw-json pasted">
                <summary>{texts.t("sealed-text")}</summary>
                <pre tabindex="0"><code>{shown}</code></pre>
            </details>
        }
    });
    view! {
        <section class="card" aria-labelledby="case">
            <h2 id="case">{texts.t("case-title")}</h2>
            <ReadFromText texts observations=report.observations.clone() base=Arc::clone(&base) />
            {pasted}
            <Said texts report base wizard />
        </section>
    }
    .into_any()
}

/// The report without its secrets, in the reader's language and in the other one; a language is left
/// out where no processor becomes free for it.
pub(super) async fn in_both_languages(
    report: &Report,
    origin: &Origin,
    desk: &Desk,
) -> Vec<Report> {
    let passed = match origin {
        Origin::Wizard(wizard) => wizard.skipped.clone(),
        Origin::Stored(_) => BTreeSet::new(),
    };
    let case = Case { lang: None, ..report.case.clone() };
    let mut told = Vec::new();
    for lang in Lang::ALL {
        let made = if report.lang == lang {
            Ok(report.clone())
        } else {
            desk.diagnose_after(&case, &passed, lang).await
        };
        if let Ok(report) = made {
            told.extend(desk.masked(report).await.ok());
        }
    }
    told
}

/// What is masked before the report is saved: "2 × passwords".
fn masked(report: &Report, open: &BTreeSet<String>, texts: Texts) -> Vec<String> {
    let counts = report.masked_but(open).map(|(_, counts)| counts).unwrap_or_default();
    counts.into_iter().map(|(kind, n)| format!("{n} × {}", kind.label(texts.0))).collect()
}

#[component]
fn ShareBox(texts: Texts, origin: Origin, report: Report) -> impl IntoView {
    match origin {
        Origin::Wizard(wizard) => {
            let masked = masked(&report, &left_open(&wizard), texts);
            view! { <ShareForm texts wizard=*wizard report masked /> }.into_any()
        }
        Origin::Stored(opened) => view! { <Shared texts opened=*opened /> }.into_any(),
    }
}

/// The report as data: behind a link where it is saved, folded on the page where it is not.
#[component]
fn Export(texts: Texts, report: Report, origin: Origin) -> impl IntoView {
    match origin {
        Origin::Wizard(wizard) => {
            let json = serde_json::to_string_pretty(&report).unwrap_or_default();
            let href = Wizard { report: false, ..(*wizard).clone() }.href();
            view! {
                <p class="exports">
                    <a href=href>{texts.t("back-to-questions")}</a>
                    <a href="/">{texts.t("start-again")}</a>
                </p>
                <UnsavedFiles texts wizard=(*wizard).clone() />
                <details class="raw-json">
                    <summary>{texts.t("raw-json")}</summary>
                    <pre tabindex="0"><code>{json}</code></pre>
                </details>
            }
            .into_any()
        }
        Origin::Stored(opened) => view! {
            <p class="exports">
                <SavedFiles texts path=opened.path.clone() />
                <a href=opened.json>{texts.t("raw-json")}</a>
                <a href="/">{texts.t("start-again")}</a>
            </p>
            <CompareForm texts first=opened.path.trim_start_matches("/d/").to_owned() />
        }
        .into_any(),
    }
}

/// How many rows of each list stand open, and where somebody answers. judgement: the rest is for the
/// curious.
const LISTED: (usize, usize) = (6, 3);

#[component]
fn RuledOutList(texts: Texts, ruled_out: Vec<RuledOut>, shown: usize) -> impl IntoView {
    let rows = ruled_out
        .into_iter()
        .map(|ruled| (ruled.name, view! { {texts.t("because")} {ruled.why} }.into_any()));
    signed(texts, "ruled-out", "broken", rows.collect(), shown)
}

#[component]
fn NotVisibleList(texts: Texts, not_visible: Vec<NotVisible>, shown: usize) -> impl IntoView {
    let rows = not_visible.into_iter().map(|hidden| (hidden.label, hidden.needs.into_any()));
    signed(texts, "not-visible", "unseen", rows.collect(), shown)
}

/// Names with a note each under a sign, below the heading `{id}-title`; those behind the first `shown` are
/// folded, and where there is none `{id}-none` is said.
fn signed(
    texts: Texts,
    id: &'static str,
    icon: &'static str,
    rows: Vec<(String, AnyView)>,
    shown: usize,
) -> impl IntoView {
    let more = rows.len().saturating_sub(shown);
    let mut rows = rows.into_iter().map(|(name, note)| {
        view! {
            <li>
                <Icon name=icon />
                <span>
                    <strong>{name}</strong>
                    <span class="muted">{note}</span>
                </span>
            </li>
        }
    });
    let first: Vec<_> = rows.by_ref().take(shown).collect();
    let rest: Vec<_> = rows.collect();
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{texts.t(&format!("{id}-title"))}</h2>
            {first.is_empty().then(|| view! { <p class="muted">{texts.t(&format!("{id}-none"))}</p> })}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_without_secrets_is_not_said_to_be_masked() {
        assert!(
            masked(&crate::ui::pages::sample::report(), &BTreeSet::new(), Texts(Lang::En))
                .is_empty()
        );
    }
}
