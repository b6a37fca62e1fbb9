//! The hops of the ladder as fields of its form: values to change, places to change, hops to add.

use std::{collections::BTreeMap, sync::Arc};

use leptos::prelude::*;

use crate::{
    knowledge::Base,
    ladder::{Hop, Judgement, Limit, Origin, Role, Sketch, SketchError, SketchHop, settings_of},
    ui::{figures, i18n::Texts, state::written},
};

/// Kinds of hops, from the client to the database.
const KINDS: [&str; 5] = ["you", "network", "proxy", "server", "database"];

/// Every hop with its timers.
#[component]
pub(super) fn Hops(
    /// The texts in the reader's language.
    texts: Texts,
    /// The ladder as it was laid out.
    sketch: Sketch,
    /// The same with its defaults.
    judgement: Judgement,
    /// The values that are no time.
    errors: Vec<SketchError>,
) -> impl IntoView {
    let last = sketch.hops.len().saturating_sub(1);
    let hops = sketch.hops.into_iter().zip(judgement.hops).enumerate().map(|(at, (own, hop))| {
        let wrong = errors.iter().filter(|error| error.hop == Some(at));
        let wrong = wrong.map(|error| error.setting.clone()).collect();
        view! { <HopFields texts at last own hop wrong /> }
    });
    view! {
        // The first button of a form is what Enter presses.
        <button type="submit" class="visually-hidden" name="do" value="judge" tabindex="-1">
            {texts.t("ladder-judge")}
        </button>
        <ol class="ladder-hops">{hops.collect_view()}</ol>
    }
}

#[component]
fn HopFields(
    texts: Texts,
    at: usize,
    last: usize,
    own: SketchHop,
    hop: Hop,
    wrong: Vec<String>,
) -> impl IntoView {
    let fields = fields(texts, &own, &hop);
    let name = hop.name.clone();
    let act = |word: &str, icon: &'static str, disabled: bool| {
        let label = texts.with(&format!("ladder-{word}"), &[("hop", name.clone().into())]);
        view! {
            <button
                type="submit"
                class="button small"
                name="do"
                value=format!("{word}.{at}")
                aria-label=label
                disabled=disabled
            >
                {icon}
            </button>
        }
    };
    let acts = (act("up", "↑", at == 0), act("down", "↓", at == last), act("remove", "✕", false));
    view! {
        <li>
            <fieldset class="ladder-hop-fields">
                <legend>{format!("{}. {name}", at + 1)}</legend>
                <input type="hidden" name="hop" value=own.component />
                <input type="hidden" name="name" value=own.name />
                <p class="ladder-acts">{acts.0} {acts.1} {acts.2}</p>
                {hop
                    .notes
                    .into_iter()
                    .map(|note| view! { <p class="muted">{note}</p> })
                    .collect_view()}
                <div class="ladder-fields">
                    {fields
                        .into_iter()
                        .map(|field| {
                            let invalid = wrong.contains(&field.name).then_some("true");
                            view! { <TimerField field invalid /> }
                        })
                        .collect_view()}
                </div>
            </fieldset>
        </li>
    }
}

/// One value of a hop.
struct Field {
    /// The setting, or the role where the component has no settings.
    name: String,
    /// What it bounds, in words.
    bounds: String,
    /// What was set, as typed.
    value: String,
    /// The same with the line it was read on.
    read: Option<String>,
    /// What holds where nothing is set, with its date.
    placeholder: String,
    /// Where the value comes from.
    origin: String,
}

#[component]
fn TimerField(field: Field, invalid: Option<&'static str>) -> impl IntoView {
    let Field { name, bounds, value, read, placeholder, origin } = field;
    view! {
        <label class="ladder-field">
            <code>{name.clone()}</code>
            <span class="muted">{bounds}</span>
            {read.map(|read| view! { <input type="hidden" name=format!("line.{name}") value=read /> })}
            <input
                type="text"
                name=format!("set.{name}")
                value=value
                placeholder=placeholder
                maxlength="40"
                autocomplete="off"
                spellcheck="false"
                aria-invalid=invalid
            />
            <span class="ladder-origin">{origin}</span>
        </label>
    }
}

