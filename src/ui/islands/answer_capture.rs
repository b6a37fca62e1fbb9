//! A capture dropped on the page of an answer link: read by the worker as on the capture page, and
//! nothing but what a conversation is evidence of goes to the server, when a person presses the button.

use leptos::prelude::*;

use crate::{
    knowledge::Lang,
    ui::figures,
    worker::protocol::{Ask, Detail, Query, Row, Say, Summary},
};

use super::{
    browser::{self, CaptureNews},
    capture_words::{CaptureTexts, VariableWords},
    drop_area::drop_area,
};

/// Conversations that are offered, the gravest first. judgement: whoever wants another one of thousands
/// has the capture page.
const OFFERED: usize = 5;
/// The id of the file field.
const FIELD: &str = "answer-file";

/// How far it is.
#[derive(Clone, Debug, Default)]
enum Phase {
    /// No file yet.
    #[default]
    Empty,
    /// Name and share in per cent.
    Reading(String, f64),
    /// Read; what there is to say of it.
    Read(String),
    /// It cannot be read, with a sentence.
    Lost(String),
}

/// Drop zone, the gravest conversations, the facts of the chosen one and the button that sends them.
#[island]
pub fn AnswerCapture(
    /// Address of the worker's script.
    worker: String,
    /// Language of what the worker says.
    lang: Lang,
    /// Where the facts go.
    action: String,
    /// The token of the page to come back to.
    back: String,
    /// What the variables of captures are called.
    variables: VariableWords,
    /// The words.
    texts: CaptureTexts,
) -> impl IntoView {
    let texts = StoredValue::new(texts);
    let t = move |id: &str| texts.with_value(|texts| texts.t(id));
    let phase = RwSignal::new(Phase::Empty);
    let rows = RwSignal::new(Vec::<Row>::new());
    let chosen = RwSignal::new(None::<Detail>);
    Effect::new(move |_| browser::guard_drops());
    let hear = move |news: CaptureNews| hear(news, phase, rows, chosen, t);
    let worker = StoredValue::new(worker);
    let take = move |file: browser::Chosen| {
        rows.set(Vec::new());
        chosen.set(None);
        phase.set(Phase::Reading(file.name(), 0.0));
        worker.with_value(|worker| browser::read_capture(worker, lang, 0, file, hear));
    };
    let reading = move || matches!(phase.get(), Phase::Reading(..));
    let share = move || match phase.get() {
        Phase::Reading(_, share) => format!("{share:.1}"),
        _ => "0".to_owned(),
    };
    let said = move || match phase.get() {
        Phase::Reading(name, _) => t("cap-reading").replace("{name}", &name),
        Phase::Read(found) => found,
        Phase::Empty | Phase::Lost(_) => String::new(),
    };
    let lost = move || match phase.get() {
        Phase::Lost(sentence) => sentence,
        _ => String::new(),
    };
    let (action, back) = (StoredValue::new(action), StoredValue::new(back));
    let variables = StoredValue::new(variables);
    let inside = view! {
            <div class="drop-ask" hidden=reading>
                <p class="drop-words">{t("cap-drop")}</p>
                <button type="button" class="button" on:click=move |_| browser::open_dialogue(FIELD)>
                    {t("cap-choose")}
                </button>
                <p class="hint">{t("cap-formats")}</p>
            </div>
            <div class="drop-progress" hidden=move || !reading()>
                <progress max="100" value=share aria-label=said></progress>
                <button type="button" class="button" on:click=move |_| browser::stop_capture()>
                    {t("cap-stop")}
                </button>
            </div>
            <p class="drop-result" role="status">{said}</p>
            <p class="error" role="alert">{lost}</p>
    };
    view! {
        {drop_area("drop answer-drop", FIELD, false.into(), take, inside)}
        {move || offered(rows.get(), chosen.get().map(|detail| detail.row.id), t)}
        {move || {
            chosen.get().map(|detail| facts(&detail, action.get_value(), back.get_value(), variables, t))
        }}
    }
}

