//! Live probes: asked for, followed as they go, stopped, and handed on.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::knowledge::Lang;

use super::browser;

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
    /// Names of the rows, in order: id and words.
    pub rows: Vec<(String, String)>,
    /// Words of the states: id and words.
    pub states: Vec<(String, String)>,
}

/// How far one probe is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RowState {
    #[default]
    Waiting,
    Running,
    Ok,
    Failed,
    Unseen,
}

impl RowState {
    fn id(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unseen => "unseen",
        }
    }
}

/// Outcomes that are no problem; how an idle connection ends is a measurement, not a failure.
const GOOD: [&str; 9] =
    ["ok", "connected", "greeting", "open", "fin", "rst", "silent", "all_ok", "found"];

/// One probe of the run.
#[derive(Clone, Debug, Default, PartialEq)]
struct Row {
    id: String,
    state: RowState,
    lines: Vec<String>,
    /// What a long probe says while it goes on, and for how many seconds it has.
    progress: Option<(String, f64)>,
}

/// Everything the run has told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Told {
    rows: Vec<Row>,
    refused: Option<String>,
}

impl Told {
    fn new(texts: &ProbeTexts) -> Self {
        let row = |(id, _): &(String, String)| Row { id: id.clone(), ..Row::default() };
        Self { rows: texts.rows.iter().map(row).collect(), refused: None }
    }

    /// Takes one event in; what it does not know, it leaves out.
    fn take(&mut self, event: &Value, lang: Lang) {
        let words = |key: &str| {
            let text = event.get(key)?;
            text.get(if lang == Lang::Zh { "zh" } else { "en" })?.as_str().map(str::to_owned)
        };
        let kind = event.get("event").and_then(Value::as_str).unwrap_or_default();
        if kind == "refused" {
            self.refused = words("text");
            return;
        }
        let probe = event.get("probe").and_then(Value::as_str).unwrap_or_default();
        let Some(row) = self.rows.iter_mut().find(|row| row.id == probe) else { return };
        match kind {
            "started" => row.state = RowState::Running,
            "progress" => {
                let seconds = event.get("seconds").and_then(Value::as_f64).unwrap_or_default();
                row.state = RowState::Running;
                row.progress = words("text").map(|text| (text, seconds));
            }
            "finding" => row.lines.extend(words("text")),
            "finished" => {
                let outcome = event.get("outcome").and_then(Value::as_str).unwrap_or_default();
                let good = GOOD.contains(&outcome) || probe == "idle";
                row.state = if good { RowState::Ok } else { RowState::Failed };
                row.progress = None;
            }
            "not_visible" => {
                row.state = RowState::Unseen;
                row.lines.extend(words("why"));
                row.progress = None;
            }
            _ => {}
        }
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
        let address = format!("{here}{separator}probe={id}");
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
    let start = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        phase.set(Phase::Running(String::new()));
        let (follow, failed) = (follow.clone(), failed.clone());
        browser::start_run(&target, silence, lang, move |started| match started {
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
    let (names, states) = (texts.rows.clone(), texts.states.clone());
    let rows = move || {
        let told = told.get();
        told.rows.into_iter().map(|row| view_row(row, silence, &names, &states)).collect_view()
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

fn view_row(
    row: Row,
    silence: u64,
    names: &[(String, String)],
    states: &[(String, String)],
) -> impl IntoView + use<> {
    let word = |all: &[(String, String)], id: &str| {
        all.iter().find(|(key, _)| key == id).map(|(_, word)| word.clone()).unwrap_or_default()
    };
    let state = row.state.id();
    let name = word(names, &row.id);
    let progress = row.progress.map(|(text, seconds)| {
        view! {
            <li>
                <progress max=silence value=seconds.to_string() aria-label=name.clone()></progress>
                {text}
            </li>
        }
    });
    view! {
        <li class=format!("is-{state}")>
            <span class="row-sign" aria-hidden="true"></span>
            <strong>{name}</strong>
            <span class="row-state">{word(states, state)}</span>
            <ul>
                {progress}
                {row.lines.into_iter().map(|line| view! { <li>{line}</li> }).collect_view()}
            </ul>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(events: &[Value]) -> Told {
        let names = ["dns", "tcp", "idle"].map(|id| (id.to_owned(), id.to_owned()));
        let texts = ProbeTexts {
            go: String::new(),
            running: String::new(),
            cancel: String::new(),
            cancelled: String::new(),
            failed: String::new(),
            finished: String::new(),
            rows: names.to_vec(),
            states: Vec::new(),
        };
        let mut told = Told::new(&texts);
        for event in events {
            told.take(event, Lang::En);
        }
        told
    }

    #[test]
    fn a_run_is_told_row_by_row() {
        let told = told(&[
            json!({"event": "started", "probe": "tcp"}),
            json!({"event": "finding", "probe": "tcp", "text": {"en": "connected", "zh": "连上了"}}),
            json!({"event": "finished", "probe": "tcp", "millis": 3, "outcome": "refused"}),
            json!({"event": "progress", "probe": "idle", "seconds": 20.0, "text": {"en": "still open", "zh": ""}}),
            json!({"event": "not_visible", "probe": "dns", "why": {"en": "an address", "zh": ""}}),
        ]);
        let states: Vec<_> = told.rows.iter().map(|row| row.state).collect();
        assert_eq!(states, [RowState::Unseen, RowState::Failed, RowState::Running]);
        assert_eq!(told.rows[1].lines, ["connected"]);
        assert_eq!(told.rows[2].progress, Some(("still open".to_owned(), 20.0)));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let odd = [json!(null), json!({"event": 7}), json!({"event": "finding", "probe": "x"})];
        assert_eq!(told(&odd), told(&[]));
    }
}
