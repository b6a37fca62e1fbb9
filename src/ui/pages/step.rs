//! One step of the wizard, whichever it is.

use leptos::prelude::*;

use crate::{
    api::{Desk, Run, knowledge_path},
    knowledge::{Base, HowTo, Question},
    redact::numbers_in,
    report::Report,
    ui::{
        components::{Command, HiddenState, Icon, paste_texts, prose},
        i18n::Texts,
        islands::{BoxShape, PasteBox},
        pages::{
            step_parts::{NotesStep, PartsStep, SecondsStep, TextStep},
            step_probe::ProbeStep,
        },
        state::{Opening, Step, Wizard},
    },
};

/// The step that is due, as a form that works without script.
#[component]
pub fn StepView(
    /// The texts in the reader's language.
    texts: Texts,
    /// The step.
    step: Step,
    /// The state of the wizard.
    wizard: Wizard,
    /// The report so far.
    report: Report,
    /// Where the knowledge and the probes are.
    desk: Desk,
    /// A run of probes that is under way.
    run: Option<Run>,
) -> impl IntoView {
    let base = &std::sync::Arc::clone(desk.diagnostician.base());
    match step {
        Step::Text => view! { <TextStep texts wizard /> }.into_any(),
        Step::Opening(Opening::Seconds) => {
            let explanation = explanation(base, "after_seconds", texts);
            view! { <SecondsStep texts wizard explanation /> }.into_any()
        }
        Step::Opening(Opening::Parts) => {
            view! { <PartsStep texts wizard report desk /> }.into_any()
        }
        Step::Opening(Opening::Notes) => {
            let explanation = explanation(base, "notes", texts);
            view! { <NotesStep texts wizard explanation /> }.into_any()
        }
        Step::Opening(opening) => {
            let key = opening.id().to_owned();
            choice(texts, base, wizard, opening.id(), opening.id(), key)
        }
        Step::Question(id) => {
            let variable = base.questions.get(&id).map(|question| question.variable.clone());
            let key = format!("a.{id}");
            choice(texts, base, wizard, &id, &variable.unwrap_or_default(), key)
        }
        Step::Probe(wanted) => view! { <ProbeStep texts wanted wizard desk run /> }.into_any(),
        Step::Check(id) => check(texts, base, wizard, &id),
        Step::Done => view! { <DoneStep texts wizard /> }.into_any(),
    }
}

/// What stands around a question: its words, why we ask, how to find out.
#[derive(Clone, Debug, Default)]
pub(super) struct Explanation {
    /// The question itself.
    pub(super) ask: String,
    /// Why we ask.
    pub(super) why: String,
    /// How to find out: command and what to look for.
    pub(super) how: Vec<(String, String, Option<String>)>,
}

/// The words of question `id`, from the knowledge base.
pub(super) fn explanation(base: &Base, id: &str, texts: Texts) -> Explanation {
    let lang = texts.0;
    base.questions.get(id).map_or_else(
        Explanation::default,
        |Question { ask, why, how, .. }| Explanation {
            ask: ask.get(lang).to_owned(),
            why: why.get(lang).to_owned(),
            how: how.iter().map(|how| how_to(how, texts)).collect(),
        },
    )
}

fn how_to(how: &HowTo, texts: Texts) -> (String, String, Option<String>) {
    let note = how.note.as_ref().map(|note| note.get(texts.0).to_owned());
    (texts.word("os", &how.os), how.command.clone(), note)
}

/// *Why we ask* and *How to find out*, folded.
#[component]
pub(super) fn WhyAndHow(
    /// The texts in the reader's language.
    texts: Texts,
    /// What to say.
    explanation: Explanation,
) -> impl IntoView {
    let Explanation { why, how, .. } = explanation;
    view! {
        <div class="explain">
            {(!why.is_empty())
                .then(|| {
                    view! {
                        <details>
                            <summary>{texts.t("why-we-ask")}</summary>
                            <p>{prose(&why)}</p>
                        </details>
                    }
                })}
            {(!how.is_empty())
                .then(|| {
                    view! {
                        <details>
                            <summary>{texts.t("how-to-find-out")}</summary>
                            <Commands texts how />
                        </details>
                    }
                })}
        </div>
    }
}

