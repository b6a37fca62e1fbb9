//! A box that understands what is pasted into it: what each line means, and what is masked before
//! anything of it leaves the browser.
//!
//! Read first, masked afterwards: a worker of the browser sees the whole text, the server what is
//! left of it. Without script the server does both, in the same order.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    knowledge::Lang,
    ladder::{Sketch, SketchHop, hops_in},
    reader::protocol::{Ask, Marks, Say},
    redact::Choices,
    report::Reading,
    ui::state::ladder_href,
};

use super::{
    browser,
    hits::{HitTexts, hit_list},
    masks::{MaskTexts, mask_panel},
};

/// The words of everything below a box.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PasteTexts {
    /// Heading of what was read.
    pub read: String,
    /// Said where nothing was.
    pub nothing: String,
    /// Heading of timers read out of configuration.
    pub config: String,
    /// Link that lays them into the ladder.
    pub ladder: String,
    /// The words of a hit.
    pub hits: HitTexts,
    /// The words of the masks.
    pub masks: MaskTexts,
    /// Where the text goes, with script.
    pub stays: String,
    /// Where the text goes, without.
    pub goes: String,
    /// Said where script runs and the program cannot be loaded.
    pub unmasked: String,
}

/// What a text says, timers of configuration among it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasteReading {
    /// Known texts, command output, rhythm.
    pub reading: Reading,
    /// Components that it configures.
    pub hops: Vec<SketchHop>,
}

impl PasteReading {
    /// What `reading` holds, and the timers in `text`.
    pub fn new(reading: Reading, text: &str) -> Self {
        Self { reading, hops: hops_in(text) }
    }

    fn is_empty(&self) -> bool {
        self.reading.hits.is_empty() && self.reading.facts.is_empty() && self.hops.is_empty()
    }
}

/// The box `id` as it is read and masked.
#[derive(Clone, Copy)]
pub(super) struct PasteState {
    pub(super) text: RwSignal<String>,
    pub(super) read: RwSignal<Option<PasteReading>>,
    /// What would be masked; none until that is known.
    pub(super) marks: RwSignal<Option<Marks>>,
    pub(super) choices: RwSignal<Choices>,
}

impl PasteState {
    pub(super) fn new(read: Option<PasteReading>) -> Self {
        Self {
            text: RwSignal::new(String::new()),
            read: RwSignal::new(read),
            marks: RwSignal::new(None),
            choices: RwSignal::new(Choices::default()),
        }
    }

    /// Reads the box whenever typing pauses, and masks what its form sends; `after` are the placeholders
    /// of the text that this one is added to. In effects only.
    pub(super) fn watch(self, id: &str, after: &str, knowledge: &str, lang: Lang) {
        browser::mask_forms(knowledge);
        let name = id.to_owned();
        let Self { text, read, choices, .. } = self;
        let hidden = Memo::new(move |_| choices.get().hidden);
        Effect::new(move |_| browser::set_choices(&name, choices.get()));
        let (name, own_after, address) = (id.to_owned(), after.to_owned(), knowledge.to_owned());
        let mark = move || {
            self.mark(&name, &own_after, &address, hidden.get_untracked());
        };
        let mark_anew = mark.clone();
        Effect::new(move |ran: Option<()>| {
            hidden.track();
            if ran.is_some() {
                mark_anew();
            }
        });
        let (purpose, knowledge) = (format!("read {id}"), knowledge.to_owned());
        browser::watch_box(id, move |typed| {
            text.set(typed.clone());
            mark();
            if typed.trim().is_empty() {
                read.set(None);
                return;
            }
            let ask = Ask::Read { text: typed.clone(), lang };
            browser::ask_reader(&purpose, &knowledge, ask, move |said| {
                let Some(Say::Read { reading, hops }) = said else { return };
                // Whoever typed on meanwhile gets the newer reading.
                if text.with_untracked(|now| *now == typed) {
                    read.set(Some(PasteReading { reading, hops }));
                }
            });
        });
    }

    /// Finds what would be masked in the text as it stands.
    fn mark(self, id: &str, after: &str, knowledge: &str, hidden: Vec<String>) {
        let Self { text, marks, choices, .. } = self;
        let marked = text.get_untracked();
        if marked.trim().is_empty() {
            marks.set(None);
            return;
        }
        let ask =
            Ask::Mark { text: marked.clone(), hidden: hidden.clone(), after: after.to_owned() };
        browser::ask_reader(&format!("mark {id}"), knowledge, ask, move |said| {
            let Some(Say::Marks(found)) = said else { return };
            let is_newest = text.with_untracked(|now| *now == marked)
                && choices.with_untracked(|now| now.hidden == hidden);
            if is_newest {
                marks.set(Some(found));
            }
        });
    }

