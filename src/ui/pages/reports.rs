//! `/reports`: which causes this server's reports name most often, as a chart and as its table.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use crate::{
    api::{CauseCount, Desk, Visitor},
    ui::{
        i18n::{Texts, texts},
        pages::ProblemPage,
    },
};

/// Periods to choose from, months back from this one; the first is shown unless another is asked for.
const PERIODS: [i64; 3] = [2, 11, 119];

/// The chart; to those who may not see it there is no such page.
#[component]
pub fn ReportsPage() -> impl IntoView {
    let texts = texts();
    let desk = expect_context::<Desk>();
    let head = use_context::<axum::http::request::Parts>();
    let months = use_query_map().with_untracked(|query| query.get("months"));
    let back = months.and_then(|months| months.parse().ok()).filter(|back| PERIODS.contains(back));
    let back = back.unwrap_or(PERIODS[0]);
    Suspend::new(async move {
        let Some(visitor) = head.map(|head| Visitor::of(&desk, &head)) else {
            return ().into_any();
        };
        if !desk.may_see_reports(&visitor) {
            return view! { <ProblemPage status=axum::http::StatusCode::NOT_FOUND /> }.into_any();
        }
        match desk.cause_counts(&visitor, Some(desk.month_back(back))).await {
            Ok(counts) => view! { <Chart texts counts back /> }.into_any(),
            Err(trouble) => {
                let sentence = trouble.sentence.get(texts.0);
                view! { <ProblemPage status=trouble.status sentence /> }.into_any()
            }
        }
    })
}

#[component]
fn Chart(texts: Texts, counts: Vec<CauseCount>, back: i64) -> impl IntoView {
    let most = counts.iter().map(|count| count.saved.max(count.confirmed)).max().unwrap_or(0);
    let periods = PERIODS.map(|period| {
        let current = (period == back).then_some("page");
        view! {
            <a class="button" href=format!("/reports?months={period}") aria-current=current>
                {texts.t(&format!("reports-months-{period}"))}
            </a>
        }
    });
    let rows: Vec<_> = counts
        .into_iter()
        .map(|count| {
            view! {
                <tr>
                    <th scope="row">{count.name}</th>
                    <td class="bars" aria-hidden="true">
                        <Bar count=count.saved most class="saved" />
                        <Bar count=count.confirmed most class="confirmed" />
                    </td>
                    <td>{count.saved}</td>
                    <td>{count.confirmed}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <Title text=texts.t("reports-page-title") />
        <Meta name="robots" content="noindex, nofollow" />
        <div class="wrap reports">
            <h1>{texts.t("reports-title")}</h1>
            <p class="lead">{texts.t("reports-lead")}</p>
            <nav class="periods" aria-label=texts.t("reports-period")>{periods}</nav>
            {if rows.is_empty() {
                view! { <p>{texts.t("reports-none")}</p> }.into_any()
            } else {
                view! {
                    <table class="chart">
                        <thead>
                            <tr>
                                <th scope="col">{texts.t("admin-cause")}</th>
                                <td class="bars"></td>
                                <th scope="col">
                                    <span class="key saved"></span>
                                    {texts.t("reports-saved")}
                                </th>
                                <th scope="col">
                                    <span class="key confirmed"></span>
                                    {texts.t("reports-confirmed")}
                                </th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </table>
                }
                    .into_any()
            }}
        </div>
    }
}

/// A bar to scale; the numbers stand beside it for everybody.
#[component]
fn Bar(count: u64, most: u64, class: &'static str) -> impl IntoView {
    // Whole per mille, so that no float formatting enters the page.
    let width = count.saturating_mul(1000).checked_div(most).unwrap_or(0);
    view! {
        <svg viewBox="0 0 1000 10" preserveAspectRatio="none" class=class>
            <rect width=width height="10" />
        </svg>
    }
}
