//! `/compare?a=TOKEN&b=TOKEN`: two saved reports side by side.

use std::sync::Arc;

use axum::http::{Request, request::Parts};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::{
    api::{Desk, OpenedReport, Visitor},
    knowledge::Base,
    report::{Comparison, ConstantMatch, Moved},
    ui::{
        components::{CaseLadder, CompareForm},
        i18n::{Texts, texts},
        pages::problem::ProblemPage,
        state::decode,
    },
};

/// The form where a link is missing, else the two reports. A link that opens nothing is the same page
/// as everywhere.
#[component]
pub fn ComparePage() -> impl IntoView {
    let texts = texts();
    let head = use_context::<Parts>().unwrap_or_else(|| Request::new(()).into_parts().0);
    let fields = decode(head.uri.query().unwrap_or_default());
    let token = |name: &str| {
        let typed = fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
        // A whole link is as good as its last part.
        typed.map(|link| {
            link.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned()
        })
    };
    let (a, b) = (token("a").unwrap_or_default(), token("b").unwrap_or_default());
    let desk = expect_context::<Desk>();
    let visitor = Visitor::of(&desk, &head);
    Suspend::new(async move {
        if a.is_empty() || b.is_empty() {
            return view! {
                <Title text=texts.t("compare-title") />
                <div class="wrap prose">
                    <h1>{texts.t("compare-heading")}</h1>
                    <CompareForm texts first=a />
                </div>
            }
            .into_any();
        }
        let opened = (desk.open(&a, &visitor).await, desk.open(&b, &visitor).await);
        match opened {
            (Ok(first), Ok(second)) => {
                let compared =
                    Comparison::of(&first.report, &second.report, desk.diagnostician.base());
                let base = Arc::clone(desk.diagnostician.base());
                view! { <Compared texts first second compared base /> }.into_any()
            }
            (Err(trouble), _) | (_, Err(trouble)) => {
                view! { <ProblemPage status=trouble.status sentence=trouble.sentence.get(texts.0) /> }.into_any()
            }
        }
    })
}

#[component]
fn Compared(
    texts: Texts,
    first: OpenedReport,
    second: OpenedReport,
    compared: Comparison,
    base: Arc<Base>,
) -> impl IntoView {
    let [timers_a, timers_b] = compared.timers;
    let (report_a, report_b) = (first.report.clone(), second.report.clone());
    let same = texts.t(if compared.same_cause { "compare-same" } else { "compare-other" });
    view! {
        <Title text=texts.t("compare-title") />
        <Meta name="robots" content="noindex, nofollow" />
        <div class="wrap report compare">
            <h1>{texts.t("compare-heading")}</h1>
            <p class="lead">{same}</p>
            <div class="columns">
                <Side texts name=texts.t("compare-first") opened=first />
                <Side texts name=texts.t("compare-second") opened=second />
            </div>
            <section class="card" aria-labelledby="moved">
                <h2 id="moved">{texts.t("compare-moved")}</h2>
                <table class="moved">
                    <thead>
                        <tr>
                            <th scope="col">{texts.t("compare-cause")}</th>
                            <th scope="col">{texts.t("compare-first")}</th>
                            <th scope="col">{texts.t("compare-second")}</th>
                            <th scope="col">{texts.t("compare-change")}</th>
                        </tr>
                    </thead>
                    <tbody>
                        {compared.causes.into_iter().map(|moved| view! { <Row texts moved /> }).collect_view()}
                    </tbody>
                </table>
            </section>
            <div class="columns">
                <Only texts id="only-first" title="compare-only-first" labels=compared.only_first />
                <Only texts id="only-second" title="compare-only-second" labels=compared.only_second />
            </div>
            <p class="muted">{texts.with("compare-in-both", &[("n", compared.in_both.into())])}</p>
            <div class="columns">
                <Timers texts id="timers-first" title="compare-timers-first" timers=timers_a />
                <Timers texts id="timers-second" title="compare-timers-second" timers=timers_b />
            </div>
            <div class="columns">
                <CaseLadder texts report=report_a base=Arc::clone(&base) id="ladder-first" title="compare-ladder-first" />
                <CaseLadder texts report=report_b base id="ladder-second" title="compare-ladder-second" />
            </div>
        </div>
    }
}

#[component]
fn Side(texts: Texts, name: String, opened: OpenedReport) -> impl IntoView {
    let verdict = opened.report.verdict;
    let target = opened.report.case.target;
    view! {
        <section class="card">
            <h2>
                <a href=opened.path>{name}</a>
            </h2>
            {target.map(|target| view! { <p class="muted"><bdi>{target}</bdi></p> })}
            <p class="plain">{verdict.sentence}</p>
            <p>{verdict.first_step}</p>
            <p class="muted">
                {texts.t("concerns")} {texts.t("probe-colon")}
                {verdict
                    .owner
                    .iter()
                    .map(|who| texts.word("who", who))
                    .collect::<Vec<_>>()
                    .join(&texts.t("list-comma"))}
            </p>
        </section>
    }
}

#[component]
fn Row(texts: Texts, moved: Moved) -> impl IntoView {
    let points = (moved.after - moved.before) * 100.0;
    let (sign, class) = match points {
        points if points >= 0.5 => ("▲", "up"),
        points if points <= -0.5 => ("▼", "down"),
        _ => ("=", "same"),
    };
    view! {
        <tr class=format!("moved-{class}")>
            <th scope="row">{moved.name}</th>
            <td>{texts.percent(moved.before)}</td>
            <td>{texts.percent(moved.after)}</td>
            <td class="seconds">{sign} " " {format!("{points:+.0}").replace('-', "−")}</td>
        </tr>
    }
}

#[component]
fn Only(texts: Texts, id: &'static str, title: &'static str, labels: Vec<String>) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{texts.t(title)}</h2>
            {labels.is_empty().then(|| view! { <p class="muted">{texts.t("compare-nothing")}</p> })}
            <ul class="steps">{labels.into_iter().map(|label| view! { <li>{label}</li> }).collect_view()}</ul>
        </section>
    }
}

#[component]
fn Timers(
    texts: Texts,
    id: &'static str,
    title: &'static str,
    timers: Vec<ConstantMatch>,
) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby=id>
            <h2 id=id>{texts.t(title)}</h2>
            {timers.is_empty().then(|| view! { <p class="muted">{texts.t("compare-no-timer")}</p> })}
            <ul class="steps">
                {timers
                    .into_iter()
                    .take(4)
                    .map(|timer| {
                        view! {
                            <li>
                                {texts.seconds(timer.measured)} " ≈ " {texts.seconds(timer.seconds)} " · "
                                {timer.component} " "
                                <code>{timer.setting}</code>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
}
