//! The one sentence above the fold.

use leptos::prelude::*;

use crate::{
    report::{FixState, Report, VerdictState},
    ui::{components::Icon, i18n::Texts, ticket::state_words},
};

/// How sure that is, in a word of the `sure-…` texts.
pub(in crate::ui) fn sureness(probability: f64) -> &'static str {
    // judgement: the words follow the ICD 203 scale, with fewer steps.
    match probability {
        p if p >= 0.95 => "sure-almost-certain",
        p if p >= 0.8 => "sure-very-likely",
        p if p >= 0.55 => "sure-likely",
        p if p >= 0.3 => "sure-possible",
        _ => "sure-unclear",
    }
}

/// The id of a state in the `state-…` texts and in the style.
pub(in crate::ui) fn state_id(state: VerdictState) -> &'static str {
    match state {
        VerdictState::Likely => "likely",
        VerdictState::Possible => "possible",
        VerdictState::NotEnoughEvidence => "not-enough",
        VerdictState::NoFault => "no-fault",
    }
}

/// Probability of the verdict's cause; nothing where none stands out.
pub(in crate::ui) fn leading(report: &Report) -> Option<f64> {
    let id = report.verdict.cause.as_ref()?;
    report.causes.iter().find(|cause| &cause.id == id).map(|cause| cause.probability)
}

/// The verdict itself, and what its sentence says besides: a caveat, the timer that fits. The two
/// together are the sentence to the letter.
fn split(sentence: &str) -> (String, Option<String>) {
    let end = [". ", "。"].iter().filter_map(|end| Some(sentence.find(end)? + end.len())).min();
    match end.filter(|end| *end < sentence.len()) {
        Some(end) => (sentence[..end].to_owned(), Some(sentence[end..].to_owned())),
        None => (sentence.to_owned(), None),
    }
}

/// Verdict, confidence, whom it concerns and what to do first.
#[component]
pub fn VerdictHead(
    /// The texts in the reader's language.
    texts: Texts,
    /// The report.
    report: Report,
    /// Where its repair stands; open where it is no shared one.
    repair: FixState,
) -> impl IntoView {
    let (repaired, tone) = state_words(texts, repair);
    let is_open = repaired.is_empty();
    let verdict = report.verdict.clone();
    let icon = match verdict.state {
        VerdictState::Likely => "likely",
        VerdictState::Possible => "possible",
        VerdictState::NotEnoughEvidence => "question",
        VerdictState::NoFault => "ok",
    };
    let state = state_id(verdict.state);
    let leading = leading(&report);
    let (first, rest) = split(&verdict.sentence);
    // The step is a fix where it ends in the name of the first one.
    let fix = report.fixes.first().filter(|fix| verdict.first_step.ends_with(&fix.title));
    let step = match fix {
        Some(fix) => {
            view! { <a href=format!("#fix-{}", fix.id)>{verdict.first_step}</a> }.into_any()
        }
        None => verdict.first_step.into_any(),
    };
    view! {
        <section class=format!("verdict verdict-{state}") aria-labelledby="verdict">
            <p id="repair" class=format!("fix-state tone-{tone}") hidden=is_open>
                {repaired}
            </p>
            <p class="verdict-state">
                <Icon name=icon />
                {texts.t(&format!("state-{state}"))}
            </p>
            <h1 id="verdict">
                {first}
                {rest.map(|rest| view! { <span class="verdict-more">{rest}</span> })}
            </h1>
            <Confidence texts probability=leading />
            <div class="first-step" hidden=repair == FixState::Verified>
                <h2>{texts.t("first-step")}</h2>
                <p>{step}</p>
                {(!verdict.owner.is_empty())
                    .then(|| {
                        view! {
                            <ul class="owners" aria-label=texts.t("concerns")>
                                {verdict
                                    .owner
                                    .iter()
                                    .map(|owner| view! { <li class="tag">{texts.word("who", owner)}</li> })
                                    .collect_view()}
                            </ul>
                        }
                    })}
            </div>
        </section>
    }
}

#[component]
fn Confidence(texts: Texts, probability: Option<f64>) -> impl IntoView {
    // A report that is open gets its numbers later, where something comes to stand out.
    let hidden = probability.is_none();
    let probability = probability.unwrap_or_default();
    let width = format!("{:.1}", probability * 100.0);
    view! {
        <p class="confidence" hidden=hidden>
            <svg class="sure-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                <rect class="bar-track" width="100" height="6" />
                <rect class="bar-fill" width=width height="6" />
            </svg>
            <span class="visually-hidden">{texts.t("confidence")}</span>
            <strong>{texts.percent(probability)}</strong>
            <span class="sureness">{texts.t(sureness(probability))}</span>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_split_behind_its_verdict_and_nothing_is_lost() {
        for (sentence, rest) in [
            ("Most likely (91 %): It is X. 60 s fits Y (60 s).", Some("60 s fits Y (60 s).")),
            ("很可能（91%）：是某处。60 秒正好对上。", Some("60 秒正好对上。")),
            ("The evidence does not single out one cause yet.", None),
            ("", None),
        ] {
            let (first, more) = split(sentence);
            assert_eq!(more.as_deref(), rest);
            assert_eq!(first + more.as_deref().unwrap_or_default(), sentence);
        }
    }
}
