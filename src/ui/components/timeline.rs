//! The connection as the probes saw it: name, TCP, TLS, request, silence, and who ended it.

use leptos::prelude::*;

use crate::{
    evidence::{Observation, Source, State},
    knowledge::{Base, Lang},
    ui::{components::Icon, i18n::Texts},
};

/// The variables that probes settle, in the order of a connection, with the text that names each.
const PHASES: [(&str, &str); 6] = [
    ("dns.result", "line-dns"),
    ("tcp.result", "line-tcp"),
    ("tls.result", "line-tls"),
    ("http.result", "line-request"),
    ("banner.result", "line-banner"),
    ("idle.end", "line-silence"),
];
/// Values that mean the phase went well.
const GOOD: [&str; 5] = ["ok", "connected", "greeting", "open", "all_ok"];

/// One phase of the connection.
#[derive(Clone, Debug, PartialEq)]
struct Phase {
    title: &'static str,
    value: String,
    raw: Option<String>,
    state: &'static str,
}

/// The line, phase by phase; nothing where no probe ran.
#[component]
pub fn Timeline(
    /// The texts in the reader's language.
    texts: Texts,
    /// The evidence of the report.
    observations: Vec<Observation>,
    /// The knowledge base, for the words of the values.
    base: std::sync::Arc<Base>,
) -> impl IntoView {
    let phases = phases(&observations, &base, texts.0);
    if phases.is_empty() {
        return ().into_any();
    }
    let seconds = observations
        .iter()
        .find(|seen| seen.source == Source::Probe && seen.variable == "seconds")
        .and_then(|seen| seen.value.number());
    view! {
        <section class="card" aria-labelledby="line">
            <h2 id="line">{texts.t("line-title")}</h2>
            <ol class="timeline">
                {phases
                    .into_iter()
                    .map(|phase| {
                        let silence = phase.title == "line-silence";
                        view! {
                            <li class=format!("phase phase-{}", phase.state)>
                                <span class="phase-title">
                                    <Icon name=match phase.state {
                                        "ok" => "ok",
                                        "ended" => "clock",
                                        "unseen" => "unseen",
                                        _ => "broken",
                                    } />
                                    {texts.t(phase.title)}
                                    {seconds
                                        .filter(|_| silence)
                                        .map(|seconds| view! { <strong>{texts.seconds(seconds)}</strong> })}
                                </span>
                                <span class="phase-value">{phase.value}</span>
                                {phase.raw.map(|raw| view! { <code class="raw">{raw}</code> })}
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </section>
    }
    .into_any()
}

fn phases(observations: &[Observation], base: &Base, lang: Lang) -> Vec<Phase> {
    PHASES
        .into_iter()
        .filter_map(|(variable, title)| {
            let seen = observations
                .iter()
                .find(|seen| seen.source == Source::Probe && seen.variable == variable)?;
            let word = seen.value.word().unwrap_or_default();
            let label = base
                .variables
                .get(variable)
                .and_then(|variable| variable.options.iter().find(|option| option.id == word))
                .map_or_else(|| word.to_owned(), |option| option.label.get(lang).to_owned());
            let state = match seen.state {
                State::NotVisible => "unseen",
                _ if GOOD.contains(&word) => "ok",
                // An idle connection that ends has not failed; it has told us its limit.
                _ if variable == "idle.end" => "ended",
                _ => "failed",
            };
            Some(Phase { title, value: label, raw: seen.raw.clone(), state })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phases_stand_in_the_order_of_a_connection() {
        let observations = [
            Observation::seen("idle.end", "fin", Source::Probe),
            Observation::seen("tcp.result", "connected", Source::Probe),
            Observation::seen("phase", "idle", Source::Answer),
        ];
        let found = phases(&observations, &Base::default(), Lang::En);
        let states: Vec<_> = found.iter().map(|phase| (phase.title, phase.state)).collect();
        assert_eq!(states, [("line-tcp", "ok"), ("line-silence", "ended")]);
    }
}