    pub(super) fn forget(self) {
        self.text.set(String::new());
        self.read.set(None);
        self.marks.set(None);
        self.choices.set(Choices::default());
    }
}

/// What stands below a box: what was read, what is masked. `most` hits are shown, all with 0.
pub(super) fn paste_panels(
    id: &str,
    state: PasteState,
    most: usize,
    lang: Lang,
    texts: PasteTexts,
) -> impl IntoView + use<> {
    let PasteTexts { read, nothing, config, ladder, hits, masks, .. } = texts;
    let shown = move || {
        let Some(found) = state.read.get() else { return ().into_any() };
        if found.is_empty() {
            return view! { <p class="muted">{nothing.clone()}</p> }.into_any();
        }
        let PasteReading { reading, hops } = found;
        let rows = config_rows(&hops);
        let href = ladder_href(&Sketch { hops, ..Sketch::default() });
        view! {
            <h2>{read.clone()}</h2>
            {hit_list(reading, most, &hits)}
            {(!rows.is_empty())
                .then(|| {
                    view! {
                        <h3>{config.clone()}</h3>
                        <ul class="read-config">
                            {rows.into_iter().map(|row| view! { <li><code>{row}</code></li> }).collect_view()}
                        </ul>
                        <p><a href=href>{ladder.clone()}</a></p>
                    }
                })}
        }
        .into_any()
    };
    view! {
        <div class="read-panel" aria-live="polite" hidden=move || state.read.read().is_none()>
            {shown}
        </div>
        {mask_panel(id, state, lang, masks)}
    }
}

/// `nginx: proxy_read_timeout 60s (12)`, the line last.
fn config_rows(hops: &[SketchHop]) -> Vec<String> {
    let rows = hops.iter().flat_map(|hop| {
        hop.timers.iter().map(|timer| {
            let line = timer.line.map(|line| format!("  :{line}")).unwrap_or_default();
            format!("{}  {} {}{line}", hop.component, timer.setting, timer.value)
        })
    });
    rows.collect()
}

/// What a box of the wizard is like.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BoxShape {
    /// Id of the box, one on the page.
    pub id: String,
    /// Name of its field.
    pub name: String,
    /// Id of what labels it, where it has no label of its own.
    pub labelled_by: String,
    /// The label; empty for none.
    pub label: String,
    /// What stands in it.
    pub text: String,
    /// Lines it shows.
    pub rows: u8,
    /// Whether it must be filled.
    pub required: bool,
    /// The placeholders of the text that this one is added to.
    pub after: String,
}

/// A box of the wizard: more text, the output of a command, notes, the text itself.
#[island]
pub fn PasteBox(
    /// What it is like.
    shape: BoxShape,
    /// Address of the knowledge for the browser.
    knowledge: String,
    /// Language of what is read.
    lang: Lang,
    /// The words.
    texts: PasteTexts,
) -> impl IntoView {
    let BoxShape { id, name, labelled_by, label, text, rows, required, after } = shape;
    let state = PasteState::new(None);
    let (own, watched_after) = (id.clone(), after.clone());
    Effect::new(move |_| state.watch(&own, &watched_after, &knowledge, lang));
    let privacy = privacy_notes(&texts);
    let panels = paste_panels(&id, state, 0, lang, texts);
    view! {
        <div class="field paste">
            {(!label.is_empty()).then(|| view! { <label for=id.clone()>{label}</label> })}
            <textarea
                id=id.clone()
                name=name
                rows=rows
                required=required
                spellcheck="false"
                data-masked="1"
                data-after=after
                aria-labelledby=(!labelled_by.is_empty()).then_some(labelled_by)
            >
                {text}
            </textarea>
            {privacy}
            {panels}
        </div>
    }
}

/// Where the text goes: three sentences, of which one shows.
pub(super) fn privacy_notes(texts: &PasteTexts) -> impl IntoView + use<> {
    view! {
        <p class="hint privacy-note only-js">{texts.stays.clone()}</p>
        <p class="hint privacy-note only-plain">{texts.goes.clone()}</p>
        <p class="error only-unmasked" role="alert">{texts.unmasked.clone()}</p>
    }
}