#[component]
fn Commands(texts: Texts, how: Vec<(String, String, Option<String>)>) -> impl IntoView {
    how.into_iter()
        .map(|(os, command, note)| {
            view! {
                <p class="os">{os}</p>
                {(!command.trim().is_empty()).then(|| view! { <Command texts command /> })}
                {note.map(|note| view! { <p class="muted">{prose(&note)}</p> })}
            }
        })
        .collect_view()
}

/// A question with options: each is a button that answers and goes on.
fn choice(
    texts: Texts,
    base: &Base,
    wizard: Wizard,
    id: &str,
    variable: &str,
    key: String,
) -> AnyView {
    let lang = texts.0;
    let mut explanation = explanation(base, id, texts);
    let known = base.variables.get(variable);
    if explanation.ask.is_empty() {
        explanation.ask =
            known.map_or_else(|| id.to_owned(), |known| known.label.get(lang).to_owned());
    }
    let facts = &wizard.case.facts;
    let chosen = match id {
        "phase" => facts.phase.clone(),
        "scope" => facts.scope.clone(),
        _ => wizard.answers().get(id).cloned(),
    };
    // "Not known" is the button below all options, not one of them.
    let options: Vec<(String, String)> = known
        .map(|known| &known.options)
        .into_iter()
        .flatten()
        .filter(|option| option.id != "unknown")
        .map(|option| (option.id.clone(), option.label.get(lang).to_owned()))
        .collect();
    let skip = id.to_owned();
    let ask = explanation.ask.clone();
    view! {
        <form class="card step" method="get" action="/diagnose" data-step=id.to_owned()>
            <HiddenState wizard asked=vec![key.clone()] />
            <h1 id="ask">{ask}</h1>
            <div class="options" role="group" aria-labelledby="ask">
                {options
                    .into_iter()
                    .enumerate()
                    .map(|(index, (value, label))| {
                        let current = chosen.as_ref() == Some(&value);
                        view! {
                            <button
                                type="submit"
                                class="option"
                                name=key.clone()
                                value=value
                                aria-current=current.then_some("true")
                            >
                                <OptionKey index />
                                <span>{label}</span>
                            </button>
                        }
                    })
                    .collect_view()}
                <button type="submit" class="option option-quiet" name="skip" value=skip>
                    <kbd aria-hidden="true">"0"</kbd>
                    <span>{texts.t("dont-know")}</span>
                </button>
            </div>
            <WhyAndHow texts explanation />
        </form>
    }
    .into_any()
}

/// The number key of an option; options beyond the ninth have none.
#[component]
fn OptionKey(index: usize) -> impl IntoView {
    (index < 9).then(|| view! { <kbd aria-hidden="true">{index + 1}</kbd> })
}

/// Something to run and paste.
fn check(texts: Texts, base: &Base, wizard: Wizard, id: &str) -> AnyView {
    let Some(check) = base.checks.get(id) else {
        return view! { <DoneStep texts wizard /> }.into_any();
    };
    let how = check.how.iter().map(|how| how_to(how, texts)).collect();
    let (title, why) = (check.title.get(texts.0).to_owned(), check.why.get(texts.0).to_owned());
    let skip = format!("check.{id}");
    let passed = wizard.clone();
    let after = numbers_in(wizard.case.text.as_deref().unwrap_or(""));
    view! {
        <div class="card step">
            <h1>{title}</h1>
            <p>{prose(&why)}</p>
            <Commands texts how />
            <form method="post" action="/add">
                <HiddenState wizard />
                <input type="hidden" name="skip" value=skip.clone() />
                <PasteBox
                    shape=BoxShape { id: "output".to_owned(), name: "more".to_owned(), label: texts.t("check-paste"), rows: 6, after, ..BoxShape::default() }
                    knowledge=knowledge_path()
                    lang=texts.0
                    texts=paste_texts(texts)
                />
                <button type="submit" class="primary">{texts.t("continue")}</button>
            </form>
            <form class="row" method="get" action="/diagnose">
                <HiddenState wizard=passed />
                <button type="submit" class="link-button" name="skip" value=skip>
                    {texts.t("check-skip")}
                </button>
            </form>
        </div>
    }
    .into_any()
}

#[component]
fn DoneStep(texts: Texts, wizard: Wizard) -> impl IntoView {
    view! {
        <div class="card step">
            <h1>{texts.t("done-title")}</h1>
            <p>{texts.t("done-text")}</p>
            <p>
                <a class="button primary" href=wizard.at_report().href()>
                    {texts.t("show-report")}
                    <Icon name="arrow" />
                </a>
            </p>
        </div>
    }
}
