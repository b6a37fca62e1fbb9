//! What is to be said of a ladder: the picture, each inversion with its symptom, the settings.

use leptos::prelude::*;

use crate::{
    ladder::{Calculated, Judgement, Limit, Sketch},
    ui::{
        components::{Command, Icon, Inversions, LadderChart},
        figures,
        i18n::Texts,
        state::ladder_pairs,
    },
};

/// Picture, inversions, settings.
#[component]
pub(super) fn LadderResult(
    /// The texts in the reader's language.
    texts: Texts,
    /// The judged ladder.
    judgement: Judgement,
    /// The ladder as it was laid out, for the button that mends it.
    sketch: Sketch,
) -> impl IntoView {
    let found = judgement.inversions.len();
    let cut = judgement.cut_off.as_ref().map(|cut| cut.says.get(texts.0).to_owned());
    let names: Vec<String> = judgement.hops.iter().map(|hop| hop.name.clone()).collect();
    let verdict = if found == 0 {
        texts.t("ladder-fine")
    } else {
        texts.with("ladder-wrong", &[("n", found.into())])
    };
    let icon = if found == 0 { "ok" } else { "broken" };
    view! {
        <section class="card" aria-labelledby="axis">
            <h2 id="axis">{texts.t("ladder-axis-title")}</h2>
            <LadderChart texts judgement=judgement.clone() />
        </section>
        <section class="card ladder-verdict" class:is-wrong=found != 0 aria-labelledby="inversions">
            <h2 id="inversions">
                <Icon name=icon />
                {verdict}
            </h2>
            {cut.map(|cut| view! { <p class="plain">{cut}</p> })}
            <Inversions texts inversions=judgement.inversions />
        </section>
        <Settings texts settings=judgement.settings names sketch />
    }
}

#[component]
fn Settings(
    texts: Texts,
    settings: Vec<Calculated>,
    names: Vec<String>,
    sketch: Sketch,
) -> impl IntoView {
    if settings.is_empty() {
        return ().into_any();
    }
    view! {
        <section class="card" aria-labelledby="settings">
            <h2 id="settings">{texts.t("ladder-settings")}</h2>
            <ol class="ladder-settings">
                {settings
                    .into_iter()
                    .map(|own| {
                        let name = names.get(own.hop).cloned().unwrap_or_default();
                        let now = own.now.map(|now| limit(texts, now));
                        view! {
                            <li>
                                <p>
                                    <strong>{name}</strong>
                                    " "
                                    <code>{own.setting}</code>
                                    {texts.t("probe-colon")}
                                    {now.map(|now| view! { <del>{now}</del> " → " })}
                                    <strong>{limit(texts, own.to)}</strong>
                                </p>
                                <p class="muted">{own.why.get(texts.0).to_owned()}</p>
                                <Command texts command=own.snippet />
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
            <form method="post" action="/ladder">
                {ladder_pairs(&sketch)
                    .into_iter()
                    .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                    .collect_view()}
                <button type="submit" class="primary" name="do" value="mend">
                    {texts.t("ladder-mend")}
                </button>
            </form>
        </section>
    }
    .into_any()
}

fn limit(texts: Texts, limit: Limit) -> String {
    match limit {
        Limit::Seconds(seconds) => {
            texts.with("n-seconds", &[("n", figures::seconds(seconds).into())])
        }
        Limit::Never => texts.t("ladder-never"),
        Limit::Off => texts.t("ladder-off"),
        Limit::Count(count) => format!("{count}"),
    }
}
