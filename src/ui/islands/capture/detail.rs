//! One conversation: its picture, the same as a table, and what it is evidence of.

use leptos::prelude::*;

use crate::{ui::figures, worker::protocol::Detail};

use super::{DETAIL, Scene, VariableWords, picture::picture};

/// The conversation that is looked at; nothing where none is.
pub(super) fn detail(
    scene: Scene,
    state: Vec<(String, String)>,
    variables: VariableWords,
) -> impl IntoView {
    let (state, variables) = (StoredValue::new(state), StoredValue::new(variables));
    move || {
        scene.detail.get().map(|detail| {
            let Detail { row, .. } = &detail;
            let (src, dst, sentence) = (row.src.clone(), row.dst.clone(), row.sentence.clone());
            let facts = [
                row.handshake.clone(),
                row.closing.clone(),
                row.duration.clone(),
                format!("↑ {}", row.sent[0]),
                format!("↓ {}", row.sent[1]),
            ];
            let tags = facts.into_iter().chain(row.findings.clone());
            view! {
                <section class="card conversation" aria-labelledby=DETAIL>
                    <h2 id=DETAIL tabindex="-1">
                        <span>
                            <bdi>{src.clone()}</bdi>
                            " → "
                            <bdi>{dst.clone()}</bdi>
                        </span>
                    </h2>
                    <p class="lead">{sentence}</p>
                    <p class="row-tags">
                        {tags.map(|tag| view! { <span class="tag">{tag}</span> }).collect_view()}
                    </p>
                    {evidence(scene, &detail, state, variables)}
                    {picture(scene, src, dst)}
                </section>
            }
        })
    }
}

/// What would go to the server, word for word, and the button that sends it.
fn evidence(
    scene: Scene,
    detail: &Detail,
    state: StoredValue<Vec<(String, String)>>,
    variables: StoredValue<VariableWords>,
) -> impl IntoView + use<> {
    if detail.observations.is_empty() {
        return view! { <p class="muted">{scene.t("cap-evidence-none")}</p> }.into_any();
    }
    let json = serde_json::to_string(&detail.observations).unwrap_or_default();
    let raw = detail.observations.first().and_then(|seen| seen.raw.clone());
    let lines: Vec<(String, String)> = detail
        .observations
        .iter()
        .map(|seen| {
            let value = match seen.value.number() {
                Some(number) => format!("{} s", figures::seconds(number)),
                None => seen.value.to_string(),
            };
            variables.with_value(|words| words.of(&seen.variable, &value))
        })
        .collect();
    view! {
        <form class="evidence-form" method="post" action="/evidence">
            <h3>{scene.t("cap-evidence-title")}</h3>
            <p>{scene.t("cap-evidence-text")}</p>
            <dl class="said">
                {lines
                    .into_iter()
                    .map(|(name, value)| {
                        view! {
                            <div>
                                <dt>{name}</dt>
                                <dd>{value}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
            {raw.map(|raw| view! { <code class="raw">{raw}</code> })}
            {state
                .get_value()
                .into_iter()
                .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
                .collect_view()}
            <input type="hidden" name="observations" value=json />
            <button type="submit" class="primary">{scene.t("cap-evidence-go")}</button>
        </form>
    }
    .into_any()
}
