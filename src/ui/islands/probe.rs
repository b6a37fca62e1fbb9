//! Live probes: asked for, followed as they go, stopped, and handed on.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::knowledge::{Lang, LiveProbe};

use super::{
    browser,
    told::{Row, RowState, Told},
};

/// The words of the probe step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProbeTexts {
    /// The button that consents.
    pub go: String,
    /// Said while the run goes on.
    pub running: String,
    /// The button that stops it.
    pub cancel: String,
    /// Said when it was stopped.
    pub cancelled: String,
    /// Said when the server could not be reached.
    pub failed: String,
    /// Said at the end.
    pub finished: String,
    /// Said where no probe is ticked.
    pub none: String,
    /// Said where one that sends more is ticked, and its own tick is missing.
    pub agree: String,
    /// Over the raw findings.
    pub raw: String,
    /// Between a state and the outcome.
    pub colon: String,
    /// Names of the rows, in order: id and words.
    pub rows: Vec<(String, String)>,
    /// Words of the states: id and words.
    pub states: Vec<(String, String)>,
    /// Words of the outcomes: probe, dot, outcome; and words.
    pub outcomes: Vec<(String, String)>,
}

impl ProbeTexts {
    fn word(all: &[(String, String)], id: &str) -> Option<String> {
        all.iter().find(|(key, _)| key == id).map(|(_, word)| word.clone())
    }
}

/// Where the run is.
#[derive(Clone, Debug, PartialEq)]
enum Phase {
    /// Not started, or refused with a sentence.
    Asking(String),
    /// Under way, by id.
    Running(String),
    /// Over, with what to say.
    Over(String),
}

/// The consent button and, once pressed, the progress of the run.
///
/// Without script the form around it starts the run and waits. With script the run is followed here,
/// and at its end the page moves on to the address that holds what was seen.
#[island]
pub fn ProbeLive(
    /// Address of the wizard's state, without the run.
    here: String,
    /// The target.
    target: String,
    /// The longest silence, seconds.
    silence: u64,
    /// The probes of the run that is under way, or those ticked at first.
    chosen: Vec<String>,
    /// A run that is under way already.
    run: Option<String>,
    /// Its events so far, as JSON.
    events: Vec<String>,
    /// Language of the findings.
    lang: Lang,
    /// The words.
    texts: ProbeTexts,
) -> impl IntoView {
    let mut told = Told::new(&texts);
    for event in events.iter().filter_map(|event| serde_json::from_str(event).ok()) {
        told.take(&event, lang);
    }
    let told = RwSignal::new(told);
    let chosen = RwSignal::new(chosen);
    let phase = RwSignal::new(match &run {
        Some(id) => Phase::Running(id.clone()),
        None => Phase::Asking(String::new()),
    });
    let (failed, finished) = (texts.failed.clone(), texts.finished.clone());
    let cancelled = texts.cancelled.clone();
    let blank = Told::new(&texts);
    let follow = move |id: String| {
        told.set(blank.clone());
        phase.set(Phase::Running(id.clone()));
        let separator = if here.contains('?') { '&' } else { '?' };
        // A comma stays a comma in an address.
        let only = chosen.get_untracked().join(",");
        let address = format!("{here}{separator}probe={id}&only={only}");
        browser::mark_run(&address);
        let (finished, cancelled) = (finished.clone(), cancelled.clone());
        browser::follow_run(&id, move |heard| match heard {
            browser::Live::Event(event) => told.write().take(&event, lang),
            browser::Live::End(why) => {
                let said = if why == "cancelled" { &cancelled } else { &finished };
                phase.set(Phase::Over(said.clone()));
                if told.read_untracked().refused.is_none() {
                    browser::go(&address);
                }
            }
        });
    };
    let followed = follow.clone();
    Effect::new(move |_| {
        if let Some(id) = run.clone() {
            followed(id);
        }
    });
    let (none, agree) = (texts.none.clone(), texts.agree.clone());
    let start = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        let ticked = browser::ticked_probes();
        let is_heavy = |id: &String| LiveProbe::of(id).is_some_and(|probe| probe.is_heavy);
        if ticked.only.is_empty() {
            return phase.set(Phase::Asking(none.clone()));
        }
        if ticked.only.iter().any(is_heavy) && !ticked.agrees {
            return phase.set(Phase::Asking(agree.clone()));
        }
        phase.set(Phase::Running(String::new()));
        let (follow, failed) = (follow.clone(), failed.clone());
        chosen.set(ticked.only.clone());
        browser::start_run(&target, &ticked.only, silence, lang, move |started| match started {
            Ok(id) => follow(id),
            Err(sentence) => phase.set(Phase::Asking(sentence.unwrap_or(failed))),
        });
    };
    let cancel = move |_| {
        if let Phase::Running(id) = phase.get_untracked() {
            browser::cancel_run(&id);
        }
    };
    let asking = move || matches!(phase.get(), Phase::Asking(_));
    let running = move || matches!(phase.get(), Phase::Running(_));
    let sentence = move || match phase.get() {
        Phase::Running(_) => String::new(),
        Phase::Asking(sentence) | Phase::Over(sentence) => {
            told.read().refused.clone().unwrap_or(sentence)
        }
    };
    let words = texts.clone();
    let rows = move || {
        let (told, chosen) = (told.get(), chosen.get());
        let in_run = |row: &Row| chosen.contains(&row.id) || row.state != RowState::Waiting;
        let rows = told.rows.into_iter().filter(in_run);
        rows.map(|row| view_row(row, silence, &words)).collect_view()
    };
    view! {
        <p class="error" role="alert">{sentence}</p>
        <p class="probe-actions" hidden=move || !asking()>
            <button type="submit" class="primary" on:click=start>{texts.go}</button>
        </p>
        <div class="probe-run" hidden=asking>
            <p class="probe-actions" role="status">
                <strong>{move || if running() { texts.running.clone() } else { String::new() }}</strong>
                <button type="button" class="button" hidden=move || !running() on:click=cancel>
                    {texts.cancel}
                </button>
            </p>
            <ul class="probe-rows" aria-live="polite">{rows}</ul>
        </div>
    }
}

fn view_row(row: Row, silence: u64, texts: &ProbeTexts) -> impl IntoView + use<> {
    let state = row.state.id();
    let name = ProbeTexts::word(&texts.rows, &row.id).unwrap_or_default();
    let mut said = ProbeTexts::word(&texts.states, state).unwrap_or_default();
    if let Some(label) = ProbeTexts::word(&texts.outcomes, &format!("{}.{}", row.id, row.outcome)) {
        said.push_str(&texts.colon);
        said.push_str(&label);
    }
    let progress = row.progress.map(|(text, seconds)| {
        view! {
            <li>
                <progress max=silence value=seconds.to_string() aria-label=name.clone()></progress>
                {text}
            </li>
        }
    });
    let raw = (!row.raw.is_empty()).then(|| {
        view! {
            <li>
                <details class="raw">
                    <summary>{texts.raw.clone()}</summary>
                    {row.raw.into_iter().map(|raw| view! { <code>{raw}</code> }).collect_view()}
                </details>
            </li>
        }
    });
    view! {
        <li class=format!("is-{state}") data-probe=row.id>
            <span class="row-sign" aria-hidden="true"></span>
            <strong>{name}</strong>
            <span class="row-state">{said}</span>
            <ul>
                {progress}
                {row.lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
                {raw}
            </ul>
        </li>
    }
}
