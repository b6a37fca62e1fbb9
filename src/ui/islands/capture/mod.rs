//! The capture page: a file goes to a worker, a table, a picture and evidence come back.
//!
//! Packets stay in the worker. What the page gets of them are rows, pictures and observations, and what
//! leaves for the server are the observations that it lists, when a person presses the button.

mod compare;
mod detail;
mod drop_zone;
mod picture;
mod table;

use leptos::prelude::*;

use crate::{
    knowledge::Lang,
    worker::protocol::{Ask, Detail, Differences, Page, Picture, Query, Say, Summary},
};

use super::{
    browser::{self, CaptureNews as Heard},
    capture_words::{CaptureTexts, VariableWords},
};
use compare::compared;
use detail::detail;
use drop_zone::drop_zone;
use table::table;

/// The id of the heading of the conversation that is looked at.
const DETAIL: &str = "conversation";
/// The id of the heading of the table.
const TABLE: &str = "conversations";

/// How far the reading of a file is.
#[derive(Clone, Debug, Default, PartialEq)]
enum Phase {
    /// No file yet.
    #[default]
    Empty,
    /// Under way.
    Reading(Progress),
    /// Over: what there is to say of it, and whether it was stopped before its end.
    Read(String, Summary, bool),
    /// It cannot be read, with a sentence.
    Lost(String),
}

/// Name, bytes, packets and milliseconds of a file that is being read.
#[derive(Clone, Debug, Default, PartialEq)]
struct Progress {
    name: String,
    read: f64,
    total: f64,
    packets: f64,
    millis: f64,
}

/// Everything the page shows.
#[derive(Clone, Copy)]
struct Scene {
    texts: StoredValue<CaptureTexts>,
    phases: [RwSignal<Phase>; 2],
    query: RwSignal<Query>,
    page: RwSignal<Page>,
    detail: RwSignal<Option<Detail>>,
    picture: RwSignal<Option<Picture>>,
    differences: RwSignal<Option<Differences>>,
}

impl Scene {
    fn new(texts: CaptureTexts) -> Self {
        Self {
            texts: StoredValue::new(texts),
            phases: [RwSignal::new(Phase::Empty), RwSignal::new(Phase::Empty)],
            query: RwSignal::new(Query::default()),
            page: RwSignal::new(Page::default()),
            detail: RwSignal::new(None),
            picture: RwSignal::new(None),
            differences: RwSignal::new(None),
        }
    }

    /// The text of this id.
    fn t(self, id: &str) -> String {
        self.texts.with_value(|texts| texts.t(id))
    }

    /// The same with its places filled.
    fn with(self, id: &str, places: &[(&str, String)]) -> String {
        places
            .iter()
            .fold(self.t(id), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn phase(self, slot: u32) -> RwSignal<Phase> {
        let [capture, other] = self.phases;
        if slot == 0 { capture } else { other }
    }

    /// Whether the capture was read and holds something.
    fn has_rows(self) -> bool {
        matches!(self.phase(0).get(), Phase::Read(_, summary, _) if summary.conversations > 0)
    }

    /// Changes what is asked of the table, and asks.
    fn ask(self, change: impl FnOnce(&mut Query)) {
        let mut query = self.query.get_untracked();
        query.page = 0;
        change(&mut query);
        self.query.set(query.clone());
        browser::ask_capture(&Ask::Rows(query));
    }

    /// Looks at one conversation.
    fn look_at(self, id: u32) {
        self.picture.set(None);
        browser::ask_capture(&Ask::One { id });
        browser::trace_capture(id);
        browser::focus_soon(DETAIL);
    }

    fn begin(self, slot: u32, name: String) {
        if slot == 0 {
            self.detail.set(None);
            self.picture.set(None);
            self.page.set(Page::default());
            self.query.set(Query::default());
            self.phase(1).set(Phase::Empty);
        }
        self.differences.set(None);
        self.phase(slot).set(Phase::Reading(Progress { name, ..Progress::default() }));
    }

    /// Takes in what the worker says.
    fn hear(self, heard: Heard) {
        match heard {
            Heard::Progress { slot, read, total, packets, millis } => {
                self.phase(slot).update(|phase| {
                    if let Phase::Reading(progress) = phase {
                        let name = std::mem::take(&mut progress.name);
                        *progress = Progress { name, read, total, packets, millis };
                    }
                });
            }
            Heard::Said(say, stopped) => self.take(*say, stopped),
            Heard::Lost(why) => {
                let sentence = match why.as_str() {
                    // What a browser says where a file has changed or gone since it was chosen.
                    "NotReadableError" | "NotFoundError" => self.t("cap-lost-file"),
                    _ => self.t("cap-lost"),
                };
                for phase in self.phases {
                    if matches!(phase.get_untracked(), Phase::Reading(_)) {
                        phase.set(Phase::Lost(sentence.clone()));
                    }
                }
            }
        }
    }

    fn take(self, say: Say, stopped: bool) {
        match say {
            Say::Read(summary) => self.take_file(summary, stopped),
            Say::Rows(page) => self.page.set(page),
            Say::One(detail) => {
                self.detail.set(Some(*detail));
                browser::focus_soon(DETAIL);
            }
            Say::Picture(picture) => self.picture.set(Some(picture)),
            Say::Differences(differences) => self.differences.set(Some(differences)),
            Say::Failed { .. } => {}
        }
    }

    fn take_file(self, summary: Summary, stopped: bool) {
        let slot = summary.slot;
        let phase = self.phase(slot);
        // A file that another one was dropped over is forgotten.
        let Phase::Reading(Progress { name, .. }) = phase.get_untracked() else { return };
        let (refusal, any) = (summary.refusal.clone(), summary.conversations > 0);
        phase.set(match refusal {
            Some(sentence) => Phase::Lost(sentence),
            None => Phase::Read(name, summary, stopped),
        });
        if slot == 0 && any {
            self.ask(|_| {});
            browser::focus_soon(TABLE);
        } else if slot == 1 && any {
            browser::ask_capture(&Ask::Differences { page: 0 });
        }
    }
}

/// Drop zone, progress, table, picture, evidence, comparison.
#[island]
pub fn CaptureIsland(
    /// Address of the worker's script.
    worker: String,
    /// Language of what the worker says.
    lang: Lang,
    /// State of a wizard that the evidence is to be added to: hidden fields.
    state: Vec<(String, String)>,
    /// What the variables of captures are called.
    variables: VariableWords,
    /// The words.
    texts: CaptureTexts,
) -> impl IntoView {
    let scene = Scene::new(texts);
    Effect::new(move |_| browser::guard_drops());
    let (first, second) = (worker.clone(), worker);
    let read = move |address: &str, slot: u32, file: browser::Chosen| {
        scene.begin(slot, file.name());
        browser::read_capture(address, lang, slot, file, move |heard| scene.hear(heard));
    };
    view! {
        {drop_zone(scene, 0, move |file| read(&first, 0, file))}
        <div hidden=move || !scene.has_rows()>
            {table(scene)}
            {detail(scene, state, variables)}
            <section class="card capture-other" aria-labelledby="other">
                <h2 id="other">{scene.t("cap-other-title")}</h2>
                <p>{scene.t("cap-other-text")}</p>
                {drop_zone(scene, 1, move |file| read(&second, 1, file))}
                {compared(scene)}
            </section>
        </div>
    }
}
