//! What the client may repeat, as code with the numbers of this case.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    knowledge::{Base, Client},
    report::{Report, RetryPolicy},
    ui::{
        components::{Command, constants::Source, prose},
        i18n::Texts,
    },
};

/// What is safe to repeat at which moment: the moment, and the rule for it.
const MOMENTS: [(&str, &str); 3] = [
    ("retry-before", "retry-before-rule"),
    ("retry-after", "retry-after-rule"),
    ("retry-partly", "retry-partly-rule"),
];

/// The policy in words and as code: the person's own client open, the others folded. Nothing where
/// no cause leads.
#[component]
pub fn RetryCode(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// The knowledge base, for the clients.
    base: Arc<Base>,
    /// Whether the person's own client is folded too.
    folded: bool,
) -> impl IntoView {
    let Some(policy) = RetryPolicy::of(&report, &base) else { return ().into_any() };
    let (clients, named) = report.clients(&base);
    let mut shown = clients.into_iter().cloned().enumerate().map(|(at, client)| {
        let policy = policy.clone();
        view! { <ClientCode texts policy client open={at < named.min(1) && !folded} /> }
    });
    let own = shown.by_ref().take(named).collect_view();
    let others: Vec<_> = shown.collect();
    let count = others.len();
    view! {
        <section class="card retry" aria-labelledby="retry-code">
            <h2 id="retry-code">{texts.t("retry-title")}</h2>
            <p>{texts.word("retry", &policy.class)}</p>
            <dl class="proof">
                {MOMENTS
                    .map(|(moment, rule)| {
                        view! {
                            <dt>{texts.t(moment)}</dt>
                            <dd>{texts.t(rule)}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
            {own}
            <details class="more">
                <summary>{texts.with(if named > 0 { "retry-others" } else { "retry-all" }, &[("n", count.into())])}</summary>
                {others}
            </details>
        </section>
    }
    .into_any()
}

#[component]
fn ClientCode(texts: Texts, policy: RetryPolicy, client: Client, open: bool) -> impl IntoView {
    let code = policy.code(&client);
    view! {
        <details class="client" open=open id=format!("client-{}", client.id)>
            <summary>{client.name}</summary>
            <Command texts command=code />
            <ul class="client-facts">
                {client
                    .facts
                    .into_iter()
                    .map(|fact| {
                        let url = fact.sources.first().map(|source| source.url.clone()).unwrap_or_default();
                        view! {
                            <li>
                                {prose(&policy.fact(fact.text.get(texts.0)))}
                                {fact.unsure.then(|| view! { " " <span class="tag">{texts.t("unsure")}</span> })}
                                <Source texts url />
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </details>
    }
}
