//! Steps with free fields: seconds, the parts involved, notes, and the pasted text itself.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::{
    api::{Desk, knowledge_path},
    evidence::Source,
    knowledge::{Base, Lang},
    redact::numbers_in,
    report::Report,
    ui::{
        components::{HiddenState, paste_texts},
        i18n::Texts,
        islands::{BoxShape, PasteBox},
        pages::step::{Explanation, WhyAndHow},
        state::{Opening, Wizard},
    },
};

/// Times people report most, seconds. Each is the default of a widespread product.
const COMMON_SECONDS: [u32; 9] = [5, 10, 20, 30, 60, 100, 300, 350, 3600];

/// What one's own side is made of, by group; ids that the knowledge base lacks are left out.
const STACK: [(&str, &[&str]); 5] = [
    ("servers", &["nginx", "apache", "haproxy", "caddy", "iis", "tomcat"]),
    ("languages", &["node", "python", "java", "go", "php", "ruby", "dotnet", "rust"]),
    ("data", &["mysql", "postgresql", "redis", "mongodb", "kafka", "rabbitmq"]),
    ("clients", &["browser", "websocket", "ssh", "grpc", "android", "ios"]),
    ("hosts", &["linux", "windows", "macos", "docker", "kubernetes"]),
];
/// What may stand between client and server.
const BETWEEN: [(&str, &[&str]); 3] = [
    (
        "balancers",
        &["aws-alb", "aws-nlb", "azure-lb", "gcp-lb", "nginx", "haproxy", "envoy", "traefik"],
    ),
    ("edges", &["cloudflare", "cdn", "waf", "k8s-ingress"]),
    ("networks", &["firewall", "nat", "vpn", "home-router", "isp", "docker-overlay"]),
];

/// After how many seconds: common values as buttons, or a number.
#[component]
pub(super) fn SecondsStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
    /// Why we ask.
    explanation: Explanation,
) -> impl IntoView {
    let asked = vec!["after".to_owned(), "after_seconds".to_owned()];
    let value = wizard.case.facts.after_seconds.map(|seconds| seconds.to_string());
    view! {
        <div class="card step">
            <h1 id="ask">{explanation.ask.clone()}</h1>
            <form class="field-row" method="get" action="/diagnose" data-step="after_seconds">
                <HiddenState wizard=wizard.clone() asked=asked.clone() />
                <input type="hidden" name="skip" value=Opening::Seconds.id() />
                <label for="seconds">{texts.t("seconds-label")}</label>
                <input
                    type="number"
                    id="seconds"
                    name="after"
                    min="0"
                    max="1000000"
                    step="any"
                    inputmode="decimal"
                    value=value
                />
                <button type="submit" class="primary">{texts.t("continue")}</button>
            </form>
            <form method="get" action="/diagnose" data-step="after_seconds">
                <HiddenState wizard asked />
                <div class="chips" role="group" aria-label=texts.t("seconds-common")>
                    {COMMON_SECONDS
                        .into_iter()
                        .map(|seconds| {
                            view! {
                                <button type="submit" class="chip" name="after" value=seconds>
                                    {duration(seconds, texts)}
                                </button>
                            }
                        })
                        .collect_view()}
                </div>
                <div class="options">
                    <button
                        type="submit"
                        class="option option-quiet"
                        name="skip"
                        value=Opening::Seconds.id()
                    >
                        <kbd aria-hidden="true">"0"</kbd>
                        <span>{texts.t("seconds-unknown")}</span>
                    </button>
                </div>
            </form>
            <WhyAndHow texts explanation />
        </div>
    }
}

fn duration(seconds: u32, texts: Texts) -> String {
    match seconds {
        3600 => texts.t("one-hour"),
        300 => texts.with("n-minutes", &[("n", (seconds / 60).into())]),
        _ => texts.with("n-seconds", &[("n", seconds.into())]),
    }
}

/// What is involved, and what stands between: boxes by group, and a free field for the rest.
#[component]
pub(super) fn PartsStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
    /// The report so far; what the text proves present is ticked already.
    report: Report,
    /// Where the knowledge is.
    desk: Desk,
) -> impl IntoView {
    let base = desk.diagnostician.base();
    let facts = &wizard.case.facts;
    let proven: BTreeSet<String> = report
        .observations
        .iter()
        .filter(|seen| seen.variable == "component" && seen.source != Source::Answer)
        .filter_map(|seen| seen.value.word().map(str::to_owned))
        .collect();
    let fresh = facts.stack.is_empty() && facts.between.is_empty();
    let none = BTreeSet::new();
    let stack = Group::all(
        base,
        texts.0,
        "stack",
        &STACK,
        &facts.stack,
        if fresh { &proven } else { &none },
    );
    let between = Group::all(base, texts.0, "between", &BETWEEN, &facts.between, &none);
    let asked = vec!["stack".to_owned(), "between".to_owned()];
    view! {
        <form class="card step" method="get" action="/diagnose" data-step="stack">
            <HiddenState wizard asked />
            <input type="hidden" name="skip" value=Opening::Parts.id() />
            <h1>{texts.t("parts-title")}</h1>
            <p class="muted">{texts.t("parts-hint")}</p>
            <Boxes texts title=texts.t("parts-stack") name="stack" groups=stack />
            <Boxes texts title=texts.t("parts-between") name="between" groups=between />
            <button type="submit" class="primary">{texts.t("continue")}</button>
        </form>
    }
}