/// Takes in what the worker says.
fn hear(
    news: CaptureNews,
    phase: RwSignal<Phase>,
    rows: RwSignal<Vec<Row>>,
    chosen: RwSignal<Option<Detail>>,
    t: impl Fn(&str) -> String,
) {
    match news {
        CaptureNews::Progress { read, total, .. } => phase.update(|phase| {
            if let Phase::Reading(_, share) = phase {
                *share = 100.0 * read / total.max(1.0);
            }
        }),
        CaptureNews::Lost(_) => phase.set(Phase::Lost(t("cap-lost"))),
        CaptureNews::Said(say, _) => match *say {
            Say::Read(summary) => {
                let any = summary.conversations > 0 && summary.refusal.is_none();
                phase.update(|phase| *phase = read(phase, summary, t));
                if any {
                    browser::ask_capture(&Ask::Rows(Query::default()));
                }
            }
            Say::Rows(page) => {
                let shown: Vec<Row> = page.rows.into_iter().take(OFFERED).collect();
                if let Some(first) = shown.first() {
                    browser::ask_capture(&Ask::One { id: first.id });
                }
                rows.set(shown);
            }
            Say::One(detail) => chosen.set(Some(*detail)),
            _ => {}
        },
    }
}

/// What came of a file.
fn read(phase: &Phase, summary: Summary, t: impl Fn(&str) -> String) -> Phase {
    if let Some(sentence) = summary.refusal {
        return Phase::Lost(sentence);
    }
    let name = match phase {
        Phase::Reading(name, _) => name.as_str(),
        _ => "",
    };
    let found = t(if summary.conversations == 0 { "cap-found-none" } else { "cap-found" })
        .replace("{n}", &summary.conversations.to_string())
        .replace("{m}", &summary.failed.to_string())
        .replace("{packets}", &summary.packets.to_string())
        .replace("{name}", name);
    Phase::Read(found)
}

/// The conversations to choose from; nothing where there is only one.
fn offered(rows: Vec<Row>, chosen: Option<u32>, t: impl Fn(&str) -> String) -> impl IntoView {
    if rows.len() < 2 {
        return ().into_any();
    }
    let rows = rows.into_iter().map(move |row| {
        let id = row.id;
        view! {
            <label class="answer-row">
                <input
                    type="radio"
                    name="conversation"
                    checked=chosen == Some(id)
                    on:change=move |_| browser::ask_capture(&Ask::One { id })
                />
                <span>
                    <strong><bdi>{row.src}</bdi> " → " <bdi>{row.dst}</bdi></strong>
                    <span class="muted">{row.sentence}</span>
                </span>
            </label>
        }
    });
    view! {
        <fieldset class="answer-rows">
            <legend>{t("ticket-capture-which")}</legend>
            {rows.collect_view()}
        </fieldset>
    }
    .into_any()
}

/// What would go to the server, word for word, and the button that sends it.
fn facts<T: Fn(&str) -> String>(
    detail: &Detail,
    action: String,
    back: String,
    variables: StoredValue<VariableWords>,
    t: T,
) -> impl IntoView + use<T> {
    if detail.observations.is_empty() {
        return view! { <p class="muted">{t("cap-evidence-none")}</p> }.into_any();
    }
    let json = serde_json::to_string(&detail.observations).unwrap_or_default();
    let lines = detail.observations.iter().map(|seen| {
        let value = match seen.value.number() {
            Some(number) => format!("{} s", figures::seconds(number)),
            None => seen.value.to_string(),
        };
        let (name, value) = variables.with_value(|words| words.of(&seen.variable, &value));
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
    });
    let lines = lines.collect_view();
    let raw = detail.observations.first().and_then(|seen| seen.raw.clone());
    view! {
        <form class="say evidence-form" method="post" action=action>
            <p>{t("ticket-capture-sends")}</p>
            <dl class="said">{lines}</dl>
            {raw.map(|raw| view! { <code class="raw">{raw}</code> })}
            <input type="hidden" name="back" value=back />
            <input type="hidden" name="observations" value=json />
            <label class="stacked who">
                {t("ticket-name")}
                <input type="text" name="who" maxlength="80" autocomplete="nickname" />
            </label>
            <button type="submit" class="primary">{t("ticket-capture-send")}</button>
        </form>
    }
    .into_any()
}
