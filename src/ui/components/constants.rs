//! Known constants that fit the measured or reported time.

use leptos::prelude::*;

use crate::{
    report::ConstantMatch,
    ui::{figures, i18n::Texts},
};

/// How many are shown before the reader asks for more. judgement: more is a table, not a hint.
const SHOWN: usize = 4;

/// "5.0 s: matches nginx keepalive_timeout", best first.
#[component]
pub fn Constants(
    /// The texts in the reader's language.
    texts: Texts,
    /// The matches, best first.
    constants: Vec<ConstantMatch>,
) -> impl IntoView {
    if constants.is_empty() {
        return ().into_any();
    }
    let mut all = constants.into_iter().map(|constant| view! { <Match texts constant /> });
    let first = all.by_ref().take(SHOWN).collect_view();
    let rest: Vec<_> = all.collect();
    let more = rest.len();
    view! {
        <section class="card" aria-labelledby="constants">
            <h2 id="constants">{texts.t("constants-title")}</h2>
            <ul class="constants">{first}</ul>
            {(more > 0)
                .then(|| {
                    view! {
                        <details>
                            <summary>{texts.with("more-of-them", &[("n", more.into())])}</summary>
                            <ul class="constants">{rest}</ul>
                        </details>
                    }
                })}
        </section>
    }
    .into_any()
}

#[component]
fn Match(texts: Texts, constant: ConstantMatch) -> impl IntoView {
    let measured = figures::seconds(constant.measured);
    let fits = texts.with(
        "constant-fits",
        &[
            ("component", constant.component.into()),
            ("seconds", figures::seconds(constant.seconds).into()),
        ],
    );
    view! {
        <li>
            <strong class="seconds">{texts.with("n-seconds", &[("n", measured.into())])}</strong>
            <span>
                {fits} " " <code>{constant.setting}</code>
                {constant.named.then(|| view! { " " <span class="tag">{texts.t("you-named-it")}</span> })}
                <Source texts url=constant.source />
            </span>
        </li>
    }
}

/// A link to the source where it is a web address, its text otherwise.
#[component]
pub(super) fn Source(
    /// The texts in the reader's language.
    texts: Texts,
    /// The address.
    url: String,
) -> impl IntoView {
    if url.starts_with("https://") || url.starts_with("http://") {
        let host = url.split('/').nth(2).unwrap_or_default().to_owned();
        view! {
            <a class="source" href=url rel="noopener noreferrer nofollow">
                {texts.with("source", &[("where", host.into())])}
            </a>
        }
        .into_any()
    } else if url.is_empty() {
        ().into_any()
    } else {
        view! { <span class="source">{texts.with("source", &[("where", url.into())])}</span> }
            .into_any()
    }
}
