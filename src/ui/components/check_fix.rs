//! "I did this, check again": one form for each fix, for whoever may answer.

use leptos::prelude::*;

use crate::{
    api::{Desk, Ticket},
    report::{FixState, Report, ReportFix},
    ui::{
        components::{Jump, prose, ticket::Who},
        i18n::Texts,
    },
};

/// Fixes that can be checked here. judgement: whoever tried another one finds it further down.
const OFFERED: usize = 4;

/// Offers to check each of the first fixes: by the probe that it names, else by asking.
#[component]
pub fn CheckFixes(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// What happened to it, and whether the reader may add to it.
    ticket: Ticket,
    /// Says which fixes a probe can check.
    desk: Desk,
) -> impl IntoView {
    let Some(power) = ticket.power.filter(|_| ticket.older.is_none() && !report.fixes.is_empty())
    else {
        return ().into_any();
    };
    let has_target = report.case.target.is_some();
    let action = format!("/d/{power}/verify");
    let waiting = ticket.state == FixState::FixTried;
    let fixes = report.fixes.iter().take(OFFERED).cloned().map(|fix| {
        let probes = desk.can_probe(&fix, has_target);
        let (action, back) = (action.clone(), ticket.token.clone());
        view! { <CheckFix texts fix probes action back /> }
    });
    view! {
        <section class="card check-fixes" aria-labelledby="check-fixes">
            <h2 id="check-fixes">{texts.t("check-title")}</h2>
            <p>{texts.t("check-hint")}</p>
            {waiting.then(|| view! {
                <p class="fix-state tone-busy">{texts.t("ticket-state-tried")}</p>
                // Without script nothing arrives by itself.
                <noscript><meta http-equiv="refresh" content="10" /></noscript>
            })}
            {fixes.collect_view()}
            <Jump texts fixes=true but="check-fixes" />
        </section>
    }
    .into_any()
}

#[component]
fn CheckFix(
    texts: Texts,
    fix: ReportFix,
    probes: bool,
    action: String,
    back: String,
) -> impl IntoView {
    let buttons = if probes {
        let probe = fix.verify_probe.clone().unwrap_or_default();
        view! {
            <p class="muted">{texts.with("check-by-probe", &[("probe", probe.into())])}</p>
            <button type="submit" class="primary">{texts.t("check-again")}</button>
        }
        .into_any()
    } else {
        view! {
            <div class="row">
                <button type="submit" class="primary" name="worked" value="yes">{texts.t("check-worked")}</button>
                <button type="submit" class="button" name="worked" value="no">{texts.t("check-no-change")}</button>
            </div>
        }
        .into_any()
    };
    view! {
        <details class="check-fix">
            <summary>{fix.title}</summary>
            <form method="post" action=action class="say">
                <input type="hidden" name="back" value=back />
                <input type="hidden" name="fix" value=fix.id />
                <p>{prose(&fix.verify)}</p>
                <Who texts />
                {buttons}
            </form>
        </details>
    }
}
