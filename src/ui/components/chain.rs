//! The chain strip: you, network, proxy, server, database, and where the line is broken.

use leptos::prelude::*;

use crate::{
    report::{Hop, HopState},
    ui::{components::Icon, i18n::Texts},
};

/// Every hop with its state in a sign and a word, never in colour alone.
#[component]
pub fn ChainStrip(
    /// The texts in the reader's language.
    texts: Texts,
    /// The hops, in order.
    hops: Vec<Hop>,
) -> impl IntoView {
    view! {
        <ol class="chain" aria-label=texts.t("chain-label")>
            {hops
                .into_iter()
                .map(|hop| {
                    let (state, icon) = match hop.state {
                        HopState::Ok => ("ok", "ok"),
                        HopState::Broken => ("broken", "broken"),
                        HopState::Suspect => ("suspect", "suspect"),
                        HopState::NotVisible => ("unseen", "unseen"),
                    };
                    let share = matches!(hop.state, HopState::Broken | HopState::Suspect)
                        .then(|| texts.percent(hop.probability));
                    view! {
                        <li class=format!("hop hop-{state}")>
                            <span class="hop-sign"><Icon name=icon /></span>
                            <span class="hop-name"><bdi>{hop.label}</bdi></span>
                            <span class="hop-state">
                                {texts.t(&format!("hop-{state}"))}
                                {share.map(|share| view! { <span class="hop-share">{share}</span> })}
                            </span>
                        </li>
                    }
                })
                .collect_view()}
        </ol>
    }
}
