//! `/admin`: webhooks with their log and a test button, and what this server has learned.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::hooks::use_query_map;

use crate::{
    api::{DeliveryState, Desk, Overview, Visitor},
    ui::{
        i18n::{Texts, texts},
        pages::ProblemPage,
    },
};

/// The operator's page; a form for the token to everybody else, and nothing where there is none.
#[component]
pub fn AdminPage() -> impl IntoView {
    let texts = texts();
    let desk = expect_context::<Desk>();
    let head = use_context::<axum::http::request::Parts>();
    let again = use_query_map().with_untracked(|query| query.get("again"));
    Suspend::new(async move {
        let Some(visitor) = head.map(|head| Visitor::of(&desk, &head)) else {
            return ().into_any();
        };
        if !desk.has_operator() {
            return view! { <ProblemPage status=axum::http::StatusCode::NOT_FOUND /> }.into_any();
        }
        if !desk.is_operator(&visitor) {
            return view! { <Enter texts again /> }.into_any();
        }
        match desk.overview(&visitor).await {
            Ok(overview) => view! { <Inside texts overview /> }.into_any(),
            Err(trouble) => {
                let sentence = trouble.sentence.get(texts.0);
                view! { <ProblemPage status=trouble.status sentence /> }.into_any()
            }
        }
    })
}

#[component]
fn Enter(texts: Texts, again: Option<String>) -> impl IntoView {
    let wrong = match again.as_deref() {
        Some("wrong") => Some(texts.t("admin-wrong")),
        Some("often") => Some(texts.t("admin-often")),
        _ => None,
    };
    view! {
        <Title text=texts.t("admin-title") />
        <Meta name="robots" content="noindex, nofollow" />
        <div class="wrap prose">
            <h1>{texts.t("admin-heading")}</h1>
            <p class="lead">{texts.t("admin-enter-why")}</p>
            {wrong.map(|sentence| view! { <p class="error" role="alert">{sentence}</p> })}
            <form method="post" action="/admin/enter" class="enter">
                <label for="token">{texts.t("admin-token")}</label>
                <input
                    id="token"
                    name="token"
                    type="password"
                    autocomplete="current-password"
                    required
                />
                <button type="submit" class="primary">{texts.t("admin-enter")}</button>
            </form>
        </div>
    }
}

#[component]
fn Inside(texts: Texts, overview: Overview) -> impl IntoView {
    view! {
        <Title text=texts.t("admin-title") />
        <Meta name="robots" content="noindex, nofollow" />
        <div class="wrap admin">
            <h1>{texts.t("admin-heading")}</h1>
            <Receivers texts overview=overview.clone() />
            <Deliveries texts overview=overview.clone() />
            <Learning texts overview />
            <form method="post" action="/admin/leave">
                <p>
                    <a class="button" href="/reports">{texts.t("reports-title")}</a>
                    " "
                    <button type="submit">{texts.t("admin-leave")}</button>
                </p>
            </form>
        </div>
    }
}

#[component]
fn Receivers(texts: Texts, overview: Overview) -> impl IntoView {
    let rows = overview.receivers.into_iter().map(|receiver| {
        let events: Vec<String> =
            receiver.events.iter().map(|event| texts.word("event", event)).collect();
        view! {
            <tr>
                <th scope="row">{receiver.name.clone()}</th>
                <td>{receiver.kind}</td>
                <td>{events.join(&texts.t("list-comma"))}</td>
                <td>
                    <form method="post" action="/admin/webhooks/test">
                        <input type="hidden" name="name" value=receiver.name.clone() />
                        <button
                            type="submit"
                            aria-label=texts.with("admin-test-label", &[("name", receiver.name.into())])
                        >
                            {texts.t("admin-test")}
                        </button>
                    </form>
                </td>
            </tr>
        }
    });
    let heads = ["admin-name", "admin-kind", "admin-events", ""];
    let table = table(texts, &heads, rows.collect::<Vec<_>>(), "admin-no-webhooks");
    view! {
        <section class="card" aria-labelledby="webhooks">
            <h2 id="webhooks">{texts.t("admin-webhooks")}</h2>
            {table}
        </section>
    }
}

#[component]
fn Deliveries(texts: Texts, overview: Overview) -> impl IntoView {
    let rows = overview
        .deliveries
        .into_iter()
        .map(|line| {
            let delivery = line.delivery;
            let state = match delivery.state {
                DeliveryState::Waiting => "waiting",
                DeliveryState::Delivered => "delivered",
                DeliveryState::Failed => "failed",
            };
            view! {
                <tr>
                    <td class="nowrap">{line.when}</td>
                    <th scope="row">{delivery.receiver}</th>
                    <td>{texts.word("event", delivery.occasion.word())}</td>
                    <td>{texts.word("delivery", state)}</td>
                    <td>{delivery.tries}</td>
                    <td class="answer">{delivery.answer}</td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let heads =
        ["admin-when", "admin-name", "admin-event", "admin-state", "admin-tries", "admin-answer"];
    let table = table(texts, &heads, rows, "admin-no-deliveries");
    view! {
        <section class="card" aria-labelledby="deliveries">
            <h2 id="deliveries">{texts.t("admin-deliveries")}</h2>
            <p class="muted">{texts.t("admin-deliveries-why")}</p>
            {table}
        </section>
    }
}

#[component]
fn Learning(texts: Texts, overview: Overview) -> impl IntoView {
    let is_on = overview.strength > 0.0;
    let state = if is_on {
        texts.with("admin-learning-on", &[("strength", overview.strength.to_string().into())])
    } else {
        texts.t("admin-learning-off")
    };
    let rows = overview
        .confirmed
        .into_iter()
        .map(|count| {
            let label = texts.with("admin-forget-one", &[("name", count.name.clone().into())]);
            view! {
                <tr>
                    <th scope="row">{count.name}</th>
                    <td>{count.confirmed}</td>
                    <td>
                        <form method="post" action="/admin/learning/forget">
                            <input type="hidden" name="cause" value=count.id />
                            <button type="submit" aria-label=label>{texts.t("admin-forget-cause")}</button>
                        </form>
                    </td>
                </tr>
            }
        })
        .collect::<Vec<_>>();
    let forget = (!rows.is_empty()).then(|| {
        view! {
            <form method="post" action="/admin/learning/forget">
                <button type="submit" class="danger">{texts.t("admin-forget")}</button>
            </form>
        }
    });
    let heads = ["admin-cause", "reports-confirmed", ""];
    let table = table(texts, &heads, rows, "admin-nothing-confirmed");
    view! {
        <section class="card" aria-labelledby="learning">
            <h2 id="learning">{texts.t("admin-learning")}</h2>
            <p>{state}</p>
            {table}
            {forget}
        </section>
    }
}

/// A table under `heads`, ids of texts, of which an empty one heads a column of buttons; where there is no
/// row, the text `none` in its place.
fn table<Row: IntoView + 'static>(
    texts: Texts,
    heads: &[&str],
    rows: Vec<Row>,
    none: &str,
) -> AnyView {
    if rows.is_empty() {
        return view! { <p class="muted">{texts.t(none)}</p> }.into_any();
    }
    let heads: Vec<AnyView> = heads
        .iter()
        .map(|head| match *head {
            "" => view! { <td></td> }.into_any(),
            head => view! { <th scope="col">{texts.t(head)}</th> }.into_any(),
        })
        .collect();
    view! {
        <div class="scroll" tabindex="0">
            <table>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}