/// One group of boxes.
struct Group {
    title: &'static str,
    /// Value, label, whether it is ticked.
    boxes: Vec<(String, String, bool)>,
    /// What was typed before and has no box, in the last group only.
    typed: String,
}

impl Group {
    fn all(
        base: &Base,
        lang: Lang,
        name: &str,
        groups: &[(&'static str, &[&str])],
        chosen: &[String],
        proven: &BTreeSet<String>,
    ) -> Vec<Self> {
        let id_of = |name: &String| {
            base.component_named(name).map_or_else(|| name.clone(), |known| known.id.clone())
        };
        let mut left: BTreeSet<String> = chosen.iter().map(id_of).collect();
        if name == "stack" {
            left.extend(proven.iter().cloned());
        }
        let mut all: Vec<Self> = groups
            .iter()
            .map(|(title, ids)| Self {
                title,
                boxes: ids
                    .iter()
                    .filter_map(|id| base.components.get(*id))
                    .map(|part| {
                        let ticked = left.remove(&part.id);
                        (part.id.clone(), part.name.get(lang).to_owned(), ticked)
                    })
                    .collect(),
                typed: String::new(),
            })
            .filter(|group| !group.boxes.is_empty())
            .collect();
        if let Some(last) = all.last_mut() {
            last.typed = left.into_iter().collect::<Vec<_>>().join(", ");
        }
        all
    }
}

#[component]
fn Boxes(texts: Texts, title: String, name: &'static str, groups: Vec<Group>) -> impl IntoView {
    let typed = groups.last().map(|group| group.typed.clone()).unwrap_or_default();
    view! {
        <fieldset class="boxes">
            <legend>{title}</legend>
            {groups
                .into_iter()
                .map(|group| {
                    view! {
                        <div class="box-group" role="group" aria-label=texts.word("group", group.title)>
                            <span class="box-title" aria-hidden="true">
                                {texts.word("group", group.title)}
                            </span>
                            {group
                                .boxes
                                .into_iter()
                                .map(|(value, label, ticked)| {
                                    view! {
                                        <label class="pill">
                                            <input type="checkbox" name=name value=value checked=ticked />
                                            <span>{label}</span>
                                        </label>
                                    }
                                })
                                .collect_view()}
                        </div>
                    }
                })
                .collect_view()}
            <label class="stacked">
                {texts.t("parts-other")}
                <input
                    type="text"
                    name=name
                    value=typed
                    maxlength="400"
                    autocomplete="off"
                    data-masked="all"
                />
            </label>
        </fieldset>
    }
}

/// Anything else, in free words.
#[component]
pub(super) fn NotesStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
    /// Why we ask.
    explanation: Explanation,
) -> impl IntoView {
    let notes = wizard.case.facts.notes.clone().unwrap_or_default();
    let text = wizard.case.text.clone().unwrap_or_default();
    view! {
        <div class="card step">
            <form method="post" action="/add">
                <HiddenState wizard asked=vec!["notes".to_owned()] />
                <input type="hidden" name="skip" value=Opening::Notes.id() />
                <h1 id="ask">{explanation.ask.clone()}</h1>
                <PasteBox
                    shape=BoxShape { id: "notes".to_owned(), name: "notes".to_owned(), labelled_by: "ask".to_owned(), text: notes, rows: 5, after: numbers_in(&text), ..BoxShape::default() }
                    knowledge=knowledge_path()
                    lang=texts.0
                    texts=paste_texts(texts)
                />
                <button type="submit" class="primary">{texts.t("continue")}</button>
            </form>
            <WhyAndHow texts explanation />
        </div>
    }
}

/// The pasted text and the target, to change them.
#[component]
pub(super) fn TextStep(
    /// The texts in the reader's language.
    texts: Texts,
    /// The state of the wizard.
    wizard: Wizard,
) -> impl IntoView {
    let text = wizard.case.text.clone().unwrap_or_default();
    let target = wizard.case.target.clone().unwrap_or_default();
    let asked = ["text", "draft", "target", "beside"].map(str::to_owned).to_vec();
    view! {
        <form class="card step" method="post" action="/add">
            <HiddenState wizard asked />
            <h1>{texts.t("edit-text")}</h1>
            <PasteBox
                shape=BoxShape { id: "edit-text".to_owned(), name: "text".to_owned(), label: texts.t("start-label"), text, rows: 8, ..BoxShape::default() }
                knowledge=knowledge_path()
                lang=texts.0
                texts=paste_texts(texts)
            />
            <label class="stacked">
                {texts.t("start-target")}
                <input type="text" name="target" value=target autocomplete="off" spellcheck="false" />
            </label>
            <button type="submit" class="primary">{texts.t("continue")}</button>
        </form>
    }
}
