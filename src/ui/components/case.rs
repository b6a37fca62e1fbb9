//! What was said so far: answers with a way to change each, and what the pasted text gave away.

use std::sync::Arc;

use leptos::prelude::*;

use crate::{
    evidence::{Observation, Source},
    knowledge::{Base, Lang},
    ui::{
        i18n::Texts,
        state::{Opening, Wizard},
    },
};

/// Longest piece of a line that is shown, characters.
const LINE_SHOWN: usize = 160;
/// Most recognised lines shown. judgement: the panel stays one screen high.
const HITS_SHOWN: usize = 6;

/// One thing that was said.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    step: String,
    label: String,
    value: String,
}

/// Every earlier answer, each with a link that asks it again.
#[component]
pub fn Answers(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
    /// The knowledge base, for the words of questions and options.
    base: Arc<Base>,
    /// Whether each answer has a link that asks it again.
    #[prop(default = true)]
    editable: bool,
) -> impl IntoView {
    let rows = said(&wizard, &base, texts).into_iter().map(|said| {
        let change = editable.then(|| {
            let label = texts.with("change-what", &[("what", said.label.clone().into())]);
            view! {
                <a href=wizard.back_at(&said.step).href() aria-label=label>
                    {texts.t("ask-again")}
                </a>
            }
        });
        let value = view! { <bdi>{said.value}</bdi> {change} };
        fact(said.label, None, value.into_any())
    });
    facts("said", texts.t("said-title"), "said", rows.collect())
}