/// The timers that bound something first, those that may be set and are not behind them.
fn fields(texts: Texts, own: &SketchHop, hop: &Hop) -> Vec<Field> {
    let settings = settings_of(&hop.component);
    let has_table = settings.iter().any(|(name, _)| Role::parse(name).is_none());
    let mut fields: Vec<Field> = Vec::new();
    for timer in hop.timers.iter().filter(|timer| !matches!(timer.limit, Limit::Count(_))) {
        if timer.setting == "slowest_answer" {
            continue;
        }
        // Without a table of settings a value is kept by what it bounds.
        let role = timer.roles.first().copied().unwrap_or(Role::Other);
        let named = own.timers.iter().any(|set| set.setting == timer.setting);
        let name = if has_table || named { timer.setting.as_str() } else { role.as_str() };
        let set = own.timers.iter().find(|set| set.setting.eq_ignore_ascii_case(name));
        let (origin, placeholder) = origin(texts, &timer.origin, timer.limit);
        let shown = (name != timer.setting).then(|| timer.setting.clone());
        fields.push(Field {
            name: set.map_or_else(|| name.to_owned(), |set| set.setting.clone()),
            bounds: shown.unwrap_or_else(|| bounds(texts, &timer.roles)),
            value: set.map(|set| set.value.clone()).unwrap_or_default(),
            read: set.filter(|set| set.line.is_some()).map(written),
            placeholder,
            origin,
        });
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    for (name, roles) in settings {
        let is_there = fields.iter().any(|field| plain(&field.name) == plain(name));
        if is_there || roles == [Role::Other] {
            continue;
        }
        let set = own.timers.iter().find(|set| plain(&set.setting) == plain(name));
        fields.push(Field {
            name: name.to_owned(),
            bounds: bounds(texts, roles),
            value: set.map(|set| set.value.clone()).unwrap_or_default(),
            read: None,
            placeholder: texts.t("ladder-unset"),
            origin: String::new(),
        });
    }
    // What was typed and is no time has no timer, and must not be lost.
    for set in &own.timers {
        if !fields.iter().any(|field| plain(&field.name) == plain(&set.setting)) {
            fields.push(Field {
                name: set.setting.clone(),
                bounds: String::new(),
                value: set.value.clone(),
                read: None,
                placeholder: String::new(),
                origin: String::new(),
            });
        }
    }
    fields
}

fn bounds(texts: Texts, roles: &[Role]) -> String {
    let words = roles.iter().map(|role| texts.word("role", role.as_str()));
    words.collect::<Vec<_>>().join(&texts.t("list-comma"))
}

/// Where a value comes from, and what stands in the empty field.
fn origin(texts: Texts, origin: &Origin, limit: Limit) -> (String, String) {
    let value = match limit {
        Limit::Seconds(seconds) => format!("{}s", figures::seconds(seconds)),
        Limit::Never => "never".to_owned(),
        Limit::Off => "off".to_owned(),
        Limit::Count(count) => format!("{count}"),
    };
    match origin {
        Origin::Given => (texts.t("ladder-given"), String::new()),
        Origin::Config { line } => {
            (texts.with("ladder-line", &[("line", (*line).into())]), String::new())
        }
        Origin::Default { date, unsure, .. } => {
            let id = if *unsure { "ladder-default-unsure" } else { "ladder-default" };
            (texts.with(id, &[("date", date.as_str().into())]), value)
        }
        Origin::Calculated => (texts.t("ladder-calculated"), value),
    }
}

/// A list of every component with a timer, and the button that adds one.
#[component]
pub(super) fn AddHop(
    /// The texts in the reader's language.
    texts: Texts,
    /// The knowledge base.
    base: Arc<Base>,
    /// Whether it is the first hop.
    first: bool,
) -> impl IntoView {
    let mut groups: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    for component in base.components.values() {
        let timed = base.timeouts.values().any(|timeout| timeout.component == component.id);
        let kind = KINDS.iter().position(|kind| *kind == component.hop);
        if let (true, Some(kind)) = (timed, kind) {
            let own = (component.id.clone(), component.name.get(texts.0).to_owned());
            groups.entry(kind).or_default().push(own);
        }
    }
    let groups = groups.into_iter().map(|(kind, mut own)| {
        own.sort_by_key(|(_, name)| name.to_lowercase());
        let label = texts.t(&format!("ladder-kind-{}", KINDS.get(kind).unwrap_or(&"server")));
        view! {
            <optgroup label=label>
                {own
                    .into_iter()
                    .map(|(id, name)| view! { <option value=id>{name}</option> })
                    .collect_view()}
            </optgroup>
        }
    });
    let label = texts.t(if first { "ladder-add-first" } else { "ladder-add-more" });
    view! {
        <div class="field-row">
            <label for="add">{label}</label>
            <select id="add" name="add">
                <option value="">{texts.t("ladder-choose")}</option>
                {groups.collect_view()}
            </select>
            <button type="submit" class="button" name="do" value="add">
                {texts.t("ladder-add")}
            </button>
        </div>
    }
}