/// One row of a list of facts; `variable` is what it is about, for whoever looks it up in the page.
fn fact(label: String, variable: Option<String>, value: AnyView) -> AnyView {
    view! {
        <div data-variable=variable>
            <dt>{label}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// A list of facts under its heading; nothing where there is none.
fn facts(id: &'static str, title: String, class: &'static str, rows: Vec<AnyView>) -> AnyView {
    if rows.is_empty() {
        return ().into_any();
    }
    view! {
        <section aria-labelledby=id>
            <h2 id=id>{title}</h2>
            <dl class=class>{rows}</dl>
        </section>
    }
    .into_any()
}

fn said(wizard: &Wizard, base: &Base, texts: Texts) -> Vec<Said> {
    let facts = &wizard.case.facts;
    let lang = texts.0;
    let mut said: Vec<Said> = Vec::new();
    let mut put = |step: &str, label: String, value: Option<String>| {
        let value = value.or_else(|| wizard.skipped.contains(step).then(|| texts.t("dont-know")));
        if let Some(value) = value {
            said.push(Said { step: step.to_owned(), label, value });
        }
    };
    let option = |variable: &str, id: &Option<String>| {
        id.as_ref().map(|id| option_label(base, variable, id, lang))
    };
    let names = |names: &[String]| {
        let comma = texts.t("list-comma");
        (!names.is_empty()).then(|| {
            names.iter().map(|name| part_name(base, name, lang)).collect::<Vec<_>>().join(&comma)
        })
    };
    put(Opening::Phase.id(), texts.t("said-phase"), option("phase", &facts.phase));
    let seconds = facts.after_seconds.map(|seconds| texts.duration(seconds));
    put(Opening::Seconds.id(), texts.t("said-seconds"), seconds);
    put(Opening::Scope.id(), texts.t("said-scope"), option("scope", &facts.scope));
    put(Opening::Parts.id(), texts.t("said-stack"), names(&facts.stack));
    if !facts.between.is_empty() {
        put(Opening::Parts.id(), texts.t("said-between"), names(&facts.between));
    }
    put(Opening::Notes.id(), texts.t("said-notes"), facts.notes.as_deref().map(shortened));
    for (id, question) in base.questions.iter().filter(|(_, question)| !question.opening) {
        let label = base
            .variables
            .get(&question.variable)
            .map_or_else(|| id.clone(), |variable| variable.label.get(lang).to_owned());
        let value = wizard
            .answers()
            .get(id)
            .map(|option| option_label(base, &question.variable, option, lang));
        put(id, label, value);
    }
    said
}

fn option_label(base: &Base, variable: &str, id: &str, lang: Lang) -> String {
    base.variables
        .get(variable)
        .and_then(|variable| variable.options.iter().find(|option| option.id == id))
        .map_or_else(|| id.to_owned(), |option| option.label.get(lang).to_owned())
}

fn part_name(base: &Base, name: &str, lang: Lang) -> String {
    base.component_named(name)
        .map_or_else(|| name.to_owned(), |component| component.name.get(lang).to_owned())
}

fn shortened(text: &str) -> String {
    let line = text.trim();
    match line.char_indices().nth(LINE_SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// What was recognised in the pasted text: the line, and what it means.
#[component]
pub fn ReadFromText(
    /// The texts in the reader's language.
    texts: Texts,
    /// The evidence so far.
    observations: Vec<Observation>,
    /// The knowledge base, for the meanings.
    base: Arc<Base>,
) -> impl IntoView {
    let hits: Vec<(String, String)> = observations
        .iter()
        .filter(|seen| seen.source == Source::Text && seen.variable == "message")
        .filter_map(|seen| {
            let signature = base.signatures.get(seen.value.word()?)?;
            let line = seen.raw.as_deref().unwrap_or(&signature.example);
            Some((shortened(line), signature.meaning.get(texts.0).to_owned()))
        })
        .take(HITS_SHOWN)
        .collect();
    if hits.is_empty() {
        return ().into_any();
    }
    view! {
        <section aria-labelledby="read">
            <h2 id="read">{texts.t("read-title")}</h2>
            <ul class="hits">
                {hits
                    .into_iter()
                    .map(|(line, meaning)| {
                        view! {
                            <li>
                                <code>{line}</code>
                                <p>{meaning}</p>
                            </li>
                        }
                    })
                    .collect_view()}
            </ul>
        </section>
    }
    .into_any()
}

/// What the probes measured, in words, with what it rests on folded below.
#[component]
pub fn Measured(
    /// The texts in the reader's language.
    texts: Texts,
    /// The evidence so far.
    observations: Vec<Observation>,
    /// The knowledge base, for the words of variables and options.
    base: Arc<Base>,
) -> impl IntoView {
    let seen = observations
        .into_iter()
        .filter(|seen| seen.source == Source::Probe && seen.variable != "component");
    let rows = seen.map(|seen| {
        let label = base.variables.get(&seen.variable).map_or_else(
            || seen.variable.clone(),
            |variable| variable.label.get(texts.0).to_owned(),
        );
        let value = match (seen.value.word(), seen.value.number()) {
            (Some(word), _) => option_label(&base, &seen.variable, word, texts.0),
            (_, Some(seconds)) => texts.seconds(seconds),
            _ => seen.value.to_string(),
        };
        let place = if seen.is_proxied() {
            Some(texts.t("through-proxy"))
        } else {
            (seen.vantage == "browser").then(|| texts.t("measured-from-browser"))
        };
        let value = view! {
            {value}
            {place.map(|place| view! { " " <span class="muted">{place}</span> })}
            {seen.raw.map(|raw| view! {
                <details class="raw">
                    <summary>{texts.t("probe-raw")}</summary>
                    <code>{raw}</code>
                </details>
            })}
        };
        fact(label, Some(seen.variable), value.into_any())
    });
    facts("measured", texts.t("measured-title"), "said measured", rows.collect())
}

/// What a packet capture showed, in the words of the knowledge base.
#[component]
pub fn ReadFromCapture(
    /// The texts in the reader's language.
    texts: Texts,
    /// The evidence so far.
    observations: Vec<Observation>,
    /// The knowledge base, for the words.
    base: Arc<Base>,
) -> impl IntoView {
    let rows =
        observations.iter().filter(|seen| seen.source == Source::Capture).filter_map(|seen| {
            let variable = base.variables.get(&seen.variable)?;
            let value = match seen.value.number() {
                Some(number) => texts.seconds(number),
                None => option_label(&base, &seen.variable, seen.value.word()?, texts.0),
            };
            let label = variable.label.get(texts.0).to_owned();
            Some(fact(label, None, view! { <bdi>{value}</bdi> }.into_any()))
        });
    facts("captured", texts.t("from-capture-title"), "said", rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passed_step_can_still_be_changed() {
        let wizard = Wizard::parse("phase=idle&skip=scope");
        let said = said(&wizard, &Base::default(), Texts(Lang::En));
        let steps: Vec<_> = said.iter().map(|said| said.step.as_str()).collect();
        assert_eq!(steps, ["phase", "scope"]);
        assert_eq!(said[1].value, "Don’t know");
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        assert_eq!(shortened(&"断".repeat(200)).chars().count(), LINE_SHOWN + 1);
    }
}
